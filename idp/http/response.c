#include "base/buf.h"
#include "http/cookie.h"
#include "http/internal.h"

#include <jansson.h>
#include <string.h>

static void fail(struct http_response *resp, err_t e)
{
    if (err_ok(resp->err))
        resp->err = e;
}

void response_init(struct http_response *resp, struct http_request *req)
{
    *resp = (struct http_response){ .status = MHD_HTTP_OK, .err = ERR(OK), .req = req };
    resp->headers_end = &resp->headers;
}

void response_reset(struct http_response *resp) { response_init(resp, resp->req); }

static void body(struct http_response *resp, int status, const char *type, struct str text)
{
    resp->status = status;
    resp->content_type = type;
    resp->body = text;
}

void http_response_html(struct http_response *resp, int status, struct str html)
{
    body(resp, status, "text/html; charset=utf-8", html);
}

void http_response_text(struct http_response *resp, int status, struct str text)
{
    body(resp, status, "text/plain; charset=utf-8", text);
}

void http_response_json(struct http_response *resp, int status, struct str json)
{
    body(resp, status, "application/json", json);
}

void http_response_json_value(struct http_response *resp, int status, const struct json_t *value)
{
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT);
    char *text = len == 0 ? NULL : arena_alloc(resp->req->arena, len);
    if (text == NULL || json_dumpb(value, text, len, JSON_COMPACT) != len)
        fail(resp, ERR(NO_MEMORY));
    else
        http_response_json(resp, status, str_from(text, len));
}

void http_response_json_error(struct http_response *resp, int status, const char *code,
                              const char *text)
{
    json_t *value = text == NULL ? json_pack("{s:s}", "error", code)
                                 : json_pack("{s:s,s:s}", "error", code, "error_description", text);
    if (value == NULL)
        fail(resp, ERR(NO_MEMORY));
    else
        http_response_json_value(resp, status, value);
    json_decref(value);
}

/* ---- headers ---- */

static bool header_value_ok(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7E)
            return false;
    return true;
}

static struct http_header_node *node(struct http_response *resp, const char *name, struct str value)
{
    struct http_header_node *n = arena_alloc(resp->req->arena, sizeof *n);
    if (n == NULL || !err_ok(arena_cstr(resp->req->arena, value, &n->value))) {
        fail(resp, ERR(NO_MEMORY));
        return NULL;
    }
    n->name = name;
    return n;
}

void http_response_header(struct http_response *resp, const char *name, struct str value)
{
    if (!header_value_ok(value)) {
        fail(resp, ERR(MALFORMED));
        return;
    }
    struct http_header_node *n = node(resp, name, value);
    if (n == NULL)
        return;
    *resp->headers_end = n;
    resp->headers_end = &n->next;
}

void http_response_later(struct http_response *resp) { resp->later = true; }

void http_response_cacheable(struct http_response *resp, int64_t seconds)
{
    resp->cache_s = seconds;
}

void http_response_redirect(struct http_response *resp, struct str uri)
{
    if (uri.len == 0 || str_has_char(uri, ' ')) {
        fail(resp, ERR(MALFORMED));
        return;
    }
    http_response_header(resp, "Location", uri);
    body(resp, MHD_HTTP_SEE_OTHER, NULL, STR(""));
}

void http_response_cookie(struct http_response *resp, const char *name, struct str value,
                          int64_t max_age, enum http_same_site same_site)
{
    struct str text, life = STR("");
    if (!cookie_is_ours(str_of(name)) || !cookie_name_ok(str_of(name)) || !cookie_value_ok(value)) {
        fail(resp, ERR(BUG));
        return;
    }
    err_t e = ERR(OK);
    if (max_age >= 0)
        e = arena_printf(resp->req->arena, &life, "; Max-Age=%lld", (long long)max_age);
    if (err_ok(e))
        e = arena_printf(resp->req->arena, &text,
                         "%s=%.*s; Path=/; Secure; HttpOnly; SameSite=%s%.*s", name, STR_ARG(value),
                         same_site == HTTP_STRICT ? "Strict" : "Lax", STR_ARG(life));
    if (err_ok(e))
        http_response_header(resp, "Set-Cookie", text);
    else
        fail(resp, e);
}

/* ---- form-action ---- */

static bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool only(struct str s, const char *more)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alpha(s.ptr[i]) && !is_digit(s.ptr[i]) && !str_has_char(str_of(more), s.ptr[i]))
            return false;
    return s.len > 0;
}

/* CSP 3 section 2.3.1: host-source has names and IPv4 addresses only; what it cannot spell (an IPv6
 * address, no host at all) is allowed by its scheme. */
static bool csp_source(struct str uri, struct str *out)
{
    struct str rest = uri, scheme, authority;
    if (!str_cut(&rest, ':', &scheme) || scheme.len == 0 || !is_alpha(scheme.ptr[0]) ||
        !only(scheme, "+-."))
        return false;
    *out = str_from(uri.ptr, scheme.len + 1);
    if (!str_starts(rest, STR("//")))
        return true;
    authority = str_from(rest.ptr + 2, rest.len - 2);
    size_t n = 0;
    while (n < authority.len && !str_has_char(STR("/?#"), authority.ptr[n]))
        n++;
    authority.len = n;
    if (only(authority, "-.:"))
        *out = str_from(uri.ptr, scheme.len + 3 + authority.len);
    return authority.len == 0 || authority.ptr[0] == '[' || only(authority, "-.:");
}

void http_response_form_action(struct http_response *resp, struct str uri)
{
    struct str source;
    if (!csp_source(uri, &source)) {
        fail(resp, ERR(MALFORMED));
        return;
    }
    struct http_header_node *n = node(resp, NULL, source);
    if (n == NULL)
        return;
    n->next = resp->form_actions;
    resp->form_actions = n;
}
