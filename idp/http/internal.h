/* internal.h - what the files of this folder share; nobody else includes it. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include "base/buf.h"
#include "http/http.h"
#include "http/network.h"
#include "http/router.h"
#include "http/watch.h"
#include "http/workers.h"

#include <microhttpd.h>
#include <stdatomic.h>

enum {
    HEADERS_MAX = 64,              /* fields of one request */
    HEADER_BYTES_MAX = 16 * 1024,  /* names and values together */
    CONNECTION_MEMORY = 32 * 1024, /* libmicrohttpd's own bound, request line included */
    RETRY_AFTER_DEFAULT = 5,       /* seconds */
    REQUEST_ID_MAX = 200,          /* bytes; a longer one does not come back */
    DRAIN_MS = 10000,
};

struct http_server {
    struct http_site site;
    struct router *router;
    struct workers *workers;
    struct watch *watch;
    struct MHD_Daemon *daemon;
    struct net_list trusted;
    unsigned port, ipv6_prefix, request_ms, answer_ms, idle_ms;
    char hsts[48]; /* header value; empty: not sent */
    atomic_bool stopping;
    _Atomic uint64_t answered[5], overloaded, in_flight, duration_ms;
};

enum stage {
    STAGE_ARRIVED,  /* the request line is here */
    STAGE_READING,  /* headers checked, the body is coming */
    STAGE_WORKING,  /* suspended: a worker has it */
    STAGE_FINISHED, /* resumed: the answer is ready */
    STAGE_ANSWERED, /* handed to libmicrohttpd */
};

/* One request and its answer; lives in the request's own arena. */
struct exchange {
    struct http_request req; /* first: http_json_body() finds the exchange from it */
    struct http_response resp;
    struct http_server *server;
    struct MHD_Connection *conn;
    struct watch_conn *watch;
    struct worker_job job;
    enum stage stage;
    const char *uri_at; /* where the library keeps the URI: compared, never read */
    struct str uri;     /* as received, up to the first NUL */
    struct buf body;    /* received so far */
    bool has_body;      /* its framing announces one */
    int refused;        /* status to answer without calling the handler; 0: none */
    err_t why;          /* of the refusal */
    unsigned allowed;   /* methods for the Allow header of 405 and OPTIONS */
    struct json_t *json;
};

/* request.c. NULL when out of memory. */
struct exchange *exchange_new(struct http_server *s, struct MHD_Connection *conn, const char *uri);
void exchange_free(struct exchange *x);
/* Reads and checks all but the body; sets x->refused when something is wrong. */
void exchange_begin(struct exchange *x, const char *method, const char *version);
void exchange_body(struct exchange *x, const char *data, size_t len);
void exchange_end(struct exchange *x); /* the body is complete: parses it */

/* answer.c */
void answer_refusal(struct exchange *x);
void answer_error(struct exchange *x, int status, err_t why);
void answer_run(struct exchange *x); /* calls the handler, answers its failure */
enum MHD_Result answer_send(struct exchange *x);

/* response.c */
struct http_header_node {
    struct http_header_node *next;
    const char *name, *value;
};
void response_init(struct http_response *resp, struct http_request *req);
/* Takes back what a handler has said so far. */
void response_reset(struct http_response *resp);

/* tls.c: the certificate and key fit together and are usable. Errors: CONFIG (logged), LIBRARY. */
extern const char tls_priorities[];
NODISCARD err_t tls_check(const char *certificate_pem, const char *key_pem);

#endif
