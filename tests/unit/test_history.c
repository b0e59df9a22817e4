/* idp/history: what is recorded is read back as it was, at every instant, and nothing else is. */
#include "history/history.h"

#include "engine/model_text.h"
#include "history/entry.h"
#include "history/everybody.h"
#include "journal/journal.h"
#include "support/folder.h"
#include "support/suite.h"
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

#define MARCH INT64_C(1772319600) /* 2026-03-01T00:00:00+01:00 */
#define ANNE  "11111111-1111-4111-8111-111111111111"
#define ZOE   "99999999-9999-4999-8999-999999999999"

static struct folder folder;
static struct state *st;
static struct arena *arena;

static void setup(void)
{
    struct state_why why;
    folder_make(&folder);
    struct state_options o = { .path = folder_file(&folder, "state.db"), .readers = 1 };
    ck_assert_ok(state_open(&o, &why, &st));
    ck_assert_ok(arena_new(256 * ARENA_DEFAULT_MAX, &arena));
}

static void teardown(void)
{
    arena_free(arena);
    state_close(st);
    folder_remove(&folder);
}

/* ---- one call, as a job ---- */

struct call {
    int64_t at;
    struct str id;
    const struct dir_person *person;
    struct dir_person found;
    struct history_rules rules;
    struct model *model;
    struct history_span span;
    const struct dir_each *to;
    int64_t deleted, limit;
    bool recorded;
};

static err_t rules_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_record_rules(tx, &c->rules, c->at, &c->recorded);
}
static err_t person_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_record_person(tx, c->id, c->person, c->at, &c->recorded);
}
static err_t model_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_load_model(tx, c->at, c->model);
}
static err_t by_id_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_person_by_id(tx, arena, c->at, c->id, &c->found);
}
static err_t by_login_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_person_by_login(tx, arena, c->at, c->id, &c->found);
}
static err_t each_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_each_person(tx, c->at, c->to);
}
static err_t span_job(struct state_tx *tx, void *arg)
{
    return history_span(tx, &((struct call *)arg)->span);
}
static err_t purge_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return history_purge(tx, c->at, c->limit, &c->deleted);
}
static err_t complete_job(struct state_tx *tx, void *arg)
{
    return history_note_complete(tx, ((struct call *)arg)->at);
}
static err_t seen_job(struct state_tx *tx, void *arg)
{
    return history_note_seen(tx, ((struct call *)arg)->at);
}

static struct history_span span(void)
{
    struct call c = { .at = 0 };
    ck_assert_ok(state_read(st, span_job, &c));
    return c.span;
}

static int64_t purge(int64_t before, int64_t limit)
{
    struct call c = { .at = before, .limit = limit };
    ck_assert_ok(state_write(st, purge_job, &c));
    return c.deleted;
}

/* ---- journal ---- */

struct records {
    int count;
    struct str last;
};

static err_t on_record(const struct journal_record *r, void *arg)
{
    struct records *x = arg;
    x->count++;
    return arena_str(arena, r->data, &x->last);
}

struct asking {
    const char *event;
    struct records found;
};

static err_t journal_job(struct state_tx *tx, void *arg)
{
    struct asking *a = arg;
    return journal_read(tx, &(struct journal_filter){ .event = str_of(a->event) }, on_record,
                        &a->found);
}

static struct records records(const char *event)
{
    struct asking a = { .event = event };
    ck_assert_ok(state_read(st, journal_job, &a));
    return a.found;
}

/* ---- rules ---- */

static struct history_rules rules_of_model(const struct model *m)
{
    const struct str *lines;
    size_t n;
    struct history_rules rules;
    ck_assert_ok(model_lines(m, arena, &lines, &n));
    ck_assert_ok(history_rules_of(lines, n, &rules));
    return rules;
}

static bool record_rules(const struct model *m, int64_t at)
{
    struct call c = { .at = at, .rules = rules_of_model(m) };
    ck_assert_ok(state_write(st, rules_job, &c));
    return c.recorded;
}

static err_t load_at(int64_t at, struct history_rules *out)
{
    struct call c = { .at = at };
    ck_assert_ok(model_new(&c.model));
    err_t e = state_read(st, model_job, &c);
    if (err_ok(e) && out != NULL)
        *out = rules_of_model(c.model);
    model_free(c.model);
    return e;
}

static bool rules_at_are(int64_t at, const struct model *m)
{
    struct history_rules found, want = rules_of_model(m);
    ck_assert_ok(load_at(at, &found));
    return found.count == want.count && memcmp(found.digest, want.digest, sizeof want.digest) == 0;
}

static void add_grant(struct model *m, const char *profile)
{
    const struct grant_def def = { .profile = str_of(profile),
                                   .resource = STR("DUI.PROJET"),
                                   .actions = STR("lire"),
                                   .scope = STR("og"),
                                   .note = STR("ajouté en mars") };
    ck_assert_ok(model_add_grant(m, &def));
}

/* Each version is read back at every instant of its time and at no other; what is the latest already is
 * not recorded again, also when its definitions come in another order. */
START_TEST(rules_then)
{
    struct model *first = world_model(), *second = world_model();
    add_grant(second, "IDE");
    ck_assert_int_eq(span().rules_from, INT64_MAX);
    ck_assert_err(load_at(MARCH, NULL), NOT_FOUND);
    ck_assert(record_rules(first, MARCH));
    ck_assert(!record_rules(first, MARCH + 10));
    ck_assert(record_rules(second, MARCH + 100));
    ck_assert(!record_rules(second, MARCH + 110));
    ck_assert(record_rules(first, MARCH + 200)); /* taken back */
    ck_assert_int_eq(span().rules_from, MARCH);
    ck_assert_err(load_at(MARCH - 1, NULL), NOT_FOUND);
    ck_assert(rules_at_are(MARCH, first) && rules_at_are(MARCH + 99, first));
    ck_assert(rules_at_are(MARCH + 100, second) && rules_at_are(MARCH + 199, second));
    ck_assert(rules_at_are(MARCH + 200, first) && rules_at_are(INT64_MAX - 1, first));
    model_free(first);
    model_free(second);
}
END_TEST

/* The journal tells how much changed. */
START_TEST(rules_in_the_journal)
{
    struct model *m = world_model();
    struct str want;
    ck_assert(record_rules(m, MARCH));
    add_grant(m, "IDE");
    add_grant(m, "AES");
    ck_assert(record_rules(m, MARCH + 1));
    struct records r = records("rules_changed");
    ck_assert_int_eq(r.count, 2);
    ck_assert_ok(arena_printf(arena, &want, "\"lines\":\"%zu\",\"added\":\"2\",\"removed\":\"0\"}",
                              rules_of_model(m).count));
    ck_assert_msg(str_ends(r.last, want), "%.*s", STR_ARG(r.last));
    model_free(m);
}
END_TEST

/* A clock that goes back, or many changes in one second, lose no version and turn no period around. */
START_TEST(rules_while_the_clock_goes_back)
{
    struct model *a = world_model(), *b = world_model();
    add_grant(b, "IDE");
    ck_assert(record_rules(a, MARCH));
    ck_assert(record_rules(b, MARCH));
    ck_assert(record_rules(a, MARCH - 5000));
    ck_assert(rules_at_are(MARCH, a) && rules_at_are(MARCH + 1, b) && rules_at_are(MARCH + 2, a));
    model_free(a);
    model_free(b);
}
END_TEST

/* ---- persons ---- */

static const struct dir_assignment assignments[] = {
    { STR_INIT("aaaaaaaa-0000-4000-8000-000000000001"), STR_INIT("IDE"), STR_INIT("SOUB-FH"), 1000,
      2000, STR_INIT("CDD") },
    { STR_INIT("aaaaaaaa-0000-4000-8000-000000000002"), STR_INIT("IDEC"), STR_INIT("SOUB-ESAT"),
      1500, INT64_MAX, STR_INIT("") },
    { STR_INIT("aaaaaaaa-0000-4000-8000-000000000003"), STR_INIT("DPO"), STR_INIT("DC44"), 1500,
      INT64_MAX, STR_INIT("CDI") },
};

static struct dir_person somebody(const char *id, const char *login, size_t count)
{
    return (struct dir_person){ .id = str_of(id),
                                .login = str_of(login),
                                .active = true,
                                .assignments = assignments,
                                .assignment_count = count };
}

static bool record_person(const char *id, const struct dir_person *p, int64_t at)
{
    struct call c = { .at = at, .id = str_of(id), .person = p };
    ck_assert_ok(state_write(st, person_job, &c));
    return c.recorded;
}

static err_t find_at(int64_t at, const char *key, bool login, struct dir_person *out)
{
    struct call c = { .at = at, .id = str_of(key) };
    err_t e = state_read(st, login ? by_login_job : by_id_job, &c);
    *out = c.found;
    return e;
}

/* As above, of a person: also her absence before, and after she has left, and her return. */
START_TEST(person_then)
{
    struct dir_person p = somebody(ANNE, "anne", 1), found;
    ck_assert(!record_person(ANNE, NULL, MARCH - 10)); /* never seen, not there: nothing to say */
    ck_assert(record_person(ANNE, &p, MARCH));
    ck_assert(!record_person(ANNE, &p, MARCH + 1));
    p.assignment_count = 2;
    ck_assert(record_person(ANNE, &p, MARCH + 100));
    p.active = false;
    p.login = STR("anne2");
    ck_assert(record_person(ANNE, &p, MARCH + 200));
    ck_assert(record_person(ANNE, NULL, MARCH + 300));
    ck_assert(!record_person(ANNE, NULL, MARCH + 310));
    ck_assert(record_person(ANNE, &p, MARCH + 400));

    ck_assert_err(find_at(MARCH - 1, ANNE, false, &found), NOT_FOUND);
    ck_assert_ok(find_at(MARCH + 99, ANNE, false, &found));
    ck_assert_uint_eq(found.assignment_count, 1);
    ck_assert_str_is(found.id, ANNE);
    ck_assert_str_is(found.login, "anne");
    ck_assert(found.active);
    ck_assert_int_eq(found.assignments[0].start, 1000);
    ck_assert_int_eq(found.assignments[0].end, 2000);
    ck_assert_str_is(found.assignments[0].contract, "CDD");
    ck_assert_ok(find_at(MARCH + 100, "ANNE", true, &found));
    ck_assert_uint_eq(found.assignment_count, 2);
    ck_assert_int_eq(found.assignments[1].end, INT64_MAX);
    ck_assert_str_is(found.assignments[1].structure, "SOUB-ESAT");
    ck_assert_err(find_at(MARCH + 200, "anne", true, &found), NOT_FOUND);
    ck_assert_ok(find_at(MARCH + 200, "anne2", true, &found));
    ck_assert(!found.active);
    ck_assert_err(find_at(MARCH + 300, ANNE, false, &found), NOT_FOUND);
    ck_assert_ok(find_at(MARCH + 400, ANNE, false, &found));
}
END_TEST

/* The digest changes with each member that decides, and not with the order of assignments, the name or
 * the second factors, which are not recorded. */
START_TEST(digest_of_a_person)
{
    unsigned char first[SHA256_LEN], other[SHA256_LEN];
    struct dir_assignment turned[] = { assignments[1], assignments[0] };
    struct dir_person p = somebody(ANNE, "anne", 2);
    ck_assert_ok(entry_digest(&p, first));
    p.assignments = turned;
    p.display_name = STR("Anne");
    p.credential_count = 0;
    ck_assert_ok(entry_digest(&p, other));
    ck_assert_mem_eq(first, other, sizeof first);
    for (int i = 0; i < 7; i++) {
        struct dir_assignment one[] = { assignments[0], assignments[1] };
        struct dir_person q = somebody(ANNE, "anne", 2);
        q.assignments = one;
        if (i == 0)
            q.active = false;
        else if (i == 1)
            q.login = STR("anna");
        else if (i == 2)
            q.assignment_count = 1;
        else if (i == 3)
            one[0].profile = STR("IDEC");
        else if (i == 4)
            one[0].structure = STR("SOUB-ESAT");
        else if (i == 5)
            one[0].start++;
        else
            one[0].end = INT64_MAX;
        ck_assert_ok(entry_digest(&q, other));
        ck_assert_msg(memcmp(first, other, sizeof first) != 0, "change %d is not seen", i);
    }
}
END_TEST

struct heard {
    int persons, assignments;
    bool anne, zoe;
};

static err_t on_person(void *ctx, const struct dir_person *p)
{
    struct heard *h = ctx;
    ck_assert_int_eq(h->assignments, 0); /* persons first */
    h->persons++;
    h->anne |= str_eq(p->id, STR(ANNE));
    h->zoe |= str_eq(p->id, STR(ZOE));
    return ERR(OK);
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    ck_assert(str_is_uuid(person) && a->profile.len > 0);
    ((struct heard *)ctx)->assignments++;
    return ERR(OK);
}

static struct heard everybody_at(int64_t at)
{
    struct heard h = { 0 };
    const struct dir_each to = { on_person, on_assignment, NULL, &h };
    struct call c = { .at = at, .to = &to };
    ck_assert_ok(state_read(st, each_job, &c));
    return h;
}

/* Everybody who was there at an instant, and nobody else. */
START_TEST(everybody_then)
{
    struct dir_person anne = somebody(ANNE, "anne", 1), zoe = somebody(ZOE, "zoe", 2);
    ck_assert(record_person(ANNE, &anne, MARCH));
    ck_assert(record_person(ZOE, &zoe, MARCH + 10));
    ck_assert(record_person(ANNE, NULL, MARCH + 20));
    struct heard h = everybody_at(MARCH - 1);
    ck_assert_int_eq(h.persons + h.assignments, 0);
    h = everybody_at(MARCH + 9);
    ck_assert(h.anne && !h.zoe && h.persons == 1 && h.assignments == 1);
    h = everybody_at(MARCH + 10);
    ck_assert(h.anne && h.zoe && h.persons == 2 && h.assignments == 3);
    h = everybody_at(MARCH + 20);
    ck_assert(!h.anne && h.zoe && h.persons == 1 && h.assignments == 2);
}
END_TEST

/* ---- span, gaps, purge ---- */

static void note(state_job *job, int64_t at)
{
    struct call c = { .at = at };
    ck_assert_ok(state_write(st, job, &c));
}

struct gaps {
    int count;
    int64_t since, ended;
};

static err_t on_gap(void *ctx, int64_t since, int64_t ended)
{
    struct gaps *g = ctx;
    *g = (struct gaps){ g->count + 1, since, ended };
    return ERR(OK);
}

static err_t gaps_job(struct state_tx *tx, void *arg)
{
    return history_gaps(tx, MARCH, INT64_MAX, on_gap, arg);
}

/* A restart within minutes is no gap; a night without the service is one, and is told. */
START_TEST(gaps)
{
    struct gaps g = { 0 };
    ck_assert_int_eq(span().people_from, INT64_MAX);
    note(complete_job, MARCH);
    ck_assert_int_eq(span().people_from, MARCH);
    note(seen_job, MARCH + 60);
    note(complete_job, MARCH + 60 + HISTORY_GAP_S);
    ck_assert_ok(state_read(st, gaps_job, &g));
    ck_assert_int_eq(g.count, 0);
    note(complete_job, MARCH + 36000);
    ck_assert_ok(state_read(st, gaps_job, &g));
    ck_assert_int_eq(g.count, 1);
    ck_assert_int_eq(g.since, MARCH + 60 + HISTORY_GAP_S);
    ck_assert_int_eq(g.ended, MARCH + 36000);
    ck_assert_int_eq(span().people_from, MARCH);
}
END_TEST

/* What ended before the retention goes; what was in force then stays; and the span says so. */
START_TEST(purging)
{
    struct model *a = world_model(), *b = world_model();
    struct dir_person p = somebody(ANNE, "anne", 1), found;
    add_grant(b, "IDE");
    ck_assert(record_rules(a, MARCH));
    ck_assert(record_rules(b, MARCH + 100));
    ck_assert(record_rules(a, MARCH + 200));
    ck_assert(record_person(ANNE, &p, MARCH));
    ck_assert(record_person(ANNE, NULL, MARCH + 100));
    note(complete_job, MARCH);
    ck_assert_int_eq(purge(MARCH, 100), 0);
    ck_assert_int_eq(purge(MARCH + 100, 100), 2); /* the first version, Anne; no line ended */
    ck_assert_int_eq(span().rules_from, MARCH + 100);
    ck_assert_int_eq(span().people_from, MARCH + 100);
    ck_assert_err(find_at(MARCH + 50, ANNE, false, &found), NOT_FOUND);
    ck_assert_err(load_at(MARCH + 99, NULL), NOT_FOUND);
    ck_assert(rules_at_are(MARCH + 100, b));
    ck_assert_int_eq(purge(MARCH + 5000, 1), 2); /* one row of each kind a time */
    ck_assert_int_eq(purge(MARCH + 5000, 1), 0);
    ck_assert(rules_at_are(MARCH + 5000, a));
    model_free(a);
    model_free(b);
}
END_TEST

int main(void)
{
    TCase *rules = tcase_create("rules"), *people = tcase_create("people");
    TCase *time = tcase_create("time");
    TCase *all[] = { rules, people, time };
    for (size_t i = 0; i < COUNT(all); i++)
        tcase_add_checked_fixture(all[i], setup, teardown);
    tcase_add_test(rules, rules_then);
    tcase_add_test(rules, rules_in_the_journal);
    tcase_add_test(rules, rules_while_the_clock_goes_back);
    tcase_add_test(people, person_then);
    tcase_add_test(people, digest_of_a_person);
    tcase_add_test(people, everybody_then);
    tcase_add_test(time, gaps);
    tcase_add_test(time, purging);
    return RUN_SUITE("history", rules, people, time);
}
