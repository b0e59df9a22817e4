/* metrics.h - what the service counts, in the text format of Prometheus (version 0.0.4).
 *
 * Served on a listener of its own (metrics.address), without TLS: for a loopback address or one that
 * only the monitoring reaches. No label and no value tells anything of a person.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "http/http.h"
#include "service.h"

/* What the metrics handler gets as its app; both outlive it. */
struct metrics_source {
    struct service *service;
    struct http_server *server; /* whose requests are counted */
};

NODISCARD err_t metrics_get(struct http_request *req, struct http_response *resp);

#endif
