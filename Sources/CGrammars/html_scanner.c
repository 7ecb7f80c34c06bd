#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/html/src/scanner.c")
#include "vendor/html/src/scanner.c"
#endif
