#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/typescript/src/scanner.c")
#include "vendor/typescript/src/scanner.c"
#endif
