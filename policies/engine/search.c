#include "engine/search.h"

#include "engine/snapshot.h"

#include <string.h>

/* ---- persons kept as numbers ---- */

size_t engine_numbered_size(const struct engine_numbered *p)
{
    size_t size = sizeof(struct engine_subject) + p->id.len + p->login.len;
    size += (p->count + p->emergency_count) * sizeof(struct hold);
    for (size_t i = 0; i < p->emergency_count; i++)
        size += p->emergencies[i].instance.len;
    return size;
}

static struct str settle(struct str text, char **at)
{
    struct str copy = str_from(*at, text.len);
    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

err_t engine_numbered_resolve(const struct snapshot *s, const struct engine_numbered *p,
                              void *memory, size_t size, struct engine_subject **out)
{
    struct engine_subject *subject = memory;
    if (size < engine_numbered_size(p))
        return ERR(TOO_LARGE);
    *subject = (struct engine_subject){ .of = s, .active = p->active };
    for (size_t i = 0; i < p->count; i++) {
        const struct engine_held *x = &p->list[i];
        if (x->profile < 0 || x->profile >= s->profile_count || x->structure < 0 ||
            x->structure >= s->structure_count)
            continue;
        subject->holds[subject->count++] = (struct hold){ .structure = x->structure,
                                                          .bundle = x->profile,
                                                          .start = x->start,
                                                          .end = x->end,
                                                          .source = (uint32_t)i,
                                                          .resource = ENGINE_NONE,
                                                          .instance = { "", 0 } };
        if (s->bundles[x->profile].never != NULL)
            subject->may_be_forbidden = true;
    }
    if (p->emergency_count > 0)
        engine_add_emergencies(s, p->emergencies, p->emergency_count, subject);
    char *at = (char *)&subject->holds[p->count + p->emergency_count];
    subject->id = settle(p->id, &at);
    subject->login = settle(p->login, &at);
    for (size_t i = 0; i < subject->count && p->emergency_count > 0; i++)
        subject->holds[i].instance = settle(subject->holds[i].instance, &at);
    *out = subject;
    return ERR(OK);
}

/* ---- who can ---- */

struct engine_sieve {
    const struct snapshot *s;
    int64_t now;
    int node;
    bool owner;             /* somebody's own data: `soi` may reach */
    unsigned char scopes[]; /* per profile: bits of enum scope that its pairs for the right have */
};

static int right_of(const struct snapshot *s, struct str resource, struct str action)
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

err_t engine_sieve_new(const struct snapshot *s, const struct engine_question *q, struct arena *a,
                       struct engine_sieve **out)
{
    int right = right_of(s, q->resource, q->action), node = ENGINE_NONE;
    if (q->structure.ptr != NULL) {
        node = index_find(&s->structure_index, q->structure);
        if (node == ENGINE_NONE)
            return ERR(NOT_FOUND);
    }
    if (right == ENGINE_NONE)
        return ERR(NOT_FOUND);
    struct engine_sieve *x = arena_alloc(a, sizeof *x + (size_t)s->profile_count);
    if (x == NULL)
        return ERR(NO_MEMORY);
    x->s = s;
    x->now = q->now;
    x->node = node;
    x->owner = q->owner.len > 0;
    for (int profile = 0; profile < s->profile_count; profile++) {
        size_t count = 0;
        const struct pair *pairs = pairs_of(s, profile, right, &count);
        for (size_t i = 0; i < count; i++)
            x->scopes[profile] |= (unsigned char)(1U << pairs[i].scope);
    }
    *out = x;
    return ERR(OK);
}

bool engine_sieve_lets(const struct engine_sieve *x, const struct engine_held *h)
{
    const struct snapshot *s = x->s;
    if (h->profile < 0 || h->structure < 0)
        return false;
    unsigned scopes = x->scopes[h->profile];
    if (scopes == 0 || x->now < h->start || x->now >= h->end)
        return false;
    if ((scopes & 1U << SCOPE_SOI) != 0 && x->owner)
        return true;
    if (x->node == ENGINE_NONE)
        return (scopes & 1U << SCOPE_GROUPEMENT) != 0;
    for (unsigned scope = SCOPE_FILE; scope <= SCOPE_GROUPEMENT; scope++)
        if ((scopes & 1U << scope) != 0 &&
            is_within(s, x->node, reach_of(s, (enum scope)scope, h->structure)))
            return true;
    return false;
}

/* ---- what can she ---- */

static bool permits(const struct snapshot *s, const struct engine_subject *subject,
                    const struct engine_question *q)
{
    struct engine_decision d;
    engine_decide(s, subject, q, &d);
    return d.effect == ENGINE_PERMIT;
}

size_t engine_what_can(const struct snapshot *s, const struct engine_subject *subject,
                       const struct engine_question *q, int *out, size_t cap)
{
    struct engine_question ask = *q;
    size_t found = 0;
    int r = index_find(&s->resource_index, q->resource);
    for (int i = 0; r != ENGINE_NONE && i < s->resources[r].action_count; i++) {
        ask.action = engine_action_at(s, r, i);
        if (!permits(s, subject, &ask))
            continue;
        if (found < cap)
            out[found] = i;
        found++;
    }
    return found;
}

/* Does some hold of hers, whatever it grants, reach that far? */
static bool is_near(const struct snapshot *s, const struct engine_subject *subject, int node)
{
    for (size_t i = 0; i < subject->count; i++)
        if (is_within(s, node, s->places[subject->holds[i].structure].top))
            return true;
    return false;
}

size_t engine_where_can(const struct snapshot *s, const struct engine_subject *subject,
                        const struct engine_question *q, int *out, size_t cap)
{
    struct engine_question ask = *q;
    size_t found = 0;
    if (subject == NULL || subject->of != s || right_of(s, q->resource, q->action) == ENGINE_NONE)
        return 0;
    for (int i = 0; i < s->structure_count; i++) {
        ask.structure = s->structure_codes[i];
        bool anywhere = q->owner.len > 0; /* `soi` asks for no place */
        if ((!anywhere && !is_near(s, subject, i)) || !permits(s, subject, &ask))
            continue;
        if (found < cap)
            out[found] = i;
        found++;
    }
    return found;
}
