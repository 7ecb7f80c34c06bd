#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/tsx/src/scanner.c")
#include "vendor/tsx/src/scanner.c"
#endif
