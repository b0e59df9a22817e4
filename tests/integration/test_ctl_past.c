/* habilisctl over today and over the past: incompatible profiles listed for people, and what may be
 * told of a time. */
#include "directory_fixture.h"

#include "config/config.h"
#include "ctl/source.h"
#include "engine/engine.h"
#include "engine/model_text.h"
#include "history/history.h"
#include "state/state.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MARCH INT64_C(1772319600) /* 2026-03-01T00:00:00+01:00 */

enum { OUTPUT = 16 * 1024 };

static const char rules_ldif[] =
    "dn: habilisCode=A-MAS,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: A-MAS\nhabilisLabel: MAS des Tilleuls\n"
    "habilisKind: etablissement\nhabilisParent: OG\n\n"
    "dn: habilisCode=OG,ou=structures,dc=test,dc=habilis\n"
    "objectClass: habilisStructureEntry\nhabilisCode: OG\nhabilisLabel: OG\nhabilisKind: og\n\n"
    "dn: habilisCode=IDE,ou=profiles,dc=test,dc=habilis\n"
    "objectClass: habilisProfileEntry\nhabilisCode: IDE\nhabilisLabel: Infirmier\n\n"
    "dn: habilisCode=IDEC,ou=profiles,dc=test,dc=habilis\n"
    "objectClass: habilisProfileEntry\nhabilisCode: IDEC\nhabilisLabel: Coordinateur\n\n";

static const char pair_ldif[] =
    "dn: habilisCode=IDE\\2BIDEC,ou=constraints,dc=test,dc=habilis\n"
    "objectClass: habilisIncompatibility\nhabilisCode: IDE+IDEC\nhabilisProfile: IDE\n"
    "habilisProfile: IDEC\ndescription: qui soigne ne se controle pas\n";

static struct folder folder;
static struct ctl ctl;

static void add(const char *ldif)
{
    char output[2048];
    int code = as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, ldif, output,
                           sizeof output);
    ck_assert_msg(code == 0, "%s", output);
}

static void setup(void)
{
    char text[2048], keys[FOLDER_PATH_MAX + 8];
    struct state *st = NULL;
    folder_make(&folder);
    (void)snprintf(keys, sizeof keys, "%s/keys", folder.path);
    ck_assert_int_eq(mkdir(keys, 0700), 0);
    (void)snprintf(text, sizeof text,
                   "issuer = https://sso.example.fr\n"
                   "ldap.uris = %s\nldap.base = %s\nldap.bind_dn = %s\nldap.password_file = %s\n"
                   "state.database = %s/state.db\nkeys.dir = %s\n",
                   slapd_uri(fix.server), slapd_base(fix.server), slapd_bind_dn(fix.server),
                   slapd_password_file(fix.server), folder.path, keys);
    folder_write(&folder, "habilisd.conf", text, 0600);
    struct state_options o = { .path = folder_file(&folder, "state.db") };
    ck_assert_ok(state_open(&o, NULL, &st)); /* as the service does at its first start */
    state_close(st);
    ctl = (struct ctl){ .config_path = folder_file(&folder, "habilisd.conf"), .arena = fix.arena };
    add(rules_ldif);
}

static void teardown(void) { folder_remove(&folder); }

static int run(const char *const *words, char output[OUTPUT])
{
    const char *argv[16] = { HABILISCTL, "-c", folder_file(&folder, "habilisd.conf") };
    for (size_t i = 0; words[i] != NULL; i++)
        argv[3 + i] = words[i];
    return run_command(argv, NULL, output, OUTPUT);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Who, which pair, where, from when to when, why, what to do; status 1 when there is one. Marie is IDE at
 * A-MAS from 2024 to 2030, and IDEC since 2015. */
START_TEST(duties)
{
    static const char *const says[] = {
        "Marie N'Diaye (marie.n-diaye) : IDE et IDEC, ensemble depuis le 2024-01-02 00:00, "
        "jusqu'au 2030-01-02 00:00\n",
        "Infirmier (IDE), MAS des Tilleuls (A-MAS), du 2024-01-02 00:00 au 2030-01-02 00:00\n",
        "Coordinateur (IDEC), B-EHPAD.SOINS (B-EHPAD.SOINS), à partir du 2015-09-01 00:00, "
        "sans fin\n",
        "pourquoi : qui soigne ne se controle pas\n",
        "que faire : mettre fin à l'une des deux affectations",
        "1 cumul de profils incompatibles\n",
    };
    char output[OUTPUT];
    ck_assert_int_eq(run(WORDS("policy", "duties"), output), 0);
    ck_assert_ptr_nonnull(strstr(output, "personne ne cumule"));
    add(pair_ldif);
    ck_assert_int_eq(run(WORDS("policy", "duties"), output), 1);
    for (size_t i = 0; i < COUNT(says); i++)
        ck_assert_msg(strstr(output, says[i]) != NULL, "\"%s\" is not in:\n%s", says[i], output);
}
END_TEST

/* ---- the past ---- */

struct recording {
    struct history_rules rules;
    struct dir_person person;
};

static err_t record(struct state_tx *tx, void *arg)
{
    const struct recording *r = arg;
    TRY(history_record_rules(tx, &r->rules, MARCH, NULL));
    TRY(history_record_person(tx, r->person.id, &r->person, MARCH, NULL));
    TRY(history_note_complete(tx, MARCH + 10));
    return history_note_complete(tx, MARCH + 5000); /* a gap: nobody was watching */
}

/* Today's rules and Marie, as of March. */
static void record_march(void)
{
    struct recording r;
    struct model *m = NULL;
    struct state *st = NULL;
    const struct str *lines;
    size_t n;
    struct state_options o = { .path = folder_file(&folder, "state.db") };
    ck_assert_ok(model_new(&m));
    ck_assert_ok(directory_load_model(fix.dir, m));
    ck_assert_ok(model_lines(m, fix.arena, &lines, &n));
    ck_assert_ok(history_rules_of(lines, n, &r.rules));
    ck_assert_ok(directory_person_by_login(fix.dir, fix.arena, STR("marie.n-diaye"), &r.person));
    ck_assert_ok(state_open(&o, NULL, &st));
    ck_assert_ok(state_write(st, record, &r));
    state_close(st);
    model_free(m);
}

struct heard {
    size_t persons, assignments;
};
static err_t on_person(void *ctx, const struct dir_person *p)
{
    (void)p;
    ((struct heard *)ctx)->persons++;
    return ERR(OK);
}
static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    (void)a;
    ck_assert_str_is(person, MARIE_ID);
    ((struct heard *)ctx)->assignments++;
    return ERR(OK);
}

/* What a command reads of the past is what was recorded; a time before is refused, not guessed. */
START_TEST(sources)
{
    struct ctl_source s;
    struct dir_person p;
    struct heard h = { 0 };
    const struct dir_each to = { on_person, on_assignment, NULL, &h };
    struct model *m = NULL;
    struct snapshot *rules = NULL;
    struct problem problem;
    ck_assert(!ctl_source_open(&ctl, true, MARCH, &s)); /* nothing is recorded */
    record_march();
    ck_assert(!ctl_source_open(&ctl, true, MARCH + 9, &s)); /* not everybody was, then */
    ck_assert(ctl_source_open(&ctl, true, MARCH + 10, &s));
    ck_assert_ok(model_new(&m));
    ck_assert_ok(ctl_source_model(&s, m));
    ck_assert_ok(engine_compile(m, &rules, &problem));
    ck_assert_int_ge(engine_structure(rules, STR("A-MAS")), 0);
    ck_assert_ok(ctl_source_person(&s, fix.arena, STR("marie.n-diaye"), &p));
    ck_assert_uint_eq(p.assignment_count, 2);
    ck_assert_ok(ctl_source_person(&s, fix.arena, STR(MARIE_ID), &p));
    ck_assert_err(ctl_source_person(&s, fix.arena, STR("paul"), &p), NOT_FOUND);
    ck_assert_ok(ctl_source_each_person(&s, &to));
    ck_assert(h.persons == 1 && h.assignments == 2);
    snapshot_unref(rules);
    model_free(m);
    ctl_source_close(&s);
    ck_assert(ctl_source_open(&ctl, false, 0, &s)); /* today: Paul is there */
    ck_assert_ok(ctl_source_person(&s, fix.arena, STR("paul"), &p));
    ctl_source_close(&s);
    directory_close(ctl.directory);
    config_free(ctl.config);
}
END_TEST

/* Days begin in Paris; what is no time is refused. */
START_TEST(instants)
{
    int64_t at = 0;
    char text[CTL_LOCAL_LEN + 1];
    ck_assert(ctl_instant(STR("2026-03-01"), &at) && at == MARCH);
    ck_assert(ctl_instant(STR("2026-02-28T23:00:00Z"), &at) && at == MARCH);
    ck_assert(!ctl_instant(STR("mars"), &at) && !ctl_instant(STR("2026-02-30"), &at));
    ctl_local_time(MARCH + 3600 * 8, text);
    ck_assert_str_eq(text, "2026-03-01 08:00");
    ctl_local_time(INT64_MAX, text);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    TCase *t = fixture_case("past", SERVER_PER_TEST);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, duties);
    tcase_add_test(t, sources);
    tcase_add_test(t, instants);
    return RUN_SUITE("ctl_past", t);
}
