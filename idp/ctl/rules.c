#include "ctl/rules.h"

#include <string.h>

/* ---- rules to entries ---- */

static err_t grant_values(struct items *items, struct item *it, const struct cat_grants *grants)
{
    struct str *values = arena_array(items->arena, grants->count + 1, sizeof *values);
    if (values == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        struct str actions, conditions;
        TRY(cat_sorted_actions(items->arena, g->actions, &actions));
        TRY(cat_sorted_words(items->arena, g->conditions, ',', &conditions));
        TRY(arena_printf(items->arena, &values[i], "%.*s;%.*s;%.*s;%.*s;%.*s", STR_ARG(g->resource),
                         STR_ARG(actions), STR_ARG(g->scope), STR_ARG(conditions),
                         STR_ARG(g->note)));
    }
    item_set_values(it, "habilisGrant", values, grants->count);
    return ERR(OK);
}

static err_t never_values(struct items *items, struct item *it, const struct cat_nevers *nevers)
{
    struct str *values = arena_array(items->arena, nevers->count + 1, sizeof *values);
    if (values == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < nevers->count; i++) {
        struct str actions;
        TRY(cat_sorted_actions(items->arena, nevers->list[i].actions, &actions));
        TRY(arena_printf(items->arena, &values[i], "%.*s;%.*s", STR_ARG(nevers->list[i].resource),
                         STR_ARG(actions)));
    }
    item_set_values(it, "habilisNever", values, nevers->count);
    return ERR(OK);
}

static err_t set_number(struct items *items, struct item *it, const char *attr, int64_t n)
{
    struct str text;
    TRY(arena_printf(items->arena, &text, "%lld", (long long)n));
    return item_set(items, it, attr, text);
}

static err_t profile_item(struct items *items, const struct cat_profile *p)
{
    struct item *it;
    TRY(item_add(items, "habilisProfileEntry", "profiles", p->code, STR(""), &it));
    TRY(item_set(items, it, "habilisLabel", p->label));
    TRY(item_set(items, it, "habilisFamily", p->family));
    TRY(item_set(items, it, "habilisRppsRule", p->rpps));
    TRY(item_set(items, it, "habilisAuthMin", p->auth_min));
    TRY(set_number(items, it, "habilisMaxDays", p->max_days));
    TRY(item_set(items, it, "description", p->description));
    TRY(item_set_list(items, it, "habilisStructureType", p->types, '|'));
    TRY(item_set_list(items, it, "habilisLot", p->lots, '|'));
    TRY(never_values(items, it, &p->nevers));
    return grant_values(items, it, &p->grants);
}

static err_t resource_item(struct items *items, const struct cat_resource *r)
{
    struct item *it;
    TRY(item_add(items, "habilisResource", "applications", r->code, r->application, &it));
    TRY(item_set(items, it, "habilisLabel", r->label));
    TRY(item_set(items, it, "habilisSensitivity", r->sensitivity));
    TRY(item_set_list(items, it, "habilisNoEmergency", r->no_emergency, '|'));
    return item_set_list(items, it, "habilisAction", r->actions, '|');
}

/* A pair is named by its two halves, "A+B". */
static err_t pair_item(struct items *items, const char *object_class, const char *attr,
                       struct str a, struct str b, struct str reason)
{
    struct item *it;
    struct str code;
    struct str *both = arena_array(items->arena, 2, sizeof *both);
    if (both == NULL)
        return ERR(NO_MEMORY);
    both[0] = a;
    both[1] = b;
    TRY(arena_printf(items->arena, &code, "%.*s+%.*s", STR_ARG(a), STR_ARG(b)));
    TRY(item_add(items, object_class, "constraints", code, STR(""), &it));
    item_set_values(it, attr, both, 2);
    return item_set(items, it, "description", reason);
}

static err_t emergency_item(struct items *items, const struct cat_emergency *x)
{
    struct item *it;
    TRY(item_add(items, "habilisEmergencyEntry", "constraints", x->code, STR(""), &it));
    TRY(item_set(items, it, "habilisLabel", x->label));
    TRY(item_set(items, it, "habilisLot", x->lot));
    TRY(item_set(items, it, "habilisOpenRight", x->open_right));
    TRY(item_set(items, it, "habilisReviewRight", x->review_right));
    TRY(set_number(items, it, "habilisHours", x->hours));
    TRY(set_number(items, it, "habilisReviewDays", x->review_days));
    return item_set_list(items, it, "habilisProfile", x->told, '|');
}

static err_t lot_item(struct items *items, const struct cat_lot *lot)
{
    struct item *it;
    TRY(item_add(items, "habilisLotEntry", "profiles", lot->code, STR(""), &it));
    TRY(item_set(items, it, "habilisLabel", lot->label));
    return grant_values(items, it, &lot->grants);
}

static err_t application_item(struct items *items, const struct cat_application *x)
{
    struct item *it;
    TRY(item_add(items, "habilisApplication", "applications", x->code, STR(""), &it));
    return item_set(items, it, "habilisLabel", x->label);
}

err_t rules_items(struct arena *a, const struct cat *c, struct items *out)
{
    struct items items = { .arena = a };
    for (size_t i = 0; i < c->application_count; i++)
        TRY(application_item(&items, &c->applications[i]));
    for (size_t i = 0; i < c->resource_count; i++)
        TRY(resource_item(&items, &c->resources[i]));
    for (size_t i = 0; i < c->profile_count; i++)
        TRY(profile_item(&items, &c->profiles[i]));
    for (size_t i = 0; i < c->lot_count; i++)
        TRY(lot_item(&items, &c->lots[i]));
    for (size_t i = 0; i < c->incompatibility_count; i++) {
        const struct cat_incompatibility *x = &c->incompatibilities[i];
        TRY(pair_item(&items, "habilisIncompatibility", "habilisProfile", x->a, x->b, x->reason));
    }
    for (size_t i = 0; i < c->right_pair_count; i++) {
        const struct cat_right_pair *x = &c->right_pairs[i];
        TRY(pair_item(&items, "habilisRightPair", "habilisRight", x->a, x->b, x->reason));
    }
    for (size_t i = 0; i < c->emergency_count; i++)
        TRY(emergency_item(&items, &c->emergencies[i]));
    *out = items;
    return ERR(OK);
}

/* ---- edits ---- */

struct editing {
    struct directory *d;
    struct arena *arena;
    const struct rules *now;
    const struct cat *wanted;
    struct items items;    /* wanted */
    struct items previous; /* what the directory holds, canonical: compared with those */
    struct rules_edits *edits;
};

static err_t add_edit(struct editing *e, enum rules_step step, struct dir_edit edit)
{
    struct rules_edits *x = e->edits;
    if (x->count[step] == x->cap[step]) {
        size_t cap = x->cap[step] == 0 ? 64 : 2 * x->cap[step];
        struct dir_edit *bigger = arena_array(e->arena, cap, sizeof *bigger);
        if (bigger == NULL)
            return ERR(NO_MEMORY);
        if (x->list[step] != NULL)
            memcpy(bigger, x->list[step], x->count[step] * sizeof *bigger);
        x->list[step] = bigger;
        x->cap[step] = cap;
    }
    x->list[step][x->count[step]++] = edit;
    return ERR(OK);
}

static err_t add_item(struct editing *e, const struct item *it, enum rules_step step)
{
    struct dir_attr *attrs = arena_array(e->arena, it->attr_count + 1, sizeof *attrs);
    struct str *object_class = arena_alloc(e->arena, sizeof *object_class);
    struct str dn;
    if (attrs == NULL || object_class == NULL)
        return ERR(NO_MEMORY);
    *object_class = str_of(it->object_class);
    attrs[0] = (struct dir_attr){ "objectClass", object_class, 1 };
    memcpy(attrs + 1, it->attrs, it->attr_count * sizeof *attrs);
    TRY(directory_dn(e->d, e->arena, it->rdns, it->rdn_count, it->container, &dn));
    return add_edit(e, step, (struct dir_edit){ DIR_EDIT_ADD, dn, attrs, it->attr_count + 1 });
}

static bool same_attr(const struct dir_attr *a, const struct dir_attr *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->values[i], b->values[i]))
            return false;
    return true;
}

/* Both lists were made by the same function, so that their attributes come in the same order. */
static err_t change_item(struct editing *e, const struct item *was, const struct item *it,
                         struct str dn)
{
    struct dir_attr *attrs = arena_array(e->arena, it->attr_count + 1, sizeof *attrs);
    size_t n = 0;
    if (attrs == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < it->attr_count; i++)
        if (!same_attr(&was->attrs[i], &it->attrs[i]))
            attrs[n++] = it->attrs[i];
    if (n == 0)
        return ERR(OK);
    return add_edit(e, RULES_ALL, (struct dir_edit){ DIR_EDIT_REPLACE, dn, attrs, n });
}

/* Is something of the wanted rules left beside that entry? */
static bool has_company(const struct editing *e, enum rules_class class, struct str parent)
{
    const struct cat *c = e->wanted;
    switch (class) {
    case RULES_APPLICATION:
        return false; /* empty itself, it goes last */
    case RULES_RESOURCE:
        for (size_t i = 0; i < c->resource_count; i++)
            if (str_eq(c->resources[i].application, parent))
                return true;
        return false;
    case RULES_PROFILE:
    case RULES_LOT:
        return c->profile_count + c->lot_count > 0;
    case RULES_INCOMPATIBILITY:
    case RULES_RIGHT_PAIR:
    case RULES_EMERGENCY:
    case RULES_CLASSES:
        break;
    }
    return c->incompatibility_count + c->right_pair_count + c->emergency_count > 0;
}

static err_t delete_entry(struct editing *e, enum rules_class class,
                          const struct known_entry *entry)
{
    return add_edit(e, has_company(e, class, entry->parent) ? RULES_ALL : RULES_AFTER,
                    (struct dir_edit){ .kind = DIR_EDIT_DELETE, .dn = entry->dn });
}

static const struct item *find_item(const struct items *items, const char *object_class,
                                    struct str key)
{
    for (size_t i = 0; i < items->count; i++)
        if (str_eq(items->list[i].key, key) &&
            str_eq(str_of(items->list[i].object_class), str_of(object_class)))
            return &items->list[i];
    return NULL;
}

static const struct known_entry *find_entry(const struct known *k, struct str key)
{
    for (size_t i = 0; i < k->count; i++)
        if (str_eq(known_value(&k->list[i], "habilisCode"), key))
            return &k->list[i];
    return NULL;
}

/* A resource below another application than before is another entry. */
static bool has_moved(const struct item *was, const struct item *it)
{
    return was->rdn_count != it->rdn_count ||
           (it->rdn_count > 1 && !str_eq(was->rdns[1].value, it->rdns[1].value));
}

static err_t edit_class(struct editing *e, enum rules_class class)
{
    const char *name = rules_object_class(class);
    const struct known *k = &e->now->known[class];
    /* other entries are below an application */
    enum rules_step step = class == RULES_APPLICATION ? RULES_BEFORE : RULES_ALL;
    for (size_t i = 0; i < e->items.count; i++) {
        const struct item *it = &e->items.list[i];
        if (!str_eq(str_of(it->object_class), str_of(name)))
            continue;
        const struct item *was = find_item(&e->previous, name, it->key);
        const struct known_entry *entry = find_entry(k, it->key);
        if (was == NULL || entry == NULL || has_moved(was, it))
            TRY(add_item(e, it, step));
        else
            TRY(change_item(e, was, it, entry->dn));
    }
    return ERR(OK);
}

/* After what is added, so that nothing is left alone on the way. */
static err_t delete_class(struct editing *e, enum rules_class class)
{
    const char *name = rules_object_class(class);
    const struct known *k = &e->now->known[class];
    for (size_t i = 0; i < k->count; i++) {
        struct str key = known_value(&k->list[i], "habilisCode");
        const struct item *it = find_item(&e->items, name, key);
        const struct item *was = find_item(&e->previous, name, key);
        if (it == NULL || was == NULL || has_moved(was, it))
            TRY(delete_entry(e, class, &k->list[i]));
    }
    return ERR(OK);
}

err_t rules_edits(struct directory *d, struct arena *a, const struct rules *now,
                  const struct cat *wanted, struct rules_edits *out)
{
    struct rules_edits edits = { .count = { 0 } };
    struct editing e = { .d = d, .arena = a, .now = now, .wanted = wanted, .edits = &edits };
    TRY(rules_items(a, wanted, &e.items));
    TRY(rules_items(a, &now->cat, &e.previous));
    for (size_t i = 0; i < RULES_CLASSES; i++)
        TRY(edit_class(&e, (enum rules_class)i));
    for (size_t i = RULES_CLASSES; i > 0; i--)
        TRY(delete_class(&e, (enum rules_class)(i - 1)));
    *out = edits;
    return ERR(OK);
}

size_t rules_edits_count(const struct rules_edits *e)
{
    size_t n = 0;
    for (size_t i = 0; i < RULES_STEPS; i++)
        n += e->count[i];
    return n;
}

static err_t transaction(struct directory *d, const struct rules_edits *e, enum rules_step step,
                         struct str *refused)
{
    size_t failed = e->count[step];
    err_t result = directory_apply(d, e->list[step], e->count[step], &failed);
    if (!err_ok(result) && failed < e->count[step])
        *refused = e->list[step][failed].dn;
    return result;
}

err_t rules_apply(struct directory *d, const struct rules_edits *e, enum rules_step *step,
                  struct str *refused)
{
    *refused = STR("");
    if (e->count[RULES_BEFORE] > DIR_TRANSACTION_MAX || e->count[RULES_ALL] > DIR_TRANSACTION_MAX)
        return ERR(TOO_LARGE);
    *step = RULES_BEFORE;
    TRY(transaction(d, e, RULES_BEFORE, refused));
    *step = RULES_ALL;
    TRY(transaction(d, e, RULES_ALL, refused));
    *step = RULES_AFTER;
    for (size_t i = 0; i < e->count[RULES_AFTER]; i++) {
        err_t result = directory_delete(d, e->list[RULES_AFTER][i].dn);
        if (!err_ok(result) && result.code != ERR_NOT_FOUND) {
            *refused = e->list[RULES_AFTER][i].dn;
            return result;
        }
    }
    return ERR(OK);
}
