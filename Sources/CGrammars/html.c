#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/html/src/parser.c")
#include "vendor/html/src/parser.c"
const void *interlock_grammar_html(void) { return tree_sitter_html(); }
#else
#error "the html grammar is missing: run scripts/bootstrap"
#endif
