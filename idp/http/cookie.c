#include "http/cookie.h"

/* RFC 6265 section 4.1.1: US-ASCII without controls, space, '"', ',', ';' and '\'. */
bool cookie_value_ok(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c < 0x21 || c > 0x7E || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

bool cookie_name_ok(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c < 0x21 || c > 0x7E || str_has_char(STR("\"(),/:;<=>?@[\\]{}"), c))
            return false;
    }
    return name.len > 0;
}

bool cookie_is_ours(struct str name) { return str_starts(name, STR("__Host-")); }

static bool parse_pair(struct str pair, struct form_field *out)
{
    pair = str_trim(pair);
    if (!str_cut(&pair, '=', &out->name))
        return false;
    if (pair.len >= 2 && pair.ptr[0] == '"' && pair.ptr[pair.len - 1] == '"')
        pair = str_from(pair.ptr + 1, pair.len - 2);
    out->value = pair;
    return cookie_is_ours(out->name) && cookie_name_ok(out->name) && cookie_value_ok(pair);
}

static size_t occurrences(const struct form_field *fields, size_t count, struct str name)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += str_eq(fields[i].name, name) ? 1 : 0;
    return n;
}

err_t cookie_parse(struct arena *a, struct str text, struct form *out)
{
    size_t seen = 0, kept = 0;
    struct str rest = text;
    struct form_field all[COOKIE_MAX + 1];
    struct form_field *fields = arena_array(a, COOKIE_MAX, sizeof *fields);
    struct str pair;
    if (fields == NULL)
        return ERR(NO_MEMORY);
    while (seen <= COOKIE_MAX && str_next(&rest, ';', &pair))
        if (parse_pair(pair, &all[seen]))
            seen++;
    for (size_t i = 0; seen <= COOKIE_MAX && i < seen; i++)
        if (occurrences(all, seen, all[i].name) == 1)
            fields[kept++] = all[i];
    *out = (struct form){ fields, kept };
    return ERR(OK);
}
