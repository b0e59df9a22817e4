#include "base/clock.h"
#include "base/log.h"
#include "http/internal.h"

#include <stdio.h>
#include <string.h>

/* What programs are told. RFC 6749 section 5.2 and 4.1.2.1 for the codes they define. */
static const struct {
    int status;
    const char *code, *text;
} errors[] = {
    { 400, "invalid_request", "The request is malformed." },
    { 403, "access_denied", "The request is refused." },
    { 404, "not_found", "There is nothing at this address." },
    { 405, "method_not_allowed", "This method cannot be used here." },
    { 409, "conflict", "The request conflicts with the present state." },
    { 413, "too_large", "The body is larger than this address takes." },
    { 415, "unsupported_media_type", "The media type of the body is not the one expected here." },
    { 429, "slow_down", "Too many requests: try again later." },
    { 431, "headers_too_large", "The header fields are too many or too long." },
    { 500, "server_error", "The server could not handle the request." },
    { 503, "temporarily_unavailable", "Try again in a moment." },
};

int http_status_of(err_t why)
{
    switch (why.code) {
    case ERR_NOT_FOUND:
        return MHD_HTTP_NOT_FOUND;
    case ERR_CONFLICT:
        return MHD_HTTP_CONFLICT;
    case ERR_TOO_LARGE:
        return MHD_HTTP_CONTENT_TOO_LARGE;
    case ERR_THROTTLED:
        return MHD_HTTP_TOO_MANY_REQUESTS;
    default:
        break;
    }
    switch (err_class_of(why)) {
    case ERR_CLASS_CALLER:
        return MHD_HTTP_BAD_REQUEST;
    case ERR_CLASS_DENIED:
        return MHD_HTTP_FORBIDDEN;
    case ERR_CLASS_UNAVAILABLE:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    case ERR_CLASS_INTERNAL:
    case ERR_CLASS_SUCCESS:
        break;
    }
    return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

/* An address we do not know has no audience: a browser says that it wants HTML, a program rarely. */
static bool wants_page(const struct http_request *req)
{
    if (req->route != NULL)
        return (req->route->flags & HTTP_API) == 0;
    struct str accept = http_header(req, "accept"), part;
    while (str_next(&accept, ',', &part))
        if (str_starts(str_trim(part), STR("text/html")))
            return true;
    return false;
}

static void error_json(struct http_response *resp, int status)
{
    size_t i = 0;
    while (i + 1 < COUNT(errors) && errors[i].status != status)
        i++;
    if (errors[i].status != status)
        i = status < 500 ? 0 : COUNT(errors) - 2;
    http_response_json_error(resp, status, errors[i].code, errors[i].text);
}

static void error_page(struct exchange *x, int status, err_t why)
{
    http_error_page *draw = x->server->site.error_page;
    if (draw != NULL && err_ok(draw(&x->req, status, why, &x->resp)) && err_ok(x->resp.err)) {
        x->resp.status = status;
        return;
    }
    response_reset(&x->resp);
    http_response_text(&x->resp, status, STR("Erreur / Error\n"));
}

void answer_error(struct exchange *x, int status, err_t why)
{
    unsigned retry_after = x->resp.retry_after;
    response_reset(&x->resp);
    if (wants_page(&x->req))
        error_page(x, status, why);
    else
        error_json(&x->resp, status);
    if (!err_ok(x->resp.err)) { /* no memory for more */
        response_reset(&x->resp);
        http_response_text(&x->resp, status, STR("Erreur / Error\n"));
    }
    x->resp.retry_after = retry_after;
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE && retry_after == 0)
        x->resp.retry_after = RETRY_AFTER_DEFAULT;
}

void answer_refusal(struct exchange *x)
{
    char allow[ROUTER_ALLOW_LEN];
    if (x->refused == MHD_HTTP_NO_CONTENT)
        http_response_text(&x->resp, x->refused, STR(""));
    else
        answer_error(x, x->refused, x->why);
    if (x->refused == MHD_HTTP_NO_CONTENT || x->refused == MHD_HTTP_METHOD_NOT_ALLOWED) {
        router_allow(x->allowed, allow);
        http_response_header(&x->resp, "Allow", str_of(allow));
    }
}

static void log_failure(const struct exchange *x, err_t why)
{
    enum err_class class = err_class_of(why);
    enum log_level level = class == ERR_CLASS_INTERNAL      ? LOG_ERROR
                           : class == ERR_CLASS_UNAVAILABLE ? LOG_WARNING
                                                            : LOG_DEBUG;
    log_event(level, "http.failed", LOG_TEXT("path", x->req.route->path), LOG_ERR(why),
              LOG_TEXT("peer", x->req.peer.text));
}

void answer_run(struct exchange *x)
{
    err_t e = x->req.route->handler(&x->req, &x->resp);
    if (err_ok(e) && x->resp.later) {
        if (!x->req.on_worker)
            return;
        e = ERR(BUG);
    }
    if (err_ok(e) && !err_ok(x->resp.err)) /* an answer that cannot be written is our fault */
        e = x->resp.err.code == ERR_NO_MEMORY ? ERR(NO_MEMORY) : ERR(BUG);
    if (err_ok(e) && (x->resp.status < 200 || x->resp.status > 599))
        e = ERR(BUG);
    if (err_ok(e))
        return;
    log_failure(x, e);
    answer_error(x, http_status_of(e), e);
}

/* ---- to the library ---- */

static bool add(struct MHD_Response *r, const char *name, const char *value)
{
    return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool add_csp(struct MHD_Response *r, const struct http_response *resp)
{
    static const char start[] = "default-src 'none'; style-src 'self'; img-src 'self' data:; "
                                "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    struct buf b;
    if (resp->form_actions == NULL)
        return add(r, "Content-Security-Policy", start);
    buf_init(&b, 4096);
    buf_add(&b, str_from(start, sizeof start - 1));
    for (const struct http_header_node *n = resp->form_actions; n != NULL; n = n->next) {
        buf_add_char(&b, ' ');
        buf_add(&b, str_of(n->value));
    }
    buf_add_char(&b, '\0');
    bool ok = err_ok(buf_err(&b)) && add(r, "Content-Security-Policy", b.ptr);
    buf_done(&b);
    return ok;
}

/* RFC 6797 section 8.3 keeps addresses out; "localhost" is shared by every program on a desk. */
static bool is_local(struct str host)
{
    struct str name = host;
    (void)str_cut_last(&name, ':', &host);
    return str_eq_ignore_case(name, STR("localhost")) || str_eq(name, STR("127.0.0.1")) ||
           str_eq(name, STR("[::1]"));
}

static bool add_number(struct MHD_Response *r, const char *name, const char *before, int64_t n)
{
    char text[48];
    (void)snprintf(text, sizeof text, "%s%lld", before, (long long)n);
    return add(r, name, text);
}

static bool add_cache(struct MHD_Response *r, const struct http_response *resp)
{
    if (resp->cache_s <= 0 || resp->status >= MHD_HTTP_BAD_REQUEST)
        return add(r, "Cache-Control", "no-store");
    return add_number(r, "Cache-Control", "public, max-age=", resp->cache_s);
}

static bool add_security(struct MHD_Response *r, const struct exchange *x)
{
    const char *hsts = x->server->hsts;
    return add_csp(r, &x->resp) && add(r, "X-Content-Type-Options", "nosniff") &&
           add(r, "Referrer-Policy", "no-referrer") &&
           add(r, "Cross-Origin-Opener-Policy", "same-origin") && add_cache(r, &x->resp) &&
           (hsts[0] == '\0' || is_local(http_header(&x->req, "host")) ||
            add(r, "Strict-Transport-Security", hsts));
}

static bool add_request_id(struct MHD_Response *r, const struct http_request *req)
{
    char text[REQUEST_ID_MAX + 1];
    struct str id = http_header(req, "X-Request-ID");
    if (req->route == NULL || (req->route->flags & HTTP_REQUEST_ID) == 0 || id.len == 0 ||
        id.len > REQUEST_ID_MAX || !str_is_printable(id))
        return true;
    memcpy(text, id.ptr, id.len);
    text[id.len] = '\0';
    return add(r, "X-Request-ID", text);
}

static bool add_all(struct MHD_Response *r, const struct exchange *x)
{
    const struct http_response *resp = &x->resp;
    bool ok = add_security(r, x) && add_request_id(r, &x->req);
    if (resp->content_type != NULL && resp->body.len > 0)
        ok = ok && add(r, "Content-Type", resp->content_type);
    for (const struct http_header_node *n = resp->headers; n != NULL; n = n->next)
        ok = ok && add(r, n->name, n->value);
    if (resp->retry_after != 0 && (resp->status == MHD_HTTP_SERVICE_UNAVAILABLE ||
                                   resp->status == MHD_HTTP_TOO_MANY_REQUESTS))
        ok = ok && add_number(r, "Retry-After", "", resp->retry_after);
    if (atomic_load(&x->server->stopping))
        ok = ok && add(r, "Connection", "close");
    return ok;
}

/* The library's parameter is not const but the bytes are only read (MHD_RESPMEM_PERSISTENT). */
static struct MHD_Response *wrap(struct str body)
{
    void *bytes = NULL;
    memcpy(&bytes, &body.ptr, sizeof bytes);
    return MHD_create_response_from_buffer(body.len, bytes, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result answer_send(struct exchange *x)
{
    struct MHD_Response *r = wrap(x->resp.body);
    if (r == NULL)
        return MHD_NO;
    enum MHD_Result queued = MHD_NO;
    watch_deadline(x->watch, x->server->answer_ms);
    x->stage = STAGE_ANSWERED;
    if (add_all(r, x))
        queued = MHD_queue_response(x->conn, (unsigned)x->resp.status, r);
    MHD_destroy_response(r);
    return queued;
}
