/* fuzz_json_text.c - json_text_parse(): what is accepted is an object that is read back as an equal
 * one when it is written out, and one that is refused when it stands too deep in another. */
#include "fuzz/fuzz.h"
#include "http/json_text.h"

#include <jansson.h>
#include <string.h>

/* VALUE below as many levels as there may be. */
static void check_depth(const char *text)
{
    char deep[4 * JSON_TEXT_DEPTH + 4096];
    json_t *none = NULL;
    size_t n = 0, len = strlen(text);
    if (len > 4000)
        return;
    memcpy(deep, "{\"w\":", 5);
    n = 5;
    memset(deep + n, '[', JSON_TEXT_DEPTH - 1);
    n += JSON_TEXT_DEPTH - 1;
    memcpy(deep + n, text, len);
    n += len;
    memset(deep + n, ']', JSON_TEXT_DEPTH - 1);
    n += JSON_TEXT_DEPTH - 1;
    deep[n++] = '}';
    FUZZ_CHECK(!err_ok(json_text_parse(str_from(deep, n), &none)) && none == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *value = NULL, *again = NULL;
    if (!err_ok(json_text_parse(str_from((const char *)data, size), &value)))
        return 0;
    FUZZ_CHECK(json_is_object(value));
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    FUZZ_CHECK(text != NULL && err_ok(json_text_parse(str_of(text), &again)));
    FUZZ_CHECK(json_equal(value, again) == 1);
    check_depth(text);
    free(text);
    json_decref(value);
    json_decref(again);
    return 0;
}
