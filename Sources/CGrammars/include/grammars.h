#pragma once
// A pointer that the tree-sitter library understands; kept opaque so that this target needs none of its headers.
const void *interlock_grammar_typescript(void);
const void *interlock_grammar_tsx(void);
const void *interlock_grammar_javascript(void);
const void *interlock_grammar_python(void);
const void *interlock_grammar_vue(void);
const void *interlock_grammar_svelte(void);
const void *interlock_grammar_astro(void);
const void *interlock_grammar_html(void);
