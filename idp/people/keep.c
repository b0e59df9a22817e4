#include "people/internal.h"

#include <stdlib.h>

static struct epoch_change unchanged(const struct people *p)
{
    return (struct epoch_change){ .searchable = p->current->searchable };
}

/* ---- names ---- */

err_t keep_name(struct people *p, struct str code, uint32_t *out)
{
    pthread_mutex_lock(&p->write);
    err_t e = names_add(&p->names, code, out);
    pthread_mutex_unlock(&p->write);
    return e;
}

/* NULL when the current one still has them all. */
static err_t newer_map(struct people *p, struct map **out)
{
    *out = NULL;
    return p->names.count == p->current->map->count
               ? ERR(OK)
               : map_new(&p->names, p->current->view->snapshot, out);
}

/* ---- one person ---- */

static err_t make(struct people *p, const struct dir_person *from, struct person **out)
{
    struct held *list = malloc((from->assignment_count + 1) * sizeof *list);
    struct draft d = { from->id, from->login, from->active, list, 0 };
    err_t e = list == NULL ? ERR(NO_MEMORY) : ERR(OK);
    for (size_t i = 0; err_ok(e) && i < from->assignment_count; i++) {
        const struct dir_assignment *a = &from->assignments[i];
        struct held *h = &list[d.count];
        if (!id_parse(a->id, h->id))
            continue; /* written by other hands than ours: gives nothing */
        h->start = a->start;
        h->end = a->end;
        e = names_add(&p->names, a->profile, &h->profile);
        if (err_ok(e))
            e = names_add(&p->names, a->structure, &h->structure);
        d.count++;
    }
    if (err_ok(e))
        e = person_new(&d, out);
    free(list);
    return e;
}

/* A larger table with the same persons, when the current one has no room left. */
static err_t make_room(struct people *p)
{
    struct table *old = p->current->table, *t = NULL;
    struct epoch_change change = unchanged(p);
    if (!table_is_full(old))
        return ERR(OK);
    TRY(table_new(old->persons, &t));
    for (size_t i = 0; i < old->used; i++) {
        struct person *moved = atomic_load(&old->cells[i]), *none = NULL;
        if (moved != NULL)
            table_put(t, moved, &none);
    }
    change.table = t;
    change.keeps_persons = true;
    err_t e = epoch_publish(p, &change);
    if (!err_ok(e))
        table_free(t);
    return e;
}

static err_t put(struct people *p, const struct dir_person *from)
{
    struct person *new = NULL;
    struct epoch_change change = unchanged(p);
    TRY(make_room(p));
    TRY(make(p, from, &new));
    err_t e = newer_map(p, &change.map);
    if (!err_ok(e)) {
        free(new);
        return e;
    }
    struct table *t = p->current->table;
    table_put(t, new, &change.gone);
    if (!change.searchable && t->persons > p->cache_max)
        change.evicted = table_evict(t, &p->hand);
    return epoch_publish(p, &change);
}

static err_t take_out(struct people *p, const unsigned char id[ID_LEN])
{
    struct epoch_change change = unchanged(p);
    change.gone = table_remove(p->current->table, id);
    return change.gone == NULL ? ERR(OK) : epoch_publish(p, &change);
}

err_t keep_changed(struct people *p, const unsigned char id[ID_LEN],
                   const struct dir_person *person)
{
    err_t e = ERR(OK);
    pthread_mutex_lock(&p->write);
    bool kept = table_by_id(p->current->table, id) != NULL;
    if (!kept)
        p->skipped++;
    if (person == NULL)
        e = take_out(p, id);
    else if (kept || p->current->searchable)
        e = put(p, person);
    pthread_mutex_unlock(&p->write);
    return e;
}

err_t keep_fetched(struct people *p, const struct dir_person *person, uint64_t skipped)
{
    unsigned char id[ID_LEN];
    err_t e = ERR(OK);
    if (!id_parse(person->id, id))
        return ERR(DIRECTORY);
    pthread_mutex_lock(&p->write);
    bool kept = table_by_id(p->current->table, id) != NULL; /* by another: no older than ours */
    if (!kept)
        e = p->skipped == skipped ? put(p, person) : ERR(CONFLICT);
    pthread_mutex_unlock(&p->write);
    return e;
}

uint64_t keep_skipped(struct people *p)
{
    pthread_mutex_lock(&p->write);
    uint64_t n = p->skipped;
    pthread_mutex_unlock(&p->write);
    return n;
}

bool keep_is_searchable(struct people *p)
{
    pthread_mutex_lock(&p->write);
    bool searchable = p->current->searchable;
    pthread_mutex_unlock(&p->write);
    return searchable;
}

/* ---- everything ---- */

err_t keep_table(struct people *p, struct table *t, bool searchable)
{
    struct epoch_change change = { .table = t, .searchable = searchable };
    pthread_mutex_lock(&p->write);
    err_t e = newer_map(p, &change.map);
    if (err_ok(e)) {
        e = epoch_publish(p, &change);
        if (!err_ok(e))
            free(change.map);
    }
    if (err_ok(e))
        p->skipped++; /* what was read before may be older than what is here now */
    pthread_mutex_unlock(&p->write);
    return e;
}

err_t keep_rules(struct people *p)
{
    pthread_mutex_lock(&p->write);
    struct epoch_change change = unchanged(p);
    err_t e = ERR(OK);
    change.view = registry_take(p->registry);
    if (change.view == p->current->view) {
        registry_give(p->registry, change.view);
    } else {
        e = map_new(&p->names, change.view->snapshot, &change.map);
        if (err_ok(e))
            e = epoch_publish(p, &change);
        if (!err_ok(e)) {
            free(change.map);
            registry_give(p->registry, change.view);
        }
    }
    pthread_mutex_unlock(&p->write);
    return e;
}
