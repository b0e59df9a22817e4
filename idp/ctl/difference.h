/* difference.h - what two sets of rules have that the other has not, in words for a head of service. */
#ifndef CTL_DIFFERENCE_H
#define CTL_DIFFERENCE_H

#include "catalogue/catalogue.h"

#include <stdio.h>

/* Writes to OUT, one block a profile, lot, resource…; *count is how many lines differ. A place of a line
 * is that of the files when AFTER has one. Errors: NO_MEMORY. */
NODISCARD err_t difference_print(struct arena *a, const struct cat *before, const struct cat *after,
                                 FILE *out, size_t *count);

/* Two profiles side by side: what only one may do, what they do differently, what both do. */
NODISCARD err_t difference_profiles(struct arena *a, const struct cat *c,
                                    const struct cat_profile *x, const struct cat_profile *y,
                                    FILE *out);

/* "portée etab, si second facteur et motif écrit" */
NODISCARD err_t difference_terms(struct arena *a, struct str scope, struct str conditions,
                                 struct str *out);

#endif
