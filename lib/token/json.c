#include "token/json.h"

static const int64_t year_10000 = 253402300800; /* seconds: 10000-01-01T00:00:00Z */

err_t json_read(struct str text, size_t max, json_t **out)
{
    if (text.len > max)
        return ERR(TOO_LARGE);
    json_error_t why;
    json_t *j = json_loadb(text.len > 0 ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &why);
    if (j == NULL)
        return json_error_code(&why) == json_error_out_of_memory ? ERR(NO_MEMORY) : ERR(MALFORMED);
    if (!json_is_object(j)) {
        json_decref(j);
        return ERR(MALFORMED);
    }
    *out = j;
    return ERR(OK);
}

bool json_text(const json_t *object, const char *name, struct str *out)
{
    const json_t *j = json_object_get(object, name);
    if (!json_is_string(j))
        return false;
    *out = str_from(json_string_value(j), json_string_length(j));
    return true;
}

err_t json_text_opt(const json_t *object, const char *name, struct str *out)
{
    *out = (struct str){ 0 };
    if (json_object_get(object, name) == NULL || json_text(object, name, out))
        return ERR(OK);
    return ERR(MALFORMED);
}

err_t json_date_opt(const json_t *object, const char *name, int64_t *out)
{
    const json_t *j = json_object_get(object, name);
    *out = 0;
    if (j == NULL)
        return ERR(OK);
    if (!json_is_number(j))
        return ERR(MALFORMED);
    /* Compared as a double first: converting one that does not fit is undefined. */
    double seconds = json_number_value(j);
    if (!(seconds >= 0 && seconds < (double)year_10000))
        return ERR(MALFORMED);
    *out = (int64_t)seconds;
    return ERR(OK);
}
