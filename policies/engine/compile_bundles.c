#include "engine/compile.h"

/* Profiles and lots share a namespace: a grant names either. Profiles come first, then lots. */

static err_t check_profile(struct compiler *c, const struct profile_def *d, bool *second_factor)
{
    bool one = str_eq(d->auth_min, STR("1F"));
    if (!one && d->auth_min.len > 0 && !str_eq(d->auth_min, STR("2F")))
        return compile_problem(c, MODEL_BAD_AUTH_MIN, "profile", d->auth_min, d->origin);
    *second_factor = !one;
    return ERR(OK);
}

static err_t fill_profiles(struct compiler *c, const struct named *list, size_t count)
{
    const struct profile_def *defs = c->m->profiles.at;
    struct profile *profiles = compile_array(c, count, sizeof *profiles);
    if (profiles == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct profile_def *d = &defs[list[i].def];
        TRY(check_profile(c, d, &profiles[i].needs_second_factor));
        TRY(compile_copy(c, d->label, &profiles[i].label));
        TRY(compile_copy(c, d->family, &profiles[i].family));
        profiles[i].max_days = d->max_days;
    }
    c->s->profiles = profiles;
    c->s->profile_count = (int)count;
    return ERR(OK);
}

/* No code may be both a profile and a lot. */
static err_t check_apart(struct compiler *c, const struct named *lots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (index_find(&c->s->profile_index, lots[i].code) != ENGINE_NONE)
            return compile_problem(c, MODEL_DUPLICATE, "lot", lots[i].code, lots[i].origin);
    return ERR(OK);
}

static err_t join_codes(struct compiler *c, const struct str *profiles, size_t profile_count,
                        const struct str *lots, size_t lot_count)
{
    struct str *codes = compile_array(c, profile_count + lot_count, sizeof *codes);
    if (codes == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < profile_count; i++)
        codes[i] = profiles[i];
    for (size_t i = 0; i < lot_count; i++)
        codes[profile_count + i] = lots[i];
    c->s->bundle_codes = codes;
    c->s->bundle_count = (int)(profile_count + lot_count);
    return ERR(OK);
}

static err_t compile_profiles(struct compiler *c, const struct str **codes)
{
    const struct profile_def *defs = c->m->profiles.at;
    size_t count = c->m->profiles.count;
    struct named *list = compile_scratch(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct named){ defs[i].code, (uint32_t)i, defs[i].origin };
    TRY(compile_sort(c, list, count, "profile"));
    TRY(compile_index(c, list, count, codes, &c->s->profile_index));
    return fill_profiles(c, list, count);
}

static err_t compile_lots(struct compiler *c, const struct str **codes)
{
    const struct lot_def *defs = c->m->lots.at;
    size_t count = c->m->lots.count;
    struct named *list = compile_scratch(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct named){ defs[i].code, (uint32_t)i, defs[i].origin };
    TRY(compile_sort(c, list, count, "lot"));
    TRY(check_apart(c, list, count));
    return compile_index(c, list, count, codes, &c->s->lot_index);
}

err_t compile_bundles(struct compiler *c)
{
    const struct str *profiles = NULL, *lots = NULL;
    TRY(compile_profiles(c, &profiles));
    TRY(compile_lots(c, &lots));
    return join_codes(c, profiles, c->m->profiles.count, lots, c->m->lots.count);
}
