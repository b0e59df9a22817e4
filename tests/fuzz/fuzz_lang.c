/* Accept-Language: English is chosen only for a reader who named it. */
#include "pages/i18n.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str header = str_from((const char *)data, size);
    bool named = false;
    for (size_t i = 0; i + 2 <= size; i++)
        named = named || str_eq_ignore_case(str_from(header.ptr + i, 2), STR("en"));
    FUZZ_CHECK(named || lang_negotiate(header) == LANG_FR);
    return 0;
}
