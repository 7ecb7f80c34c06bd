#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/typescript/src/parser.c")
#include "vendor/typescript/src/parser.c"
const void *interlock_grammar_typescript(void) { return tree_sitter_typescript(); }
#else
#error "the typescript grammar is missing: run scripts/bootstrap"
#endif
