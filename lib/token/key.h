/* key.h - inside lib/token: what a struct jwk holds, and the check it does. Not for others. */
#ifndef TOKEN_KEY_H
#define TOKEN_KEY_H

#include "token/es256.h"
#include "token/jwk.h"

#include <openssl/evp.h>

struct jwk {
    EVP_PKEY *key;
    EVP_MD_CTX *verify; /* initialised once, copied for each signature */
    unsigned char x[ES256_COORD], y[ES256_COORD];
    char thumbprint[JWK_THUMBPRINT_LEN];
    char kid[JWK_KID_MAX];
    size_t kid_len; /* 0: the thumbprint stands in */
};

/* Errors: TOKEN_FORGED, NO_MEMORY, CRYPTO. */
NODISCARD err_t jwk_verify(const struct jwk *k, struct str text,
                           const unsigned char signature[ES256_SIG]);

#endif
