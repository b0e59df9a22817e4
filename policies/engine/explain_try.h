/* explain_try.h - changes to a world that explanations try, one after the other. Internal to
 * policies/engine.
 */
#ifndef ENGINE_EXPLAIN_TRY_H
#define ENGINE_EXPLAIN_TRY_H

#include "engine/explain.h"
#include "engine/judge.h"

/* The question, and the person with room for one assignment and one emergency more. */
struct explainer {
    const struct snapshot *s;
    const struct engine_person *who;
    const struct engine_question *q;
    struct arena *arena;
    int right, node;
    struct engine_person person; /* as `who`, to be changed for a try */
    struct engine_assignment *assignments;
    struct engine_emergency *emergencies;
    void *memory; /* of the subject resolved last */
    size_t memory_size;
    struct explain_pair *pairs;
    size_t pair_count;
    struct explain_step *steps;
    size_t step_count, step_cap;
};

struct explain_step explain_step_of(enum explain_kind kind);
/* The question with what NEEDS says brought along. */
struct engine_question explain_bring(const struct engine_question *q, uint64_t needs);
/* Would it be permitted with something that a person can bring along? *needs is then the least of it. */
bool explain_would_do(const struct explainer *x, const struct engine_subject *subject,
                      const struct engine_question *q, uint64_t *needs);
/* The person as changed so far, resolved; dies with the next call. */
NODISCARD err_t explain_resolve(struct explainer *x, struct engine_subject **out);
/* The same for the person as changed so far; the needs go to STEP. */
NODISCARD err_t explain_try(struct explainer *x, const struct engine_question *q,
                            struct explain_step *step, bool *done);
NODISCARD err_t explain_note(struct explainer *x, const struct explain_step *step);
/* The number of the day it is in Paris (base/date.h). */
int64_t explain_paris_day(int64_t instant);

/* Each notes the steps of its sort. */
NODISCARD err_t explain_at_hand(struct explainer *x); /* LOGIN, STATE */
NODISCARD err_t explain_places(struct explainer *x);
NODISCARD err_t explain_owner(struct explainer *x, enum explain_kind kind); /* OWN, OTHER */
NODISCARD err_t explain_waiting(struct explainer *x);
NODISCARD err_t explain_renewals(struct explainer *x);
NODISCARD err_t explain_assignments(struct explainer *x, size_t *more);
NODISCARD err_t explain_emergencies(struct explainer *x);

#endif
