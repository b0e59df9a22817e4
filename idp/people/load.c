/* load.c - everybody from the directory into a new table: first drafts, then each person in one piece. */
#include "people/internal.h"

#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct draft_person {
    unsigned char id[ID_LEN];
    char login[DIR_LOGIN_MAX];
    uint8_t login_len;
    bool active;
    uint32_t count; /* of assignments; then where the next one goes */
};

struct draft_assignment {
    uint32_t person;
    struct held held;
};

struct loading {
    struct people *people;
    struct draft_person *persons;
    size_t person_count, person_cap;
    struct draft_assignment *assignments;
    size_t assignment_count, assignment_cap;
    uint32_t *by_id; /* person + 1; 0: free */
    size_t mask;
    err_t (*page)(void *ctx);
    void *ctx;
};

static bool grow(void **list, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return true;
    size_t more = *cap == 0 ? 1024 : *cap + *cap / 2;
    void *grown = realloc(*list, more * size);
    if (grown == NULL)
        return false;
    *list = grown;
    *cap = more;
    return true;
}

static err_t on_person(void *ctx, const struct dir_person *from)
{
    struct loading *l = ctx;
    void *list = l->persons;
    if (l->person_count == l->people->resident_max)
        return ERR(TOO_LARGE);
    if (!grow(&list, &l->person_cap, l->person_count, sizeof *l->persons))
        return ERR(NO_MEMORY);
    l->persons = list;
    struct draft_person *p = &l->persons[l->person_count];
    if (!id_parse(from->id, p->id) || from->login.len > DIR_LOGIN_MAX) {
        log_event(LOG_WARNING, "people.person_refused", LOG_STR("dn", from->dn));
        return ERR(OK);
    }
    p->login_len = (uint8_t)from->login.len;
    if (from->login.len > 0)
        memcpy(p->login, from->login.ptr, from->login.len);
    p->active = from->active;
    p->count = 0;
    l->person_count++;
    return ERR(OK);
}

/* ---- whose assignment ---- */

static size_t hash_of(const unsigned char id[ID_LEN])
{
    return (size_t)str_hash(str_from((const char *)id, ID_LEN), 1);
}

static err_t index_persons(struct loading *l)
{
    l->mask = 1;
    while (l->mask < 2 * l->person_count)
        l->mask = 2 * l->mask + 1;
    l->by_id = calloc(l->mask + 1, sizeof *l->by_id);
    if (l->by_id == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < l->person_count; i++) {
        size_t at = hash_of(l->persons[i].id) & l->mask;
        while (l->by_id[at] != 0)
            at = (at + 1) & l->mask;
        l->by_id[at] = (uint32_t)i + 1;
    }
    return ERR(OK);
}

static struct draft_person *find(const struct loading *l, struct str text)
{
    unsigned char id[ID_LEN];
    if (!id_parse(text, id))
        return NULL;
    for (size_t at = hash_of(id) & l->mask; l->by_id[at] != 0; at = (at + 1) & l->mask)
        if (memcmp(l->persons[l->by_id[at] - 1].id, id, ID_LEN) == 0)
            return &l->persons[l->by_id[at] - 1];
    return NULL; /* came after the persons were read: the watch will tell */
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *from)
{
    struct loading *l = ctx;
    if (l->by_id == NULL)
        TRY(index_persons(l));
    struct draft_person *p = find(l, person);
    void *list = l->assignments;
    if (p == NULL)
        return ERR(OK);
    if (!grow(&list, &l->assignment_cap, l->assignment_count, sizeof *l->assignments))
        return ERR(NO_MEMORY);
    l->assignments = list;
    struct draft_assignment *a = &l->assignments[l->assignment_count];
    if (!id_parse(from->id, a->held.id))
        return ERR(OK);
    a->person = (uint32_t)(p - l->persons);
    a->held.start = from->start;
    a->held.end = from->end;
    TRY(keep_name(l->people, from->profile, &a->held.profile));
    TRY(keep_name(l->people, from->structure, &a->held.structure));
    p->count++;
    l->assignment_count++;
    return ERR(OK);
}

static err_t on_page(void *ctx)
{
    struct loading *l = ctx;
    return l->page(l->ctx);
}

/* ---- in one piece ---- */

static int by_person(const void *a, const void *b)
{
    const struct draft_assignment *x = a, *y = b;
    return (x->person > y->person) - (x->person < y->person);
}

static err_t add_person(const struct loading *l, size_t i, size_t first, struct held *list,
                        struct table *t)
{
    const struct draft_person *from = &l->persons[i];
    char id[UUID_LEN];
    struct person *p = NULL, *twice = NULL;
    for (size_t k = 0; k < from->count; k++)
        list[k] = l->assignments[first + k].held;
    id_text(from->id, id);
    struct draft d = { str_from(id, UUID_LEN), str_from(from->login, from->login_len), from->active,
                       list, from->count };
    TRY(person_new(&d, &p));
    table_put(t, p, &twice);
    free(twice); /* nobody reads this table yet */
    return ERR(OK);
}

static err_t fill(struct loading *l, struct table *t)
{
    size_t most = 1, first = 0;
    for (size_t i = 0; i < l->person_count; i++)
        most = l->persons[i].count > most ? l->persons[i].count : most;
    struct held *list = malloc(most * sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    if (l->assignment_count > 1)
        qsort(l->assignments, l->assignment_count, sizeof *l->assignments, by_person);
    err_t e = ERR(OK);
    for (size_t i = 0; err_ok(e) && i < l->person_count; i++) {
        e = add_person(l, i, first, list, t);
        first += l->persons[i].count;
    }
    free(list);
    return e;
}

static err_t build(struct loading *l, struct table **out)
{
    struct table *t = NULL;
    TRY(table_new(l->person_count, &t));
    err_t e = fill(l, t);
    if (!err_ok(e)) {
        table_free_all(t);
        return e;
    }
    *out = t;
    return e;
}

err_t load_all(struct people *p, err_t (*page)(void *ctx), void *ctx, struct table **out)
{
    struct loading l = { .people = p, .page = page, .ctx = ctx };
    struct dir_each to = { on_person, on_assignment, on_page, &l };
    err_t e = directory_each_person(p->directory, &to);
    if (err_ok(e))
        e = build(&l, out);
    free(l.persons);
    free(l.assignments);
    free(l.by_id);
    return e;
}
