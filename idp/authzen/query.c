#include "authzen/query.h"

#include "base/jsonw.h"
#include "config/config.h"

#include <string.h>

enum { ERROR_MAX = 1024, TRIES_MAX = 2 * ASK_ITEMS_MAX + 8, NOBODIES_MAX = 2 * ASK_ITEMS_MAX };

err_t query_error(struct query *c, int status, const char *message)
{
    struct buf b;
    struct str body;
    buf_init(&b, ERROR_MAX);
    jsonw_quoted(&b, str_of(message));
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(c->req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_json(c->resp, status, body);
    return ERR(OK);
}

err_t query_answer(struct query *c, struct buf *b)
{
    struct str body;
    err_t e = buf_err(b);
    if (err_ok(e))
        e = arena_str(c->req->arena, buf_str(b), &body);
    buf_done(b);
    TRY(e);
    http_response_json(c->resp, 200, body);
    return ERR(OK);
}

err_t query_later(struct query *c)
{
    c->later = true;
    return ERR(OVERLOADED);
}

/* ---- persons ---- */

static bool is_nobody(const struct nobodies *n, struct str key)
{
    for (size_t i = 0; i < n->count; i++)
        if (str_eq(n->list[i], key))
            return true;
    return false;
}

/* Asks the directory, for another try of the call. */
static err_t fetch(struct query *c, struct str key)
{
    struct nobodies *n = c->nobodies;
    err_t e = people_fetch(c->svc->people, key);
    if (e.code == ERR_NOT_FOUND) {
        if (n->count == NOBODIES_MAX)
            return ERR(TOO_LARGE);
        n->list[n->count++] = key; /* of the request's body: it lives as long */
        e = ERR(OK);
    }
    c->again = err_ok(e);
    return c->again ? ERR(OVERLOADED) : e;
}

err_t query_person(struct query *c, struct str key, const struct person **out)
{
    *out = NULL;
    switch (people_find(&c->now, key, out)) {
    case PEOPLE_FOUND:
    case PEOPLE_NOBODY:
        return ERR(OK);
    case PEOPLE_ASK:
        break;
    }
    if (!c->req->on_worker)
        return query_later(c);
    if (c->nobodies->list == NULL) {
        c->nobodies->list = arena_array(c->arena, NOBODIES_MAX, sizeof *c->nobodies->list);
        if (c->nobodies->list == NULL)
            return ERR(NO_MEMORY);
    }
    return is_nobody(c->nobodies, key) ? ERR(OK) : fetch(c, key);
}

/* ---- before the question ---- */

/* RFC 6750 section 3. */
static err_t challenge(struct query *c, const struct bearer_refusal *r)
{
    struct str header = STR("Bearer realm=\"habilis\"");
    if (r->error != NULL)
        TRY(arena_printf(c->arena, &header,
                         "Bearer realm=\"habilis\", error=\"%s\", error_description=\"%s\"",
                         r->error, r->text));
    http_response_header(c->resp, "WWW-Authenticate", header);
    return query_error(c, r->status, r->text);
}

static bool is_json(const struct http_request *req)
{
    struct str type = http_header(req, "content-type"), rest = type;
    if (str_cut(&rest, ';', &type))
        type = str_trim(type);
    return str_eq_ignore_case(str_trim(type), STR("application/json"));
}

/* What is known is too old, or nothing is yet: an answer could be a right that is no more. */
static err_t refuse_stale(struct query *c)
{
    c->resp->retry_after = 5;
    return query_error(c, 503, "the directory has been away for too long: nothing is permitted");
}

static err_t answer(struct query *c, query_fn *fn)
{
    struct bearer_refusal refusal;
    int64_t age_ms = people_age_ms(c->svc->people);
    TRY(bearer_client(c->svc->authzen->bearers, c->svc, c->now.view, c->req, &c->client, &refusal));
    if (refusal.status != 0)
        return challenge(c, &refusal);
    if (!is_json(c->req))
        return query_error(c, 400, "the content type must be application/json");
    err_t e = http_json_body(c->req, &c->body);
    if (e.code == ERR_MALFORMED)
        return query_error(c, 400, "the body must be one JSON object (RFC 7493)");
    TRY(e);
    if (age_ms / 1000 >= c->svc->config->rules_max_age)
        return refuse_stale(c);
    c->age_s = age_ms / 1000;
    return fn(c);
}

err_t query_run(struct http_request *req, struct http_response *resp, query_fn *fn)
{
    struct nobodies nobodies = { NULL, 0 };
    for (int i = 0; i < TRIES_MAX; i++) {
        struct query c = {
            .svc = req->app, .req = req, .resp = resp, .arena = req->arena, .nobodies = &nobodies
        };
        people_take(c.svc->people, &c.now);
        c.rules = c.now.view->snapshot;
        err_t e = answer(&c, fn);
        people_give(&c.now);
        if (c.later) {
            http_response_later(resp);
            return ERR(OK);
        }
        if (!c.again)
            return e;
    }
    return ERR(OVERLOADED);
}
