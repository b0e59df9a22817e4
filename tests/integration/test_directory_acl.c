/* What slapd itself lets each identity do: real binds, real tools, none of our C in between. */
#include "integration/directory_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE     "dc=test,dc=habilis"
#define PASSWORD "une phrase de passe"

static char person_file[256];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

static void set_password(const char *id)
{
    struct directory *d;
    struct dir_config config = fixture_config(slapd_uri(fix.server));
    if (!err_ok(directory_open(&config, &d)) ||
        !err_ok(directory_set_password(d, str_of(id), STR(PASSWORD))))
        abort();
    directory_close(d);
}

static void start_server(void)
{
    fixture_start_server();
    set_password(MARIE_ID);
    (void)snprintf(person_file, sizeof person_file, "%s/person", slapd_folder(fix.server));
    write_file(person_file, PASSWORD);
}

/* ---- who reads what ---- */

enum who { ANONYMOUS, HABILISD, REPLICATION, SSSD, MARIE };
static const char *const who_names[] = { "anonymous", "habilisd", "replication", "sssd", "marie" };
static const char *const who_dns[] = {
    "-",
    "cn=habilisd,ou=services," BASE,
    "cn=replication,ou=services," BASE,
    "cn=sssd,ou=services," BASE,
    MARIE_DN,
};

static int run_as(enum who who, const char *tool, const char *const *extra, const char *input,
                  char *output, size_t cap)
{
    const char *file = who == MARIE       ? person_file
                       : who == ANONYMOUS ? ""
                                          : slapd_secret_file(fix.server, who_names[who]);
    return ldap_tool(fix.server, tool, who_dns[who], file, extra, input, output, cap);
}

#define A (1U << ANONYMOUS)
#define H (1U << HABILISD)
#define R (1U << REPLICATION)
#define S (1U << SSSD)
#define M (1U << MARIE)

static const struct {
    const char *name, *base, *attr;
    unsigned readers; /* who sees a value of it; all others must not */
} reads[] = {
    { "a person's hash", MARIE_DN, "userPassword", R },
    { "a service's hash", "cn=sssd,ou=services," BASE, "userPassword", R },
    { "a sealed seed", "habilisId=" TOTP_ID "," MARIE_DN, "habilisSealed", H | R },
    { "a client's secret hash", "habilisClientId=dui-web,habilisCode=DUI,ou=applications," BASE,
      "habilisSecretHash", H | R },
    { "own login", MARIE_DN, "uid", H | R | S | M },
    { "own uidNumber", MARIE_DN, "uidNumber", H | R | S | M },
    { "own mail", MARIE_DN, "mail", H | R | M },
    { "own RPPS", MARIE_DN, "habilisRpps", H | R | M },
    { "own assignment", "habilisId=" EARLY_ID "," MARIE_DN, "habilisProfile", H | R | M },
    { "own credential's label", "habilisId=" TOTP_ID "," MARIE_DN, "habilisLabel", H | R | M },
    { "a colleague's login", PAUL_DN, "uid", H | R | S },
    { "a colleague's name", PAUL_DN, "sn", H | R },
    { "a colleague's status", PAUL_DN, "habilisStatus", H | R },
    { "the list of applications", "habilisCode=DUI,ou=applications," BASE, "habilisLabel", H | R },
    { "the next uidNumber", "ou=people," BASE, "habilisNextUidNumber", H | R },
    { "the password policy", "cn=default,ou=policies," BASE, "pwdMaxFailure", H | R },
    { "the services", "cn=habilisd,ou=services," BASE, "description", R },
    { "what the server supports", "", "supportedLDAPVersion", A | H | R | S | M },
};

static bool sees(enum who who, const char *base, const char *attr)
{
    char output[4096], line[64];
    (void)run_as(who, "ldapsearch",
                 (const char *const[]){ "-LLL", "-s", "base", "-b", base, attr, NULL }, NULL,
                 output, sizeof output);
    (void)snprintf(line, sizeof line, "\n%s:", attr);
    return strstr(output, line) != NULL;
}

START_TEST(read_table)
{
    for (enum who who = ANONYMOUS; who <= MARIE; who++) {
        bool want = (reads[_i].readers & (1U << who)) != 0;
        bool got = sees(who, reads[_i].base, reads[_i].attr);
        ck_assert_msg(got == want, "%s: %s %s", reads[_i].name, who_names[who],
                      got ? "reads it" : "does not read it");
    }
}
END_TEST

/* A search of everything gives nobody more than the table says: sssd gets accounts, a person hers. */
START_TEST(search_of_everything)
{
    static const char *const all[] = { "-LLL", "-b", BASE, "(objectClass=*)", "*", "+", NULL };
    char output[16384];
    (void)run_as(ANONYMOUS, "ldapsearch", all, NULL, output, sizeof output);
    ck_assert_ptr_null(strstr(output, "dn:"));
    (void)run_as(MARIE, "ldapsearch", all, NULL, output, sizeof output);
    ck_assert_ptr_null(strstr(output, PAUL_ID));
    ck_assert_ptr_null(strstr(output, "userPassword"));
    ck_assert_ptr_null(strstr(output, "habilisSealed"));
    static const char *const people[] = { "-LLL", "-b", PEOPLE, "(objectClass=posixAccount)",
                                          NULL };
    ck_assert_int_eq(run_as(SSSD, "ldapsearch", people, NULL, output, sizeof output), 0);
    ck_assert_ptr_nonnull(strstr(output, "uidNumber: 200002"));
    ck_assert_ptr_null(strstr(output, "mail:"));
    ck_assert_ptr_null(strstr(output, "habilisProfile:"));
}
END_TEST

/* The hash cannot be guessed at by comparing either. */
START_TEST(nobody_compares_hashes)
{
    static const char *const compare[] = { MARIE_DN, "userPassword:{ARGON2}x", NULL };
    static const enum who all[] = { ANONYMOUS, HABILISD, SSSD, MARIE };
    for (size_t i = 0; i < COUNT(all); i++) {
        int code = run_as(all[i], "ldapcompare", compare, NULL, NULL, 0);
        ck_assert_msg(code != 5 && code != 6, "%s: %d", who_names[all[i]], code);
    }
}
END_TEST

/* ---- who writes what ---- */

#define SET(dn, attr, value) \
    "dn: " dn "\nchangetype: modify\nreplace: " attr "\n" attr ": " value "\n"

static const struct {
    const char *name, *ldif;
    unsigned writers;
} writes[] = {
    { "a label of a person", SET(MARIE_DN, "displayName", "Marie"), H },
    { "a status", SET(PAUL_DN, "habilisStatus", "active"), H },
    { "own login", SET(MARIE_DN, "uid", "root"), 0U | H },
    { "own assignment", SET("habilisId=" EARLY_ID "," MARIE_DN, "habilisProfile", "DIR"), H },
    { "an application", SET("habilisCode=DUI,ou=applications," BASE, "habilisLabel", "D"), H },
    { "the password policy", SET("cn=default,ou=policies," BASE, "pwdMaxFailure", "20"), H },
    { "a service's description", SET("cn=sssd,ou=services," BASE, "description", "x"), 0 },
    { "a service's password", SET("cn=sssd,ou=services," BASE, "userPassword", "{SSHA512}eHg="),
      0 },
    { "the decoy's password", SET("cn=decoy,ou=services," BASE, "userPassword", "{SSHA512}eHg="),
      0 },
    { "a person's password", SET(PAUL_DN, "userPassword", "{SSHA512}eHg="), H },
    { "the configuration", SET("cn=config", "olcSizeLimit", "1"), 0 },
};

START_TEST(write_table)
{
    for (enum who who = ANONYMOUS; who <= MARIE; who++) {
        bool want = (writes[_i].writers & (1U << who)) != 0;
        int code =
            run_as(who, "ldapmodify", (const char *const[]){ NULL }, writes[_i].ldif, NULL, 0);
        ck_assert_msg((code == 0) == want, "%s: %s gets %d", writes[_i].name, who_names[who], code);
    }
}
END_TEST

/* ---- what even habilisd may not write ---- */

#define PERSON(id, uid, number, more)                                                          \
    "dn: habilisId=" id "," PEOPLE "\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n" \
    "objectClass: habilisPerson\nhabilisId: " id "\nuid: " uid                                 \
    "\ncn: x\nsn: x\nuidNumber: " number                                                       \
    "\ngidNumber: 1\nhomeDirectory: /x\nhabilisStatus: active\n" more
#define NEW_ID "33333333-3333-4333-8333-333333333333"

enum { CONSTRAINT = 19, EXISTS = 68, LDAP_OK = 0 };
static const struct {
    const char *name, *ldif;
    int code; /* LDAP result code */
} refused[] = {
    { "login taken", PERSON(NEW_ID, "paul", "300000", ""), CONSTRAINT },
    { "login that is too long", PERSON(NEW_ID, "aaaaaaaaaabbbbbbbbbbccccccccccddd", "300000", ""),
      CONSTRAINT },
    { "login with upper case", PERSON(NEW_ID, "Paula", "300000", ""), CONSTRAINT },
    { "login with a comma", PERSON(NEW_ID, "paul,ou=x", "300000", ""), CONSTRAINT },
    { "two logins", PERSON(NEW_ID, "one", "300000", "uid: paul\n"), CONSTRAINT },
    { "uidNumber taken", PERSON(NEW_ID, "new", "200002", ""), CONSTRAINT },
    { "RPPS taken", PERSON(NEW_ID, "new", "300000", "habilisRpps: 99700000004\n"), CONSTRAINT },
    { "matricule taken", PERSON(NEW_ID, "new", "300000", "habilisMatricule: OG-B:M7\n"),
      CONSTRAINT },
    { "id taken", PERSON(PAUL_ID, "new", "300000", ""), EXISTS },
    { "id that is no UUID", PERSON("x", "new", "300000", ""), CONSTRAINT },
    { "clear-text password", PERSON(NEW_ID, "new", "300000", "userPassword: secret\n"),
      CONSTRAINT },
    { "weak scheme", PERSON(NEW_ID, "new", "300000", "userPassword: {MD5}x\n"), CONSTRAINT },
    { "none of these", PERSON(NEW_ID, "new", "300000", "habilisMatricule: OG-B:m7\n"), LDAP_OK },
};

START_TEST(refused_table)
{
    char output[4096];
    int code = run_as(HABILISD, "ldapadd", (const char *const[]){ NULL }, refused[_i].ldif, output,
                      sizeof output);
    ck_assert_msg(code == refused[_i].code, "%s: %d: %s", refused[_i].name, code, output);
}
END_TEST

/* RFC 4513 section 5.1.2: a name with an empty password is no bind of that name. */
START_TEST(binding_needs_a_password)
{
    char empty[300];
    (void)snprintf(empty, sizeof empty, "%s/empty", slapd_folder(fix.server));
    write_file(empty, "");
    static const char *const self[] = { "-LLL", "-s", "base", "-b", MARIE_DN, "uid", NULL };
    char output[1024];
    int code =
        ldap_tool(fix.server, "ldapsearch", MARIE_DN, empty, self, NULL, output, sizeof output);
    ck_assert_int_ne(code, 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("acl");
    tcase_add_unchecked_fixture(t, start_server, fixture_stop_server);
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, read_table, 0, COUNT(reads));
    tcase_add_test(t, search_of_everything);
    tcase_add_test(t, nobody_compares_hashes);
    tcase_add_loop_test(t, refused_table, 0, COUNT(refused));
    tcase_add_loop_test(t, write_table, 0, COUNT(writes));
    tcase_add_test(t, binding_needs_a_password);
    return RUN_SUITE("directory_acl", t);
}
