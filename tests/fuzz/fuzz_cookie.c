/* fuzz_cookie.c - cookie_parse(): names are unique and well formed, everything lies inside the
 * input, and a cookie sent once more is a cookie not sent at all. */
#include "fuzz/fuzz.h"
#include "http/cookie.h"

static bool inside(struct str part, struct str whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check(const struct form *form, struct str text)
{
    FUZZ_CHECK(form->count <= COOKIE_MAX);
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *f = &form->fields[i];
        FUZZ_CHECK(cookie_is_ours(f->name) && cookie_name_ok(f->name) && cookie_value_ok(f->value));
        FUZZ_CHECK(inside(f->name, text) && inside(f->value, text));
        FUZZ_CHECK(form_get(form, f->name).ptr == f->value.ptr);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = NULL;
    struct form form, planted;
    struct str text = str_from((const char *)data, size), more;
    if (size == 0 || size > 8192 || !err_ok(arena_new(ARENA_DEFAULT_MAX, &a)))
        return 0;
    FUZZ_CHECK(err_ok(cookie_parse(a, text, &form)));
    check(&form, text);
    if (form.count > 0) {
        struct str name = form.fields[0].name;
        FUZZ_CHECK(err_ok(arena_printf(a, &more, "%.*s=planted; ", STR_ARG(name))));
        struct str joined;
        char *both = arena_alloc(a, more.len + text.len);
        FUZZ_CHECK(both != NULL);
        for (size_t i = 0; i < more.len; i++)
            both[i] = more.ptr[i];
        for (size_t i = 0; i < text.len; i++)
            both[more.len + i] = text.ptr[i];
        joined = str_from(both, more.len + text.len);
        FUZZ_CHECK(err_ok(cookie_parse(a, joined, &planted)));
        FUZZ_CHECK(form_get(&planted, name).ptr == NULL);
    }
    arena_free(a);
    return 0;
}
