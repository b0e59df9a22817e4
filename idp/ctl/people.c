#include "ctl/people.h"

#include "ctl/strmap.h"
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

struct held {
    size_t person;
    struct engine_assignment assignment;
};

struct reading {
    struct arena *arena;
    struct strmap ids, codes; /* codes: each kept once */
    struct engine_person *people;
    size_t person_count, person_cap;
    struct held *held;
    size_t held_count, held_cap;
    struct str *texts;
    size_t text_count, text_cap;
};

static void *grown(struct arena *a, void *list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return list;
    size_t wider = *cap == 0 ? 256 : 2 * *cap;
    void *bigger = arena_array(a, wider, size);
    if (bigger == NULL)
        return NULL;
    if (list != NULL)
        memcpy(bigger, list, count * size);
    *cap = wider;
    return bigger;
}

static err_t code_of(struct reading *r, struct str code, struct str *out)
{
    size_t at;
    if (strmap_get(&r->codes, code, &at)) {
        *out = r->texts[at];
        return ERR(OK);
    }
    r->texts = grown(r->arena, r->texts, r->text_count, &r->text_cap, sizeof *r->texts);
    if (r->texts == NULL)
        return ERR(NO_MEMORY);
    TRY(arena_str(r->arena, code, out));
    r->texts[r->text_count] = *out;
    return strmap_put(&r->codes, *out, r->text_count++);
}

static err_t on_person(void *ctx, const struct dir_person *p)
{
    struct reading *r = ctx;
    r->people = grown(r->arena, r->people, r->person_count, &r->person_cap, sizeof *r->people);
    if (r->people == NULL)
        return ERR(NO_MEMORY);
    struct engine_person *x = &r->people[r->person_count];
    *x = (struct engine_person){ .active = p->active };
    TRY(arena_str(r->arena, p->id, &x->id));
    TRY(arena_str(r->arena, p->login, &x->login));
    return strmap_put(&r->ids, x->id, r->person_count++);
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    struct reading *r = ctx;
    size_t at;
    if (!strmap_get(&r->ids, person, &at))
        return ERR(OK); /* came in while we read */
    r->held = grown(r->arena, r->held, r->held_count, &r->held_cap, sizeof *r->held);
    if (r->held == NULL)
        return ERR(NO_MEMORY);
    struct held *h = &r->held[r->held_count];
    *h = (struct held){ .person = at, .assignment = { .start = a->start, .end = a->end } };
    TRY(arena_str(r->arena, a->id, &h->assignment.id));
    TRY(code_of(r, a->profile, &h->assignment.profile));
    TRY(code_of(r, a->structure, &h->assignment.structure));
    r->held_count++;
    return ERR(OK);
}

static int by_person(const void *x, const void *y)
{
    const struct held *a = x, *b = y;
    if (a->person != b->person)
        return a->person < b->person ? -1 : 1;
    return str_cmp(a->assignment.id, b->assignment.id);
}

static int by_login(const void *x, const void *y)
{
    const struct engine_person *a = x, *b = y;
    int order = str_cmp(a->login, b->login);
    return order != 0 ? order : str_cmp(a->id, b->id);
}

static err_t give_assignments(struct reading *r)
{
    struct engine_assignment *all = arena_array(r->arena, r->held_count + 1, sizeof *all);
    if (all == NULL)
        return ERR(NO_MEMORY);
    if (r->held_count > 1)
        qsort(r->held, r->held_count, sizeof *r->held, by_person);
    for (size_t i = 0; i < r->held_count; i++) {
        struct engine_person *p = &r->people[r->held[i].person];
        all[i] = r->held[i].assignment;
        if (p->assignment_count++ == 0)
            p->assignments = &all[i];
    }
    return ERR(OK);
}

err_t people_read_from(people_each_fn *each, void *from, struct arena *a, struct people *out)
{
    struct reading r = { .arena = a };
    strmap_init(&r.ids, a);
    strmap_init(&r.codes, a);
    TRY(each(from,
             &(struct dir_each){ .person = on_person, .assignment = on_assignment, .ctx = &r }));
    TRY(give_assignments(&r));
    if (r.person_count > 1)
        qsort(r.people, r.person_count, sizeof *r.people, by_login);
    *out = (struct people){ r.people, r.person_count };
    return ERR(OK);
}

static err_t each_of_directory(void *from, const struct dir_each *to)
{
    return directory_each_person(from, to);
}

err_t people_read(struct directory *d, struct arena *a, struct people *out)
{
    return people_read_from(each_of_directory, d, a, out);
}
