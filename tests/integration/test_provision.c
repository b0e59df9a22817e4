/* slapd-init: what it refuses, and that it never touches what is there. */
#include "support/slapd.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[] = "/tmp/habilis-provision.XXXXXX";
static char dir[128], secrets[128];

static void start(void)
{
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(dir, sizeof dir, "%s/ldap", root);
    (void)snprintf(secrets, sizeof secrets, "%s/secrets", root);
}

static void stop(void)
{
    (void)run_command((const char *const[]){ "rm", "-rf", root, NULL }, NULL, NULL, 0);
}

static int init(const char *at, const char *base, const char *uri, char *output, size_t cap)
{
    const char *argv[] = { SLAPD_INIT,  "--dir", at,      "--base", base,
                           "--secrets", secrets, "--uri", uri,      NULL };
    return run_command(argv, NULL, output, cap);
}

#define GOOD_BASE "dc=test,dc=habilis"
#define GOOD_URI  "ldap://127.0.0.1:3899"

/* Nothing that would have to be escaped in LDIF or a command line, and no network without TLS. */
static const struct {
    const char *name, *at, *base, *uri;
} refused[] = {
    { "relative folder", "ldap", GOOD_BASE, GOOD_URI },
    { "folder with a space", "/tmp/a b", GOOD_BASE, GOOD_URI },
    { "folder with a line end", "/tmp/a\nb", GOOD_BASE, GOOD_URI },
    { "folder with a sed separator", "/tmp/a|b", GOOD_BASE, GOOD_URI },
    { "base without dc", "/tmp/x", "o=test", GOOD_URI },
    { "base with a line end", "/tmp/x", "dc=a\nolcRootPW: x", GOOD_URI },
    { "empty base", "/tmp/x", "", GOOD_URI },
    { "every interface", "/tmp/x", GOOD_BASE, "ldap:///" },
    { "another machine's network", "/tmp/x", GOOD_BASE, "ldap://192.0.2.1:389" },
    { "a name that starts like loopback", "/tmp/x", GOOD_BASE, "ldap://localhost.example:389" },
    { "no LDAP", "/tmp/x", GOOD_BASE, "http://127.0.0.1:80" },
    { "socket with its own mode", "/tmp/x", GOOD_BASE, "ldapi://%2Ftmp%2Fs/????x-mod=0777" },
};

START_TEST(refused_table)
{
    char output[512];
    int code = init(refused[_i].at, refused[_i].base, refused[_i].uri, output, sizeof output);
    ck_assert_msg(code == 2, "%s: exit %d: %s", refused[_i].name, code, output);
    ck_assert_msg(strncmp(output, "slapd-init : ", 13) == 0, "%s: %s", refused[_i].name, output);
}
END_TEST

static int init_with(const char *const *more, char *output, size_t cap)
{
    const char *argv[20] = { SLAPD_INIT, "--dir", dir, "--base", GOOD_BASE, "--secrets", secrets };
    for (size_t i = 0; more[i] != NULL; i++)
        argv[7 + i] = more[i];
    return run_command(argv, NULL, output, cap);
}

#define PEER "ldapi://%2Ftmp%2Fx"

/* Servers that follow one another: what would be ambiguous, cross a network in the clear, or leave the
 * new one without the passwords of the others. */
static const struct {
    const char *name;
    const char *more[8];
    int code;
} refused_peers[] = {
    { "number zero", { "--server-id", "0", "--peer", PEER }, 2 },
    { "number too large", { "--server-id", "4096", "--peer", PEER }, 2 },
    { "no number", { "--peer", PEER }, 2 },
    { "a number and nobody to follow", { "--server-id", "1" }, 2 },
    { "joining nobody", { "--join" }, 2 },
    { "a peer over the network in the clear",
      { "--server-id", "1", "--peer", "ldap://192.0.2.1:389" },
      2 },
    { "a peer with a line end", { "--server-id", "1", "--peer", "ldaps://a\nolcRootPW: x" }, 2 },
    { "a peer with a quote", { "--server-id", "1", "--peer", "ldaps://a\" bindmethod=sasl" }, 2 },
    { "joining without the passwords", { "--server-id", "2", "--peer", PEER, "--join" }, 3 },
};

START_TEST(refused_peers_table)
{
    char output[512];
    int code = init_with(refused_peers[_i].more, output, sizeof output);
    ck_assert_msg(code == refused_peers[_i].code, "%s: exit %d: %s", refused_peers[_i].name, code,
                  output);
    ck_assert_msg(strncmp(output, "slapd-init : ", 13) == 0, "%s", output);
}
END_TEST

static mode_t mode_of(const char *folder, const char *name)
{
    char path[256];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(stat(path, &st) == 0, "%s", path);
    return st.st_mode & 0777;
}

/* Secrets are nobody else's; a second run changes nothing, not even them. */
START_TEST(never_overwrites)
{
    char output[2048], before[256] = "", after[256] = "";
    ck_assert_msg(init(dir, GOOD_BASE, GOOD_URI, output, sizeof output) == 0, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "slapd -d 0 -F '"));
    ck_assert_uint_eq(mode_of(secrets, "habilisd.password"), 0600);
    ck_assert_uint_eq(mode_of(secrets, "sssd.password"), 0600);
    ck_assert_uint_eq(mode_of(secrets, "replication.password"), 0600);
    ck_assert_uint_eq(mode_of(root, "ldap"), 0700);
    char file[256];
    (void)snprintf(file, sizeof file, "%s/habilisd.password", secrets);
    const char *const show[] = { "cat", file, NULL };
    (void)run_command(show, NULL, before, sizeof before);
    ck_assert_uint_eq(strlen(before), 64);
    ck_assert_int_eq(init(dir, GOOD_BASE, GOOD_URI, output, sizeof output), 3);
    (void)run_command(show, NULL, after, sizeof after);
    ck_assert_str_eq(before, after);
    /* secrets of another directory are as safe */
    char other[160];
    (void)snprintf(other, sizeof other, "%s/other", root);
    ck_assert_int_eq(init(other, GOOD_BASE, GOOD_URI, output, sizeof output), 3);
    (void)run_command(show, NULL, after, sizeof after);
    ck_assert_str_eq(before, after);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("provision");
    tcase_add_unchecked_fixture(t, start, stop);
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, refused_table, 0, COUNT(refused));
    tcase_add_loop_test(t, refused_peers_table, 0, COUNT(refused_peers));
    tcase_add_test(t, never_overwrites);
    return RUN_SUITE("provision", t);
}
