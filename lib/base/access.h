/* access.h - the words of the access model that the engine and the tokens share (docs/access-model.md).
 *
 * Conditions and obligations are sets of names, kept as bits: those the model knows have fixed bits in
 * byte order of their names, the others (which never hold) get the next ones in a `struct access_words`.
 * Nothing here allocates, fails for lack of memory, or asks for the time.
 */
#ifndef BASE_ACCESS_H
#define BASE_ACCESS_H

#include "base/str.h"

/* Where a pair (assignment, grant) stopped, from nowhere to furthest; the stable name is on the wire. */
#define ACCESS_REASONS(X)     \
    X(UNSET, "unset")         \
    X(UNKNOWN, "unknown")     \
    X(SUSPENDED, "suspended") \
    X(NO_GRANT, "no_grant")   \
    X(ELSEWHERE, "elsewhere") \
    X(EXPIRED, "expired")     \
    X(NOT_YET, "not_yet")     \
    X(CLOSED, "closed")       \
    X(NEVER, "never")         \
    X(CLOSURE, "closure")     \
    X(CONDITION, "condition") \
    X(STEP_UP, "step_up")     \
    X(OK, "ok")

enum access_reason {
#define X(code, name) ACCESS_##code,
    ACCESS_REASONS(X)
#undef X
};
const char *access_reason_name(enum access_reason r); /* static; "unset" when out of range */

/* acr values in order; whatever else is no login. */
enum access_acr { ACCESS_ACR_NONE, ACCESS_EIDAS1, ACCESS_EIDAS2, ACCESS_EIDAS3 };
enum access_acr access_acr_of(struct str acr);    /* "eidas2"; NONE for anything else */
const char *access_acr_name(enum access_acr acr); /* static; "" for NONE */

/* How a condition is judged. */
enum access_kind {
    ACCESS_KIND_NEVER,      /* not a condition we know */
    ACCESS_KIND_LOGIN,      /* a stronger login may satisfy it */
    ACCESS_KIND_DATED,      /* the assignment has an end */
    ACCESS_KIND_CONTEXT,    /* of this request: night, motif, urgence… */
    ACCESS_KIND_TRACE,      /* always holds; the decision is always journalled */
    ACCESS_KIND_OBLIGATION, /* always holds; handed over to the application */
    ACCESS_KIND_FILE,       /* not a condition: the obligation of the scope `file` */
};

/* name, kind; in byte order of the names, which the tie rule calls alphabetical. */
#define ACCESS_WORDS(X)                                     \
    X(2F, "2f", LOGIN)                                      \
    X(ALLERGIES, "allergies_antecedents", OBLIGATION)       \
    X(ANIMATIONS, "animations_seulement", OBLIGATION)       \
    X(BOITE_DIRECTION, "boite_direction", OBLIGATION)       \
    X(CONTRESEING, "contreseing", OBLIGATION)               \
    X(CRENEAU_ASTREINTE, "creneau_astreinte", DATED)        \
    X(CRENEAU_NUIT, "creneau_nuit", CONTEXT)                \
    X(DEMANDE_ACCES, "demande_acces_personne", OBLIGATION)  \
    X(DEMANDE_MOTIVEE, "demande_motivee", OBLIGATION)       \
    X(DOSSIERS_DESIGNES, "dossiers_designes", OBLIGATION)   \
    X(DUREE_CONTRAT, "duree_contrat", DATED)                \
    X(DUREE_STAGE, "duree_stage", DATED)                    \
    X(FENETRE_INTERVENTION, "fenetre_intervention", DATED)  \
    X(FENETRE_VISITE, "fenetre_visite", DATED)              \
    X(FILE, "file", FILE)                                   \
    X(MATRICE_NATIONALE, "matrice_nationale", OBLIGATION)   \
    X(MOTIF, "motif", CONTEXT)                              \
    X(PAS_SOI_MEME, "pas_soi_meme", CONTEXT)                \
    X(POSTE_ANIMATION, "poste_animation", OBLIGATION)       \
    X(PRESENCE_PHYSIQUE, "presence_physique", CONTEXT)      \
    X(PSC, "psc", LOGIN)                                    \
    X(PSEUDONYMISE, "pseudonymise", OBLIGATION)             \
    X(SUPERVISE, "supervise", CONTEXT)                      \
    X(TOURNEE_DU_JOUR, "tournee_du_jour", OBLIGATION)       \
    X(TRACE, "trace", TRACE)                                \
    X(TUTEUR, "tuteur", OBLIGATION)                         \
    X(URGENCE, "urgence", CONTEXT)                          \
    X(URGENCE_OU_CARENCE, "urgence_ou_carence", OBLIGATION) \
    X(VIOLATION_DONNEES, "violation_donnees", OBLIGATION)   \
    X(VOLET_SCOLARITE, "volet_scolarite", OBLIGATION)

enum access_word {
#define X(code, name, kind) ACCESS_W_##code,
    ACCESS_WORDS(X)
#undef X
        ACCESS_WORD_KNOWN, /* how many */
    ACCESS_WORD_MAX = 64
};
#define ACCESS_BIT(code) ((uint64_t)1 << ACCESS_W_##code)

/* The bits of all known words of one kind. */
uint64_t access_words_of(enum access_kind kind);
enum access_kind access_kind_of(struct str word); /* NEVER for words that are not known */

/* The names of the bits; those above ACCESS_WORD_KNOWN are borrowed from whoever added them. */
struct access_words {
    struct str name[ACCESS_WORD_MAX];
    unsigned count;
};
void access_words_init(struct access_words *w);
/* The bit of a condition: a known one, or one that never holds. `file` is no condition: it gets a bit
 * of the second sort. Errors: TOO_LARGE (more than 64 in all). */
NODISCARD err_t access_words_add(struct access_words *w, struct str condition, uint64_t *bit);
/* The names of SET in byte order; returns how many. */
unsigned access_words_list(const struct access_words *w, uint64_t set,
                           struct str out[ACCESS_WORD_MAX]);
/* The tie rule: < 0 when A comes before B: fewest names, then the lists compared name by name. */
int access_words_cmp(const struct access_words *w, uint64_t a, uint64_t b);

/* What a request tells about itself. */
struct access_facts {
    int64_t now;            /* seconds, UTC */
    enum access_acr acr;    /* of the session; NONE: no login, and amr does not count */
    bool psc;               /* the session's amr contains "psc" */
    bool urgence;           /* context.urgence is JSON true */
    bool presence_physique; /* the same, from a client trusted for it */
    bool supervise;         /* the same, from a client trusted for it */
    bool owner_is_other;    /* properties.owner is a known person other than the subject */
    struct str motif;       /* context.motif, empty when absent or not a string */
};

/* Those of CONDITIONS that do not hold. HAS_END: the assignment has an end. */
uint64_t access_failing(uint64_t conditions, const struct access_facts *f, bool has_end);

bool access_is_night(int64_t now);            /* 21:00 <= wall clock of Europe/Paris < 07:00 */
bool access_motif_is_given(struct str motif); /* UTF-8; a character other than white space */

/* Bounds of the entitlements of a token (token/entitlement.h). */
enum {
    ACCESS_STRINGS_MAX = 2048,
    ACCESS_PLACES_MAX = 4096,
    ACCESS_PLACES_LEN_MAX = 64 * 1024, /* bytes of the list of places */
    ACCESS_RIGHT_LEN_MAX = 16 * 1024,  /* bytes of one right */
};

/* Codes of structures, resources, applications, profiles: 1 to 100 of [A-Za-z0-9._-], not beginning
 * with '.' or '-'. Action and condition names: the same without '.' , at most 64. */
enum { ACCESS_CODE_MAX = 100, ACCESS_NAME_MAX = 64 };
bool access_is_code(struct str s);
bool access_is_name(struct str s);

#endif
