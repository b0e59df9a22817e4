#include "token/es256.h"

#include "token/key.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>

err_t es256_raw_of_der(const unsigned char *der, size_t len, unsigned char raw[ES256_SIG])
{
    const unsigned char *at = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
    if (sig == NULL)
        return ERR(CRYPTO);
    bool ok = at == der + len &&
              BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, ES256_COORD) == ES256_COORD &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + ES256_COORD, ES256_COORD) == ES256_COORD;
    ECDSA_SIG_free(sig);
    return ok ? ERR(OK) : ERR(CRYPTO);
}

err_t es256_der_of_raw(const unsigned char raw[ES256_SIG], unsigned char der[ES256_DER_MAX],
                       size_t *len)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, ES256_COORD, NULL);
    BIGNUM *s = BN_bin2bn(raw + ES256_COORD, ES256_COORD, NULL);
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(sig);
        return ERR(NO_MEMORY);
    }
    unsigned char *at = der;
    int n = i2d_ECDSA_SIG(sig, &at); /* at most ES256_DER_MAX: neither integer is over 33 bytes */
    ECDSA_SIG_free(sig);
    if (n <= 0)
        return ERR(NO_MEMORY);
    *len = (size_t)n;
    return ERR(OK);
}

static err_t verify_with(EVP_MD_CTX *c, const struct jwk *k, struct str text,
                         const unsigned char signature[ES256_SIG])
{
    unsigned char der[ES256_DER_MAX];
    size_t len = 0;
    TRY(es256_der_of_raw(signature, der, &len));
    if (EVP_MD_CTX_copy_ex(c, k->verify) != 1)
        return ERR(CRYPTO);
    int r = EVP_DigestVerify(c, der, len, (const unsigned char *)text.ptr, text.len);
    /* OpenSSL says 0 for "no" and less for "could not": r or s out of range among others. The
     * text and the key are sound, so both mean that this is not the key's signature. */
    ERR_clear_error();
    return r == 1 ? ERR(OK) : ERR(TOKEN_FORGED);
}

err_t jwk_verify(const struct jwk *k, struct str text, const unsigned char signature[ES256_SIG])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c == NULL)
        return ERR(NO_MEMORY);
    err_t e = verify_with(c, k, text, signature);
    EVP_MD_CTX_free(c);
    return e;
}
