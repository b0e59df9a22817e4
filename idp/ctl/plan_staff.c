#include "ctl/plan.h"

#include "ctl/text.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_OF_ONE_MAX = 4096 };

#define GID_PEOPLE   "200000" /* docs/directory.md */
#define HOMONYMS_MAX 100000

static const char *const person_attrs[] = {
    "habilisId", "uid",         "sn",           "givenName",        "cn", "displayName",
    "mail",      "habilisRpps", "habilisTitle", "habilisMatricule", NULL,
};
static const char *const assignment_attrs[] = {
    "habilisId",  "habilisProfile",  "habilisStructure", "habilisStart",
    "habilisEnd", "habilisContract", "habilisShare",     NULL,
};
static const char *const allocation_attrs[] = { "habilisNextUidNumber", NULL };

struct people {
    struct plan *p;
    struct catalogue *c;
    const struct staff *st;
    struct known persons, assignments;
    struct strmap by_rpps, by_matricule, by_login; /* -> persons */
    struct strmap by_key;                          /* -> assignments */
    struct strmap by_person;                       /* id -> the first of her assignments */
    size_t *next;    /* of each assignment, the person's next, or SIZE_MAX */
    bool *mentioned; /* by the files */
    int64_t first_uid, next_uid;
    struct str allocation_dn;
};

/* ---- what is there ---- */

static err_t assignment_key(struct arena *a, const struct str parts[4], struct str *out)
{
    struct str key;
    TRY(strmap_pair(a, parts[0], parts[1], &key));
    TRY(strmap_pair(a, key, parts[2], &key));
    return strmap_pair(a, key, parts[3], out);
}

static err_t index_assignments(struct people *x)
{
    struct arena *a = x->p->arena;
    x->next = arena_array(a, x->assignments.count + 1, sizeof *x->next);
    x->mentioned = arena_array(a, x->assignments.count + 1, sizeof *x->mentioned);
    if (x->next == NULL || x->mentioned == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x->assignments.count; i++) {
        const struct known_entry *e = &x->assignments.list[i];
        struct str key;
        const struct str parts[4] = { e->parent, known_value(e, "habilisProfile"),
                                      known_value(e, "habilisStructure"),
                                      known_value(e, "habilisStart") };
        TRY(assignment_key(a, parts, &key));
        TRY(strmap_put(&x->by_key, key, i));
        if (!strmap_get(&x->by_person, e->parent, &x->next[i]))
            x->next[i] = SIZE_MAX;
        TRY(strmap_put(&x->by_person, e->parent, i));
    }
    return ERR(OK);
}

static err_t index_persons(struct people *x)
{
    for (size_t i = 0; i < x->persons.count; i++) {
        const struct known_entry *e = &x->persons.list[i];
        struct dir_attr matricules = known_values(e, "habilisMatricule");
        TRY(strmap_put(&x->by_login, known_value(e, "uid"), i));
        if (known_value(e, "habilisRpps").len > 0)
            TRY(strmap_put(&x->by_rpps, known_value(e, "habilisRpps"), i));
        for (size_t j = 0; j < matricules.count; j++)
            TRY(strmap_put(&x->by_matricule, matricules.values[j], i));
    }
    return ERR(OK);
}

static err_t read_allocation(struct people *x)
{
    struct known k;
    TRY(known_read(x->p->d, x->p->arena, "habilisAllocation", allocation_attrs, &k));
    if (k.count != 1 || !str_to_i64(known_value(&k.list[0], "habilisNextUidNumber"), &x->first_uid))
        return ERR(CONFLICT);
    x->next_uid = x->first_uid;
    x->allocation_dn = k.list[0].dn;
    return ERR(OK);
}

static err_t read_directory(struct people *x)
{
    struct directory *d = x->p->d;
    struct arena *a = x->p->arena;
    strmap_init(&x->by_rpps, a);
    strmap_init(&x->by_matricule, a);
    strmap_init(&x->by_login, a);
    strmap_init(&x->by_key, a);
    strmap_init(&x->by_person, a);
    TRY(known_read(d, a, "habilisPerson", person_attrs, &x->persons));
    TRY(known_read(d, a, "habilisAssignment", assignment_attrs, &x->assignments));
    TRY(read_allocation(x));
    TRY(index_persons(x));
    return index_assignments(x);
}

/* ---- one person of the files ---- */

struct wanted {
    const struct staff_person *person;
    struct str family, given, name, mail, title;
    struct str *matricules; /* those of the directory too: one is never taken away */
    size_t matricule_count;
    const struct known_entry *known; /* NULL: a new person */
    struct str id, dn;
};

static bool problem(const struct people *x, const struct staff_person *p, size_t column,
                    enum problem_code code)
{
    return sheet_problem(&x->st->sheet, x->st->rows[p->first].row, column, code);
}

/* The entry that RPPS or a matricule leads to; false when they lead to two. */
static bool match(struct people *x, const struct staff_person *p, const struct known_entry **out)
{
    size_t at, found = SIZE_MAX;
    if (p->rpps.len > 0 && strmap_get(&x->by_rpps, p->rpps, &at))
        found = at;
    for (int64_t i = p->first; i != STAFF_NONE; i = x->st->rows[i].next) {
        if (!strmap_get(&x->by_matricule, x->st->rows[i].matricule, &at))
            continue;
        if (found != SIZE_MAX && found != at)
            return problem(x, p, S_MATRICULE, PROBLEM_IDENTITE);
        found = at;
    }
    if (found == SIZE_MAX)
        return true;
    *out = &x->persons.list[found];
    struct str rpps = known_value(*out, "habilisRpps");
    if (p->rpps.len > 0 && rpps.len > 0 && !str_eq(rpps, p->rpps))
        return problem(x, p, S_RPPS, PROBLEM_RPPS_CONFLIT);
    return true;
}

static void add_matricule(struct wanted *w, struct str matricule)
{
    for (size_t i = 0; i < w->matricule_count; i++)
        if (str_eq(w->matricules[i], matricule))
            return;
    w->matricules[w->matricule_count++] = matricule;
}

static err_t gather(struct people *x, struct wanted *w)
{
    struct arena *a = x->p->arena;
    const struct staff_row *first = &x->st->rows[w->person->first];
    struct dir_attr had = { .count = 0 };
    size_t rows = 0;
    if (w->known != NULL)
        had = known_values(w->known, "habilisMatricule");
    for (int64_t i = w->person->first; i != STAFF_NONE; i = x->st->rows[i].next)
        rows++;
    if (rows > ROWS_OF_ONE_MAX)
        return ERR(TOO_LARGE);
    w->matricules = arena_array(a, rows + had.count, sizeof *w->matricules);
    if (w->matricules == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < had.count; i++)
        add_matricule(w, had.values[i]);
    for (int64_t i = w->person->first; i != STAFF_NONE; i = x->st->rows[i].next) {
        const struct staff_row *r = &x->st->rows[i];
        add_matricule(w, r->matricule);
        if (w->mail.len == 0)
            w->mail = r->mail;
        if (w->title.len == 0)
            w->title = r->title;
    }
    qsort(w->matricules, w->matricule_count, sizeof *w->matricules, item_compare_str);
    w->family = first->family;
    w->given = first->given;
    return arena_printf(a, &w->name, "%.*s %.*s", STR_ARG(w->given), STR_ARG(w->family));
}

/* What the files decide of a person; an empty cell does not take away what an administrator set. */
static size_t person_values(const struct wanted *w, struct dir_attr *out)
{
    size_t n = 0;
    out[n++] = (struct dir_attr){ "sn", &w->family, 1 };
    out[n++] = (struct dir_attr){ "givenName", &w->given, 1 };
    out[n++] = (struct dir_attr){ "cn", &w->name, 1 };
    out[n++] = (struct dir_attr){ "displayName", &w->name, 1 };
    out[n++] = (struct dir_attr){ "habilisMatricule", w->matricules, w->matricule_count };
    if (w->mail.len > 0)
        out[n++] = (struct dir_attr){ "mail", &w->mail, 1 };
    if (w->title.len > 0)
        out[n++] = (struct dir_attr){ "habilisTitle", &w->title, 1 };
    if (w->person->rpps.len > 0)
        out[n++] = (struct dir_attr){ "habilisRpps", &w->person->rpps, 1 };
    return n;
}

/* ---- new persons ---- */

/* The first of "name", "name2", "name3"… that nobody has, in the directory or in the files. */
static err_t allocate_login(struct people *x, const struct wanted *w, struct str *out)
{
    struct arena *a = x->p->arena;
    for (int n = 1; n < HOMONYMS_MAX; n++) {
        struct str number = STR(""), base;
        if (n > 1)
            TRY(arena_printf(a, &number, "%d", n));
        TRY(text_login(a, w->given, w->family, LOGIN_MAX - number.len, &base));
        if (base.len == 0)
            base = STR("agent");
        TRY(arena_printf(a, out, "%.*s%.*s", STR_ARG(base), STR_ARG(number)));
        if (!strmap_has(&x->by_login, *out))
            return strmap_put(&x->by_login, *out, 0);
    }
    return ERR(TOO_LARGE);
}

static err_t add_person(struct people *x, struct wanted *w)
{
    static const struct str classes[] = { STR_INIT("inetOrgPerson"), STR_INIT("posixAccount"),
                                          STR_INIT("habilisPerson") };
    static const struct str active = STR_INIT("active"), shell = STR_INIT("/bin/bash"),
                            gid = STR_INIT(GID_PEOPLE);
    struct arena *a = x->p->arena;
    struct str login, number, home;
    char id[UUID_LEN];
    uuid_v4(id);
    TRY(arena_str(a, str_from(id, sizeof id), &w->id));
    TRY(directory_dn(x->p->d, a, &(struct dir_rdn){ "habilisId", w->id }, 1, "people", &w->dn));
    TRY(allocate_login(x, w, &login));
    TRY(arena_printf(a, &number, "%lld", (long long)x->next_uid++));
    TRY(arena_printf(a, &home, "/home/%.*s", STR_ARG(login)));

    struct dir_attr attrs[DIR_ATTRS_MAX];
    struct str *kept = arena_array(a, 4, sizeof *kept);
    if (kept == NULL)
        return ERR(NO_MEMORY);
    memcpy(kept, (const struct str[]){ w->id, login, number, home }, 4 * sizeof *kept);
    size_t n = person_values(w, attrs);
    attrs[n++] = (struct dir_attr){ "objectClass", classes, COUNT(classes) };
    attrs[n++] = (struct dir_attr){ "habilisId", &kept[0], 1 };
    attrs[n++] = (struct dir_attr){ "uid", &kept[1], 1 };
    attrs[n++] = (struct dir_attr){ "uidNumber", &kept[2], 1 };
    attrs[n++] = (struct dir_attr){ "homeDirectory", &kept[3], 1 };
    attrs[n++] = (struct dir_attr){ "gidNumber", &gid, 1 };
    attrs[n++] = (struct dir_attr){ "loginShell", &shell, 1 };
    attrs[n++] = (struct dir_attr){ "habilisStatus", &active, 1 };
    x->p->counts[PLAN_PEOPLE].added++;
    return plan_edit(x->p, PLAN_UPPER, (struct dir_edit){ DIR_EDIT_ADD, w->dn, attrs, n });
}

static err_t update_person(struct people *x, struct wanted *w)
{
    struct plan_count *count = &x->p->counts[PLAN_PEOPLE];
    struct dir_attr attrs[DIR_ATTRS_MAX], changed[DIR_ATTRS_MAX];
    w->id = known_value(w->known, "habilisId");
    w->dn = w->known->dn;
    count->unmentioned--;
    size_t n = plan_differences(w->known, attrs, person_values(w, attrs), changed);
    if (n == 0) {
        count->same++;
        return ERR(OK);
    }
    count->modified++;
    return plan_edit(x->p, PLAN_UPPER, (struct dir_edit){ DIR_EDIT_REPLACE, w->dn, changed, n });
}

/* ---- incompatible profiles: what is new against what the directory has besides the files ---- */

static bool periods_meet(const struct staff_row *r, const struct known_entry *e)
{
    struct str start = known_value(e, "habilisStart"), end = known_value(e, "habilisEnd");
    return (r->end.len == 0 || str_cmp(start, r->end) < 0) &&
           (end.len == 0 || str_cmp(r->start, end) < 0);
}

static err_t check_duties(struct people *x, const struct wanted *w, const struct staff_row *r)
{
    size_t at = SIZE_MAX;
    (void)strmap_get(&x->by_person, w->id, &at);
    for (; at != SIZE_MAX; at = x->next[at]) {
        const struct known_entry *e = &x->assignments.list[at];
        struct str profile = known_value(e, "habilisProfile"), value;
        bool apart = false;
        if (x->mentioned[at] || !periods_meet(r, e))
            continue;
        TRY(catalogue_incompatible(x->c, profile, r->profile, &apart));
        if (!apart)
            continue;
        TRY(arena_printf(x->p->arena, &value, "%.*s ; %.*s dans l'annuaire, à %.*s",
                         STR_ARG(r->profile), STR_ARG(profile),
                         STR_ARG(known_value(e, "habilisStructure"))));
        (void)sheet_problem_value(&x->st->sheet, r->row, S_PROFILE, PROBLEM_CUMUL, value);
    }
    return ERR(OK);
}

/* ---- assignments ---- */

static size_t assignment_values(const struct staff_row *r, struct dir_attr *out)
{
    out[0] = (struct dir_attr){ "habilisEnd", &r->end, r->end.len > 0 };
    out[1] = (struct dir_attr){ "habilisContract", &r->contract, 1 };
    out[2] = (struct dir_attr){ "habilisShare", &r->share, 1 };
    return 3;
}

static err_t add_assignment(struct people *x, const struct wanted *w, const struct staff_row *r)
{
    static const struct str object_class = STR_INIT("habilisAssignment");
    struct arena *a = x->p->arena;
    struct dir_attr attrs[DIR_ATTRS_MAX];
    struct str *id = arena_alloc(a, sizeof *id), dn;
    char text[UUID_LEN];
    if (id == NULL)
        return ERR(NO_MEMORY);
    uuid_v4(text);
    TRY(arena_str(a, str_from(text, sizeof text), id));
    const struct dir_rdn rdns[] = { { "habilisId", *id }, { "habilisId", w->id } };
    TRY(directory_dn(x->p->d, a, rdns, COUNT(rdns), "people", &dn));
    size_t n = assignment_values(r, attrs);
    attrs[n++] = (struct dir_attr){ "objectClass", &object_class, 1 };
    attrs[n++] = (struct dir_attr){ "habilisId", id, 1 };
    attrs[n++] = (struct dir_attr){ "habilisProfile", &r->profile, 1 };
    attrs[n++] = (struct dir_attr){ "habilisStructure", &r->structure, 1 };
    attrs[n++] = (struct dir_attr){ "habilisStart", &r->start, 1 };
    x->p->counts[PLAN_ASSIGNMENTS].added++;
    return plan_edit(x->p, PLAN_LOWER, (struct dir_edit){ DIR_EDIT_ADD, dn, attrs, n });
}

static err_t compare_assignment(struct people *x, const struct wanted *w, const struct staff_row *r)
{
    struct plan_count *count = &x->p->counts[PLAN_ASSIGNMENTS];
    struct dir_attr attrs[3], changed[3];
    struct str key;
    size_t at;
    const struct str parts[4] = { w->id, r->profile, r->structure, r->start };
    TRY(assignment_key(x->p->arena, parts, &key));
    if (!strmap_get(&x->by_key, key, &at)) {
        TRY(check_duties(x, w, r));
        return add_assignment(x, w, r);
    }
    count->unmentioned--;
    const struct known_entry *e = &x->assignments.list[at];
    size_t n = plan_differences(e, attrs, assignment_values(r, attrs), changed);
    if (n == 0) {
        count->same++;
        return ERR(OK);
    }
    count->modified++;
    TRY(check_duties(x, w, r));
    return plan_edit(x->p, PLAN_UPPER, (struct dir_edit){ DIR_EDIT_REPLACE, e->dn, changed, n });
}

static err_t mention(struct people *x, const struct wanted *w, const struct staff_row *r)
{
    struct str key;
    size_t at;
    const struct str parts[4] = { w->id, r->profile, r->structure, r->start };
    TRY(assignment_key(x->p->arena, parts, &key));
    if (strmap_get(&x->by_key, key, &at))
        x->mentioned[at] = true;
    return ERR(OK);
}

static err_t plan_person(struct people *x, const struct staff_person *p)
{
    struct wanted *w = arena_alloc(x->p->arena, sizeof *w); /* edits point into it */
    if (w == NULL)
        return ERR(NO_MEMORY);
    w->person = p;
    if (!match(x, p, &w->known))
        return ERR(OK);
    TRY(gather(x, w));
    TRY(w->known == NULL ? add_person(x, w) : update_person(x, w));
    for (int64_t i = p->first; i != STAFF_NONE; i = x->st->rows[i].next)
        TRY(mention(x, w, &x->st->rows[i]));
    for (int64_t i = p->first; i != STAFF_NONE; i = x->st->rows[i].next)
        TRY(compare_assignment(x, w, &x->st->rows[i]));
    return ERR(OK);
}

/* ---- all of them ---- */

/* The counter goes first, from the value read to the value after: of two loads at once, the second
 * finds it moved and makes nothing. A load cut short skips numbers and gives none twice. */
static err_t finish_allocation(struct people *x, size_t place)
{
    struct str *values = arena_array(x->p->arena, 2, sizeof *values);
    if (values == NULL)
        return ERR(NO_MEMORY);
    if (x->next_uid == x->first_uid)
        return ERR(OK);
    TRY(arena_printf(x->p->arena, &values[0], "%lld", (long long)x->first_uid));
    TRY(arena_printf(x->p->arena, &values[1], "%lld", (long long)x->next_uid));
    const struct dir_attr counter = { "habilisNextUidNumber", values, 2 };
    struct plan_edits *e = &x->p->levels[PLAN_UPPER];
    TRY(plan_edit(x->p, PLAN_UPPER,
                  (struct dir_edit){ DIR_EDIT_SWAP, x->allocation_dn, &counter, 1 }));
    struct dir_edit swap = e->list[e->count - 1];
    memmove(&e->list[place + 1], &e->list[place], (e->count - 1 - place) * sizeof *e->list);
    e->list[place] = swap;
    return ERR(OK);
}

err_t plan_staff(struct plan *p, struct catalogue *c, const struct staff *st)
{
    struct people x = { .p = p, .c = c, .st = st };
    size_t place = p->levels[PLAN_UPPER].count;
    TRY(read_directory(&x));
    p->counts[PLAN_PEOPLE].unmentioned = x.persons.count;
    p->counts[PLAN_ASSIGNMENTS].unmentioned = x.assignments.count;
    for (size_t i = 0; i < st->person_count; i++)
        TRY(plan_person(&x, &st->persons[i]));
    return finish_allocation(&x, place);
}
