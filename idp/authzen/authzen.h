/* authzen.h - OpenID AuthZEN Authorization API 1.0: may this person do this, there? (docs/authzen.md)
 *
 *   POST /access/v1/evaluation, /evaluations, /search/subject|resource|action
 *   POST /access/v1/explain                   ours: every pair with its verdict, and what would help
 *   GET  /.well-known/authzen-configuration
 *
 * Called by applications with an access token of their own (RFC 6749 section 4.4, scope `authzen`).
 * Decided in memory on the event thread; a worker takes over when something must be read or must be
 * journalled before the answer leaves.
 */
#ifndef AUTHZEN_AUTHZEN_H
#define AUTHZEN_AUTHZEN_H

#include "http/http.h"
#include "service.h"

extern const struct http_route authzen_routes[];
extern const size_t authzen_route_count;

struct authzen; /* opaque: tokens seen, decisions on their way to the journal */

/* Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t authzen_open(struct service *svc, struct authzen **out);
/* Before state_close(): what is on its way to the journal gets there. NULL is fine. */
void authzen_close(struct authzen *z);

http_handler authzen_evaluation, authzen_evaluations, authzen_search_subject,
    authzen_search_resource, authzen_search_action, authzen_explain, authzen_metadata;

#endif
