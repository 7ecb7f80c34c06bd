#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/tsx/src/parser.c")
#include "vendor/tsx/src/parser.c"
const void *interlock_grammar_tsx(void) { return tree_sitter_tsx(); }
#else
#error "the tsx grammar is missing: run scripts/bootstrap"
#endif
