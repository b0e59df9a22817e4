#include "engine/explain_try.h"

#include <string.h>

static err_t try_all(struct explainer *x, size_t *more)
{
    const struct engine_question *q = x->q;
    bool is_self =
        q->owner.len > 0 && (str_eq(q->owner, x->who->id) || str_eq(q->owner, x->who->login));
    TRY(explain_at_hand(x));
    if (x->step_count > 0)
        return ERR(OK);
    TRY(explain_places(x));
    if (!is_self)
        TRY(explain_owner(x, EXPLAIN_OWN));
    if (is_self || q->owner.len == 0 || !q->owner_is_known)
        TRY(explain_owner(x, EXPLAIN_OTHER));
    TRY(explain_waiting(x));
    TRY(explain_renewals(x));
    TRY(explain_assignments(x, more));
    return explain_emergencies(x);
}

static err_t try_reactivation(struct explainer *x)
{
    struct explain_step step = explain_step_of(EXPLAIN_REACTIVATE);
    bool done = false;
    x->person.active = true;
    TRY(explain_try(x, x->q, &step, &done));
    return done ? explain_note(x, &step) : ERR(OK);
}

static err_t find_steps(struct explainer *x, struct explanation *out)
{
    const struct explain_step nothing = explain_step_of(EXPLAIN_NOTHING);
    if (out->decision.reason == ACCESS_SUSPENDED)
        TRY(try_reactivation(x));
    else if (x->who != NULL && out->decision.reason != ACCESS_UNKNOWN)
        TRY(try_all(x, &out->more_profiles));
    return x->step_count > 0 ? ERR(OK) : explain_note(x, &nothing);
}

static void keep_pair(void *ctx, const struct verdict *v)
{
    struct explainer *x = ctx;
    bool stopped_late = v->reason == ACCESS_CONDITION || v->reason == ACCESS_STEP_UP;
    x->pairs[x->pair_count++] = (struct explain_pair){
        .assignment = v->hold->is_emergency ? ENGINE_NONE : (int)v->hold->source,
        .emergency = v->hold->is_emergency ? (int)v->hold->source : ENGINE_NONE,
        .grant = (int)v->grant,
        .reason = v->reason,
        .missing = stopped_late ? v->failing : 0,
        .obligations = v->reason == ACCESS_OK ? v->set : 0,
    };
}

static void count_pair(void *ctx, const struct verdict *v)
{
    size_t *count = ctx;
    (void)v;
    (*count)++;
}

/* Furthest first; a stable insertion: there are few. */
static void sort_pairs(struct explain_pair *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct explain_pair moving = list[i];
        size_t k = i;
        for (; k > 0 && list[k - 1].reason < moving.reason; k--)
            list[k] = list[k - 1];
        list[k] = moving;
    }
}

static err_t find_pairs(struct explainer *x, const struct engine_subject *subject)
{
    size_t count = 0;
    (void)engine_judge(x->s, subject, x->q, count_pair, &count);
    x->pairs = arena_array(x->arena, count + 1, sizeof *x->pairs);
    if (x->pairs == NULL)
        return ERR(NO_MEMORY);
    (void)engine_judge(x->s, subject, x->q, keep_pair, x);
    sort_pairs(x->pairs, x->pair_count);
    return ERR(OK);
}

/* The person's lists with room for one more, and memory for the subject of them. */
static err_t make_room(struct explainer *x)
{
    const struct engine_person *p = x->who;
    x->person = *p;
    x->assignments = arena_array(x->arena, p->assignment_count + 1, sizeof *x->assignments);
    x->emergencies = arena_array(x->arena, p->emergency_count + 1, sizeof *x->emergencies);
    if (x->assignments == NULL || x->emergencies == NULL)
        return ERR(NO_MEMORY);
    if (p->assignment_count > 0)
        memcpy(x->assignments, p->assignments, p->assignment_count * sizeof *x->assignments);
    if (p->emergency_count > 0)
        memcpy(x->emergencies, p->emergencies, p->emergency_count * sizeof *x->emergencies);
    x->person.assignments = x->assignments;
    x->person.emergencies = x->emergencies;
    x->person.assignment_count++;
    x->person.emergency_count++;
    x->emergencies[p->emergency_count].instance = x->q->resource_id;
    x->memory_size = engine_subject_size(&x->person);
    x->person.assignment_count--;
    x->person.emergency_count--;
    x->memory = arena_alloc(x->arena, x->memory_size);
    return x->memory == NULL ? ERR(NO_MEMORY) : ERR(OK);
}

static err_t explain_known(struct explainer *x, struct explanation *out)
{
    struct engine_subject *subject = NULL;
    TRY(make_room(x));
    TRY(explain_resolve(x, &subject));
    engine_decide(x->s, subject, x->q, &out->decision);
    if (out->decision.reason == ACCESS_UNKNOWN)
        return find_steps(x, out);
    TRY(find_pairs(x, subject));
    return out->decision.effect == ENGINE_PERMIT ? ERR(OK) : find_steps(x, out);
}

err_t explain_question(const struct snapshot *s, const struct engine_person *p,
                       const struct engine_question *q, struct arena *a, struct explanation *out)
{
    struct explainer x = { .s = s, .who = p, .q = q, .arena = a, .node = ENGINE_NONE };
    struct explanation result = { .pair_count = 0 };
    x.right = engine_right(s, q->resource, q->action);
    if (q->structure.ptr != NULL)
        x.node = engine_structure(s, q->structure);
    if (p == NULL) {
        engine_decide(s, NULL, q, &result.decision);
        TRY(find_steps(&x, &result));
    } else {
        TRY(explain_known(&x, &result));
    }
    result.pairs = x.pairs;
    result.pair_count = x.pair_count;
    result.steps = x.steps;
    result.step_count = x.step_count;
    *out = result;
    return ERR(OK);
}

/* ---- who may give ---- */

#define HABILITATIONS STR("IDP.HABILITATIONS")

size_t explain_givers(const struct snapshot *s, struct str action, int *out, size_t cap)
{
    int right = engine_right(s, HABILITATIONS, action);
    size_t found = 0;
    for (int i = 0; right != ENGINE_NONE && i < s->profile_count; i++) {
        size_t count = 0;
        bool reaches = false;
        const struct pair *pairs = pairs_of(s, i, right, &count);
        for (size_t k = 0; k < count; k++)
            reaches = reaches || pairs[k].scope != SCOPE_SOI;
        if (!reaches)
            continue;
        if (found < cap)
            out[found] = i;
        found++;
    }
    return found;
}

bool explain_may_give(const struct snapshot *s, const struct engine_subject *subject,
                      struct str action, int structure, struct str owner, int64_t now)
{
    const struct engine_question q = { .resource = HABILITATIONS,
                                       .action = action,
                                       .structure = s->structure_codes[structure],
                                       .owner = owner,
                                       .owner_is_known = true,
                                       .acr = ACCESS_EIDAS3,
                                       .psc = true,
                                       .now = now };
    struct engine_decision d;
    engine_decide(s, subject, &q, &d);
    return d.effect == ENGINE_PERMIT;
}
