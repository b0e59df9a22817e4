/* client.h - ask another server over HTTPS: discovery, tokens, CRLs, logout delivery.
 *
 * GET, or POST of a form; the answer in one buffer with a maximum. Certificates are always checked.
 * No redirect is followed (an answer 3xx is handed over as it is), no proxy is taken from the
 * environment, nothing is compressed, plain http:// is refused unless `plain_http` says otherwise.
 * Connections are kept and reused. Any number of threads may share one client; a call blocks its
 * thread for at most the time-out.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/buf.h"
#include "base/str.h"

struct http_client;

struct http_client_options {
    const char *ca_file; /* PEM; NULL: what the system trusts */
    long connect_ms;     /* 0: 3,000 */
    long total_ms;       /* 0: 10,000; connection included */
    bool plain_http;     /* allow http:// too: for tests on loopback */
};

/* Copies OPTIONS. Errors: NO_MEMORY, CONFIG (the CA file cannot be read), LIBRARY (libcurl). */
NODISCARD err_t http_client_new(const struct http_client_options *options,
                                struct http_client **out);
void http_client_free(struct http_client *c); /* no call may be under way; NULL is fine */

struct http_call {
    const char *url;      /* absolute, without a fragment */
    const char *form;     /* NULL: GET; else POST of this application/x-www-form-urlencoded body */
    const char *json;     /* the same with application/json, instead of FORM; else NULL */
    const char *user;     /* with password: HTTP Basic (RFC 7617), sent as they are; else NULL */
    const char *password; /* RFC 6749 section 2.3.1 wants both form-encoded: the caller's to do */
    const char *bearer;   /* RFC 6750; NULL: none */
    const char *accept;   /* media type; NULL: application/json */
    size_t body_max;      /* bytes of the answer; 0: 256 KiB */
};

struct http_result {
    int status;             /* 200 to 599 */
    char content_type[100]; /* lower case, without parameters; empty: none or longer */
    int64_t max_age; /* Cache-Control max-age in seconds, 0 to 86,400; -1: none or no-store */
    struct buf body;
};

/* Errors: PEER_DOWN (name, connection, time-out), PEER_UNTRUSTED (certificate), PEER_BAD_ANSWER (not
 * HTTP, or larger than body_max), MALFORMED (the URL), NO_MEMORY, LIBRARY. Any HTTP status is a
 * success. On success the caller owns out->body: buf_done(). On failure *out is untouched. */
NODISCARD err_t http_client_call(struct http_client *c, const struct http_call *call,
                                 struct http_result *out);

#endif
