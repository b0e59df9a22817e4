/* habilisctl against a real slapd: what its commands do to a person, and what they refuse. */
#include "directory_fixture.h"
#include "keys/keys.h"
#include "support/folder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PASSWORD "Tilleul-Marais-4821"
#define SECRET   "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#define SEED     "Hello!\xDE\xAD\xBE\xEFHello!\xDE\xAD\xBE\xEF" /* base32 -d of SECRET */

enum { OUTPUT = 16 * 1024 };

static struct folder folder;

static void configure(void)
{
    char text[2048], keys[FOLDER_PATH_MAX + 8];
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
    folder_write(&folder, "closed", PASSWORD "\n", 0600);
    folder_write(&folder, "open-to-others", PASSWORD "\n", 0644);
}

static void clean_up(void) { folder_remove(&folder); }

/* Runs `habilisctl -c CONFIG WORDS...`, INPUT on its standard input. */
static int ctl(const char *const *words, const char *input, char output[OUTPUT])
{
    const char *argv[16] = { HABILISCTL, "-c", folder_file(&folder, "habilisd.conf") };
    size_t n = 3;
    for (size_t i = 0; words[i] != NULL; i++)
        argv[n++] = words[i];
    return run_command(argv, input, output, OUTPUT);
}
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct dir_person marie(void)
{
    struct dir_person person;
    ck_assert_ok(directory_person_by_login(fix.dir, fix.arena, STR("marie.n-diaye"), &person));
    return person;
}

/* ---- wrong calls change nothing and say why, with the exit status of ctl.h ---- */

static const struct {
    const char *name;
    const char *words[6];
    const char *input;
    int status;
    const char *says;
} wrong[] = {
    { "no command", { NULL }, NULL, 2, "usage" },
    { "half a command", { "person" }, NULL, 2, "incomplète : person ;" },
    { "an unknown command", { "person", "destroy", "marie.n-diaye" }, NULL, 2, "person destroy" },
    { "an argument missing", { "person", "set-password", "marie.n-diaye" }, NULL, 2, "FICHIER" },
    { "one argument too many", { "person", "show", "marie.n-diaye", "paul" }, NULL, 2, "usage" },
    { "nobody of that name", { "person", "show", "nobody" }, NULL, 1, "introuvable" },
    { "a filter for a name", { "person", "show", "*" }, NULL, 1, "introuvable" },
    { "an empty password", { "person", "set-password", "paul", "-" }, "\n", 1, "une ligne" },
    { "two lines", { "person", "set-password", "paul", "-" }, "one\ntwo\n", 1, "une ligne" },
    { "no such file", { "person", "set-password", "paul", "/nonexistent" }, NULL, 1, "absent" },
    { "a folder for a file", { "person", "set-password", "paul", "/tmp" }, NULL, 1, "absent" },
    { "a short secret", { "person", "totp", "paul", "-" }, "JBSWY3DP\n", 1, "forme" },
    { "not base32",
      { "person", "totp", "paul", "-" },
      "JBSWY3DPEHPK3PX1JBSWY3DPEHPK3PXP\n",
      1,
      "forme" },
};

START_TEST(wrong_call)
{
    char output[OUTPUT];
    int status = ctl(wrong[_i].words, wrong[_i].input, output);
    ck_assert_msg(status == wrong[_i].status, "%s: exit %d: %s", wrong[_i].name, status, output);
    ck_assert_msg(strstr(output, wrong[_i].says) != NULL, "%s: %s", wrong[_i].name, output);
}
END_TEST

START_TEST(secret_others_can_read)
{
    char output[OUTPUT];
    const char *file = folder_file(&folder, "open-to-others");
    ck_assert_int_eq(ctl(WORDS("person", "set-password", "marie.n-diaye", file), NULL, output), 1);
    ck_assert_ptr_nonnull(strstr(output, "que d'autres peuvent lire"));
}
END_TEST

/* ---- what they do ---- */

START_TEST(password_is_set)
{
    char output[OUTPUT];
    const char *file = folder_file(&folder, "closed");
    struct dir_person before = marie();
    ck_assert_err(directory_check_password(fix.dir, &before, STR(PASSWORD)), BAD_PASSWORD);
    ck_assert_int_eq(ctl(WORDS("person", "set-password", "marie.n-diaye", file), NULL, output), 0);
    ck_assert_str_eq(output, "");
    struct dir_person after = marie();
    ck_assert_ok(directory_check_password(fix.dir, &after, STR(PASSWORD)));
}
END_TEST

/* The seed opens for its owner and credential, as the sign-in opens it, and for nothing else. */
START_TEST(second_factor_is_sealed)
{
    char output[OUTPUT];
    struct keys *keys = NULL;
    struct str seed = STR("untouched");
    size_t before = marie().credential_count;
    ck_assert_int_eq(ctl(WORDS("person", "totp", "marie.n-diaye", "-"),
                         "jbsw y3dp ehpk 3pxp JBSW Y3DP EHPK 3PXP\n", output),
                     0);
    struct dir_person person = marie();
    ck_assert_uint_eq(person.credential_count, before + 1);
    const struct dir_credential *made = &person.credentials[person.credential_count - 1];
    ck_assert_str_is(made->kind, "totp");
    const struct keys_options options = { .dir = folder_file(&folder, "keys") };
    ck_assert_ok(keys_open(&options, NULL, NULL, &keys));
    struct seal_owner owner = { person.id, made->id };
    ck_assert_ok(keys_unseal(keys, fix.arena, &owner, made->sealed, &seed));
    ck_assert_str_is(seed, SEED);
    owner.person = STR(PAUL_ID);
    ck_assert_err(keys_unseal(keys, fix.arena, &owner, made->sealed, &seed), SEAL_BROKEN);
    keys_free(keys);
}
END_TEST

START_TEST(person_is_shown)
{
    char output[OUTPUT];
    ck_assert_int_eq(ctl(WORDS("person", "show", "marie.n-diaye"), NULL, output), 0);
    ck_assert_ptr_nonnull(strstr(output, "\"id\":\"" MARIE_ID "\""));
    ck_assert_ptr_nonnull(strstr(output, "\"profile\":\"IDE\""));
    ck_assert_ptr_null(strstr(output, "sealed"));
}
END_TEST

int main(void)
{
    TCase *calls = fixture_case("wrong calls", ONE_SERVER);
    tcase_add_checked_fixture(calls, configure, clean_up);
    tcase_add_loop_test(calls, wrong_call, 0, COUNT(wrong));
    tcase_add_test(calls, secret_others_can_read);
    TCase *effects = fixture_case("effects", SERVER_PER_TEST);
    tcase_add_checked_fixture(effects, configure, clean_up);
    tcase_add_test(effects, password_is_set);
    tcase_add_test(effects, second_factor_is_sealed);
    tcase_add_test(effects, person_is_shown);
    return RUN_SUITE("habilisctl", calls, effects);
}
