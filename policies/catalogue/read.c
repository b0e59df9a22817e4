#include "catalogue/read.h"

#include <string.h>

struct source {
    struct cat_reader *r;
    const struct document *doc;
};

/* ---- cells ---- */

static err_t origin_of(const struct source *s, const struct node *n, uint64_t *out)
{
    struct cat_reader *r = s->r;
    if (r->cat.origin_count == 0)
        r->cat.origin_count = 1; /* 0 is nowhere */
    r->origins =
        cat_grown(r->arena, r->origins, r->cat.origin_count, &r->room.origins, sizeof *r->origins);
    if (r->origins == NULL)
        return ERR(NO_MEMORY);
    r->origins[r->cat.origin_count] = node_place(s->doc, n);
    r->cat.origins = r->origins;
    *out = r->cat.origin_count++;
    return ERR(OK);
}

static struct str scalar(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n == NULL ? STR("") : n->text;
}

static int64_t number(const struct node *map, const char *key)
{
    int64_t n = 0;
    return str_to_i64(scalar(map, key), &n) ? n : 0;
}

/* "a|b" of a list of words; empty when there is none. */
static err_t joined(const struct source *s, const struct node *map, const char *key, char sep,
                    struct str *out)
{
    const struct node *list = node_get(map, key);
    size_t len = 0, at = 0;
    *out = STR("");
    if (list == NULL || list->count == 0)
        return ERR(OK);
    for (size_t i = 0; i < list->count; i++)
        len += list->items[i]->text.len + 1;
    char *text = arena_alloc(s->r->arena, len);
    if (text == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < list->count; i++) {
        struct str word = list->items[i]->text;
        if (i > 0)
            text[at++] = sep;
        memcpy(text + at, word.ptr, word.len);
        at += word.len;
    }
    *out = str_from(text, at);
    return ERR(OK);
}

/* ---- rows ---- */

static err_t read_grants(const struct source *s, const struct node *list, struct cat_grants *out)
{
    if (list == NULL || list->count == 0)
        return ERR(OK);
    out->list = arena_array(s->r->arena, list->count, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < list->count; i++) {
        const struct node *resource = list->items[i]->items[0], *right = list->items[i]->items[1];
        struct cat_grant *g = &out->list[i];
        g->resource = resource->text;
        g->scope = scalar(right, "portee");
        g->note = scalar(right, "note");
        TRY(joined(s, right, "actions", '|', &g->actions));
        TRY(joined(s, right, "conditions", ',', &g->conditions));
        TRY(origin_of(s, resource, &g->origin));
    }
    out->count = list->count;
    return ERR(OK);
}

static err_t read_nevers(const struct source *s, const struct node *list, struct cat_nevers *out)
{
    if (list == NULL || list->count == 0)
        return ERR(OK);
    out->list = arena_array(s->r->arena, list->count, sizeof *out->list);
    if (out->list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < list->count; i++) {
        const struct node *resource = list->items[i]->items[0];
        struct cat_never *n = &out->list[i];
        n->resource = resource->text;
        TRY(joined(s, list->items[i]->items[1], "actions", '|', &n->actions));
        TRY(origin_of(s, resource, &n->origin));
    }
    out->count = list->count;
    return ERR(OK);
}

/* ---- entries: room for one more in a list of the catalogue ---- */

#define ONE_MORE(s, list, count, cap)                                                 \
    ((s)->r->cat.list = cat_grown((s)->r->arena, (s)->r->cat.list, (s)->r->cat.count, \
                                  &(s)->r->room.cap, sizeof *(s)->r->cat.list))

static err_t read_resource(const struct source *s, struct str application, const struct node *key,
                           const struct node *map)
{
    struct cat_resource x = { .code = key->text, .application = application };
    x.label = scalar(map, "libelle");
    x.sensitivity = scalar(map, "sensibilite");
    TRY(joined(s, map, "actions", '|', &x.actions));
    TRY(joined(s, map, "hors_urgence", '|', &x.no_emergency));
    TRY(origin_of(s, key, &x.origin));
    if (ONE_MORE(s, resources, resource_count, resources) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.resources[s->r->cat.resource_count++] = x;
    return ERR(OK);
}

static err_t read_application(const struct source *s, const struct node *root)
{
    struct cat_application x = { .code = scalar(root, "application"),
                                 .label = scalar(root, "libelle") };
    const struct node *resources = node_get(root, "ressources");
    TRY(origin_of(s, node_get(root, "application"), &x.origin));
    if (ONE_MORE(s, applications, application_count, applications) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.applications[s->r->cat.application_count++] = x;
    for (size_t i = 0; resources != NULL && i < resources->count; i += 2)
        TRY(read_resource(s, x.code, resources->items[i], resources->items[i + 1]));
    return ERR(OK);
}

static err_t read_profile(const struct source *s, struct str family, const struct node *key,
                          const struct node *map)
{
    struct cat_profile x = { .code = key->text, .family = family };
    x.label = scalar(map, "libelle");
    x.rpps = scalar(map, "rpps");
    x.auth_min = scalar(map, "auth_min");
    x.description = scalar(map, "description");
    x.max_days = number(map, "duree_max_jours");
    TRY(joined(s, map, "types_etablissement", '|', &x.types));
    TRY(joined(s, map, "lots", '|', &x.lots));
    TRY(read_grants(s, node_get(map, "droits"), &x.grants));
    TRY(read_nevers(s, node_get(map, "jamais"), &x.nevers));
    TRY(origin_of(s, key, &x.origin));
    if (ONE_MORE(s, profiles, profile_count, profiles) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.profiles[s->r->cat.profile_count++] = x;
    return ERR(OK);
}

static err_t read_lot(const struct source *s, const struct node *key, const struct node *map)
{
    struct cat_lot x = { .code = key->text, .label = scalar(map, "libelle") };
    TRY(read_grants(s, node_get(map, "droits"), &x.grants));
    TRY(origin_of(s, key, &x.origin));
    if (ONE_MORE(s, lots, lot_count, lots) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.lots[s->r->cat.lot_count++] = x;
    return ERR(OK);
}

static err_t read_emergency(const struct source *s, const struct node *key, const struct node *map)
{
    struct cat_emergency x = { .code = key->text, .needs_motif = true };
    x.label = scalar(map, "libelle");
    x.lot = scalar(map, "lot");
    x.open_right = scalar(map, "ouvre_avec");
    x.review_right = scalar(map, "revu_avec");
    x.hours = number(map, "duree_heures");
    x.review_days = number(map, "revue_jours");
    TRY(joined(s, map, "previent", '|', &x.told));
    TRY(origin_of(s, key, &x.origin));
    if (ONE_MORE(s, emergencies, emergency_count, emergencies) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.emergencies[s->r->cat.emergency_count++] = x;
    return ERR(OK);
}

/* The two elements of a pair in byte order. */
static void pair_of(const struct node *list, struct str *a, struct str *b)
{
    bool swapped = str_cmp(list->items[0]->text, list->items[1]->text) > 0;
    *a = list->items[swapped ? 1 : 0]->text;
    *b = list->items[swapped ? 0 : 1]->text;
}

static err_t read_incompatibility(const struct source *s, const struct node *map)
{
    struct cat_incompatibility x = { .reason = scalar(map, "motif") };
    pair_of(node_get(map, "profils"), &x.a, &x.b);
    TRY(origin_of(s, node_get(map, "profils"), &x.origin));
    if (ONE_MORE(s, incompatibilities, incompatibility_count, incompatibilities) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.incompatibilities[s->r->cat.incompatibility_count++] = x;
    return ERR(OK);
}

static err_t read_right_pair(const struct source *s, const struct node *map)
{
    struct cat_right_pair x = { .reason = scalar(map, "motif") };
    pair_of(node_get(map, "droits"), &x.a, &x.b);
    TRY(origin_of(s, node_get(map, "droits"), &x.origin));
    if (ONE_MORE(s, right_pairs, right_pair_count, right_pairs) == NULL)
        return ERR(NO_MEMORY);
    s->r->cat.right_pairs[s->r->cat.right_pair_count++] = x;
    return ERR(OK);
}

/* ---- files ---- */

static err_t read_profiles(const struct source *s, const struct node *root)
{
    const struct node *profiles = node_get(root, "profils");
    for (size_t i = 0; profiles != NULL && i < profiles->count; i += 2)
        TRY(read_profile(s, scalar(root, "famille"), profiles->items[i], profiles->items[i + 1]));
    return ERR(OK);
}

static err_t read_tables(const struct source *s, const struct node *root)
{
    const struct node *lots = node_get(root, "lots"), *urgent = node_get(root, "urgences");
    const struct node *profiles = node_get(root, "incompatibilites");
    const struct node *rights = node_get(root, "droits_incompatibles");
    for (size_t i = 0; lots != NULL && i < lots->count; i += 2)
        TRY(read_lot(s, lots->items[i], lots->items[i + 1]));
    for (size_t i = 0; urgent != NULL && i < urgent->count; i += 2)
        TRY(read_emergency(s, urgent->items[i], urgent->items[i + 1]));
    for (size_t i = 0; profiles != NULL && i < profiles->count; i++)
        TRY(read_incompatibility(s, profiles->items[i]));
    for (size_t i = 0; rights != NULL && i < rights->count; i++)
        TRY(read_right_pair(s, rights->items[i]));
    return ERR(OK);
}

err_t cat_read_document(struct cat_reader *r, const struct document *d)
{
    struct source s = { .r = r, .doc = d };
    if (node_get(d->root, "application") != NULL)
        return read_application(&s, d->root);
    if (node_get(d->root, "famille") != NULL)
        return read_profiles(&s, d->root);
    return read_tables(&s, d->root);
}
