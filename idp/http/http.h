/* http.h - the HTTPS server: what a handler sees, the route table, start and stop.
 *
 * libmicrohttpd on epoll threads, one per core. An INLINE handler runs on the event thread and must
 * never block; a WORKER handler runs on one of a fixed number of worker threads while the connection
 * is suspended. A request belongs to one thread at a time; its arena, and all that the request and
 * the response point to, lives until the answer has left, and is then wiped.
 *
 * By the time a handler runs, the request is complete and bounded: the method and media type are
 * those of its route, the body is no longer than the route allows, every parameter is decoded UTF-8
 * without control characters other than tab, CR and LF, and none occurs twice unless the route says
 * HTTP_REPEATS (RFC 6749 section 3.1). What is wrong before that is answered here:
 * 400 (shape, duplicates), 404, 405 + Allow, 413, 415, 431, 503 + Retry-After (queue full).
 * A client that drips is cut off, whatever it sends, when its time is over.
 *
 * Every answer of ours carries Content-Security-Policy, nosniff, no-referrer, COOP, no-store and,
 * for hosts other than localhost, Strict-Transport-Security. What is not HTTP at all (no version, a
 * header over 32 KiB) is answered by the library, briefly, and the connection closed.
 *
 * No other folder includes microhttpd.h or gnutls.h.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/str.h"
#include "http/form.h"

struct json_t;

/* ---- the request ---- */

enum http_method {
    HTTP_GET = 1, /* HEAD comes as GET: libmicrohttpd leaves the body out */
    HTTP_POST = 2,
    HTTP_PUT = 4,
    HTTP_PATCH = 8,
    HTTP_DELETE = 16,
    HTTP_OPTIONS = 32, /* answered for every path unless a route wants it */
};

enum http_lang { HTTP_FR, HTTP_EN }; /* what we speak; French when the client says nothing */

/* Who sent it: the peer of the socket, or, if that is a trusted proxy, the last address of
 * X-Forwarded-For that is not one. */
struct http_peer {
    char text[46];    /* "192.0.2.7", "2001:db8::7" */
    char network[64]; /* key for throttling: "192.0.2.7/32", "2001:db8::/56" */
};

struct http_request {
    enum http_method method;
    bool head;               /* it was HEAD */
    struct str path;         /* decoded, starts with '/' */
    struct str rest;         /* of a HTTP_PREFIX route: what follows the prefix */
    struct form query, form; /* decoded; FORM is empty unless the route's body is HTTP_BODY_FORM */
    struct form cookies;     /* ours ("__Host-…"), raw; a name sent twice is not here at all */
    struct form headers;     /* as received */
    struct str body;         /* of JSON and RAW routes: the bytes */
    struct http_peer peer;
    enum http_lang lang; /* from Accept-Language only; a cookie is the pages' business */
    int64_t now;         /* seconds UTC, when the request line arrived */
    int64_t start_ms;    /* the same on the monotonic clock */
    struct arena *arena;
    void *app; /* struct http_site.app */
    const struct http_route *route;
    bool on_worker; /* the handler may block */
};

/* Absent: ptr is NULL. Present and empty: ptr is not NULL, len is 0. Borrowed from the request. */
struct str http_query(const struct http_request *req, const char *name);
struct str http_form(const struct http_request *req, const char *name);
struct str http_cookie(const struct http_request *req, const char *name);
struct str http_header(const struct http_request *req, const char *name); /* any case */

/* The body of a JSON route as an I-JSON object (RFC 7493): UTF-8, no duplicate member, no NUL, at
 * most 16 levels deep. Borrowed: freed with the request. Errors: MALFORMED, NO_MEMORY. */
NODISCARD err_t http_json_body(struct http_request *req, const struct json_t **out);

/* ---- the response ---- */

/* A handler fills it through the functions below. They return nothing: the first failure (no
 * memory, a line break in a header) sticks, and the client then gets a 500. */
struct http_response {
    int status; /* 200 until set */
    const char *content_type;
    struct str body;      /* borrowed: static, or in the request's arena */
    unsigned retry_after; /* seconds; sent with 429 and 503 when not 0 */
    int64_t cache_s;      /* 0 = no-store */
    err_t err;
    bool later; /* private: http_response_later() */
    struct http_request *req;
    struct http_header_node *headers, **headers_end; /* private */
    struct http_header_node *form_actions;           /* private */
};

void http_response_html(struct http_response *resp, int status, struct str html);
void http_response_text(struct http_response *resp, int status, struct str text);
void http_response_json(struct http_response *resp, int status, struct str json);
/* Writes VALUE compactly into the arena; the caller keeps its reference. */
void http_response_json_value(struct http_response *resp, int status, const struct json_t *value);
/* RFC 6749 section 5.2: {"error":CODE,"error_description":TEXT}. TEXT may be NULL. */
void http_response_json_error(struct http_response *resp, int status, const char *code,
                              const char *text);
/* 303 See Other, so that a POST is never repeated. URI: absolute, or a path of this site; anything
 * with a control character, a space or a byte above 0x7E sticks as MALFORMED. */
void http_response_redirect(struct http_response *resp, struct str uri);
void http_response_header(struct http_response *resp, const char *name, struct str value);
/* For an INLINE handler that finds that it must block: it returns OK, what it said is thrown away, and it
 * is called again on a worker, with on_worker set and the same arena. Called on a worker it is a BUG. */
void http_response_later(struct http_response *resp);
void http_response_cacheable(struct http_response *resp, int64_t seconds); /* public, max-age */

enum http_same_site { HTTP_LAX, HTTP_STRICT };
/* Secure; HttpOnly; Path=/. NAME must start with "__Host-" (there are no others), VALUE be RFC 6265
 * cookie-octets. MAX_AGE in seconds; 0 makes the browser forget it; -1: until the browser closes. */
void http_response_cookie(struct http_response *resp, const char *name, struct str value,
                          int64_t max_age, enum http_same_site same_site);

/* Chromium applies form-action to the redirects that follow a form, too: a page whose form ends in
 * a 303 to an application must name it. Adds the origin of URI (a scheme without host, as native
 * applications have, is added as a scheme). */
void http_response_form_action(struct http_response *resp, struct str uri);

/* ---- routes ---- */

/* Not OK: RESP is thrown away and the error is answered after the class of the code, as a page or
 * as JSON. A handler that wants an answer of its own fills RESP and returns OK. */
typedef err_t http_handler(struct http_request *req, struct http_response *resp);

enum http_body { HTTP_BODY_NONE, HTTP_BODY_FORM, HTTP_BODY_JSON, HTTP_BODY_RAW };

enum http_route_flags {
    HTTP_INLINE = 0,  /* never blocks: runs on the event thread */
    HTTP_WORKER = 1,  /* LDAP, SQL, hashing: runs on a worker */
    HTTP_PAGE = 0,    /* errors are pages for people */
    HTTP_API = 2,     /* errors are JSON for programs */
    HTTP_PREFIX = 4,  /* PATH ends in '/' and stands for all below it */
    HTTP_REPEATS = 8, /* parameters may occur more than once */
    HTTP_REQUEST_ID =
        16, /* X-Request-ID comes back in every answer, refusals by the server included */
};

struct http_route {
    unsigned methods; /* enum http_method, or-ed; the same path may have several rows */
    const char *path; /* exact */
    http_handler *handler;
    unsigned flags; /* enum http_route_flags */
    enum http_body body;
    size_t body_max; /* bytes; 0 means HTTP_BODY_DEFAULT_MAX when there is a body */
};

enum { HTTP_BODY_DEFAULT_MAX = 16 * 1024, HTTP_BODY_LIMIT = 512 * 1024 }; /* bytes */

/* Draws the page of an error; STATUS is what will be sent. May run on an event thread: must not
 * block. On failure a plain text line is sent instead. */
typedef err_t http_error_page(struct http_request *req, int status, err_t why,
                              struct http_response *resp);

/* All borrowed: must outlive the server. */
struct http_site {
    const struct http_route *routes;
    size_t route_count;
    http_error_page *error_page;
    void *app; /* given to every handler as req->app */
};

/* The status that a failure is answered with: NOT_FOUND 404, CONFLICT 409, TOO_LARGE 413, THROTTLED
 * 429; else by class: CALLER 400, DENIED 403, UNAVAILABLE 503, INTERNAL 500. */
int http_status_of(err_t why);

/* ---- the server ---- */

struct http_options {
    const char *address; /* numeric; "::" also takes IPv4 */
    unsigned port;       /* 0: a free one */
    /* PEM, chain leaf first. Both empty: plain HTTP, for loopback addresses only. */
    struct str tls_certificate, tls_key;
    const char *const *trusted_proxies; /* "10.0.0.0/8", "::1" */
    size_t trusted_proxy_count;
    unsigned event_threads;           /* 0: one per core */
    unsigned worker_threads;          /* at least 1 */
    unsigned queue_max;               /* requests waiting for a worker; more are refused (503) */
    unsigned connections_max;         /* in all */
    unsigned connections_per_network; /* trusted proxies are not counted */
    unsigned ipv6_prefix;             /* 48 to 64: what counts as one network */
    unsigned request_ms; /* from connection, or request line, to the last byte of the request */
    unsigned answer_ms;  /* to take the answer */
    unsigned idle_ms;    /* between requests */
    int64_t hsts_s;      /* Strict-Transport-Security; never sent for localhost; 0: never */
};

struct http_options http_options_default(void); /* 127.0.0.1, port 0, sensible limits */

struct http_server; /* opaque */

/* Copies what it needs of OPTIONS. Errors: CONFIG (address, proxies, certificate, key, routes,
 * plain HTTP off loopback: the log says which), IO (the port is taken), NO_MEMORY, LIBRARY. */
NODISCARD err_t http_server_start(const struct http_options *options, const struct http_site *site,
                                  struct http_server **out);
unsigned http_server_port(const struct http_server *s);
/* Stops listening, lets requests in flight finish (at most 10 s for clients; a handler is always
 * waited for), joins every thread, frees. NULL is fine. Not from a handler. */
void http_server_stop(struct http_server *s);

struct http_metrics {
    uint64_t answered[5]; /* 1xx to 5xx */
    uint64_t overloaded;  /* 503 because the queue was full */
    uint64_t cut_off;     /* too slow */
    uint64_t refused;     /* connections over connections_per_network */
    uint64_t in_flight;   /* requests between request line and end of answer */
    uint64_t queued;      /* waiting for a worker now */
    uint64_t connections; /* open now */
    uint64_t duration_ms; /* sum over all answered requests */
};
void http_server_metrics(const struct http_server *s, struct http_metrics *out);

#endif
