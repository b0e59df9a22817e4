/* snapshot.h - the compiled form. Internal to policies/engine: only compile*.c write it.
 *
 * Things are numbers: structures in pre-order (below i = the numbers i to last), rights = (resource,
 * action) dense by resource, bundles = profiles then lots. What a decision reads is kept apart from what
 * only people read.
 */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include "base/arena.h"
#include "engine/declared.h"
#include "engine/engine.h"

#include <stdatomic.h>

enum scope {
    SCOPE_UNSET,
    SCOPE_SOI,
    SCOPE_FILE,
    SCOPE_UNITE,
    SCOPE_ETAB, /* `etabs` is the same to decide */
    SCOPE_OG,
    SCOPE_GROUPEMENT,
};

/* From text to number: open addressing over an array of keys that the owner keeps. */
struct slot {
    uint32_t tag;   /* high half of the hash */
    int32_t number; /* ENGINE_NONE: free */
};
struct index {
    const struct str *keys;
    struct slot *slots; /* a power of two, at most half full */
    uint64_t mask;
};
NODISCARD err_t index_build(struct arena *a, const struct str *keys, size_t count,
                            struct index *out);
int index_find(const struct index *x, struct str key); /* ENGINE_NONE when absent */

/* A structure as decisions see it: the node that each scope starts from, and when it is open. */
struct place {
    int32_t last;
    int32_t etab; /* the establishment at or above, or itself */
    int32_t og;   /* the OG at or above, or itself */
    int32_t top;
    int64_t open_from, open_until;
};

struct structure {
    struct str label;
    enum structure_kind kind;
    int parent;
    int establishment; /* at or above, or ENGINE_NONE */
};

struct resource {
    struct str label, sensitivity;
    int application, first_right, action_count;
};

/* A grant of one action, as one bundle has it. */
struct pair {
    uint64_t conditions;
    uint32_t grant;
    enum scope scope;
};

/* A profile or a lot: which rights it grants, and for each of them its cell of pairs. */
struct bundle {
    const uint64_t *rights; /* bit set */
    const uint32_t *before; /* per word of it: cells of the words before */
    const uint64_t *never;  /* bit set of what it forbids, or NULL */
};

struct profile {
    struct str label, family;
    bool needs_second_factor;
    int max_days;
};

struct closure {
    int64_t from, until;
    int32_t place;
    uint32_t except_first, except_count; /* in closure_excepts */
};

struct incompatibility {
    int a, b; /* profiles, a < b */
    struct str reason;
};

struct subject_type {
    int application;
    struct str type;
};

/* A condition on a property that the caller sends. */
struct declared {
    int application;
    uint64_t bit;
    enum engine_object object;
    struct str property;
    const struct str *values;
    size_t value_count;
    bool or_absent;
};

struct snapshot {
    atomic_uint refs;
    struct arena *memory; /* all of the below */

    int structure_count;
    const struct str *structure_codes;
    const struct place *places;
    const struct structure *structures;
    struct index structure_index;

    int application_count;
    const struct str *application_codes, *application_labels;
    struct index application_index;

    int resource_count, right_count;
    size_t right_words; /* of a bit set of rights */
    const struct str *resource_codes;
    const struct resource *resources;
    const struct str *right_actions;   /* per right */
    const int *right_resources;        /* per right */
    const uint64_t *no_emergency;      /* bit set of rights */
    const uint32_t *closures_of_right; /* per right and one more: into right_closures */
    const uint32_t *right_closures;
    struct index resource_index;

    int profile_count, bundle_count;
    const struct str *bundle_codes; /* profiles in byte order, then lots in byte order */
    const struct profile *profiles;
    const struct bundle *bundles;
    struct index profile_index, lot_index; /* a lot's number: bundle minus profile_count */
    const uint32_t *cells;                 /* per cell and one more: into pairs */
    const struct pair *pairs;

    int grant_count;
    const struct engine_grant *grants;

    size_t closure_count;
    const struct closure *closures;
    const int32_t *closure_excepts;

    size_t incompatibility_count;
    const struct incompatibility *incompatibilities; /* ordered by (a, b) */

    size_t subject_type_count;
    const struct subject_type *subject_types;
    size_t declared_count;
    const struct declared *declared;
    const struct engine_instance *instances; /* by resource, then id */
    const uint32_t *instances_of;            /* per resource and one more: into instances */

    struct access_words words;
    uint64_t declared_bits;      /* words of declared conditions: hold when the question says so */
    uint64_t login, obligations; /* the words of those kinds */
};

static inline bool bit_get(const uint64_t *set, int i)
{
    return (set[(unsigned)i / 64] >> ((unsigned)i % 64) & 1) != 0;
}

static inline void bit_put(uint64_t *set, int i)
{
    set[(unsigned)i / 64] |= (uint64_t)1 << ((unsigned)i % 64);
}

static inline bool is_within(const struct snapshot *s, int i, int above)
{
    return i >= above && i <= s->places[above].last;
}

static inline bool is_open(const struct snapshot *s, int i, int64_t now)
{
    return s->places[i].open_from <= now && now < s->places[i].open_until;
}

/* The structure at or below which a scope reaches, seen from structure FROM. */
static inline int reach_of(const struct snapshot *s, enum scope scope, int from)
{
    switch (scope) {
    case SCOPE_FILE:
    case SCOPE_ETAB:
        return s->places[from].etab;
    case SCOPE_OG:
        return s->places[from].og;
    case SCOPE_GROUPEMENT:
        return s->places[from].top;
    case SCOPE_UNITE:
    case SCOPE_SOI: /* asks for no place: never used */
    case SCOPE_UNSET:
        break;
    }
    return from;
}

/* The pairs that a bundle has for a right: *count of them. */
static inline const struct pair *pairs_of(const struct snapshot *s, int bundle, int right,
                                          size_t *count)
{
    const struct bundle *b = &s->bundles[bundle];
    unsigned word = (unsigned)right / 64, bit = (unsigned)right % 64;
    uint64_t bits = b->rights[word];
    if ((bits >> bit & 1) == 0) {
        *count = 0;
        return NULL;
    }
    uint64_t below = bits & (((uint64_t)1 << bit) - 1);
    uint32_t cell = b->before[word] + (uint32_t)__builtin_popcountll(below);
    *count = s->cells[cell + 1] - s->cells[cell];
    return s->pairs + s->cells[cell];
}

/* What an assignment (or an opened emergency) became. */
struct hold {
    int32_t structure, bundle;
    int64_t start, end;
    uint32_t source; /* index in the person's list of its sort */
    bool is_emergency;
    int32_t resource;    /* emergencies: ENGINE_NONE for any */
    struct str instance; /* emergencies: empty for any */
};

struct engine_subject {
    const struct snapshot *of;
    bool active, may_be_forbidden; /* some profile has a `jamais` */
    struct str id, login;
    size_t count;
    struct hold holds[]; /* assignments in byte order of their ids, then emergencies the same */
};

static inline bool is_live(const struct hold *h, int64_t now)
{
    return h->start <= now && now < h->end;
}

/* After the assignments; their instances still point to LIST. */
void engine_add_emergencies(const struct snapshot *s, const struct engine_emergency *list,
                            size_t count, struct engine_subject *out);
/* Is RIGHT forbidden at NODE by a profile of P live now? */
bool engine_is_never(const struct snapshot *s, const struct engine_subject *p, int right, int node,
                     int64_t now);
/* Is RIGHT closed at NODE now? */
bool engine_is_closed(const struct snapshot *s, int right, int node, int64_t now);

#endif
