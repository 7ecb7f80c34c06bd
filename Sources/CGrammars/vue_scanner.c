#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/vue/src/scanner.c")
#include "vendor/vue/src/scanner.c"
#endif
