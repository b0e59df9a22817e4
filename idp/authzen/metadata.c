/* metadata.c - /.well-known/authzen-configuration (Authorization API 1.0, metadata). */
#include "authzen/authzen.h"

#include "base/buf.h"
#include "base/jsonw.h"
#include "people/people.h"

enum { METADATA_MAX = 4096, CACHE_S = 3600 };

static const struct {
    const char *member, *path;
} endpoints[] = {
    { "access_evaluation_endpoint", "/access/v1/evaluation" },
    { "access_evaluations_endpoint", "/access/v1/evaluations" },
    { "search_subject_endpoint", "/access/v1/search/subject" },
    { "search_resource_endpoint", "/access/v1/search/resource" },
    { "search_action_endpoint", "/access/v1/search/action" },
};

err_t authzen_metadata(struct http_request *req, struct http_response *resp)
{
    const struct service *svc = req->app;
    struct buf b;
    struct str body, url;
    err_t e = ERR(OK);
    buf_init(&b, METADATA_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "policy_decision_point", svc->issuer);
    for (size_t i = 0; i < COUNT(endpoints) && err_ok(e); i++) {
        e = arena_printf(req->arena, &url, "%.*s%s", STR_ARG(svc->issuer), endpoints[i].path);
        if (err_ok(e))
            jsonw_str(&b, endpoints[i].member, url);
    }
    jsonw_close(&b, '}');
    if (err_ok(e))
        e = buf_err(&b);
    if (err_ok(e))
        e = arena_str(req->arena, buf_str(&b), &body);
    buf_done(&b);
    TRY(e);
    http_response_json(resp, 200, body);
    http_response_cacheable(resp, CACHE_S);
    return ERR(OK);
}
