/* client.h - inside libhabilis: what the opaque types of habilis.h hold. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/arena.h"
#include "client/provider.h"
#include "habilis/habilis.h"
#include "token/entitlement.h"

#include <pthread.h>

struct habilis {
    struct arena *arena; /* of the strings below; not used after habilis_open() */
    const char *client_id, *client_secret, *redirect_uri, *post_logout_uri, *audience, *scope;
    struct jws_signer *signer; /* NULL: client_secret_basic */
    struct http_client *http;
    struct provider *provider;
    pthread_mutex_t own_lock; /* of the next two; held while a new token is fetched */
    char *own_token;          /* in the application's own name, for habilis_ask() */
    int64_t own_expires;      /* seconds UTC */
};

/* POSTs FORM, to which it adds the client's authentication and a NUL, to the token endpoint. The
 * caller owns r->body on success. Errors: PEER_DOWN, PEER_UNTRUSTED, PEER_BAD_ANSWER, NO_MEMORY… */
struct http_result;
NODISCARD err_t token_request(struct habilis *h, struct buf *form, struct http_result *r);

enum { SESSION_PROFILES_MAX = 32, SESSION_TEXTS = HABILIS_ID_TOKEN + 1 };

struct habilis_session {
    struct arena *arena; /* of everything below */
    const char *text[SESSION_TEXTS];
    const char *profile[SESSION_PROFILES_MAX], *profile_code[SESSION_PROFILES_MAX];
    size_t profile_count;
    const struct str *amr;
    size_t amr_count;
    int64_t expires, authenticated;
    struct ent_set *rights; /* NULL: the access token says nothing that we can read */
};

/* The one table from our results to the status that leaves the library. */
enum habilis_status status_of(err_t e);

/* Verifies both tokens and makes a session of them. ID_TOKEN empty: of the access token alone.
 * NONCE and MAX_AGE are those of the login (MAX_AGE 0: any). Errors: provider_verify()'s,
 * TOKEN_FORGED (nonce, at_hash, another subject), TOKEN_EXPIRED (max_age), NO_MEMORY. */
struct session_source {
    struct str id_token, access_token, nonce;
    int64_t max_age; /* seconds */
    int64_t expires; /* of an access token that is opaque to us; seconds UTC */
    int64_t now;
};
NODISCARD err_t session_new(struct habilis *h, const struct session_source *from,
                            struct habilis_session **out);

enum { CLIENT_LEEWAY = 30 }; /* seconds of tolerated clock difference */

#endif
