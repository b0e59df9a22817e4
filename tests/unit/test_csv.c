/* RFC 4180, read strictly, with the line of each record. */
#include "ctl/csv_table.h"
#include "support/suite.h"

#include <string.h>

/* A table written out: fields separated by '/', records by '|', each record's line before it. */
static const struct row {
    const char *name;
    struct str text;
    const char *want;
    bool complete;
    int64_t broken_line; /* 0: not broken */
} rows[] = {
    { "two records", STR_INIT("a,b\nc,d\n"), "1:a/b|2:c/d", true, 0 },
    { "no line end at the end", STR_INIT("a,b\nc,d"), "1:a/b|2:c/d", false, 0 },
    { "CR LF", STR_INIT("a,b\r\nc,d\r\n"), "1:a/b|2:c/d", true, 0 },
    { "empty fields", STR_INIT(",,\n"), "1://", true, 0 },
    { "spaces stay", STR_INIT(" a , b \n"), "1: a / b ", true, 0 },
    { "quoted", STR_INIT("\"a\",\"b\"\n"), "1:a/b", true, 0 },
    { "comma and quote inside quotes", STR_INIT("\"a,b\",\"c\"\"d\"\n"), "1:a,b/c\"d", true, 0 },
    { "line end inside quotes: the next record's line counts it", STR_INIT("\"a\nb\",c\nd,e\n"),
      "1:a\nb/c|3:d/e", true, 0 },
    { "empty lines are skipped and counted", STR_INIT("a\n\n\nb\n"), "1:a|4:b", true, 0 },
    { "no text", STR_INIT(""), "", false, 0 },
    { "quote in the middle", STR_INIT("a,b\nc\"d,e\n"), "1:a/b", true, 2 },
    { "text after a closing quote", STR_INIT("\"a\"b,c\n"), "", false, 1 },
    { "space after a closing quote", STR_INIT("\"a\" ,c\n"), "", false, 1 },
    { "never closed: said where it begins", STR_INIT("a\nb,\"c\nd\ne\n"), "1:a", true, 2 },
    { "NUL inside", STR_INIT("a\0b,c\n"), "1:a.b/c", true, 0 },
};

static struct str written(struct arena *a, const struct csv_table *t)
{
    struct str out = STR("");
    for (size_t i = 0; i < t->count; i++) {
        ck_assert_ok(arena_printf(a, &out, "%.*s%s%lld:", STR_ARG(out), i > 0 ? "|" : "",
                                  (long long)t->records[i].line));
        for (size_t j = 0; j < t->records[i].count; j++) {
            char field[64] = "";
            size_t len = t->records[i].fields[j].len;
            memcpy(field, t->records[i].fields[j].ptr, len);
            for (size_t k = 0; k < len; k++)
                field[k] = field[k] == '\0' ? '.' : field[k];
            ck_assert_ok(arena_printf(a, &out, "%.*s%s%s", STR_ARG(out), j > 0 ? "/" : "", field));
        }
    }
    return out;
}

START_TEST(table)
{
    const struct row *row = &rows[_i];
    struct arena *a;
    struct csv_table t;
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(csv_table_read(a, row->text, &t));
    struct str got = written(a, &t);
    ck_assert_msg(str_eq(got, str_of(row->want)), "%s: %.*s", row->name, STR_ARG(got));
    ck_assert_msg(t.complete == row->complete, "%s: complete", row->name);
    ck_assert_msg(t.broken == (row->broken_line > 0), "%s: broken", row->name);
    if (t.broken)
        ck_assert_msg(t.broken_line == row->broken_line, "%s: broken at line %lld", row->name,
                      (long long)t.broken_line);
    arena_free(a);
}
END_TEST

/* More fields than are kept are counted, so that the wrong number is seen. */
START_TEST(many_fields)
{
    struct arena *a;
    struct csv_table t;
    char text[CSV_FIELDS_MAX + 10];
    memset(text, ',', sizeof text);
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(csv_table_read(a, str_from(text, sizeof text), &t));
    ck_assert_uint_eq(t.records[0].count, sizeof text + 1);
    arena_free(a);
}
END_TEST

START_TEST(field_over_the_bound)
{
    struct arena *a;
    struct csv_table t;
    static char text[CSV_FIELD_MAX + 1];
    memset(text, 'x', sizeof text);
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(csv_table_read(a, str_from(text, CSV_FIELD_MAX), &t));
    ck_assert_err(csv_table_read(a, str_from(text, sizeof text), &t), TOO_LARGE);
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("csv");
    tcase_add_loop_test(t, table, 0, COUNT(rows));
    tcase_add_test(t, many_fields);
    tcase_add_test(t, field_over_the_bound);
    return RUN_SUITE("csv", t);
}
