/* ask.c - the server's own answer, for what a token cannot tell (OpenID AuthZEN Authorization API 1.0
 * section 6; who asks: RFC 6749 section 4.4). */
#include "base/clock.h"
#include "base/jsonw.h"
#include "base/secret.h"
#include "client/client.h"
#include "http/form.h"
#include "token/json.h"

#include <stdlib.h>
#include <string.h>

enum {
    FORM_MAX = 16 * 1024,
    BODY_MAX = 64 * 1024,
    ANSWER_MAX = 64 * 1024,
    URL_MAX = 2048,
    EARLY_S = 10,  /* a token this near its end is not used any more */
    LIFE_MAX = 300 /* seconds that a token is kept, whatever the server says */
};

/* ---- in whose name ---- */

static err_t read_token(struct habilis *h, const struct http_result *r, int64_t now)
{
    json_t *answer = NULL;
    struct str token;
    TRY(json_read(buf_str(&r->body), ANSWER_MAX, &answer));
    const json_t *life = json_object_get(answer, "expires_in");
    json_int_t seconds = json_is_integer(life) ? json_integer_value(life) : 0;
    err_t e =
        json_text(answer, "access_token", &token) && token.len > 0 ? ERR(OK) : ERR(PEER_BAD_ANSWER);
    if (err_ok(e)) {
        h->own_token = strndup(token.ptr, token.len);
        h->own_expires = now + (seconds > 0 && seconds < LIFE_MAX ? seconds : LIFE_MAX);
        e = h->own_token != NULL ? ERR(OK) : ERR(NO_MEMORY);
    }
    json_decref(answer);
    return e;
}

static err_t fetch_token(struct habilis *h, int64_t now)
{
    struct buf form;
    struct http_result r;
    buf_init(&form, FORM_MAX);
    form_put(&form, STR("grant_type"), STR("client_credentials"));
    form_put(&form, STR("scope"), STR("authzen"));
    err_t e = token_request(h, &form, &r);
    buf_done(&form);
    TRY(e);
    if (r.status == 200)
        e = read_token(h, &r, now);
    else
        e = r.status >= 500 ? ERR(PEER_DOWN) : ERR(DENIED);
    buf_done(&r.body);
    return err_class_of(e) == ERR_CLASS_CALLER ? ERR(PEER_BAD_ANSWER) : e;
}

/* A copy of the token that is alive, for the caller to free. */
static err_t own_token(struct habilis *h, char **out)
{
    int64_t now = clock_now();
    err_t e = ERR(OK);
    pthread_mutex_lock(&h->own_lock);
    if (h->own_token == NULL || h->own_expires <= now + EARLY_S) {
        habilis_free(h->own_token);
        h->own_token = NULL;
        e = fetch_token(h, now);
    }
    if (err_ok(e)) {
        *out = strdup(h->own_token);
        e = *out != NULL ? ERR(OK) : ERR(NO_MEMORY);
    }
    pthread_mutex_unlock(&h->own_lock);
    return e;
}

/* The server does not take it any more (its keys changed): the next one is fetched. */
static void drop_token(struct habilis *h, const char *token)
{
    pthread_mutex_lock(&h->own_lock);
    if (h->own_token != NULL && strcmp(h->own_token, token) == 0)
        h->own_expires = 0;
    pthread_mutex_unlock(&h->own_lock);
}

/* ---- the question ---- */

static void put(struct buf *b, const char *key, const char *text)
{
    if (text != NULL)
        jsonw_str(b, key, str_of(text));
}

static void put_true(struct buf *b, const char *key, int said)
{
    if (said == 1)
        jsonw_bool(b, key, true);
}

static void write_question(const struct habilis_session *s, const struct habilis_question *q,
                           const char *instance, struct buf *b)
{
    jsonw_open(b, NULL, '{');
    jsonw_open(b, "subject", '{');
    put(b, "type", "person");
    put(b, "id", s->text[HABILIS_SUBJECT]);
    jsonw_close(b, '}');
    jsonw_open(b, "action", '{');
    put(b, "name", q->action);
    jsonw_close(b, '}');
    jsonw_open(b, "resource", '{');
    put(b, "type", q->resource);
    put(b, "id", instance != NULL ? instance : q->resource);
    jsonw_open(b, "properties", '{');
    put(b, "structure", q->structure);
    put(b, "owner", q->owner);
    jsonw_close(b, '}');
    jsonw_close(b, '}');
    jsonw_open(b, "context", '{');
    jsonw_str_if(b, "sid", str_of(s->text[HABILIS_SESSION_ID]));
    put(b, "motif", q->motif);
    put_true(b, "urgence", q->urgence);
    put_true(b, "presence_physique", q->presence_physique);
    put_true(b, "supervise", q->supervise);
    jsonw_close(b, '}');
    jsonw_close(b, '}');
    buf_add_char(b, '\0');
}

static err_t post(struct habilis *h, const char *body, const char *token, struct http_result *r)
{
    struct buf url;
    buf_init(&url, URL_MAX);
    buf_add(&url, provider_issuer(h->provider));
    buf_add(&url, STR("/access/v1/evaluation"));
    buf_add_char(&url, '\0');
    err_t e = buf_err(&url);
    const struct http_call call = {
        .url = url.ptr, .json = body, .bearer = token, .body_max = ANSWER_MAX
    };
    if (err_ok(e))
        e = http_client_call(h->http, &call, r);
    buf_done(&url);
    return e.code == ERR_MALFORMED ? ERR(PEER_BAD_ANSWER) : e;
}

/* Once more with a new token when the first is refused. */
static err_t call_server(struct habilis *h, const char *body, struct http_result *r)
{
    for (int tries = 0;; tries++) {
        char *token = NULL;
        TRY(own_token(h, &token));
        err_t e = post(h, body, token, r);
        bool again = err_ok(e) && r->status == 401 && tries == 0;
        if (again) {
            drop_token(h, token);
            buf_done(&r->body);
        }
        habilis_free(token);
        if (!again)
            return e;
    }
}

/* ---- the answer ---- */

/* Names with spaces between; false when one is no name, or they do not all fit: an obligation that is
 * not told is not honoured. */
static bool read_names(const json_t *list, bool objects, char *out, size_t cap)
{
    size_t n = 0, i = 0;
    const json_t *item = NULL;
    if (list != NULL && !json_is_array(list))
        return false;
    json_array_foreach(list, i, item)
    {
        const json_t *value = objects ? json_object_get(item, "id") : item;
        struct str name = str_from(json_string_value(value), json_string_length(value));
        if (!json_is_string(value) || !access_is_name(name) || n + name.len + 2 > cap)
            return false;
        if (i > 0)
            out[n++] = ' ';
        memcpy(out + n, name.ptr, name.len);
        n += name.len;
    }
    out[n] = '\0';
    return true;
}

/* The static name of a reason that we know. */
static const char *reason_of(const json_t *context)
{
    struct str said;
    if (json_text(context, "reason", &said))
        for (int r = ACCESS_UNKNOWN; r <= ACCESS_OK; r++)
            if (str_eq(said, str_of(access_reason_name((enum access_reason)r))))
                return access_reason_name((enum access_reason)r);
    return "no_grant";
}

static void refuse(const char *reason, struct habilis_answer *out)
{
    *out = (struct habilis_answer){ .effect = HABILIS_DENY,
                                    .reason = reason,
                                    .text_fr = "Le service d'habilitation refuse cet accès.",
                                    .text_en = "The authorization service refuses this access.",
                                    .acr_values = "" };
}

static void read_refusal(const json_t *context, struct habilis_answer *out)
{
    struct str unused;
    refuse(reason_of(context), out);
    if (strcmp(out->reason, "step_up") == 0) {
        out->effect = HABILIS_STEP_UP;
        out->acr_values = json_text(context, "amr_values", &unused) ? "eidas3" : "eidas2";
    }
    if (!read_names(json_object_get(context, "missing"), false, out->missing, sizeof out->missing))
        out->missing[0] = '\0';
}

static err_t read_decision(const json_t *answer, struct habilis_answer *out)
{
    const json_t *decision = json_object_get(answer, "decision");
    const json_t *context = json_object_get(answer, "context");
    if (!json_is_boolean(decision) || (context != NULL && !json_is_object(context)))
        return ERR(PEER_BAD_ANSWER);
    if (json_is_false(decision)) {
        read_refusal(context, out);
        return ERR(OK);
    }
    if (!read_names(json_object_get(context, "obligations"), true, out->obligations,
                    sizeof out->obligations))
        return ERR(PEER_BAD_ANSWER);
    out->effect = HABILIS_PERMIT;
    out->reason = "ok";
    out->text_fr = "Autorisé.";
    out->text_en = "Permitted.";
    return ERR(OK);
}

static err_t read_answer(const struct http_result *r, struct habilis_answer *out)
{
    json_t *answer = NULL;
    if (r->status != 200)
        return r->status >= 500 ? ERR(PEER_DOWN) : ERR(DENIED);
    err_t e = json_read(buf_str(&r->body), ANSWER_MAX, &answer);
    if (err_ok(e))
        e = read_decision(answer, out);
    json_decref(answer);
    return err_class_of(e) == ERR_CLASS_CALLER ? ERR(PEER_BAD_ANSWER) : e;
}

static err_t ask(struct habilis *h, const struct habilis_session *s,
                 const struct habilis_question *q, const char *instance, struct habilis_answer *out)
{
    struct buf body;
    struct http_result r;
    buf_init(&body, BODY_MAX);
    write_question(s, q, instance, &body);
    err_t e = buf_err(&body);
    if (err_ok(e))
        e = call_server(h, body.ptr, &r);
    buf_done(&body);
    TRY(e);
    e = read_answer(&r, out);
    buf_done(&r.body);
    return e;
}

enum habilis_status habilis_ask(struct habilis *h, const struct habilis_session *s,
                                const struct habilis_question *q, const char *instance,
                                struct habilis_answer *out)
{
    if (out == NULL)
        return HABILIS_MISUSE;
    refuse("unset", out);
    if (h == NULL || s == NULL || q == NULL || q->size != sizeof *q || q->resource == NULL ||
        q->action == NULL)
        return HABILIS_MISUSE;
    err_t e = ask(h, s, q, instance, out);
    if (!err_ok(e))
        refuse("unset", out);
    return status_of(e);
}
