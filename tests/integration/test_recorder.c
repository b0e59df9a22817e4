/* The recorder and the nightly check against a real slapd: what others change is recorded within a
 * second, also what changed while nobody was watching. */
#include "integration/directory_fixture.h"

#include "base/clock.h"
#include "history/duties.h"
#include "history/history.h"
#include "history/recorder.h"
#include "journal/journal.h"
#include "registry/registry.h"
#include "support/folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { WITHIN_MS = 15000 };

#define RULES                                                                           \
    "dn: habilisCode=OG,ou=structures,dc=test,dc=habilis\n"                             \
    "objectClass: habilisStructureEntry\nhabilisCode: OG\nhabilisLabel: OG\n"           \
    "habilisKind: og\n\n"                                                               \
    "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"                              \
    "objectClass: habilisProfileEntry\nhabilisCode: IDE\nhabilisLabel: Infirmier\n\n"   \
    "dn: habilisCode=IDEC,ou=profiles,dc=test,dc=habilis\n"                             \
    "objectClass: habilisProfileEntry\nhabilisCode: IDEC\nhabilisLabel: Coordinateur\n" \
    "\n"                                                                                \
    "dn: habilisCode=IDE\\2BIDEC,ou=constraints,dc=test,dc=habilis\n"                   \
    "objectClass: habilisIncompatibility\nhabilisCode: IDE+IDEC\nhabilisProfile: IDE\n" \
    "habilisProfile: IDEC\ndescription: pour l'essai\n\n"

static struct folder folder;
static struct state *st;
static struct registry *registry;
static struct recorder *recorder;

static void change(const char *tool, const char *ldif)
{
    char output[2048];
    int code =
        as_habilisd(fix.server, tool, (const char *const[]){ NULL }, ldif, output, sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

static void on_change(void *ctx, const struct dir_changes *changes)
{
    (void)ctx;
    if ((changes->what & (DIR_CHANGE_MODEL | DIR_CHANGE_RESYNC)) != 0)
        ck_assert_ok(registry_reload(registry));
    recorder_changed(recorder, changes);
}

static void start(void)
{
    const struct recorder_parts parts = { fix.dir, registry, st };
    ck_assert_ok(recorder_start(&parts, &recorder));
    ck_assert_ok(directory_watch(fix.dir, on_change, NULL));
}

static void setup(void)
{
    struct state_why why;
    folder_make(&folder);
    struct state_options o = { .path = folder_file(&folder, "state.db"), .readers = 1 };
    ck_assert_ok(state_open(&o, &why, &st));
    change("ldapadd", RULES);
    ck_assert_ok(registry_open(fix.dir, &registry));
}

static void teardown(void)
{
    directory_stop_watch(fix.dir);
    recorder_stop(recorder);
    recorder = NULL; /* not every test starts one, and in one process they follow one another */
    registry_close(registry);
    state_close(st);
    folder_remove(&folder);
}

/* ---- what is recorded ---- */

struct look {
    int64_t at;
    struct arena *arena;
    struct dir_person person;
    struct history_span span;
    err_t found;
    int records;
    const char *event;
    int64_t count;
};

static err_t on_record(const struct journal_record *r, void *arg)
{
    (void)r;
    ((struct look *)arg)->records++;
    return ERR(OK);
}

static err_t look_job(struct state_tx *tx, void *arg)
{
    struct look *l = arg;
    TRY(history_span(tx, &l->span));
    TRY(duties_count(tx, &l->count));
    TRY(journal_read(tx, &(struct journal_filter){ .event = str_of(l->event) }, on_record, l));
    l->found = history_person_by_id(tx, l->arena, l->at, STR(MARIE_ID), &l->person);
    return ERR(OK);
}

static struct look look(int64_t at, const char *event)
{
    struct look l = { .at = at, .arena = fix.arena, .event = event };
    ck_assert_ok(state_read(st, look_job, &l));
    return l;
}

static bool holds(const struct look *l, size_t assignments)
{
    return err_ok(l->found) && l->person.assignment_count == assignments;
}

/* Waits until Marie is recorded with COUNT assignments (-1: not at all) and there were RULES versions. */
static void wait_for(int count, int rules)
{
    int64_t until = clock_mono_ms() + WITHIN_MS;
    for (;;) {
        struct look l = look(INT64_MAX - 1, "rules_changed");
        bool person = count < 0 ? l.found.code == ERR_NOT_FOUND : holds(&l, (size_t)count);
        if (person && l.records == rules && l.span.people_from != INT64_MAX)
            return;
        ck_assert_msg(clock_mono_ms() < until, "%zu assignments, %d versions",
                      l.person.assignment_count, l.records);
        nap_ms(20);
    }
}

#define EARLY_DN "habilisId=" EARLY_ID "," MARIE_DN

/* At the start everybody and the rules; then each change, of a person, of what is below her, of the
 * rules; the earlier state stays readable at its time. */
START_TEST(changes)
{
    start();
    wait_for(2, 1);
    int64_t before = clock_now();
    nap_ms(1100);
    change("ldapmodify", "dn: " EARLY_DN "\nchangetype: delete\n");
    wait_for(1, 1);
    struct look l = look(before, "rules_changed");
    ck_assert(holds(&l, 2));
    change("ldapmodify", "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"
                         "changetype: modify\nreplace: habilisLabel\nhabilisLabel: Infirmière\n");
    wait_for(1, 2);
    change("ldapmodify", "dn: habilisId=" LATER_ID "," MARIE_DN "\nchangetype: delete\n\n"
                         "dn: habilisId=" TOTP_ID "," MARIE_DN "\nchangetype: delete\n\n"
                         "dn: " MARIE_DN "\nchangetype: delete\n");
    wait_for(-1, 2);
}
END_TEST

/* What changed while the recorder was away is recorded at its start, and what did not is not again. */
START_TEST(changes_while_away)
{
    start();
    wait_for(2, 1);
    directory_stop_watch(fix.dir);
    recorder_stop(recorder);
    recorder = NULL;
    change("ldapmodify", "dn: " EARLY_DN "\nchangetype: delete\n");
    fixture_close();
    registry_close(registry);
    fixture_open();
    ck_assert_ok(registry_open(fix.dir, &registry));
    start();
    wait_for(1, 1);
}
END_TEST

/* ---- duties ---- */

static int64_t check_duties(int64_t now)
{
    int64_t count = -1;
    const struct view *v = registry_take(registry);
    ck_assert_ok(duties_check(st, fix.dir, v->snapshot, now, NULL, &count));
    registry_give(registry, v);
    return count;
}

/* A finding is journalled once, however many nights it lasts, and once when it is over. Marie is IDE and
 * IDEC from 2024 to 2030. */
START_TEST(nights)
{
    const int64_t now = INT64_C(1795535700); /* 2026-11-24 */
    ck_assert_int_eq(check_duties(now), 1);
    ck_assert_int_eq(check_duties(now + 86400), 1);
    struct look l = look(now, "duties_conflict");
    ck_assert_int_eq(l.records, 1);
    ck_assert_int_eq(l.count, 1);
    change("ldapmodify", "dn: " MARIE_DN "\nchangetype: modify\nreplace: habilisStatus\n"
                         "habilisStatus: suspended\n");
    ck_assert_int_eq(check_duties(now + 2 * 86400), 0);
    ck_assert_int_eq(check_duties(now + 3 * 86400), 0);
    l = look(now, "duties_resolved");
    ck_assert_int_eq(l.records, 1);
    ck_assert_int_eq(l.count, 0);
    ck_assert_int_eq(look(now, "duties_conflict").records, 1);
}
END_TEST

/* Told to stop it leaves what was known as it was: the next check finds out. */
START_TEST(stopped_night)
{
    const int64_t now = INT64_C(1795535700);
    atomic_bool stop = true;
    int64_t count = -1;
    ck_assert_int_eq(check_duties(now), 1);
    const struct view *v = registry_take(registry);
    ck_assert_err(duties_check(st, fix.dir, v->snapshot, now + 10, &stop, &count), OVERLOADED);
    registry_give(registry, v);
    ck_assert_int_eq(count, -1);
    ck_assert_int_eq(look(now, "duties_resolved").records, 0);
    ck_assert_int_eq(look(now, "duties_resolved").count, 1);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *t = fixture_case("recorder", SERVER_PER_TEST);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, changes);
    tcase_add_test(t, changes_while_away);
    tcase_add_test(t, nights);
    tcase_add_test(t, stopped_night);
    return RUN_SUITE("recorder", t);
}
