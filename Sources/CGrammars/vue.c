#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/vue/src/parser.c")
#include "vendor/vue/src/parser.c"
const void *interlock_grammar_vue(void) { return tree_sitter_vue(); }
#else
#error "the vue grammar is missing: run scripts/bootstrap"
#endif
