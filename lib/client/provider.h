/* provider.h - the server as a client sees it: its metadata, its keys.
 *
 * Metadata (OpenID Connect Discovery 1.0) is fetched at the first use and kept; keys (RFC 7517) are
 * kept for as long as the server allows, between five minutes and a day, and fetched again when a
 * token names a key that is not there: at most once in PROVIDER_REFETCH_MS, so that forged tokens
 * cannot make us hammer the server. While it is away, the keys we have go on serving.
 * Any number of threads.
 */
#ifndef CLIENT_PROVIDER_H
#define CLIENT_PROVIDER_H

#include "http/client.h"
#include "token/jwt.h"

struct provider;

enum { PROVIDER_REFETCH_MS = 10 * 1000, PROVIDER_KEYS_MIN_S = 300, PROVIDER_KEYS_MAX_S = 86400 };

/* Strings are owned by the provider and do not change once they are handed out. */
struct provider_metadata {
    char *authorization_endpoint, *token_endpoint, *jwks_uri;
    char *end_session_endpoint; /* NULL: none */
    bool sends_iss;             /* RFC 9207 */
};

/* ISSUER is copied, CLIENT is borrowed for the provider's life. Errors: NO_MEMORY. */
NODISCARD err_t provider_new(struct str issuer, struct http_client *client, struct provider **out);
void provider_free(struct provider *p); /* NULL is fine */

/* Errors: PEER_DOWN, PEER_UNTRUSTED, PEER_BAD_ANSWER (another issuer, a missing endpoint), NO_MEMORY.
 * Borrowed from P. */
NODISCARD err_t provider_metadata(struct provider *p, const struct provider_metadata **out);

/* jwt_verify() with the server's keys. Errors: jwt_verify()'s, and provider_metadata()'s. */
NODISCARD err_t provider_verify(struct provider *p, struct str token, const struct jwt_expect *want,
                                struct jwt *out);

struct str provider_issuer(const struct provider *p); /* borrowed */

#endif
