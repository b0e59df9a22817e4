/* The directory against a real slapd: reading persons, passwords, writes. */
#include "integration/directory_fixture.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define PASSWORD "une-Phrase de passe,\"42\""

static struct dir_person marie(void)
{
    struct dir_person p;
    ck_assert_ok(directory_person_by_login(fix.dir, fix.arena, STR("marie.n-diaye"), &p));
    return p;
}

/* ---- persons ---- */

/* A person comes with every assignment and credential, in the order the header promises. */
START_TEST(reads_a_person_with_everything)
{
    struct dir_person p = marie();
    ck_assert_str_is(p.id, MARIE_ID);
    ck_assert_str_is(p.dn, MARIE_DN);
    ck_assert_str_is(p.family_name, "N'Diaye");
    ck_assert_str_is(p.mail, "marie@essai.example");
    ck_assert_str_is(p.rpps, "99700000004");
    ck_assert_str_is(p.charter_version, "");
    ck_assert(p.active);
    ck_assert_uint_eq(p.assignment_count, 2);
    ck_assert_str_is(p.assignments[0].id, EARLY_ID);
    ck_assert_str_is(p.assignments[0].structure, "B-EHPAD.SOINS");
    ck_assert_int_eq(p.assignments[0].start, 1441058400); /* date -ud '2015-08-31 22:00' +%s */
    ck_assert_int_eq(p.assignments[0].end, INT64_MAX);
    ck_assert_str_is(p.assignments[1].profile, "IDE");
    ck_assert_str_is(p.assignments[1].contract, "CDD");
    ck_assert_int_eq(p.assignments[1].end, 1893538800); /* date -ud '2030-01-01 23:00' +%s */
    ck_assert_uint_eq(p.credential_count, 1);
    ck_assert_str_is(p.credentials[0].kind, "totp");
    ck_assert_str_is(p.credentials[0].label, "Téléphone");
    ck_assert(str_eq(p.credentials[0].sealed, str_from("\0\1\2\3\377\0", 6)));
}
END_TEST

/* Only a login that is one finds someone: no wildcard, no filter, no look-alike letter, no NUL. */
static const struct {
    const char *name;
    struct str login;
    enum err_code want;
} logins[] = {
    { "as written", STR_INIT("marie.n-diaye"), ERR_OK },
    { "upper case", STR_INIT("MARIE.N-DIAYE"), ERR_OK },
    { "unknown", STR_INIT("nobody"), ERR_NOT_FOUND },
    { "empty", STR_INIT(""), ERR_NOT_FOUND },
    { "wildcard", STR_INIT("*"), ERR_NOT_FOUND },
    { "prefix and wildcard", STR_INIT("marie*"), ERR_NOT_FOUND },
    { "filter", STR_INIT("x)(|(uid=*"), ERR_NOT_FOUND },
    { "space before", STR_INIT(" marie.n-diaye"), ERR_NOT_FOUND },
    { "full-width m",
      STR_INIT("\xef\xbd\x8d"
               "arie.n-diaye"),
      ERR_NOT_FOUND },
    { "NUL after", STR_INIT("marie.n-diaye\0x"), ERR_NOT_FOUND },
    { "33 letters", STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ERR_NOT_FOUND },
};

START_TEST(login_table)
{
    struct dir_person p = { .id = STR("untouched") };
    err_t e = directory_person_by_login(fix.dir, fix.arena, logins[_i].login, &p);
    ck_assert_msg(e.code == logins[_i].want, "%s: got %s", logins[_i].name, err_name(e));
    ck_assert_str_is(p.id, err_ok(e) ? MARIE_ID : "untouched");
}
END_TEST

START_TEST(reads_by_id)
{
    struct dir_person p;
    ck_assert_ok(directory_person_by_id(fix.dir, fix.arena, STR(PAUL_ID), &p));
    ck_assert_str_is(p.login, "paul");
    ck_assert(!p.active);
    ck_assert_uint_eq(p.assignment_count, 0);
    ck_assert_err(
        directory_person_by_id(fix.dir, fix.arena, STR("99999999-9999-4999-8999-999999999999"), &p),
        NOT_FOUND);
    ck_assert_err(directory_person_by_id(fix.dir, fix.arena, STR("*,ou=people"), &p), NOT_FOUND);
}
END_TEST

/* ---- passwords ---- */

static void set_password(const char *id)
{
    ck_assert_ok(directory_set_password(fix.dir, str_of(id), STR(PASSWORD)));
}

START_TEST(right_and_wrong_passwords)
{
    ck_assert(!marie().has_password);
    set_password(MARIE_ID);
    struct dir_person p = marie();
    ck_assert(p.has_password);
    ck_assert_ok(directory_check_password(fix.dir, &p, STR(PASSWORD)));
    ck_assert_err(directory_check_password(fix.dir, &p, STR("une-phrase")), BAD_PASSWORD);
    ck_assert_err(directory_check_password(fix.dir, &p, STR(PASSWORD " ")), BAD_PASSWORD);
    ck_assert_err(directory_check_password(fix.dir, &p, STR(PASSWORD "\0x")), BAD_PASSWORD);
    ck_assert_ok(directory_check_password(fix.dir, &p, STR(PASSWORD)));
}
END_TEST

/* RFC 4513 section 5.1.2: an empty password must not even reach the server. */
START_TEST(empty_password_is_refused_before_any_bind)
{
    struct dir_stats before, after;
    set_password(MARIE_ID);
    struct dir_person p = marie();
    directory_stats(fix.dir, &before);
    ck_assert_err(directory_check_password(fix.dir, &p, STR("")), BAD_PASSWORD);
    directory_stats(fix.dir, &after);
    ck_assert_uint_eq(before.operations, after.operations);
}
END_TEST

/* An unknown login and an account without a password do the work of one bind, like any other. */
START_TEST(unknown_person_costs_one_bind)
{
    struct dir_stats before, after;
    struct dir_person paul;
    ck_assert_ok(directory_person_by_id(fix.dir, fix.arena, STR(PAUL_ID), &paul));
    directory_stats(fix.dir, &before);
    ck_assert_err(directory_check_password(fix.dir, NULL, STR("x")), BAD_PASSWORD);
    ck_assert_err(directory_check_password(fix.dir, &paul, STR("x")), BAD_PASSWORD);
    directory_stats(fix.dir, &after);
    ck_assert_uint_eq(after.operations, before.operations + 2);
}
END_TEST

static int64_t timed_check(const struct dir_person *p)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    ck_assert_err(directory_check_password(fix.dir, p, STR("wrong")), BAD_PASSWORD);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
}

static bool are_near(int64_t a, int64_t b) { return a / 2 < b && b / 2 < a; }

/* The time of a refusal does not tell whether the account exists: the fastest of a few, measured in
 * turn until the machine is quiet, differ by less than a factor of two (measured alone: a tenth). A
 * missing hash would make one of them ten times less, however often it is measured. */
START_TEST(unknown_person_takes_as_long)
{
    int64_t known = INT64_MAX, unknown = INT64_MAX;
    for (int i = 0; i < 40 && (i < 3 || !are_near(known, unknown)); i++) {
        if (i % 10 == 0)
            set_password(MARIE_ID); /* and the failures are forgotten */
        struct dir_person p = marie();
        int64_t k = timed_check(&p), u = timed_check(NULL);
        known = k < known ? k : known;
        unknown = u < unknown ? u : unknown;
    }
    ck_assert_msg(are_near(known, unknown), "%lld and %lld us", (long long)known,
                  (long long)unknown);
}
END_TEST

/* Twenty failures lock the account for direct binds; a new password opens it. */
START_TEST(locks_after_twenty)
{
    set_password(MARIE_ID);
    struct dir_person p = marie();
    for (int i = 0; i < 20; i++)
        ck_assert_err(directory_check_password(fix.dir, &p, STR("wrong")), BAD_PASSWORD);
    ck_assert_err(directory_check_password(fix.dir, &p, STR(PASSWORD)), LOCKED_OUT);
    set_password(MARIE_ID);
    ck_assert_ok(directory_check_password(fix.dir, &p, STR(PASSWORD)));
    for (int i = 0; i < 25; i++) /* and the decoy never locks, or unknown names would be quick */
        ck_assert_err(directory_check_password(fix.dir, NULL, STR("wrong")), BAD_PASSWORD);
}
END_TEST

START_TEST(refuses_to_store_what_is_no_password)
{
    ck_assert_err(directory_set_password(fix.dir, STR(MARIE_ID), STR("")), MALFORMED);
    ck_assert_err(directory_set_password(fix.dir, STR(MARIE_ID), STR("a\0b")), MALFORMED);
    ck_assert_err(directory_set_password(fix.dir, STR(MARIE_ID), STR("\xff")), MALFORMED);
    ck_assert_err(directory_set_password(fix.dir, STR("nobody"), STR("x")), NOT_FOUND);
    ck_assert_err(
        directory_set_password(fix.dir, STR("99999999-9999-4999-8999-999999999999"), STR("x")),
        NOT_FOUND);
}
END_TEST

/* ---- writes ---- */

START_TEST(credentials_and_charter)
{
    struct str id;
    struct dir_credential c = { .kind = STR("totp"),
                                .label = STR("Clé"),
                                .created = 1893538800,
                                .sealed = str_from("\0\377x", 3) };
    ck_assert_ok(directory_add_credential(fix.dir, fix.arena, STR(PAUL_ID), &c, &id));
    ck_assert(str_is_uuid(id));
    ck_assert_ok(directory_set_charter(fix.dir, STR(PAUL_ID), STR("2026-1"), 1893538800));
    struct dir_person p;
    ck_assert_ok(directory_person_by_id(fix.dir, fix.arena, STR(PAUL_ID), &p));
    ck_assert_str_is(p.charter_version, "2026-1");
    ck_assert_uint_eq(p.credential_count, 1);
    ck_assert(str_eq(p.credentials[0].sealed, c.sealed));
    ck_assert_int_eq(p.credentials[0].created, 1893538800);

    c.id = id;
    ck_assert_err(directory_add_credential(fix.dir, fix.arena, STR(PAUL_ID), &c, &id), CONFLICT);
    c.id = STR("not a uuid");
    ck_assert_err(directory_add_credential(fix.dir, fix.arena, STR(PAUL_ID), &c, &id), MALFORMED);
    ck_assert_err(directory_set_charter(fix.dir, STR(PAUL_ID), STR("a b"), 0), MALFORMED);
    ck_assert_ok(directory_remove_credential(fix.dir, STR(PAUL_ID), id));
    ck_assert_err(directory_remove_credential(fix.dir, STR(PAUL_ID), id), NOT_FOUND);
}
END_TEST

START_TEST(reads_clients)
{
    struct dir_clients clients;
    ck_assert_ok(directory_clients(fix.dir, fix.arena, &clients));
    ck_assert_uint_eq(clients.count, 1);
    ck_assert_str_is(clients.list[0].client_id, "dui-web");
    ck_assert_str_is(clients.list[0].application, "DUI");
    ck_assert_str_is(clients.list[0].secret_hash, "00ff");
    ck_assert_str_is(clients.list[0].metadata, "{\"client_name\":\"DUI\"}");
}
END_TEST

/* ---- threads ---- */

static void *hammer(void *failures)
{
    struct arena *own;
    if (!err_ok(arena_new(ARENA_DEFAULT_MAX, &own)))
        return NULL;
    for (int i = 0; i < 100; i++) {
        struct dir_person p;
        if (!err_ok(directory_person_by_login(fix.dir, own, STR("marie.n-diaye"), &p)) ||
            p.assignment_count != 2)
            atomic_fetch_add((atomic_int *)failures, 1);
    }
    arena_free(own);
    return NULL;
}

/* Eight threads over a pool of two. */
START_TEST(many_threads)
{
    pthread_t threads[8];
    atomic_int failures = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, &failures), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(atomic_load(&failures), 0);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *persons = fixture_case("persons", ONE_SERVER);
    TCase *passwords = fixture_case("passwords", ONE_SERVER);
    TCase *writes = fixture_case("writes", ONE_SERVER);
    tcase_add_test(persons, reads_a_person_with_everything);
    tcase_add_loop_test(persons, login_table, 0, COUNT(logins));
    tcase_add_test(persons, reads_by_id);
    tcase_add_test(persons, reads_clients);
    tcase_add_test(persons, many_threads);
    tcase_add_test(passwords, right_and_wrong_passwords);
    tcase_add_test(passwords, empty_password_is_refused_before_any_bind);
    tcase_add_test(passwords, unknown_person_costs_one_bind);
    tcase_add_test(passwords, unknown_person_takes_as_long);
    tcase_add_test(passwords, locks_after_twenty);
    tcase_add_test(passwords, refuses_to_store_what_is_no_password);
    tcase_add_test(writes, credentials_and_charter);
    return RUN_SUITE("directory", persons, passwords, writes);
}
