/* idp/config: what is refused and how it is said, what defaults give, how secrets are read. */
#include "base/log.h"
#include "config/config.h"
#include "support/suite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOOD                               \
    "issuer = https://sso.example.fr\n"    \
    "ldap.uris = ldap://a ldaps://b:636\n" \
    "ldap.base = dc=example,dc=fr\n"       \
    "ldap.bind_dn = cn=habilisd,dc=x\n"    \
    "ldap.password_file = /nowhere/secret\n"

START_TEST(good_values)
{
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    ck_assert_ok(config_parse(STR("# a comment\r\n\n" GOOD "  token.code_lifetime=30s  \n"
                                  "session.max = 7d\nlog.level = warning\n"
                                  "proxies.trusted = ::1 10.0.0.0/8\n"
                                  "organisation = Les Érables = un\n"),
                              "f", &problems, &c));
    ck_assert_str_eq(c->issuer, "https://sso.example.fr");
    ck_assert_str_eq(c->organisation, "Les Érables = un"); /* the first '=' divides */
    ck_assert_uint_eq(c->ldap_uris.count, 2);
    ck_assert_str_eq(c->ldap_uris.items[1], "ldaps://b:636");
    ck_assert_uint_eq(c->trusted_proxies.count, 2);
    ck_assert_int_eq(c->code_lifetime, 30);
    ck_assert_int_eq(c->session_max, 7 * 86400);
    ck_assert_int_eq(c->log_level, LOG_WARNING);
    config_free(c);
    buf_done(&problems);
}
END_TEST

START_TEST(safe_defaults)
{
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    ck_assert_ok(config_parse(STR(GOOD), "f", &problems, &c));
    ck_assert_str_eq(c->listen_address, "127.0.0.1");
    ck_assert_ptr_null(c->tls_certificate);
    ck_assert_ptr_null(c->metrics_address);
    ck_assert_uint_eq(c->trusted_proxies.count, 0);
    ck_assert_int_le(c->code_lifetime, 60);
    ck_assert_int_le(c->token_lifetime, 300);
    ck_assert_int_le(c->id_token_lifetime, 300);
    ck_assert_int_eq(c->throttle_account, 10);
    ck_assert_int_eq(c->log_level, LOG_INFO);
    config_free(c);
    buf_done(&problems);
}
END_TEST

static const struct {
    const char *name, *text, *problems;
} bad[] = {
    { "unknown key, near another", GOOD "ldap.urls = x\n",
      "f:6: unknown key \"ldap.urls\": did you mean \"ldap.uris\"?\n" },
    { "unknown key, near none", GOOD "colour = blue\n", "f:6: unknown key \"colour\"\n" },
    { "key in capitals", GOOD "Issuer = https://x\n",
      "f:6: unknown key \"Issuer\": did you mean \"issuer\"?\n" },
    { "set twice", GOOD "listen.port = 1\n#\nlisten.port = 2\n",
      "f:8: listen.port was set before, on line 6\n" },
    { "no value", GOOD "listen.port =\n", "f:6: listen.port has no value\n" },
    { "no equals sign", GOOD "listen.port 8443\n", "f:6: is not \"key = value\"\n" },
    { "section", GOOD "[ldap]\n", "f:6: is not \"key = value\"\n" },
    { "not a number", GOOD "listen.port = 84x\n", "f:6: listen.port is not a whole number\n" },
    { "over the bound", GOOD "listen.port = 65536\n",
      "f:6: listen.port is out of range: 0 to 65535\n" },
    { "overflow", GOOD "listen.port = 99999999999999999999\n",
      "f:6: listen.port is not a whole number\n" },
    { "code that lives too long", GOOD "token.code_lifetime = 61s\n",
      "f:6: token.code_lifetime is out of range: 5s to 60s\n" },
    { "token that lives too long", GOOD "token.access_lifetime = 1h\n",
      "f:6: token.access_lifetime is out of range: 30s to 300s\n" },
    { "duration without unit", GOOD "token.code_lifetime = 30\n",
      "f:6: token.code_lifetime is not a duration: a number and s, m, h or d, as in 90s or 12h\n" },
    { "path that is not absolute", GOOD "state.database = state.db\n",
      "f:6: state.database is not an absolute path\n" },
    { "network with too many bits", GOOD "proxies.trusted = 10.0.0.0/33\n",
      "f:6: proxies.trusted is not a list of addresses or networks such as ::1 10.0.0.0/8\n" },
    { "address that is a name", GOOD "listen.address = localhost\n",
      "f:6: listen.address is not a numeric IP address\n" },
    { "level", GOOD "log.level = loud\n",
      "f:6: log.level is not debug, info, notice, warning or error\n" },
    { "control character", GOOD "organisation = a\tb\n",
      "f:6: organisation holds a control character or is not UTF-8\n" },
    { "not UTF-8", GOOD "organisation = \xE9\n",
      "f:6: organisation holds a control character or is not UTF-8\n" },
    { "required keys missing", "issuer = https://x\nldap.base = x\nldap.bind_dn = x\n",
      "f: ldap.uris is missing\nf: ldap.password_file is missing\n" },
    { "every problem is told",
      "issuer = ftp://x\nfoo\nldap.uris = http://x\nldap.base = "
      "x\nldap.bind_dn = x\nldap.password_file = x\n",
      "f:1: issuer is not https://host[:port][/path] without a slash at the end\n"
      "f:2: is not \"key = value\"\n"
      "f:3: ldap.uris is not a list of ldap://, ldaps:// or ldapi:// URIs\n"
      "f:6: ldap.password_file is not an absolute path\n" },
    { "certificate without key", GOOD "tls.certificate = /c\n",
      "f: tls.certificate and tls.key go together\n" },
    { "plain HTTP for all", GOOD "listen.address = 0.0.0.0\n",
      "f: listen.address must be a loopback address when there is no tls.certificate\n" },
    { "metrics for all", GOOD "metrics.address = ::\n",
      "f: metrics.address must be a loopback address\n" },
    { "idle longer than all", GOOD "session.idle = 2h\nsession.max = 1h\n",
      "f: session.idle is longer than session.max\n" },
    { "text without version", GOOD "charter.file = /c\n",
      "f: charter.file needs charter.version\n" },
};

START_TEST(bad_table)
{
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    err_t e = config_parse(str_of(bad[_i].text), "f", &problems, &c);
    ck_assert_msg(e.code == ERR_CONFIG, "%s: %s", bad[_i].name, err_name(e));
    ck_assert_ptr_null(c);
    ck_assert_msg(str_eq(buf_str(&problems), str_of(bad[_i].problems)), "%s: %.*s", bad[_i].name,
                  STR_ARG(buf_str(&problems)));
    buf_done(&problems);
}
END_TEST

static const struct {
    const char *issuer;
    bool good;
} issuers[] = {
    { "https://a", true },
    { "https://a.fr:8443/x/y", true },
    { "http://localhost:80", true },
    { "http://127.0.0.1", true },
    { "http://[::1]:8080", true },
    { "https://a/", false },
    { "https://a?x", false },
    { "https://a#x", false },
    { "https://A", false },
    { "https://", false },
    { "https://u@a", false },
    { "http://a", false },
    { "http://localhost.fr", false },
    { "https://a b", false },
    { "https://é.fr", false },
    { "a", false },
};

/* OpenID Connect Discovery 1.0 section 3: https, no query, no fragment; one spelling only. */
START_TEST(issuer_table)
{
    char text[512];
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    (void)snprintf(text, sizeof text, "issuer = %s\n%s", issuers[_i].issuer,
                   strchr(GOOD, '\n') + 1);
    err_t e = config_parse(str_of(text), "f", &problems, &c);
    ck_assert_msg(err_ok(e) == issuers[_i].good, "%s: %s", issuers[_i].issuer, err_name(e));
    config_free(c);
    buf_done(&problems);
}
END_TEST

/* ---- files ---- */

static char folder[] = "/tmp/habilis-config-XXXXXX";

static void make_folder(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void path_in_folder(char out[64], const char *name)
{
    (void)snprintf(out, 64, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[64];
    path_in_folder(path, name);
    FILE *f = fopen(path, "we");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void remove_folder(void)
{
    static const char *const names[] = { "secret", "link", "fifo", "conf", "keys" };
    char path[64];
    for (size_t i = 0; i < COUNT(names); i++) {
        path_in_folder(path, names[i]);
        (void)remove(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static const struct {
    const char *name, *text;
    mode_t mode;
    err_t want;
    const char *secret;
} secrets[] = {
    { "private", "s3cret", 0600, { ERR_OK }, "s3cret" },
    { "read-only", "s3cret", 0400, { ERR_OK }, "s3cret" },
    { "one line end is dropped", "s3cret\n", 0600, { ERR_OK }, "s3cret" },
    { "not two", "s3cret\n\n", 0600, { ERR_OK }, "s3cret\n" },
    { "line end of Windows", "s3cret\r\n", 0600, { ERR_OK }, "s3cret" },
    { "spaces are kept", " s3cret ", 0600, { ERR_OK }, " s3cret " },
    { "group may read", "s3cret", 0640, { ERR_CONFIG }, NULL },
    { "all may read", "s3cret", 0604, { ERR_CONFIG }, NULL },
    { "all may write", "s3cret", 0602, { ERR_CONFIG }, NULL },
    { "empty", "", 0600, { ERR_CONFIG }, NULL },
    { "too long", "0123456789abcdef!", 0600, { ERR_TOO_LARGE }, NULL },
};

START_TEST(secret_table)
{
    char path[64];
    struct buf b;
    write_file("secret", secrets[_i].text, secrets[_i].mode);
    path_in_folder(path, "secret");
    err_t e = config_read_secret(path, 16, &b);
    ck_assert_msg(e.code == secrets[_i].want.code, "%s: %s", secrets[_i].name, err_name(e));
    if (err_ok(e)) {
        ck_assert_str_is(buf_str(&b), secrets[_i].secret);
        buf_done(&b);
    }
}
END_TEST

START_TEST(secret_is_no_link)
{
    char link[64], target[64];
    struct buf b;
    write_file("secret", "s3cret", 0600);
    path_in_folder(target, "secret");
    path_in_folder(link, "link");
    ck_assert_int_eq(symlink(target, link), 0);
    ck_assert_err(config_read_secret(link, 16, &b), CONFIG);
}
END_TEST

/* Opening a FIFO waits for a writer; nobody may hold up the start that way. */
START_TEST(secret_is_no_fifo)
{
    char path[64];
    struct buf b;
    path_in_folder(path, "fifo");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_err(config_read_secret(path, 16, &b), CONFIG);
}
END_TEST

static void write_config(const char *extra)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "issuer = https://x\nldap.uris = ldap://x\nldap.base = x\nldap.bind_dn = x\n"
                   "ldap.password_file = %s/secret\nkeys.dir = %s/keys\n%s",
                   folder, folder, extra);
    write_file("conf", text, 0644);
}

/* The whole way, and that the files a configuration names are looked at. */
START_TEST(load_checks_files)
{
    char path[64], keys[64];
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    path_in_folder(path, "conf");
    path_in_folder(keys, "keys");
    write_config("");
    write_file("secret", "s3cret", 0600);
    ck_assert_int_eq(mkdir(keys, 0700), 0);
    ck_assert_ok(config_load(path, &problems, &c));
    config_free(c);

    write_file("secret", "s3cret", 0644);
    ck_assert_int_eq(chmod(keys, 0755), 0);
    c = NULL;
    ck_assert_err(config_load(path, &problems, &c), CONFIG);
    ck_assert_ptr_null(c);
    char want[512];
    (void)snprintf(want, sizeof want,
                   "%s: ldap.password_file: %s/secret can be read or written by others: chmod "
                   "600\n%s: keys.dir: %s/keys is open to others: chmod 700\n",
                   path, folder, path, folder);
    ck_assert_str_is(buf_str(&problems), want);
    buf_done(&problems);
}
END_TEST

START_TEST(load_without_file)
{
    struct buf problems;
    struct config *c = NULL;
    buf_init(&problems, 4096);
    ck_assert_err(config_load("/nowhere/habilisd.conf", &problems, &c), IO);
    ck_assert_str_is(buf_str(&problems), "/nowhere/habilisd.conf: cannot be read\n");
    buf_done(&problems);
}
END_TEST

/* ---- printed pages ---- */

static void printed(void (*print)(FILE *f), struct buf *out)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(f);
    print(f);
    ck_assert_int_eq(fclose(f), 0);
    buf_init(out, 64 * 1024);
    buf_add(out, str_from(text, len));
    free(text);
}

/* docs/configuration.md is printed, never edited: habilisd --print-config-reference. */
START_TEST(reference_is_current)
{
    struct buf want, have;
    printed(config_print_reference, &want);
    ck_assert_ok(config_read_file(SOURCE_DIR "/docs/configuration.md", 64 * 1024, &have));
    ck_assert_msg(str_eq(buf_str(&want), buf_str(&have)),
                  "docs/configuration.md is not what config_print_reference() prints");
    buf_done(&want);
    buf_done(&have);
}
END_TEST

/* The example is a configuration: as it is, and with everything in it switched on. */
START_TEST(example_parses)
{
    struct buf text, problems;
    struct config *c = NULL;
    printed(config_print_default, &text);
    buf_init(&problems, 4096);
    if (_i == 1)
        for (size_t i = 0; i + 1 < text.len; i++)
            if (text.ptr[i] == '#' && text.ptr[i + 1] != ' ')
                text.ptr[i] = ' ';
    err_t e = config_parse(buf_str(&text), "f", &problems, &c);
    ck_assert_msg(err_ok(e), "%.*s", STR_ARG(buf_str(&problems)));
    ck_assert_msg((c->tls_key != NULL) == (_i == 1), "the switch does not switch");
    config_free(c);
    buf_done(&problems);
    buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *parse = tcase_create("parse");
    tcase_add_test(parse, good_values);
    tcase_add_test(parse, safe_defaults);
    tcase_add_loop_test(parse, bad_table, 0, COUNT(bad));
    tcase_add_loop_test(parse, issuer_table, 0, COUNT(issuers));
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_loop_test(files, secret_table, 0, COUNT(secrets));
    tcase_add_test(files, secret_is_no_link);
    tcase_add_test(files, secret_is_no_fifo);
    tcase_add_test(files, load_checks_files);
    tcase_add_test(files, load_without_file);
    TCase *print = tcase_create("print");
    tcase_add_test(print, reference_is_current);
    tcase_add_loop_test(print, example_parses, 0, 2);
    return RUN_SUITE("config", parse, files, print);
}
