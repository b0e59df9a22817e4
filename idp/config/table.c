#include "config/table.h"

#include <stddef.h>

#define AT(field) offsetof(struct config, field)

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static const struct config_key service[] = {
    { "issuer", CONFIG_ISSUER, AT(issuer), NULL, true, 0, 0, "https://sso.example.fr",
      "Address of the service as browsers and applications know it, without a slash at the end. It "
      "is the `iss` of every token: changing it cuts off every application. `http` is accepted for "
      "localhost only." },
    { "organisation", CONFIG_TEXT, AT(organisation), "habilis", false, 0, 0, NULL,
      "Name of the organisation, shown at the top of every page." },
    { "locale_dir", CONFIG_PATH, AT(locale_dir), "/usr/share/locale", false, 0, 0, NULL,
      "Where the gettext catalogues of the pages are." },
    { "log.level", CONFIG_LEVEL, AT(log_level), "info", false, 0, 0, NULL,
      "The least important event that is logged: `debug`, `info`, `notice`, `warning` or `error`. "
      "Logs are JSON lines on standard error. The journal does not depend on it." },
};

static const struct config_key listening[] = {
    { "listen.address", CONFIG_ADDRESS, AT(listen_address), "127.0.0.1", false, 0, 0, NULL,
      "Numeric address to listen on. `::` takes IPv6 and IPv4. Without a certificate only a "
      "loopback address is accepted." },
    { "listen.port", CONFIG_INT, AT(listen_port), "8443", false, 0, 65535, NULL,
      "TCP port; 0 lets the system choose one." },
    { "tls.certificate", CONFIG_PATH, AT(tls_certificate), NULL, false, 0, 0,
      "/etc/habilis/tls/chain.pem",
      "Certificate chain, PEM, the server's own first. TLS 1.2 and "
      "1.3 only. Goes with `tls.key`." },
    { "tls.key", CONFIG_SECRET, AT(tls_key), NULL, false, 0, 0, "/etc/habilis/tls/key.pem",
      "Private key of the certificate, PEM." },
    { "tls.hsts", CONFIG_DURATION, AT(tls_hsts), "365d", false, 0, 730 * DAY, NULL,
      "For how long browsers are told to use HTTPS only (Strict-Transport-Security); `0s` does not "
      "tell them. Never sent for localhost." },
    { "proxies.trusted", CONFIG_NETWORKS, AT(trusted_proxies), NULL, false, 0, 0,
      "127.0.0.1 10.20.0.0/24",
      "Reverse proxies whose `X-Forwarded-For` is believed. From any "
      "other sender the header is ignored, or throttling could be evaded with it." },
    { "metrics.address", CONFIG_ADDRESS, AT(metrics_address), NULL, false, 0, 0, "127.0.0.1",
      "Numeric address that serves Prometheus metrics over plain HTTP; a loopback address. Not "
      "given: no metrics." },
    { "metrics.port", CONFIG_INT, AT(metrics_port), "9464", false, 0, 65535, NULL,
      "TCP port of the metrics." },
};

static const struct config_key limits[] = {
    { "http.workers", CONFIG_INT, AT(worker_threads), "16", false, 1, 256, NULL,
      "Threads for requests that wait for the directory or the disk." },
    { "http.queue", CONFIG_INT, AT(worker_queue), "256", false, 1, 10000, NULL,
      "Requests that may wait for a worker; more are answered 503 at once." },
    { "http.connections", CONFIG_INT, AT(connections_max), "4096", false, 16, 100000, NULL,
      "Connections in all. The limit of open files (`LimitNOFILE`) must be higher." },
    { "http.connections_per_network", CONFIG_INT, AT(connections_per_network), "512", false, 4,
      100000, NULL,
      "Connections from one network (an IPv4 address, an IPv6 prefix). A site behind "
      "one address needs about six for each workstation. Trusted proxies are not counted." },
    { "http.request_timeout", CONFIG_DURATION, AT(request_timeout), "10s", false, 1, 120, NULL,
      "By when a request must be complete, however it trickles in." },
    { "http.idle_timeout", CONFIG_DURATION, AT(idle_timeout), "30s", false, 1, 10 * MINUTE, NULL,
      "How long a connection is kept between two requests." },
    { "http.ipv6_prefix", CONFIG_INT, AT(ipv6_prefix), "56", false, 48, 64, NULL,
      "Length of the IPv6 prefix that counts as one network." },
};

static const struct config_key directory[] = {
    { "ldap.uris", CONFIG_LDAP_URIS, AT(ldap_uris), NULL, true, 0, 0,
      "ldapi://%2Frun%2Fhabilis%2Fldapi",
      "Servers of the directory, the preferred one first; the "
      "others are tried when it is away. `ldap://`, `ldaps://` or `ldapi://`." },
    { "ldap.base", CONFIG_TEXT, AT(ldap_base), NULL, true, 0, 0, "dc=example,dc=fr",
      "The entry below which everything of habilis is." },
    { "ldap.bind_dn", CONFIG_TEXT, AT(ldap_bind_dn), NULL, true, 0, 0,
      "cn=habilisd,ou=services,dc=example,dc=fr",
      "The identity of habilisd in the directory: not the administrator's." },
    { "ldap.password_file", CONFIG_SECRET, AT(ldap_password_file), NULL, true, 0, 0,
      "/etc/habilis/ldap.password", "File that holds its password." },
    { "ldap.ca_file", CONFIG_PATH, AT(ldap_ca_file), NULL, false, 0, 0, "/etc/habilis/ldap-ca.pem",
      "Authorities that certify the directory's servers, PEM. Not given: the system's." },
    { "ldap.pool", CONFIG_INT, AT(ldap_pool), "8", false, 1, 64, NULL,
      "Connections to the directory." },
    { "ldap.timeout", CONFIG_DURATION, AT(ldap_timeout), "2s", false, 1, 3, NULL,
      "After how long without an answer the directory counts as away." },
};

static const struct config_key deciding[] = {
    { "people.resident_max", CONFIG_INT, AT(resident_max), "200000", false, 1, 10000000, NULL,
      "Persons kept in memory with their assignments (about 200 bytes each). With more in the "
      "directory they are read when asked about and a quarter of that number is kept; then nobody "
      "can be searched for." },
    { "rules.max_age", CONFIG_DURATION, AT(rules_max_age), "15m", false, 1, 7 * DAY, NULL,
      "For how long decisions are made without the directory, from what was known last. After that "
      "every question is answered 503 until it is back." },
    { "decisions.log", CONFIG_SAMPLING, AT(decisions_log), "sample 100", false, 0, 0, NULL,
      "Which permits are journalled: `all`, `refusals` (none) or `sample N` (one in N). Refusals, "
      "emergencies and what the rules put under `trace` always are." },
    { "duties.hour", CONFIG_INT, AT(duties_hour), "3", false, 0, 23, NULL,
      "Hour in Paris at which everybody is looked at for incompatible profiles, each night; at the "
      "start when the service was not running then." },
};

static const struct config_key storage[] = {
    { "state.database", CONFIG_PATH, AT(state_database), "/var/lib/habilis/state.db", false, 0, 0,
      NULL, "SQLite file with sessions, codes and the journal; created when absent." },
    { "keys.dir", CONFIG_DIRECTORY, AT(keys_dir), "/var/lib/habilis/keys", false, 0, 0, NULL,
      "Directory of the keys that sign tokens and seal seeds. It must belong to the service alone "
      "(mode 0700). Back it up: without it every second factor must be enrolled again." },
    { "history.retention", CONFIG_DURATION, AT(history_retention), "1095d", false, 30 * DAY,
      3650 * DAY, NULL,
      "How long rules and assignments that are no longer in force can be told of (`habilisctl "
      "policy "
      "explain --at TIME --recorded`). Three years is the longest that the CNIL accepts without "
      "further reason for records that serve internal control (deliberation 2021-122)." },
};

static const struct config_key signing_in[] = {
    { "charter.version", CONFIG_TEXT, AT(charter_version), NULL, false, 0, 0, "2026-01",
      "Version of the charter (*charte informatique*) that everyone accepts once; a new version is "
      "asked for again. Not given: no charter." },
    { "charter.file", CONFIG_PATH, AT(charter_file), NULL, false, 0, 0, "/etc/habilis/charte.txt",
      "Text of the charter, in French. Not given: the built-in one." },
    { "session.idle", CONFIG_DURATION, AT(session_idle), "1h", false, MINUTE, DAY, NULL,
      "After how long without use a session ends." },
    { "session.max", CONFIG_DURATION, AT(session_max), "12h", false, 5 * MINUTE, 7 * DAY, NULL,
      "After how long a session ends in any case." },
    { "login.max", CONFIG_DURATION, AT(login_max), "15m", false, MINUTE, HOUR, NULL,
      "How long a sign-in may take, from its first page to its last." },
    { "token.code_lifetime", CONFIG_DURATION, AT(code_lifetime), "60s", false, 5, 60, NULL,
      "How long an authorization code may be exchanged." },
    { "token.access_lifetime", CONFIG_DURATION, AT(token_lifetime), "5m", false, 30, 300, NULL,
      "Life of an access token. It is also how long a withdrawn right can linger in an application "
      "that does not ask again." },
    { "token.id_lifetime", CONFIG_DURATION, AT(id_token_lifetime), "5m", false, 30, 300, NULL,
      "Life of an ID token." },
    { "throttle.window", CONFIG_DURATION, AT(throttle_window), "15m", false, 10, DAY, NULL,
      "Over which time failed attempts are counted." },
    { "throttle.account", CONFIG_INT, AT(throttle_account), "10", false, 3, 1000, NULL,
      "Failed attempts per account in that time; then it must wait." },
    { "throttle.network", CONFIG_INT, AT(throttle_network), "100", false, 10, 100000, NULL,
      "Failed attempts per network in that time." },
    { "throttle.sign_ins", CONFIG_INT, AT(throttle_sign_ins), "600", false, 60, 100000, NULL,
      "Sign-ins that one network may begin in a minute. Each is stored until it ends, and anybody "
      "can "
      "begin one; a whole establishment may share one address. All networks together: 32 times as "
      "many." },
};

static const struct config_key mail[] = {
    { "mail.smtp_url", CONFIG_TEXT, AT(mail_smtp_url), NULL, false, 0, 0,
      "smtp://smtp.example.fr:587",
      "The mail server that takes what the service has to tell: who opened an emergency access, "
      "where. "
      "`smtps://` speaks TLS from the start; `smtp://` to another machine must offer STARTTLS. Not "
      "given: mail waits, for 14 days." },
    { "mail.from", CONFIG_TEXT, AT(mail_from), NULL, false, 0, 0, "habilis@example.fr",
      "The address that mail comes from." },
    { "mail.ca_file", CONFIG_PATH, AT(mail_ca_file), NULL, false, 0, 0, "/etc/habilis/mail-ca.pem",
      "Authorities that certify the mail server, PEM. Not given: the system's." },
    { "mail.user", CONFIG_TEXT, AT(mail_user), NULL, false, 0, 0, "habilis",
      "Account at the mail server. Not given: no authentication." },
    { "mail.password_file", CONFIG_SECRET, AT(mail_password_file), NULL, false, 0, 0,
      "/etc/habilis/mail.password", "File that holds its password." },
};

const struct config_group config_groups[] = {
    { "The service", service, COUNT(service) },
    { "Listening", listening, COUNT(listening) },
    { "Limits", limits, COUNT(limits) },
    { "Directory", directory, COUNT(directory) },
    { "Deciding", deciding, COUNT(deciding) },
    { "State and keys", storage, COUNT(storage) },
    { "Signing in", signing_in, COUNT(signing_in) },
    { "Mail", mail, COUNT(mail) },
};
const size_t config_group_count = COUNT(config_groups);

struct config_key_names config_type_names(enum config_type type)
{
    switch (type) {
    case CONFIG_TEXT:
        return (struct config_key_names){ "text", "is not a line of UTF-8 text" };
    case CONFIG_INT:
        return (struct config_key_names){ "number", "is not a whole number" };
    case CONFIG_DURATION:
        return (struct config_key_names){
            "duration", "is not a duration: a number and s, m, h or d, as in 90s or 12h"
        };
    case CONFIG_PATH:
        return (struct config_key_names){ "absolute path", "is not an absolute path" };
    case CONFIG_SECRET:
        return (struct config_key_names){ "absolute path of a secret", "is not an absolute path" };
    case CONFIG_DIRECTORY:
        return (struct config_key_names){ "absolute path of a directory",
                                          "is not an absolute path" };
    case CONFIG_ISSUER:
        return (struct config_key_names){
            "URL", "is not https://host[:port][/path] without a slash at the end"
        };
    case CONFIG_ADDRESS:
        return (struct config_key_names){ "numeric address", "is not a numeric IP address" };
    case CONFIG_NETWORKS:
        return (struct config_key_names){ "list of networks",
                                          "is not a list of addresses or networks such as ::1 "
                                          "10.0.0.0/8" };
    case CONFIG_LDAP_URIS:
        return (struct config_key_names){ "list of URIs",
                                          "is not a list of ldap://, ldaps:// or ldapi:// URIs" };
    case CONFIG_SAMPLING:
        return (struct config_key_names){ "sampling", "is not all, refusals or sample N" };
    case CONFIG_LEVEL:
        return (struct config_key_names){ "level", "is not debug, info, notice, warning or error" };
    }
    return (struct config_key_names){ "?", "is wrong" };
}
