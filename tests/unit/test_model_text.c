/* policies/engine/model_text: a model as lines, and back. */
#include "engine/engine.h"
#include "engine/model_text.h"

#include "support/suite.h"
#include "support/world.h"

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(64 * ARENA_DEFAULT_MAX, &arena)); }
static void teardown(void) { arena_free(arena); }

static size_t lines_of(const struct model *m, const struct str **lines)
{
    size_t n = 0;
    ck_assert_ok(model_lines(m, arena, lines, &n));
    return n;
}

/* A model with every sort of definition, every member filled. */
static struct model *full_model(void)
{
    struct model *m = world_model();
    const struct closure_def closure = { .code = STR("F1"),
                                         .label = STR("Travaux\tau\nfoyer \\ 2026"),
                                         .structure = STR("SOUB-FH"),
                                         .except = STR(""),
                                         .rights = STR("*:*"),
                                         .from = 1767222000,
                                         .until = 1798758000 };
    ck_assert_ok(model_add_closure(m, &closure));
    return m;
}

/* The lines of a model make a model of the same lines, and of the same decisions: it compiles to as
 * many structures, profiles and grants. */
START_TEST(there_and_back)
{
    const struct str *lines, *again;
    struct model *m = full_model(), *copy = NULL;
    struct snapshot *a = NULL, *b = NULL;
    struct problem problem;
    size_t n = lines_of(m, &lines);
    ck_assert_ok(model_new(&copy));
    for (size_t i = n; i > 0; i--) /* the order of adding is irrelevant */
        ck_assert_ok(model_add_line(copy, arena, lines[i - 1]));
    ck_assert_uint_eq(lines_of(copy, &again), n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(str_eq(lines[i], again[i]), "%.*s", STR_ARG(lines[i]));
        ck_assert_msg(i == 0 || str_cmp(lines[i - 1], lines[i]) < 0, "line %zu is not in order", i);
        ck_assert(!str_has_char(lines[i], '\n'));
    }
    ck_assert_ok(engine_compile(m, &a, &problem));
    ck_assert_ok(engine_compile(copy, &b, &problem));
    ck_assert_int_eq(engine_structure_count(a), engine_structure_count(b));
    ck_assert_int_eq(engine_profile_count(a), engine_profile_count(b));
    ck_assert_int_eq(engine_grant_count(a), engine_grant_count(b));
    snapshot_unref(a);
    snapshot_unref(b);
    model_free(m);
    model_free(copy);
}
END_TEST

/* What the header shows, byte for byte: recorded history depends on it. */
START_TEST(forms)
{
    const struct str *lines;
    struct model *m = NULL;
    ck_assert_ok(model_new(&m));
    ck_assert_ok(model_add_grant(m, &(struct grant_def){ .profile = STR("IDE"),
                                                         .resource = STR("DUI.PROJET"),
                                                         .actions = STR("lire|creer"),
                                                         .scope = STR("etab"),
                                                         .conditions = STR("2f") }));
    ck_assert_ok(model_add_structure(m, &(struct structure_def){ .code = STR("A\\B\t\n"),
                                                                 .kind = STRUCTURE_OG,
                                                                 .open_from = MODEL_ALWAYS,
                                                                 .open_until = -5 }));
    ck_assert_ok(model_add_structure(
        m, &(struct structure_def){
               .code = STR("A"), .label = STR("Été"), .open_from = 0, .open_until = MODEL_EVER }));
    ck_assert_ok(model_add_profile(m, &(struct profile_def){ .code = STR("P"), .max_days = 8 }));
    ck_assert_ok(model_add_profile(m, &(struct profile_def){ .code = STR("P"), .max_days = 8 }));
    ck_assert_uint_eq(lines_of(m, &lines), 4);
    ck_assert_str_is(lines[0], "grant\tIDE\tDUI.PROJET\tlire|creer\tetab\t2f");
    ck_assert_str_is(lines[1], "profile\tP\t\t\t\t8");
    ck_assert_str_is(lines[2], "structure\tA\t\tÉté\t\t0");
    ck_assert_str_is(lines[3], "structure\tA\\\\B\\t\\n\t\t\tog\t\t-5");
    model_free(m);
}
END_TEST

static const struct {
    const char *name, *line;
    bool ok;
} readings[] = {
    { "accepted", "profile\tP\tlabel\tfamily\t2F\t30", true },
    { "members left out", "profile\tP", true },
    { "no member at all", "lot", true },
    { "empty", "", false },
    { "unknown sort", "profil\tP", false },
    { "one member too many", "lot\tL\tlabel\tx", false },
    { "empty member at the end", "profile\tP\t", false },
    { "not a number", "profile\tP\t\t\t\tx", false },
    { "number with a leading zero", "profile\tP\t\t\t\t08", false },
    { "number that would be left out", "profile\tP\t\t\t\t0", false },
    { "negative number", "profile\tP\t\t\t\t-1", false },
    { "number too large", "profile\tP\t\t\t\t4294967296", false },
    { "unknown rank", "structure\tA\t\t\tOG", false },
    { "instant over 64 bits", "structure\tA\t\t\tog\t99999999999999999999", false },
    { "escape cut off", "lot\tL\\", false },
    { "unknown escape", "lot\tL\\x", false },
    { "line feed", "lot\tL\nlot\tM", false },
};

/* One way to write each definition: what is accepted is written back as it was. */
START_TEST(reading)
{
    const struct str *lines;
    struct model *m = NULL;
    ck_assert_ok(model_new(&m));
    err_t e = model_add_line(m, arena, str_of(readings[_i].line));
    ck_assert_msg(err_ok(e) == readings[_i].ok, "%s: %s", readings[_i].name, err_name(e));
    ck_assert_msg(err_ok(e) || e.code == ERR_MALFORMED, "%s", readings[_i].name);
    ck_assert_uint_eq(lines_of(m, &lines), readings[_i].ok);
    if (readings[_i].ok)
        ck_assert_str_is(lines[0], readings[_i].line);
    model_free(m);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("model_text");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, there_and_back);
    tcase_add_test(t, forms);
    tcase_add_loop_test(t, reading, 0, COUNT(readings));
    return RUN_SUITE("model_text", t);
}
