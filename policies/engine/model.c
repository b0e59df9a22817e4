#include "engine/model.h"

#include "engine/model_data.h"

#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1024 * 1024 * 1024
}; /* bytes: a ceiling against runaways, not a size to expect */

static const char *const kind_names[] = { "",   "groupement",    "direction_commune",
                                          "og", "etablissement", "service" };

static const struct {
    const char *fr, *en;
} problems[] = {
#define X(code, fr, en) { fr, en },
    MODEL_PROBLEMS(X)
#undef X
};

err_t model_new(struct model **out)
{
    struct model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return ERR(NO_MEMORY);
    err_t e = arena_new(TEXT_MAX, &m->text);
    if (!err_ok(e)) {
        free(m);
        return e;
    }
    *out = m;
    return ERR(OK);
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    struct list *const lists[] = {
        &m->structures,    &m->applications, &m->resources, &m->profiles, &m->lots,
        &m->lot_uses,      &m->grants,       &m->nevers,    &m->closures, &m->incompatibilities,
        &m->subject_types, &m->declared,     &m->instances,
    };
    for (size_t i = 0; i < COUNT(lists); i++)
        free(lists[i]->at);
    arena_free(m->text);
    free(m);
}

enum structure_kind structure_kind_of(struct str name)
{
    for (size_t i = STRUCTURE_GROUPEMENT; i < COUNT(kind_names); i++)
        if (str_eq(name, str_of(kind_names[i])))
            return (enum structure_kind)i;
    return STRUCTURE_UNSET;
}

const char *structure_kind_name(enum structure_kind k)
{
    return (size_t)k < COUNT(kind_names) ? kind_names[k] : "";
}

const char *model_problem_fr(enum model_problem p)
{
    return (size_t)p < COUNT(problems) ? problems[p].fr : "";
}

const char *model_problem_en(enum model_problem p)
{
    return (size_t)p < COUNT(problems) ? problems[p].en : "";
}

static err_t push(struct list *l, const void *item, size_t size)
{
    if (l->count == MODEL_MAX)
        return ERR(TOO_LARGE);
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 64 : 2 * l->cap;
        void *grown = realloc(l->at, cap * size);
        if (grown == NULL)
            return ERR(NO_MEMORY);
        l->at = grown;
        l->cap = cap;
    }
    memcpy((unsigned char *)l->at + l->count * size, item, size);
    l->count++;
    return ERR(OK);
}

/* Replaces each text by a copy of our own. */
static err_t keep(struct model *m, struct str *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str copy;
        TRY(arena_str(m->text, *texts[i], &copy));
        *texts[i] = copy;
    }
    return ERR(OK);
}

#define KEEP(m, ...) \
    keep(m, (struct str *const[]){ __VA_ARGS__ }, COUNT(((struct str *const[]){ __VA_ARGS__ })))

err_t model_add_structure(struct model *m, const struct structure_def *def)
{
    struct structure_def d = *def;
    TRY(KEEP(m, &d.code, &d.parent, &d.label));
    return push(&m->structures, &d, sizeof d);
}

err_t model_add_application(struct model *m, const struct application_def *def)
{
    struct application_def d = *def;
    TRY(KEEP(m, &d.code, &d.label));
    return push(&m->applications, &d, sizeof d);
}

err_t model_add_resource(struct model *m, const struct resource_def *def)
{
    struct resource_def d = *def;
    TRY(KEEP(m, &d.code, &d.application, &d.label, &d.actions, &d.sensitivity, &d.no_emergency));
    return push(&m->resources, &d, sizeof d);
}

err_t model_add_profile(struct model *m, const struct profile_def *def)
{
    struct profile_def d = *def;
    TRY(KEEP(m, &d.code, &d.label, &d.family, &d.auth_min));
    return push(&m->profiles, &d, sizeof d);
}

err_t model_add_lot(struct model *m, const struct lot_def *def)
{
    struct lot_def d = *def;
    TRY(KEEP(m, &d.code, &d.label));
    return push(&m->lots, &d, sizeof d);
}

err_t model_add_lot_use(struct model *m, const struct lot_use_def *def)
{
    struct lot_use_def d = *def;
    TRY(KEEP(m, &d.profile, &d.lot));
    return push(&m->lot_uses, &d, sizeof d);
}

err_t model_add_grant(struct model *m, const struct grant_def *def)
{
    struct grant_def d = *def;
    TRY(KEEP(m, &d.profile, &d.resource, &d.actions, &d.scope, &d.conditions, &d.note));
    return push(&m->grants, &d, sizeof d);
}

err_t model_add_never(struct model *m, const struct never_def *def)
{
    struct never_def d = *def;
    TRY(KEEP(m, &d.profile, &d.resource, &d.actions));
    return push(&m->nevers, &d, sizeof d);
}

err_t model_add_closure(struct model *m, const struct closure_def *def)
{
    struct closure_def d = *def;
    TRY(KEEP(m, &d.code, &d.label, &d.structure, &d.except, &d.rights));
    return push(&m->closures, &d, sizeof d);
}

err_t model_add_incompatibility(struct model *m, const struct incompatibility_def *def)
{
    struct incompatibility_def d = *def;
    TRY(KEEP(m, &d.a, &d.b, &d.reason));
    return push(&m->incompatibilities, &d, sizeof d);
}

err_t model_add_subject_type(struct model *m, const struct subject_type_def *def)
{
    struct subject_type_def d = *def;
    TRY(KEEP(m, &d.application, &d.type));
    return push(&m->subject_types, &d, sizeof d);
}

err_t model_add_declared(struct model *m, const struct declared_def *def)
{
    struct declared_def d = *def;
    TRY(KEEP(m, &d.application, &d.condition, &d.object, &d.property, &d.values));
    return push(&m->declared, &d, sizeof d);
}

err_t model_add_instance(struct model *m, const struct instance_def *def)
{
    struct instance_def d = *def;
    TRY(KEEP(m, &d.resource, &d.id, &d.properties));
    return push(&m->instances, &d, sizeof d);
}
