/* fuzz_accept_language.c - English only for those who name it, and never before a French that
 * comes first with full weight. */
#include "fuzz/fuzz.h"
#include "http/accept_language.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX = 1024, BEFORE = 3 };
    char text[BEFORE + MAX];
    if (size > MAX)
        return 0;
    memcpy(text, "fr,", BEFORE);
    if (size > 0)
        memcpy(text + BEFORE, data, size);
    struct str header = str_from(text + BEFORE, size);
    if (accept_language_english(header)) {
        bool named = false;
        for (size_t i = 0; i + 2 <= size; i++)
            named = named || str_eq_ignore_case(str_from(header.ptr + i, 2), STR("en"));
        FUZZ_CHECK(named);
    }
    FUZZ_CHECK(!accept_language_english(str_from(text, BEFORE + size)));
    return 0;
}
