#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/svelte/src/parser.c")
#include "vendor/svelte/src/parser.c"
const void *interlock_grammar_svelte(void) { return tree_sitter_svelte(); }
#else
#error "the svelte grammar is missing: run scripts/bootstrap"
#endif
