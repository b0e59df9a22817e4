/* seal.h - AES-256-GCM with a versioned envelope, and HKDF-SHA-256. Private to idp/keys.
 *
 *   "v1." base64url( key id, 4 bytes | nonce, 12 | ciphertext | tag, 16 )
 *
 * Additional data: "habilis-seal-v1", the key id, and person and credential, each after its length
 * in two bytes. The nonce is random (NIST SP 800-38D section 8.2.2): with at most 2^32 seals per key
 * the chance of a repetition stays below 2^-32, and a seal is made once per enrolment.
 */
#ifndef KEYS_SEAL_H
#define KEYS_SEAL_H

#include "keys/keys.h"

enum { SEAL_KEY_LEN = 32, SEAL_ID_LEN = 4, SEAL_OWNER_MAX = 128 };

struct seal_key {
    unsigned char key[SEAL_KEY_LEN];
    unsigned char id[SEAL_ID_LEN]; /* start of SHA-256 of the key: which one opens */
};

NODISCARD err_t seal_key_init(struct seal_key *k, const unsigned char key[SEAL_KEY_LEN]);
NODISCARD err_t seal_close(const struct seal_key *k, struct arena *a,
                           const struct seal_owner *owner, struct str plain, struct str *out);
/* Picks the key that the envelope names among N. */
NODISCARD err_t seal_open(const struct seal_key *keys, size_t n, struct arena *a,
                          const struct seal_owner *owner, struct str sealed, struct str *out);
NODISCARD err_t hkdf_sha256(const unsigned char *key, size_t len, struct str purpose,
                            unsigned char out[KEYS_DERIVED_LEN]);

#endif
