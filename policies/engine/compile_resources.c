#include "engine/compile.h"

enum { ACTIONS_MAX = 64 };

static const char in[] = "resource";

/* ---- applications: those that were added and those that resources name ---- */

static err_t added_applications(struct compiler *c, struct named *list, struct index *known)
{
    const struct application_def *defs = c->m->applications.at;
    size_t count = c->m->applications.count;
    struct str *codes = compile_scratch(c, count, sizeof *codes);
    if (codes == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct named){ defs[i].code, (uint32_t)i, defs[i].origin };
    TRY(compile_sort(c, list, count, "application"));
    for (size_t i = 0; i < count; i++)
        codes[i] = list[i].code;
    return index_build(c->scratch, codes, count, known);
}

/* Appends to the COUNT of LIST the ones that only resources name, each once; returns how many now. */
static size_t named_applications(const struct compiler *c, const struct index *known,
                                 struct named *list, size_t count)
{
    const struct resource_def *defs = c->m->resources.at;
    size_t added = count;
    for (size_t i = 0; i < c->m->resources.count; i++) {
        bool seen = index_find(known, defs[i].application) != ENGINE_NONE;
        for (size_t k = added; k < count && !seen; k++)
            seen = str_eq(list[k].code, defs[i].application);
        if (!seen)
            list[count++] =
                (struct named){ defs[i].application, (uint32_t)(added + i), defs[i].origin };
    }
    return count;
}

static err_t label_applications(struct compiler *c, const struct named *list, size_t count)
{
    const struct application_def *defs = c->m->applications.at;
    struct str *labels = compile_array(c, count, sizeof *labels);
    if (labels == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        bool added = list[i].def < c->m->applications.count;
        TRY(compile_copy(c, added ? defs[list[i].def].label : STR(""), &labels[i]));
    }
    c->s->application_labels = labels;
    return ERR(OK);
}

static err_t compile_applications(struct compiler *c)
{
    size_t added = c->m->applications.count;
    struct named *list = compile_scratch(c, added + c->m->resources.count, sizeof *list);
    struct index known = { 0 };
    if (list == NULL)
        return ERR(NO_MEMORY);
    TRY(added_applications(c, list, &known));
    size_t count = named_applications(c, &known, list, added);
    TRY(compile_sort(c, list, count, "application"));
    TRY(compile_index(c, list, count, &c->s->application_codes, &c->s->application_index));
    c->s->application_count = (int)count;
    return label_applications(c, list, count);
}

/* ---- resources ---- */

/* How many actions a resource lists; they must be well formed and each given once. */
static err_t count_actions(struct compiler *c, const struct resource_def *d, int *count)
{
    struct str rest = d->actions, action, seen[ACTIONS_MAX];
    int n = 0;
    while (str_next(&rest, '|', &action)) {
        if (!access_is_name(action))
            return compile_problem(c, MODEL_BAD_NAME, in, action, d->origin);
        if (n == ACTIONS_MAX)
            return compile_problem(c, MODEL_TOO_MANY, in, d->code, d->origin);
        for (int i = 0; i < n; i++)
            if (str_eq(seen[i], action))
                return compile_problem(c, MODEL_DUPLICATE, in, action, d->origin);
        seen[n++] = action;
    }
    if (n == 0 || str_ends(d->actions, STR("|")))
        return compile_problem(c, MODEL_BAD_NAME, in, d->code, d->origin);
    *count = n;
    return ERR(OK);
}

/* The rights of each resource, numbered one after another. */
static err_t number_rights(struct compiler *c, const struct named *list, size_t count)
{
    const struct resource_def *defs = c->m->resources.at;
    struct snapshot *s = c->s;
    struct resource *resources = compile_array(c, count, sizeof *resources);
    if (resources == NULL)
        return ERR(NO_MEMORY);
    int rights = 0;
    for (size_t i = 0; i < count; i++) {
        const struct resource_def *d = &defs[list[i].def];
        TRY(compile_copy(c, d->label, &resources[i].label));
        TRY(compile_copy(c, d->sensitivity, &resources[i].sensitivity));
        resources[i].application = index_find(&s->application_index, d->application);
        resources[i].first_right = rights;
        TRY(count_actions(c, d, &resources[i].action_count));
        rights += resources[i].action_count;
    }
    s->resources = resources;
    s->resource_count = (int)count;
    s->right_count = rights;
    s->right_words = ((size_t)rights + 63) / 64;
    return ERR(OK);
}

static err_t name_rights(struct compiler *c, const struct named *list)
{
    const struct resource_def *defs = c->m->resources.at;
    struct snapshot *s = c->s;
    size_t count = (size_t)s->right_count, right = 0;
    struct str *actions = compile_array(c, count, sizeof *actions);
    int *resources = compile_array(c, count, sizeof *resources);
    if (actions == NULL || resources == NULL)
        return ERR(NO_MEMORY);
    for (int i = 0; i < s->resource_count; i++) {
        struct str rest = defs[list[i].def].actions, action;
        while (str_next(&rest, '|', &action)) {
            TRY(compile_copy(c, action, &actions[right]));
            resources[right++] = i;
        }
    }
    s->right_actions = actions;
    s->right_resources = resources;
    return ERR(OK);
}

/* Which rights no emergency opens. */
static err_t read_exclusions(struct compiler *c)
{
    const struct resource_def *defs = c->m->resources.at;
    uint64_t *set = compile_array(c, c->s->right_words, sizeof *set);
    if (set == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < c->m->resources.count; i++)
        if (defs[i].no_emergency.len > 0)
            TRY(compile_rights(c, defs[i].code, defs[i].no_emergency, in, defs[i].origin, set));
    c->s->no_emergency = set;
    return ERR(OK);
}

err_t compile_resources(struct compiler *c)
{
    const struct resource_def *defs = c->m->resources.at;
    size_t count = c->m->resources.count;
    struct named *list = compile_scratch(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    TRY(compile_applications(c));
    for (size_t i = 0; i < count; i++)
        list[i] = (struct named){ defs[i].code, (uint32_t)i, defs[i].origin };
    TRY(compile_sort(c, list, count, in));
    TRY(compile_index(c, list, count, &c->s->resource_codes, &c->s->resource_index));
    TRY(number_rights(c, list, count));
    TRY(name_rights(c, list));
    return read_exclusions(c);
}

err_t compile_rights(struct compiler *c, struct str resource, struct str actions, const char *of,
                     uint64_t origin, uint64_t *set)
{
    const struct snapshot *s = c->s;
    int r = index_find(&s->resource_index, resource);
    if (r == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_RESOURCE, of, resource, origin);
    int first = s->resources[r].first_right, count = s->resources[r].action_count;
    struct str action;
    bool all = str_eq(actions, STR("*"));
    if (actions.len == 0 || str_ends(actions, STR("|")))
        return compile_problem(c, MODEL_BAD_NAME, of, actions, origin);
    for (int k = 0; all && k < count; k++)
        bit_put(set, first + k);
    while (!all && str_next(&actions, '|', &action)) {
        int k = 0;
        while (k < count && !str_eq(s->right_actions[first + k], action))
            k++;
        if (k == count)
            return compile_problem(c, MODEL_UNKNOWN_ACTION, of, action, origin);
        bit_put(set, first + k);
    }
    return ERR(OK);
}
