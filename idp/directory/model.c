#include "directory/internal.h"

#include "engine/model.h"

#include <string.h>

enum { ENTRY_ARENA_MAX = 8 * 1024 * 1024 }; /* one profile with all its grants */

static const char *const model_attrs[] = {
    "objectClass",        "habilisCode",     "habilisLabel",
    "habilisKind",        "habilisParent",   "habilisOpenFrom",
    "habilisOpenUntil",   "habilisFamily",   "habilisAuthMin",
    "habilisMaxDays",     "habilisGrant",    "habilisNever",
    "habilisLot",         "habilisAction",   "habilisSensitivity",
    "habilisNoEmergency", "habilisProfile",  "habilisStructure",
    "habilisStart",       "habilisEnd",      "habilisRight",
    "habilisException",   "description",     "habilisSubjectType",
    "habilisCondition",   "habilisInstance", NULL,
};

/* One entry being turned into definitions. */
struct reading {
    struct model *model;
    struct arena *arena;
    LDAP *ld;
    LDAPMessage *entry;
};

static err_t get(const struct reading *r, const char *attr, struct str *out)
{
    return dir_value(r->arena, r->ld, r->entry, attr, out);
}

/* Values joined by SEP, in byte order. */
static err_t get_joined(const struct reading *r, const char *attr, char sep, struct str *out)
{
    const struct str *v;
    size_t n, len = 0;
    TRY(dir_values(r->arena, r->ld, r->entry, attr, &v, &n));
    for (size_t i = 0; i < n; i++)
        len += v[i].len + 1;
    char *text = arena_alloc(r->arena, len + 1);
    if (text == NULL)
        return ERR(TOO_LARGE);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text[at++] = sep;
        memcpy(text + at, v[i].ptr, v[i].len);
        at += v[i].len;
    }
    *out = str_from(text, at);
    return ERR(OK);
}

static err_t read_structure(const struct reading *r)
{
    struct structure_def def = { .origin = 0 };
    struct str kind;
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisParent", &def.parent));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(get(r, "habilisKind", &kind));
    TRY(dir_value_time(r->ld, r->entry, "habilisOpenFrom", MODEL_ALWAYS, &def.open_from));
    TRY(dir_value_time(r->ld, r->entry, "habilisOpenUntil", MODEL_EVER, &def.open_until));
    def.kind = structure_kind_of(kind);
    return model_add_structure(r->model, &def);
}

/* "NAME;OBJECT;PROPERTY;VALUES" */
static err_t add_condition(struct model *m, struct str application, struct str text)
{
    struct declared_def def = { .application = application };
    if (!str_cut(&text, ';', &def.condition) || !str_cut(&text, ';', &def.object) ||
        !str_cut(&text, ';', &def.property))
        return ERR(DIRECTORY);
    def.values = text;
    return model_add_declared(m, &def);
}

static err_t read_application(const struct reading *r)
{
    struct application_def def = { .origin = 0 };
    const struct str *v = NULL;
    size_t count = 0;
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(dir_values(r->arena, r->ld, r->entry, "habilisSubjectType", &v, &count));
    for (size_t i = 0; i < count; i++)
        TRY(model_add_subject_type(r->model, &(struct subject_type_def){ def.code, v[i], 0 }));
    TRY(dir_values(r->arena, r->ld, r->entry, "habilisCondition", &v, &count));
    for (size_t i = 0; i < count; i++)
        TRY(add_condition(r->model, def.code, v[i]));
    return model_add_application(r->model, &def);
}

/* "ID;PROPERTIES", the latter may be missing. */
static err_t add_instances(const struct reading *r, struct str resource)
{
    const struct str *v = NULL;
    size_t count = 0;
    TRY(dir_values(r->arena, r->ld, r->entry, "habilisInstance", &v, &count));
    for (size_t i = 0; i < count; i++) {
        struct instance_def def = { .resource = resource, .properties = v[i] };
        if (!str_cut(&def.properties, ';', &def.id)) {
            def.id = v[i];
            def.properties = STR("");
        }
        TRY(model_add_instance(r->model, &def));
    }
    return ERR(OK);
}

static err_t read_resource(const struct reading *r)
{
    struct resource_def def = { .origin = 0 };
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(get(r, "habilisSensitivity", &def.sensitivity));
    TRY(get_joined(r, "habilisAction", '|', &def.actions));
    TRY(get_joined(r, "habilisNoEmergency", '|', &def.no_emergency));
    TRY(dir_parent_value(r->arena, r->ld, r->entry, &def.application));
    TRY(add_instances(r, def.code));
    return model_add_resource(r->model, &def);
}

/* "RESOURCE;actions;scope;conditions;note"; the note is the rest, semicolons and all. */
static err_t add_grant(struct model *m, struct str profile, struct str text)
{
    struct grant_def def = { .profile = profile };
    if (!str_cut(&text, ';', &def.resource) || !str_cut(&text, ';', &def.actions) ||
        !str_cut(&text, ';', &def.scope) || !str_cut(&text, ';', &def.conditions))
        return ERR(DIRECTORY);
    def.note = text;
    return model_add_grant(m, &def);
}

static err_t add_never(struct model *m, struct str profile, struct str text)
{
    struct never_def def = { .profile = profile };
    if (!str_cut(&text, ';', &def.resource))
        return ERR(DIRECTORY);
    def.actions = text;
    return model_add_never(m, &def);
}

static err_t add_lot_use(struct model *m, struct str profile, struct str lot)
{
    return model_add_lot_use(m, &(struct lot_use_def){ .profile = profile, .lot = lot });
}

static err_t each_value(const struct reading *r, const char *attr, struct str code,
                        err_t (*add)(struct model *m, struct str code, struct str value))
{
    const struct str *v;
    size_t n;
    TRY(dir_values(r->arena, r->ld, r->entry, attr, &v, &n));
    for (size_t i = 0; i < n; i++)
        TRY(add(r->model, code, v[i]));
    return ERR(OK);
}

static err_t read_profile(const struct reading *r)
{
    struct profile_def def = { .origin = 0 };
    struct str days;
    int64_t n = 0;
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(get(r, "habilisFamily", &def.family));
    TRY(get(r, "habilisAuthMin", &def.auth_min));
    TRY(get(r, "habilisMaxDays", &days));
    if (days.len > 0 && (!str_to_i64(days, &n) || n < 0 || n > INT32_MAX))
        return ERR(DIRECTORY);
    def.max_days = (int)n;
    TRY(model_add_profile(r->model, &def));
    TRY(each_value(r, "habilisLot", def.code, add_lot_use));
    TRY(each_value(r, "habilisNever", def.code, add_never));
    return each_value(r, "habilisGrant", def.code, add_grant);
}

static err_t read_lot(const struct reading *r)
{
    struct lot_def def = { .origin = 0 };
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(model_add_lot(r->model, &def));
    return each_value(r, "habilisGrant", def.code, add_grant);
}

static err_t read_incompatibility(const struct reading *r)
{
    struct incompatibility_def def = { .origin = 0 };
    const struct str *v;
    size_t n;
    TRY(dir_values(r->arena, r->ld, r->entry, "habilisProfile", &v, &n));
    if (n != 2)
        return ERR(DIRECTORY);
    def.a = v[0];
    def.b = v[1];
    TRY(get(r, "description", &def.reason));
    return model_add_incompatibility(r->model, &def);
}

static err_t read_closure(const struct reading *r)
{
    struct closure_def def = { .origin = 0 };
    TRY(get(r, "habilisCode", &def.code));
    TRY(get(r, "habilisLabel", &def.label));
    TRY(get(r, "habilisStructure", &def.structure));
    TRY(get_joined(r, "habilisException", '|', &def.except));
    TRY(get_joined(r, "habilisRight", ',', &def.rights));
    TRY(dir_value_time(r->ld, r->entry, "habilisStart", MODEL_ALWAYS, &def.from));
    TRY(dir_value_time(r->ld, r->entry, "habilisEnd", MODEL_EVER, &def.until));
    return model_add_closure(r->model, &def);
}

static const struct {
    const char *object_class;
    err_t (*read)(const struct reading *r);
} kinds[] = {
    { "habilisStructureEntry", read_structure },
    { "habilisProfileEntry", read_profile },
    { "habilisLotEntry", read_lot },
    { "habilisApplication", read_application },
    { "habilisResource", read_resource },
    { "habilisIncompatibility", read_incompatibility },
    { "habilisClosure", read_closure },
};

static err_t on_entry(void *ctx, LDAP *ld, LDAPMessage *entry)
{
    struct reading r = { .model = ctx, .ld = ld, .entry = entry };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!dir_has_class(ld, entry, kinds[i].object_class))
            continue;
        DIR_CLEANUP(arena_freep) struct arena *a = NULL;
        TRY(arena_new(ENTRY_ARENA_MAX, &a));
        r.arena = a;
        return kinds[i].read(&r);
    }
    return ERR(OK); /* clients, and what a later version adds */
}

static err_t load(struct directory *d, struct model *m, const char *filter)
{
    struct dir_query q = {
        .base = d->base,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = filter,
        .attrs = model_attrs,
    };
    return dir_search(d, &q, on_entry, m);
}

err_t directory_load_model(struct directory *d, struct model *m)
{
    return load(d, m, "(objectClass=habilisReference)");
}

err_t directory_load_places(struct directory *d, struct model *m)
{
    return load(d, m, "(|(objectClass=habilisStructureEntry)(objectClass=habilisClosure))");
}
