#include "people/people.h"

#include "base/clock.h"
#include "people/internal.h"

#include <stdlib.h>

enum { FETCH_TRIES = 4, FETCH_ARENA_MAX = 1 << 20, CACHE_SHARE = 4 };

static bool init_sync(struct people *p)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool ok =
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
        pthread_mutex_init(&p->epoch_lock, NULL) == 0 && pthread_mutex_init(&p->write, NULL) == 0 &&
        pthread_mutex_init(&p->queue_lock, NULL) == 0 && pthread_cond_init(&p->wake, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok;
}

/* Nobody is here yet; everybody may be asked for. */
static err_t start_empty(struct people *p)
{
    struct epoch_change first = { .searchable = false };
    TRY(names_init(&p->names));
    p->changed = calloc(DIR_CHANGED_PERSONS_MAX, sizeof *p->changed);
    if (p->changed == NULL)
        return ERR(NO_MEMORY);
    TRY(table_new(0, &first.table));
    first.view = registry_take(p->registry);
    err_t e = map_new(&p->names, first.view->snapshot, &first.map);
    if (err_ok(e))
        e = epoch_start(p, &first);
    if (!err_ok(e)) {
        registry_give(p->registry, first.view);
        table_free(first.table);
        free(first.map);
    }
    return e;
}

err_t people_open(const struct people_options *options, struct directory *d, struct registry *r,
                  struct people **out)
{
    struct people *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ERR(NO_MEMORY);
    p->directory = d;
    p->registry = r;
    p->resident_max = options->resident_max;
    p->cache_max = options->resident_max / CACHE_SHARE + 1;
    err_t e = init_sync(p) ? start_empty(p) : ERR(LIBRARY);
    if (err_ok(e))
        e = follow_start(p);
    if (!err_ok(e)) {
        people_close(p);
        return e;
    }
    *out = p;
    return ERR(OK);
}

void people_close(struct people *p)
{
    if (p == NULL)
        return;
    follow_end(p);
    epoch_end(p);
    names_done(&p->names);
    free(p->changed);
    pthread_mutex_destroy(&p->epoch_lock);
    pthread_mutex_destroy(&p->write);
    pthread_mutex_destroy(&p->queue_lock);
    pthread_cond_destroy(&p->wake);
    free(p);
}

/* ---- how fresh ---- */

int64_t people_age_ms(struct people *p)
{
    int64_t fresh = atomic_load(&p->fresh_ms);
    return fresh == 0 ? INT64_MAX : clock_mono_ms() - fresh;
}

void people_status(struct people *p, struct people_status *out)
{
    *out = (struct people_status){ .age_ms = people_age_ms(p),
                                   .refreshed = atomic_load(&p->refreshed),
                                   .loads = atomic_load(&p->loads) };
    pthread_mutex_lock(&p->write);
    const struct table *t = p->current->table;
    out->searchable = p->current->searchable;
    out->persons = t->persons;
    out->assignments = t->assignments;
    out->bytes = table_bytes(t);
    pthread_mutex_unlock(&p->write);
}

/* ---- one person ---- */

enum people_found people_find(const struct people_now *now, struct str key,
                              const struct person **out)
{
    const struct table *t = now->private->table;
    unsigned char id[ID_LEN];
    char folded[DIR_LOGIN_MAX];
    size_t len = 0;
    struct person *p = NULL;
    if (id_parse(key, id))
        p = table_by_id(t, id);
    else if (login_fold(key, folded, &len))
        p = table_by_login(t, str_from(folded, len));
    else
        return PEOPLE_NOBODY;
    if (p == NULL)
        return now->searchable ? PEOPLE_NOBODY : PEOPLE_ASK;
    if (!now->searchable)
        atomic_store_explicit(&p->used, true, memory_order_relaxed);
    *out = p;
    return PEOPLE_FOUND;
}

static err_t fetch_once(struct people *p, struct arena *a, struct str key)
{
    struct dir_person person;
    uint64_t skipped = keep_skipped(p);
    err_t e = str_is_uuid(key) ? directory_person_by_id(p->directory, a, key, &person)
                               : directory_person_by_login(p->directory, a, key, &person);
    return err_ok(e) ? keep_fetched(p, &person, skipped) : e;
}

err_t people_fetch(struct people *p, struct str key)
{
    err_t e = ERR(CONFLICT);
    for (int i = 0; i < FETCH_TRIES && e.code == ERR_CONFLICT; i++) {
        struct arena *a = NULL;
        TRY(arena_new(FETCH_ARENA_MAX, &a));
        e = fetch_once(p, a, key);
        arena_free(a);
    }
    return e.code == ERR_CONFLICT ? ERR(OVERLOADED) : e;
}
