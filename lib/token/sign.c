/* sign.c - the signing half of jws.h. */
#include "base/enc.h"
#include "token/es256.h"
#include "token/jws.h"
#include "token/key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct jws_signer {
    EVP_PKEY *key;
    EVP_MD_CTX *ready; /* initialised once, copied for each signature: 27 us instead of 42 */
    struct jwk *jwk;
    _Atomic uint64_t count;
};

static err_t prepare(struct jws_signer *s)
{
    TRY(jwk_of_pkey(s->key, &s->jwk));
    s->ready = EVP_MD_CTX_new();
    if (s->ready == NULL)
        return ERR(NO_MEMORY);
    /* A key without its private half fails here or at the first signature: make one now. */
    struct buf probe;
    buf_init(&probe, JWS_MAX);
    err_t e = ERR(CRYPTO);
    if (EVP_DigestSignInit_ex(s->ready, NULL, "SHA256", NULL, NULL, s->key, NULL) == 1)
        e = jws_sign(s, STR(""), STR("{}"), &probe);
    buf_done(&probe);
    s->count = 0;
    return err_ok(e) || e.code == ERR_NO_MEMORY ? e : ERR(MALFORMED);
}

err_t jws_signer_new(struct evp_pkey_st *key, struct jws_signer **out)
{
    struct jws_signer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    if (EVP_PKEY_up_ref(key) != 1) {
        free(s);
        return ERR(CRYPTO);
    }
    s->key = key;
    err_t e = prepare(s);
    ERR_clear_error();
    if (!err_ok(e)) {
        jws_signer_free(s);
        return e;
    }
    *out = s;
    return ERR(OK);
}

/* No prompt on the terminal for an encrypted key: a daemon has none. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's pem_password_cb */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
    (void)text, (void)size, (void)writing, (void)arg;
    return -1;
}

err_t jws_signer_of_pem(struct str pem, struct jws_signer **out)
{
    if (pem.len == 0 || pem.len > JWK_MAX)
        return pem.len == 0 ? ERR(MALFORMED) : ERR(TOO_LARGE);
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (in == NULL)
        return ERR(NO_MEMORY);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
    BIO_free(in);
    ERR_clear_error();
    if (key == NULL)
        return ERR(MALFORMED);
    err_t e = jws_signer_new(key, out);
    EVP_PKEY_free(key);
    return e;
}

err_t jws_signer_generate(struct jws_signer **out)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL)
        return ERR(CRYPTO);
    err_t e = jws_signer_new(key, out);
    EVP_PKEY_free(key);
    return e;
}

void jws_signer_free(struct jws_signer *s)
{
    if (s == NULL)
        return;
    jwk_free(s->jwk);
    EVP_MD_CTX_free(s->ready);
    EVP_PKEY_free(s->key); /* OpenSSL wipes the private number */
    free(s);
}

const struct jwk *jws_signer_jwk(const struct jws_signer *s) { return s->jwk; }

uint64_t jws_signer_count(const struct jws_signer *s) { return atomic_load(&s->count); }

static bool typ_is_sound(struct str typ)
{
    for (size_t i = 0; i < typ.len; i++) {
        char c = typ.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
            return false;
    }
    return typ.len <= JWS_TYP_MAX;
}

static void put_b64(struct buf *out, struct str s)
{
    char *at = s.len > 0 ? buf_extend(out, BASE64URL_LEN(s.len)) : NULL;
    if (at != NULL)
        base64url_encode(at, s.ptr, s.len);
}

/* Nothing here needs escaping: the kid is a thumbprint, the typ was looked at. On the stack, as
 * this runs for every token. */
static void put_header(const struct jws_signer *s, struct str typ, struct buf *out)
{
    const struct str parts[] = { STR("{\"alg\":\"ES256\",\"kid\":\""), jwk_thumbprint(s->jwk),
                                 typ.len > 0 ? STR("\",\"typ\":\"") : STR(""), typ, STR("\"}") };
    char text[64 + JWK_THUMBPRINT_LEN + JWS_TYP_MAX];
    size_t n = 0;
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (parts[i].len > 0)
            memcpy(text + n, parts[i].ptr, parts[i].len);
        n += parts[i].len;
    }
    put_b64(out, str_from(text, n));
}

err_t es256_sign(const struct jws_signer *s, struct str text, unsigned char raw[ES256_SIG])
{
    unsigned char der[ES256_DER_MAX];
    size_t len = sizeof der;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (c == NULL)
        return ERR(NO_MEMORY);
    bool ok = EVP_MD_CTX_copy_ex(c, s->ready) == 1 &&
              EVP_DigestSign(c, der, &len, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(c);
    return ok ? es256_raw_of_der(der, len, raw) : ERR(CRYPTO);
}

err_t jws_sign(struct jws_signer *s, struct str typ, struct str payload, struct buf *out)
{
    unsigned char raw[ES256_SIG];
    if (!typ_is_sound(typ))
        return ERR(MALFORMED);
    if (payload.len > JWS_MAX)
        return ERR(TOO_LARGE);
    TRY(buf_err(out));
    size_t start = out->len;
    put_header(s, typ, out);
    buf_add_char(out, '.');
    put_b64(out, payload);
    TRY(buf_err(out));
    TRY(es256_sign(s, str_from(out->ptr + start, out->len - start), raw));
    buf_add_char(out, '.');
    put_b64(out, str_from((const char *)raw, sizeof raw));
    TRY(buf_err(out));
    if (out->len - start > JWS_MAX)
        return ERR(TOO_LARGE);
    atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
    return ERR(OK);
}
