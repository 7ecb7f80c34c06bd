#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/astro/src/scanner.c")
#include "vendor/astro/src/scanner.c"
#endif
