#include "ctl/plan.h"

#include <string.h>

enum { BATCH = 500 }; /* edits a transaction: a commit costs one write to disk */

err_t plan_edit(struct plan *p, enum plan_level level, struct dir_edit edit)
{
    struct plan_edits *e = &p->levels[level];
    if (e->count == e->cap) {
        size_t cap = e->cap == 0 ? 256 : 2 * e->cap;
        struct dir_edit *bigger = arena_array(p->arena, cap, sizeof *bigger);
        if (bigger == NULL)
            return ERR(NO_MEMORY);
        if (e->count > 0)
            memcpy(bigger, e->list, e->count * sizeof *bigger);
        e->list = bigger;
        e->cap = cap;
    }
    struct dir_attr *copy = arena_array(p->arena, edit.attr_count, sizeof *copy);
    if (copy == NULL)
        return ERR(NO_MEMORY);
    memcpy(copy, edit.attrs, edit.attr_count * sizeof *copy);
    edit.attrs = copy;
    e->list[e->count++] = edit;
    return ERR(OK);
}

size_t plan_size(const struct plan *p)
{
    return p->levels[PLAN_UPPER].count + p->levels[PLAN_LOWER].count;
}

static bool same_values(struct dir_attr a, struct dir_attr b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!str_eq(a.values[i], b.values[i]))
            return false;
    return true;
}

size_t plan_differences(const struct known_entry *e, const struct dir_attr *wanted, size_t count,
                        struct dir_attr *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!same_values(known_values(e, wanted[i].name), wanted[i]))
            out[n++] = wanted[i];
    return n;
}

/* ---- the catalogue ---- */

static const char *const structure_attrs[] = {
    "habilisCode",
    "habilisKind",
    "habilisLabel",
    "habilisParent",
    "habilisFiness",
    "habilisFinessEntity",
    "habilisFinessCategory",
    "habilisSiret",
    "habilisStructureType",
    "habilisTown",
    "habilisDepartment",
    "habilisPlaces",
    "habilisLegalForm",
    "description",
    "habilisOpenFrom",
    "habilisOpenUntil",
    NULL,
};
static const char *const profile_attrs[] = {
    "habilisCode",    "habilisLabel",         "habilisFamily", "habilisRppsRule", "habilisAuthMin",
    "habilisMaxDays", "habilisStructureType", "habilisGrant",  "description",     NULL,
};
static const char *const application_attrs[] = { "habilisCode", "habilisLabel", NULL };
static const char *const resource_attrs[] = { "habilisCode", "habilisLabel", "habilisSensitivity",
                                              "habilisAction", NULL };
static const char *const incompatibility_attrs[] = { "habilisCode", "habilisProfile", "description",
                                                     NULL };

static const struct {
    const char *object_class;
    const char *const *attrs;
    enum plan_kind kind;
} classes[] = {
    { "habilisStructureEntry", structure_attrs, PLAN_STRUCTURES },
    { "habilisProfileEntry", profile_attrs, PLAN_PROFILES },
    { "habilisApplication", application_attrs, PLAN_APPLICATIONS },
    { "habilisResource", resource_attrs, PLAN_APPLICATIONS },
    { "habilisIncompatibility", incompatibility_attrs, PLAN_CONSTRAINTS },
};

static err_t add_item(struct plan *p, const struct item *it)
{
    struct dir_attr attrs[ITEM_ATTRS_MAX + 1];
    struct str *object_class = arena_alloc(p->arena, sizeof *object_class);
    struct str dn;
    if (object_class == NULL)
        return ERR(NO_MEMORY);
    *object_class = str_of(it->object_class);
    attrs[0] = (struct dir_attr){ "objectClass", object_class, 1 };
    memcpy(attrs + 1, it->attrs, it->attr_count * sizeof *attrs);
    TRY(directory_dn(p->d, p->arena, it->rdns, it->rdn_count, it->container, &dn));
    return plan_edit(p, it->rdn_count > 1 ? PLAN_LOWER : PLAN_UPPER,
                     (struct dir_edit){ DIR_EDIT_ADD, dn, attrs, it->attr_count + 1 });
}

static err_t compare_item(struct plan *p, const struct known *k, const struct strmap *index,
                          const struct item *it, struct plan_count *count)
{
    struct dir_attr changed[ITEM_ATTRS_MAX];
    size_t at;
    if (!strmap_get(index, it->key, &at)) {
        count->added++;
        return add_item(p, it);
    }
    count->unmentioned--;
    const struct known_entry *e = &k->list[at];
    size_t n = plan_differences(e, it->attrs, it->attr_count, changed);
    if (n == 0 || it->once) {
        count->same++;
        return ERR(OK);
    }
    count->modified++;
    return plan_edit(p, PLAN_UPPER, (struct dir_edit){ DIR_EDIT_REPLACE, e->dn, changed, n });
}

err_t plan_items(struct plan *p, const struct items *items)
{
    for (size_t c = 0; c < COUNT(classes); c++) {
        struct plan_count *count = &p->counts[classes[c].kind];
        struct strmap index;
        struct known k;
        bool any = false;
        for (size_t i = 0; i < items->count && !any; i++)
            any = str_eq(str_of(items->list[i].object_class), str_of(classes[c].object_class));
        if (!any)
            continue;
        strmap_init(&index, p->arena);
        TRY(known_read(p->d, p->arena, classes[c].object_class, classes[c].attrs, &k));
        count->unmentioned += k.count;
        for (size_t i = 0; i < k.count; i++)
            TRY(strmap_put(&index, known_value(&k.list[i], "habilisCode"), i));
        for (size_t i = 0; i < items->count; i++)
            if (str_eq(str_of(items->list[i].object_class), str_of(classes[c].object_class)))
                TRY(compare_item(p, &k, &index, &items->list[i], count));
    }
    return ERR(OK);
}

/* ---- all of it ---- */

err_t plan_make(struct directory *d, struct catalogue *c, const struct staff *st, struct plan *out)
{
    struct plan p = { .d = d, .arena = c->arena };
    TRY(plan_items(&p, &c->structures));
    TRY(plan_items(&p, &c->rights));
    if (st->person_count > 0)
        TRY(plan_staff(&p, c, st));
    *out = p;
    return ERR(OK);
}

static err_t apply_level(const struct plan *p, const struct plan_edits *e, size_t *done,
                         struct str *refused)
{
    for (size_t i = 0; i < e->count;) {
        size_t n = e->count - i < BATCH ? e->count - i : BATCH, failed;
        err_t result = directory_apply(p->d, e->list + i, n, &failed);
        if (!err_ok(result)) {
            if (failed < n)
                *refused = e->list[i + failed].dn;
            return result;
        }
        i += n;
        *done += n;
    }
    return ERR(OK);
}

err_t plan_apply(const struct plan *p, size_t *done, struct str *refused)
{
    *refused = STR("");
    *done = 0;
    TRY(apply_level(p, &p->levels[PLAN_UPPER], done, refused));
    return apply_level(p, &p->levels[PLAN_LOWER], done, refused);
}
