#include "token/jwk.h"

#include "base/enc.h"
#include "base/jsonw.h"
#include "token/hash.h"
#include "token/json.h"
#include "token/key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

static const char curve[] = "P-256";

static void put_coordinate(struct buf *b, const char *name, const unsigned char c[ES256_COORD])
{
    char text[BASE64URL_LEN(ES256_COORD)];
    base64url_encode(text, c, ES256_COORD);
    jsonw_str(b, name, str_from(text, sizeof text));
}

/* RFC 7638 section 3: the required members in lexical order, nothing else. */
static err_t make_thumbprint(struct jwk *k)
{
    struct buf b;
    buf_init(&b, JWK_MAX);
    jsonw_open(&b, NULL, '{');
    jsonw_str(&b, "crv", STR("P-256"));
    jsonw_str(&b, "kty", STR("EC"));
    put_coordinate(&b, "x", k->x);
    put_coordinate(&b, "y", k->y);
    jsonw_close(&b, '}');
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = sha256_b64(buf_str(&b), k->thumbprint);
    buf_done(&b);
    return e;
}

/* EVP_PKEY_fromdata() refuses a point that is not on the curve, and the point at infinity has no
 * such encoding; EVP_PKEY_public_check() says so again, whatever a provider lets through. */
static err_t make_pkey(struct jwk *k)
{
    unsigned char point[1 + 2 * ES256_COORD] = { POINT_CONVERSION_UNCOMPRESSED };
    char group[] = "P-256";
    memcpy(point + 1, k->x, ES256_COORD);
    memcpy(point + 1 + ES256_COORD, k->y, ES256_COORD);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool ready = c != NULL && EVP_PKEY_fromdata_init(c) == 1;
    bool made = ready && EVP_PKEY_fromdata(c, &k->key, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(c);
    if (!ready)
        return ERR(CRYPTO);
    if (!made)
        return ERR(MALFORMED);
    c = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
    bool sound = c != NULL && EVP_PKEY_public_check(c) == 1;
    EVP_PKEY_CTX_free(c);
    return sound ? ERR(OK) : ERR(MALFORMED);
}

static err_t make_verifier(struct jwk *k)
{
    k->verify = EVP_MD_CTX_new();
    if (k->verify == NULL)
        return ERR(NO_MEMORY);
    return EVP_DigestVerifyInit_ex(k->verify, NULL, "SHA256", NULL, NULL, k->key, NULL) == 1
               ? ERR(OK)
               : ERR(CRYPTO);
}

/* Takes K with its coordinates; frees it on failure. */
static err_t finish(struct jwk *k, struct jwk **out)
{
    err_t e = make_pkey(k);
    if (err_ok(e))
        e = make_verifier(k);
    if (err_ok(e))
        e = make_thumbprint(k);
    ERR_clear_error(); /* refusing a key is our answer, not a mishap for the next caller to find */
    if (!err_ok(e)) {
        jwk_free(k);
        return e;
    }
    *out = k;
    return ERR(OK);
}

static err_t read_coordinate(const json_t *object, const char *name, unsigned char *out)
{
    struct str text;
    size_t len = 0;
    if (!json_text(object, name, &text) ||
        !err_ok(base64url_decode(text, out, ES256_COORD, &len)) || len != ES256_COORD)
        return ERR(MALFORMED);
    return ERR(OK);
}

static bool member_is(const json_t *object, const char *name, struct str want)
{
    struct str got;
    return json_text(object, name, &got) && str_eq(got, want);
}

static bool absent_or(const json_t *object, const char *name, struct str want)
{
    return json_object_get(object, name) == NULL || member_is(object, name, want);
}

static bool ops_allow_verify(const json_t *object)
{
    const json_t *ops = json_object_get(object, "key_ops");
    if (ops == NULL)
        return true;
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *op = json_array_get(ops, i);
        if (json_is_string(op) && strcmp(json_string_value(op), "verify") == 0)
            return true;
    }
    return false;
}

static bool is_es256_public(const json_t *object)
{
    return member_is(object, "kty", STR("EC")) && member_is(object, "crv", str_of(curve)) &&
           absent_or(object, "use", STR("sig")) && absent_or(object, "alg", STR("ES256")) &&
           json_object_get(object, "d") == NULL && ops_allow_verify(object);
}

static bool kid_is_sound(struct str kid)
{
    for (size_t i = 0; i < kid.len; i++)
        if (kid.ptr[i] <= ' ' || kid.ptr[i] > '~')
            return false;
    return kid.len > 0 && kid.len <= JWK_KID_MAX;
}

static err_t read_kid(const json_t *object, struct jwk *k)
{
    struct str kid;
    if (json_object_get(object, "kid") == NULL)
        return ERR(OK);
    if (!json_text(object, "kid", &kid) || !kid_is_sound(kid))
        return ERR(MALFORMED);
    memcpy(k->kid, kid.ptr, kid.len);
    k->kid_len = kid.len;
    return ERR(OK);
}

err_t jwk_of_json(const struct json_t *object, struct jwk **out)
{
    if (!json_is_object(object) || !is_es256_public(object))
        return ERR(MALFORMED);
    struct jwk *k = calloc(1, sizeof *k);
    if (k == NULL)
        return ERR(NO_MEMORY);
    err_t e = read_kid(object, k);
    if (err_ok(e))
        e = read_coordinate(object, "x", k->x);
    if (err_ok(e))
        e = read_coordinate(object, "y", k->y);
    if (!err_ok(e)) {
        jwk_free(k);
        return e;
    }
    return finish(k, out);
}

err_t jwk_parse(struct str json, struct jwk **out)
{
    json_t *object = NULL;
    TRY(json_read(json, JWK_MAX, &object));
    err_t e = jwk_of_json(object, out);
    json_decref(object);
    return e;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t len = 0;
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                          &len) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static err_t get_coordinate(const EVP_PKEY *key, const char *name, unsigned char out[ES256_COORD])
{
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
        return ERR(CRYPTO);
    bool ok = BN_bn2binpad(n, out, ES256_COORD) == ES256_COORD;
    BN_free(n);
    return ok ? ERR(OK) : ERR(CRYPTO);
}

err_t jwk_of_pkey(const struct evp_pkey_st *key, struct jwk **out)
{
    if (!is_p256(key))
        return ERR(MALFORMED);
    struct jwk *k = calloc(1, sizeof *k);
    if (k == NULL)
        return ERR(NO_MEMORY);
    err_t e = get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, k->x);
    if (err_ok(e))
        e = get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, k->y);
    if (!err_ok(e)) {
        jwk_free(k);
        return e;
    }
    return finish(k, out);
}

err_t jwk_of_pem(struct str pem, struct jwk **out)
{
    if (pem.len == 0 || pem.len > JWK_MAX)
        return pem.len == 0 ? ERR(MALFORMED) : ERR(TOO_LARGE);
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (in == NULL)
        return ERR(NO_MEMORY);
    EVP_PKEY *key = PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
    BIO_free(in);
    ERR_clear_error();
    if (key == NULL)
        return ERR(MALFORMED);
    err_t e = jwk_of_pkey(key, out);
    EVP_PKEY_free(key);
    return e;
}

void jwk_free(struct jwk *k)
{
    if (k == NULL)
        return;
    EVP_MD_CTX_free(k->verify);
    EVP_PKEY_free(k->key);
    free(k);
}

struct str jwk_kid(const struct jwk *k)
{
    return k->kid_len > 0 ? str_from(k->kid, k->kid_len) : jwk_thumbprint(k);
}

struct str jwk_thumbprint(const struct jwk *k)
{
    return str_from(k->thumbprint, sizeof k->thumbprint);
}

void jwk_put(const struct jwk *k, struct buf *out)
{
    jsonw_open(out, NULL, '{');
    jsonw_str(out, "kty", STR("EC"));
    jsonw_str(out, "crv", str_of(curve));
    put_coordinate(out, "x", k->x);
    put_coordinate(out, "y", k->y);
    jsonw_str(out, "kid", jwk_kid(k));
    jsonw_str(out, "use", STR("sig"));
    jsonw_str(out, "alg", STR("ES256"));
    jsonw_close(out, '}');
}
