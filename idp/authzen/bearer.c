#include "authzen/bearer.h"

#include "base/secret.h"
#include "token/hash.h"
#include "token/jwt.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETS = 256, /* a power of two */
    WAYS = 4,
    CLIENT_ID_MAX = 128, /* longer ones are verified every time */
};

struct seen {
    unsigned char digest[SHA256_LEN];
    int64_t expires; /* 0: free */
    size_t id_len;
    char client_id[CLIENT_ID_MAX];
};

struct bearer_cache {
    pthread_mutex_t lock;
    struct seen seen[SETS][WAYS];
    unsigned next[SETS]; /* the way that goes first */
};

err_t bearer_cache_new(struct bearer_cache **out)
{
    struct bearer_cache *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ERR(NO_MEMORY);
    if (pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return ERR(LIBRARY);
    }
    *out = c;
    return ERR(OK);
}

void bearer_cache_free(struct bearer_cache *c)
{
    if (c == NULL)
        return;
    pthread_mutex_destroy(&c->lock);
    wipe(c, sizeof *c);
    free(c);
}

/* ---- what was seen ---- */

static bool recall(struct bearer_cache *c, const unsigned char *digest, int64_t now,
                   char id[CLIENT_ID_MAX], size_t *len)
{
    bool found = false;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < WAYS && !found; i++) {
        const struct seen *s = &c->seen[digest[0] % SETS][i];
        found = s->expires > now && ct_equal(s->digest, digest, SHA256_LEN);
        if (found) {
            memcpy(id, s->client_id, s->id_len);
            *len = s->id_len;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void remember(struct bearer_cache *c, const unsigned char *digest, const struct jwt *t)
{
    if (t->client_id.len > CLIENT_ID_MAX)
        return;
    pthread_mutex_lock(&c->lock);
    size_t set = digest[0] % SETS;
    struct seen *s = &c->seen[set][c->next[set]++ % WAYS];
    memcpy(s->digest, digest, SHA256_LEN);
    s->expires = t->exp;
    s->id_len = t->client_id.len;
    memcpy(s->client_id, t->client_id.ptr, t->client_id.len);
    pthread_mutex_unlock(&c->lock);
}

/* ---- verifying ---- */

static const struct bearer_refusal bad_token = { 401, "invalid_token",
                                                 "the token is not valid any more, or never was" };

/* Ours, in the client's own name, for its application, with the scope. */
static struct bearer_refusal check(const struct jwt *t, const struct client *client)
{
    static const struct bearer_refusal scope = { 403, "insufficient_scope",
                                                 "the scope authzen is needed" };
    if (client == NULL || !str_eq(t->sub, t->client_id) || t->sid.len > 0 ||
        !jwt_has_audience(t, client->application))
        return bad_token;
    if (!str_in_list(t->scope, ' ', STR("authzen")))
        return scope;
    return (struct bearer_refusal){ 0, NULL, NULL };
}

/* A token that was not seen before. */
struct unseen {
    struct bearer_cache *cache;
    const struct service *svc;
    const struct view *view;
    struct str token;
    int64_t now;
    const unsigned char *digest;
};

static err_t verify(const struct unseen *u, const struct client **out,
                    struct bearer_refusal *refusal)
{
    struct jwt t;
    struct jwt_expect want = {
        .typ = STR_INIT("at+jwt"), .issuer = u->svc->issuer, .any_audience = true, .now = u->now
    };
    err_t e = jwt_verify(u->token, u->svc->own_keys, &want, &t);
    if (err_class_of(e) == ERR_CLASS_CALLER || err_class_of(e) == ERR_CLASS_DENIED) {
        *refusal = bad_token;
        return ERR(OK);
    }
    TRY(e);
    const struct client *client = view_client(u->view, t.client_id);
    *refusal = check(&t, client);
    if (refusal->status == 0) {
        remember(u->cache, u->digest, &t);
        *out = client;
    }
    jwt_done(&t);
    return ERR(OK);
}

err_t bearer_client(struct bearer_cache *cache, const struct service *svc, const struct view *v,
                    const struct http_request *req, const struct client **out,
                    struct bearer_refusal *refusal)
{
    struct str token = http_header(req, "Authorization"), scheme;
    unsigned char digest[SHA256_LEN];
    char id[CLIENT_ID_MAX];
    size_t len = 0;
    *out = NULL;
    *refusal = (struct bearer_refusal){ 401, NULL, "a Bearer token is needed" };
    if (token.ptr == NULL || !str_cut(&token, ' ', &scheme) ||
        !str_eq_ignore_case(scheme, STR("Bearer")))
        return ERR(OK);
    TRY(sha256(token, digest));
    if (!recall(cache, digest, req->now, id, &len)) {
        struct unseen u = { cache, svc, v, token, req->now, digest };
        return verify(&u, out, refusal);
    }
    *out = view_client(v, str_from(id, len));
    *refusal = *out != NULL ? (struct bearer_refusal){ 0, NULL, NULL } : bad_token;
    return ERR(OK);
}
