/* effect.h - who would gain and who would lose what, if the rules became others.
 *
 * Two snapshots of the same structures and closures decide about every person, wherever she could have
 * been touched, under every circumstance that some grant of hers asks for: the result equals that of
 * asking both about every right, every structure and every combination of circumstances (a test does).
 *
 * The day is one day in Paris: noon of it, and 22:00 for rights of the night. Rights on one's own data
 * (scope `soi`) are counted once, without a structure. Emergencies are not looked at.
 */
#ifndef CTL_EFFECT_H
#define CTL_EFFECT_H

#include "catalogue/catalogue.h"
#include "ctl/people.h"

enum effect_kind {
    EFFECT_GAINS,   /* in some circumstances she may and might not */
    EFFECT_LOSES,   /* the other way round */
    EFFECT_CHANGES, /* as before, under other obligations, or journalled or not */
};

struct effect {
    enum effect_kind kind;
    struct str resource, action;
    int place;       /* number of the structure, ENGINE_NONE: no place */
    uint32_t person; /* index in the list given */
};
struct effects {
    struct effect *list; /* by kind, resource, action, place, person */
    size_t count, cap;
};

struct effect_world {
    const struct cat *before_rules, *after_rules;
    const struct snapshot *before, *after;
    int64_t noon, night; /* instants of the day */
};

/* Errors: NO_MEMORY. */
NODISCARD err_t effect_find(struct arena *a, const struct effect_world *w,
                            const struct engine_person *people, size_t count, struct effects *out);

/* The instants of a day given in days since 1970. */
void effect_day(int64_t days, struct effect_world *w);

/* ---- for the difference in words, too ---- */

/* A right of a profile, its lots counted; one action each. */
struct effect_row {
    struct str resource, action, scope, conditions; /* conditions in byte order */
};
/* May somebody do it (resource and action of RIGHT) in a place where she holds a profile, at best? */
NODISCARD err_t effect_somebody_may(struct arena *a, const struct snapshot *s, int64_t now,
                                    const struct people *people, const struct effect_row *right,
                                    bool *out);

struct effect_rows {
    struct effect_row *list; /* in byte order */
    size_t count;
};
int effect_cmp_row(const void *x, const void *y); /* for qsort() and bsearch() */
/* Of resource and action alone. */
int effect_cmp_right(const struct effect_row *a, const struct effect_row *b);
NODISCARD err_t effect_rows_of(struct arena *a, const struct cat *c, const struct cat_profile *p,
                               struct effect_rows *out);

#endif
