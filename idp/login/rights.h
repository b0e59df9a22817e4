/* rights.h - what the policy engine says of a person who signs in: where she works, what that asks.
 *
 * The bridge between a person as the directory knows her and policies/engine.
 */
#ifndef LOGIN_RIGHTS_H
#define LOGIN_RIGHTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "directory/directory.h"
#include "registry/registry.h"

/* A structure where the person may work now: one or more live assignments, all above it open. */
struct place {
    struct str structure;     /* code */
    struct str establishment; /* code; the structure itself, when it is above establishments */
    struct str label;         /* of the structure */
    struct str establishment_label; /* of the establishment */
    struct str service_label;       /* empty when the structure is the establishment */
    const struct str *profiles;     /* labels, one a live assignment */
    const struct str *profile_codes;
    size_t profile_count;
    int64_t until; /* when the last of them ends; INT64_MAX: never */
};

struct places {
    const struct place *list; /* ordered by establishment, then service */
    size_t count;
};

/* Errors: NO_MEMORY. */
NODISCARD err_t rights_places(const struct view *v, struct arena *a, const struct dir_person *p,
                              int64_t now, struct places *out);
const struct place *places_find(const struct places *places, struct str structure);

/* The level that the person's live profiles ask for at sign-in (`auth_min`): 1 or 2. */
NODISCARD err_t rights_acr_min(const struct view *v, struct arena *a, const struct dir_person *p,
                               int64_t now, int *out);

/* Why there is no place: the latest end that has passed, the earliest start to come; 0: none. */
struct absence {
    int64_t ended, starts;
};
struct absence rights_absence(const struct dir_person *p, int64_t now);

/* Login of a session as the engine takes it. */
struct rights_login {
    int acr;
    struct str amr; /* separated by spaces */
};

/* Appends the member `entitlements`, a JSON array, of what is granted in APPLICATION at the active STRUCTURE; *not_after is
 * when the first thing that they rest on ends (INT64_MAX: nothing does). */
struct opened;
struct rights_question {
    struct str application, structure;
    struct rights_login login;
    int64_t now;
    struct opened *opened; /* emergencies (emergency/opened.h); NULL: none count */
};
NODISCARD err_t rights_entitlements(const struct view *v, struct arena *a,
                                    const struct dir_person *p, const struct rights_question *q,
                                    struct buf *out, int64_t *not_after);

/* One decision of the engine about the person, with these emergencies (OPENED may be NULL: none).
 * Errors: NO_MEMORY. */
struct opened_list;
struct engine_question;
struct engine_decision;
NODISCARD err_t rights_decide(const struct view *v, struct arena *a, const struct dir_person *p,
                              const struct opened_list *opened, const struct engine_question *q,
                              struct engine_decision *out);

/* True if the person has any right in APPLICATION in the active STRUCTURE, a stronger login included. */
NODISCARD err_t rights_any(const struct view *v, struct arena *a, const struct dir_person *p,
                           const struct rights_question *q, bool *out);

#endif
