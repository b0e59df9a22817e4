/* policies/engine: the decisions of policies/cases/decisions.txt, and what comes with a decision. */
#include "engine/engine.h"

#include "base/date.h"
#include "support/suite.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

static struct snapshot *world;

static void setup(void) { world = world_snapshot(); }

static void teardown(void) { snapshot_unref(world); }

/* ---- who ---- */

static const struct held {
    const char *who, *profile, *structure, *start, *end;
} assignments[] = {
    { "marie", "IDE", "SOUB-ESAT.ESPACES-VERTS", "2015-09-01T00:00:00+02:00", NULL },
    { "karim", "EDUC_SPE", "SOUB-ESAT.ESPACES-VERTS", "2015-09-01T00:00:00+02:00", NULL },
    { "karim", "VEILLEUR", "MADE-FV.NUIT", "2015-09-01T00:00:00+02:00", NULL },
    /* an agency worker: the last day worked is 10 March 2026 */
    { "lea", "IDE", "SOUB-ESAT", "2026-03-02T00:00:00+01:00", "2026-03-11T00:00:00+01:00" },
    /* comes back after a gap */
    { "paul", "IDE", "SOUB-ESAT", "2020-01-01T00:00:00+01:00", "2021-01-01T00:00:00+01:00" },
    { "paul", "IDE", "SOUB-ESAT", "2027-01-01T00:00:00+01:00", NULL },
    { "anne", "DIR", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL },
    { "sonia", "DIR", "DC44", "2015-09-01T00:00:00+02:00", NULL },
    { "igor", "STAGIAIRE", "SOUB-ESAT", "2026-01-05T00:00:00+01:00", "2026-07-01T00:00:00+02:00" },
    { "rosa", "STAGIAIRE", "SOUB-ESAT", "2026-01-05T00:00:00+01:00", NULL },
    /* nurse here, evaluator there and here */
    { "eva", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL },
    { "eva", "EVALUATEUR", "SOUB-ESAT.BLANCHISSERIE", "2026-03-01T00:00:00+01:00",
      "2026-04-01T00:00:00+02:00" },
    { "max", "ADMIN_IDP", "DC44", "2015-09-01T00:00:00+02:00", NULL },
    { "max", "IDE", "MADE-FV", "2026-01-01T00:00:00+01:00", "2026-02-01T00:00:00+01:00" },
    { "vera", "VEILLEUR", "MADE-FV.NUIT", "2015-09-01T00:00:00+02:00", NULL },
    { "old", "IDE", "SOUB-ESAT.ANCIEN-ATELIER", "2015-09-01T00:00:00+02:00", NULL },
    { "gone", "IDE", "SOUB-ESAT", "2015-09-01T00:00:00+02:00", NULL },
};

static struct engine_subject *resolve(const struct snapshot *s, struct str who)
{
    static struct engine_assignment held[COUNT(assignments)];
    const struct engine_emergency open = {
        .id = STR("u1"),
        .lot = STR("URGENCE"),
        .structure = STR("MADE-FV"),
        .instance = STR("resident-7"),
        .start = world_instant("2026-03-10T10:00:00+01:00"),
        .end = world_instant("2026-03-10T14:00:00+01:00"),
    };
    struct engine_person p = { .id = who, .login = STR("login"), .assignments = held };
    p.active = !str_eq(p.id, STR("gone"));
    for (size_t i = 0; i < COUNT(assignments); i++) {
        const struct held *a = &assignments[i];
        if (str_eq(p.id, str_of(a->who)))
            held[p.assignment_count++] = (struct engine_assignment){
                .id = str_of(a->start),
                .profile = str_of(a->profile),
                .structure = str_of(a->structure),
                .start = world_instant(a->start),
                .end = a->end == NULL ? MODEL_EVER : world_instant(a->end),
            };
    }
    p.emergencies = &open;
    p.emergency_count = str_eq(p.id, STR("marie"));
    struct engine_subject *subject = NULL;
    size_t size = engine_subject_size(&p);
    void *memory = malloc(size); /* the subject; freed by the test */
    ck_assert_ptr_nonnull(memory);
    ck_assert_err(engine_person_resolve(s, &p, memory, size - 1, &subject), TOO_LARGE);
    ck_assert_ptr_null(subject);
    ck_assert_ok(engine_person_resolve(s, &p, memory, size, &subject));
    return subject;
}

/* ---- what they ask ---- */

#define TUESDAY "2026-03-10T12:00:00+01:00"
#define NIGHT   "2026-03-10T23:00:00+01:00"
#define APRIL   "2026-04-14T12:00:00+02:00"

/* ---- what they ask: policies/cases/decisions.txt ---- */

#define TUESDAY "2026-03-10T12:00:00+01:00"
#define NIGHT   "2026-03-10T23:00:00+01:00"

enum { CASES_MAX = 500 };

struct example {
    int line;
    struct str name, text;
};
static struct example cases[CASES_MAX];
static size_t case_count;
static char file_text[64 * 1024];

/* A line that begins with a letter names the indented one after it. */
static void load_cases(void)
{
    FILE *f = fopen(CASES_FILE, "re");
    if (f == NULL)
        abort();
    struct str rest = str_from(file_text, fread(file_text, 1, sizeof file_text, f)), line,
               name = { 0 };
    (void)fclose(f);
    for (int n = 1; str_next(&rest, '\n', &line); n++) {
        if (str_starts(line, STR("    ")) && case_count < CASES_MAX)
            cases[case_count++] = (struct example){ n, name, str_trim(line) };
        else if (line.len > 0 && line.ptr[0] != '#')
            name = line;
    }
}

static void read_fact(struct str fact, struct engine_question *q)
{
    struct str value = fact, key;
    if (access_acr_of(fact) != ACCESS_ACR_NONE)
        q->acr = access_acr_of(fact);
    else if (str_eq(fact, STR("psc")))
        q->psc = true;
    else if (str_eq(fact, STR("urgence")))
        q->urgence = true;
    else if (str_eq(fact, STR("supervise")))
        q->supervise = true;
    else if (str_eq(fact, STR("presence_physique")))
        q->presence_physique = true;
    else if (str_eq(fact, STR("known")))
        q->owner_is_known = true;
    else if (str_starts(fact, STR("@")))
        q->structure = str_from(fact.ptr + 1, fact.len - 1);
    else if (!str_cut(&value, '=', &key))
        ck_abort_msg("what is \"%.*s\"?", STR_ARG(fact));
    else if (str_eq(key, STR("motif")))
        q->motif = str_eq(value, STR("blank")) ? STR(" \t") : value;
    else if (str_eq(key, STR("owner")))
        q->owner = value;
    else if (str_eq(key, STR("id")))
        q->resource_id = value;
    else
        ck_abort_msg("what is \"%.*s\"?", STR_ARG(fact));
}

/* "person RESOURCE:action facts…": an instant is the fact that begins with a digit. */
static void read_question(struct str text, struct str *who, struct engine_question *q)
{
    struct str fact;
    ck_assert(str_next(&text, ' ', who));
    ck_assert(str_cut(&text, ' ', &q->action) && str_cut(&q->action, ':', &q->resource));
    while (str_next(&text, ' ', &fact)) {
        if (fact.len > 0 && fact.ptr[0] >= '0' && fact.ptr[0] <= '9')
            ck_assert_ok(date_parse_rfc3339(fact, &q->now));
        else
            read_fact(fact, q);
    }
}

/* "reason", then " x" for an obligation or trace, " -x" for a missing condition, " +x" for advice. */
static struct str said(const struct engine_decision *d, char text[512])
{
    struct str names[ACCESS_WORD_MAX];
    int n = snprintf(text, 512, "%s", access_reason_name(d->reason));
    unsigned count = access_words_list(engine_words(world), d->obligations, names);
    for (unsigned i = 0; i < count; i++)
        n += snprintf(text + n, 512 - (size_t)n, " %.*s", STR_ARG(names[i]));
    count = access_words_list(engine_words(world), d->missing, names);
    for (unsigned i = 0; i < count; i++)
        n += snprintf(text + n, 512 - (size_t)n, " -%.*s", STR_ARG(names[i]));
    n += snprintf(text + n, 512 - (size_t)n, "%s%s%s", d->needs_eidas2 ? " +2f" : "",
                  d->needs_psc ? " +psc" : "", d->trace ? " trace" : "");
    return str_from(text, (size_t)n);
}

START_TEST(decision_table)
{
    const struct example *x = &cases[_i];
    struct str want = x->text, question, who;
    struct engine_question q = { .now = 0 };
    struct engine_decision d;
    char text[512];
    question = str_from(NULL, 0);
    for (size_t i = 0; i + 2 < want.len; i++)
        if (str_eq(str_from(want.ptr + i, 3), STR(" = "))) {
            question = str_from(want.ptr, i);
            want = str_from(want.ptr + i + 3, want.len - i - 3);
            break;
        }
    read_question(question, &who, &q);
    struct engine_subject *subject = str_eq(who, STR("nobody")) ? NULL : resolve(world, who);
    engine_decide(world, subject, &q, &d);
    struct str got = said(&d, text);
    ck_assert_msg(str_eq(got, want), "line %d, %.*s: got %.*s", x->line, STR_ARG(x->name),
                  STR_ARG(got));
    ck_assert_msg((d.effect == ENGINE_PERMIT) == (d.reason == ACCESS_OK), "line %d: effect",
                  x->line);
    ck_assert_msg(d.effect != ENGINE_UNDECIDED, "line %d: decided", x->line);
    free(subject);
}
END_TEST

/* The answer says which assignment, which emergency, which line of the matrix it rests on. */
START_TEST(what_it_rests_on)
{
    struct engine_subject *subject = resolve(world, STR("karim"));
    struct engine_decision d;
    struct engine_question q = { .resource = STR("DUI.CONSIGNES"),
                                 .action = STR("lire"),
                                 .structure = STR("MADE-FV.NUIT"),
                                 .now = world_instant(NIGHT) };
    engine_decide(world, subject, &q, &d);
    ck_assert_int_eq(d.assignment, 1);
    ck_assert_int_eq(d.emergency, ENGINE_NONE);
    struct engine_grant g = engine_grant_at(world, d.grant);
    ck_assert_str_is(g.holder, "VEILLEUR");
    ck_assert_str_is(g.conditions, "creneau_nuit");
    free(subject);

    subject = resolve(world, STR("marie"));
    q = (struct engine_question){ .resource = STR("DUI.PLAN_SOINS"),
                                  .action = STR("lire"),
                                  .structure = STR("MADE-FV"),
                                  .resource_id = STR("resident-7"),
                                  .motif = STR("chute"),
                                  .now = world_instant(TUESDAY) };
    engine_decide(world, subject, &q, &d);
    ck_assert_int_eq(d.assignment, ENGINE_NONE);
    ck_assert_int_eq(d.emergency, 0);
    ck_assert_str_is(engine_grant_at(world, d.grant).holder, "URGENCE");
    free(subject);
}
END_TEST

/* A subject resolved against another snapshot decides nothing: its numbers mean other things here. */
START_TEST(foreign_subject)
{
    struct snapshot *other = world_snapshot();
    struct engine_subject *subject = resolve(other, STR("marie"));
    const struct engine_question q = { .resource = STR("DUI.PLAN_SOINS"),
                                       .action = STR("lire"),
                                       .structure = STR("SOUB-ESAT"),
                                       .acr = ACCESS_EIDAS2,
                                       .now = world_instant(TUESDAY) };
    struct engine_decision d = { .effect = ENGINE_PERMIT };
    engine_decide(other, subject, &q, &d);
    ck_assert_int_eq(d.effect, ENGINE_PERMIT);
    engine_decide(world, subject, &q, &d);
    ck_assert_int_eq(d.effect, ENGINE_UNDECIDED);
    ck_assert(!engine_has_live_assignment(world, subject, q.now));
    free(subject);
    snapshot_unref(other);
}
END_TEST

/* Incompatible profiles are told while both are live, and change nothing. */
START_TEST(conflicts_are_told)
{
    struct engine_subject *subject = resolve(world, STR("max"));
    struct engine_conflict c;
    size_t iter = 0;
    int64_t january = world_instant("2026-01-31T23:59:59+01:00");
    ck_assert(engine_next_conflict(world, subject, january, &iter, &c));
    ck_assert_str_is(c.a, "ADMIN_IDP");
    ck_assert_str_is(c.b, "IDE");
    ck_assert_str_is(c.reason, "compte d'administration distinct");
    ck_assert(!engine_next_conflict(world, subject, january, &iter, &c));
    iter = 0;
    ck_assert(!engine_next_conflict(world, subject, january + 1, &iter, &c));
    free(subject);
}
END_TEST

/* Where one may work: structures of live assignments that are open, each once, with the last end. */
START_TEST(places)
{
    struct engine_subject *subject = resolve(world, STR("max"));
    struct engine_place place[4];
    int profiles[4];
    int64_t now = world_instant("2026-01-15T12:00:00+01:00");
    ck_assert_uint_eq(engine_places(world, subject, now, place, COUNT(place)), 2);
    ck_assert_str_is(engine_structure_at(world, place[0].structure).code, "DC44");
    ck_assert(place[0].until == MODEL_EVER);
    ck_assert_str_is(engine_structure_at(world, place[1].structure).code, "MADE-FV");
    ck_assert(place[1].until == world_instant("2026-02-01T00:00:00+01:00"));
    ck_assert_uint_eq(engine_places(world, subject, now, place, 0), 2);
    ck_assert_uint_eq(
        engine_profiles_at(world, subject, place[1].structure, now, profiles, COUNT(profiles)), 1);
    ck_assert_str_is(engine_profile_at(world, profiles[0]).code, "IDE");
    ck_assert(engine_needs_second_factor(world, subject, now));
    free(subject);

    subject = resolve(world, STR("vera"));
    ck_assert(engine_has_live_assignment(world, subject, now));
    ck_assert(!engine_needs_second_factor(world, subject, now)); /* auth_min 1F */
    free(subject);
    subject = resolve(world, STR("lea")); /* not there yet */
    ck_assert(!engine_has_live_assignment(world, subject, now));
    free(subject);
    subject = resolve(world, STR("old")); /* the service is closed */
    ck_assert_uint_eq(engine_places(world, subject, now, place, COUNT(place)), 0);
    free(subject);
    subject = resolve(world, STR("gone")); /* suspended */
    ck_assert(!engine_has_live_assignment(world, subject, now));
    free(subject);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("decisions");
    tcase_add_checked_fixture(t, setup, teardown);
    load_cases();
    tcase_add_loop_test(t, decision_table, 0, (int)case_count);
    tcase_add_test(t, what_it_rests_on);
    tcase_add_test(t, foreign_subject);
    tcase_add_test(t, conflicts_are_told);
    tcase_add_test(t, places);
    return RUN_SUITE("engine", t);
}
