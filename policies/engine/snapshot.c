#include "engine/snapshot.h"

#include <stdlib.h>

struct snapshot *snapshot_ref(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void snapshot_unref(struct snapshot *s)
{
    /* acquire-release: whoever frees has seen all that the other holders did */
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_free(s->memory);
    free(s);
}

int engine_structure_count(const struct snapshot *s) { return s->structure_count; }

int engine_structure(const struct snapshot *s, struct str code)
{
    return index_find(&s->structure_index, code);
}

struct engine_structure engine_structure_at(const struct snapshot *s, int i)
{
    const struct structure *x = &s->structures[i];
    const struct place *p = &s->places[i];
    return (struct engine_structure){
        s->structure_codes[i], x->label, x->kind, x->parent, p->last, p->open_from, p->open_until
    };
}

bool engine_is_at_or_below(const struct snapshot *s, int i, int above)
{
    return is_within(s, i, above);
}

int engine_establishment_of(const struct snapshot *s, int i)
{
    return s->structures[i].establishment;
}

bool engine_is_open(const struct snapshot *s, int i, int64_t now) { return is_open(s, i, now); }

int engine_profile_count(const struct snapshot *s) { return s->profile_count; }

int engine_profile(const struct snapshot *s, struct str code)
{
    return index_find(&s->profile_index, code);
}

struct engine_profile engine_profile_at(const struct snapshot *s, int i)
{
    const struct profile *p = &s->profiles[i];
    return (struct engine_profile){ s->bundle_codes[i], p->label, p->family, p->needs_second_factor,
                                    p->max_days };
}

int engine_application_count(const struct snapshot *s) { return s->application_count; }

int engine_application(const struct snapshot *s, struct str code)
{
    return index_find(&s->application_index, code);
}

struct str engine_application_code(const struct snapshot *s, int i)
{
    return s->application_codes[i];
}

struct str engine_application_label(const struct snapshot *s, int i)
{
    return s->application_labels[i];
}

int engine_resource_count(const struct snapshot *s) { return s->resource_count; }

int engine_resource(const struct snapshot *s, struct str code)
{
    return index_find(&s->resource_index, code);
}

struct engine_resource engine_resource_at(const struct snapshot *s, int i)
{
    const struct resource *r = &s->resources[i];
    return (struct engine_resource){ s->resource_codes[i], r->label, r->sensitivity, r->application,
                                     r->action_count };
}

struct str engine_action_at(const struct snapshot *s, int resource, int action)
{
    return s->right_actions[s->resources[resource].first_right + action];
}

int engine_grant_count(const struct snapshot *s) { return s->grant_count; }

struct engine_grant engine_grant_at(const struct snapshot *s, int i) { return s->grants[i]; }

const struct access_words *engine_words(const struct snapshot *s) { return &s->words; }

bool engine_is_incompatible(const struct snapshot *s, struct str a, struct str b,
                            struct str *reason)
{
    int x = engine_profile(s, a), y = engine_profile(s, b);
    for (size_t i = 0; i < s->incompatibility_count; i++) {
        const struct incompatibility *p = &s->incompatibilities[i];
        if ((p->a == x && p->b == y) || (p->a == y && p->b == x)) {
            *reason = p->reason;
            return true;
        }
    }
    return false;
}
