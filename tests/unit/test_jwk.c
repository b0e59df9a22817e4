/* lib/token/jwk: which public keys are taken, and under which name. */
#include "support/forge.h"
#include "support/suite.h"
#include "token/jwk.h"

/* RFC 7515 appendix A.3.1 */
#define X  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\""
#define XY "\"x\":\"" X "\",\"y\":\"" Y "\""
/* printf '{"crv":"P-256","kty":"EC","x":"…","y":"…"}' | openssl dgst -sha256 -binary | basenc --base64url */
#define THUMBPRINT "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"
/* RFC 9449 section 6.1: the key of its figures and its thumbprint */
#define DPOP                                                                                  \
    "{" EC ",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\",\"y\":\"9VE4jf_Ok_o64zbTT" \
    "lcuNJajHmt6v9TDVrU0CdvGRDA\"}"
#define DPOP_THUMBPRINT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static const struct {
    const char *name;
    struct str json;
    err_t want;
    const char *kid;
} keys[] = {
    { "RFC 7515 A.3", STR_INIT("{" EC "," XY "}"), { ERR_OK }, THUMBPRINT },
    { "RFC 9449 6.1", STR_INIT(DPOP), { ERR_OK }, DPOP_THUMBPRINT },
    { "with a kid", STR_INIT("{" EC "," XY ",\"kid\":\"2026-11\"}"), { ERR_OK }, "2026-11" },
    { "use, alg, ops",
      STR_INIT("{" EC "," XY ",\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"]}"),
      { ERR_OK },
      THUMBPRINT },
    { "unknown members",
      STR_INIT("{" EC "," XY ",\"x5t\":\"AA\",\"z\":{}}"),
      { ERR_OK },
      THUMBPRINT },
    { "private part", STR_INIT("{" EC "," XY ",\"d\":\"" X "\"}"), { ERR_MALFORMED }, NULL },
    { "for encryption", STR_INIT("{" EC "," XY ",\"use\":\"enc\"}"), { ERR_MALFORMED }, NULL },
    { "another alg", STR_INIT("{" EC "," XY ",\"alg\":\"ES384\"}"), { ERR_MALFORMED }, NULL },
    { "alg null", STR_INIT("{" EC "," XY ",\"alg\":null}"), { ERR_MALFORMED }, NULL },
    { "ops without verify",
      STR_INIT("{" EC "," XY ",\"key_ops\":[\"sign\"]}"),
      { ERR_MALFORMED },
      NULL },
    { "ops not a list",
      STR_INIT("{" EC "," XY ",\"key_ops\":\"verify\"}"),
      { ERR_MALFORMED },
      NULL },
    { "another curve",
      STR_INIT("{\"kty\":\"EC\",\"crv\":\"P-384\"," XY "}"),
      { ERR_MALFORMED },
      NULL },
    { "Koblitz curve",
      STR_INIT("{\"kty\":\"EC\",\"crv\":\"secp256k1\"," XY "}"),
      { ERR_MALFORMED },
      NULL },
    { "RSA", STR_INIT("{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"), { ERR_MALFORMED }, NULL },
    { "symmetric", STR_INIT("{\"kty\":\"oct\",\"k\":\"AQAB\"}"), { ERR_MALFORMED }, NULL },
    { "no kty", STR_INIT("{\"crv\":\"P-256\"," XY "}"), { ERR_MALFORMED }, NULL },
    { "no y", STR_INIT("{" EC ",\"x\":\"" X "\"}"), { ERR_MALFORMED }, NULL },
    { "x is a number", STR_INIT("{" EC ",\"x\":7,\"y\":\"" Y "\"}"), { ERR_MALFORMED }, NULL },
    { "x and y swapped: not on the curve",
      STR_INIT("{" EC ",\"x\":\"" Y "\",\"y\":\"" X "\"}"),
      { ERR_MALFORMED },
      NULL },
    { "the point 0,0",
      STR_INIT("{" EC ",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
               "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
      { ERR_MALFORMED },
      NULL },
    { "x beyond the field",
      STR_INIT("{" EC ",\"x\":\"__________________________________________8\",\"y\":\"" Y "\"}"),
      { ERR_MALFORMED },
      NULL },
    { "x of 31 bytes",
      STR_INIT("{" EC ",\"x\":\"zc4ncPbEXUGDy-5v20t7WAczNXvp7xO6z248e9FURQ\",\"y\":\"" Y "\"}"),
      { ERR_MALFORMED },
      NULL },
    { "x padded", STR_INIT("{" EC ",\"x\":\"" X "=\",\"y\":\"" Y "\"}"), { ERR_MALFORMED }, NULL },
    { "x with a trailing bit",
      STR_INIT("{" EC ",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV\",\"y\":\"" Y "\"}"),
      { ERR_MALFORMED },
      NULL },
    { "duplicate member", STR_INIT("{" EC "," XY ",\"kty\":\"EC\"}"), { ERR_MALFORMED }, NULL },
    { "empty kid", STR_INIT("{" EC "," XY ",\"kid\":\"\"}"), { ERR_MALFORMED }, NULL },
    { "kid with a space", STR_INIT("{" EC "," XY ",\"kid\":\"a b\"}"), { ERR_MALFORMED }, NULL },
    { "kid is a number", STR_INIT("{" EC "," XY ",\"kid\":1}"), { ERR_MALFORMED }, NULL },
    { "text after", STR_INIT("{" EC "," XY "}x"), { ERR_MALFORMED }, NULL },
    { "a NUL after", STR_INIT("{" EC "," XY "}\0"), { ERR_MALFORMED }, NULL },
    { "a list", STR_INIT("[]"), { ERR_MALFORMED }, NULL },
    { "empty", STR_INIT(""), { ERR_MALFORMED }, NULL },
    { "not UTF-8", STR_INIT("{" EC "," XY ",\"kid\":\"\xff\"}"), { ERR_MALFORMED }, NULL },
};

/* Rule: only an EC P-256 public key meant for ES256 signatures, on its curve, becomes a key. */
START_TEST(key_table)
{
    struct jwk *k = NULL;
    err_t e = jwk_parse(keys[_i].json, &k);
    ck_assert_msg(e.code == keys[_i].want.code, "%s: %s", keys[_i].name, err_name(e));
    ck_assert_msg((k != NULL) == err_ok(e), "%s: out", keys[_i].name);
    if (k != NULL)
        ck_assert_str_is(jwk_kid(k), keys[_i].kid);
    jwk_free(k);
}
END_TEST

/* Rule: what is over the bound is not read (JWK_MAX, JWKS_MAX). */
START_TEST(sizes)
{
    struct buf b;
    struct jwk *k = NULL;
    struct jwks *s = NULL;
    buf_init(&b, JWKS_MAX + 2);
    char *at = buf_extend(&b, JWKS_MAX + 1);
    for (size_t i = 0; i <= JWKS_MAX; i++)
        at[i] = ' ';
    ck_assert_err(jwk_parse(str_from(b.ptr, JWK_MAX + 1), &k), TOO_LARGE);
    ck_assert_err(jwk_of_pem(str_from(b.ptr, JWK_MAX + 1), &k), TOO_LARGE);
    ck_assert_err(jwks_parse(buf_str(&b), &s), TOO_LARGE);
    buf_done(&b);
}
END_TEST

/* Rule: what jwk_put() writes is the key that jwk_parse() reads, kid included. */
START_TEST(round_trip)
{
    struct buf first, second;
    struct jwk *a = NULL, *b = NULL;
    buf_init(&first, JWK_MAX);
    buf_init(&second, JWK_MAX);
    ck_assert_ok(jwk_parse(STR("{" EC "," XY ",\"kid\":\"n\"}"), &a));
    jwk_put(a, &first);
    ck_assert_ok(buf_err(&first));
    ck_assert_str_is(buf_str(&first),
                     "{" EC "," XY ",\"kid\":\"n\",\"use\":\"sig\",\"alg\":\"ES256\"}");
    ck_assert_ok(jwk_parse(buf_str(&first), &b));
    jwk_put(b, &second);
    ck_assert(str_eq(buf_str(&first), buf_str(&second)));
    jwk_free(a);
    jwk_free(b);
    buf_done(&first);
    buf_done(&second);
}
END_TEST

/* Made with: openssl ecparam -name C -genkey -noout | openssl pkey -pubout; the first is the key
 * of RFC 7515 appendix A.3.1. */
static const char p256_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
                               "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                               "-----END PUBLIC KEY-----\n";
static const char k256_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                               "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEo47d1bydU25K+S375PGS+E4cBcTZsR0B\n"
                               "MC/jKuNYPP4WwkaIe0+M1oBMDGT7fvFgdIwP/Zo0q6Wmvvney40eLA==\n"
                               "-----END PUBLIC KEY-----\n";

static const struct {
    const char *name, *pem;
    err_t want;
} pems[] = {
    { "P-256", p256_pem, { ERR_OK } },
    { "secp256k1", k256_pem, { ERR_MALFORMED } },
    { "no armour", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", { ERR_MALFORMED } },
    { "empty", "", { ERR_MALFORMED } },
};

/* Rule: a PEM key is the same key, under its thumbprint (RFC 7638); other curves are refused. */
START_TEST(pem_table)
{
    struct jwk *k = NULL;
    err_t e = jwk_of_pem(str_of(pems[_i].pem), &k);
    ck_assert_msg(e.code == pems[_i].want.code, "%s: %s", pems[_i].name, err_name(e));
    if (k != NULL)
        ck_assert_str_is(jwk_thumbprint(k), THUMBPRINT);
    jwk_free(k);
}
END_TEST

#define K(kid) "{" EC "," XY ",\"kid\":\"" kid "\"}"
#define RSA    "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"r\"}"
#define K8     RSA "," RSA "," RSA "," RSA "," RSA "," RSA "," RSA "," RSA

static const struct {
    const char *name, *json;
    err_t want;
    size_t count;
} sets[] = {
    { "one", "{\"keys\":[" K("a") "]}", { ERR_OK }, 1 },
    { "two", "{\"keys\":[" K("a") "," K("b") "]}", { ERR_OK }, 2 },
    { "keys for others are skipped",
      "{\"keys\":[" RSA "," K("a") ",7,{\"kty\":\"OKP\"}]}",
      { ERR_OK },
      1 },
    { "none usable", "{\"keys\":[" RSA "]}", { ERR_OK }, 0 },
    { "empty", "{\"keys\":[]}", { ERR_OK }, 0 },
    { "32 members", "{\"keys\":[" K8 "," K8 "," K8 "," K8 "]}", { ERR_OK }, 0 },
    { "33 members", "{\"keys\":[" K8 "," K8 "," K8 "," K8 "," RSA "]}", { ERR_TOO_LARGE }, 0 },
    { "one kid twice", "{\"keys\":[" K("a") "," K("a") "]}", { ERR_DUPLICATE }, 0 },
    { "no keys", "{}", { ERR_MALFORMED }, 0 },
    { "keys not a list", "{\"keys\":{}}", { ERR_MALFORMED }, 0 },
    { "keys twice", "{\"keys\":[],\"keys\":[]}", { ERR_MALFORMED }, 0 },
    { "a bare list", "[" K("a") "]", { ERR_MALFORMED }, 0 },
};

/* Rule: a set is bounded; what is not for ES256 is skipped, not an error (RFC 7517 section 5). */
START_TEST(set_table)
{
    struct jwks *s = NULL;
    err_t e = jwks_parse(str_of(sets[_i].json), &s);
    ck_assert_msg(e.code == sets[_i].want.code, "%s: %s", sets[_i].name, err_name(e));
    ck_assert_msg((s != NULL) == err_ok(e), "%s: out", sets[_i].name);
    if (s != NULL) {
        ck_assert_msg(jwks_count(s) == sets[_i].count, "%s: count", sets[_i].name);
        ck_assert_msg((jwks_find(s, STR("a")) != NULL) == (sets[_i].count > 0), "%s: find",
                      sets[_i].name);
        ck_assert_ptr_null(jwks_find(s, STR("r")));
        ck_assert_ptr_null(jwks_find(s, STR("")));
    }
    jwks_free(s);
}
END_TEST

/* Rule: a written set has the public halves and nothing else, and reads back. */
START_TEST(set_round_trip)
{
    struct jws_signer *signer = NULL;
    struct jwks *s = NULL;
    struct buf b;
    buf_init(&b, JWKS_MAX);
    ck_assert_ok(jws_signer_generate(&signer));
    struct jwks *keys_of_signer = forge_keys(signer);
    jwks_put(keys_of_signer, &b);
    ck_assert_ok(buf_err(&b));
    ck_assert_ok(jwks_parse(buf_str(&b), &s));
    ck_assert_uint_eq(jwks_count(s), 1);
    ck_assert(str_eq(jwk_kid(jwks_at(s, 0)), jwk_thumbprint(jws_signer_jwk(signer))));
    jwks_free(keys_of_signer);
    jwks_free(s);
    jws_signer_free(signer);
    buf_done(&b);
}
END_TEST

int main(void)
{
    TCase *one = tcase_create("key"), *set = tcase_create("set");
    tcase_add_loop_test(one, key_table, 0, COUNT(keys));
    tcase_add_test(one, sizes);
    tcase_add_test(one, round_trip);
    tcase_add_loop_test(one, pem_table, 0, COUNT(pems));
    tcase_add_loop_test(set, set_table, 0, COUNT(sets));
    tcase_add_test(set, set_round_trip);
    return RUN_SUITE("jwk", one, set);
}
