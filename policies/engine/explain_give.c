#include "base/date.h"
#include "engine/explain_try.h"

#include <stdlib.h>

/* Of an assignment that must have an end. */
enum { DAYS_OF_A_DATED_ONE = 30 };

/* ---- another assignment ---- */

/* May PROFILE be held with what is held already, future overlaps included? */
static bool is_compatible(const struct explainer *x, int profile, int64_t from, int64_t until)
{
    struct str reason;
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        const struct engine_assignment *a = &x->who->assignments[i];
        if (a->start < until && from < a->end &&
            engine_is_incompatible(x->s, a->profile, x->s->bundle_codes[profile], &reason))
            return false;
    }
    return true;
}

static err_t try_period(struct explainer *x, struct explain_step *step, bool *done)
{
    struct engine_assignment *new = &x->assignments[x->who->assignment_count];
    *done = false;
    if (step->from >= step->until || !is_compatible(x, step->profile, step->from, step->until))
        return ERR(OK);
    *new = (struct engine_assignment){ .id = STR("+"),
                                       .profile = x->s->bundle_codes[step->profile],
                                       .structure = x->s->structure_codes[step->structure],
                                       .start = step->from,
                                       .end = step->until };
    x->person.assignment_count = x->who->assignment_count + 1;
    err_t e = explain_try(x, x->q, step, done);
    x->person.assignment_count = x->who->assignment_count;
    return e;
}

/* From today on: without an end if the profile may be held so and that does; else with one. */
static err_t try_assignment(struct explainer *x, struct explain_step *step, bool *done)
{
    int64_t today = explain_paris_day(x->q->now);
    int days = x->s->profiles[step->profile].max_days;
    step->from = date_paris_midnight(today);
    step->until = days > 0 ? date_paris_midnight(today + days) : MODEL_EVER;
    TRY(try_period(x, step, done));
    if (*done || days > 0)
        return ERR(OK);
    step->until = date_paris_midnight(today + DAYS_OF_A_DATED_ONE);
    return try_period(x, step, done);
}

static bool grants_right(const struct explainer *x, int bundle)
{
    return bit_get(x->s->bundles[bundle].rights, x->right);
}

static bool is_offered(const struct explainer *x, int profile, int structure)
{
    for (size_t i = 0; i < x->step_count; i++)
        if ((x->steps[i].kind == EXPLAIN_RENEW || x->steps[i].kind == EXPLAIN_ASSIGN) &&
            x->steps[i].profile == profile && x->steps[i].structure == structure)
            return true;
    return false;
}

/* The latest end that has passed and is earlier than BEFORE; false when there is none. */
static bool ended_before(const struct explainer *x, int64_t before, int64_t *end)
{
    bool found = false;
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        int64_t over = x->who->assignments[i].end;
        if (over > x->q->now || over >= before || (found && over <= *end))
            continue;
        *end = over;
        found = true;
    }
    return found;
}

static err_t renew(struct explainer *x, size_t index)
{
    const struct engine_assignment *a = &x->who->assignments[index];
    struct explain_step step = explain_step_of(EXPLAIN_RENEW);
    bool done = false;
    step.assignment = (int)index;
    step.profile = engine_profile(x->s, a->profile);
    step.structure = engine_structure(x->s, a->structure);
    if (step.profile == ENGINE_NONE || step.structure == ENGINE_NONE ||
        !grants_right(x, step.profile) || is_offered(x, step.profile, step.structure))
        return ERR(OK);
    TRY(try_assignment(x, &step, &done));
    return done ? explain_note(x, &step) : ERR(OK);
}

/* What she had, once more: the last one over first. */
err_t explain_renewals(struct explainer *x)
{
    for (int64_t end = MODEL_EVER; ended_before(x, end, &end);)
        for (size_t i = 0; i < x->who->assignment_count; i++)
            if (x->who->assignments[i].end == end)
                TRY(renew(x, i));
    return ERR(OK);
}

/* Where a new assignment would be given: where it is asked for; for what has no place, where she works
 * first, or else the first structure that is open. */
static int place_to_give(const struct explainer *x)
{
    int best = ENGINE_NONE;
    if (x->node != ENGINE_NONE)
        return x->node;
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        const struct engine_assignment *a = &x->who->assignments[i];
        int at = engine_structure(x->s, a->structure);
        if (at != ENGINE_NONE && a->start <= x->q->now && x->q->now < a->end &&
            is_open(x->s, at, x->q->now) && (best == ENGINE_NONE || at < best))
            best = at;
    }
    for (int i = 0; best == ENGINE_NONE && i < x->s->structure_count; i++)
        if (is_open(x->s, i, x->q->now))
            best = i;
    return best;
}

struct candidate {
    int profile, rights;
    int far; /* 0: she holds it, or held it; 1: one of the family of such a one; 2: another trade */
};

static int by_nearness(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->far != y->far)
        return x->far < y->far ? -1 : 1;
    if (x->rights != y->rights)
        return x->rights < y->rights ? -1 : 1;
    return (x->profile > y->profile) - (x->profile < y->profile);
}

static int distance(const struct explainer *x, int profile)
{
    int far = 2;
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        int held = engine_profile(x->s, x->who->assignments[i].profile);
        if (held == profile)
            return 0;
        if (held != ENGINE_NONE && x->s->profiles[held].family.len > 0 &&
            str_eq(x->s->profiles[held].family, x->s->profiles[profile].family))
            far = 1;
    }
    return far;
}

/* The profiles that grant the right: of her trade first, then from the one that gives least. Nobody
 * makes a pharmacist of a nurse because pharmacists have fewer rights. */
static err_t candidates(struct explainer *x, struct candidate **out, size_t *count)
{
    struct candidate *list = arena_array(x->arena, (size_t)x->s->profile_count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    *count = 0;
    for (int i = 0; i < x->s->profile_count; i++) {
        if (!grants_right(x, i))
            continue;
        list[*count] = (struct candidate){ .profile = i, .far = distance(x, i) };
        for (size_t w = 0; w < x->s->right_words; w++)
            list[*count].rights += __builtin_popcountll(x->s->bundles[i].rights[w]);
        (*count)++;
    }
    qsort(list, *count, sizeof *list, by_nearness);
    *out = list;
    return ERR(OK);
}

err_t explain_assignments(struct explainer *x, size_t *more)
{
    struct candidate *list = NULL;
    size_t count = 0, given = 0;
    int at = place_to_give(x);
    if (at == ENGINE_NONE)
        return ERR(OK);
    TRY(candidates(x, &list, &count));
    for (size_t i = 0; i < count; i++) {
        struct explain_step step = explain_step_of(EXPLAIN_ASSIGN);
        bool done = false;
        step.profile = list[i].profile;
        step.structure = at;
        if (is_offered(x, step.profile, at))
            continue;
        TRY(try_assignment(x, &step, &done));
        if (done && given < EXPLAIN_ASSIGN_MAX)
            TRY(explain_note(x, &step));
        given += done;
    }
    *more = given > EXPLAIN_ASSIGN_MAX ? given - EXPLAIN_ASSIGN_MAX : 0;
    return ERR(OK);
}

/* ---- break-glass ---- */

/* May she open an emergency in an application there? *needs: with what. */
static bool may_open(const struct explainer *x, const struct engine_subject *subject,
                     uint64_t *needs)
{
    const struct snapshot *s = x->s;
    int application = s->resources[s->right_resources[x->right]].application;
    for (int i = 0; i < s->right_count; i++) {
        struct engine_question q = *x->q;
        if (s->resources[s->right_resources[i]].application != application ||
            !str_eq(s->right_actions[i], STR("declencher")))
            continue;
        q.resource = s->resource_codes[s->right_resources[i]];
        q.action = s->right_actions[i];
        if (explain_would_do(x, subject, &q, needs))
            return true;
    }
    return false;
}

static err_t try_lot(struct explainer *x, int bundle, uint64_t needs, struct explain_step *step,
                     bool *done)
{
    const struct engine_question q = explain_bring(x->q, needs);
    struct engine_emergency *new = &x->emergencies[x->who->emergency_count];
    step->lot = x->s->bundle_codes[bundle];
    step->structure = x->node;
    step->from = q.now;
    step->until = q.now + EXPLAIN_EMERGENCY_SECONDS;
    *new = (struct engine_emergency){ .id = STR("+"),
                                      .lot = step->lot,
                                      .structure = x->s->structure_codes[x->node],
                                      .resource = x->q->resource,
                                      .instance = x->q->resource_id,
                                      .start = step->from,
                                      .end = step->until };
    x->person.emergency_count = x->who->emergency_count + 1;
    err_t e = explain_try(x, &q, step, done);
    x->person.emergency_count = x->who->emergency_count;
    step->needs |= needs;
    return e;
}

err_t explain_emergencies(struct explainer *x)
{
    struct engine_subject *subject = NULL;
    uint64_t needs = 0;
    TRY(explain_resolve(x, &subject));
    if (x->node == ENGINE_NONE || !may_open(x, subject, &needs))
        return ERR(OK);
    for (int i = x->s->profile_count; i < x->s->bundle_count; i++) {
        struct explain_step step = explain_step_of(EXPLAIN_EMERGENCY);
        bool done = false;
        if (!grants_right(x, i))
            continue;
        TRY(try_lot(x, i, needs, &step, &done));
        if (done)
            TRY(explain_note(x, &step));
    }
    return ERR(OK);
}
