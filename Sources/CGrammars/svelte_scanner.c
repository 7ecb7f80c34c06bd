#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/svelte/src/scanner.c")
#include "vendor/svelte/src/scanner.c"
#endif
