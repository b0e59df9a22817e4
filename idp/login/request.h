/* request.h - what a sign-in is for, kept in its flow until it is answered.
 *
 * Either an authorization request that passed all its checks (OpenID Connect Core 1.0 section
 * 3.1.2), or our own pages (client_id empty), in which case NEXT says where to go on.
 */
#ifndef LOGIN_REQUEST_H
#define LOGIN_REQUEST_H

#include "base/arena.h"

struct auth_request {
    struct str client_id; /* empty: our own pages */
    struct str next;      /* local path, then */
    struct str redirect_uri, scope, state, nonce, challenge, login_hint;
    int acr;               /* the least that is asked for, 1 to 3 */
    int64_t max_age;       /* seconds; -1: none */
    bool prompt_login;     /* whoever is signed in shows it again */
    bool prompt_structure; /* prompt=select_account: the place is asked again */
    bool has_state, has_nonce;
};

/* JSON for the flow's store, and back. The text is ours: anything wrong with it is a BUG. */
NODISCARD err_t auth_request_write(struct arena *a, const struct auth_request *r, struct str *out);
NODISCARD err_t auth_request_read(struct arena *a, struct str json, struct auth_request *out);

/* What the person has proved so far in this flow. */
struct progress {
    int acr;               /* 0: nothing yet */
    struct str amr;        /* separated by spaces */
    int64_t auth_time;     /* seconds, UTC */
    int64_t second_factor; /* 0: none */
    struct str structure;  /* chosen in this flow; empty: not yet */
    struct str credential; /* UUID of the seed being enrolled; empty: none */
    struct str sealed;     /* that seed, sealed */
    struct str sid;        /* the session that vouches for the above; empty: proved in this flow */
    bool identity;         /* "yes, it is me", although the application named another login */
};
NODISCARD err_t progress_write(struct arena *a, const struct progress *p, struct str *out);
NODISCARD err_t progress_read(struct arena *a, struct str json, struct progress *out);

/* Where the answer goes: redirect_uri with code (or error), state and iss (RFC 9207). */
NODISCARD err_t auth_response_code(struct arena *a, const struct auth_request *r, struct str issuer,
                                   struct str code, struct str *uri);
NODISCARD err_t auth_response_error(struct arena *a, const struct auth_request *r,
                                    struct str issuer, const char *error, const char *description,
                                    struct str *uri);

#endif
