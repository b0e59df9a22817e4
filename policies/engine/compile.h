/* compile.h - the steps of engine_compile(), in order. Internal to policies/engine.
 *
 * Each step reads the model, checks it, and adds its part to the snapshot under construction.
 */
#ifndef ENGINE_COMPILE_H
#define ENGINE_COMPILE_H

#include "engine/model_data.h"
#include "engine/snapshot.h"

struct compiler {
    const struct model *m;
    struct snapshot *s;
    struct arena *scratch; /* lives for the compilation */
    struct problem problem;
};

NODISCARD err_t compile_structures(struct compiler *c);
NODISCARD err_t compile_resources(struct compiler *c);
NODISCARD err_t compile_bundles(struct compiler *c);
NODISCARD err_t compile_grants(struct compiler *c);
NODISCARD err_t compile_prohibitions(struct compiler *c);
NODISCARD err_t compile_incompatibilities(struct compiler *c);
NODISCARD err_t compile_subject_types(struct compiler *c);
NODISCARD err_t compile_declared(struct compiler *c);
NODISCARD err_t compile_instances(struct compiler *c);

/* ---- what the steps share ---- */

/* Notes what is wrong and returns CONFIG. */
NODISCARD err_t compile_problem(struct compiler *c, enum model_problem what, const char *in,
                                struct str code, uint64_t origin);
NODISCARD err_t compile_copy(struct compiler *c, struct str text, struct str *out);

/* Zeroed, in the snapshot (or in the scratch); NULL when out of memory. At least one element. */
void *compile_array(struct compiler *c, size_t count, size_t size);
void *compile_scratch(struct compiler *c, size_t count, size_t size);

/* A definition's code and where it stands in its list. */
struct named {
    struct str code;
    uint32_t def;
    uint64_t origin;
};
/* Checks form and uniqueness of the codes and sorts them by bytes. */
NODISCARD err_t compile_sort(struct compiler *c, struct named *list, size_t count, const char *in);
/* Copies the sorted codes into the snapshot and indexes them. */
NODISCARD err_t compile_index(struct compiler *c, const struct named *list, size_t count,
                              const struct str **codes, struct index *index);

/* Sets the bits of the rights RESOURCE:ACTIONS ("a|b", or "*"). */
NODISCARD err_t compile_rights(struct compiler *c, struct str resource, struct str actions,
                               const char *in, uint64_t origin, uint64_t *set);

#endif
