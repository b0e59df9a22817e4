#include "registry/registry.h"

#include "base/clock.h"
#include "base/log.h"
#include "directory/directory.h"
#include "engine/engine.h"
#include "engine/model_text.h"

#include <pthread.h>
#include <stdlib.h>

enum { VIEW_ARENA_MAX = 64 * 1024 * 1024, PROBLEM_MAX = 512 };

struct counted_view {
    struct view view;
    struct arena *arena; /* holds the clients' texts */
    unsigned refs;       /* under the registry's lock */
};

struct registry {
    struct directory *directory;
    pthread_mutex_t lock;   /* of `current` and every count */
    pthread_mutex_t reload; /* one reload at a time */
    struct counted_view *current;
};

static void view_free(struct counted_view *v)
{
    if (v == NULL)
        return;
    snapshot_unref(v->view.snapshot);
    for (size_t i = 0; i < v->view.client_count; i++) {
        struct client c = v->view.clients[i];
        client_done(&c);
    }
    arena_free(v->arena);
    free(v);
}

/* ---- loading ---- */

/* What tells two sets of rules apart, whoever read them. */
static uint64_t digest(const struct view *v)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < v->rule_count; i++)
        hash = str_hash(v->rules[i], hash);
    return hash;
}

static err_t load_rules(struct directory *d, struct counted_view *v)
{
    struct model *model = NULL;
    struct problem problem = { MODEL_NONE, "", { "", 0 }, 0 };
    TRY(model_new(&model));
    err_t e = directory_load_model(d, model);
    if (err_ok(e)) {
        e = engine_compile(model, &v->view.snapshot, &problem);
        if (e.code == ERR_CONFIG)
            log_event(LOG_ERROR, "registry.rules_refused", LOG_TEXT("in", problem.in),
                      LOG_STR("code", problem.code),
                      LOG_TEXT("problem", model_problem_en(problem.what)));
    }
    if (err_ok(e))
        e = model_lines(model, v->arena, &v->view.rules, &v->view.rule_count);
    if (err_ok(e))
        v->view.rules_digest = digest(&v->view);
    model_free(model);
    return e;
}

/* A client that is wrong is left out: nobody can use it, everybody else works on. */
static err_t load_client(struct arena *a, const struct dir_client *from, struct client *list,
                         size_t *count)
{
    struct buf problem;
    struct client_source source = { from->client_id, from->application, from->secret_hash,
                                    from->metadata };
    buf_init(&problem, PROBLEM_MAX);
    err_t e = client_parse(a, &source, &problem, &list[*count]);
    if (err_ok(e))
        (*count)++;
    else
        log_event(LOG_ERROR, "registry.client_refused", LOG_STR("client_id", from->client_id),
                  LOG_STR("problem", buf_str(&problem)), LOG_ERR(e));
    buf_done(&problem);
    return e.code == ERR_NO_MEMORY ? e : ERR(OK);
}

static err_t load_clients(struct directory *d, struct counted_view *v)
{
    struct dir_clients found;
    TRY(directory_clients(d, v->arena, &found));
    struct client *list = arena_array(v->arena, found.count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    v->view.clients = list;
    for (size_t i = 0; i < found.count; i++)
        TRY(load_client(v->arena, &found.list[i], list, &v->view.client_count));
    return ERR(OK);
}

static err_t load(struct directory *d, struct counted_view **out)
{
    struct counted_view *v = calloc(1, sizeof *v);
    if (v == NULL)
        return ERR(NO_MEMORY);
    v->refs = 1;
    v->view.owner = v;
    v->view.loaded = clock_now();
    err_t e = arena_new(VIEW_ARENA_MAX, &v->arena);
    if (err_ok(e))
        e = load_rules(d, v);
    if (err_ok(e))
        e = load_clients(d, v);
    if (err_ok(e))
        e = directory_emergencies(d, v->arena, &v->view.emergencies);
    if (!err_ok(e)) {
        view_free(v);
        return e;
    }
    *out = v;
    return ERR(OK);
}

/* ---- the view in force ---- */

const struct view *registry_take(struct registry *r)
{
    pthread_mutex_lock(&r->lock);
    struct counted_view *v = r->current;
    v->refs++;
    pthread_mutex_unlock(&r->lock);
    return &v->view;
}

static void release(struct registry *r, struct counted_view *v)
{
    pthread_mutex_lock(&r->lock);
    bool last = --v->refs == 0;
    pthread_mutex_unlock(&r->lock);
    if (last)
        view_free(v);
}

void registry_give(struct registry *r, const struct view *v) { release(r, v->owner); }

err_t registry_reload(struct registry *r)
{
    struct counted_view *fresh = NULL;
    pthread_mutex_lock(&r->reload);
    err_t e = load(r->directory, &fresh);
    if (err_ok(e)) {
        pthread_mutex_lock(&r->lock);
        struct counted_view *old = r->current;
        fresh->view.number = old == NULL ? 1 : old->view.number + 1;
        r->current = fresh;
        pthread_mutex_unlock(&r->lock);
        if (old != NULL)
            release(r, old);
    }
    pthread_mutex_unlock(&r->reload);
    return e;
}

err_t registry_open(struct directory *d, struct registry **out)
{
    struct registry *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR(NO_MEMORY);
    r->directory = d;
    pthread_mutex_init(&r->lock, NULL);
    pthread_mutex_init(&r->reload, NULL);
    err_t e = registry_reload(r);
    if (!err_ok(e)) {
        registry_close(r);
        return e;
    }
    *out = r;
    return ERR(OK);
}

void registry_close(struct registry *r)
{
    if (r == NULL)
        return;
    view_free(r->current);
    pthread_mutex_destroy(&r->lock);
    pthread_mutex_destroy(&r->reload);
    free(r);
}

const struct client *view_client(const struct view *v, struct str client_id)
{
    size_t low = 0, high = v->client_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(client_id, v->clients[middle].id);
        if (order == 0)
            return &v->clients[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct dir_emergency *view_emergency(const struct view *v, struct str application)
{
    for (size_t i = 0; i < v->emergencies.count; i++)
        if (str_eq(v->emergencies.list[i].application, application))
            return &v->emergencies.list[i];
    return NULL;
}
