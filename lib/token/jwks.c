#include "base/jsonw.h"
#include "token/json.h"
#include "token/jwk.h"

#include <stdlib.h>

struct jwks {
    struct jwk *keys[JWKS_MAX_KEYS];
    size_t count;
};

err_t jwks_new(struct jwks **out)
{
    struct jwks *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    *out = s;
    return ERR(OK);
}

void jwks_free(struct jwks *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        jwk_free(s->keys[i]);
    free(s);
}

err_t jwks_add(struct jwks *s, struct jwk *k)
{
    bool full = s->count == JWKS_MAX_KEYS;
    if (full || jwks_find(s, jwk_kid(k)) != NULL) {
        jwk_free(k);
        return full ? ERR(TOO_LARGE) : ERR(DUPLICATE);
    }
    s->keys[s->count++] = k;
    return ERR(OK);
}

/* A key that is not for us (MALFORMED) is passed over; a mishap of ours is not. */
static err_t add_usable(struct jwks *s, const json_t *keys)
{
    for (size_t i = 0; i < json_array_size(keys); i++) {
        struct jwk *k = NULL;
        err_t e = jwk_of_json(json_array_get(keys, i), &k);
        if (e.code == ERR_MALFORMED)
            continue;
        TRY(e);
        TRY(jwks_add(s, k));
    }
    return ERR(OK);
}

err_t jwks_of_json(const struct json_t *object, struct jwks **out)
{
    const json_t *keys = json_object_get(object, "keys");
    if (!json_is_array(keys))
        return ERR(MALFORMED);
    if (json_array_size(keys) > JWKS_MAX_KEYS)
        return ERR(TOO_LARGE);
    struct jwks *s = NULL;
    TRY(jwks_new(&s));
    err_t e = add_usable(s, keys);
    if (!err_ok(e)) {
        jwks_free(s);
        return e;
    }
    *out = s;
    return ERR(OK);
}

err_t jwks_parse(struct str json, struct jwks **out)
{
    json_t *object = NULL;
    TRY(json_read(json, JWKS_MAX, &object));
    err_t e = jwks_of_json(object, out);
    json_decref(object);
    return e;
}

size_t jwks_count(const struct jwks *s) { return s->count; }

const struct jwk *jwks_at(const struct jwks *s, size_t i) { return s->keys[i]; }

const struct jwk *jwks_find(const struct jwks *s, struct str kid)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_eq(jwk_kid(s->keys[i]), kid))
            return s->keys[i];
    return NULL;
}

void jwks_put(const struct jwks *s, struct buf *out)
{
    jsonw_open(out, NULL, '{');
    jsonw_open(out, "keys", '[');
    for (size_t i = 0; i < s->count; i++)
        jwk_put(s->keys[i], out);
    jsonw_close(out, ']');
    jsonw_close(out, '}');
}
