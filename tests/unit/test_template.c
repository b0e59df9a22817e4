#include "pages/template.h"
#include "support/suite.h"

#include <string.h>

enum { OUT_MAX = 64 * 1024 };

static err_t parse(struct str text, struct tpl_set **set, struct tpl_fault *fault)
{
    struct tpl_source source = { STR("t"), text };
    return tpl_set_new(&source, 1, set, fault);
}

/* Renders the template T with DATA, a JSON text; the result is only valid until the next call. */
static struct str render(const char *t, const char *data)
{
    static char text[OUT_MAX];
    struct tpl_set *set = NULL;
    struct tpl_fault fault = { 0 };
    struct buf out;
    json_t *json = json_loads(data, JSON_DECODE_ANY, NULL);
    struct tpl_view view = { .lang = LANG_EN, .data = json };
    ck_assert_ptr_nonnull(json);
    buf_init(&out, OUT_MAX);
    err_t e = parse(str_of(t), &set, &fault);
    ck_assert_msg(err_ok(e), "%s: %s", t, fault.what);
    ck_assert_ok(tpl_render(set, "t", &view, &out));
    struct str got = buf_str(&out);
    if (got.len > 0)
        memcpy(text, got.ptr, got.len);
    size_t len = got.len;
    buf_done(&out);
    tpl_set_free(set);
    json_decref(json);
    return str_from(text, len);
}

/* The contract of template.h, tag by tag. */
static const struct {
    const char *name, *source, *data, *want;
} drawn[] = {
    { "text", "<p>a</p>", "{}", "<p>a</p>" },
    { "empty", "", "{}", "" },
    { "value", "<p>{{a}}</p>", "{\"a\":\"x\"}", "<p>x</p>" },
    { "integer", "{{a}}", "{\"a\":-12}", "-12" },
    { "dotted", "{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "x" },
    { "missing is empty", "[{{a}}{{b.c}}]", "{}", "[]" },
    { "null, true, real, array, object are empty", "[{{a}}{{b}}{{c}}{{d}}{{e}}]",
      "{\"a\":null,\"b\":true,\"c\":1.5,\"d\":[1],\"e\":{}}", "[]" },
    { "spaces in the tag", "{{ a }}", "{\"a\":\"x\"}", "x" },
    { "comment", "a{{! b {x} }}c", "{}", "ac" },
    { "section of true", "{{#a}}x{{/a}}", "{\"a\":true}", "x" },
    { "section of false, null, 0, empty text, empty array, nothing",
      "{{#a}}x{{/a}}{{#b}}x{{/b}}{{#c}}x{{/c}}{{#d}}x{{/d}}{{#e}}x{{/e}}{{#f}}x{{/f}}",
      "{\"a\":false,\"b\":null,\"c\":0,\"d\":\"\",\"e\":[]}", "" },
    { "section of a text and a number", "{{#a}}{{.}}{{/a}}{{#b}}{{.}}{{/b}}",
      "{\"a\":\"x\",\"b\":7}", "x7" },
    { "section of an object looks inside first, then outside", "{{#a}}{{b}}{{c}}{{/a}}",
      "{\"a\":{\"b\":\"in\"},\"b\":\"out\",\"c\":\"C\"}", "inC" },
    { "section of an empty object", "{{#a}}x{{/a}}", "{\"a\":{}}", "x" },
    { "array of objects", "{{#a}}{{b}};{{/a}}", "{\"a\":[{\"b\":\"1\"},{\"b\":\"2\"}]}", "1;2;" },
    { "array of texts", "{{#a}}{{.}};{{/a}}", "{\"a\":[\"1\",\"2\"]}", "1;2;" },
    { "nested", "{{#a}}{{#b}}{{.}}{{/b}}|{{/a}}", "{\"a\":[{\"b\":[1,2]},{\"b\":[]},{}]}",
      "12|||" },
    { "inverted of nothing", "{{^a}}x{{/a}}", "{}", "x" },
    { "inverted of something", "{{^a}}x{{/a}}", "{\"a\":1}", "" },
    { "section in a tag", "<i {{#a}}id=\"b\"{{/a}}>", "{\"a\":1}", "<i id=\"b\">" },
    { "section in a value", "<i id=\"b{{#a}} c{{/a}}\">", "{\"a\":1}", "<i id=\"b c\">" },
    { "white space shrinks, the no-break one stays", "a \n\t b\xC2\xA0 c", "{}", "a\nb\xC2\xA0 c" },
    { "message", "{{_ Hello you }}", "{}", "Hello you" },
    { "message with holes", "{{_ %(a)s and %(b.c)s: 100%%}}", "{\"a\":\"<\",\"b\":{\"c\":2}}",
      "&lt; and 2: 100%" },
    { "message with a missing value", "{{_ a%(b)sc}}", "{}", "ac" },
    { "message is text", "{{_ a < b & \"c\"}}", "{}", "a &lt; b &amp; &quot;c&quot;" },
    { "raw of the view only, never of the data", "[{{{qr_svg}}}]", "{\"qr_svg\":\"<script>\"}",
      "[]" },
    { "filter group4", "{{a|group4}}", "{\"a\":\"ABCDEFGHI\"}", "ABCD EFGH I" },
    { "filter group4 escapes", "{{a|group4}}", "{\"a\":\"<b>\"}", "&lt;b&gt;" },
    { "filter initial, of a character of two bytes", "{{a|initial}}",
      "{\"a\":\"\xC3\x89t\xC3\xA9\"}", "\xC3\x89" },
    { "filter initial escapes", "{{a|initial}}", "{\"a\":\"<b\"}", "&lt;" },
    { "filter initial of nothing", "[{{a|initial}}]", "{\"a\":\"\"}", "[]" },
    { "filter day", "{{a|day}}", "{\"a\":1795535700}", "Tuesday 24 November 2026" },
    { "filter lastday, of a midnight in Paris", "{{a|lastday}}", "{\"a\":1795561200}",
      "Tuesday 24 November 2026" },
    { "filter duration", "{{a|duration}}", "{\"a\":120}", "2\xC2\xA0minutes" },
    { "filter of the wrong type is empty", "[{{a|day}}{{b|group4}}]", "{\"a\":\"x\",\"b\":1}",
      "[]" },
    { "filter in a message", "{{_ wait %(a|duration)s.}}", "{\"a\":1}", "wait 1\xC2\xA0second." },
};

START_TEST(draws_table)
{
    struct str got = render(drawn[_i].source, drawn[_i].data);
    ck_assert_msg(str_eq(got, str_of(drawn[_i].want)), "%s: got \"%.*s\"", drawn[_i].name,
                  STR_ARG(got));
}
END_TEST

/* Whatever the data, it can neither end the text or attribute it stands in nor begin an element. */
static const char *const attacks[] = {
    "<script>alert(1)</script>",
    "\" onfocus=\"x",
    "' onfocus='x",
    "</p><p>",
    "&lt;",
    "--><svg onload=x>",
    "]]><b>",
    "\x01\x02<",
    "{{a}}",
    "{{{qr_svg}}}",
    "\xC2\xA0<\xE2\x80\x8B\">",
    "`<`",
    "%(a)s<",
    "&#60;b>",
};
static const char *const contexts[] = {
    "[{{a}}]",
    "<i id=\"[{{a}}]\">",
    "<i id=\"x\" title=\"[a {{a}} b]\">",
    "{{_ [%(a)s]}}",
    "<i title=\"{{_ [%(a)s]}}\">",
    "{{#a}}[{{.}}]{{/a}}",
    "{{#l}}[{{.}}]{{/l}}",
    "{{#o}}[{{b}}]{{/o}}",
    "[{{o.b|group4}}]",
};

START_TEST(attacks_table)
{
    const char *attack = attacks[(size_t)_i % COUNT(attacks)];
    const char *context = contexts[(size_t)_i / COUNT(attacks)];
    json_t *data = json_pack("{s:s, s:[s], s:{s:s}}", "a", attack, "l", attack, "o", "b", attack);
    char *text = json_dumps(data, 0);
    struct str got = render(context, text), inside;
    /* What stands between our own brackets holds no character that HTML gives a meaning to. */
    ck_assert(str_cut(&got, '[', &inside) && str_cut_last(&got, ']', &inside));
    for (size_t i = 0; i < got.len; i++)
        ck_assert_msg(strchr("<>\"'\x01\x02", got.ptr[i]) == NULL, "%s in %s: %.*s", attack,
                      context, STR_ARG(got));
    for (size_t i = 0; i < got.len; i++)
        ck_assert_msg(got.ptr[i] != '&' || memchr(got.ptr + i, ';', got.len - i) != NULL,
                      "%s in %s: a bare &", attack, context);
    free(text);
    json_decref(data);
}
END_TEST

/* A link goes to this site or to an absolute address that is no script (RFC 3986 section 3.1). */
static const struct {
    const char *url, *want;
} urls[] = {
    { "/login?a=1&b=2", "/login?a=1&amp;b=2" },
    { "https://dui.example/", "https://dui.example/" },
    { "http://dui.example/", "http://dui.example/" },
    { "otpauth://totp/x?secret=A", "otpauth://totp/x?secret=A" },
    { "https://x/\"onclick=\"y", "https://x/&quot;onclick=&quot;y" },
    { "javascript:alert(1)", "#" },
    { "JavaScript:alert(1)", "#" },
    { " javascript:alert(1)", "#" },
    { "data:text/html,x", "#" },
    { "vbscript:x", "#" },
    { "//evil.example/", "#" },
    { "/\\evil.example/", "#" },
    { "/\t/evil.example/", "#" },
    { "https:evil", "#" },
    { "login", "#" },
    { "", "#" },
};

START_TEST(urls_table)
{
    char want[128];
    json_t *data = json_pack("{s:s}", "u", urls[_i].url);
    char *text = json_dumps(data, 0);
    (void)snprintf(want, sizeof want, "<a href=\"%s\">", urls[_i].want);
    ck_assert_str_is(render("<a href=\"{{u}}\">", text), want);
    free(text);
    json_decref(data);
}
END_TEST

/* What a template may not hold: the start fails, with the line. */
static const struct {
    const char *name, *source;
    int line;
    const char *what; /* part of the fault's text */
} bad[] = {
    { "unclosed tag", "a\n{{b", 2, "not closed" },
    { "unclosed raw tag", "{{{qr_svg}}", 1, "not closed" },
    { "no name", "{{}}", 1, "name" },
    { "name with a space", "{{a b}}", 1, "name" },
    { "name with capitals", "{{A}}", 1, "name" },
    { "name that ends with a dot", "{{a.}}", 1, "name" },
    { "name with two dots", "{{a..b}}", 1, "name" },
    { "unknown filter", "{{a|safe}}", 1, "filter" },
    { "unclosed section", "{{#a}}x", 1, "not closed" },
    { "section closed twice", "{{#a}}{{/a}}\n{{/a}}", 2, "not open" },
    { "sections crossed", "{{#a}}{{#b}}{{/a}}{{/b}}", 1, "another's name" },
    { "section without a name", "{{#}}{{/}}", 1, "proper name" },
    { "section across an element's end", "{{#a}}<i {{/a}}>", 1, "different places" },
    { "section across a value's end", "<i id=\"{{#a}}\"{{/a}}>", 1, "different places" },
    { "section after =", "<i id={{#a}}\"b\"{{/a}}>", 1, "none may stand" },
    { "section in an element's name", "<{{#a}}b{{/a}}>", 1, "begins no element" },
    { "unknown partial", "{{>nobody}}", 1, "does not exist" },
    { "partial of itself", "{{>t}}", 1, "back to themselves" },
    { "partial in a tag", "<i {{>t}}>", 1, "inside a tag" },
    { "raw of another name", "{{{a}}}", 1, "not in the list" },
    { "raw in an attribute", "<i id=\"{{{qr_svg}}}\">", 1, "inside a tag" },
    { "value in a tag", "<i {{a}}>", 1, "none may stand" },
    { "value after =", "<i id={{a}}>", 1, "none may stand" },
    { "attribute without quotes", "<i id=a>", 1, "double quotes" },
    { "attribute in single quotes", "<i id='a'>", 1, "double quotes" },
    { "URL in pieces", "<a href=\"/x?{{a}}\">", 1, "none may stand" },
    { "URL with a tail", "<a href=\"{{a}}/x\">", 1, "in pieces" },
    { "URL in capitals", "<a HREF=\"{{a}}/x\">", 1, "in pieces" },
    { "script", "<script>", 1, "element" },
    { "script in capitals", "<SCRIPT>", 1, "element" },
    { "script with a slash", "<script/x>", 1, "element" },
    { "style element", "\n\n<style>", 3, "element" },
    { "style attribute", "<i style=\"x\">", 1, "attribute" },
    { "handler", "<i onclick=\"x\">", 1, "attribute" },
    { "srcdoc", "<i srcdoc=\"x\">", 1, "attribute" },
    { "comment", "<!-- a -->", 1, "comment" },
    { "bare <", "a < b", 1, "begins no element" },
    { "< in a value", "<i id=\"<\">", 1, "attribute value" },
    { "tag that does not end", "<i", 1, "not closed" },
    { "empty message", "{{_ }}", 1, "empty message" },
    { "message with a bad hole", "{{_ 100%}}", 1, "bad %(name)s" },
    { "message with a hole of another kind", "{{_ %s}}", 1, "bad %(name)s" },
    { "message with a hole that does not end", "{{_ %(a}}", 1, "bad %(name)s" },
    { "message that is not ASCII", "{{_ \xC3\xA9}}", 1, "not ASCII" },
    { "message in a tag", "<i {{_ a}}>", 1, "none may stand" },
    { "message in a URL", "<a href=\"{{_ a}}\">", 1, "none may stand" },
};

START_TEST(bad_table)
{
    struct tpl_set *set = NULL;
    struct tpl_fault fault = { 0 };
    err_t e = parse(str_of(bad[_i].source), &set, &fault);
    ck_assert_msg(e.code == ERR_BUG, "%s: got %s", bad[_i].name, err_name(e));
    ck_assert_ptr_null(set);
    ck_assert_msg(strstr(fault.what, bad[_i].what) != NULL, "%s: %s", bad[_i].name, fault.what);
    ck_assert_msg(fault.line == bad[_i].line, "%s: line %d", bad[_i].name, fault.line);
    ck_assert_str_is(fault.name, "t");
}
END_TEST

/* A set: partials see the scope they stand in; a layout draws the body once, not for ever. */
START_TEST(partials_and_body)
{
    const struct tpl_source sources[] = {
        { STR("layout"), STR("<b>{{>*}}</b>") },
        { STR("page"), STR("{{#a}}{{>item}}{{/a}}{{>*}}") },
        { STR("item"), STR("({{x}}{{y}})") },
    };
    struct tpl_set *set = NULL;
    struct tpl_fault fault = { 0 };
    struct buf out;
    json_t *data = json_pack("{s:[{s:i},{s:i}]}", "a", "x", 1, "x", 2);
    json_t *base = json_pack("{s:s,s:s}", "y", "b", "x", "never seen");
    struct tpl_view view = { LANG_EN, base, data, "page", STR("") };
    buf_init(&out, OUT_MAX);
    ck_assert_ok(tpl_set_new(sources, COUNT(sources), &set, &fault));
    ck_assert_ok(tpl_render(set, "layout", &view, &out));
    ck_assert_str_is(buf_str(&out), "<b>(1b)(2b)</b>");
    ck_assert_err(tpl_render(set, "nobody", &view, &out), BUG);
    view.body = "nobody";
    ck_assert_err(tpl_render(set, "layout", &view, &out), BUG);
    buf_done(&out);
    tpl_set_free(set);
    json_decref(data);
    json_decref(base);
}
END_TEST

/* Two of one name, and a ring of partials, are refused at the start. */
START_TEST(bad_sets)
{
    const struct tpl_source twins[] = { { STR("a"), STR("") }, { STR("a"), STR("") } };
    const struct tpl_source ring[] = { { STR("a"), STR("{{>b}}") }, { STR("b"), STR("{{>a}}") } };
    struct tpl_set *set = NULL;
    struct tpl_fault fault = { 0 };
    ck_assert_err(tpl_set_new(twins, COUNT(twins), &set, &fault), BUG);
    ck_assert_str_eq(fault.what, "two templates of one name");
    ck_assert_err(tpl_set_new(ring, COUNT(ring), &set, &fault), BUG);
    ck_assert_str_eq(fault.what, "partials that lead back to themselves");
    ck_assert_ptr_null(set);
}
END_TEST

/* TPL_DEPTH_MAX sections inside one another, and not one more; a page over its maximum. */
START_TEST(limits)
{
    struct buf deep, out;
    struct tpl_set *set = NULL;
    struct tpl_fault fault = { 0 };
    for (int depth = TPL_DEPTH_MAX; depth <= TPL_DEPTH_MAX + 1; depth++) {
        buf_init(&deep, OUT_MAX);
        for (int i = 0; i < depth; i++)
            buf_add(&deep, STR("{{#a}}"));
        for (int i = 0; i < depth; i++)
            buf_add(&deep, STR("{{/a}}"));
        err_t e = parse(buf_str(&deep), &set, &fault);
        ck_assert_int_eq(e.code, depth > TPL_DEPTH_MAX ? ERR_BUG : ERR_OK);
        buf_done(&deep);
    }
    tpl_set_free(set);
    struct tpl_view view = { .lang = LANG_EN };
    buf_init(&out, 3);
    ck_assert_ok(parse(STR("four"), &set, &fault));
    ck_assert_err(tpl_render(set, "t", &view, &out), TOO_LARGE);
    buf_done(&out);
    tpl_set_free(set);
}
END_TEST

int main(void)
{
    TCase *draw = tcase_create("draw"), *parse_case = tcase_create("parse");
    tcase_add_loop_test(draw, draws_table, 0, COUNT(drawn));
    tcase_add_loop_test(draw, attacks_table, 0, COUNT(attacks) * COUNT(contexts));
    tcase_add_loop_test(draw, urls_table, 0, COUNT(urls));
    tcase_add_test(draw, partials_and_body);
    tcase_add_loop_test(parse_case, bad_table, 0, COUNT(bad));
    tcase_add_test(parse_case, bad_sets);
    tcase_add_test(parse_case, limits);
    return RUN_SUITE("template", draw, parse_case);
}
