#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/astro/src/parser.c")
#include "vendor/astro/src/parser.c"
const void *interlock_grammar_astro(void) { return tree_sitter_astro(); }
#else
#error "the astro grammar is missing: run scripts/bootstrap"
#endif
