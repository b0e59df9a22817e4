#include "token/assertion.h"

#include "base/enc.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "token/json.h"

enum { OWN_LIFE = 60 }; /* seconds */

err_t assertion_client(struct str assertion, struct buf *out)
{
    struct jws jws;
    struct buf json;
    json_t *claims = NULL;
    struct str sub;
    TRY(jws_parse(assertion, &jws));
    buf_init(&json, JWS_MAX);
    err_t e = jws_payload(&jws, &json);
    if (err_ok(e))
        e = json_read(buf_str(&json), JWS_MAX, &claims);
    buf_done(&json);
    if (!err_ok(e))
        return e.code == ERR_NO_MEMORY ? e : ERR(TOKEN_MALFORMED);
    bool there = json_text(claims, "sub", &sub) && sub.len > 0;
    if (there)
        buf_add(out, sub);
    json_decref(claims);
    return there ? buf_err(out) : ERR(TOKEN_MALFORMED);
}

/* RFC 7523 section 3 would let `aud` name others too; then they could play it back to us. */
static bool is_for_us_alone(const struct jwt *t)
{
    const json_t *aud = json_object_get(t->claims, "aud");
    return json_is_string(aud) || json_array_size(aud) == 1;
}

static err_t check(const struct jwt *t, const struct assertion_expect *want)
{
    if (!str_eq(t->sub, want->client_id))
        return ERR(TOKEN_WRONG_ISSUER);
    if (!is_for_us_alone(t))
        return ERR(TOKEN_WRONG_AUDIENCE);
    if (t->jti.len == 0 || t->jti.len > ASSERTION_JTI_MAX ||
        t->exp > want->now + ASSERTION_LIFE_MAX + ASSERTION_LEEWAY)
        return ERR(TOKEN_MALFORMED);
    return ERR(OK);
}

err_t assertion_verify(struct str assertion, const struct jwks *keys,
                       const struct assertion_expect *want, struct jwt *out)
{
    /* No typ and "JWT" are what deployed clients send. An access token of ours can not stand in:
     * it is signed by us, and KEYS are the client's. */
    const struct jwt_expect jwt = { .typ = STR("JWT"),
                                    .issuer = want->client_id,
                                    .audience = want->issuer,
                                    .now = want->now,
                                    .leeway = ASSERTION_LEEWAY };
    struct jwt t = { 0 };
    TRY(jwt_verify(assertion, keys, &jwt, &t));
    err_t e = check(&t, want);
    if (!err_ok(e)) {
        jwt_done(&t);
        return e;
    }
    *out = t;
    return ERR(OK);
}

err_t assertion_sign(struct jws_signer *signer, const struct assertion_expect *claims,
                     struct buf *out)
{
    unsigned char chance[16];
    char jti[BASE64URL_LEN(sizeof chance)];
    rng_fill(chance, sizeof chance);
    base64url_encode(jti, chance, sizeof chance);
    struct buf json;
    buf_init(&json, JWS_MAX);
    jsonw_open(&json, NULL, '{');
    jsonw_str(&json, "iss", claims->client_id);
    jsonw_str(&json, "sub", claims->client_id);
    jsonw_str(&json, "aud", claims->issuer);
    jsonw_str(&json, "jti", str_from(jti, sizeof jti));
    jsonw_int(&json, "iat", claims->now);
    jsonw_int(&json, "exp", claims->now + OWN_LIFE);
    jsonw_close(&json, '}');
    err_t e = buf_err(&json);
    if (err_ok(e))
        e = jws_sign(signer, STR("JWT"), buf_str(&json), out);
    buf_done(&json);
    return e;
}
