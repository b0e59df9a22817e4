/* idp/history/duties: incompatible profiles of one person, and when everybody is looked at. */
#include "history/duties.h"

#include "support/suite.h"
#include "support/world.h"

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(16 * ARENA_DEFAULT_MAX, &arena)); }
static void teardown(void) { arena_free(arena); }

struct pairs {
    int count;
    struct str text;
    int64_t from, until;
};

static err_t on_pair(void *ctx, const struct duties_finding *f)
{
    struct pairs *x = ctx;
    x->count++;
    x->from = f->from;
    x->until = f->until;
    ck_assert_ok(arena_printf(arena, &x->text, "%.*s %.*s, %.*s %.*s: %.*s", STR_ARG(f->a->profile),
                              STR_ARG(f->a->structure), STR_ARG(f->b->profile),
                              STR_ARG(f->b->structure), STR_ARG(f->reason)));
    return ERR(OK);
}

static const struct {
    const char *name;
    struct dir_assignment a, b;
    bool suspended;
    int64_t now;
    int count;
    int64_t from, until;
} pairs[] = {
#define HELD(profile, start, end)                                                    \
    {                                                                                \
        STR_INIT("x"), STR_INIT(profile), STR_INIT("DC44"), start, end, STR_INIT("") \
    }
    { "both now", HELD("DIR", 100, 200), HELD("DPO", 150, INT64_MAX), false, 160, 1, 150, 200 },
    { "the other order", HELD("DPO", 100, 200), HELD("DIR", 150, 300), false, 160, 1, 150, 200 },
    { "in the future", HELD("DIR", 100, 200), HELD("DPO", 150, 300), false, 0, 1, 150, 200 },
    { "for ever", HELD("DIR", 100, INT64_MAX), HELD("DPO", 50, INT64_MAX), false, 0, 1, 100,
      INT64_MAX },
    { "one after the other", HELD("DIR", 100, 200), HELD("DPO", 200, 300), false, 0, 0, 0, 0 },
    { "over", HELD("DIR", 100, 200), HELD("DPO", 150, 300), false, 200, 0, 0, 0 },
    { "compatible", HELD("DIR", 100, 200), HELD("IDE", 150, 300), false, 160, 0, 0, 0 },
    { "suspended", HELD("DIR", 100, 200), HELD("DPO", 150, 300), true, 160, 0, 0, 0 },
    { "unknown profile", HELD("DIR", 100, 200), HELD("XYZ", 150, 300), false, 160, 0, 0, 0 },
#undef HELD
};

static struct snapshot *snapshot_with_rule(void)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    static const char *const codes[] = { "DIR", "DPO" };
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct snapshot *before = NULL;
        ck_assert_ok(engine_compile(m, &before, &problem));
        if (engine_profile(before, str_of(codes[i])) == ENGINE_NONE)
            ck_assert_ok(model_add_profile(m, &(struct profile_def){ .code = str_of(codes[i]) }));
        snapshot_unref(before);
    }
    ck_assert_ok(model_add_incompatibility(
        m, &(struct incompatibility_def){
               .a = STR("DPO"), .b = STR("DIR"), .reason = STR("contrôle indépendant") }));
    err_t e = engine_compile(m, &s, &problem);
    ck_assert_msg(err_ok(e), "%s %.*s", problem.in, STR_ARG(problem.code));
    model_free(m);
    return s;
}

/* Pairs that overlap now or later, with the period of the overlap; and the engine, which tells the
 * live ones with every decision, says the same of now. */
START_TEST(pairs_of_a_person)
{
    const struct dir_assignment held[] = { pairs[_i].a, pairs[_i].b };
    struct dir_person p = { .id = STR("11111111-1111-4111-8111-111111111111"),
                            .login = STR("anne") };
    struct snapshot *s = snapshot_with_rule();
    struct pairs found = { 0 };
    p.active = !pairs[_i].suspended;
    p.assignments = held;
    p.assignment_count = COUNT(held);
    ck_assert_ok(duties_of_person(s, &p, pairs[_i].now, on_pair, &found));
    ck_assert_msg(found.count == pairs[_i].count, "%s: %d", pairs[_i].name, found.count);
    if (found.count == 1) {
        ck_assert_str_is(found.text, "DIR DC44, DPO DC44: contrôle indépendant");
        ck_assert_int_eq(found.from, pairs[_i].from);
        ck_assert_int_eq(found.until, pairs[_i].until);
    }
    const struct engine_assignment live[] = {
        { STR("x"), held[0].profile, held[0].structure, held[0].start, held[0].end },
        { STR("y"), held[1].profile, held[1].structure, held[1].start, held[1].end },
    };
    const struct engine_person as_engine = {
        .id = p.id, .login = p.login, .active = p.active, .assignments = live, .assignment_count = 2
    };
    struct engine_subject *subject = NULL;
    struct engine_conflict conflict;
    size_t iter = 0, size = engine_subject_size(&as_engine);
    void *memory = arena_alloc(arena, size);
    ck_assert_ok(engine_person_resolve(s, &as_engine, memory, size, &subject));
    bool now = found.count == 1 && found.from <= pairs[_i].now;
    ck_assert(engine_next_conflict(s, subject, pairs[_i].now, &iter, &conflict) == now);
    snapshot_unref(s);
}
END_TEST

static const struct {
    const char *name, *now, *last;
    int hour;
    bool due;
} nights[] = {
    { "never made", "2026-11-24T12:00:00+01:00", NULL, 3, true },
    { "made last night", "2026-11-24T12:00:00+01:00", "2026-11-24T03:00:00+01:00", 3, false },
    { "missed last night", "2026-11-24T12:00:00+01:00", "2026-11-24T02:59:59+01:00", 3, true },
    { "not yet tonight", "2026-11-24T02:59:59+01:00", "2026-11-23T03:00:10+01:00", 3, false },
    { "now", "2026-11-24T03:00:00+01:00", "2026-11-23T03:00:10+01:00", 3, true },
    { "midnight", "2026-11-24T00:00:00+01:00", "2026-11-23T23:59:59+01:00", 0, true },
    { "just before midnight", "2026-11-23T23:59:59+01:00", "2026-11-23T00:00:01+01:00", 0, false },
    { "spring, before", "2026-03-29T01:59:59+01:00", "2026-03-28T03:00:00+01:00", 3, false },
    { "spring, at three", "2026-03-29T03:00:00+02:00", "2026-03-28T03:00:00+01:00", 3, true },
    { "autumn, second two o'clock", "2026-10-25T02:30:00+01:00", "2026-10-24T03:00:00+02:00", 3,
      false },
    { "autumn, at three", "2026-10-25T03:00:00+01:00", "2026-10-24T03:00:00+02:00", 3, true },
};

/* Once a night at the hour on the wall in Paris, and at the start when a night was missed. */
START_TEST(due)
{
    int64_t now = world_instant(nights[_i].now);
    int64_t last = nights[_i].last == NULL ? 0 : world_instant(nights[_i].last);
    ck_assert_msg(duties_is_due(now, last, nights[_i].hour) == nights[_i].due, "%s",
                  nights[_i].name);
}
END_TEST

int main(void)
{
    TCase *duties = tcase_create("duties");
    tcase_add_checked_fixture(duties, setup, teardown);
    tcase_add_loop_test(duties, pairs_of_a_person, 0, COUNT(pairs));
    tcase_add_loop_test(duties, due, 0, COUNT(nights));
    return RUN_SUITE("duties", duties);
}
