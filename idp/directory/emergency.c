#include "directory/internal.h"

#include <stdlib.h>
#include <string.h>

enum { EMERGENCIES_MAX = 200, HOLDERS_MAX = 100000, HOURS_MAX = 24, REVIEW_DAYS_MAX = 30 };

static const char *const emergency_attrs[] = {
    "habilisCode",       "habilisLabel",       "habilisLot",
    "habilisOpenRight",  "habilisReviewRight", "habilisHours",
    "habilisReviewDays", "habilisProfile",     NULL
};
static const char *const holder_attrs[] = { "habilisStructure", "habilisStart", "habilisEnd",
                                            NULL };

/* ---- what a break-glass is ---- */

struct reading {
    struct arena *arena;
    struct dir_emergency *list;
    size_t count;
};

static err_t read_number(struct arena *a, LDAP *ld, LDAPMessage *e, const char *attr, int64_t max,
                         int64_t *out)
{
    struct str text;
    TRY(dir_value(a, ld, e, attr, &text));
    return str_to_i64(text, out) && *out >= 1 && *out <= max ? ERR(OK) : ERR(DIRECTORY);
}

/* "RESOURCE:action". */
static err_t read_right(struct arena *a, LDAP *ld, LDAPMessage *e, const char *attr,
                        struct str *resource, struct str *action)
{
    TRY(dir_value(a, ld, e, attr, action));
    return str_cut(action, ':', resource) && resource->len > 0 && action->len > 0 ? ERR(OK)
                                                                                  : ERR(DIRECTORY);
}

static err_t on_emergency(void *ctx, LDAP *ld, LDAPMessage *e)
{
    struct reading *r = ctx;
    struct arena *a = r->arena;
    struct dir_emergency *x = &r->list[r->count];
    if (r->count == EMERGENCIES_MAX)
        return ERR(TOO_LARGE);
    TRY(dir_value(a, ld, e, "habilisCode", &x->application));
    TRY(dir_value(a, ld, e, "habilisLabel", &x->label));
    TRY(dir_value(a, ld, e, "habilisLot", &x->lot));
    TRY(read_right(a, ld, e, "habilisOpenRight", &x->open_resource, &x->open_action));
    TRY(read_right(a, ld, e, "habilisReviewRight", &x->review_resource, &x->review_action));
    TRY(read_number(a, ld, e, "habilisHours", HOURS_MAX, &x->hours));
    TRY(read_number(a, ld, e, "habilisReviewDays", REVIEW_DAYS_MAX, &x->review_days));
    TRY(dir_values(a, ld, e, "habilisProfile", &x->told, &x->told_count));
    r->count++;
    return ERR(OK);
}

static int by_application(const void *a, const void *b)
{
    return str_cmp(((const struct dir_emergency *)a)->application,
                   ((const struct dir_emergency *)b)->application);
}

err_t directory_emergencies(struct directory *d, struct arena *a, struct dir_emergencies *out)
{
    struct reading r = { .arena = a };
    struct dir_query q = {
        .base = d->base,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = "(objectClass=habilisEmergencyEntry)",
        .attrs = emergency_attrs,
    };
    r.list = arena_array(a, EMERGENCIES_MAX, sizeof *r.list);
    if (r.list == NULL)
        return ERR(TOO_LARGE);
    TRY(dir_search(d, &q, on_emergency, &r));
    if (r.count > 1)
        qsort(r.list, r.count, sizeof *r.list, by_application);
    *out = (struct dir_emergencies){ r.list, r.count };
    return ERR(OK);
}

/* ---- who holds a profile ---- */

struct gathering {
    struct arena *arena;
    struct dir_holder *list;
    size_t count, cap;
};

static err_t make_room(struct gathering *g)
{
    if (g->count < g->cap)
        return ERR(OK);
    if (g->count == HOLDERS_MAX)
        return ERR(TOO_LARGE);
    size_t cap = g->cap == 0 ? 16 : 2 * g->cap;
    struct dir_holder *bigger = arena_array(g->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(TOO_LARGE);
    if (g->count > 0)
        memcpy(bigger, g->list, g->count * sizeof *bigger);
    g->list = bigger;
    g->cap = cap;
    return ERR(OK);
}

static err_t on_holder(void *ctx, LDAP *ld, LDAPMessage *e)
{
    struct gathering *g = ctx;
    TRY(make_room(g));
    struct dir_holder *h = &g->list[g->count];
    TRY(dir_parent_value(g->arena, ld, e, &h->person));
    TRY(dir_value(g->arena, ld, e, "habilisStructure", &h->structure));
    TRY(dir_value_time(ld, e, "habilisStart", INT64_MAX, &h->start));
    TRY(dir_value_time(ld, e, "habilisEnd", INT64_MAX, &h->end));
    g->count++;
    return ERR(OK);
}

err_t directory_holders(struct directory *d, struct arena *a, struct str profile,
                        struct dir_holders *out)
{
    DIR_CLEANUP(dir_buf_donep) struct buf filter = { 0 };
    struct gathering g = { .arena = a };
    buf_init(&filter, DIR_FILTER_MAX);
    buf_add(&filter, STR("(&(objectClass=habilisAssignment)(habilisProfile="));
    ldap_filter_value(&filter, profile);
    buf_add(&filter, STR("))"));
    buf_add_char(&filter, '\0');
    TRY(buf_err(&filter));
    struct dir_query q = {
        .base = d->base,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = filter.ptr,
        .attrs = holder_attrs,
    };
    TRY(dir_search(d, &q, on_holder, &g));
    *out = (struct dir_holders){ g.list, g.count };
    return ERR(OK);
}
