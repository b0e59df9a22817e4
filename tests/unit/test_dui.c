/* plugins/dui-demo: its escaping writer, its sessions, its residents. */
#include "out.h"
#include "residents.h"
#include "support/suite.h"
#include "tabs.h"
#include "visits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *value, *want;
} texts[] = {
    { "plain", "Zoé", "<p title=\"Zoé\">Zoé</p>" },
    { "an element", "<script>", "<p title=\"&lt;script&gt;\">&lt;script&gt;</p>" },
    { "out of an attribute", "\" onclick='x'",
      "<p title=\"&quot; onclick=&#39;x&#39;\">&quot; onclick=&#39;x&#39;</p>" },
    { "an entity", "&amp;", "<p title=\"&amp;amp;\">&amp;amp;</p>" },
    { "a hole in a value is text", "100 %", "<p title=\"100 %\">100 %</p>" },
    { "nothing", NULL, "<p title=\"\"></p>" },
};

/* Rule: a value never becomes markup, in content or in a quoted attribute. */
START_TEST(escapes)
{
    struct out o = { 0 };
    HTML(&o, "<p title=\"%\">%</p>", texts[_i].value, texts[_i].value);
    ck_assert_msg(!o.failed && strcmp(o.ptr, texts[_i].want) == 0, "%s: %s", texts[_i].name, o.ptr);
    out_free(&o);
}
END_TEST

/* Rule: as many values as holes, or no page; and no page without end. */
START_TEST(failures_stick)
{
    struct out o = { 0 };
    HTML(&o, "<p>% %</p>", "one");
    ck_assert(o.failed);
    out_free(&o);
    HTML(&o, "<p>%</p>", "one", "two");
    ck_assert(o.failed);
    out_free(&o);
    for (int i = 0; i < 200000 && !o.failed; i++)
        out_text(&o, "<<<<<<<<");
    ck_assert(o.failed);
    ck_assert_uint_lt(o.len, 1024 * 1024);
    out_free(&o);
}
END_TEST

static struct residents *file;

static void setup(void)
{
    char why[200] = "";
    ck_assert_msg(residents_load(RESIDENTS, &file, why), "%s", why);
}

static void teardown(void) { residents_free(file); }

/* Rule: every resident of the file has every part of the record that the tabs name, except the
 * workshop, which is for those who work, and the transmissions, which people write. */
START_TEST(file_is_whole)
{
    ck_assert_uint_ge(residents_count(file), 18);
    for (size_t i = 0; i < residents_count(file); i++) {
        const json_t *r = residents_at(file, i);
        const json_t *parts = json_object_get(r, "fiches");
        ck_assert_ptr_eq(residents_find(file, text_of(r, "id")), r);
        for (size_t t = 0; t < tab_count; t++)
            ck_assert_msg(tab_is_written(&tabs[t]) || strcmp(tabs[t].slug, "atelier") == 0 ||
                              json_array_size(json_object_get(parts, tabs[t].slug)) > 0,
                          "%s: %s", text_of(r, "id"), tabs[t].slug);
    }
    ck_assert_ptr_null(residents_find(file, ""));
    ck_assert_ptr_null(residents_find(file, "../m01"));
    ck_assert_ptr_null(tab_find(""));
}
END_TEST

static void count_notes(void *arg, const struct note *n)
{
    int *count = arg;
    if (*count == 0)
        ck_assert_str_eq(n->text, "newest");
    (*count)++;
}

/* Rule: what was written last is read first; old ones go when there are too many. */
START_TEST(notes)
{
    int count = 0;
    const json_t *r = residents_find(file, "m01");
    struct note n = { "now", "me", "x", "older" };
    size_t in_file = json_array_size(json_object_get(r, "transmissions"));
    for (int i = 0; i < NOTES_MAX + 5; i++)
        ck_assert(residents_add_note(file, r, &n));
    n.text = "newest";
    ck_assert(residents_add_note(file, r, &n));
    residents_each_note(file, r, count_notes, &count);
    ck_assert_uint_eq((size_t)count, NOTES_MAX + in_file);
}
END_TEST

static const struct {
    const char *name, *json;
} bad_files[] = {
    { "not JSON", "residents" },
    { "no residents", "{\"structures\":[]}" },
    { "an empty list", "{\"structures\":[],\"residents\":[]}" },
    { "no name", "{\"structures\":[{\"code\":\"S\"}],\"residents\":[{\"id\":\"a\"}]}" },
    { "an unknown structure",
      "{\"structures\":[],\"residents\":[{\"id\":\"a\",\"nom\":\"N\",\"prenom\":\"P\","
      "\"naissance\":\"n\",\"structure\":\"S\"}]}" },
};

/* Rule: a file that cannot be shown is refused with a reason, not at the first page. */
START_TEST(bad_file)
{
    char why[200] = "", path[] = "/tmp/dui-test-XXXXXX";
    struct residents *r = NULL;
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    ck_assert_ptr_nonnull(f);
    ck_assert_int_gt(fprintf(f, "%s", bad_files[_i].json), 0);
    ck_assert_int_eq(fclose(f), 0);
    bool loaded = residents_load(path, &r, why);
    remove(path);
    ck_assert_msg(!loaded && r == NULL && why[0] != '\0', "%s", bad_files[_i].name);
}
END_TEST

/* Rule: two cookies are never the same, and a stranger's opens nothing. */
START_TEST(cookies)
{
    char a[COOKIE_LEN + 1], b[COOKIE_LEN + 1], text[DRAFT_MAX + 1];
    struct visits *v = visits_new();
    struct pending p = { .login = NULL };
    ck_assert_ptr_nonnull(v);
    visits_random(a);
    visits_random(b);
    ck_assert_uint_eq(strlen(a), COOKIE_LEN);
    ck_assert_uint_eq(strspn(a, "0123456789abcdef"), COOKIE_LEN);
    ck_assert_str_ne(a, b);
    ck_assert_ptr_null(visits_find(v, a));
    ck_assert(!visits_take_login(v, "state", a, &p));
    visits_keep_draft(v, a, "m01", "text"); /* nobody is here: nothing is kept */
    ck_assert(!visits_take_draft(v, a, "m01", text));
    visits_close(v, a);
    visits_free(v);
}
END_TEST

int main(void)
{
    TCase *out = tcase_create("out"), *people = tcase_create("residents"),
          *visits = tcase_create("visits");
    tcase_add_loop_test(out, escapes, 0, COUNT(texts));
    tcase_add_test(out, failures_stick);
    tcase_add_checked_fixture(people, setup, teardown);
    tcase_add_test(people, file_is_whole);
    tcase_add_test(people, notes);
    tcase_add_loop_test(people, bad_file, 0, COUNT(bad_files));
    tcase_add_test(visits, cookies);
    return RUN_SUITE("dui", out, people, visits);
}
