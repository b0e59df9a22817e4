#include "people/internal.h"

#include <stdlib.h>

/* ---- what is freed later ---- */

static void drop_memory(void *what, void *ctx)
{
    (void)ctx;
    free(what);
}

static void drop_table(void *what, void *ctx)
{
    (void)ctx;
    table_free(what);
}

static void drop_table_all(void *what, void *ctx)
{
    (void)ctx;
    table_free_all(what);
}

static void drop_view(void *what, void *ctx) { registry_give(ctx, what); }

static bool add_garbage(struct garbage **list, void (*drop)(void *, void *), void *what, void *ctx)
{
    if (what == NULL)
        return true;
    struct garbage *g = malloc(sizeof *g);
    if (g == NULL)
        return false;
    *g = (struct garbage){ *list, drop, what, ctx };
    *list = g;
    return true;
}

static void free_garbage(struct garbage *list, bool drop)
{
    while (list != NULL) {
        struct garbage *g = list;
        list = g->next;
        if (drop)
            g->drop(g->what, g->ctx);
        free(g);
    }
}

/* ---- epochs ---- */

/* Takes from the chain what nobody can see any more, under the epoch lock; to be freed outside it. */
static struct people_private *reap(struct people *p)
{
    struct people_private *first = p->oldest, *end = first;
    while (end != p->current && end->refs == 0)
        end = end->next;
    if (end == first)
        return NULL;
    struct people_private *last = first;
    while (last->next != end)
        last = last->next;
    last->next = NULL;
    p->oldest = end;
    return first;
}

static void free_epochs(struct people_private *list)
{
    while (list != NULL) {
        struct people_private *e = list;
        list = e->next;
        free_garbage(e->garbage, true);
        free(e);
    }
}

err_t epoch_start(struct people *p, const struct epoch_change *first)
{
    struct people_private *e = calloc(1, sizeof *e);
    if (e == NULL)
        return ERR(NO_MEMORY);
    *e = (struct people_private){ .owner = p,
                                  .refs = 1,
                                  .view = first->view,
                                  .table = first->table,
                                  .map = first->map,
                                  .searchable = first->searchable };
    p->current = p->oldest = e;
    return ERR(OK);
}

/* A view is handed to registry_give(), which takes it as const. */
static void *without_const(const struct view *v)
{
    union {
        const struct view *in;
        void *out;
    } u = { .in = v };
    return u.out;
}

static bool list_garbage(struct people *p, const struct people_private *old,
                         const struct epoch_change *change, struct garbage **list)
{
    /* a table that replaces one holds either the same persons (rebuilt) or none of them (loaded) */
    bool rebuilt = change->table != NULL && change->keeps_persons;
    return add_garbage(list, drop_memory, change->gone, NULL) &&
           add_garbage(list, drop_memory, change->evicted, NULL) &&
           (change->view == NULL ||
            add_garbage(list, drop_view, without_const(old->view), p->registry)) &&
           (change->map == NULL || add_garbage(list, drop_memory, old->map, NULL)) &&
           (change->table == NULL ||
            add_garbage(list, rebuilt ? drop_table : drop_table_all, old->table, NULL));
}

err_t epoch_publish(struct people *p, const struct epoch_change *change)
{
    struct people_private *old = p->current; /* only writers change it, and we hold their lock */
    struct people_private *e = malloc(sizeof *e);
    struct garbage *list = NULL;
    if (e == NULL || !list_garbage(p, old, change, &list)) {
        free_garbage(list, false);
        free(e);
        return ERR(NO_MEMORY);
    }
    *e = (struct people_private){ .owner = p,
                                  .refs = 1,
                                  .view = change->view != NULL ? change->view : old->view,
                                  .table = change->table != NULL ? change->table : old->table,
                                  .map = change->map != NULL ? change->map : old->map,
                                  .searchable = change->searchable };
    pthread_mutex_lock(&p->epoch_lock);
    old->garbage = list;
    old->next = e;
    old->refs--;
    p->current = e;
    struct people_private *unseen = reap(p);
    pthread_mutex_unlock(&p->epoch_lock);
    free_epochs(unseen);
    return ERR(OK);
}

void epoch_end(struct people *p)
{
    struct people_private *last = p->current;
    if (last == NULL)
        return;
    last->refs = 0;
    p->current = NULL; /* never reached: everything is reaped */
    last->next = NULL;
    registry_give(p->registry, last->view);
    table_free_all(last->table);
    free(last->map);
    free_epochs(p->oldest);
}

/* ---- readers ---- */

void people_take(struct people *p, struct people_now *out)
{
    pthread_mutex_lock(&p->epoch_lock);
    struct people_private *e = p->current;
    e->refs++;
    pthread_mutex_unlock(&p->epoch_lock);
    *out = (struct people_now){ e->view, e->searchable, e };
}

void people_give(struct people_now *now)
{
    struct people *p = now->private->owner;
    pthread_mutex_lock(&p->epoch_lock);
    now->private->refs--;
    struct people_private *unseen = reap(p);
    pthread_mutex_unlock(&p->epoch_lock);
    free_epochs(unseen);
    *now = (struct people_now){ NULL, false, NULL };
}
