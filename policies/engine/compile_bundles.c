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

err_t compile_bundles(struct compiler *c)
{
    const struct profile_def *profiles = c->m->profiles.at;
    const struct lot_def *lots = c->m->lots.at;
    size_t profile_count = c->m->profiles.count, lot_count = c->m->lots.count;
    struct named *plist = compile_scratch(c, profile_count, sizeof *plist);
    struct named *llist = compile_scratch(c, lot_count, sizeof *llist);
    const struct str *profile_codes = NULL, *lot_codes = NULL;
    if (plist == NULL || llist == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < profile_count; i++)
        plist[i] = (struct named){ profiles[i].code, (uint32_t)i, profiles[i].origin };
    for (size_t i = 0; i < lot_count; i++)
        llist[i] = (struct named){ lots[i].code, (uint32_t)i, lots[i].origin };
    TRY(compile_sort(c, plist, profile_count, "profile"));
    TRY(compile_sort(c, llist, lot_count, "lot"));
    TRY(compile_index(c, plist, profile_count, &profile_codes, &c->s->profile_index));
    TRY(compile_index(c, llist, lot_count, &lot_codes, &c->s->lot_index));
    TRY(fill_profiles(c, plist, profile_count));
    TRY(check_apart(c, llist, lot_count));
    return join_codes(c, profile_codes, profile_count, lot_codes, lot_count);
}
