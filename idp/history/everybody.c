#include "history/everybody.h"

#include "base/secret.h"
#include "history/entry.h"
#include "history/table.h"
#include "history/uuid.h"

#include <stdlib.h>
#include <string.h>

struct one {
    unsigned char id[UUID_BYTES];
    unsigned char digest[SHA256_LEN];
};

struct walk {
    const atomic_bool *stop;
    struct one *all;
    size_t count, cap;
    bool sorted; /* all persons are in */
    size_t next; /* of those, which was not met among the recorded ones yet */
    struct uuid *differing;
    size_t differing_count, differing_cap;
};

/* ---- the directory ---- */

static err_t on_person(void *ctx, const struct dir_person *p)
{
    struct walk *w = ctx;
    struct one one = { .digest = { 0 } };
    void *list = w->all;
    if (!uuid_pack(p->id, one.id))
        return ERR(OK); /* refused by the directory's own constraints */
    err_t e = list_room(&list, w->count, &w->cap, sizeof one);
    w->all = list;
    TRY(e);
    TRY(entry_digest_person(one.digest, p));
    w->all[w->count++] = one;
    return ERR(OK);
}

static int compare(const void *x, const void *y)
{
    return memcmp(((const struct one *)x)->id, ((const struct one *)y)->id, UUID_BYTES);
}

static void sort(struct walk *w)
{
    if (!w->sorted && w->count > 1)
        qsort(w->all, w->count, sizeof *w->all, compare);
    w->sorted = true;
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    struct walk *w = ctx;
    struct one key;
    sort(w);
    if (!uuid_pack(person, key.id) || w->count == 0)
        return ERR(OK);
    struct one *one = bsearch(&key, w->all, w->count, sizeof key, compare);
    return one == NULL ? ERR(OK) : entry_digest_assignment(one->digest, a);
}

static err_t on_page(void *ctx)
{
    const struct walk *w = ctx;
    return atomic_load(w->stop) ? ERR(OVERLOADED) : ERR(OK);
}

/* ---- against what is recorded: two sorted lists walked together ---- */

static err_t add_differing(struct walk *w, struct str id)
{
    void *list = w->differing;
    err_t e = list_room(&list, w->differing_count, &w->differing_cap, sizeof *w->differing);
    w->differing = list;
    TRY(e);
    memcpy(w->differing[w->differing_count++].text, id.ptr, UUID_LEN);
    return ERR(OK);
}

static err_t add_unrecorded(struct walk *w)
{
    char id[UUID_LEN];
    uuid_unpack(w->all[w->next++].id, id);
    return add_differing(w, str_from(id, sizeof id));
}

static err_t meet_recorded(const struct sql_row *row, void *arg)
{
    struct walk *w = arg;
    struct one recorded;
    int order = 1;
    if (!uuid_pack(sql_bytes(row, 0), recorded.id))
        return ERR(STATE_BROKEN);
    TRY(digest_get(row, 1, recorded.digest));
    while (w->next < w->count && (order = compare(&w->all[w->next], &recorded)) < 0)
        TRY(add_unrecorded(w));
    if (w->next == w->count || order != 0)
        return add_differing(w, sql_bytes(row, 0)); /* gone */
    const struct one *there = &w->all[w->next++];
    if (ct_equal(there->digest, recorded.digest, SHA256_LEN))
        return ERR(OK);
    return add_differing(w, sql_bytes(row, 0));
}

static err_t compare_job(struct state_tx *tx, void *arg)
{
    struct walk *w = arg;
    TRY(sql_query(tx, SQL_HISTORY_PEOPLE_NOW, SQL_ARGS(V_INT(IN_FORCE)), meet_recorded, w));
    while (w->next < w->count)
        TRY(add_unrecorded(w));
    return ERR(OK);
}

err_t everybody_differing(struct directory *d, struct state *st, const atomic_bool *stop,
                          struct uuid **list, size_t *count)
{
    struct walk w = { .stop = stop };
    const struct dir_each to = { on_person, on_assignment, on_page, &w };
    err_t e = directory_each_person(d, &to);
    sort(&w);
    if (err_ok(e))
        e = state_read(st, compare_job, &w);
    free(w.all);
    if (!err_ok(e)) {
        free(w.differing);
        return e;
    }
    *list = w.differing;
    *count = w.differing_count;
    return ERR(OK);
}
