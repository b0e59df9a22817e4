/* fuzz_json_text.c - json_text_parse(): an object, bounded in depth, that is read back as an equal
 * one when it is written out. */
#include "fuzz/fuzz.h"
#include "http/json_text.h"

#include <jansson.h>

static size_t depth(const json_t *value)
{
    size_t deepest = 0;
    const char *key = NULL;
    const json_t *member = NULL;
    size_t i = 0;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            size_t d = depth(member);
            deepest = d > deepest ? d : deepest;
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            size_t d = depth(member);
            deepest = d > deepest ? d : deepest;
        }
    } else {
        return 0;
    }
    return deepest + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = NULL, *again = NULL;
    if (!err_ok(json_text_parse(str_from((const char *)data, size), &value)))
        return 0;
    FUZZ_CHECK(json_is_object(value) && depth(value) <= JSON_TEXT_DEPTH);
    char *text = json_dumps(value, JSON_COMPACT);
    FUZZ_CHECK(text != NULL && err_ok(json_text_parse(str_of(text), &again)));
    FUZZ_CHECK(json_object_size(value) == json_object_size(again));
    free(text);
    json_decref(value);
    json_decref(again);
    return 0;
}
