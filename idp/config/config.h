/* config.h - habilisd.conf: one key a line, one table in the code.
 *
 *   # comment
 *   issuer = https://sso.example.fr
 *   ldap.uris = ldapi:///run/slapd/ldapi ldap://ldap2.example.fr
 *
 * "key = value"; the value runs to the end of the line (no quotes, no continuation, no comment
 * after it) and is trimmed. Keys are written whole, with their prefix, so that an error can name
 * file and line, and grep, diff and Ansible's lineinfile can work on the file. UTF-8, at most
 * 64 KiB. Unknown and repeated keys are errors.
 * Durations: a number and s, m, h or d ("90s", "12h"). Lists: separated by spaces.
 * Secrets are never in the file: a key names the file that holds one.
 *
 * The table in config.c is the only place that knows keys, types, bounds, defaults and their
 * documentation; docs/configuration.md and the commented example are printed from it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/str.h"

#include <stdio.h>

struct config_list {
    const char **items; /* COUNT C strings */
    size_t count;
};

/* All strings belong to the struct. A string key that is optional and not given is NULL. Durations
 * are seconds unless the name ends in _ms. */
struct config {
    /* identity of the service */
    const char *issuer;       /* https://host[:port][/path], no slash at the end */
    const char *organisation; /* shown to people */
    const char *locale_dir;   /* gettext catalogues */

    /* listening */
    const char *listen_address; /* numeric */
    int64_t listen_port;
    const char *tls_certificate, *tls_key; /* PEM files; both or neither */
    int64_t tls_hsts;
    struct config_list trusted_proxies; /* addresses or CIDR */
    const char *metrics_address;        /* NULL: no metrics listener */
    int64_t metrics_port;
    int64_t worker_threads, worker_queue;
    int64_t connections_max, connections_per_network;
    int64_t request_timeout, idle_timeout;
    int64_t ipv6_prefix;

    /* directory */
    struct config_list ldap_uris; /* ldap, ldaps, ldapi; tried in order */
    const char *ldap_base;
    const char *ldap_bind_dn;
    const char *ldap_password_file;
    const char *ldap_ca_file; /* NULL: the system's */
    int64_t ldap_pool;        /* connections */
    int64_t ldap_timeout;     /* of one operation */

    /* people and decisions */
    int64_t resident_max;  /* persons kept in memory */
    int64_t rules_max_age; /* without the directory, before everything is refused */
    int64_t decisions_log; /* N: one permit in N is journalled; 0: none */

    /* state and keys */
    const char *state_database; /* SQLite file */
    const char *keys_dir;       /* signing and sealing keys, mode 0700 */
    int64_t history_retention;  /* of the recorded past */

    int64_t duties_hour; /* of the nightly check, 0 to 23, wall clock in Paris */

    /* signing in */
    const char *charter_version; /* NULL: nothing to accept */
    const char *charter_file;    /* text shown; NULL: the built-in one */
    int64_t session_idle, session_max;
    int64_t login_max;         /* from the first page to the end of a sign-in */
    int64_t code_lifetime;     /* <= 60 */
    int64_t token_lifetime;    /* access token, <= 300 */
    int64_t id_token_lifetime; /* ID token, <= 300 */
    int64_t throttle_window;   /* seconds over which failures count */
    int64_t throttle_account;  /* failures per account in it */
    int64_t throttle_network;  /* failures per network in it */
    int64_t throttle_sign_ins; /* begun by one network in a minute */

    /* mail */
    const char *mail_smtp_url; /* smtp:// or smtps://; NULL: nothing is sent */
    const char *mail_from;     /* address */
    const char *mail_ca_file;  /* NULL: the system's */
    const char *mail_user;     /* NULL: no authentication */
    const char *mail_password_file;

    int64_t log_level; /* enum log_level */
};

/* Parses TEXT; NAME stands for the file in messages. Every problem is appended to PROBLEMS as one
 * line "NAME:LINE: what is wrong" ("NAME: …" for a missing key). The caller owns *out. Touches no
 * file. Errors: CONFIG (PROBLEMS says why), NO_MEMORY. On failure *out is untouched. */
NODISCARD err_t config_parse(struct str text, const char *name, struct buf *problems,
                             struct config **out);

/* Reads and parses PATH, then checks the files it names: secrets are regular files, not links,
 * not empty, readable and closed to group and others; directories exist. Errors: as config_parse,
 * and IO (PATH cannot be read; PROBLEMS says so). */
NODISCARD err_t config_load(const char *path, struct buf *problems, struct config **out);
void config_free(struct config *c); /* NULL is fine */

/* Reads a whole file of at most MAX bytes into OUT (initialised here; the caller calls buf_done()).
 * A secret must satisfy the rules above (CONFIG when not); one line end after it is dropped. No
 * link is followed for a secret. Errors: CONFIG, IO, TOO_LARGE, NO_MEMORY. */
NODISCARD err_t config_read_file(const char *path, size_t max, struct buf *out);
NODISCARD err_t config_read_secret(const char *path, size_t max, struct buf *out);

void config_print_reference(FILE *f); /* docs/configuration.md */
void config_print_default(FILE *f);   /* a commented habilisd.conf */

#endif
