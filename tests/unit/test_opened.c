/* idp/emergency: what is open, in memory, and what the engine makes of it. The clock moves by numbers. */
#include "base/clock.h"
#include "emergency/opened.h"
#include "journal/journal.h"
#include "state/emergency.h"
#include "support/folder.h"
#include "support/suite.h"

#include <stdlib.h>
#include <time.h>

#define ANNE "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
#define ZOE  "6fa459ea-ee8a-4ca4-894e-db77e160355e"

enum { HOUR = 3600 };

static struct folder folder;
static struct state *st;
static struct arena *arena;
static struct opened *opened;
static struct snapshot *rules;
static int64_t now;

/* One house, one lot that lets read the record and would let write it, which no emergency opens. */
static struct snapshot *compile(void)
{
    struct model *m = NULL;
    struct snapshot *out = NULL;
    struct problem why;
    ck_assert_ok(model_new(&m));
    ck_assert_ok(model_add_structure(m, &(struct structure_def){ .code = STR("G"),
                                                                 .label = STR("G"),
                                                                 .kind = STRUCTURE_GROUPEMENT,
                                                                 .open_from = MODEL_ALWAYS,
                                                                 .open_until = MODEL_EVER }));
    ck_assert_ok(model_add_resource(m, &(struct resource_def){ .code = STR("DUI.DLU"),
                                                               .application = STR("DUI"),
                                                               .label = STR("d"),
                                                               .actions = STR("lire|creer"),
                                                               .no_emergency = STR("creer") }));
    ck_assert_ok(model_add_lot(m, &(struct lot_def){ .code = STR("LOT"), .label = STR("l") }));
    ck_assert_ok(model_add_grant(m, &(struct grant_def){ .profile = STR("LOT"),
                                                         .resource = STR("DUI.DLU"),
                                                         .actions = STR("lire|creer"),
                                                         .scope = STR("etab") }));
    ck_assert_ok(engine_compile(m, &out, &why));
    model_free(m);
    return out;
}

static void setup(void)
{
    struct state_why why;
    folder_make(&folder);
    struct state_options o = { .path = folder_file(&folder, "state.db"), .readers = 2 };
    ck_assert_ok(state_open(&o, &why, &st));
    ck_assert_ok(arena_new(16 * ARENA_DEFAULT_MAX, &arena));
    ck_assert_ok(opened_start(st, &opened));
    rules = compile();
    now = clock_now();
}

static void teardown(void)
{
    opened_stop(opened);
    snapshot_unref(rules);
    arena_free(arena);
    state_close(st);
    folder_remove(&folder);
}

static char id[UUID_LEN];

static err_t open_job(struct state_tx *tx, void *arg)
{
    struct emergency x = { .person = STR(ANNE),
                           .sid = STR("sid"),
                           .application = STR("DUI"),
                           .lot = STR("LOT"),
                           .structure = STR("G"),
                           .instance = STR("r-42"),
                           .reason = STR("chute"),
                           .ends = now + HOUR,
                           .review_due = now + 2 * HOUR };
    (void)arg;
    return emergency_open(tx, &x, now, id);
}

static err_t close_job(struct state_tx *tx, void *arg)
{
    (void)arg;
    return emergency_close(tx, str_from(id, sizeof id), STR(ANNE), now);
}

static void open_one(void)
{
    ck_assert_ok(state_write(st, open_job, NULL));
    ck_assert_ok(opened_reload(opened, now));
}

/* Does the engine permit ACTION on INSTANCE to PERSON at AT? */
static bool may(const char *person, const char *action, const char *instance, int64_t at)
{
    struct opened_list list;
    struct engine_subject *subject = NULL;
    struct engine_decision d;
    ck_assert_ok(opened_of(opened, arena, str_of(person), at, &list));
    struct engine_person p = { .id = str_of(person),
                               .login = STR("a"),
                               .active = true,
                               .emergencies = list.list,
                               .emergency_count = list.count };
    size_t size = engine_subject_size(&p);
    void *memory = arena_alloc(arena, size);
    ck_assert_ptr_nonnull(memory);
    ck_assert_ok(engine_person_resolve(rules, &p, memory, size, &subject));
    struct engine_question q = { .resource = STR("DUI.DLU"),
                                 .action = str_of(action),
                                 .resource_id = str_of(instance),
                                 .structure = STR("G"),
                                 .now = at };
    engine_decide(rules, subject, &q, &d);
    return d.effect == ENGINE_PERMIT;
}

/* Permits from the second it is opened to the second before its end; hers alone, that record alone, and
 * not what the catalogue excludes. */
START_TEST(open_permits_until_its_end)
{
    ck_assert(!may(ANNE, "lire", "r-42", now));
    open_one();
    ck_assert(may(ANNE, "lire", "r-42", now));
    ck_assert(may(ANNE, "lire", "r-42", now + HOUR - 1));
    ck_assert(!may(ANNE, "lire", "r-42", now + HOUR));
    ck_assert(!may(ANNE, "lire", "r-42", now - 1));
    ck_assert(!may(ANNE, "lire", "r-43", now));
    ck_assert(!may(ANNE, "creer", "r-42", now));
    ck_assert(!may(ZOE, "lire", "r-42", now));
}
END_TEST

START_TEST(closed_is_closed_at_once)
{
    open_one();
    ck_assert_ok(state_write(st, close_job, NULL));
    ck_assert_ok(opened_reload(opened, now));
    ck_assert(!may(ANNE, "lire", "r-42", now));
}
END_TEST

/* What another node writes is here within two seconds; a restart finds what was open. */
START_TEST(others_and_restarts)
{
    struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
    ck_assert_ok(state_write(st, open_job, NULL));
    for (int i = 0; i < 30 && !may(ANNE, "lire", "r-42", now); i++)
        nanosleep(&pause, NULL);
    ck_assert(may(ANNE, "lire", "r-42", now));
    opened_stop(opened);
    ck_assert_ok(opened_start(st, &opened));
    ck_assert(may(ANNE, "lire", "r-42", now));
}
END_TEST

static err_t count_record(const struct journal_record *r, void *arg)
{
    (void)r;
    (*(int *)arg)++;
    return ERR(OK);
}

static err_t read_job(struct state_tx *tx, void *arg)
{
    return journal_read(tx, &(struct journal_filter){ .event = STR("emergency_used") },
                        count_record, arg);
}

/* However many decisions rest on it, one record says that it was used; stopping writes it. */
START_TEST(first_use_is_journalled_once)
{
    int records = 0;
    open_one();
    for (int i = 0; i < 100; i++)
        opened_used(opened, str_from(id, sizeof id));
    opened_used(opened, STR("not an id"));
    opened_used(opened, STR(ZOE)); /* unknown */
    opened_stop(opened);
    ck_assert_ok(opened_start(st, &opened));
    opened_used(opened, str_from(id, sizeof id));
    opened_stop(opened);
    opened = NULL;
    ck_assert_ok(state_read(st, read_job, &records));
    ck_assert_int_eq(records, 1);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("opened");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, open_permits_until_its_end);
    tcase_add_test(t, closed_is_closed_at_once);
    tcase_add_test(t, others_and_restarts);
    tcase_add_test(t, first_use_is_journalled_once);
    return RUN_SUITE("opened", t);
}
