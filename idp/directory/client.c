#include "directory/internal.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENTS_MAX = 100000 };

static const char *const client_attrs[] = { "habilisClientId", "habilisSecretHash",
                                            "habilisMetadata", NULL };

struct reading {
    struct arena *arena;
    struct dir_client *list;
    size_t count, cap;
};

static err_t make_room(struct reading *r)
{
    if (r->count < r->cap)
        return ERR(OK);
    if (r->count == CLIENTS_MAX)
        return ERR(TOO_LARGE);
    size_t cap = r->cap == 0 ? 16 : 2 * r->cap;
    struct dir_client *bigger = arena_array(r->arena, cap, sizeof *bigger);
    if (bigger == NULL)
        return ERR(TOO_LARGE);
    if (r->count > 0)
        memcpy(bigger, r->list, r->count * sizeof *bigger);
    r->list = bigger;
    r->cap = cap;
    return ERR(OK);
}

static err_t on_entry(void *ctx, LDAP *ld, LDAPMessage *entry)
{
    struct reading *r = ctx;
    TRY(make_room(r));
    struct dir_client *c = &r->list[r->count];
    TRY(dir_value(r->arena, ld, entry, "habilisClientId", &c->client_id));
    TRY(dir_value(r->arena, ld, entry, "habilisSecretHash", &c->secret_hash));
    TRY(dir_value(r->arena, ld, entry, "habilisMetadata", &c->metadata));
    TRY(dir_parent_value(r->arena, ld, entry, &c->application));
    r->count++;
    return ERR(OK);
}

static int compare(const void *a, const void *b)
{
    return str_cmp(((const struct dir_client *)a)->client_id,
                   ((const struct dir_client *)b)->client_id);
}

err_t directory_clients(struct directory *d, struct arena *a, struct dir_clients *out)
{
    struct reading r = { .arena = a };
    struct dir_query q = {
        .base = d->base,
        .scope = LDAP_SCOPE_SUBTREE,
        .filter = "(objectClass=habilisClient)",
        .attrs = client_attrs,
    };
    TRY(dir_search(d, &q, on_entry, &r));
    if (r.count > 1)
        qsort(r.list, r.count, sizeof *r.list, compare);
    *out = (struct dir_clients){ .list = r.list, .count = r.count };
    return ERR(OK);
}
