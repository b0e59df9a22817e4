/* client.h - an application that may ask for sign-ins and tokens (RFC 6749 section 2).
 *
 * Made from the metadata of RFC 7591 section 2 that the directory holds. What we do not support is an
 * error and not ignored: a client that believes it is protected by a setting must be.
 *
 *   client_name, client_name#fr, client_uri, redirect_uris, post_logout_redirect_uris, scope,
 *   token_endpoint_auth_method  client_secret_basic (default) | private_key_jwt
 *   grant_types                 authorization_code (default), client_credentials
 *   response_types              code
 *   jwks                        for private_key_jwt
 *   default_acr_values          eidas1 | eidas2 | eidas3: the least that every sign-in must reach
 *   default_max_age             seconds
 *   emergency_uri               ours: where break-glass sends the person back to
 *   habilis_authzen             what it may ask of the Authorization API (docs/authzen.md), an object:
 *     applications              codes, or ["*"]; default: its own application
 *     trusted                   what it is believed to say: acr, amr, structure, owner,
 *                               presence_physique, supervise, and declared properties as
 *                               subject.NAME, action.NAME, resource.NAME; default: nothing
 *     at                        may ask about other moments; default false
 *     bare                      gets {"decision": b} alone; default false
 *     explain                   may read why, with assignments and rules; default false
 *   id_token_signed_response_alg, token_endpoint_auth_signing_alg   ES256
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "token/hash.h"
#include "token/jwk.h"

#include <stdint.h>

enum client_auth { CLIENT_AUTH_SECRET_BASIC = 1, CLIENT_AUTH_PRIVATE_KEY_JWT };

enum client_grant { CLIENT_GRANT_CODE = 1, CLIENT_GRANT_CREDENTIALS = 2 }; /* bits */

enum { CLIENT_URIS_MAX = 32, CLIENT_URI_MAX = 1024 }; /* per list; bytes */

enum client_trust { /* bits */
                    CLIENT_TRUST_ACR = 1,
                    CLIENT_TRUST_AMR = 2,
                    CLIENT_TRUST_STRUCTURE = 4,
                    CLIENT_TRUST_OWNER = 8,
                    CLIENT_TRUST_PRESENCE = 16,
                    CLIENT_TRUST_SUPERVISE = 32,
};

struct client_authzen {
    bool every_application;
    const struct str *applications; /* its own one when the metadata names none */
    size_t application_count;
    unsigned trusted;             /* enum client_trust */
    const struct str *properties; /* trusted ones: "resource.status" */
    size_t property_count;
    bool at, bare, explain;
};

struct client {
    struct str id;
    struct str application;   /* code: the application whose resources it speaks for */
    struct str name, name_fr; /* for people; never empty */
    struct str uri;           /* where "mes applications" leads; may be empty */
    struct str emergency_uri; /* where break-glass goes back to; may be empty: uri then */
    struct str scope;         /* what it may ask for, separated by spaces */
    enum client_auth auth;
    unsigned grants; /* enum client_grant */
    bool has_secret;
    unsigned char secret_hash[SHA256_LEN];
    struct jwks *keys; /* owned; NULL unless private_key_jwt */
    const struct str *redirect_uris;
    size_t redirect_uri_count;
    const struct str *post_logout_uris;
    size_t post_logout_uri_count;
    int acr_min;     /* 0: none asked; else enum access_acr */
    int64_t max_age; /* seconds; -1: none */
    struct client_authzen authzen;
};

struct client_source {
    struct str id, application;
    struct str secret_hash; /* lower-case hex of SHA-256, or empty */
    struct str metadata;    /* JSON text */
};

/* Everything is copied into the arena, except `keys`, which client_done() frees. PROBLEM gets one
 * line that names the member at fault. Errors: MALFORMED, TOO_LARGE, NO_MEMORY. */
NODISCARD err_t client_parse(struct arena *a, const struct client_source *source,
                             struct buf *problem, struct client *out);
void client_done(struct client *c);

/* Byte for byte (RFC 9700 section 2.1). */
bool client_has_redirect_uri(const struct client *c, struct str uri);
bool client_has_post_logout_uri(const struct client *c, struct str uri);

/* May it ask about that application's resources? */
bool client_speaks_for(const struct client *c, struct str application);
/* Is it believed about the declared property NAME ("resource.status")? */
bool client_is_trusted_for(const struct client *c, struct str name);

/* SECRET against the stored digest, in constant time; false when the client has no secret. */
NODISCARD bool client_secret_is(const struct client *c, struct str secret);

#endif
