/* plan.h - the edits that bring the directory to what the files say: what is there already and equal
 * needs none, so that a second load has nothing to do.
 *
 * Nothing is ever taken away: what the files do not mention stays, and is counted.
 */
#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include "ctl/known.h"
#include "ctl/staff.h"

enum plan_kind {
    PLAN_STRUCTURES,
    PLAN_PROFILES,
    PLAN_APPLICATIONS, /* and their resources */
    PLAN_CONSTRAINTS,
    PLAN_PEOPLE,
    PLAN_ASSIGNMENTS,
    PLAN_KINDS
};

struct plan_count {
    size_t added, modified, same;
    size_t unmentioned; /* in the directory, not in the files */
};

/* An entry and one below it never go into the same transaction: slapd 2.5 does not see the first
 * when it checks the second, and answers noSuchObject. So all of one level, then all of the next. */
enum plan_level { PLAN_UPPER, PLAN_LOWER, PLAN_LEVELS };

struct plan_edits {
    struct dir_edit *list; /* in the order in which to make them */
    size_t count, cap;
};

struct plan {
    struct directory *d;
    struct arena *arena;
    struct plan_edits levels[PLAN_LEVELS];
    struct plan_count counts[PLAN_KINDS];
};

size_t plan_size(const struct plan *p); /* edits */

/* Reads the directory and compares. What contradicts it goes to the problems of the catalogue; the
 * edits are then not to be made. Errors: those of directory.h; CONFLICT when the directory was not
 * initialised by slapd-init. */
NODISCARD err_t plan_make(struct directory *d, struct catalogue *c, const struct staff *st,
                          struct plan *out);

/* Makes them, in transactions. On failure *done edits were made, and *refused is the DN of the one
 * that was not, if known. */
NODISCARD err_t plan_apply(const struct plan *p, size_t *done, struct str *refused);

/* ---- among the files of this module ---- */

NODISCARD err_t plan_edit(struct plan *p, enum plan_level level,
                          struct dir_edit edit); /* attrs copied */
/* The attributes of WANTED that E does not have so, into OUT (room for COUNT). */
size_t plan_differences(const struct known_entry *e, const struct dir_attr *wanted, size_t count,
                        struct dir_attr *out);
NODISCARD err_t plan_items(struct plan *p, const struct items *items);
NODISCARD err_t plan_staff(struct plan *p, struct catalogue *c, const struct staff *st);

#endif
