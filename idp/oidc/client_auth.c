#include "oidc/client_auth.h"

#include "base/enc.h"
#include "base/log.h"
#include "base/secret.h"
#include "state/spent.h"
#include "state/state.h"
#include "token/assertion.h"

#include <string.h>

enum { BASIC_MAX = 1024, CLIENT_ID_MAX = 128 }; /* bytes */

static const char assertion_type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

static err_t denied(struct http_request *req, struct str client_id, const char *why)
{
    log_event(LOG_WARNING, "client.refused", LOG_STR("client_id", client_id),
              LOG_TEXT("reason", why), LOG_TEXT("network", req->peer.network));
    return ERR(DENIED);
}

/* ---- client_secret_basic ---- */

static err_t decode_basic(struct http_request *req, struct str text, struct form *out)
{
    char bytes[BASIC_MAX];
    size_t len = 0;
    struct str rest, id, pairs;
    err_t e = base64_decode(text, bytes, sizeof bytes, &len);
    rest = str_from(bytes, len);
    if (!err_ok(e) || !str_cut(&rest, ':', &id))
        return ERR(DENIED);
    e = arena_printf(req->arena, &pairs, "id=%.*s&secret=%.*s", STR_ARG(id), STR_ARG(rest));
    wipe(bytes, sizeof bytes);
    TRY(e);
    e = form_parse(req->arena, pairs, false, out);
    return e.code == ERR_NO_MEMORY ? e : err_ok(e) && out->count == 2 ? e : ERR(DENIED);
}

static err_t by_secret(const struct view *v, struct http_request *req, struct str text,
                       const struct client **out)
{
    struct form pair;
    err_t e = decode_basic(req, text, &pair);
    if (!err_ok(e))
        return e.code == ERR_DENIED ? denied(req, STR(""), "malformed Basic credentials") : e;
    struct str id = form_get(&pair, STR("id"));
    struct str posted = http_form(req, "client_id");
    const struct client *client = view_client(v, id);
    if (client == NULL || client->auth != CLIENT_AUTH_SECRET_BASIC ||
        !client_secret_is(client, form_get(&pair, STR("secret"))))
        return denied(req, id, "wrong client or secret");
    if (posted.ptr != NULL && !str_eq(posted, id))
        return denied(req, id, "two different client_id");
    *out = client;
    return ERR(OK);
}

/* ---- private_key_jwt ---- */

struct spend {
    const struct client *client;
    struct str jti;
    int64_t expires;
};

static err_t spend_job(struct state_tx *tx, void *arg)
{
    struct spend *s = arg;
    return jti_spend(tx, s->client->id, s->jti, s->expires);
}

static err_t verify_assertion(const struct client *client, struct http_request *req,
                              struct str assertion)
{
    const struct service *svc = req->app;
    struct jwt jwt = { .claims = NULL };
    struct assertion_expect want = { client->id, svc->issuer, req->now };
    TRY(assertion_verify(assertion, client->keys, &want, &jwt));
    struct spend s = { client, jwt.jti, jwt.exp + ASSERTION_LEEWAY };
    err_t e = state_write(svc->state, spend_job, &s);
    jwt_done(&jwt);
    return e;
}

static err_t by_assertion(const struct view *v, struct http_request *req, struct str assertion,
                          const struct client **out)
{
    struct buf id;
    if (!str_eq(http_form(req, "client_assertion_type"), str_of(assertion_type)))
        return denied(req, STR(""), "client_assertion_type");
    buf_init(&id, CLIENT_ID_MAX);
    err_t e = assertion_client(assertion, &id);
    const struct client *client = err_ok(e) ? view_client(v, buf_str(&id)) : NULL;
    struct str posted = http_form(req, "client_id");
    bool same = posted.ptr == NULL || str_eq(posted, buf_str(&id));
    buf_done(&id);
    if (client == NULL || client->auth != CLIENT_AUTH_PRIVATE_KEY_JWT || !same)
        return denied(req, STR(""), "assertion of no known client");
    e = verify_assertion(client, req, assertion);
    if (err_class_of(e) == ERR_CLASS_CALLER || err_class_of(e) == ERR_CLASS_DENIED)
        return denied(req, client->id, err_name(e));
    TRY(e);
    *out = client;
    return ERR(OK);
}

err_t client_authenticate(const struct view *v, struct http_request *req, const struct client **out)
{
    struct str header = http_header(req, "Authorization");
    struct str assertion = http_form(req, "client_assertion");
    struct str scheme;
    if (http_form(req, "client_secret").ptr != NULL)
        return denied(req, http_form(req, "client_id"), "client_secret_post is not offered");
    if ((header.ptr != NULL) == (assertion.ptr != NULL))
        return denied(req, http_form(req, "client_id"), "exactly one method must be used");
    if (assertion.ptr != NULL)
        return by_assertion(v, req, assertion, out);
    if (!str_cut(&header, ' ', &scheme) || !str_eq_ignore_case(scheme, STR("Basic")))
        return denied(req, STR(""), "not Basic");
    return by_secret(v, req, header, out);
}
