#include "web/call.h"

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/secret.h"
#include "journal/journal.h"
#include "pages/pages.h"
#include "state/flow.h"
#include "state/state.h"
#include "token/hash.h"

#include <string.h>

json_t *call_json(struct str s) { return json_stringn(s.len == 0 ? "" : s.ptr, s.len); }

void call_put(json_t *data, const char *key, struct str s)
{
    if (s.len > 0)
        json_object_set_new(data, key, call_json(s));
}

void uri_add(struct buf *uri, const char *key, struct str value)
{
    buf_add_char(uri, str_has_char(buf_str(uri), '?') ? '&' : '?');
    buf_add(uri, str_of(key));
    buf_add_char(uri, '=');
    url_part(uri, value);
}

/* ---- language ---- */

static enum lang language_of(const struct http_request *req)
{
    enum lang lang = req->lang == HTTP_EN ? LANG_EN : LANG_FR;
    struct str chosen = http_cookie(req, COOKIE_LANGUAGE);
    enum lang wanted = lang;
    return lang_parse(chosen, &wanted) ? wanted : lang;
}

/* ---- the session ---- */

struct find {
    struct call *call;
    struct str cookie;
};

static err_t find_job(struct state_tx *tx, void *arg)
{
    struct find *f = arg;
    return session_find(tx, f->call->arena, f->cookie, f->call->now, &f->call->session);
}

static err_t touch_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    return session_touch(tx, c->session.id, c->now);
}

static err_t find_session(struct call *c)
{
    struct find f = { c, http_cookie(c->req, COOKIE_SESSION) };
    if (f.cookie.len == 0)
        return ERR(OK);
    err_t e = state_read(c->svc->state, find_job, &f);
    if (e.code == ERR_NOT_FOUND)
        return ERR(OK);
    TRY(e);
    c->signed_in = true;
    if (!session_touch_due(&c->session, c->now))
        return ERR(OK);
    e = state_write(c->svc->state, touch_job, c);
    if (e.code == ERR_NOT_FOUND) { /* ended meanwhile */
        c->signed_in = false;
        return ERR(OK);
    }
    return e;
}

void call_set_session_cookie(struct call *c, const struct handle *cookie)
{
    http_response_cookie(c->resp, COOKIE_SESSION, handle_str(cookie), -1, HTTP_LAX);
}

static err_t sign_out_job(struct state_tx *tx, void *arg)
{
    struct call *c = arg;
    struct journal_entry entry = { .event = JOURNAL_SESSION_ENDED,
                                   .at_ms = clock_now_ms(),
                                   .actor = c->session.person,
                                   .session = c->session.sid,
                                   .network = str_of(c->req->peer.network),
                                   .data = JOURNAL_DATA({ "reason", STR_INIT("sign_out") }) };
    TRY(flow_leave(tx, http_cookie(c->req, COOKIE_BROWSER), STR("")));
    err_t e = session_end(tx, c->session.id);
    return err_ok(e) ? journal_append(tx, &entry) : e.code == ERR_NOT_FOUND ? ERR(OK) : e;
}

err_t call_end_session(struct call *c)
{
    TRY(state_write(c->svc->state, sign_out_job, c));
    http_response_cookie(c->resp, COOKIE_SESSION, STR(""), 0, HTTP_LAX);
    c->signed_in = false;
    return ERR(OK);
}

err_t call_csrf(struct call *c, char out[CALL_CSRF_LEN + 1])
{
    unsigned char mac[SHA256_LEN];
    if (!c->signed_in)
        return ERR(BUG);
    struct str key = str_from((const char *)c->svc->csrf_key, SERVICE_CSRF_KEY_LEN);
    TRY(hmac_sha256(key, http_cookie(c->req, COOKIE_SESSION), mac));
    base64url_encode(out, mac, sizeof mac);
    out[CALL_CSRF_LEN] = '\0';
    wipe(mac, sizeof mac);
    return ERR(OK);
}

bool call_csrf_ok(struct call *c, struct str token)
{
    char want[CALL_CSRF_LEN + 1];
    return c->signed_in && err_ok(call_csrf(c, want)) &&
           ct_str_equal(token, str_from(want, CALL_CSRF_LEN));
}

/* ---- answers ---- */

void call_redirect(struct call *c, struct str uri) { http_response_redirect(c->resp, uri); }

/* The address of this page, for the language switch: only what a GET may open again. */
static void put_here(const struct http_request *req, json_t *data)
{
    struct buf here;
    if (req->method != HTTP_GET || req->path.len == 0)
        return;
    buf_init(&here, 4096);
    buf_add(&here, req->path);
    for (size_t i = 0; i < req->query.count; i++) {
        struct str name = req->query.fields[i].name;
        buf_add_char(&here, i == 0 ? '?' : '&');
        url_part(&here, name);
        buf_add_char(&here, '=');
        url_part(&here, req->query.fields[i].value);
    }
    if (err_ok(buf_err(&here)))
        call_put(data, "here", buf_str(&here));
    buf_done(&here);
}

static err_t render(struct service *svc, enum lang lang, struct http_response *resp, int status,
                    const char *name, const json_t *data)
{
    struct buf html;
    struct str body;
    buf_init(&html, PAGE_MAX);
    err_t e = pages_render(svc->pages, lang, name, data, &html);
    if (err_ok(e))
        e = arena_str(resp->req->arena, buf_str(&html), &body);
    buf_done(&html);
    TRY(e);
    http_response_html(resp, status, body);
    return ERR(OK);
}

err_t call_page(struct call *c, int status, const char *name, json_t *data)
{
    if (data == NULL)
        return ERR(NO_MEMORY);
    put_here(c->req, data);
    err_t e = render(c->svc, c->lang, c->resp, status, name, data);
    json_decref(data);
    return e;
}

/* What a person and the one she telephones can both read out. */
static void request_id(char out[9])
{
    unsigned char id[4];
    rng_fill(id, sizeof id);
    hex_encode(out, id, sizeof id);
    out[8] = '\0';
}

static json_t *problem_data(int status, const char *detail, char id[9])
{
    json_t *data = json_pack("{s:s, s:i}", "request_id", id, "status", status);
    if (detail != NULL)
        call_put(data, "detail", str_of(detail));
    return data;
}

err_t call_error_page(struct http_request *req, int status, err_t why, struct http_response *resp)
{
    char id[9];
    struct service *svc = req->app;
    const char *page = status == 503 ? "unavailable" : "error";
    request_id(id);
    json_t *data = problem_data(status, NULL, id);
    if (data == NULL)
        return ERR(NO_MEMORY);
    if (status >= 500)
        log_event(LOG_WARNING, "request.failed", LOG_ERR(why), LOG_STR("path", req->path),
                  LOG_TEXT("request_id", id));
    if (status == 503 && req->method == HTTP_GET)
        put_here(req, data);
    err_t e = render(svc, language_of(req), resp, status, page, data);
    json_decref(data);
    return e;
}

err_t call_problem(struct call *c, int status, const char *detail)
{
    char id[9];
    request_id(id);
    return call_page(c, status, "error", problem_data(status, detail, id));
}

err_t call_run(struct http_request *req, struct http_response *resp, call_fn *fn)
{
    struct call c = { .svc = req->app,
                      .req = req,
                      .resp = resp,
                      .arena = req->arena,
                      .lang = language_of(req),
                      .now = req->now };
    TRY(find_session(&c));
    c.view = registry_take(c.svc->registry);
    err_t e = fn(&c);
    registry_give(c.svc->registry, c.view);
    return e;
}
