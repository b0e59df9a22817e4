/* fuzz_form.c - form_parse(): what is accepted is bounded UTF-8 without a name twice, and survives
 * being written by form_put() and read again; and form_decode_path() never leaves its folder. */
#include "fuzz/fuzz.h"
#include "http/form.h"

static void check_path(struct arena *a, struct str text)
{
    struct str path, segment;
    if (!err_ok(form_decode_path(a, text, &path)))
        return;
    FUZZ_CHECK(path.len > 0 && path.ptr[0] == '/' && path.len <= text.len && str_is_utf8(path));
    while (str_next(&path, '/', &segment))
        FUZZ_CHECK(!str_eq(segment, STR("..")) && !str_eq(segment, STR(".")) &&
                   !str_has_char(segment, '\0'));
}

static void check_field(const struct form *form, const struct form_field *f)
{
    FUZZ_CHECK(f->name.len > 0 && f->name.len <= FORM_MAX_NAME && f->value.len <= FORM_MAX_VALUE);
    FUZZ_CHECK(str_is_utf8(f->name) && str_is_utf8(f->value));
    FUZZ_CHECK(!str_has_char(f->name, '\0') && !str_has_char(f->value, '\0'));
    FUZZ_CHECK(form_get(form, f->name).ptr == f->value.ptr); /* the only one of its name */
}

static void round_trip(struct arena *a, const struct form *form)
{
    struct buf b;
    struct form again;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < form->count; i++)
        form_put(&b, form->fields[i].name, form->fields[i].value);
    FUZZ_CHECK(err_ok(buf_err(&b)));
    FUZZ_CHECK(err_ok(form_parse(a, buf_str(&b), false, &again)));
    FUZZ_CHECK(again.count == form->count);
    for (size_t i = 0; i < form->count; i++)
        FUZZ_CHECK(str_eq(form->fields[i].name, again.fields[i].name) &&
                   str_eq(form->fields[i].value, again.fields[i].value));
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = NULL;
    struct form form, repeated;
    struct str text = str_from((const char *)data, size);
    if (!err_ok(arena_new(ARENA_DEFAULT_MAX, &a)))
        return 0;
    if (size > 0)
        check_path(a, text);
    err_t e = form_parse(a, text, false, &form);
    if (err_ok(e)) {
        FUZZ_CHECK(form.count <= FORM_MAX_FIELDS);
        for (size_t i = 0; i < form.count; i++)
            check_field(&form, &form.fields[i]);
        round_trip(a, &form);
    }
    /* Allowing repeats accepts more, never less. */
    if (err_ok(e) || e.code == ERR_DUPLICATE) {
        err_t loose = form_parse(a, text, true, &repeated);
        FUZZ_CHECK(err_ok(loose) || e.code == ERR_DUPLICATE);
    }
    arena_free(a);
    return 0;
}
