/* model.h - the access model as it is written down, before it is compiled (docs/access-model.md).
 *
 * A builder: the loader adds what it reads, in any order, then compiles. Every text is copied. Each
 * definition may carry an ORIGIN (line number, row of a table…), opaque here and handed back when
 * something is wrong with it. One thread at a time.
 *
 * Errors of every model_add_ function: NO_MEMORY, TOO_LARGE (more than MODEL_MAX definitions of a
 * kind). What a definition means is checked by engine_compile(), all of it, before anything is used.
 */
#ifndef ENGINE_MODEL_H
#define ENGINE_MODEL_H

#include "base/str.h"

struct model;    /* opaque */
struct snapshot; /* engine/engine.h */

enum { MODEL_MAX = 4 * 1000 * 1000 };

/* Bounds of periods: [from, until[, seconds UTC. */
#define MODEL_ALWAYS INT64_MIN
#define MODEL_EVER   INT64_MAX

NODISCARD err_t model_new(struct model **out);
void model_free(struct model *m); /* NULL is fine */
static inline void model_freep(struct model **m) { model_free(*m); }

enum structure_kind {
    STRUCTURE_UNSET,
    STRUCTURE_GROUPEMENT,
    STRUCTURE_DIRECTION_COMMUNE, /* of the same rank as a groupement */
    STRUCTURE_OG,
    STRUCTURE_ETABLISSEMENT,
    STRUCTURE_SERVICE,
};
enum structure_kind structure_kind_of(struct str name); /* "og"; UNSET for anything else */
const char *structure_kind_name(enum structure_kind k); /* static; "" for UNSET */

/* A node of the tree. The kind of PARENT (empty: none) must be of a higher rank, except that a service
 * may hold services. */
struct structure_def {
    struct str code, parent, label;
    enum structure_kind kind;
    int64_t open_from, open_until; /* [ , [: date_entree_groupe, the day after date_sortie_groupe */
    uint64_t origin;
};
NODISCARD err_t model_add_structure(struct model *m, const struct structure_def *def);

struct application_def {
    struct str code, label;
    uint64_t origin;
};
NODISCARD err_t model_add_application(struct model *m, const struct application_def *def);

/* An application that was not added is added by the first resource that names it. */
struct resource_def {
    struct str code, application, label;
    struct str actions;      /* "lire|creer", 1 to 64 of them */
    struct str sensitivity;  /* "sante"; not a rule of decision */
    struct str no_emergency; /* actions that no emergency opens: "creer|valider", "*" for all */
    uint64_t origin;
};
NODISCARD err_t model_add_resource(struct model *m, const struct resource_def *def);

struct profile_def {
    struct str code, label, family;
    struct str auth_min; /* "2F" or "1F" ("" is 2F); acts at sign-in, not a rule of decision */
    int max_days;        /* duree_max_jours, 0: none; bounds what administration accepts */
    uint64_t origin;
};
NODISCARD err_t model_add_profile(struct model *m, const struct profile_def *def);

/* A lot: a named bundle of grants, which profiles use whole and emergencies open. It shares the
 * namespace of profiles. */
struct lot_def {
    struct str code, label;
    uint64_t origin;
};
NODISCARD err_t model_add_lot(struct model *m, const struct lot_def *def);

struct lot_use_def {
    struct str profile, lot;
    uint64_t origin;
};
NODISCARD err_t model_add_lot_use(struct model *m, const struct lot_use_def *def);

struct grant_def {
    struct str profile;    /* or a lot */
    struct str resource;   /* code */
    struct str actions;    /* "lire|creer", each of the resource's own */
    struct str scope;      /* "soi", "file", "unite", "etab", "etabs", "og", "groupement" */
    struct str conditions; /* "2f,motif" or empty; an unknown one never holds */
    struct str note;       /* for people */
    uint64_t origin;
};
NODISCARD err_t model_add_grant(struct model *m, const struct grant_def *def);

/* A `jamais`: whoever holds the profile may not do it where she holds it (reach of `etab`). */
struct never_def {
    struct str profile, resource, actions; /* actions "*": all of the resource's */
    uint64_t origin;
};
NODISCARD err_t model_add_never(struct model *m, const struct never_def *def);

/* A `fermeture`: nobody may, at STRUCTURE and below it, during [from, until[. */
struct closure_def {
    struct str code, label, structure;
    struct str except; /* "A|B": structures which, with all below them, it leaves alone */
    struct str rights; /* "DUI.PROJET:lire|creer,DUI.DLU:*,*:exporter"; "*" on either side: all */
    int64_t from, until;
    uint64_t origin;
};
NODISCARD err_t model_add_closure(struct model *m, const struct closure_def *def);

/* Two profiles that one person may not hold for overlapping periods; unordered. */
struct incompatibility_def {
    struct str a, b, reason;
    uint64_t origin;
};
NODISCARD err_t model_add_incompatibility(struct model *m, const struct incompatibility_def *def);

/* Another name of the subject type `person`, for questions about this application's resources. */
struct subject_type_def {
    struct str application, type;
    uint64_t origin;
};
NODISCARD err_t model_add_subject_type(struct model *m, const struct subject_type_def *def);

/* A condition of one application's grants: PROPERTY of OBJECT, as the caller sends it, equals one of
 * VALUES. It must not have the name of a condition that the model knows. */
struct declared_def {
    struct str application, condition;
    struct str object; /* "subject", "action", "resource" */
    struct str property;
    struct str
        values; /* engine/declared.h: "\"active\"|absent"; `absent`: also when it is not sent */
    uint64_t origin;
};
NODISCARD err_t model_add_declared(struct model *m, const struct declared_def *def);

/* A resource instance, for resource search and for the properties that a caller does not send. */
struct instance_def {
    struct str resource, id;
    struct str properties; /* "status=\"active\"|pages=12" */
    uint64_t origin;
};
NODISCARD err_t model_add_instance(struct model *m, const struct instance_def *def);

/* What may be wrong: name, French, English. */
#define MODEL_PROBLEMS(X)                                                                       \
    X(NONE, "aucun problème", "nothing is wrong")                                               \
    X(BAD_CODE, "code mal formé", "malformed code")                                             \
    X(BAD_NAME, "nom d'action ou de condition mal formé", "malformed action or condition name") \
    X(DUPLICATE, "défini deux fois", "defined twice")                                           \
    X(UNKNOWN_PARENT, "structure mère inconnue", "unknown parent structure")                    \
    X(CYCLE, "structure placée sous elle-même", "structure below itself")                       \
    X(BAD_RANK, "structure mère d'un rang qui ne convient pas", "parent of an unsuitable rank") \
    X(BAD_PERIOD, "période vide ou inversée", "empty or reversed period")                       \
    X(UNKNOWN_STRUCTURE, "structure inconnue", "unknown structure")                             \
    X(UNKNOWN_RESOURCE, "ressource inconnue", "unknown resource")                               \
    X(UNKNOWN_ACTION, "action absente de la liste de la ressource",                             \
      "not an action of the resource")                                                          \
    X(UNKNOWN_PROFILE, "profil inconnu", "unknown profile")                                     \
    X(UNKNOWN_LOT, "lot inconnu", "unknown lot")                                                \
    X(UNKNOWN_SCOPE, "portée inconnue", "unknown scope")                                        \
    X(BAD_AUTH_MIN, "auth_min n'est ni 1F ni 2F", "auth_min is neither 1F nor 2F")              \
    X(BAD_RIGHT, "droit mal formé", "malformed right")                                          \
    X(TOO_MANY, "trop d'éléments", "too many of them")                                          \
    X(UNKNOWN_APPLICATION, "application inconnue", "unknown application")                       \
    X(BAD_VALUE, "valeur de propriété mal formée", "malformed value of a property")             \
    X(SAME_PROFILE, "un profil incompatible avec lui-même", "a profile incompatible with itself")

enum model_problem {
#define X(code, fr, en) MODEL_##code,
    MODEL_PROBLEMS(X)
#undef X
};
const char *model_problem_fr(enum model_problem p); /* static */
const char *model_problem_en(enum model_problem p); /* static */

struct problem {
    enum model_problem what;
    const char *in;  /* static, which sort of definition: "structure", "grant"… */
    struct str code; /* about which code, scope, action… as written; borrowed from the model */
    uint64_t origin; /* of the definition */
};

/* Checks everything and builds the snapshot that decisions are made from; *out has one reference.
 * The model stays as it was and may be added to and compiled again.
 * Errors: CONFIG (*problem says what; the first one in the order of definition of each sort),
 * NO_MEMORY, TOO_LARGE. On failure *out is untouched. */
NODISCARD err_t engine_compile(const struct model *m, struct snapshot **out,
                               struct problem *problem);

#endif
