#include "token/jwt.h"

#include "base/enc.h"
#include "token/hash.h"
#include "token/json.h"

#include <string.h>

enum { LEEWAY_MAX = 300 };

static err_t as_malformed(err_t e)
{
    return err_ok(e) || e.code == ERR_NO_MEMORY ? e : ERR(TOKEN_MALFORMED);
}

static err_t read_texts(struct jwt *t)
{
    const struct {
        const char *name;
        struct str *out;
    } rows[] = {
        { "iss", &t->iss },         { "sub", &t->sub },     { "jti", &t->jti },
        { "azp", &t->azp },         { "nonce", &t->nonce }, { "client_id", &t->client_id },
        { "acr", &t->acr },         { "sid", &t->sid },     { "scope", &t->scope },
        { "at_hash", &t->at_hash },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        TRY(as_malformed(json_text_opt(t->claims, rows[i].name, rows[i].out)));
    return ERR(OK);
}

static err_t read_dates(struct jwt *t)
{
    const struct {
        const char *name;
        int64_t *out;
    } rows[] = {
        { "exp", &t->exp },
        { "nbf", &t->nbf },
        { "iat", &t->iat },
        { "auth_time", &t->auth_time },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        TRY(as_malformed(json_date_opt(t->claims, rows[i].name, rows[i].out)));
    return ERR(OK);
}

static bool is_list_of_texts(const json_t *list)
{
    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i)))
            return false;
    return true;
}

static bool list_has(const json_t *list, struct str word)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item) &&
            str_eq(str_from(json_string_value(item), json_string_length(item)), word))
            return true;
    }
    return false;
}

bool jwt_has_audience(const struct jwt *t, struct str audience)
{
    struct str only;
    if (json_text(t->claims, "aud", &only))
        return str_eq(only, audience);
    const json_t *aud = json_object_get(t->claims, "aud");
    return is_list_of_texts(aud) && list_has(aud, audience);
}

struct str jwt_text(const struct jwt *t, const char *name)
{
    struct str s = { 0 };
    return json_text(t->claims, name, &s) ? s : (struct str){ 0 };
}

bool jwt_list_has(const struct jwt *t, const char *name, struct str word)
{
    return list_has(json_object_get(t->claims, name), word);
}

/* A missing typ is let pass for "JWT" only: ID tokens of most providers have none. */
static bool typ_is(const char *got, struct str want)
{
    if (str_eq_ignore_case(str_of(got), want))
        return true;
    return got[0] == '\0' && str_eq(want, STR("JWT"));
}

static err_t check_parties(const struct jwt *t, const struct jwt_expect *want)
{
    if (want->issuer.len == 0 || !str_eq(t->iss, want->issuer))
        return ERR(TOKEN_WRONG_ISSUER);
    if (want->any_audience)
        return ERR(OK);
    if (want->audience.len == 0 || !jwt_has_audience(t, want->audience))
        return ERR(TOKEN_WRONG_AUDIENCE);
    return ERR(OK);
}

static err_t check_dates(const struct jwt *t, const struct jwt_expect *want)
{
    if (want->leeway < 0 || want->leeway > LEEWAY_MAX)
        return ERR(BUG);
    if (json_object_get(t->claims, "exp") == NULL)
        return ERR(TOKEN_MALFORMED);
    if (want->now >= t->exp + want->leeway)
        return ERR(TOKEN_EXPIRED);
    if (t->nbf > want->now + want->leeway || t->iat > want->now + want->leeway)
        return ERR(TOKEN_NOT_YET);
    return ERR(OK);
}

static err_t read_claims(const struct jws *jws, struct jwt *t)
{
    struct buf json;
    buf_init(&json, JWS_MAX);
    err_t e = jws_payload(jws, &json);
    if (err_ok(e))
        e = as_malformed(json_read(buf_str(&json), JWS_MAX, &t->claims));
    buf_done(&json);
    if (err_ok(e))
        e = read_texts(t);
    return err_ok(e) ? read_dates(t) : e;
}

static err_t verify(struct str token, const struct jwks *keys, const struct jwt_expect *want,
                    struct jwt *t)
{
    struct jws jws;
    TRY(jws_parse(token, &jws));
    TRY(jws_check(&jws, keys));
    if (!typ_is(jws.typ, want->typ))
        return ERR(TOKEN_WRONG_TYPE);
    TRY(read_claims(&jws, t));
    return check_parties(t, want);
}

err_t jwt_verify_undated(struct str token, const struct jwks *keys, const struct jwt_expect *want,
                         struct jwt *out)
{
    struct jwt t = { 0 };
    err_t e = verify(token, keys, want, &t);
    if (!err_ok(e)) {
        jwt_done(&t);
        return e;
    }
    *out = t;
    return ERR(OK);
}

err_t jwt_verify(struct str token, const struct jwks *keys, const struct jwt_expect *want,
                 struct jwt *out)
{
    struct jwt t = { 0 };
    err_t e = verify(token, keys, want, &t);
    if (err_ok(e))
        e = check_dates(&t, want);
    if (!err_ok(e)) {
        jwt_done(&t);
        return e;
    }
    *out = t;
    return ERR(OK);
}

void jwt_done(struct jwt *t)
{
    json_decref(t->claims);
    *t = (struct jwt){ 0 };
}

err_t jwt_at_hash(struct str access_token, char out[JWT_AT_HASH_LEN])
{
    unsigned char digest[SHA256_LEN];
    TRY(sha256(access_token, digest));
    base64url_encode(out, digest, sizeof digest / 2);
    return ERR(OK);
}
