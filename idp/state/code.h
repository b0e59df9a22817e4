/* code.h - authorization codes (RFC 6749 section 4.1.2, RFC 7636): each exchanged once.
 *
 * A code lives at most CODE_LIFE_MAX_S seconds. Its row stays CODE_KEEP_S longer, so that a second
 * use is recognised and what the first gave can be revoked (RFC 6749 section 4.1.2: SHOULD).
 */
#ifndef STATE_CODE_H
#define STATE_CODE_H

#include "base/rng.h"
#include "state/state.h"

enum { CODE_LIFE_MAX_S = 60, CODE_KEEP_S = 600 };

struct code {
    struct str client_id;
    struct str redirect_uri;
    struct str challenge; /* PKCE code_challenge, method S256, as it was sent */
    struct str nonce;     /* empty: none was sent */
    struct str scope;     /* separated by spaces */
    struct str resource;  /* audience (RFC 8707), empty: none was asked for */
    struct str sid;       /* session it rests on; the code dies with it */
    struct str person;
    struct str structure;
    struct str amr;
    struct str family; /* UUID made by code_issue(): names all that is issued from this code */
    int64_t auth_time;
    int64_t expires; /* seconds, UTC */
    int acr;
    bool auth_time_asked; /* max_age or an essential auth_time: the ID token must carry it */
};

/* Makes the family (in FAMILY, and c->family points there): reads all else of *C.
 * Errors: BUG (expires more than CODE_LIFE_MAX_S away, or a field missing), NOT_FOUND (no session
 * `sid`). */
NODISCARD err_t code_issue(struct state_tx *tx, struct code *c, int64_t now, char family[UUID_LEN],
                           struct handle *out);

/* Reads and leaves as it is: what can be checked before anything is spent. Errors: as code_take(). */
NODISCARD err_t code_look(struct state_tx *tx, struct arena *a, struct str text, int64_t now,
                          struct code *out);

/* Reads and marks used, in one transaction: of any number of callers one gets OK. The caller
 * compares client_id, redirect_uri and PKCE afterwards, and if they are wrong lets the job return
 * OK all the same, so that the code stays spent.
 * Errors: NOT_FOUND (ill-formed, unknown, expired, session ended); CODE_SPENT: used before (also when
 * it has expired since), and then (only then) *out is filled, so that family and sid can be revoked. */
NODISCARD err_t code_take(struct state_tx *tx, struct arena *a, struct str text, int64_t now,
                          struct code *out);

#endif
