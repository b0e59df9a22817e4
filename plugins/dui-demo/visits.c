#include "visits.h"

#include "clock.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_LEN = 32, ID_MAX = 32, EMERGENCIES_MAX = 4 };

struct emergency {
    char resident[ID_MAX + 1];
    int64_t until;
};

struct visit {
    unsigned char hash[HASH_LEN];
    struct visitor *visitor; /* NULL: the place is free */
    int64_t since;
    char draft_of[ID_MAX + 1];
    char draft[DRAFT_MAX + 1];
    struct emergency emergencies[EMERGENCIES_MAX];
};

struct waiting {
    unsigned char state[HASH_LEN], browser[HASH_LEN];
    struct pending pending; /* login NULL: the place is free */
    int64_t since;
};

struct visits {
    pthread_mutex_t lock; /* of all below */
    struct visit visits[VISITS_MAX];
    struct waiting logins[LOGINS_MAX];
};

/* No random bytes, no hash: there is no safe way on. */
static void must(int gnutls_result)
{
    if (gnutls_result < 0)
        abort();
}

void visits_random(char out[COOKIE_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char chance[COOKIE_LEN / 2];
    must(gnutls_rnd(GNUTLS_RND_KEY, chance, sizeof chance));
    for (size_t i = 0; i < sizeof chance; i++) {
        out[2 * i] = hex[chance[i] >> 4];
        out[2 * i + 1] = hex[chance[i] & 15];
    }
    out[COOKIE_LEN] = '\0';
    gnutls_memset(chance, 0, sizeof chance);
}

static void hash_of(const char *text, unsigned char out[HASH_LEN])
{
    must(gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), out));
}

void visitor_release(struct visitor *v)
{
    if (v == NULL || atomic_fetch_sub(&v->holders, 1) > 1)
        return;
    habilis_session_free(v->who);
    gnutls_memset(v, 0, sizeof *v);
    free(v);
}

bool visitor_has_csrf(const struct visitor *v, const char *text)
{
    return gnutls_memcmp(v->csrf, text, COOKIE_LEN) == 0;
}

struct visits *visits_new(void)
{
    struct visits *v = calloc(1, sizeof *v);
    if (v != NULL)
        pthread_mutex_init(&v->lock, NULL);
    return v;
}

static void end_visit(struct visit *one)
{
    visitor_release(one->visitor);
    gnutls_memset(one, 0, sizeof *one);
}

static void end_login(struct waiting *one)
{
    habilis_login_free(one->pending.login);
    gnutls_memset(one, 0, sizeof *one);
}

void visits_free(struct visits *v)
{
    if (v == NULL)
        return;
    for (size_t i = 0; i < VISITS_MAX; i++)
        end_visit(&v->visits[i]);
    for (size_t i = 0; i < LOGINS_MAX; i++)
        end_login(&v->logins[i]);
    pthread_mutex_destroy(&v->lock);
    free(v);
}

/* Under the lock. Compared by hash: how long that takes tells nothing about the cookie. */
static struct visit *lookup(struct visits *v, const char *cookie)
{
    unsigned char hash[HASH_LEN];
    int64_t now = clock_up_s();
    hash_of(cookie, hash);
    for (size_t i = 0; i < VISITS_MAX; i++) {
        struct visit *one = &v->visits[i];
        if (one->visitor == NULL || gnutls_memcmp(one->hash, hash, HASH_LEN) != 0)
            continue;
        if (now - one->since < VISIT_S)
            return one;
        end_visit(one);
    }
    return NULL;
}

/* Under the lock: a free place, or the oldest. */
static struct visit *room(struct visits *v)
{
    struct visit *best = &v->visits[0];
    for (size_t i = 0; i < VISITS_MAX && best->visitor != NULL; i++)
        if (v->visits[i].visitor == NULL || v->visits[i].since < best->since)
            best = &v->visits[i];
    end_visit(best);
    return best;
}

static bool same_person(const struct visitor *a, const struct visitor *b)
{
    return strcmp(habilis_session_text(a->who, HABILIS_SUBJECT),
                  habilis_session_text(b->who, HABILIS_SUBJECT)) == 0;
}

static void settle(struct visits *v, struct visitor *visitor, const char *former,
                   const char *cookie)
{
    struct visit old = { .visitor = NULL };
    struct visit *before = former != NULL ? lookup(v, former) : NULL;
    if (before != NULL) {
        if (same_person(before->visitor, visitor))
            old = *before;
        end_visit(before);
    }
    struct visit *one = room(v);
    hash_of(cookie, one->hash);
    one->visitor = visitor;
    one->since = clock_up_s();
    memcpy(one->draft_of, old.draft_of, sizeof one->draft_of);
    memcpy(one->draft, old.draft, sizeof one->draft);
    memcpy(one->emergencies, old.emergencies, sizeof one->emergencies);
    gnutls_memset(&old, 0, sizeof old);
}

bool visits_open(struct visits *v, struct habilis_session *who, const char *former,
                 char cookie[COOKIE_LEN + 1])
{
    struct visitor *visitor = calloc(1, sizeof *visitor);
    if (visitor == NULL) {
        habilis_session_free(who);
        return false;
    }
    atomic_init(&visitor->holders, 1);
    visitor->who = who;
    visits_random(visitor->csrf);
    visits_random(cookie);
    pthread_mutex_lock(&v->lock);
    settle(v, visitor, former, cookie);
    pthread_mutex_unlock(&v->lock);
    return true;
}

struct visitor *visits_find(struct visits *v, const char *cookie)
{
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    struct visitor *found = one != NULL ? one->visitor : NULL;
    if (found != NULL)
        atomic_fetch_add(&found->holders, 1);
    pthread_mutex_unlock(&v->lock);
    return found;
}

void visits_close(struct visits *v, const char *cookie)
{
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    if (one != NULL)
        end_visit(one);
    pthread_mutex_unlock(&v->lock);
}

void visits_keep_draft(struct visits *v, const char *cookie, const char *resident, const char *text)
{
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    if (one != NULL && strlen(resident) <= ID_MAX && strlen(text) <= DRAFT_MAX) {
        memcpy(one->draft_of, resident, strlen(resident) + 1);
        memcpy(one->draft, text, strlen(text) + 1);
    }
    pthread_mutex_unlock(&v->lock);
}

bool visits_take_draft(struct visits *v, const char *cookie, const char *resident,
                       char text[DRAFT_MAX + 1])
{
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    bool there = one != NULL && one->draft[0] != '\0' && strcmp(one->draft_of, resident) == 0;
    if (there) {
        memcpy(text, one->draft, sizeof one->draft);
        gnutls_memset(one->draft, 0, sizeof one->draft);
    }
    pthread_mutex_unlock(&v->lock);
    return there;
}

void visits_note_emergency(struct visits *v, const char *cookie, const char *resident,
                           int64_t until)
{
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    struct emergency *at = one != NULL ? &one->emergencies[0] : NULL;
    for (size_t i = 0; one != NULL && i < EMERGENCIES_MAX; i++) {
        struct emergency *e = &one->emergencies[i];
        if (strcmp(e->resident, resident) == 0) {
            at = e;
            break;
        }
        if (e->until < at->until) /* the one that ends first makes room */
            at = e;
    }
    if (at != NULL && strlen(resident) <= ID_MAX) {
        memcpy(at->resident, resident, strlen(resident) + 1);
        at->until = until;
    }
    pthread_mutex_unlock(&v->lock);
}

int64_t visits_emergency(struct visits *v, const char *cookie, const char *resident, int64_t now)
{
    int64_t until = 0;
    pthread_mutex_lock(&v->lock);
    struct visit *one = lookup(v, cookie);
    for (size_t i = 0; one != NULL && i < EMERGENCIES_MAX; i++)
        if (one->emergencies[i].until > now && strcmp(one->emergencies[i].resident, resident) == 0)
            until = one->emergencies[i].until;
    pthread_mutex_unlock(&v->lock);
    return until;
}

/* Under the lock. */
static struct waiting *waiting_room(struct visits *v)
{
    struct waiting *best = &v->logins[0];
    for (size_t i = 0; i < LOGINS_MAX && best->pending.login != NULL; i++)
        if (v->logins[i].pending.login == NULL || v->logins[i].since < best->since)
            best = &v->logins[i];
    end_login(best);
    return best;
}

void visits_keep_login(struct visits *v, const struct pending *p, const char *browser)
{
    pthread_mutex_lock(&v->lock);
    struct waiting *one = waiting_room(v);
    one->pending = *p;
    one->since = clock_up_s();
    hash_of(habilis_login_state(p->login), one->state);
    hash_of(browser, one->browser);
    pthread_mutex_unlock(&v->lock);
}

bool visits_take_login(struct visits *v, const char *state, const char *browser,
                       struct pending *out)
{
    unsigned char by_state[HASH_LEN], by_browser[HASH_LEN];
    bool found = false;
    hash_of(state, by_state);
    hash_of(browser, by_browser);
    pthread_mutex_lock(&v->lock);
    for (size_t i = 0; i < LOGINS_MAX && !found; i++) {
        struct waiting *one = &v->logins[i];
        if (one->pending.login == NULL || gnutls_memcmp(one->state, by_state, HASH_LEN) != 0 ||
            gnutls_memcmp(one->browser, by_browser, HASH_LEN) != 0 ||
            clock_up_s() - one->since > LOGIN_S)
            continue;
        *out = one->pending;
        gnutls_memset(one, 0, sizeof *one);
        found = true;
    }
    pthread_mutex_unlock(&v->lock);
    return found;
}
