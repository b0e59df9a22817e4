/* serve.c - the listeners: which routes there are, with which limits. */
#include "serve.h"

#include "authzen/authzen.h"
#include "base/log.h"
#include "config/config.h"
#include "glass/glass.h"
#include "home/home.h"
#include "http/http.h"
#include "login/login.h"
#include "metrics/metrics.h"
#include "oidc/oidc.h"
#include "start.h"
#include "web/call.h"

#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 64 * 1024, ROUTES_MAX = 64 };

static size_t add_routes(struct http_route *all, size_t used, const struct http_route *more,
                         size_t count)
{
    if (count > ROUTES_MAX - used)
        abort();
    memcpy(all + used, more, count * sizeof *more);
    return used + count;
}

static err_t read_pem(const char *path, bool secret, struct buf *out)
{
    if (path == NULL) {
        buf_init(out, 1);
        return ERR(OK);
    }
    err_t e =
        secret ? config_read_secret(path, PEM_MAX, out) : config_read_file(path, PEM_MAX, out);
    if (!err_ok(e))
        log_event(LOG_ERROR, "start.failed", LOG_TEXT("file", path), LOG_ERR(e));
    return e;
}

static struct http_options options_of(const struct config *c)
{
    struct http_options o = http_options_default();
    o.address = c->listen_address;
    o.port = (unsigned)c->listen_port;
    o.trusted_proxies = c->trusted_proxies.items;
    o.trusted_proxy_count = c->trusted_proxies.count;
    o.worker_threads = (unsigned)c->worker_threads;
    o.queue_max = (unsigned)c->worker_queue;
    o.connections_max = (unsigned)c->connections_max;
    o.connections_per_network = (unsigned)c->connections_per_network;
    o.ipv6_prefix = (unsigned)c->ipv6_prefix;
    o.request_ms = (unsigned)c->request_timeout * 1000;
    o.idle_ms = (unsigned)c->idle_timeout * 1000;
    o.hsts_s = c->tls_hsts;
    return o;
}

static err_t start_server(const struct config *c, const struct http_site *site,
                          struct http_server **out)
{
    struct http_options options = options_of(c);
    struct buf certificate, key;
    TRY(read_pem(c->tls_certificate, false, &certificate));
    err_t e = read_pem(c->tls_key, true, &key);
    if (err_ok(e)) {
        options.tls_certificate = buf_str(&certificate);
        options.tls_key = buf_str(&key);
        e = http_server_start(&options, site, out);
        buf_done(&key);
    }
    buf_done(&certificate);
    return e;
}

/* A listener of its own, plain HTTP. */
static err_t start_metrics(const struct config *c, struct metrics_source *source,
                           struct http_server **out)
{
    static const struct http_route routes[] = { { HTTP_GET, "/metrics", metrics_get,
                                                  HTTP_WORKER | HTTP_API, HTTP_BODY_NONE, 0 } };
    struct http_options options = http_options_default();
    struct http_site site = { routes, COUNT(routes), NULL, source };
    if (c->metrics_address == NULL)
        return ERR(OK);
    options.address = c->metrics_address;
    options.port = (unsigned)c->metrics_port;
    options.event_threads = 1;
    options.worker_threads = 1;
    return http_server_start(&options, &site, out);
}

struct running {
    struct http_server *server, *metrics;
    struct keeper *keeper;
    struct metrics_source source;
};

static err_t start_all(struct service *svc, const struct http_site *site, struct running *out)
{
    TRY(start_server(svc->config, site, &out->server));
    out->source = (struct metrics_source){ svc, out->server };
    TRY(start_metrics(svc->config, &out->source, &out->metrics));
    return keeper_start(svc, &out->keeper);
}

err_t service_serve(struct service *svc, const sigset_t *stop)
{
    struct http_route routes[ROUTES_MAX];
    struct running all = { .server = NULL };
    int signal_number = 0;
    size_t n = add_routes(routes, 0, home_routes, home_route_count);
    n = add_routes(routes, n, glass_routes, glass_route_count);
    n = add_routes(routes, n, login_routes, login_route_count);
    n = add_routes(routes, n, oidc_routes, oidc_route_count);
    n = add_routes(routes, n, authzen_routes, authzen_route_count);
    struct http_site site = { routes, n, call_error_page, svc };
    err_t e = start_all(svc, &site, &all);
    if (err_ok(e)) {
        log_event(LOG_NOTICE, "service.ready", LOG_STR("issuer", svc->issuer),
                  LOG_INT("port", http_server_port(all.server)));
        sigwait(stop, &signal_number);
        log_event(LOG_NOTICE, "service.stopping", LOG_INT("signal", signal_number));
    }
    http_server_stop(all.metrics);
    http_server_stop(all.server);
    keeper_stop(all.keeper);
    return e;
}
