/* main.c - habilisd: options, configuration, start, wait, stop. */
#include "base/log.h"
#include "config/config.h"
#include "home/home.h"
#include "http/http.h"
#include "login/login.h"
#include "oidc/oidc.h"
#include "start.h"
#include "web/call.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { PEM_MAX = 64 * 1024, PROBLEMS_MAX = 16 * 1024, ROUTES_MAX = 64 };

static const char usage[] =
    "usage: habilisd [-t] -c FILE\n"
    "       habilisd --print-config-reference | --print-default-config | --version\n"
    "  -c FILE   configuration\n"
    "  -t        check it and stop\n";

struct options {
    const char *config;
    bool test;
};

/* ---- what needs no configuration ---- */

static int print(void (*printer)(FILE *))
{
    printer(stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_version(void)
{
    return puts("habilisd " HABILIS_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_usage(void)
{
    (void)fputs(usage, stderr);
    return 2;
}

/* -1: go on and serve; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = { { "print-config-reference", no_argument, NULL, 'R' },
                                           { "print-default-config", no_argument, NULL, 'D' },
                                           { "version", no_argument, NULL, 'V' },
                                           { NULL, 0, NULL, 0 } };
    int c = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet */
    while ((c = getopt_long(argc, argv, "c:t", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 't':
            o->test = true;
            break;
        case 'R':
            return print(config_print_reference);
        case 'D':
            return print(config_print_default);
        case 'V':
            return print_version();
        default:
            return print_usage();
        }
    }
    if (o->config != NULL && optind == argc)
        return -1;
    return print_usage();
}

/* ---- the server ---- */

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

/* Returns when SIGTERM or SIGINT comes. */
static err_t serve(struct service *svc, const sigset_t *stop)
{
    struct http_route routes[ROUTES_MAX];
    struct http_server *server = NULL;
    struct keeper *keeper = NULL;
    int signal_number = 0;
    size_t n = add_routes(routes, 0, home_routes, home_route_count);
    n = add_routes(routes, n, login_routes, login_route_count);
    n = add_routes(routes, n, oidc_routes, oidc_route_count);
    struct http_site site = { routes, n, call_error_page, svc };
    TRY(start_server(svc->config, &site, &server));
    err_t e = keeper_start(svc, &keeper);
    if (err_ok(e)) {
        log_event(LOG_NOTICE, "service.ready", LOG_STR("issuer", svc->issuer),
                  LOG_INT("port", http_server_port(server)));
        sigwait(stop, &signal_number);
        log_event(LOG_NOTICE, "service.stopping", LOG_INT("signal", signal_number));
    }
    http_server_stop(server);
    keeper_stop(keeper);
    return e;
}

/* Secrets are in memory: no core file, no new rights by exec. */
static void harden(void)
{
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int run(const struct config *config)
{
    struct service svc;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before any thread: all inherit it */
    (void)signal(SIGPIPE, SIG_IGN);
    log_set_level((enum log_level)config->log_level);
    harden();
    err_t e = service_open(config, &svc);
    if (!err_ok(e))
        return EXIT_FAILURE;
    e = serve(&svc, &stop);
    service_close(&svc);
    return err_ok(e) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options = { NULL, false };
    struct config *config = NULL;
    struct buf problems;
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    buf_init(&problems, PROBLEMS_MAX);
    err_t e = config_load(options.config, &problems, &config);
    if (!err_ok(e)) {
        (void)fprintf(stderr, "%.*s", STR_ARG(buf_str(&problems)));
        buf_done(&problems);
        return EXIT_FAILURE;
    }
    buf_done(&problems);
    status = options.test ? EXIT_SUCCESS : run(config);
    config_free(config);
    return status;
}
