#include "keys/seal.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "token/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define PREFIX "v1."
#define LABEL  "habilis-seal-v1"

enum {
    NONCE_LEN = 12,
    TAG_LEN = 16,
    HEAD_LEN = SEAL_ID_LEN + NONCE_LEN,
    RAW_MAX = HEAD_LEN + SEAL_PLAIN_MAX + TAG_LEN,
    AAD_MAX = sizeof LABEL + SEAL_ID_LEN + 2 * (2 + SEAL_OWNER_MAX),
};

_Static_assert(sizeof PREFIX - 1 + BASE64URL_LEN(RAW_MAX) <= SEAL_TEXT_MAX, "keys.h says so");

struct aad {
    unsigned char bytes[AAD_MAX];
    size_t len;
};

err_t seal_key_init(struct seal_key *k, const unsigned char key[SEAL_KEY_LEN])
{
    unsigned char hash[SHA256_LEN];
    TRY(sha256(str_from((const char *)key, SEAL_KEY_LEN), hash));
    memcpy(k->key, key, SEAL_KEY_LEN);
    memcpy(k->id, hash, SEAL_ID_LEN);
    return ERR(OK);
}

/* --- additional data --- */

static void aad_add(struct aad *aad, const void *bytes, size_t len)
{
    memcpy(aad->bytes + aad->len, bytes, len);
    aad->len += len;
}

static void aad_add_text(struct aad *aad, struct str s)
{
    const unsigned char len[2] = { (unsigned char)(s.len >> 8), (unsigned char)s.len };
    aad_add(aad, len, sizeof len);
    aad_add(aad, s.ptr, s.len);
}

static err_t aad_of(const struct seal_owner *owner, const unsigned char id[SEAL_ID_LEN],
                    struct aad *out)
{
    if (owner->person.len == 0 || owner->person.len > SEAL_OWNER_MAX ||
        owner->credential.len == 0 || owner->credential.len > SEAL_OWNER_MAX)
        return ERR(BUG);
    out->len = 0;
    aad_add(out, LABEL, sizeof LABEL - 1);
    aad_add(out, id, SEAL_ID_LEN);
    aad_add_text(out, owner->person);
    aad_add_text(out, owner->credential);
    return ERR(OK);
}

/* --- AES-256-GCM: one call each way; TAG follows the text --- */

static bool gcm_encrypt(EVP_CIPHER_CTX *c, const struct aad *aad, struct str plain,
                        unsigned char *out)
{
    int n = 0;
    return EVP_EncryptUpdate(c, NULL, &n, aad->bytes, (int)aad->len) == 1 &&
           EVP_EncryptUpdate(c, out, &n, (const unsigned char *)plain.ptr, (int)plain.len) == 1 &&
           n == (int)plain.len && EVP_EncryptFinal_ex(c, out + n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, out + plain.len) == 1;
}

static bool gcm_decrypt(EVP_CIPHER_CTX *c, const struct aad *aad, unsigned char *text, int len,
                        unsigned char *out)
{
    int n = 0;
    return EVP_DecryptUpdate(c, NULL, &n, aad->bytes, (int)aad->len) == 1 &&
           EVP_DecryptUpdate(c, out, &n, text, len) == 1 && n == len &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, text + len) == 1 &&
           EVP_DecryptFinal_ex(c, out + n, &n) == 1;
}

err_t seal_close(const struct seal_key *k, struct arena *a, const struct seal_owner *owner,
                 struct str plain, struct str *out)
{
    unsigned char raw[RAW_MAX];
    char text[SEAL_TEXT_MAX] = PREFIX;
    struct aad aad;
    if (plain.len > SEAL_PLAIN_MAX)
        return ERR(TOO_LARGE);
    TRY(aad_of(owner, k->id, &aad));
    memcpy(raw, k->id, SEAL_ID_LEN);
    rng_fill(raw + SEAL_ID_LEN, NONCE_LEN);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool done = c != NULL &&
                EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), k->key, raw + SEAL_ID_LEN, NULL) == 1 &&
                gcm_encrypt(c, &aad, plain, raw + HEAD_LEN);
    EVP_CIPHER_CTX_free(c);
    if (!done)
        return ERR(CRYPTO);
    size_t len = HEAD_LEN + plain.len + TAG_LEN, prefix = sizeof PREFIX - 1;
    base64url_encode(text + prefix, raw, len);
    return arena_str(a, str_from(text, prefix + BASE64URL_LEN(len)), out);
}

static const struct seal_key *key_named(const struct seal_key *keys, size_t n,
                                        const unsigned char id[SEAL_ID_LEN])
{
    for (size_t i = 0; i < n; i++)
        if (ct_equal(keys[i].id, id, SEAL_ID_LEN))
            return &keys[i];
    return NULL;
}

static bool envelope_read(struct str sealed, unsigned char raw[RAW_MAX], size_t *len)
{
    const size_t prefix = sizeof PREFIX - 1;
    if (!str_starts(sealed, STR(PREFIX)))
        return false;
    struct str body = str_from(sealed.ptr + prefix, sealed.len - prefix);
    return err_ok(base64url_decode(body, raw, RAW_MAX, len)) && *len >= HEAD_LEN + TAG_LEN;
}

err_t seal_open(const struct seal_key *keys, size_t n, struct arena *a,
                const struct seal_owner *owner, struct str sealed, struct str *out)
{
    unsigned char raw[RAW_MAX], plain[SEAL_PLAIN_MAX];
    struct aad aad;
    size_t len = 0;
    if (!envelope_read(sealed, raw, &len))
        return ERR(SEAL_BROKEN);
    const struct seal_key *k = key_named(keys, n, raw);
    if (k == NULL || !err_ok(aad_of(owner, k->id, &aad)))
        return ERR(SEAL_BROKEN);
    int text_len = (int)(len - HEAD_LEN - TAG_LEN);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    err_t e = ERR(NO_MEMORY);
    if (c != NULL)
        e = EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), k->key, raw + SEAL_ID_LEN, NULL) == 1 &&
                    gcm_decrypt(c, &aad, raw + HEAD_LEN, text_len, plain)
                ? ERR(OK)
                : ERR(SEAL_BROKEN);
    EVP_CIPHER_CTX_free(c);
    if (err_ok(e)) /* not one byte of it before the tag was found true */
        e = arena_str(a, str_from((const char *)plain, (size_t)text_len), out);
    wipe(plain, sizeof plain);
    return e;
}

/* --- derivation: RFC 5869, no salt, info = PURPOSE --- */

err_t hkdf_sha256(const unsigned char *key, size_t len, struct str purpose,
                  unsigned char out[KEYS_DERIVED_LEN])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *c = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    if (c == NULL)
        return ERR(NO_MEMORY);
    char digest[] = "SHA256";
    unsigned char secret[SEAL_KEY_LEN], info[64];
    if (len > sizeof secret || purpose.len > sizeof info) {
        EVP_KDF_CTX_free(c);
        return ERR(BUG);
    }
    memcpy(secret, key, len); /* the parameter type has no const */
    memcpy(info, purpose.ptr, purpose.len);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, purpose.len),
        OSSL_PARAM_construct_end(),
    };
    bool done = EVP_KDF_derive(c, out, KEYS_DERIVED_LEN, params) == 1;
    EVP_KDF_CTX_free(c);
    wipe(secret, sizeof secret);
    return done ? ERR(OK) : ERR(CRYPTO);
}
