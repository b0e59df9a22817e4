#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "http/internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- one request ---- */

static void *on_request_line(void *cls, const char *uri, struct MHD_Connection *conn)
{
    struct http_server *s = cls;
    struct exchange *x = uri == NULL ? NULL : exchange_new(s, conn, uri);
    if (x == NULL)
        return NULL;
    atomic_fetch_add(&s->in_flight, 1);
    watch_deadline(x->watch, s->request_ms);
    return x;
}

static void run_job(struct worker_job *job)
{
    struct exchange *x = (struct exchange *)(void *)((char *)job - offsetof(struct exchange, job));
    answer_run(x);
    x->stage = STAGE_FINISHED;
    MHD_resume_connection(x->conn); /* from here on X belongs to the event thread */
}

/* Runs the handler where it is when it need not block; false: a worker has to. */
static bool run_inline(struct exchange *x)
{
    if ((x->req.route->flags & HTTP_WORKER) != 0)
        return false;
    answer_run(x);
    if (!x->resp.later)
        return true;
    response_reset(&x->resp);
    return false;
}

static enum MHD_Result dispatch(struct exchange *x)
{
    struct http_server *s = x->server;
    watch_deadline(x->watch, 0);
    if (atomic_load(&s->stopping) && x->refused == 0) {
        x->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
        x->why = ERR(OVERLOADED);
    }
    if (x->refused != 0) {
        answer_refusal(x);
        return answer_send(x);
    }
    if (run_inline(x))
        return answer_send(x);
    if (!workers_reserve(s->workers)) {
        atomic_fetch_add(&s->overloaded, 1);
        answer_error(x, MHD_HTTP_SERVICE_UNAVAILABLE, ERR(OVERLOADED));
        return answer_send(x);
    }
    x->req.on_worker = true;
    x->stage = STAGE_WORKING;
    x->job.run = run_job;
    MHD_suspend_connection(x->conn);
    workers_push(s->workers, &x->job);
    return MHD_YES;
}

/* Called with the headers, with each piece of the body, when that is complete, and once more after
 * a worker has resumed the connection. A refusal is answered at once when a body would follow (the
 * library then closes the connection) and after the request otherwise (it then stays open). */
/* NOLINTNEXTLINE(readability-function-size): the parameters are libmicrohttpd's */
static enum MHD_Result on_progress(void *cls, struct MHD_Connection *conn, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *data_len, void **state)
{
    struct exchange *x = *state;
    (void)cls;
    (void)conn;
    (void)url;
    if (x == NULL)
        return MHD_NO;
    switch (x->stage) {
    case STAGE_ARRIVED:
        x->stage = STAGE_READING;
        exchange_begin(x, method, version);
        if (x->refused == 0 || !x->has_body)
            return MHD_YES;
        answer_refusal(x);
        return answer_send(x);
    case STAGE_READING:
        if (*data_len == 0) {
            exchange_end(x);
            return dispatch(x);
        }
        exchange_body(x, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    case STAGE_FINISHED:
        return answer_send(x);
    case STAGE_WORKING:
    case STAGE_ANSWERED:
        break;
    }
    return MHD_NO;
}

static void account(struct http_server *s, const struct exchange *x)
{
    int64_t ms = clock_mono_ms() - x->req.start_ms;
    if (x->stage != STAGE_ANSWERED)
        return;
    atomic_fetch_add(&s->answered[x->resp.status / 100 % 6 - 1], 1);
    atomic_fetch_add(&s->duration_ms, (uint64_t)ms);
    log_event(LOG_DEBUG, "http.request", LOG_STR("path", x->req.path),
              LOG_INT("status", x->resp.status), LOG_INT("ms", ms),
              LOG_TEXT("peer", x->req.peer.text));
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct http_server *s = cls;
    struct exchange *x = *state;
    (void)conn;
    (void)how;
    if (x == NULL)
        return;
    *state = NULL;
    account(s, x);
    watch_deadline(x->watch, s->idle_ms);
    exchange_free(x);
    atomic_fetch_sub(&s->in_flight, 1);
}

/* ---- connections ---- */

static enum MHD_Result on_accept(void *cls, const struct sockaddr *sa, socklen_t len)
{
    struct http_server *s = cls;
    struct net_address a;
    (void)len;
    if (atomic_load(&s->stopping) || !net_of_sockaddr(sa, &a))
        return MHD_NO;
    return watch_admits(s->watch, a) ? MHD_YES : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    struct net_address a;
    const union MHD_ConnectionInfo *peer = NULL, *fd = NULL;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        watch_remove(s->watch, *state);
        *state = NULL;
        return;
    }
    peer = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (peer == NULL || !net_of_sockaddr(peer->client_addr, &a))
        return; /* no state: its requests are not answered */
    fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (fd != NULL)
        *state = watch_add(s->watch, fd->connect_fd, a, s->request_ms);
}

static void on_library_log(void *cls, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_library_log(void *cls, const char *format, va_list args)
{
    char text[256];
    (void)cls;
    (void)vsnprintf(text, sizeof text, format, args);
    log_event(LOG_DEBUG, "http.library", LOG_STR("text", str_trim(str_of(text))));
}

/* ---- start and stop ---- */

struct http_options http_options_default(void)
{
    return (struct http_options){
        .address = "127.0.0.1",
        .worker_threads = 8,
        .queue_max = 256,
        .connections_max = 4096,
        .connections_per_network = 512,
        .ipv6_prefix = 56,
        .request_ms = 10000,
        .answer_ms = 30000,
        .idle_ms = 30000,
        .hsts_s = 365L * 24 * 3600,
    };
}

static err_t bad_option(const char *option, const char *reason)
{
    log_event(LOG_ERROR, "http.option", LOG_TEXT("option", option), LOG_TEXT("reason", reason));
    return ERR(CONFIG);
}

static err_t read_proxies(const struct http_options *o, struct net_list *out)
{
    out->prefixes = calloc(o->trusted_proxy_count + 1, sizeof *out->prefixes);
    if (out->prefixes == NULL)
        return ERR(NO_MEMORY);
    for (; out->count < o->trusted_proxy_count; out->count++)
        if (!net_parse_prefix(str_of(o->trusted_proxies[out->count]), &out->prefixes[out->count]))
            return bad_option("trusted_proxies", "not an address or network");
    return ERR(OK);
}

static err_t check_options(const struct http_options *o, struct net_address *address)
{
    bool tls = o->tls_certificate.len > 0;
    if (!net_parse(str_of(o->address), address))
        return bad_option("address", "not a numeric address");
    if (tls != (o->tls_key.len > 0))
        return bad_option("tls_key", "certificate and key go together");
    if (!tls && !net_is_loopback(*address))
        return bad_option("address", "without TLS only a loopback address may be listened on");
    if (o->port > 65535 || o->worker_threads == 0 || o->queue_max == 0 || o->connections_max == 0)
        return bad_option("port, worker_threads, queue_max, connections_max", "out of range");
    if (o->ipv6_prefix < 48 || o->ipv6_prefix > 64)
        return bad_option("ipv6_prefix", "out of range");
    if (o->request_ms == 0 || o->answer_ms == 0 || o->idle_ms == 0)
        return bad_option("request_ms, answer_ms, idle_ms", "0 would mean for ever");
    return ERR(OK);
}

union any_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static socklen_t socket_address(struct net_address a, unsigned port, union any_address *out)
{
    *out = (union any_address){ 0 };
    if (net_is_ipv4(a)) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons((uint16_t)port);
        memcpy(&out->in.sin_addr, a.bytes + 12, 4);
        return sizeof out->in;
    }
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons((uint16_t)port);
    memcpy(&out->in6.sin6_addr, a.bytes, 16);
    return sizeof out->in6;
}

static bool set_flag(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static bool bind_and_listen(int fd, struct net_address a, struct http_server *s, unsigned port)
{
    union any_address sa;
    socklen_t len = socket_address(a, port, &sa);
    if (!set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
        (!net_is_ipv4(a) && !set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0)) ||
        bind(fd, &sa.any, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &sa.any, &len) != 0)
        return false;
    s->port = ntohs(net_is_ipv4(a) ? sa.in.sin_port : sa.in6.sin6_port);
    return true;
}

/* Our own socket rather than the library's: it tells a taken port from a bad certificate. */
static err_t open_socket(struct net_address a, const struct http_options *o, struct http_server *s,
                         int *out)
{
    int family = net_is_ipv4(a) ? AF_INET : AF_INET6;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !bind_and_listen(fd, a, s, o->port)) {
        log_event(LOG_ERROR, "http.listen", LOG_TEXT("address", o->address),
                  LOG_INT("port", o->port), LOG_INT("errno", errno));
        if (fd >= 0)
            (void)close(fd);
        return ERR(IO);
    }
    *out = fd;
    return ERR(OK);
}

static unsigned thread_count(const struct http_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = o->event_threads != 0 ? o->event_threads : cores > 0 ? (unsigned)cores : 1;
    return n < o->connections_max ? n : o->connections_max;
}

static char *copy_pem(struct str pem)
{
    char *copy = str_has_char(pem, '\0') ? NULL : malloc(pem.len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, pem.ptr, pem.len);
    copy[pem.len] = '\0';
    return copy;
}

static void free_pem(char *pem)
{
    if (pem != NULL)
        wipe(pem, strlen(pem));
    free(pem);
}

/* TLS_OPTIONS: empty for plain HTTP. */
static struct MHD_Daemon *run_daemon(struct http_server *s, const struct http_options *o, int fd,
                                     unsigned flags, struct MHD_OptionItem *tls_options)
{
    unsigned threads = thread_count(o);
    return MHD_start_daemon(
        flags | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        on_accept, s, on_progress, s,                            /* handlers */
        MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,        /* first: used by the others */
        MHD_OPTION_LISTEN_SOCKET, fd,                            /* closed by the library */
        MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0U, /* */
        MHD_OPTION_CONNECTION_LIMIT, o->connections_max,         /* */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, /* */
        MHD_OPTION_STRICT_FOR_CLIENT, 1,                               /* */
        MHD_OPTION_URI_LOG_CALLBACK, on_request_line, s,               /* */
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,                /* */
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,                  /* */
        MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
}

/* The library parses certificate and key before it returns and does not look at the text again. */
static err_t start_daemon(struct http_server *s, const struct http_options *o, int fd)
{
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
    if (o->tls_certificate.len == 0) {
        s->daemon = run_daemon(s, o, fd, 0, none);
        return s->daemon != NULL ? ERR(OK) : ERR(LIBRARY);
    }
    char *certificate = copy_pem(o->tls_certificate), *key = copy_pem(o->tls_key);
    err_t e = certificate == NULL || key == NULL ? bad_option("tls_key", "not PEM")
                                                 : tls_check(certificate, key);
    if (err_ok(e)) {
        char priorities[512];
        (void)snprintf(priorities, sizeof priorities, "%s", tls_priorities);
        struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, certificate },
                                        { MHD_OPTION_HTTPS_MEM_KEY, 0, key },
                                        { MHD_OPTION_HTTPS_PRIORITIES, 0, priorities },
                                        { MHD_OPTION_END, 0, NULL } };
        s->daemon = run_daemon(s, o, fd, MHD_USE_TLS, tls);
        e = s->daemon != NULL ? ERR(OK) : ERR(LIBRARY);
    }
    free_pem(certificate);
    free_pem(key);
    return e;
}

static void server_free(struct http_server *s)
{
    workers_free(s->workers);
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon);
    watch_free(s->watch);
    router_free(s->router);
    free(s->trusted.prefixes);
    free(s);
}

static err_t build(struct http_server *s, const struct http_options *o)
{
    struct net_address address;
    int fd = -1;
    TRY(check_options(o, &address));
    TRY(read_proxies(o, &s->trusted));
    TRY(router_new(s->site.routes, s->site.route_count, &s->router));
    TRY(watch_new(o->connections_per_network, o->ipv6_prefix, &s->trusted, &s->watch));
    TRY(workers_new(o->worker_threads, o->queue_max, &s->workers));
    TRY(open_socket(address, o, s, &fd));
    err_t e = start_daemon(s, o, fd);
    if (!err_ok(e))
        (void)close(fd); /* the library leaves it open when it does not start */
    return e;
}

err_t http_server_start(const struct http_options *options, const struct http_site *site,
                        struct http_server **out)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    s->site = *site;
    s->ipv6_prefix = options->ipv6_prefix;
    s->request_ms = options->request_ms;
    s->answer_ms = options->answer_ms;
    s->idle_ms = options->idle_ms;
    if (options->hsts_s > 0)
        (void)snprintf(s->hsts, sizeof s->hsts, "max-age=%lld", (long long)options->hsts_s);
    err_t e = build(s, options);
    if (!err_ok(e)) {
        server_free(s);
        return e;
    }
    *out = s;
    return ERR(OK);
}

unsigned http_server_port(const struct http_server *s) { return s->port; }

/* Not MHD_quiesce_daemon(): 0.9.75 may abort when an event thread meanwhile takes the listening
 * socket out of its epoll set. New connections are refused by on_accept() instead. */
void http_server_stop(struct http_server *s)
{
    if (s == NULL)
        return;
    atomic_store(&s->stopping, true);
    int64_t end_ms = clock_mono_ms() + DRAIN_MS;
    while (atomic_load(&s->in_flight) > 0 && clock_mono_ms() < end_ms)
        (void)usleep(5000);
    server_free(s); /* workers first: the library cannot stop while a connection is suspended */
}

void http_server_metrics(const struct http_server *s, struct http_metrics *out)
{
    struct watch_counts c = watch_counts(s->watch);
    *out = (struct http_metrics){
        .overloaded = atomic_load(&s->overloaded),
        .cut_off = c.cut,
        .refused = c.refused,
        .in_flight = atomic_load(&s->in_flight),
        .queued = workers_queued(s->workers),
        .connections = c.open,
        .duration_ms = atomic_load(&s->duration_ms),
    };
    for (size_t i = 0; i < COUNT(out->answered); i++)
        out->answered[i] = atomic_load(&s->answered[i]);
}
