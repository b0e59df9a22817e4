/* habilisctl journal … on the database of a running service, and of one that is down. */
#include "journal/journal.h"
#include "keys/keys.h"
#include "support/folder.h"
#include "support/slapd.h"
#include "support/suite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define NOW  INT64_C(1795535700) /* 2026-11-24T15:55:00Z, 16:55 in Paris */
#define ANNE "1b4e28ba-2fa1-41d2-883f-0016d3cca427"

enum { OUTPUT = 64 * 1024 };

static struct folder folder;
static struct keys *keys;
static struct state *st;
static struct journal *journal;
static char output[OUTPUT];

static void start_service(void)
{
    struct keys_options k = { .dir = folder_file(&folder, "keys"), .create = true };
    struct state_options s = { .path = folder_file(&folder, "state.db"), .readers = 1 };
    struct journal_options j = { .anchor = folder_file(&folder, "state.db" JOURNAL_ANCHOR_SUFFIX) };
    enum journal_anchor found;
    ck_assert_ok(keys_open(&k, NULL, NULL, &keys));
    ck_assert_ok(state_open(&s, NULL, &st));
    ck_assert_ok(keys_derive(keys, STR(JOURNAL_KEY_PURPOSE), j.key));
    ck_assert_ok(journal_open(st, &j, NOW, &found, &journal));
}

static void stop_service(void)
{
    journal_close(journal);
    state_close(st);
    keys_free(keys);
    journal = NULL;
    st = NULL;
    keys = NULL;
}

static err_t append_all(struct state_tx *tx, void *arg)
{
    (void)arg;
    const struct journal_entry entries[] = {
        { .event = JOURNAL_SERVICE_STARTED,
          .at_ms = NOW * 1000,
          .data = JOURNAL_DATA({ "version", STR("1.0") }) },
        { .event = JOURNAL_SIGN_IN_OK,
          .at_ms = (NOW + 60) * 1000,
          .actor = STR(ANNE),
          .session = STR("sid-1"),
          .network = STR("192.0.2.0/24"),
          .data = JOURNAL_DATA({ "acr", STR("eidas1") }, { "amr", STR("pwd") }) },
        { .event = JOURNAL_SESSION_ENDED,
          .at_ms = (NOW + 120) * 1000,
          .actor = STR(ANNE),
          .session = STR("sid-1"),
          .data = JOURNAL_DATA({ "reason", STR("sign_out") }) },
    };
    for (size_t i = 0; i < COUNT(entries); i++)
        TRY(journal_append(tx, &entries[i]));
    return ERR(OK);
}

static void setup(void)
{
    char text[2048];
    folder_make(&folder);
    (void)snprintf(text, sizeof text,
                   "issuer = https://sso.example.fr\nldap.uris = ldapi://%%2Fnowhere\n"
                   "ldap.base = dc=example,dc=fr\nldap.bind_dn = cn=habilisd,dc=example,dc=fr\n"
                   "ldap.password_file = %s/password\nstate.database = %s/state.db\n"
                   "keys.dir = %s/keys\n",
                   folder.path, folder.path, folder.path);
    folder_write(&folder, "habilisd.conf", text, 0600);
    folder_write(&folder, "password", "not asked for\n", 0600);
    start_service();
    ck_assert_ok(state_write(st, append_all, NULL));
}

static void teardown(void)
{
    stop_service();
    folder_remove(&folder);
}

static int ctl(const char *const *words)
{
    const char *argv[24] = { HABILISCTL, "-c", folder_file(&folder, "habilisd.conf"), "journal" };
    size_t n = 4;
    for (size_t i = 0; words[i] != NULL; i++)
        argv[n++] = words[i];
    return run_command(argv, NULL, output, sizeof output);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct {
    const char *name;
    const char *words[12];
    int status;
    const char *says, *says_not;
} shows[] = {
    { "all, in French, in legal time",
      { "show" },
      0,
      "2026-11-24 16:56:00  Connexion réussie  personne=" ANNE "  session=sid-1  "
      "réseau=192.0.2.0/24  détail={\"acr\":\"eidas1\",\"amr\":\"pwd\"}",
      NULL },
    { "the oldest comes first", { "show" }, 0, "       1  2026-11-24 16:55:00  Le service", NULL },
    { "JSON",
      { "show", "--json" },
      0,
      "{\"seq\":1,\"time\":\"2026-11-24T15:55:00Z\",\"at_ms\":1795535700000,"
      "\"event\":\"service_started\",\"data\":{\"version\":\"1.0\"},\"hash\":\"",
      NULL },
    { "the last one", { "show", "--limit", "1" }, 0, "Fin de session", "Connexion" },
    { "by event", { "show", "--event", "sign_in_ok" }, 0, "Connexion", "Fin de session" },
    { "by person", { "show", "--person", ANNE }, 0, "Connexion", "Le service" },
    { "since", { "show", "--since", "2026-11-24T15:57:00Z" }, 0, "Fin de session", "Connexion" },
    { "until", { "show", "--until", "2026-11-24T16:57:00+01:00" }, 0, "Connexion", "Fin de" },
    { "a day begins in Paris", { "show", "--since", "2026-11-25" }, 0, "", "Connexion" },
    { "an event nobody knows", { "show", "--event", "nothing" }, 2, "argument incompris", NULL },
    { "a day that does not exist", { "show", "--since", "2026-02-29" }, 2, "incompris", NULL },
    { "a limit of nothing", { "show", "--limit", "0" }, 2, "incompris", NULL },
    { "a value missing", { "show", "--limit" }, 2, "sans valeur", NULL },
    { "an option nobody knows", { "show", "--all", "1" }, 2, "incompris", NULL },
    { "a login name, and no directory to ask",
      { "show", "--person", "anne" },
      2,
      "annuaire",
      NULL },
    { "sound",
      { "verify" },
      0,
      "journal intègre : 3 enregistrements ; 0 points de contrôle ; ancre n° 3 : conforme",
      NULL },
    { "the chain alone", { "verify", "--chain-only" }, 0, "sans clé ni ancre", NULL },
    { "verify what?", { "verify", "--all" }, 2, "incompris", NULL },
};

static void check_show(int i)
{
    int status = ctl(shows[i].words);
    ck_assert_msg(status == shows[i].status, "%s: exit %d: %s", shows[i].name, status, output);
    ck_assert_msg(strstr(output, shows[i].says) != NULL, "%s: %s", shows[i].name, output);
    ck_assert_msg(shows[i].says_not == NULL || strstr(output, shows[i].says_not) == NULL, "%s: %s",
                  shows[i].name, output);
}

START_TEST(beside_the_service) { check_show(_i); }
END_TEST

START_TEST(without_the_service)
{
    stop_service();
    check_show(_i);
}
END_TEST

static void outside(const char *sql)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(folder_file(&folder, "state.db"), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static const struct {
    const char *name, *sql, *says;
} altered[] = {
    { "edited", "UPDATE journal SET actor = 'x' WHERE seq = 2",
      "JOURNAL ALTÉRÉ : n° 2, enregistrement modifié" },
    { "deleted", "DELETE FROM journal WHERE seq = 2",
      "JOURNAL ALTÉRÉ : n° 2, enregistrement manquant" },
    { "cut off", "DELETE FROM journal WHERE seq = 3",
      "JOURNAL ALTÉRÉ : n° 3, ancre en désaccord ; 0 points de contrôle ; ancre n° 3 : la fin du "
      "journal a été coupée" },
};

/* The first bad record is named, and the exit status says so to scripts. */
START_TEST(verify_names_it)
{
    outside(altered[_i].sql);
    ck_assert_msg(ctl(WORDS("verify")) == 1, "%s: %s", altered[_i].name, output);
    ck_assert_msg(strstr(output, altered[_i].says) != NULL, "%s: %s", altered[_i].name, output);
}
END_TEST

/* What an intruder writes into the file does not reach the terminal as commands. */
START_TEST(terminal_is_safe)
{
    outside("UPDATE journal SET network = 'a' || char(27) || '[2J' WHERE seq = 2");
    ck_assert_int_eq(ctl(WORDS("show")), 0);
    ck_assert_ptr_nonnull(strstr(output, "réseau=a?[2J"));
    ck_assert_ptr_null(strchr(output, '\x1B'));
}
END_TEST

/* Checking makes nothing: no keys, no database. */
START_TEST(verify_makes_nothing)
{
    stop_service();
    ck_assert_int_eq(rename(folder_file(&folder, "keys"), folder_file(&folder, "away")), 0);
    ck_assert_int_eq(ctl(WORDS("verify")), 1);
    ck_assert(!folder_has(&folder, "keys"));
}
END_TEST

int main(void)
{
    TCase *show = tcase_create("show"), *verify = tcase_create("verify");
    tcase_add_checked_fixture(show, setup, teardown);
    tcase_add_loop_test(show, beside_the_service, 0, COUNT(shows));
    tcase_add_loop_test(show, without_the_service, 0, COUNT(shows));
    tcase_add_test(show, terminal_is_safe);
    tcase_add_checked_fixture(verify, setup, teardown);
    tcase_add_loop_test(verify, verify_names_it, 0, COUNT(altered));
    tcase_add_test(verify, verify_makes_nothing);
    return RUN_SUITE("ctl_journal", show, verify);
}
