#include "ctl/rules.h"

#include <stdlib.h>
#include <string.h>

static const char *const application_attrs[] = { "habilisCode", "habilisLabel",
                                                 "habilisSubjectType", "habilisCondition", NULL };
static const char *const resource_attrs[] = { "habilisCode",        "habilisLabel",
                                              "habilisSensitivity", "habilisAction",
                                              "habilisNoEmergency", NULL };
static const char *const profile_attrs[] = {
    "habilisCode",    "habilisLabel",   "habilisFamily", "habilisRppsRule",
    "habilisAuthMin", "habilisMaxDays", "description",   "habilisStructureType",
    "habilisLot",     "habilisNever",   "habilisGrant",  NULL
};
static const char *const lot_attrs[] = { "habilisCode", "habilisLabel", "habilisGrant", NULL };
static const char *const incompatibility_attrs[] = { "habilisCode", "habilisProfile", "description",
                                                     NULL };
static const char *const right_pair_attrs[] = { "habilisCode", "habilisRight", "description",
                                                NULL };
static const char *const emergency_attrs[] = {
    "habilisCode",       "habilisLabel",       "habilisLot",
    "habilisOpenRight",  "habilisReviewRight", "habilisHours",
    "habilisReviewDays", "habilisProfile",     NULL
};
static const struct {
    const char *object_class;
    const char *const *attrs;
} classes[RULES_CLASSES] = {
    [RULES_APPLICATION] = { "habilisApplication", application_attrs },
    [RULES_RESOURCE] = { "habilisResource", resource_attrs },
    [RULES_PROFILE] = { "habilisProfileEntry", profile_attrs },
    [RULES_LOT] = { "habilisLotEntry", lot_attrs },
    [RULES_INCOMPATIBILITY] = { "habilisIncompatibility", incompatibility_attrs },
    [RULES_RIGHT_PAIR] = { "habilisRightPair", right_pair_attrs },
    [RULES_EMERGENCY] = { "habilisEmergencyEntry", emergency_attrs },
};

const char *rules_object_class(enum rules_class c) { return classes[c].object_class; }

/* ---- values ---- */

static err_t joined(struct arena *a, const struct known_entry *e, const char *attr, struct str *out)
{
    struct dir_attr x = known_values(e, attr);
    size_t len = 0, at = 0;
    for (size_t i = 0; i < x.count; i++)
        len += x.values[i].len + 1;
    char *text = arena_alloc(a, len + 1);
    if (text == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x.count; i++) {
        if (i > 0)
            text[at++] = '|';
        memcpy(text + at, x.values[i].ptr, x.values[i].len);
        at += x.values[i].len;
    }
    *out = str_from(text, at);
    return ERR(OK);
}

static err_t joined_actions(struct arena *a, const struct known_entry *e, const char *attr,
                            struct str *out)
{
    struct str list;
    TRY(joined(a, e, attr, &list));
    return cat_sorted_actions(a, list, out);
}

static err_t number(const struct known_entry *e, const char *attr, int64_t *out)
{
    struct str text = known_value(e, attr);
    *out = 0;
    if (text.len > 0 && (!str_to_i64(text, out) || *out < 0 || *out > INT32_MAX))
        return ERR(DIRECTORY);
    return ERR(OK);
}

static int by_grant(const void *x, const void *y)
{
    const struct cat_grant *a = x, *b = y;
    int order = str_cmp(a->resource, b->resource);
    if (order == 0)
        order = str_cmp(a->scope, b->scope);
    if (order == 0)
        order = str_cmp(a->conditions, b->conditions);
    return order != 0 ? order : str_cmp(a->actions, b->actions);
}

/* "RESOURCE;actions;scope;conditions;note" */
static err_t grant_of(struct arena *a, struct str text, struct cat_grant *out)
{
    struct str actions, conditions;
    *out = (struct cat_grant){ .origin = 0 };
    if (!str_cut(&text, ';', &out->resource) || !str_cut(&text, ';', &actions) ||
        !str_cut(&text, ';', &out->scope) || !str_cut(&text, ';', &conditions))
        return ERR(DIRECTORY);
    out->note = text;
    TRY(cat_sorted_actions(a, actions, &out->actions));
    return cat_sorted_words(a, conditions, ',', &out->conditions);
}

static err_t grants_of(struct arena *a, const struct known_entry *e, struct cat_grants *out)
{
    struct dir_attr x = known_values(e, "habilisGrant");
    out->list = arena_array(a, x.count + 1, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x.count; i++)
        TRY(grant_of(a, x.values[i], &out->list[i]));
    out->count = x.count;
    if (x.count > 1)
        qsort(out->list, x.count, sizeof *out->list, by_grant);
    return ERR(OK);
}

static err_t nevers_of(struct arena *a, const struct known_entry *e, struct cat_nevers *out)
{
    struct dir_attr x = known_values(e, "habilisNever");
    out->list = arena_array(a, x.count + 1, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x.count; i++) {
        struct str text = x.values[i];
        if (!str_cut(&text, ';', &out->list[i].resource))
            return ERR(DIRECTORY);
        TRY(cat_sorted_actions(a, text, &out->list[i].actions));
    }
    out->count = x.count;
    return ERR(OK);
}

/* ---- entries ---- */

static err_t read_profile(struct arena *a, const struct known_entry *e, struct cat_profile *p)
{
    p->code = known_value(e, "habilisCode");
    p->label = known_value(e, "habilisLabel");
    p->family = known_value(e, "habilisFamily");
    p->rpps = known_value(e, "habilisRppsRule");
    p->auth_min = known_value(e, "habilisAuthMin");
    p->description = known_value(e, "description");
    TRY(number(e, "habilisMaxDays", &p->max_days));
    TRY(joined(a, e, "habilisStructureType", &p->types));
    TRY(joined(a, e, "habilisLot", &p->lots));
    TRY(nevers_of(a, e, &p->nevers));
    return grants_of(a, e, &p->grants);
}

static err_t read_resource(struct arena *a, const struct known_entry *e, struct cat_resource *r)
{
    r->code = known_value(e, "habilisCode");
    r->application = e->parent;
    r->label = known_value(e, "habilisLabel");
    r->sensitivity = known_value(e, "habilisSensitivity");
    TRY(joined_actions(a, e, "habilisNoEmergency", &r->no_emergency));
    return joined_actions(a, e, "habilisAction", &r->actions);
}

static err_t read_emergency(struct arena *a, const struct known_entry *e, struct cat_emergency *x)
{
    x->code = known_value(e, "habilisCode");
    x->label = known_value(e, "habilisLabel");
    x->lot = known_value(e, "habilisLot");
    x->open_right = known_value(e, "habilisOpenRight");
    x->review_right = known_value(e, "habilisReviewRight");
    x->needs_motif = true;
    TRY(number(e, "habilisHours", &x->hours));
    TRY(number(e, "habilisReviewDays", &x->review_days));
    return joined(a, e, "habilisProfile", &x->told);
}

/* The two values of a pair, which LDAP keeps in no order. */
static err_t pair_of(const struct known_entry *e, const char *attr, struct str *a, struct str *b)
{
    struct dir_attr x = known_values(e, attr);
    if (x.count != 2)
        return ERR(DIRECTORY);
    *a = x.values[0]; /* in byte order */
    *b = x.values[1];
    return ERR(OK);
}

static int by_code(const void *x, const void *y)
{
    const struct known_entry *a = x, *b = y;
    return str_cmp(known_value(a, "habilisCode"), known_value(b, "habilisCode"));
}

/* ---- applications that bring words of their own (docs/authzen.md) ---- */

/* Conditions and subject types that an application declares are not in the YAML: it comes with a file of
 * its own, and what is in the directory of it is neither exported nor taken away. */
static bool has_own_words(const struct known *applications, struct str code)
{
    for (size_t i = 0; i < applications->count; i++) {
        const struct known_entry *e = &applications->list[i];
        if (str_eq(known_value(e, "habilisCode"), code))
            return known_value(e, "habilisSubjectType").len > 0 ||
                   known_value(e, "habilisCondition").len > 0;
    }
    return false;
}

static bool is_own_resource(const struct rules *r, struct str code)
{
    const struct known *k = &r->known[RULES_RESOURCE];
    for (size_t i = 0; i < k->count; i++)
        if (str_eq(known_value(&k->list[i], "habilisCode"), code))
            return has_own_words(&r->known[RULES_APPLICATION], k->list[i].parent);
    return false;
}

/* A profile made for such applications alone. */
static bool is_own_profile(const struct rules *r, const struct known_entry *e)
{
    struct dir_attr grants = known_values(e, "habilisGrant");
    for (size_t i = 0; i < grants.count; i++) {
        struct str text = grants.values[i], resource;
        if (!str_cut(&text, ';', &resource) || !is_own_resource(r, resource))
            return false;
    }
    return grants.count > 0;
}

static void leave_out(struct known *k, size_t i)
{
    memmove(&k->list[i], &k->list[i + 1], (k->count - i - 1) * sizeof *k->list);
    k->count--;
}

static void leave_own_words_out(struct rules *r)
{
    struct known *applications = &r->known[RULES_APPLICATION];
    struct known *resources = &r->known[RULES_RESOURCE], *profiles = &r->known[RULES_PROFILE];
    for (size_t i = profiles->count; i > 0; i--)
        if (is_own_profile(r, &profiles->list[i - 1]))
            leave_out(profiles, i - 1);
    for (size_t i = resources->count; i > 0; i--)
        if (has_own_words(applications, resources->list[i - 1].parent))
            leave_out(resources, i - 1);
    for (size_t i = applications->count; i > 0; i--)
        if (has_own_words(applications, known_value(&applications->list[i - 1], "habilisCode")))
            leave_out(applications, i - 1);
}

/* ---- all of it ---- */

static err_t read_known(struct directory *d, struct arena *a, struct rules *r)
{
    for (size_t i = 0; i < RULES_CLASSES; i++) {
        struct known *k = &r->known[i];
        TRY(known_read(d, a, classes[i].object_class, classes[i].attrs, k));
        if (k->count > 1)
            qsort(k->list, k->count, sizeof *k->list, by_code);
    }
    return ERR(OK);
}

/* Room for each list, as long as there are entries. */
static err_t make_room(struct arena *a, struct rules *r)
{
    struct cat *c = &r->cat;
    c->application_count = r->known[RULES_APPLICATION].count;
    c->resource_count = r->known[RULES_RESOURCE].count;
    c->profile_count = r->known[RULES_PROFILE].count;
    c->lot_count = r->known[RULES_LOT].count;
    c->incompatibility_count = r->known[RULES_INCOMPATIBILITY].count;
    c->right_pair_count = r->known[RULES_RIGHT_PAIR].count;
    c->emergency_count = r->known[RULES_EMERGENCY].count;
    c->applications = arena_array(a, c->application_count + 1, sizeof *c->applications);
    c->resources = arena_array(a, c->resource_count + 1, sizeof *c->resources);
    c->profiles = arena_array(a, c->profile_count + 1, sizeof *c->profiles);
    c->lots = arena_array(a, c->lot_count + 1, sizeof *c->lots);
    c->incompatibilities =
        arena_array(a, c->incompatibility_count + 1, sizeof *c->incompatibilities);
    c->right_pairs = arena_array(a, c->right_pair_count + 1, sizeof *c->right_pairs);
    c->emergencies = arena_array(a, c->emergency_count + 1, sizeof *c->emergencies);
    bool ok = c->applications != NULL && c->resources != NULL && c->profiles != NULL &&
              c->lots != NULL && c->incompatibilities != NULL && c->right_pairs != NULL &&
              c->emergencies != NULL;
    return ok ? ERR(OK) : ERR(NO_MEMORY);
}

static err_t read_pairs(const struct rules *r, struct cat *c)
{
    for (size_t i = 0; i < c->incompatibility_count; i++) {
        const struct known_entry *e = &r->known[RULES_INCOMPATIBILITY].list[i];
        c->incompatibilities[i].reason = known_value(e, "description");
        TRY(pair_of(e, "habilisProfile", &c->incompatibilities[i].a, &c->incompatibilities[i].b));
    }
    for (size_t i = 0; i < c->right_pair_count; i++) {
        const struct known_entry *e = &r->known[RULES_RIGHT_PAIR].list[i];
        c->right_pairs[i].reason = known_value(e, "description");
        TRY(pair_of(e, "habilisRight", &c->right_pairs[i].a, &c->right_pairs[i].b));
    }
    return ERR(OK);
}

static err_t fill(struct arena *a, struct rules *r)
{
    struct cat *c = &r->cat;
    for (size_t i = 0; i < c->application_count; i++) {
        const struct known_entry *e = &r->known[RULES_APPLICATION].list[i];
        c->applications[i].code = known_value(e, "habilisCode");
        c->applications[i].label = known_value(e, "habilisLabel");
    }
    for (size_t i = 0; i < c->resource_count; i++)
        TRY(read_resource(a, &r->known[RULES_RESOURCE].list[i], &c->resources[i]));
    for (size_t i = 0; i < c->profile_count; i++)
        TRY(read_profile(a, &r->known[RULES_PROFILE].list[i], &c->profiles[i]));
    for (size_t i = 0; i < c->lot_count; i++) {
        const struct known_entry *e = &r->known[RULES_LOT].list[i];
        c->lots[i].code = known_value(e, "habilisCode");
        c->lots[i].label = known_value(e, "habilisLabel");
        TRY(grants_of(a, e, &c->lots[i].grants));
    }
    for (size_t i = 0; i < c->emergency_count; i++)
        TRY(read_emergency(a, &r->known[RULES_EMERGENCY].list[i], &c->emergencies[i]));
    return read_pairs(r, c);
}

err_t rules_read(struct directory *d, struct arena *a, struct rules *out)
{
    struct rules r = { .cat = { .application_count = 0 } };
    TRY(read_known(d, a, &r));
    leave_own_words_out(&r);
    TRY(make_room(a, &r));
    TRY(fill(a, &r));
    *out = r;
    return ERR(OK);
}
