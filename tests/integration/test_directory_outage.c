/* The directory when its server goes away, comes back, or is changed by others. */
#include "integration/directory_fixture.h"

#include "base/clock.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- outages ---- */

static err_t try_person(int64_t *took_ms)
{
    struct dir_person p;
    int64_t start = clock_mono_ms();
    err_t e = directory_person_by_login(fix.dir, fix.arena, STR("paul"), &p);
    *took_ms = clock_mono_ms() - start;
    return e;
}

static void wait_until_up(void)
{
    int64_t took, until = clock_mono_ms() + 5000;
    while (!err_ok(try_person(&took)) && clock_mono_ms() < until)
        nap_ms(10);
    ck_assert_ok(try_person(&took));
}

/* A server that is gone is said at once, and is back by itself within two probes. */
START_TEST(stopped_server)
{
    int64_t took;
    ck_assert_ok(try_person(&took));
    slapd_stop(fix.server);
    ck_assert_err(try_person(&took), DIRECTORY_DOWN);
    ck_assert_int_lt(took, 500);
    ck_assert(!directory_is_up(fix.dir));
    ck_assert_err(try_person(&took), DIRECTORY_DOWN);
    ck_assert_int_lt(took, 20);
    ck_assert_err(directory_check_password(fix.dir, NULL, STR("x")), DIRECTORY_DOWN);
    slapd_start(fix.server);
    int64_t start = clock_mono_ms();
    wait_until_up();
    ck_assert_int_lt(clock_mono_ms() - start, 2500);
}
END_TEST

/* A server that takes connections and never answers costs one time-out, then nothing. */
START_TEST(frozen_server)
{
    int64_t took;
    ck_assert_ok(try_person(&took));
    slapd_freeze(fix.server);
    err_t first = try_person(&took);
    int64_t first_took = took;
    err_t second = try_person(&took);
    slapd_thaw(fix.server);
    ck_assert_msg(first.code == ERR_DIRECTORY_DOWN, "got %s", err_name(first));
    ck_assert_int_le(first_took, 3000);
    ck_assert_msg(second.code == ERR_DIRECTORY_DOWN, "got %s", err_name(second));
    ck_assert_int_lt(took, 20);
    wait_until_up();
}
END_TEST

/* Restarted between two requests: the pooled connection is dead, and nobody notices. */
START_TEST(restarted_server)
{
    int64_t took;
    ck_assert_ok(try_person(&took));
    slapd_stop(fix.server);
    slapd_start(fix.server);
    ck_assert_ok(try_person(&took));
    ck_assert_err(directory_check_password(fix.dir, NULL, STR("x")), BAD_PASSWORD);
}
END_TEST

/* The second server of the list answers while the first is away. */
START_TEST(second_server)
{
    char uris[512];
    struct directory *two;
    struct dir_person p;
    (void)snprintf(uris, sizeof uris, "ldapi://%%2Fnonexistent %s", slapd_uri(fix.server));
    struct dir_config config = fixture_config(uris);
    ck_assert_ok(directory_open(&config, &two));
    ck_assert_ok(directory_person_by_login(two, fix.arena, STR("paul"), &p));
    ck_assert(directory_is_up(two));
    directory_close(two);
}
END_TEST

/* Opens while nothing runs; wrong settings are refused. */
START_TEST(opens_without_a_server)
{
    struct directory *d = NULL;
    struct dir_person p;
    struct dir_config config = fixture_config("ldapi://%2Fnonexistent");
    ck_assert_ok(directory_open(&config, &d));
    ck_assert_err(directory_person_by_login(d, fix.arena, STR("paul"), &p), DIRECTORY_DOWN);
    directory_close(d);
    d = NULL;
    config.uris = "http://localhost";
    ck_assert_err(directory_open(&config, &d), CONFIG);
    config.uris = "";
    ck_assert_err(directory_open(&config, &d), CONFIG);
    config = fixture_config(slapd_uri(fix.server));
    config.bind_password = "";
    ck_assert_err(directory_open(&config, &d), CONFIG);
    config = fixture_config(slapd_uri(fix.server));
    config.timeout_ms = 60000;
    ck_assert_err(directory_open(&config, &d), CONFIG);
    ck_assert_ptr_null(d);
}
END_TEST

/* habilisd's own password is wrong: not an outage, and nobody gets in. */
START_TEST(wrong_service_password)
{
    struct directory *d;
    struct dir_person p;
    struct dir_config config = fixture_config(slapd_uri(fix.server));
    config.bind_password = "wrong";
    ck_assert_ok(directory_open(&config, &d));
    ck_assert_err(directory_person_by_login(d, fix.arena, STR("paul"), &p), DIRECTORY);
    directory_close(d);
}
END_TEST

/* ---- the watch ---- */

struct seen {
    atomic_uint what;
    atomic_int calls;
    atomic_int persons; /* told of, in all */
    atomic_int marie;   /* of these, how often it was she */
};

static void on_change(void *ctx, const struct dir_changes *changes)
{
    struct seen *s = ctx;
    for (size_t i = 0; i < changes->person_count; i++)
        if (str_eq(changes->persons[i], STR(MARIE_ID)))
            atomic_fetch_add(&s->marie, 1);
    atomic_fetch_add(&s->persons, (int)changes->person_count);
    atomic_fetch_or(&s->what, changes->what);
    atomic_fetch_add(&s->calls, 1);
}

/* Milliseconds until all of WANT were reported, or -1 after LIMIT. */
static int64_t wait_for(struct seen *s, unsigned want, int64_t limit_ms)
{
    int64_t start = clock_mono_ms();
    while ((atomic_load(&s->what) & want) != want) {
        if (clock_mono_ms() - start > limit_ms)
            return -1;
        nap_ms(5);
    }
    return clock_mono_ms() - start;
}

static void modify(const char *ldif)
{
    char output[1024];
    int code = as_habilisd(fix.server, "ldapmodify", (const char *const[]){ NULL }, ldif, output,
                           sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

/* A change by another hand is told within a second, and as what it is. */
START_TEST(watch_tells_changes)
{
    struct seen s = { 0 };
    struct dir_stats stats;
    ck_assert_ok(directory_watch(fix.dir, on_change, &s));
    ck_assert_err(directory_watch(fix.dir, on_change, &s), BUG);
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_RESYNC, 3000), 0);
    nap_ms(300);
    atomic_store(&s.what, 0);
    modify("dn: habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"
           "changetype: modify\nreplace: habilisLabel\nhabilisLabel: Autre\n");
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_MODEL, 1000), 0);
    ck_assert_uint_eq(atomic_load(&s.what) & DIR_CHANGE_PEOPLE, 0);
    ck_assert_int_eq(atomic_load(&s.persons), 0);
    atomic_store(&s.what, 0);
    modify("dn: habilisId=" EARLY_ID "," MARIE_DN "\nchangetype: delete\n");
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_PEOPLE, 1000), 0);
    ck_assert_uint_eq(atomic_load(&s.what) & DIR_CHANGE_MODEL, 0);
    ck_assert_int_eq(atomic_load(&s.persons), 1); /* the deleted assignment is told as its person */
    ck_assert_int_eq(atomic_load(&s.marie), 1);
    directory_stats(fix.dir, &stats);
    ck_assert_int_gt(stats.last_sync_ms, 0);
    modify("dn: habilisId=" EARLY_ID "," MARIE_DN "\nchangetype: add\n"
           "objectClass: habilisAssignment\nhabilisId: " EARLY_ID "\nhabilisProfile: IDEC\n"
           "habilisStructure: B-EHPAD.SOINS\nhabilisStart: 20150831220000Z\n");
}
END_TEST

/* Many changes at once are few calls; a change right after another is not lost. */
START_TEST(watch_is_debounced)
{
    struct seen s = { 0 };
    ck_assert_ok(directory_watch(fix.dir, on_change, &s));
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_RESYNC, 3000), 0);
    int before = atomic_load(&s.calls);
    int64_t start = clock_mono_ms();
    for (int i = 0; i < 30; i++)
        ck_assert_ok(directory_set_charter(fix.dir, STR(PAUL_ID), STR("v"), i));
    atomic_store(&s.what, 0);
    ck_assert_ok(directory_set_charter(fix.dir, STR(PAUL_ID), STR("v"), 99));
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_PEOPLE, 1000), 0);
    int64_t took = clock_mono_ms() - start;
    ck_assert_int_le(atomic_load(&s.calls) - before, took / 200 + 2);
}
END_TEST

/* After a restart the watch says that anything may have changed. */
START_TEST(watch_reconnects)
{
    struct seen s = { 0 };
    ck_assert_ok(directory_watch(fix.dir, on_change, &s));
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_RESYNC, 3000), 0);
    slapd_stop(fix.server);
    nap_ms(300);
    atomic_store(&s.what, 0);
    slapd_start(fix.server);
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_RESYNC, 4000), 0);
    atomic_store(&s.what, 0);
    ck_assert_ok(directory_set_charter(fix.dir, STR(PAUL_ID), STR("v"), 7));
    ck_assert_int_ge(wait_for(&s, DIR_CHANGE_PEOPLE, 1000), 0);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *outages = fixture_case("outages", SERVER_PER_TEST);
    TCase *watch = fixture_case("watch", SERVER_PER_TEST);
    tcase_add_test(outages, stopped_server);
    tcase_add_test(outages, frozen_server);
    tcase_add_test(outages, restarted_server);
    tcase_add_test(outages, second_server);
    tcase_add_test(outages, opens_without_a_server);
    tcase_add_test(outages, wrong_service_password);
    tcase_add_test(watch, watch_tells_changes);
    tcase_add_test(watch, watch_is_debounced);
    tcase_add_test(watch, watch_reconnects);
    return RUN_SUITE("directory_outage", outages, watch);
}
