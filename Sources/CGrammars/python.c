#pragma clang diagnostic ignored "-Weverything"
#if __has_include("vendor/python/src/parser.c")
#include "vendor/python/src/parser.c"
const void *interlock_grammar_python(void) { return tree_sitter_python(); }
#else
#error "the python grammar is missing: run scripts/bootstrap"
#endif
