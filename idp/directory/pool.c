#include "directory/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static struct timeval timeval_of(int64_t ms)
{
    if (ms < 1)
        ms = 1; /* zero would mean "poll" to some calls and "for ever" to others */
    return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000 };
}

/* ---- health ---- */

int dir_best_server(const struct directory *d)
{
    for (int i = 0; i < d->server_count; i++)
        if (!atomic_load(&d->servers[i].down))
            return i;
    return -1;
}

bool directory_is_up(const struct directory *d) { return dir_best_server(d) >= 0; }

void dir_answered(struct directory *d, int server)
{
    int64_t now = clock_mono_ms();
    atomic_store(&d->servers[server].answered_ms, now);
    atomic_store(&d->last_contact_ms, now);
    if (atomic_exchange(&d->servers[server].down, false))
        log_event(LOG_NOTICE, "directory.up", LOG_TEXT("uri", d->servers[server].uri));
}

void dir_unanswered(struct directory *d, int server, int64_t started_ms)
{
    atomic_fetch_add(&d->failures, 1);
    /* One slow operation of a server that answers others is no outage. */
    if (atomic_load(&d->servers[server].answered_ms) > started_ms)
        return;
    if (!atomic_exchange(&d->servers[server].down, true))
        log_event(LOG_WARNING, "directory.down", LOG_TEXT("uri", d->servers[server].uri));
    pthread_mutex_lock(&d->lock);
    pthread_cond_broadcast(&d->wake);
    pthread_cond_broadcast(&d->freed); /* whoever waits for a connection need not */
    pthread_mutex_unlock(&d->lock);
}

/* ---- one connection ---- */

static bool set_options(LDAP *ld, int64_t limit_ms)
{
    int version = LDAP_VERSION3, none = 0, never = LDAP_DEREF_NEVER;
    int demand = LDAP_OPT_X_TLS_DEMAND;
    struct timeval limit = timeval_of(limit_ms);
    /* Each said here, so that no ldaprc of the account decides it. */
    return ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_ON) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &none) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &none) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == LDAP_OPT_SUCCESS &&
           ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &limit) == LDAP_OPT_SUCCESS;
}

/* A stopped server takes what fits in the socket's buffer, then a write would never end. */
static void limit_writes(LDAP *ld, int64_t limit_ms)
{
    int fd = -1;
    struct timeval limit = timeval_of(limit_ms);
    if (ldap_get_option(ld, LDAP_OPT_DESC, &fd) == LDAP_OPT_SUCCESS && fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

err_t dir_wait(struct directory *d, struct dir_conn *c, int msgid, int all, int64_t deadline_ms,
               LDAPMessage **out)
{
    int64_t started = clock_mono_ms();
    struct timeval left = timeval_of(deadline_ms - started);
    LDAPMessage *msg = NULL;
    int type = ldap_result(c->ld, msgid, all, &left, &msg);
    if (type > 0) {
        dir_answered(d, c->server);
        *out = msg;
        return ERR(OK);
    }
    ldap_msgfree(msg);
    dir_unanswered(d, c->server, started);
    return ERR(DIRECTORY_DOWN);
}

static err_t bind_service(struct directory *d, struct dir_conn *c, int64_t deadline_ms)
{
    struct berval cred = { .bv_len = strlen(d->bind_password), .bv_val = d->bind_password };
    int64_t started = clock_mono_ms();
    int msgid = -1, code = LDAP_OTHER;
    LDAPMessage *msg = NULL;

    atomic_fetch_add(&d->operations, 1);
    if (ldap_sasl_bind(c->ld, d->bind_dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, &msgid) !=
        LDAP_SUCCESS) {
        dir_unanswered(d, c->server, started);
        return ERR(DIRECTORY_DOWN);
    }
    limit_writes(c->ld, d->timeout_ms);
    TRY(dir_wait(d, c, msgid, LDAP_MSG_ALL, deadline_ms, &msg));
    if (ldap_parse_result(c->ld, msg, &code, NULL, NULL, NULL, NULL, 1) != LDAP_SUCCESS)
        return ERR(DIRECTORY);
    return code == LDAP_SUCCESS ? ERR(OK) : dir_err_of(c->ld, code, "bind");
}

err_t dir_connect(struct directory *d, int server, bool as_service, int64_t deadline_ms, LDAP **out)
{
    struct dir_conn c = { .server = server };
    if (ldap_initialize(&c.ld, d->servers[server].uri) != LDAP_SUCCESS)
        return ERR(NO_MEMORY);
    err_t e = ERR(OK);
    if (!set_options(c.ld, deadline_ms - clock_mono_ms()))
        e = ERR(LIBRARY);
    else if (as_service)
        e = bind_service(d, &c, deadline_ms);
    if (!err_ok(e)) {
        dir_disconnect(c.ld);
        return e;
    }
    *out = c.ld;
    return ERR(OK);
}

void dir_disconnect(LDAP *ld)
{
    if (ld != NULL)
        (void)ldap_unbind_ext(ld, NULL, NULL);
}

/* ---- the pool ---- */

/* Between operations a server has nothing to say but goodbye. */
static bool is_stale(const struct dir_conn *c)
{
    struct pollfd p = { .fd = -1, .events = POLLIN };
    if (ldap_get_option(c->ld, LDAP_OPT_DESC, &p.fd) != LDAP_OPT_SUCCESS)
        return true;
    return p.fd >= 0 && poll(&p, 1, 0) != 0;
}

static void conn_free(struct dir_conn *c)
{
    dir_disconnect(c->ld);
    free(c);
}

/* Takes an idle connection, or the right to open one. Called with the lock held. */
static bool take(struct directory *d, struct dir_pool *pool, struct dir_conn **out)
{
    if (pool->idle != NULL) {
        *out = pool->idle;
        pool->idle = (*out)->next;
        return true;
    }
    if (pool->open >= d->pool_size)
        return false;
    pool->open++;
    *out = NULL;
    return true;
}

static err_t wait_for_slot(struct directory *d, struct dir_pool *pool, int64_t deadline_ms,
                           struct dir_conn **out)
{
    err_t e = ERR(OK);
    pthread_mutex_lock(&d->lock);
    while (!take(d, pool, out)) {
        int64_t left = deadline_ms - clock_mono_ms();
        if (left <= 0 || dir_best_server(d) < 0) {
            e = left <= 0 ? ERR(OVERLOADED) : ERR(DIRECTORY_DOWN);
            break;
        }
        int64_t until = clock_mono_ms() + left;
        struct timespec ts = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
        (void)pthread_cond_timedwait(&d->freed, &d->lock, &ts);
    }
    pthread_mutex_unlock(&d->lock);
    return e;
}

static void give_slot_back(struct directory *d, struct dir_pool *pool)
{
    pthread_mutex_lock(&d->lock);
    pool->open--;
    pthread_cond_signal(&d->freed);
    pthread_mutex_unlock(&d->lock);
}

/* The time left is shared out, so that a frozen first server leaves some for the second. */
static err_t open_one(struct directory *d, struct dir_pool *pool, int64_t deadline_ms,
                      struct dir_conn **out)
{
    struct dir_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR(NO_MEMORY);
    err_t e = ERR(DIRECTORY_DOWN);
    for (int i = 0; i < d->server_count && e.code == ERR_DIRECTORY_DOWN; i++) {
        if (atomic_load(&d->servers[i].down))
            continue;
        int64_t now = clock_mono_ms();
        int64_t share = (deadline_ms - now) / (d->server_count - i);
        e = dir_connect(d, i, pool->as_service, now + share, &c->ld);
        c->server = i;
    }
    if (!err_ok(e)) {
        free(c);
        return e;
    }
    *out = c;
    return e;
}

err_t dir_acquire(struct directory *d, struct dir_pool *pool, int64_t deadline_ms,
                  struct dir_conn **out)
{
    struct dir_conn *c = NULL;
    int best = dir_best_server(d);
    if (best < 0)
        return ERR(DIRECTORY_DOWN);
    TRY(wait_for_slot(d, pool, deadline_ms, &c));
    if (c != NULL && (c->server > best || is_stale(c))) { /* back to the preferred server */
        conn_free(c);
        c = NULL;
    }
    if (c == NULL) {
        err_t e = open_one(d, pool, deadline_ms, &c);
        if (!err_ok(e)) {
            give_slot_back(d, pool);
            return e;
        }
    }
    *out = c;
    return ERR(OK);
}

void dir_release(struct directory *d, struct dir_pool *pool, struct dir_conn *c, bool reusable)
{
    if (!reusable) {
        conn_free(c);
        give_slot_back(d, pool);
        return;
    }
    pthread_mutex_lock(&d->lock);
    c->next = pool->idle;
    pool->idle = c;
    pthread_cond_signal(&d->freed);
    pthread_mutex_unlock(&d->lock);
}

/* ---- the prober ---- */

static bool some_server_down(const struct directory *d)
{
    for (int i = 0; i < d->server_count; i++)
        if (atomic_load(&d->servers[i].down))
            return true;
    return false;
}

static void probe(struct directory *d)
{
    for (int i = 0; i < d->server_count; i++) {
        LDAP *ld = NULL;
        if (!atomic_load(&d->servers[i].down))
            continue;
        /* Its answer, if one comes, marks the server up. */
        if (err_ok(dir_connect(d, i, true, clock_mono_ms() + DIR_PROBE_EVERY_MS, &ld)))
            dir_disconnect(ld);
    }
}

void *dir_prober(void *directory)
{
    struct directory *d = directory;
    pthread_mutex_lock(&d->lock);
    while (!d->closing) {
        if (!some_server_down(d)) {
            pthread_cond_wait(&d->wake, &d->lock);
            continue;
        }
        int64_t next = clock_mono_ms() + DIR_PROBE_EVERY_MS;
        pthread_mutex_unlock(&d->lock);
        probe(d);
        pthread_mutex_lock(&d->lock);
        struct timespec ts = { .tv_sec = next / 1000, .tv_nsec = (next % 1000) * 1000000 };
        while (!d->closing && clock_mono_ms() < next)
            (void)pthread_cond_timedwait(&d->wake, &d->lock, &ts);
    }
    pthread_mutex_unlock(&d->lock);
    return NULL;
}
