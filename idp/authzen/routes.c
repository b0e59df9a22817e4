#include "authzen/query.h"

#include <stdlib.h>

/* The media type of a body is looked at by query_run(): a wrong one is 400 here. */
#define ROUTE(path, handler, where, max)                                                   \
    {                                                                                      \
        HTTP_POST, path, handler, (where) | HTTP_API | HTTP_REQUEST_ID, HTTP_BODY_RAW, max \
    }

enum { ONE_MAX = 64 * 1024, ALL_MAX = HTTP_BODY_LIMIT };

const struct http_route authzen_routes[] = {
    ROUTE("/access/v1/evaluation", authzen_evaluation, HTTP_INLINE, ONE_MAX),
    ROUTE("/access/v1/evaluations", authzen_evaluations, HTTP_INLINE, ALL_MAX),
    /* milliseconds of looking at everybody: not on the event thread */
    ROUTE("/access/v1/search/subject", authzen_search_subject, HTTP_WORKER, ONE_MAX),
    ROUTE("/access/v1/search/resource", authzen_search_resource, HTTP_INLINE, ONE_MAX),
    ROUTE("/access/v1/search/action", authzen_search_action, HTTP_INLINE, ONE_MAX),
    ROUTE("/access/v1/explain", authzen_explain, HTTP_WORKER, ONE_MAX),
    { HTTP_GET, "/.well-known/authzen-configuration", authzen_metadata,
      HTTP_INLINE | HTTP_API | HTTP_REQUEST_ID, HTTP_BODY_NONE, 0 },
};
const size_t authzen_route_count = sizeof authzen_routes / sizeof authzen_routes[0];

err_t authzen_open(struct service *svc, struct authzen **out)
{
    struct authzen *z = calloc(1, sizeof *z);
    if (z == NULL)
        return ERR(NO_MEMORY);
    err_t e = bearer_cache_new(&z->bearers);
    if (err_ok(e))
        e = decision_log_new(svc->state, &z->log);
    if (!err_ok(e)) {
        authzen_close(z);
        return e;
    }
    *out = z;
    return ERR(OK);
}

void authzen_close(struct authzen *z)
{
    if (z == NULL)
        return;
    decision_log_free(z->log);
    bearer_cache_free(z->bearers);
    free(z);
}
