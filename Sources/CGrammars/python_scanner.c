#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/python/src/scanner.c")
#include "vendor/python/src/scanner.c"
#endif
