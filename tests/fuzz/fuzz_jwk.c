/* fuzz_jwk.c - keys: an accepted key or set is written and read back as the same key or set. */
#include "fuzz/fuzz.h"
#include "token/jwk.h"

static void check_key(struct str text)
{
    struct jwk *k = NULL, *again = NULL;
    struct buf b;
    if (!err_ok(jwk_parse(text, &k)) && !err_ok(jwk_of_pem(text, &k)))
        return;
    buf_init(&b, JWK_MAX);
    jwk_put(k, &b);
    FUZZ_CHECK(err_ok(buf_err(&b)));
    FUZZ_CHECK(err_ok(jwk_parse(buf_str(&b), &again)));
    FUZZ_CHECK(str_eq(jwk_kid(k), jwk_kid(again)));
    FUZZ_CHECK(str_eq(jwk_thumbprint(k), jwk_thumbprint(again)));
    jwk_free(k);
    jwk_free(again);
    buf_done(&b);
}

static void check_set(struct str text)
{
    struct jwks *s = NULL, *again = NULL;
    struct buf b;
    if (!err_ok(jwks_parse(text, &s)))
        return;
    buf_init(&b, 2 * JWKS_MAX);
    jwks_put(s, &b);
    FUZZ_CHECK(err_ok(buf_err(&b)) && jwks_count(s) <= JWKS_MAX_KEYS);
    FUZZ_CHECK(err_ok(jwks_parse(buf_str(&b), &again)));
    FUZZ_CHECK(jwks_count(again) == jwks_count(s));
    for (size_t i = 0; i < jwks_count(s); i++)
        FUZZ_CHECK(jwks_find(s, jwk_kid(jwks_at(again, i))) == jwks_at(s, i));
    jwks_free(s);
    jwks_free(again);
    buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_from((const char *)data, size);
    check_key(text);
    check_set(text);
    return 0;
}
