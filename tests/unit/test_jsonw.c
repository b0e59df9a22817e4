/* lib/base/jsonw: JSON written straight into a buffer (RFC 8259). */
#include "base/jsonw.h"
#include "support/suite.h"

static struct buf b;

static void setup(void) { buf_init(&b, 4096); }
static void teardown(void) { buf_done(&b); }

/* Rule: commas stand between members and items, nowhere else, whatever the nesting. */
START_TEST(commas)
{
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "a", STR("x"));
    jsonw_open(&b, "empty", '[');
    jsonw_close(&b, ']');
    jsonw_open(&b, "list", '[');
    jsonw_str(&b, NULL, STR("p"));
    jsonw_int(&b, NULL, -7);
    jsonw_int(&b, NULL, 0);
    jsonw_int(&b, NULL, INT64_MAX);
    jsonw_int(&b, NULL, INT64_MIN);
    jsonw_open(&b, NULL, '{');
    jsonw_close(&b, '}');
    jsonw_close(&b, ']');
    jsonw_bool(&b, "t", true);
    jsonw_null(&b, "n");
    jsonw_str_if(&b, "left_out", STR(""));
    jsonw_raw(&b, "raw", STR("{\"k\":1}"));
    jsonw_close(&b, '}');
    ck_assert_ok(buf_err(&b));
    ck_assert_str_is(buf_str(&b),
                     "{\"a\":\"x\",\"empty\":[],\"list\":[\"p\",-7,0,9223372036854775807,"
                     "-9223372036854775808,{}],\"t\":true,"
                     "\"n\":null,\"raw\":{\"k\":1}}");
}
END_TEST

static const struct {
    const char *name;
    struct str in;
    const char *want; /* NULL: refused */
} strings[] = {
    { "plain", STR_INIT("marie"), "\"marie\"" },
    { "empty", STR_INIT(""), "\"\"" },
    { "quote and backslash", STR_INIT("a\"b\\c"), "\"a\\\"b\\\\c\"" },
    { "controls", STR_INIT("a\nb\x01"), "\"a\\u000ab\\u0001\"" },
    { "NUL is a character like others", STR_INIT("a\0b"), "\"a\\u0000b\"" },
    { "cannot close a script", STR_INIT("</script>"), "\"\\u003c/script\\u003e\"" },
    { "ends in a comma", STR_INIT("x,"), "\"x,\"" },
    { "UTF-8 stays", STR_INIT("Hélène"), "\"Hélène\"" },
    { "not UTF-8", STR_INIT("\xff"), NULL },
    { "overlong", STR_INIT("\xc0\xaf"), NULL },
};

/* Rule: any text in, one JSON string out (RFC 8259 section 7), or BAD_UTF8. */
START_TEST(string_table)
{
    jsonw_quoted(&b, strings[_i].in);
    if (strings[_i].want == NULL)
        ck_assert_err(buf_err(&b), BAD_UTF8);
    else
        ck_assert_str_is(buf_str(&b), strings[_i].want);
}
END_TEST

/* Rule: the first failure of the buffer stays, and nothing is written after it. */
START_TEST(failure_sticks)
{
    struct buf tiny;
    buf_init(&tiny, 4);
    jsonw_str(&tiny, NULL, STR("long enough"));
    jsonw_quoted(&tiny, STR("\xff"));
    ck_assert_err(buf_err(&tiny), TOO_LARGE);
    ck_assert_ptr_null(buf_extend(&tiny, 1));
    buf_done(&tiny);
}
END_TEST

/* Rule: buf_extend() gives that many bytes at the end, and counts them. */
START_TEST(extend)
{
    buf_add(&b, STR("ab"));
    char *at = buf_extend(&b, 2);
    ck_assert_ptr_nonnull(at);
    at[0] = 'c';
    at[1] = 'd';
    ck_assert_str_is(buf_str(&b), "abcd");
}
END_TEST

int main(void)
{
    TCase *write = tcase_create("write");
    tcase_add_checked_fixture(write, setup, teardown);
    tcase_add_test(write, commas);
    tcase_add_loop_test(write, string_table, 0, COUNT(strings));
    tcase_add_test(write, failure_sticks);
    tcase_add_test(write, extend);
    return RUN_SUITE("jsonw", write);
}
