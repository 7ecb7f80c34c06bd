#pragma once
// Texts that are part of the binary. A bundle holds its texts one behind the other, each closed by a zero byte.
struct interlock_bundle {
    const unsigned char *start;
    long count;
};
struct interlock_bundle interlock_bundled_apis(void);
struct interlock_bundle interlock_bundled_words(void);
struct interlock_bundle interlock_bundled_pages(void);
struct interlock_bundle interlock_bundled_docs(void);
