/* keys.h - the secrets of the service: signing keys, sealing of OTP seeds, derived secrets.
 *
 * One folder, mode 0700, owned by the service's user; files mode 0600, opened without following
 * links and refused when owner, type, mode or link count are not as they should be:
 *
 *   signing-<n>.pem   EC P-256 private keys (PKCS #8, PEM). The lowest n signs, all are published:
 *                     the next one is known to every application before it is used.
 *   seal-<n>.key      32 bytes, hex: AES-256-GCM key of the seeds. The highest n seals, all open.
 *   master.key        32 bytes, hex: secrets derived by HKDF-SHA-256 (RFC 5869).
 *
 * An empty folder is filled at the first start (two signing keys). A folder that has some files
 * and lacks others is refused: silently making a new seal key would strand every second factor.
 *
 * A `struct keys` is immutable: any number of threads may use it. Wiped when freed.
 */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H

#include "base/arena.h"
#include "token/jws.h"

struct keys; /* opaque */

enum {
    KEYS_DERIVED_LEN = 32,
    SEAL_PLAIN_MAX = 128, /* bytes */
    SEAL_TEXT_MAX = 256,  /* characters */
};

/* Which file and what is wrong with it, for the log. */
struct keys_why {
    char text[200]; /* NUL-terminated */
};

/* CREATE: an empty (or absent) folder is filled; *created says so. WHY and CREATED may be NULL.
 * Errors: CONFIG (folder or a file is not as it should be), IO, CRYPTO, NO_MEMORY. */
struct keys_options {
    const char *dir;
    bool create;
};
NODISCARD err_t keys_open(const struct keys_options *o, struct keys_why *why, bool *created,
                          struct keys **out);
void keys_free(struct keys *k); /* wipes; NULL is fine */
static inline void keys_freep(struct keys **k) { keys_free(*k); }

/* Compact JWS (RFC 7515 section 3.1) of CLAIMS, a JSON text, signed ES256 by the current key;
 * header alg, kid and typ = TYPE ("at+jwt", "JWT"). Errors: NO_MEMORY, CRYPTO. */
NODISCARD err_t keys_sign(const struct keys *k, struct arena *a, struct str type, struct str claims,
                          struct str *out);
/* For those who append to a buf, or verify our own tokens; they live as long as K. */
const struct jws_signer *keys_signer(const struct keys *k);
const struct jwks *keys_public(const struct keys *k);
/* The JWK set (RFC 7517 section 5) of all signing keys, JSON; lives as long as K. */
struct str keys_jwks(const struct keys *k);
/* RFC 7638 thumbprint of the current key; lives as long as K. */
struct str keys_kid(const struct keys *k);

/* What a seed belongs to: it opens for nothing else. */
struct seal_owner {
    struct str person;     /* id of the person */
    struct str credential; /* id of the credential */
};
/* Text for a directory attribute: "v1." and base64url of key id, nonce, ciphertext, tag.
 * Errors: TOO_LARGE (more than SEAL_PLAIN_MAX), NO_MEMORY, CRYPTO, BUG (owner empty). */
NODISCARD err_t keys_seal(const struct keys *k, struct arena *a, const struct seal_owner *owner,
                          struct str plain, struct str *out);
/* The plain bytes live in the arena (wiped with it). Errors: SEAL_BROKEN (any reason: altered,
 * another owner's, another key's, ill-formed), NO_MEMORY. */
NODISCARD err_t keys_unseal(const struct keys *k, struct arena *a, const struct seal_owner *owner,
                            struct str sealed, struct str *out);

/* A secret of 32 bytes for PURPOSE ("csrf", "pairwise", "journal"), always the same for the same
 * folder. Wipe it after use. Errors: CRYPTO. */
NODISCARD err_t keys_derive(const struct keys *k, struct str purpose,
                            unsigned char out[KEYS_DERIVED_LEN]);

#endif
