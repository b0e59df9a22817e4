#include "base/enc.h"
#include "people/internal.h"

#include "engine/search.h"

#include <stdlib.h>
#include <string.h>

enum { ASSIGNMENTS_MAX = 4096 }; /* of one person, as the directory's */

bool id_parse(struct str text, unsigned char out[ID_LEN])
{
    char digits[2 * ID_LEN];
    size_t n = 0, len = 0;
    if (!str_is_uuid(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '-')
            digits[n++] = text.ptr[i];
    return err_ok(hex_decode(str_from(digits, n), out, ID_LEN, &len)) && len == ID_LEN;
}

void id_text(const unsigned char id[ID_LEN], char out[UUID_LEN])
{
    char digits[2 * ID_LEN];
    size_t n = 0;
    hex_encode(digits, id, ID_LEN);
    for (size_t i = 0; i < UUID_LEN; i++)
        out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : digits[n++];
}

bool login_fold(struct str login, char out[DIR_LOGIN_MAX], size_t *len)
{
    if (login.len == 0 || login.len > DIR_LOGIN_MAX)
        return false;
    for (size_t i = 0; i < login.len; i++) {
        char c = login.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *len = login.len;
    return true;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct held *)a)->id, ((const struct held *)b)->id, ID_LEN);
}

size_t person_bytes(const struct person *p)
{
    return sizeof *p + p->count * sizeof p->list[0] + p->login_len;
}

err_t person_new(const struct draft *d, struct person **out)
{
    unsigned char id[ID_LEN];
    if (!id_parse(d->id, id) || d->login.len > DIR_LOGIN_MAX || d->count > ASSIGNMENTS_MAX)
        return ERR(DIRECTORY);
    struct person *p = malloc(sizeof *p + d->count * sizeof p->list[0] + d->login.len);
    if (p == NULL)
        return ERR(NO_MEMORY);
    memcpy(p->id, id, ID_LEN);
    p->cell = 0;
    p->count = (uint16_t)d->count;
    p->login_len = (uint8_t)d->login.len;
    p->active = d->active;
    atomic_init(&p->used, true);
    if (d->count > 1)
        qsort(d->list, d->count, sizeof *d->list, by_id);
    if (d->count > 0)
        memcpy(p->list, d->list, d->count * sizeof *d->list);
    if (d->login.len > 0)
        memcpy(&p->list[d->count], d->login.ptr, d->login.len);
    *out = p;
    return ERR(OK);
}

/* ---- outside ---- */

void person_id(const struct person *p, char out[UUID_LEN]) { id_text(p->id, out); }

struct str person_login(const struct person *p)
{
    return str_from((const char *)&p->list[p->count], p->login_len);
}

bool person_is_active(const struct person *p) { return p->active; }

size_t person_assignment_count(const struct person *p) { return p->count; }

/* A name that came after this reading was taken means nothing in it. */
static const struct mapped *mapped(const struct map *m, uint32_t name)
{
    static const struct mapped unknown = { { "", 0 }, ENGINE_NONE, ENGINE_NONE };
    return name < m->count ? &m->list[name] : &unknown;
}

void person_assignment(const struct people_now *now, const struct person *p, size_t i,
                       struct person_assignment *out)
{
    const struct held *h = &p->list[i];
    const struct map *m = now->private->map;
    id_text(h->id, out->id);
    out->profile = mapped(m, h->profile)->name;
    out->structure = mapped(m, h->structure)->name;
    out->start = h->start;
    out->end = h->end;
}

void person_held(const struct people_now *now, const struct person *p, size_t i,
                 struct engine_held *out)
{
    const struct held *h = &p->list[i];
    const struct map *m = now->private->map;
    *out = (struct engine_held){ mapped(m, h->profile)->profile, mapped(m, h->structure)->structure,
                                 h->start, h->end };
}

err_t person_resolve(const struct people_now *now, const struct person *p,
                     const struct engine_emergency *opened, size_t opened_count, struct arena *a,
                     struct engine_subject **out)
{
    char id[UUID_LEN];
    struct engine_held *list = arena_array(a, (size_t)p->count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < p->count; i++)
        person_held(now, p, i, &list[i]);
    id_text(p->id, id);
    struct engine_numbered n = {
        str_from(id, UUID_LEN), person_login(p), p->active, list, p->count, opened, opened_count
    };
    size_t size = engine_numbered_size(&n);
    void *memory = arena_alloc(a, size);
    return memory == NULL ? ERR(NO_MEMORY)
                          : engine_numbered_resolve(now->view->snapshot, &n, memory, size, out);
}
