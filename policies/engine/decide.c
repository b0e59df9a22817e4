#include "engine/judge.h"

/* One question, its texts turned into numbers. */
struct asked {
    const struct snapshot *s;
    const struct engine_subject *p;
    const struct engine_question *q;
    int right;
    int node; /* the structure of the resource, or ENGINE_NONE: it has no place */
    bool owner_is_subject;
    struct access_facts facts;
    enum {
        PROHIBITION_UNASKED,
        PROHIBITION_NONE,
        PROHIBITION_NEVER,
        PROHIBITION_CLOSURE
    } prohibition;
};

int engine_right(const struct snapshot *s, struct str resource, struct str action)
{
    int r = index_find(&s->resource_index, resource);
    if (r == ENGINE_NONE)
        return ENGINE_NONE;
    int first = s->resources[r].first_right;
    for (int i = first; i < first + s->resources[r].action_count; i++)
        if (str_eq(s->right_actions[i], action))
            return i;
    return ENGINE_NONE;
}

bool engine_is_never(const struct snapshot *s, const struct engine_subject *p, int right, int node,
                     int64_t now)
{
    for (size_t i = 0; p->may_be_forbidden && i < p->count; i++) {
        const struct hold *h = &p->holds[i];
        const uint64_t *never = s->bundles[h->bundle].never;
        if (never != NULL && bit_get(never, right) && is_live(h, now) &&
            is_within(s, node, s->places[h->structure].etab))
            return true;
    }
    return false;
}

static bool is_excepted(const struct snapshot *s, const struct closure *c, int node)
{
    for (uint32_t i = 0; i < c->except_count; i++)
        if (is_within(s, node, s->closure_excepts[c->except_first + i]))
            return true;
    return false;
}

bool engine_is_closed(const struct snapshot *s, int right, int node, int64_t now)
{
    for (uint32_t i = s->closures_of_right[right]; i < s->closures_of_right[right + 1]; i++) {
        const struct closure *c = &s->closures[s->right_closures[i]];
        if (c->from <= now && now < c->until && is_within(s, node, c->place) &&
            !is_excepted(s, c, node))
            return true;
    }
    return false;
}

/* Prohibitions do not depend on the pair: looked up once, when the first pair gets that far. They act
 * on places: what has none is out of their reach. */
static enum access_reason prohibited(struct asked *a)
{
    if (a->prohibition == PROHIBITION_UNASKED) {
        a->prohibition = PROHIBITION_NONE;
        if (a->node != ENGINE_NONE && engine_is_never(a->s, a->p, a->right, a->node, a->q->now))
            a->prohibition = PROHIBITION_NEVER;
        else if (a->node != ENGINE_NONE && engine_is_closed(a->s, a->right, a->node, a->q->now))
            a->prohibition = PROHIBITION_CLOSURE;
    }
    if (a->prohibition == PROHIBITION_NONE)
        return ACCESS_OK;
    return a->prohibition == PROHIBITION_NEVER ? ACCESS_NEVER : ACCESS_CLOSURE;
}

static bool reaches(const struct asked *a, enum scope scope, int from)
{
    if (scope == SCOPE_SOI)
        return a->owner_is_subject;
    if (a->node == ENGINE_NONE)
        return scope == SCOPE_GROUPEMENT;
    return is_within(a->s, a->node, reach_of(a->s, scope, from));
}

/* Stops at the first failure, in the order of the model. */
static void judge(struct asked *a, const struct hold *h, const struct pair *pair, struct verdict *v)
{
    int64_t now = a->q->now;
    *v = (struct verdict){ .reason = ACCESS_OK,
                           .hold = h,
                           .grant = pair->grant,
                           .trace = (pair->conditions & ACCESS_BIT(TRACE)) != 0 };
    if (!reaches(a, pair->scope, h->structure))
        v->reason = ACCESS_ELSEWHERE;
    else if (now < h->start)
        v->reason = ACCESS_NOT_YET;
    else if (now >= h->end)
        v->reason = ACCESS_EXPIRED;
    else if (!is_open(a->s, h->structure, now) ||
             (a->node != ENGINE_NONE && !is_open(a->s, a->node, now)))
        v->reason = ACCESS_CLOSED;
    else
        v->reason = prohibited(a);
    if (v->reason != ACCESS_OK)
        return;
    uint64_t failing = access_failing(pair->conditions, &a->facts, h->end != MODEL_EVER) &
                       ~(a->q->declared & a->s->declared_bits);
    uint64_t login = a->s->login;
    v->failing = failing;
    if ((failing & ~login) != 0) {
        v->reason = ACCESS_CONDITION;
        v->set = failing & ~login;
    } else if (failing != 0) {
        v->reason = ACCESS_STEP_UP;
        v->set = failing;
    } else {
        v->set = (pair->conditions & a->s->obligations) |
                 (pair->scope == SCOPE_FILE ? ACCESS_BIT(FILE) : 0);
    }
}

/* Furthest first; then fewest names, in alphabetical order; then what must be journalled; then the
 * first assignment and grant, which is the order they come in. */
bool engine_is_better(const struct snapshot *s, const struct verdict *v, const struct verdict *best)
{
    if (v->reason != best->reason)
        return v->reason > best->reason;
    int order = v->set == best->set ? 0 : access_words_cmp(&s->words, v->set, best->set);
    return order != 0 ? order < 0 : v->trace && !best->trace;
}

/* An emergency is no pair at all once it is over, nor for other rights than those it was opened for. */
static bool is_opened(const struct asked *a, const struct hold *h)
{
    return is_live(h, a->q->now) && !bit_get(a->s->no_emergency, a->right) &&
           (h->resource == ENGINE_NONE || h->resource == a->s->right_resources[a->right]) &&
           (h->instance.len == 0 || str_eq(h->instance, a->q->resource_id));
}

static struct verdict judge_all(struct asked *a)
{
    struct verdict best = { .reason = ACCESS_NO_GRANT }, v;
    for (size_t i = 0; i < a->p->count; i++) {
        const struct hold *h = &a->p->holds[i];
        size_t count = 0;
        const struct pair *pairs = pairs_of(a->s, h->bundle, a->right, &count);
        if (count == 0 || (h->is_emergency && !is_opened(a, h)))
            continue;
        for (size_t k = 0; k < count; k++) {
            judge(a, h, &pairs[k], &v);
            if (engine_is_better(a->s, &v, &best))
                best = v;
        }
    }
    return best;
}

static void answer(const struct verdict *v, struct engine_decision *out)
{
    out->effect = v->reason == ACCESS_OK ? ENGINE_PERMIT : ENGINE_DENY;
    out->reason = v->reason;
    out->missing = v->reason == ACCESS_CONDITION ? v->set : 0;
    out->obligations = v->reason == ACCESS_OK ? v->set : 0;
    out->needs_eidas2 = v->reason == ACCESS_STEP_UP && (v->set & ACCESS_BIT(2F)) != 0;
    out->needs_psc = v->reason == ACCESS_STEP_UP && (v->set & ACCESS_BIT(PSC)) != 0;
    out->trace = v->trace;
    if (v->hold == NULL)
        return;
    out->grant = (int)v->grant;
    *(v->hold->is_emergency ? &out->emergency : &out->assignment) = (int)v->hold->source;
}

static void deny(enum access_reason reason, struct engine_decision *out)
{
    out->effect = ENGINE_DENY;
    out->reason = reason;
}

static bool is_same_person(const struct engine_subject *p, struct str owner)
{
    return owner.len > 0 && (str_eq(owner, p->id) || str_eq(owner, p->login));
}

/* Turns the texts of a question into numbers. False, and why, when no pair will be looked at. */
static bool prepare(const struct snapshot *s, const struct engine_subject *subject,
                    const struct engine_question *q, struct asked *a, enum access_reason *why)
{
    *a = (struct asked){ .s = s, .p = subject, .q = q, .node = ENGINE_NONE };
    a->right = engine_right(s, q->resource, q->action);
    if (q->structure.ptr != NULL)
        a->node = index_find(&s->structure_index, q->structure);
    *why = ACCESS_UNKNOWN;
    if (subject == NULL || a->right == ENGINE_NONE ||
        (q->structure.ptr != NULL && a->node == ENGINE_NONE))
        return false;
    *why = ACCESS_SUSPENDED;
    if (!subject->active)
        return false;
    a->owner_is_subject = is_same_person(subject, q->owner);
    a->facts = (struct access_facts){
        .now = q->now,
        .acr = q->acr,
        .psc = q->psc,
        .urgence = q->urgence,
        .presence_physique = q->presence_physique,
        .supervise = q->supervise,
        .owner_is_other = q->owner.len > 0 && q->owner_is_known && !a->owner_is_subject,
        .motif = q->motif,
    };
    return true;
}

void engine_decide(const struct snapshot *s, const struct engine_subject *subject,
                   const struct engine_question *q, struct engine_decision *out)
{
    struct asked a;
    enum access_reason why = ACCESS_UNSET;
    *out = (struct engine_decision){ .assignment = ENGINE_NONE,
                                     .emergency = ENGINE_NONE,
                                     .grant = ENGINE_NONE };
    if (subject != NULL && subject->of != s)
        return; /* resolved against another snapshot: its numbers mean nothing here */
    if (!prepare(s, subject, q, &a, &why)) {
        deny(why, out);
        return;
    }
    struct verdict v = judge_all(&a);
    answer(&v, out);
}

enum access_reason engine_judge(const struct snapshot *s, const struct engine_subject *subject,
                                const struct engine_question *q, engine_verdict_fn *fn, void *ctx)
{
    struct asked a;
    enum access_reason why = ACCESS_UNSET;
    if ((subject != NULL && subject->of != s) || !prepare(s, subject, q, &a, &why))
        return why;
    for (size_t i = 0; i < a.p->count; i++) {
        const struct hold *h = &a.p->holds[i];
        size_t count = 0;
        const struct pair *pairs = pairs_of(s, h->bundle, a.right, &count);
        struct verdict v;
        if (count == 0 || (h->is_emergency && !is_opened(&a, h)))
            continue;
        for (size_t k = 0; k < count; k++) {
            judge(&a, h, &pairs[k], &v);
            fn(ctx, &v);
        }
    }
    return ACCESS_NO_GRANT;
}
