/* judge.h - the trial of each pair (assignment, grant) of one question. Internal to policies/engine. */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/snapshot.h"

/* How far a pair got. */
struct verdict {
    enum access_reason reason; /* ACCESS_NO_GRANT: no pair yet */
    uint64_t set;              /* missing conditions, or obligations when reason is OK */
    uint64_t failing;          /* all conditions that do not hold, login included; 0 before them */
    bool trace;
    const struct hold *hold;
    uint32_t grant;
};

/* The number of a right, or ENGINE_NONE. */
int engine_right(const struct snapshot *s, struct str resource, struct str action);

/* Calls FN with the verdict of every pair, in the order of assignments and grants. Returns
 * NO_GRANT, or what ends the question before any pair: UNKNOWN, SUSPENDED. Allocates nothing. */
typedef void engine_verdict_fn(void *ctx, const struct verdict *v);
enum access_reason engine_judge(const struct snapshot *s, const struct engine_subject *subject,
                                const struct engine_question *q, engine_verdict_fn *fn, void *ctx);

/* Is A told rather than B? */
bool engine_is_better(const struct snapshot *s, const struct verdict *a, const struct verdict *b);

#endif
