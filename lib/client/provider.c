#include "client/provider.h"

#include "base/clock.h"
#include "token/json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_MAX = 64 * 1024, URL_MAX = 2048 }; /* bytes */

struct provider {
    char *issuer; /* never changes */
    struct http_client *client;
    pthread_mutex_t fetching; /* one thread at a time asks the server; metadata is under it */
    bool has_metadata;
    struct provider_metadata metadata;
    int64_t asked_ms; /* under `fetching`: when keys were last asked for again; monotonic */
    pthread_rwlock_t lock;
    struct jwks *keys;   /* under `lock` */
    int64_t fresh_until; /* under `lock`: monotonic, ms */
    uint64_t generation; /* under `lock`: counts the sets */
};

static void free_metadata(struct provider_metadata *m)
{
    free(m->authorization_endpoint);
    free(m->token_endpoint);
    free(m->jwks_uri);
    free(m->end_session_endpoint);
    *m = (struct provider_metadata){ 0 };
}

err_t provider_new(struct str issuer, struct http_client *client, struct provider **out)
{
    struct provider *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ERR(NO_MEMORY);
    p->issuer = strndup(issuer.ptr, issuer.len);
    if (p->issuer == NULL || pthread_mutex_init(&p->fetching, NULL) != 0) {
        free(p->issuer);
        free(p);
        return ERR(NO_MEMORY);
    }
    if (pthread_rwlock_init(&p->lock, NULL) != 0) {
        pthread_mutex_destroy(&p->fetching);
        free(p->issuer);
        free(p);
        return ERR(NO_MEMORY);
    }
    p->client = client;
    *out = p;
    return ERR(OK);
}

void provider_free(struct provider *p)
{
    if (p == NULL)
        return;
    pthread_rwlock_destroy(&p->lock);
    pthread_mutex_destroy(&p->fetching);
    free_metadata(&p->metadata);
    jwks_free(p->keys);
    free(p->issuer);
    free(p);
}

struct str provider_issuer(const struct provider *p) { return str_of(p->issuer); }

/* What the server said that we cannot use is the server's fault, not our caller's. */
static err_t blame_peer(err_t e)
{
    return err_class_of(e) == ERR_CLASS_CALLER ? ERR(PEER_BAD_ANSWER) : e;
}

static err_t get(struct http_client *client, const char *url, struct http_result *out)
{
    const struct http_call call = { .url = url, .body_max = DOCUMENT_MAX };
    TRY(blame_peer(http_client_call(client, &call, out)));
    if (out->status == 200)
        return ERR(OK);
    bool away = out->status >= 500;
    buf_done(&out->body);
    return away ? ERR(PEER_DOWN) : ERR(PEER_BAD_ANSWER);
}

static err_t copy_url(const json_t *doc, const char *name, char **out)
{
    struct str url;
    if (!json_text(doc, name, &url) || url.len == 0 || url.len > URL_MAX || str_has_char(url, '#'))
        return ERR(PEER_BAD_ANSWER);
    *out = strndup(url.ptr, url.len);
    return *out != NULL ? ERR(OK) : ERR(NO_MEMORY);
}

static err_t read_metadata(const struct provider *p, const json_t *doc, struct provider_metadata *m)
{
    struct str issuer;
    /* OpenID Connect Discovery 1.0 section 4.3: exactly what was asked for. */
    if (!json_text(doc, "issuer", &issuer) || !str_eq(issuer, str_of(p->issuer)))
        return ERR(PEER_BAD_ANSWER);
    TRY(copy_url(doc, "authorization_endpoint", &m->authorization_endpoint));
    TRY(copy_url(doc, "token_endpoint", &m->token_endpoint));
    TRY(copy_url(doc, "jwks_uri", &m->jwks_uri));
    if (json_object_get(doc, "end_session_endpoint") != NULL)
        TRY(copy_url(doc, "end_session_endpoint", &m->end_session_endpoint));
    m->sends_iss =
        json_is_true(json_object_get(doc, "authorization_response_iss_parameter_supported"));
    return ERR(OK);
}

static err_t fetch_metadata(const struct provider *p, struct provider_metadata *out)
{
    struct http_result r;
    json_t *doc = NULL;
    struct provider_metadata m = { 0 };
    struct buf url;
    buf_init(&url, URL_MAX);
    struct str base = str_of(p->issuer);
    if (str_ends(base, STR("/")))
        base.len--;
    buf_add(&url, base);
    buf_add(&url, str_from("/.well-known/openid-configuration",
                           sizeof "/.well-known/openid-configuration")); /* with its NUL */
    err_t e = buf_err(&url);
    if (err_ok(e))
        e = get(p->client, url.ptr, &r);
    buf_done(&url);
    TRY(e);
    e = blame_peer(json_read(buf_str(&r.body), DOCUMENT_MAX, &doc));
    buf_done(&r.body);
    TRY(e);
    e = read_metadata(p, doc, &m);
    json_decref(doc);
    if (!err_ok(e)) {
        free_metadata(&m);
        return e;
    }
    *out = m;
    return ERR(OK);
}

/* Under `fetching`. */
static err_t need_metadata(struct provider *p)
{
    if (p->has_metadata)
        return ERR(OK);
    TRY(fetch_metadata(p, &p->metadata));
    p->has_metadata = true;
    return ERR(OK);
}

err_t provider_metadata(struct provider *p, const struct provider_metadata **out)
{
    pthread_mutex_lock(&p->fetching);
    err_t e = need_metadata(p);
    pthread_mutex_unlock(&p->fetching);
    if (err_ok(e))
        *out = &p->metadata; /* does not change any more */
    return e;
}

static int64_t keep_for_s(int64_t max_age)
{
    if (max_age < PROVIDER_KEYS_MIN_S)
        return PROVIDER_KEYS_MIN_S;
    return max_age < PROVIDER_KEYS_MAX_S ? max_age : PROVIDER_KEYS_MAX_S;
}

static void install(struct provider *p, struct jwks *keys, int64_t max_age)
{
    pthread_rwlock_wrlock(&p->lock);
    struct jwks *old = p->keys;
    p->keys = keys;
    p->fresh_until = clock_mono_ms() + keep_for_s(max_age) * 1000;
    p->generation++;
    pthread_rwlock_unlock(&p->lock);
    jwks_free(old);
}

/* Under `fetching`. */
static err_t fetch_keys(struct provider *p)
{
    struct http_result r;
    struct jwks *keys = NULL;
    TRY(need_metadata(p));
    TRY(get(p->client, p->metadata.jwks_uri, &r));
    err_t e = blame_peer(jwks_parse(buf_str(&r.body), &keys));
    buf_done(&r.body);
    if (err_ok(e))
        install(p, keys, r.max_age);
    return e;
}

/* What a thread saw of the key set before it wants a newer one. */
struct sight {
    uint64_t generation;
    bool any, stale;
};

static struct sight look(struct provider *p)
{
    pthread_rwlock_rdlock(&p->lock);
    struct sight s = { p->generation, p->keys != NULL, clock_mono_ms() >= p->fresh_until };
    pthread_rwlock_unlock(&p->lock);
    return s;
}

/* A set newer than SEEN, if the server may be asked now. OK also when another thread has just
 * brought one, or when it is too early to ask again; the failure of asking otherwise. */
static err_t renew(struct provider *p, const struct sight *seen)
{
    err_t e = ERR(OK);
    pthread_mutex_lock(&p->fetching);
    int64_t now = clock_mono_ms();
    bool early = seen->any && p->asked_ms != 0 && now - p->asked_ms < PROVIDER_REFETCH_MS;
    if (!early && look(p).generation == seen->generation) {
        if (seen->any) /* the very first set does not count: it may be old in a second */
            p->asked_ms = now;
        e = fetch_keys(p);
    }
    pthread_mutex_unlock(&p->fetching);
    return e;
}

static err_t verify_now(struct provider *p, struct str token, const struct jwt_expect *want,
                        struct jwt *out)
{
    pthread_rwlock_rdlock(&p->lock);
    err_t e = p->keys != NULL ? jwt_verify(token, p->keys, want, out) : ERR(TOKEN_UNKNOWN_KEY);
    pthread_rwlock_unlock(&p->lock);
    return e;
}

err_t provider_verify(struct provider *p, struct str token, const struct jwt_expect *want,
                      struct jwt *out)
{
    struct sight seen = look(p);
    if (!seen.any)
        TRY(renew(p, &seen));
    else if (seen.stale)
        (void)renew(p, &seen).code; /* the server is away: what we have goes on serving */
    seen = look(p);
    err_t e = verify_now(p, token, want, out);
    if (e.code != ERR_TOKEN_UNKNOWN_KEY)
        return e;
    TRY(renew(p, &seen)); /* rotated, perhaps */
    return look(p).generation == seen.generation ? e : verify_now(p, token, want, out);
}
