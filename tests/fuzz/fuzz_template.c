/* Templates and what is put into them.
 *
 * First byte even: the rest is a value, drawn wherever a value may stand; what the template itself
 * does not say holds no character that HTML gives a meaning to. First byte odd: the rest is a
 * template; if it is accepted at all, a value made to break out stays where it stands. */
#include "pages/html.h"
#include "pages/template.h"

#include "fuzz/fuzz.h"

#include <string.h>

enum { OUT_MAX = 1024 * 1024, IN_MAX = 4096 };

/* "\x1E" stands around each value: no value can hold it, since html_text() replaces it. */
#define MARK "\x1E"
static const char everywhere[] =
    "<p>" MARK "{{a}}" MARK "</p><i id=\"" MARK "{{a}}" MARK "\" title=\"b" MARK "{{_ %(a)s}}" MARK
    "\">{{#l}}" MARK "{{.}}" MARK "{{/l}}" MARK "{{a|group4}}" MARK "<a href=\"{{a}}\">";

static err_t draw(struct str source, const json_t *data, struct buf *out)
{
    struct tpl_source one = { STR("t"), source };
    struct tpl_view view = { .lang = LANG_EN, .data = data };
    struct tpl_set *set = NULL;
    struct tpl_fault fault;
    TRY(tpl_set_new(&one, 1, &set, &fault));
    err_t e = tpl_render(set, "t", &view, out);
    tpl_set_free(set);
    return e;
}

static bool is_harmless(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (str_has_char(STR("<>\"'"), s.ptr[i]))
            return false;
    return true;
}

static void check_value(struct str value)
{
    struct buf out;
    struct str rest, piece;
    json_t *text = json_stringn(value.ptr, value.len); /* NULL when it is not UTF-8 */
    json_t *data = text == NULL ? NULL : json_pack("{s:O, s:[O]}", "a", text, "l", text);
    json_decref(text);
    if (data == NULL)
        return;
    buf_init(&out, OUT_MAX);
    FUZZ_CHECK(err_ok(draw(str_of(everywhere), data, &out)));
    rest = buf_str(&out);
    for (int i = 0; str_cut(&rest, '\x1E', &piece); i++)
        FUZZ_CHECK(i % 2 == 0 || is_harmless(piece));
    /* After the last mark: the link, which ends where the template says and leads nowhere else. */
    FUZZ_CHECK(str_starts(rest, STR("<a href=\"")) && str_ends(rest, STR("\">")));
    struct str link = str_from(rest.ptr + strlen("<a href=\""), rest.len - strlen("<a href=\"\">"));
    FUZZ_CHECK(is_harmless(link));
    FUZZ_CHECK(link.len > 0 && str_has_char(STR("#/ho"), link.ptr[0]));
    buf_done(&out);
    json_decref(data);
}

static void check_template(struct str source)
{
    static const char attack[] = "\"'><@x>";
    struct buf out;
    json_t *inner = json_pack("{s:s, s:[s]}", "a", attack, "l", attack);
    json_t *data = json_pack("{s:s, s:[s], s:o}", "a", attack, "l", attack, "b", inner);
    FUZZ_CHECK(data != NULL);
    buf_init(&out, OUT_MAX);
    err_t e = draw(source, data, &out);
    buf_add_char(&out, '\0');
    /* A template with "<@" of its own is refused, so that it can only come from a value. */
    bool whole = err_ok(e) && err_ok(buf_err(&out));
    FUZZ_CHECK(!whole || strstr(out.ptr, "<@") == NULL);
    buf_done(&out);
    json_decref(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > IN_MAX)
        return 0;
    struct str rest = str_from((const char *)data + 1, size - 1);
    if (data[0] % 2 == 0)
        check_value(rest);
    else
        check_template(rest);
    return 0;
}
