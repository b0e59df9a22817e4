/* Persons in memory against a real slapd: what changes there is true here within a second. */
#include "integration/directory_fixture.h"

#include "base/clock.h"
#include "people/people.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { NOW = 1780000000 }; /* 2026-05-28, while Marie's assignments live */

static const char rules_ldif[] =
    "dn: habilisCode=A-MAS,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: A-MAS\nhabilisLabel: MAS\n"
    "habilisKind: etablissement\n\n"
    "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"
    "objectClass: habilisProfileEntry\nhabilisCode: IDE\nhabilisLabel: Infirmier\n"
    "habilisGrant: DUI.NOTES;lire;etab;;\n\n"
    "dn: habilisCode=DUI.NOTES,habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"
    "objectClass: habilisResource\nhabilisCode: DUI.NOTES\nhabilisLabel: Notes\n"
    "habilisAction: lire\nhabilisAction: creer\n";

static struct registry *rules;
static struct people *people;

static void ldap(const char *tool, const char *ldif)
{
    char output[2048];
    int code =
        as_habilisd(fix.server, tool, (const char *const[]){ NULL }, ldif, output, sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

static void on_change(void *ctx, const struct dir_changes *changes)
{
    people_changed(ctx, changes);
}

static void open_people(size_t resident_max)
{
    struct people_options options = { resident_max };
    ldap("ldapadd", rules_ldif);
    ck_assert_ok(registry_open(fix.dir, &rules));
    ck_assert_ok(people_open(&options, fix.dir, rules, &people));
    ck_assert_ok(directory_watch(fix.dir, on_change, people));
}

static void close_people(void)
{
    directory_stop_watch(fix.dir);
    people_close(people);
    registry_close(rules);
}

static enum people_found found(const char *key)
{
    struct people_now now;
    const struct person *p = NULL;
    people_take(people, &now);
    enum people_found f = people_find(&now, str_of(key), &p);
    people_give(&now);
    return f;
}

/* May WHO read the notes of A-MAS? */
static bool may(const char *who)
{
    struct people_now now;
    const struct person *p = NULL;
    struct engine_subject *subject = NULL;
    struct engine_decision d;
    struct arena *a = NULL;
    struct engine_question q = {
        .resource = STR("DUI.NOTES"), .action = STR("lire"), .structure = STR("A-MAS"), .now = NOW
    };
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    people_take(people, &now);
    if (people_find(&now, str_of(who), &p) == PEOPLE_FOUND)
        ck_assert_ok(person_resolve(&now, p, NULL, 0, a, &subject));
    engine_decide(now.view->snapshot, subject, &q, &d);
    people_give(&now);
    arena_free(a);
    return d.effect == ENGINE_PERMIT;
}

/* Milliseconds until WHO may (may not), -1 when that takes over two seconds. */
static int64_t until(const char *who, bool wanted)
{
    int64_t start = clock_mono_ms();
    while (may(who) != wanted) {
        if (clock_mono_ms() - start > 2000)
            return -1;
        nap_ms(2);
    }
    return clock_mono_ms() - start;
}

#define WITHIN_A_SECOND(ms)                                                     \
    do {                                                                        \
        int64_t took = (ms);                                                    \
        ck_assert_msg(took >= 0 && took <= 1000, "took %lld", (long long)took); \
    } while (0)

static void wait_loaded(uint64_t loads)
{
    struct people_status s;
    for (int i = 0; i < 400; i++, nap_ms(10)) {
        people_status(people, &s);
        if (s.loads >= loads && s.age_ms < 2000)
            return;
    }
    ck_abort_msg("not loaded");
}

#define LATER_DN "habilisId=" LATER_ID "," MARIE_DN

/* Found by id and by login in any case; what she holds is what the directory says. */
START_TEST(finds_everybody)
{
    struct people_now now;
    const struct person *p = NULL;
    struct person_assignment a;
    char id[UUID_LEN];
    open_people(100);
    wait_loaded(1);
    ck_assert_int_eq(found(MARIE_ID), PEOPLE_FOUND);
    ck_assert_int_eq(found("MARIE.N-diaye"), PEOPLE_FOUND);
    ck_assert_int_eq(found("marie"), PEOPLE_NOBODY);
    ck_assert_int_eq(found(""), PEOPLE_NOBODY);
    ck_assert_int_eq(found("99999999-9999-4999-8999-999999999999"), PEOPLE_NOBODY);
    people_take(people, &now);
    ck_assert_int_eq(people_find(&now, STR("marie.n-diaye"), &p), PEOPLE_FOUND);
    person_id(p, id);
    ck_assert(str_eq(str_from(id, UUID_LEN), STR(MARIE_ID)));
    ck_assert(person_is_active(p));
    ck_assert_uint_eq(person_assignment_count(p), 2);
    person_assignment(&now, p, 1, &a);
    ck_assert(str_eq(str_from(a.id, UUID_LEN), STR(LATER_ID)));
    ck_assert_str_is(a.profile, "IDE");
    ck_assert_str_is(a.structure, "A-MAS");
    ck_assert_int_eq(a.end, 1893538800);
    person_assignment(&now, p, 0, &a);
    ck_assert_str_is(a.profile, "IDEC"); /* the rules do not know it */
    ck_assert_int_eq(a.end, INT64_MAX);
    people_give(&now);
    ck_assert_int_eq(found("paul"), PEOPLE_FOUND);
    ck_assert(may("marie.n-diaye"));
    ck_assert(!may("paul"));
    close_people();
}
END_TEST

/* Each sort of change is true within a second: a right taken away above all. */
START_TEST(follows_changes)
{
    open_people(100);
    wait_loaded(1);
    ldap("ldapmodify", "dn: " LATER_DN "\nchangetype: modify\nreplace: habilisEnd\n"
                       "habilisEnd: 20250101230000Z\n");
    WITHIN_A_SECOND(until(MARIE_ID, false));
    ldap("ldapmodify", "dn: " LATER_DN "\nchangetype: modify\ndelete: habilisEnd\n");
    WITHIN_A_SECOND(until(MARIE_ID, true));
    ldap("ldapmodify", "dn: " MARIE_DN "\nchangetype: modify\nreplace: habilisStatus\n"
                       "habilisStatus: suspended\n");
    WITHIN_A_SECOND(until(MARIE_ID, false));
    ldap("ldapmodify", "dn: " MARIE_DN "\nchangetype: modify\nreplace: habilisStatus\n"
                       "habilisStatus: active\n-\nreplace: uid\nuid: marie.durand\n");
    WITHIN_A_SECOND(until("marie.durand", true));
    ck_assert_int_eq(found("marie.n-diaye"), PEOPLE_NOBODY);
    ldap("ldapmodify", "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\nchangetype: modify\n"
                       "delete: habilisGrant\n");
    WITHIN_A_SECOND(until(MARIE_ID, false));
    ldap("ldapmodify", "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\nchangetype: modify\n"
                       "add: habilisGrant\nhabilisGrant: DUI.NOTES;lire|creer;unite;;\n");
    WITHIN_A_SECOND(until(MARIE_ID, true));
    ldap("ldapmodify", "dn: " LATER_DN "\nchangetype: delete\n");
    WITHIN_A_SECOND(until(MARIE_ID, false));
    close_people();
}
END_TEST

/* Somebody new, with a profile that nobody had, and somebody who is deleted. */
START_TEST(arrivals_and_departures)
{
#define NEW_ID "55555555-5555-4555-8555-555555555555"
#define NEW_DN "habilisId=" NEW_ID "," PEOPLE
    open_people(100);
    wait_loaded(1);
    ldap("ldapadd",
         "dn: " NEW_DN "\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n"
         "objectClass: habilisPerson\nhabilisId: " NEW_ID "\nuid: nouvelle\ncn: N\nsn: N\n"
         "habilisStatus: active\nuidNumber: 7\ngidNumber: 1\nhomeDirectory: /\n\n"
         "dn: habilisId=66666666-0000-4000-8000-000000000001," NEW_DN "\n"
         "objectClass: habilisAssignment\nhabilisId: 66666666-0000-4000-8000-000000000001\n"
         "habilisProfile: AS\nhabilisStructure: A-MAS\nhabilisStart: 20200101000000Z\n\n"
         "dn: habilisCode=AS,ou=profiles,dc=test,dc=habilis\n"
         "objectClass: habilisProfileEntry\nhabilisCode: AS\nhabilisLabel: Aide\n"
         "habilisGrant: DUI.NOTES;lire;etab;;\n");
    WITHIN_A_SECOND(until("nouvelle", true));
    ldap("ldapmodify", "dn: habilisId=66666666-0000-4000-8000-000000000001," NEW_DN
                       "\nchangetype: delete\n\ndn: " NEW_DN "\nchangetype: delete\n");
    WITHIN_A_SECOND(until("nouvelle", false));
    ck_assert_int_eq(found(NEW_ID), PEOPLE_NOBODY);
    close_people();
}
END_TEST

/* While the directory is away the age grows; when it is back, everything is read again. */
START_TEST(age_tells_an_outage)
{
    open_people(100);
    wait_loaded(1);
    slapd_stop(fix.server);
    nap_ms(2600);
    int64_t away = people_age_ms(people);
    ck_assert_msg(away > 2000, "%lld", (long long)away);
    ck_assert(may(MARIE_ID)); /* what was known last */
    slapd_start(fix.server);
    ldap("ldapmodify", "dn: " LATER_DN "\nchangetype: delete\n");
    for (int i = 0; i < 1000 && people_age_ms(people) > 2000; i++)
        nap_ms(5);
    ck_assert_int_lt(people_age_ms(people), 2000);
    WITHIN_A_SECOND(until(MARIE_ID, false));
    close_people();
}
END_TEST

/* More persons than may be kept: they are read when asked about, kept, and still followed. */
START_TEST(too_many_is_a_cache)
{
    struct people_status s;
    struct people_now now;
    struct people_page page;
    struct engine_question q = { .resource = STR("DUI.NOTES"), .action = STR("lire"), .now = NOW };
    struct people_search search = { .question = &q, .limit = 10 };
    open_people(1);
    wait_loaded(1);
    people_status(people, &s);
    ck_assert(!s.searchable);
    ck_assert_uint_eq(s.persons, 0);
    ck_assert_int_eq(found("marie.n-diaye"), PEOPLE_ASK);
    ck_assert_err(people_fetch(people, STR("nobody")), NOT_FOUND);
    ck_assert_ok(people_fetch(people, STR("marie.n-diaye")));
    ck_assert_int_eq(found(MARIE_ID), PEOPLE_FOUND);
    ck_assert(may(MARIE_ID));
    people_take(people, &now);
    ck_assert_err(people_who_can(&now, &search, fix.arena, &page), CONFLICT);
    people_give(&now);
    ldap("ldapmodify", "dn: " LATER_DN "\nchangetype: delete\n");
    WITHIN_A_SECOND(until(MARIE_ID, false));
    ck_assert_ok(people_fetch(people, STR(PAUL_ID))); /* one may be kept: somebody goes */
    people_status(people, &s);
    ck_assert_uint_eq(s.persons, 1);
    close_people();
}
END_TEST

/* ---- readers while everything changes: for ThreadSanitizer, and for what may never be seen ---- */

static atomic_bool stop;

static void *reader(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        struct people_now now;
        struct people_page page;
        struct arena *a = NULL;
        struct engine_question q = { .resource = STR("DUI.NOTES"),
                                     .action = STR("lire"),
                                     .structure = STR("A-MAS"),
                                     .now = NOW };
        struct people_search search = { .question = &q, .limit = 10 };
        ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
        people_take(people, &now);
        ck_assert_ok(people_who_can(&now, &search, a, &page));
        ck_assert_uint_le(page.count, 1); /* Paul is suspended */
        people_give(&now);
        arena_free(a);
        (void)may(MARIE_ID);
    }
    return NULL;
}

START_TEST(readers_and_changes)
{
    pthread_t threads[3];
    open_people(100);
    wait_loaded(1);
    atomic_store(&stop, false);
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, reader, NULL), 0);
    for (int i = 0; i < 4; i++) {
        struct str ids[] = { STR(MARIE_ID), STR(PAUL_ID) };
        struct dir_changes changes = { DIR_CHANGE_PEOPLE | DIR_CHANGE_RESYNC, ids, 2 };
        ldap("ldapmodify", i % 2 == 0 ? "dn: " LATER_DN "\nchangetype: modify\nreplace: "
                                        "habilisEnd\nhabilisEnd: 20250101230000Z\n"
                                      : "dn: " LATER_DN
                                        "\nchangetype: modify\ndelete: habilisEnd\n");
        people_changed(people, &changes);
        WITHIN_A_SECOND(until(MARIE_ID, i % 2 != 0));
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    close_people();
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *t = fixture_case("people", SERVER_PER_TEST);
    tcase_add_test(t, finds_everybody);
    tcase_add_test(t, follows_changes);
    tcase_add_test(t, arrivals_and_departures);
    tcase_add_test(t, age_tells_an_outage);
    tcase_add_test(t, too_many_is_a_cache);
    tcase_add_test(t, readers_and_changes);
    return RUN_SUITE("people", t);
}
