/* Two servers of one directory and a node of the service on each: what is taken away at one is refused
 * at the other, within a second on a machine that is not busy. */
#include "integration/directory_fixture.h"

#include "base/clock.h"
#include "engine/engine.h"
#include "people/people.h"
#include "registry/registry.h"

#include <signal.h>
#include <stdio.h>

enum { READY_MS = 30000, BOUND_MS = 10000 /* for a machine that does ten other things */ };

#define RULES                                                                                    \
    "dn: habilisCode=OG,ou=structures,dc=test,dc=habilis\n"                                      \
    "objectClass: habilisStructureEntry\nhabilisCode: OG\nhabilisLabel: OG\nhabilisKind: og\n\n" \
    "dn: habilisCode=A-MAS,ou=structures,dc=test,dc=habilis\n"                                   \
    "objectClass: habilisStructureEntry\nhabilisCode: A-MAS\nhabilisLabel: MAS\n"                \
    "habilisKind: etablissement\nhabilisParent: OG\n\n"                                          \
    "dn: habilisCode=DUI.PROJET,habilisCode=DUI,ou=applications,dc=test,dc=habilis\n"            \
    "objectClass: habilisResource\nhabilisCode: DUI.PROJET\nhabilisLabel: Projet\n"              \
    "habilisAction: lire\nhabilisSensitivity: personnel\n\n"                                     \
    "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"                                       \
    "objectClass: habilisProfileEntry\nhabilisCode: IDE\nhabilisLabel: IDE\n"                    \
    "habilisGrant: DUI.PROJET;lire;etab;;\n\n"

#define ASSIGNMENT_DN "habilisId=" LATER_ID "," MARIE_DN
#define ASSIGNMENT                                                             \
    "dn: " ASSIGNMENT_DN "\nchangetype: add\nobjectClass: habilisAssignment\n" \
    "habilisId: " LATER_ID "\nhabilisProfile: IDE\nhabilisStructure: A-MAS\n"  \
    "habilisStart: 20240101230000Z\n"

/* A node as habilisd makes it: a directory, the rules, everybody in memory, the watch. */
struct node {
    struct slapd *server;
    struct directory *directory;
    struct registry *registry;
    struct people *people;
};

static struct node nodes[2];
static struct slapd *pair[2];

static void modify(const struct slapd *s, const char *tool, const char *ldif)
{
    char output[4096];
    int code = as_habilisd(s, tool, (const char *const[]){ NULL }, ldif, output, sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

static void start_pair(void)
{
    slapd_new_pair(pair);
    fix.server = pair[0];
}

static void stop_pair(void)
{
    slapd_free(pair[1]);
    slapd_free(pair[0]);
}

static void on_change(void *ctx, const struct dir_changes *changes)
{
    people_changed(ctx, changes);
}

/* The second server has what the first has once it knows the last entry of what was written. */
static void wait_for_copy(struct directory *d)
{
    struct arena *a;
    struct dir_person marie;
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    int64_t until = clock_mono_ms() + READY_MS;
    while (!err_ok(directory_person_by_id(d, a, STR(MARIE_ID), &marie)) ||
           marie.assignment_count != 2) {
        ck_assert_msg(clock_mono_ms() < until, "the second server did not catch up");
        nap_ms(20);
    }
    arena_free(a);
}

static void open_node(struct node *n, struct slapd *server)
{
    const struct dir_config config = { .uris = slapd_uri(server),
                                       .base_dn = slapd_base(server),
                                       .bind_dn = slapd_bind_dn(server),
                                       .bind_password = slapd_password(server),
                                       .pool_size = 2 };
    const struct people_options options = { .resident_max = 1000 };
    n->server = server;
    ck_assert_ok(directory_open(&config, &n->directory));
    wait_for_copy(n->directory);
    ck_assert_ok(registry_open(n->directory, &n->registry));
    ck_assert_ok(people_open(&options, n->directory, n->registry, &n->people));
    ck_assert_ok(directory_watch(n->directory, on_change, n->people));
}

static void setup(void)
{
    modify(pair[0], "ldapadd", seed_ldif);
    modify(pair[0], "ldapadd", RULES);
    for (int i = 0; i < 2; i++)
        open_node(&nodes[i], pair[i]);
}

static void teardown(void)
{
    for (int i = 0; i < 2; i++) {
        directory_stop_watch(nodes[i].directory);
        people_close(nodes[i].people);
        directory_close(nodes[i].directory);
        registry_close(nodes[i].registry);
    }
}

/* ---- decisions ---- */

static bool may_read(const struct node *n)
{
    const struct engine_question q = { .resource = STR("DUI.PROJET"),
                                       .action = STR("lire"),
                                       .structure = STR("A-MAS"),
                                       .acr = ACCESS_EIDAS2,
                                       .now = clock_now() };
    struct people_now now;
    const struct person *marie = NULL;
    struct engine_subject *subject = NULL;
    struct engine_decision d = { .effect = ENGINE_UNDECIDED };
    struct arena *a;
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    people_take(n->people, &now);
    if (people_find(&now, STR(MARIE_ID), &marie) == PEOPLE_FOUND) {
        ck_assert_ok(person_resolve(&now, marie, NULL, 0, a, &subject));
        engine_decide(now.view->snapshot, subject, &q, &d);
    }
    people_give(&now);
    arena_free(a);
    return d.effect == ENGINE_PERMIT;
}

/* Milliseconds until the node decides so. */
static int64_t wait_until(const struct node *n, bool may, int64_t limit_ms)
{
    int64_t started = clock_mono_ms();
    while (may_read(n) != may) {
        ck_assert_msg(clock_mono_ms() - started < limit_ms, "still %s after %lld ms",
                      may ? "refused" : "permitted", (long long)limit_ms);
        nap_ms(2);
    }
    return clock_mono_ms() - started;
}

static void report(const char *what, int64_t here, int64_t there)
{
    (void)printf("%s: known at the server written to after %lld ms, at the other %lld ms later\n",
                 what, (long long)here, (long long)there);
    (void)fflush(stdout);
}

/* An assignment ended at one server is refused at both nodes, given back at the other it is permitted at
 * both; and a profile that loses its right takes it from everybody. */
START_TEST(taken_away)
{
    for (int i = 0; i < 2; i++)
        (void)wait_until(&nodes[i], true, READY_MS);
    modify(pair[0], "ldapmodify", "dn: " ASSIGNMENT_DN "\nchangetype: delete\n");
    int64_t here = wait_until(&nodes[0], false, BOUND_MS);
    report("an assignment ends", here, wait_until(&nodes[1], false, BOUND_MS));

    modify(pair[1], "ldapmodify", ASSIGNMENT);
    here = wait_until(&nodes[1], true, BOUND_MS);
    report("an assignment begins", here, wait_until(&nodes[0], true, BOUND_MS));

    modify(pair[0], "ldapmodify",
           "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\nchangetype: modify\n"
           "delete: habilisGrant\n");
    here = wait_until(&nodes[0], false, BOUND_MS);
    report("a profile loses a right", here, wait_until(&nodes[1], false, BOUND_MS));
}
END_TEST

/* A server that was away catches up, and so does its node: nothing is asked to be started again. */
START_TEST(away)
{
    (void)wait_until(&nodes[1], true, READY_MS);
    slapd_stop(pair[1]);
    modify(pair[0], "ldapmodify", "dn: " ASSIGNMENT_DN "\nchangetype: delete\n");
    (void)wait_until(&nodes[0], false, BOUND_MS);
    ck_assert(
        may_read(&nodes[1])); /* the last snapshot serves; its age is the caller's to look at */
    slapd_start(pair[1]);
    report("a server comes back", 0, wait_until(&nodes[1], false, READY_MS));
    ck_assert_int_lt(people_age_ms(nodes[1].people), READY_MS);
}
END_TEST

/* While its server is away a node's knowledge ages: after rules.max_age nothing is decided with it. */
START_TEST(age)
{
    struct arena *a;
    struct dir_person marie;
    (void)wait_until(&nodes[1], true, READY_MS);
    slapd_stop(pair[1]);
    int64_t until = clock_mono_ms() + READY_MS;
    while (people_age_ms(nodes[1].people) < 1500) {
        ck_assert_msg(clock_mono_ms() < until, "its age stays %lld ms",
                      (long long)people_age_ms(nodes[1].people));
        nap_ms(20);
    }
    /* what a token is made from is read at that moment: it is refused at once */
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_err(directory_person_by_id(nodes[1].directory, a, STR(MARIE_ID), &marie),
                  DIRECTORY_DOWN);
    arena_free(a);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *t = tcase_create("two nodes");
    tcase_add_checked_fixture(t, start_pair, stop_pair);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 100);
    tcase_add_test(t, taken_away);
    tcase_add_test(t, away);
    tcase_add_test(t, age);
    return RUN_SUITE("two_nodes", t);
}
