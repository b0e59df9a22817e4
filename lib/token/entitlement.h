/* entitlement.h - decide from a token alone, without asking (docs/access-model.md section 8).
 *
 * The claim `entitlements` of an access token is a list of strings. The first gives the places that
 * the token covers; each other one gives rights on one resource:
 *
 *   @SOUB-ESAT >.BLANCHISSERIE >.ESPACES-VERTS
 *   DUI.PROJET:lire|creer;file
 *   DUI.TRANSMISSIONS:lire@SOUB-ESAT.ESPACES-VERTS;2f,motif
 *   RH.ABSENCES:lire|creer@soi
 *
 *   places      = "@" [ code *( SP 1*">" name ) ]  ; in pre-order; as many ">" as levels below the first
 *   name        = code / "." code-tail             ; ".X": X appended, with its dot, to the parent's code
 *   right       = code ":" action *( "|" action ) [ "@" reach ] [ ";" term *( "," term ) ]
 *   reach       = "soi" [ "," set ] / set          ; without reach: everywhere the token covers
 *   set         = "-" / item *( "," item )         ; "-": nowhere
 *   item        = [ "=" ] code                     ; that structure and all below it; "=": it alone
 *   term        = condition / "!" condition / "?"  ; "!": never holds; "?": ask, only the server knows
 *
 * The list of places is the whole tree of open structures under the active establishment, so "at or
 * below" is decided from the token alone and does not depend on how codes are spelled. A structure
 * that is not listed is elsewhere: ASK. Conditions that hold for the life of the token are left out,
 * prohibitions are already subtracted, a login that was too weak is kept (2f, psc) for step-up.
 *
 * Bounds: base/access.h (2,048 strings, 4,096 places, 64 KiB of them, 16 KiB a right). Anything else, or
 * unordered, repeated or unknown, is TOKEN_MALFORMED: it comes from our own issuer, so nothing is
 * forgiven, except that an unknown condition is read as one that never holds.
 */
#ifndef TOKEN_ENTITLEMENT_H
#define TOKEN_ENTITLEMENT_H

#include "base/access.h"
#include "base/arena.h"

struct ent_set; /* parsed; lives in the arena, borrows the strings; immutable, shared by threads */

/* Errors: TOKEN_MALFORMED, NO_MEMORY. */
NODISCARD err_t ent_parse(struct arena *a, const struct str *strings, size_t count,
                          struct ent_set **out);

/* A text whose ptr is NULL is absent. */
struct ent_question {
    struct str resource, action;
    struct str structure;     /* of the resource */
    struct str owner;         /* of the resource, a sub or a login */
    struct str subject;       /* the token's sub */
    struct str subject_login; /* the token's preferred_username; may be absent */
    struct str motif;
    bool urgence, presence_physique, supervise;
    enum access_acr acr; /* the token's */
    bool psc;            /* the token's amr contains "psc" */
    int64_t now;         /* the caller has checked that the token is alive */
};

enum ent_effect {
    ENT_UNDECIDED, /* a refusal */
    ENT_DENY,      /* reason NO_GRANT, ELSEWHERE or CONDITION */
    ENT_STEP_UP,   /* a refusal; the login named would be enough (RFC 9470) */
    ENT_ASK,       /* the token cannot tell: ask the server, refuse when it does not answer */
    ENT_PERMIT,    /* with obligations to honour */
};

struct ent_answer {
    enum ent_effect effect;
    enum access_reason reason; /* UNSET when asking */
    uint64_t missing;     /* conditions, when reason is CONDITION: ent_words() names the bits */
    uint64_t obligations; /* when permitted */
    bool needs_eidas2, needs_psc; /* when a step-up is advised */
};

/* The same answer as the server's, or ASK; of refusals the server may know a finer reason. */
void ent_decide(const struct ent_set *e, const struct ent_question *q, struct ent_answer *out);

const struct access_words *ent_words(const struct ent_set *e);

/* For menus: does the token hold any right on RESOURCE with ACTION, somewhere, under any condition? */
bool ent_has(const struct ent_set *e, struct str resource, struct str action);

#endif
