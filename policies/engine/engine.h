/* engine.h - may this person do this, here, now? (docs/access-model.md, normative)
 *
 * Does no I/O, reads no clock, logs nothing. A snapshot is immutable: any number of threads may decide
 * with one, and with one resolved subject. Deciding allocates nothing. Whatever goes wrong, the
 * decision reads as a refusal: the zero of every enum means "not decided".
 *
 *   snapshot   compiled from a model (engine/model.h), reference-counted
 *   subject    a person resolved against ONE snapshot: assignments as integers; may be cached as long
 *              as its owner keeps a reference to that snapshot
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/access.h"
#include "engine/model.h"

struct snapshot *snapshot_ref(struct snapshot *s); /* returns S */
void snapshot_unref(struct snapshot *s);           /* frees with the last one; NULL is fine */
static inline void snapshot_unrefp(struct snapshot **s) { snapshot_unref(*s); }

/* ---- structures: numbers in pre-order, children in byte order of their codes ---- */

#define ENGINE_NONE (-1)

int engine_structure_count(const struct snapshot *s);
int engine_structure(const struct snapshot *s, struct str code); /* ENGINE_NONE when unknown */

struct engine_structure {
    struct str code, label; /* borrowed from the snapshot, as everything below */
    enum structure_kind kind;
    int parent;                    /* ENGINE_NONE at the top */
    int last;                      /* the last number below it, itself when nothing is */
    int64_t open_from, open_until; /* its own window cut by those of all above it */
};
/* I must be a number of this snapshot. */
struct engine_structure engine_structure_at(const struct snapshot *s, int i);
bool engine_is_at_or_below(const struct snapshot *s, int i, int above);
int engine_establishment_of(const struct snapshot *s, int i); /* itself, above, or ENGINE_NONE */
bool engine_is_open(const struct snapshot *s, int i, int64_t now); /* and all above it */

/* ---- profiles (byte order of codes), applications, resources, grants ---- */

struct engine_profile {
    struct str code, label, family;
    bool needs_second_factor; /* auth_min is 2F */
    int max_days;             /* 0: none */
};
int engine_profile_count(const struct snapshot *s);
int engine_profile(const struct snapshot *s, struct str code); /* ENGINE_NONE when unknown */
struct engine_profile engine_profile_at(const struct snapshot *s, int i);

int engine_application_count(const struct snapshot *s);
int engine_application(const struct snapshot *s, struct str code); /* ENGINE_NONE when unknown */
struct str engine_application_code(const struct snapshot *s, int i);
struct str engine_application_label(const struct snapshot *s, int i);

struct engine_resource {
    struct str code, label, sensitivity;
    int application;
    int action_count;
};
int engine_resource_count(const struct snapshot *s);
int engine_resource(const struct snapshot *s, struct str code); /* ENGINE_NONE when unknown */
struct engine_resource engine_resource_at(const struct snapshot *s, int i);
struct str engine_action_at(const struct snapshot *s, int resource, int action);

/* A line of the matrix, lots expanded: what `decision.grant` points at. */
struct engine_grant {
    struct str holder;   /* profile or lot that it was written for */
    struct str resource; /* codes */
    struct str actions, scope, conditions, note;
};
int engine_grant_count(const struct snapshot *s);
struct engine_grant engine_grant_at(const struct snapshot *s, int i);

/* May one person hold these two profiles at the same time? The reason (for people) when not. */
bool engine_is_incompatible(const struct snapshot *s, struct str a, struct str b,
                            struct str *reason);

/* ---- persons ---- */

struct engine_assignment {
    struct str id, profile, structure;
    int64_t start, end; /* [start, end[, seconds UTC; end MODEL_EVER when there is none */
};

/* An opened break-glass: a lot of rights, from STRUCTURE, on RESOURCE (empty: any of the lot's) and on
 * INSTANCE (empty: any). It counts during [start, end[ only, and never for what the catalogue excludes. */
struct engine_emergency {
    struct str id, lot, structure, resource, instance;
    int64_t start, end;
};

/* As the directory has it; borrowed for the call. */
struct engine_person {
    struct str id, login;
    bool active;
    const struct engine_assignment *assignments; /* live or not, in any order */
    size_t assignment_count;
    const struct engine_emergency *emergencies;
    size_t emergency_count;
};

struct engine_subject; /* opaque, one block of memory, no pointers to the person */

/* Bytes needed to resolve P. */
size_t engine_subject_size(const struct engine_person *p);
/* Resolves P into MEMORY (SIZE bytes, aligned for any type), which becomes the subject. Assignments
 * whose profile or structure the snapshot lacks give nothing. Errors: TOO_LARGE (SIZE too small). */
NODISCARD err_t engine_person_resolve(const struct snapshot *s, const struct engine_person *p,
                                      void *memory, size_t size, struct engine_subject **out);

/* Is some assignment live, of a known profile, in a structure that is open? */
bool engine_has_live_assignment(const struct snapshot *s, const struct engine_subject *p,
                                int64_t now);
/* Does the profile of such an assignment ask for a second factor at sign-in? */
bool engine_needs_second_factor(const struct snapshot *s, const struct engine_subject *p,
                                int64_t now);

/* Where the person may work now: one row a structure (of live assignments, open), in pre-order. */
struct engine_place {
    int structure;
    int64_t
        until; /* when the last live assignment there ends, or the structure closes; or MODEL_EVER */
};
/* Writes at most CAP rows, returns how many there are. */
size_t engine_places(const struct snapshot *s, const struct engine_subject *p, int64_t now,
                     struct engine_place *out, size_t cap);
/* The profiles of live assignments at exactly STRUCTURE, in order of number; at most CAP, how many. */
size_t engine_profiles_at(const struct snapshot *s, const struct engine_subject *p, int structure,
                          int64_t now, int *out, size_t cap);

/* ---- decisions ---- */

/* Texts are borrowed for the call. A text whose ptr is NULL is absent. */
struct engine_question {
    struct str resource, action;
    struct str resource_id; /* the application's own identifier, for emergencies; may be absent */
    struct str
        structure;       /* properties.structure; absent: no place. What is not a string: STR("") */
    struct str owner;    /* properties.owner, a sub or a login; may be absent */
    bool owner_is_known; /* the directory knows a person of that sub or login */
    struct str motif;    /* context.motif; absent or not a string: empty */
    bool urgence, presence_physique, supervise;
    enum access_acr acr; /* of the session; ACCESS_ACR_NONE: no login, whatever psc says */
    bool psc;            /* the session's amr contains "psc" */
    uint64_t declared;   /* conditions of the application that hold: engine_declared() */
    int64_t now;
};

enum engine_effect { ENGINE_UNDECIDED, ENGINE_DENY, ENGINE_PERMIT }; /* undecided is a refusal */

struct engine_decision {
    enum engine_effect effect;
    enum access_reason reason;
    uint64_t missing;     /* conditions, when reason is CONDITION: engine_words() names the bits */
    uint64_t obligations; /* when the effect is PERMIT */
    bool needs_eidas2;    /* advice, when reason is STEP_UP: acr_values "eidas2" */
    bool needs_psc;       /* the same: amr_values "psc" */
    bool trace;           /* always journalled, never sampled */
    int assignment;       /* index in the person's list, or ENGINE_NONE (none, or an emergency) */
    int emergency;        /* index in the person's list, or ENGINE_NONE */
    int grant;            /* engine_grant_at(), or ENGINE_NONE */
};

/* SUBJECT NULL: a person nobody knows. A subject of another snapshot decides nothing. */
void engine_decide(const struct snapshot *s, const struct engine_subject *subject,
                   const struct engine_question *q, struct engine_decision *out);

/* Names of the bits of a decision. */
const struct access_words *engine_words(const struct snapshot *s);

/* Pairs of incompatible profiles both live now, each once, as "ADMIN_IDP" and "IDE" in byte order,
 * ordered. Start with *iter 0; false at the end. Never changes a decision; told with every one but
 * `unknown`, which tells nothing of anybody, and `suspended`. */
struct engine_conflict {
    struct str a, b, reason;
};
bool engine_next_conflict(const struct snapshot *s, const struct engine_subject *p, int64_t now,
                          size_t *iter, struct engine_conflict *out);

/* ---- entitlements of a token (grammar: token/entitlement.h) ---- */

struct engine_token {
    int structure; /* the active one: the token covers its establishment, or what is below it */
    int application;
    enum access_acr acr; /* of the session the token is made from */
    bool psc;
    int64_t now;
};
/* Called once a string, the one with the places first; the text lives for the call only. A result
 * that is not OK ends it and is returned. */
typedef err_t engine_emit_fn(void *ctx, struct str entitlement);

/* *not_after (> now): the first instant at which an assignment, a structure's window or a closure
 * that the token rests on starts or ends; MODEL_EVER when none does. A token must not outlive it.
 * Errors: SUSPENDED, NOT_FOUND (structure, application, subject NULL or of another snapshot),
 * NO_MEMORY, and those of EMIT. */
NODISCARD err_t engine_entitlements(const struct snapshot *s, const struct engine_subject *subject,
                                    const struct engine_token *t, engine_emit_fn *emit, void *ctx,
                                    int64_t *not_after);

#endif
