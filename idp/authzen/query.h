/* query.h - one call: who asks, against which rules and persons, and how it is answered. */
#ifndef AUTHZEN_QUERY_H
#define AUTHZEN_QUERY_H

#include "authzen/ask.h"
#include "authzen/authzen.h"
#include "authzen/bearer.h"
#include "authzen/record.h"
#include "base/buf.h"
#include "emergency/opened.h"
#include "people/people.h"
#include "registry/client.h"

struct authzen {
    struct bearer_cache *bearers;
    struct decision_log *log;
};

/* Keys that the directory does not know, while a call is tried again. */
struct nobodies {
    struct str *list;
    size_t count;
};

struct query {
    struct service *svc;
    struct http_request *req;
    struct http_response *resp;
    struct arena *arena; /* to work in; answers are in the request's */
    struct people_now now;
    const struct snapshot *rules;
    const struct client *client;
    const json_t *body;
    int64_t age_s; /* since what we know was known to be true */
    bool later;    /* a worker is needed: nothing was answered */
    bool again;    /* somebody was fetched: take another reading */
    struct nobodies *nobodies;
    struct str reasons[ACCESS_OK + 1]; /* as they are told, once each was */
    struct asked_person { /* the subject looked up last: items of a batch mostly share one */
        struct str key;
        const struct person *person;
        struct opened_list opened;
        struct engine_subject *subject;
    } last;
};

typedef err_t query_fn(struct query *c);
/* Authenticates, reads the body, and answers what stops it before FN. */
NODISCARD err_t query_run(struct http_request *req, struct http_response *resp, query_fn *fn);

/* The error of a call: a JSON string, as the specification has it. */
NODISCARD err_t query_error(struct query *c, int status, const char *message);
/* What B holds, copied to the arena; takes B. */
NODISCARD err_t query_answer(struct query *c, struct buf *b);

/* Returned by whatever needs a worker while there is none; query_run() knows by c->later. */
NODISCARD err_t query_later(struct query *c);

/* The person of that id or login; *out NULL: nobody. An error that is not OK ends the call. */
NODISCARD err_t query_person(struct query *c, struct str key, const struct person **out);

#endif
