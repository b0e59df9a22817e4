#include "http/json_text.h"

#include <jansson.h>

/* Brackets outside strings. Text that is not JSON is counted wrongly and refused by the parser. */
static bool too_deep(struct str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > JSON_TEXT_DEPTH)
            return true;
    }
    return false;
}

err_t json_text_parse(struct str text, struct json_t **out)
{
    if (text.len == 0 || too_deep(text))
        return ERR(MALFORMED);
    json_t *value = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(value)) {
        json_decref(value);
        return ERR(MALFORMED);
    }
    *out = value;
    return ERR(OK);
}
