#include "token/hash.h"

#include "base/enc.h"
#include "base/secret.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

err_t sha256(struct str data, unsigned char out[SHA256_LEN])
{
    return EVP_Digest(data.ptr, data.len, out, NULL, EVP_sha256(), NULL) == 1 ? ERR(OK)
                                                                              : ERR(CRYPTO);
}

err_t sha256_b64(struct str data, char out[SHA256_B64_LEN])
{
    unsigned char digest[SHA256_LEN];
    TRY(sha256(data, digest));
    base64url_encode(out, digest, sizeof digest);
    wipe(digest,
         sizeof digest); /* the data may be a token, its digest the key it is stored under */
    return ERR(OK);
}

err_t hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_LEN])
{
    if (key.len > INT_MAX)
        return ERR(CRYPTO);
    /* HMAC() takes a NULL key for "as before": an empty key still needs an address. */
    const char *k = key.len > 0 ? key.ptr : "";
    return HMAC(EVP_sha256(), k, (int)key.len, (const unsigned char *)data.ptr, data.len, out,
                NULL) != NULL
               ? ERR(OK)
               : ERR(CRYPTO);
}
