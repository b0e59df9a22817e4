#include "keys/keys.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"
#include "keys/keydir.h"
#include "keys/seal.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIGNING_KEYS = 2 }; /* the current one and the next */

struct keys {
    struct jws_signer *signer[KEYDIR_MAX_KEYS]; /* [0] signs */
    size_t signer_count;
    struct jwks *jwks;
    struct buf jwks_json;
    struct seal_key seal[KEYDIR_MAX_KEYS]; /* the last one seals */
    size_t seal_count;
    unsigned char master[SEAL_KEY_LEN];
};

void keys_free(struct keys *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i < k->signer_count; i++)
        jws_signer_free(k->signer[i]);
    jwks_free(k->jwks);
    buf_done(&k->jwks_json);
    wipe(k, sizeof *k);
    free(k);
}

/* --- the first start --- */

static err_t write_random(struct keydir *d, const char *name)
{
    unsigned char key[SEAL_KEY_LEN];
    char text[HEX_LEN(SEAL_KEY_LEN) + 1];
    rng_fill(key, sizeof key);
    hex_encode(text, key, sizeof key);
    text[sizeof text - 1] = '\n';
    err_t e = keydir_write(d, name, str_from(text, sizeof text));
    wipe(key, sizeof key);
    wipe(text, sizeof text);
    return e;
}

static err_t write_signing(struct keydir *d, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *pem = BIO_new(BIO_s_secmem());
    char *text = NULL;
    err_t e = ERR(CRYPTO);
    if (key != NULL && pem != NULL &&
        PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long len = BIO_get_mem_data(pem, &text);
        e = len > 0 ? keydir_write(d, name, str_from(text, (size_t)len)) : ERR(CRYPTO);
    }
    (void)BIO_free(pem); /* wipes */
    EVP_PKEY_free(key);
    return e;
}

static err_t remove_all(struct keydir *d, const struct keydir_list *l)
{
    char name[KEYDIR_NAME_MAX];
    for (size_t i = 0; i < l->signing_count; i++) {
        keydir_signing_name(l->signing[i], name);
        TRY(keydir_remove(d, name));
    }
    for (size_t i = 0; i < l->seal_count; i++) {
        keydir_seal_name(l->seal[i], name);
        TRY(keydir_remove(d, name));
    }
    return keydir_remove(d, KEYDIR_MASTER);
}

/* Between the two syncs of the marker nobody has used these keys: a start that finds the marker
 * may throw them away. */
static err_t fill(struct keydir *d, const struct keydir_list *l)
{
    char name[KEYDIR_NAME_MAX];
    if (!l->creating)
        TRY(keydir_write(d, KEYDIR_CREATING, STR("")));
    TRY(keydir_sync(d));
    TRY(remove_all(d, l));
    for (int64_t n = 1; n <= FIRST_SIGNING_KEYS; n++) {
        keydir_signing_name(n, name);
        TRY(write_signing(d, name));
    }
    keydir_seal_name(1, name);
    TRY(write_random(d, name));
    TRY(write_random(d, KEYDIR_MASTER));
    TRY(keydir_sync(d));
    TRY(keydir_remove(d, KEYDIR_CREATING));
    return keydir_sync(d);
}

/* --- loading --- */

static err_t read_hex(struct keydir *d, const char *name, unsigned char out[SEAL_KEY_LEN])
{
    struct buf b;
    size_t len = 0;
    buf_init(&b, KEYDIR_FILE_MAX);
    err_t e = keydir_read(d, name, &b);
    if (err_ok(e) && (!err_ok(hex_decode(str_trim(buf_str(&b)), out, SEAL_KEY_LEN, &len)) ||
                      len != SEAL_KEY_LEN))
        e = keydir_refuse(d, ERR(CONFIG), name, "must be 64 hex digits");
    buf_done(&b);
    return e;
}

static err_t load_seal(struct keydir *d, struct keys *k, int64_t n)
{
    char name[KEYDIR_NAME_MAX];
    unsigned char key[SEAL_KEY_LEN];
    keydir_seal_name(n, name);
    err_t e = read_hex(d, name, key);
    if (err_ok(e))
        e = seal_key_init(&k->seal[k->seal_count], key);
    if (err_ok(e))
        k->seal_count++;
    wipe(key, sizeof key);
    return e;
}

/* The set takes keys of its own: the public half goes through its JWK text. */
static err_t publish(struct keys *k, const struct jws_signer *signer)
{
    struct buf text;
    struct jwk *key = NULL;
    buf_init(&text, JWK_MAX);
    jwk_put(jws_signer_jwk(signer), &text);
    err_t e = buf_err(&text);
    if (err_ok(e))
        e = jwk_parse(buf_str(&text), &key);
    if (err_ok(e))
        e = jwks_add(k->jwks, key);
    buf_done(&text);
    return e;
}

static err_t load_signing(struct keydir *d, struct keys *k, int64_t n)
{
    char name[KEYDIR_NAME_MAX];
    struct buf pem;
    struct jws_signer *signer = NULL;
    keydir_signing_name(n, name);
    buf_init(&pem, KEYDIR_FILE_MAX);
    err_t e = keydir_read(d, name, &pem);
    if (err_ok(e)) {
        e = jws_signer_of_pem(buf_str(&pem), &signer);
        if (e.code == ERR_MALFORMED || e.code == ERR_TOO_LARGE)
            e = keydir_refuse(d, ERR(CONFIG), name, "must be an EC P-256 private key, PEM");
    }
    buf_done(&pem);
    TRY(e);
    k->signer[k->signer_count++] = signer;
    e = publish(k, signer);
    return e.code == ERR_DUPLICATE
               ? keydir_refuse(d, ERR(CONFIG), name, "is the same key as another")
               : e;
}

static err_t load(struct keydir *d, const struct keydir_list *l, struct keys *k)
{
    TRY(jwks_new(&k->jwks));
    for (size_t i = 0; i < l->signing_count; i++)
        TRY(load_signing(d, k, l->signing[i]));
    for (size_t i = 0; i < l->seal_count; i++)
        TRY(load_seal(d, k, l->seal[i]));
    TRY(read_hex(d, KEYDIR_MASTER, k->master));
    jwks_put(k->jwks, &k->jwks_json);
    return buf_err(&k->jwks_json);
}

static bool is_complete(const struct keydir_list *l)
{
    return l->signing_count > 0 && l->seal_count > 0 && l->master && !l->creating;
}

static bool is_empty(const struct keydir_list *l)
{
    return l->creating || (l->signing_count == 0 && l->seal_count == 0 && !l->master);
}

static err_t fill_and_load(struct keydir *d, const struct keys_options *o, bool *created,
                           struct keys *k)
{
    struct keydir_list l;
    TRY(keydir_open(d, o->dir, o->create));
    TRY(keydir_scan(d, &l));
    if (o->create && is_empty(&l)) {
        TRY(fill(d, &l));
        TRY(keydir_scan(d, &l));
        *created = true;
    }
    if (!is_complete(&l))
        return keydir_refuse(d, ERR(CONFIG), o->dir,
                             "a signing key, a seal key or master.key is missing");
    return load(d, &l, k);
}

err_t keys_open(const struct keys_options *o, struct keys_why *why, bool *created,
                struct keys **out)
{
    struct keydir d = { .fd = -1, .why = why };
    struct keys *k = calloc(1, sizeof *k);
    bool made = false;
    if (k == NULL)
        return ERR(NO_MEMORY);
    if (why != NULL)
        why->text[0] = '\0';
    buf_init(&k->jwks_json, JWKS_MAX);
    err_t e = fill_and_load(&d, o, &made, k);
    keydir_close(&d);
    if (!err_ok(e)) {
        keys_free(k);
        return e;
    }
    if (created != NULL)
        *created = made;
    *out = k;
    return ERR(OK);
}

/* --- using --- */

err_t keys_sign(const struct keys *k, struct arena *a, struct str type, struct str claims,
                struct str *out)
{
    struct buf b;
    buf_init(&b, JWS_MAX);
    err_t e = jws_sign(k->signer[0], type, claims, &b);
    if (err_ok(e))
        e = arena_str(a, buf_str(&b), out);
    buf_done(&b);
    return e;
}

const struct jws_signer *keys_signer(const struct keys *k) { return k->signer[0]; }
const struct jwks *keys_public(const struct keys *k) { return k->jwks; }
struct str keys_jwks(const struct keys *k) { return buf_str(&k->jwks_json); }
struct str keys_kid(const struct keys *k) { return jwk_thumbprint(jws_signer_jwk(k->signer[0])); }

err_t keys_seal(const struct keys *k, struct arena *a, const struct seal_owner *owner,
                struct str plain, struct str *out)
{
    return seal_close(&k->seal[k->seal_count - 1], a, owner, plain, out);
}

err_t keys_unseal(const struct keys *k, struct arena *a, const struct seal_owner *owner,
                  struct str sealed, struct str *out)
{
    return seal_open(k->seal, k->seal_count, a, owner, sealed, out);
}

err_t keys_derive(const struct keys *k, struct str purpose, unsigned char out[KEYS_DERIVED_LEN])
{
    if (purpose.len == 0)
        return ERR(BUG);
    return hkdf_sha256(k->master, sizeof k->master, purpose, out);
}
