#include "http/watch.h"

#include "base/clock.h"
#include "base/rng.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BUCKETS = 1024, TICK_MS = 100 };

struct watch_conn {
    struct watch_conn *next, **back; /* in its bucket */
    struct net_address address, network;
    _Atomic int64_t deadline_ms; /* monotonic; 0: none */
    int fd;
    bool cut;
};

struct watch {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    struct watch_conn *buckets[BUCKETS]; /* by network; under lock, as is all below */
    struct watch_counts counts;
    bool stopping;
    uint64_t seed;
    unsigned per_network, ipv6_prefix;
    const struct net_list *never_counted;
    pthread_t thread;
};

static void cut_late(struct watch *w, int64_t now_ms)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct watch_conn *c = w->buckets[i]; c != NULL; c = c->next) {
            int64_t deadline = atomic_load(&c->deadline_ms);
            if (deadline == 0 || now_ms < deadline || c->cut)
                continue;
            c->cut = true;
            w->counts.cut++;
            /* The descriptor is ours until watch_remove(), which waits for our lock. */
            (void)shutdown(c->fd, SHUT_RDWR);
        }
    }
}

static void *watch_thread(void *arg)
{
    struct watch *w = arg;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping) {
        int64_t wake_ms = clock_mono_ms() + TICK_MS;
        struct timespec t = { .tv_sec = wake_ms / 1000, .tv_nsec = wake_ms % 1000 * 1000000 };
        (void)pthread_cond_timedwait(&w->stop, &w->lock, &t);
        cut_late(w, clock_mono_ms());
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

err_t watch_new(unsigned per_network, unsigned ipv6_prefix, const struct net_list *never_counted,
                struct watch **out)
{
    pthread_condattr_t monotonic;
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ERR(NO_MEMORY);
    w->per_network = per_network;
    w->ipv6_prefix = ipv6_prefix;
    w->never_counted = never_counted;
    rng_fill(&w->seed, sizeof w->seed);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, watch_thread, w) != 0) {
        pthread_cond_destroy(&w->stop);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return ERR(LIBRARY);
    }
    *out = w;
    return ERR(OK);
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->stop);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->stop);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct watch_conn **bucket_of(struct watch *w, struct net_address network)
{
    struct str key = str_from((const char *)network.bytes, sizeof network.bytes);
    return &w->buckets[str_hash(key, w->seed) % BUCKETS];
}

static bool same(struct net_address a, struct net_address b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool watch_admits(struct watch *w, struct net_address a)
{
    unsigned open = 0;
    struct net_address network = net_network(a, w->ipv6_prefix);
    if (net_listed(w->never_counted, a))
        return true;
    pthread_mutex_lock(&w->lock);
    for (const struct watch_conn *c = *bucket_of(w, network); c != NULL; c = c->next)
        open += same(c->network, network) ? 1 : 0;
    bool admitted = open < w->per_network;
    if (!admitted)
        w->counts.refused++;
    pthread_mutex_unlock(&w->lock);
    return admitted;
}

struct watch_conn *watch_add(struct watch *w, int fd, struct net_address a, unsigned ms)
{
    struct watch_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->fd = fd;
    c->address = a;
    c->network = net_network(a, w->ipv6_prefix);
    watch_deadline(c, ms);
    pthread_mutex_lock(&w->lock);
    struct watch_conn **bucket = bucket_of(w, c->network);
    c->next = *bucket;
    c->back = bucket;
    if (c->next != NULL)
        c->next->back = &c->next;
    *bucket = c;
    w->counts.open++;
    pthread_mutex_unlock(&w->lock);
    return c;
}

void watch_remove(struct watch *w, struct watch_conn *c)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    *c->back = c->next;
    if (c->next != NULL)
        c->next->back = c->back;
    w->counts.open--;
    pthread_mutex_unlock(&w->lock);
    free(c);
}

struct net_address watch_address(const struct watch_conn *c) { return c->address; }

void watch_deadline(struct watch_conn *c, unsigned ms)
{
    atomic_store(&c->deadline_ms, ms == 0 ? 0 : clock_mono_ms() + ms);
}

struct watch_counts watch_counts(struct watch *w)
{
    pthread_mutex_lock(&w->lock);
    struct watch_counts counts = w->counts;
    pthread_mutex_unlock(&w->lock);
    return counts;
}
