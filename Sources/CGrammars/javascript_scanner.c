#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/javascript/src/scanner.c")
#include "vendor/javascript/src/scanner.c"
#endif
