#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/javascript/src/parser.c")
#include "vendor/javascript/src/parser.c"
const void *interlock_grammar_javascript(void) { return tree_sitter_javascript(); }
#else
#error "the javascript grammar is missing: run scripts/bootstrap"
#endif
