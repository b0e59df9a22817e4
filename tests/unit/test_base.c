/* lib/base: the small types that everything rests on. */
#include "base/date.h"
#include "base/enc.h"
#include "support/suite.h"

static const struct {
    const char *name, *text;
    err_t want;
    int64_t instant;
} instants[] = {
    { "UTC", "2026-11-24T15:55:00Z", { ERR_OK }, 1795535700 },
    { "offset", "2026-11-24T16:55:00+01:00", { ERR_OK }, 1795535700 },
    { "fraction is cut", "2026-11-24T15:55:00.999Z", { ERR_OK }, 1795535700 },
    { "no zone", "2026-11-24T15:55:00", { ERR_MALFORMED }, 0 },
    { "day does not exist", "2026-02-29T00:00:00Z", { ERR_MALFORMED }, 0 },
    { "text after", "2026-11-24T15:55:00Zx", { ERR_MALFORMED }, 0 },
    { "empty", "", { ERR_MALFORMED }, 0 },
};

START_TEST(rfc3339)
{
    int64_t got = 0;
    err_t e = date_parse_rfc3339(str_of(instants[_i].text), &got);
    ck_assert_msg(e.code == instants[_i].want.code, "%s: %s", instants[_i].name, err_name(e));
    ck_assert_msg(got == instants[_i].instant, "%s: %lld", instants[_i].name, (long long)got);
}
END_TEST

/* str_next never looks behind its text: the byte after "a|" is a '|' here and is not ours. */
static const struct {
    const char *text;
    size_t len, elements;
} lists[] = {
    { "a|b", 3, 2 }, { "a||b", 4, 3 }, { "|a", 2, 2 }, { "a||", 2, 1 }, { "|", 0, 0 },
};

START_TEST(list_elements)
{
    struct str rest = str_from(lists[_i].text, lists[_i].len), part;
    size_t n = 0;
    while (str_next(&rest, '|', &part))
        n++;
    ck_assert_uint_eq(n, lists[_i].elements);
}
END_TEST

int main(void)
{
    TCase *strings = tcase_create("strings");
    tcase_add_loop_test(strings, list_elements, 0, COUNT(lists));
    TCase *dates = tcase_create("dates");
    tcase_add_loop_test(dates, rfc3339, 0, COUNT(instants));
    return RUN_SUITE("base", strings, dates);
}
