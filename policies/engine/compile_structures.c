#include "engine/compile.h"

/* The tree while it is being numbered; all arrays are in byte order of the codes. */
struct tree {
    size_t count;
    struct named *names;
    const struct structure_def *defs; /* in the order of the model: names[i].def points here */
    int *parent, *first_child, *next_sibling;
    int *number; /* in pre-order */
};

static const char in[] = "structure";

/* A kind may stand below a kind of a higher rank only; services may hold services. */
static bool may_hold(enum structure_kind parent, enum structure_kind child)
{
    static const int rank[] = {
        [STRUCTURE_GROUPEMENT] = 1,    [STRUCTURE_DIRECTION_COMMUNE] = 1, [STRUCTURE_OG] = 2,
        [STRUCTURE_ETABLISSEMENT] = 3, [STRUCTURE_SERVICE] = 4,
    };
    return rank[parent] < rank[child] || (parent == STRUCTURE_SERVICE && child == parent);
}

static err_t check(struct compiler *c, const struct structure_def *d)
{
    if (str_eq(d->code, STR("soi"))) /* a word of the entitlements' grammar */
        return compile_problem(c, MODEL_BAD_CODE, in, d->code, d->origin);
    if (d->kind < STRUCTURE_GROUPEMENT || d->kind > STRUCTURE_SERVICE)
        return compile_problem(c, MODEL_BAD_RANK, in, d->code, d->origin);
    if (d->open_from >= d->open_until)
        return compile_problem(c, MODEL_BAD_PERIOD, in, d->code, d->origin);
    return ERR(OK);
}

static err_t read_names(struct compiler *c, struct tree *t)
{
    t->count = c->m->structures.count;
    t->defs = c->m->structures.at;
    t->names = compile_scratch(c, t->count, sizeof *t->names);
    t->parent = compile_scratch(c, t->count, sizeof *t->parent);
    t->first_child = compile_scratch(c, t->count, sizeof *t->first_child);
    t->next_sibling = compile_scratch(c, t->count, sizeof *t->next_sibling);
    t->number = compile_scratch(c, t->count, sizeof *t->number);
    if (t->names == NULL || t->parent == NULL || t->first_child == NULL ||
        t->next_sibling == NULL || t->number == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < t->count; i++) {
        TRY(check(c, &t->defs[i]));
        t->names[i] = (struct named){ t->defs[i].code, (uint32_t)i, t->defs[i].origin };
    }
    return compile_sort(c, t->names, t->count, in);
}

static err_t find_parents(struct compiler *c, struct tree *t)
{
    struct str *codes = compile_scratch(c, t->count, sizeof *codes);
    int *sorted = compile_scratch(c, t->count, sizeof *sorted); /* by definition */
    struct index index;
    if (codes == NULL || sorted == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < t->count; i++) {
        codes[i] = t->names[i].code;
        sorted[t->names[i].def] = (int)i;
    }
    TRY(index_build(c->scratch, codes, t->count, &index));
    for (size_t def = 0; def < t->count; def++) { /* the model's order: its first problem is told */
        const struct structure_def *d = &t->defs[def];
        int parent = d->parent.len == 0 ? ENGINE_NONE : index_find(&index, d->parent);
        t->parent[sorted[def]] = parent;
        if (d->parent.len == 0)
            continue;
        if (parent == ENGINE_NONE)
            return compile_problem(c, MODEL_UNKNOWN_PARENT, in, d->parent, d->origin);
        if (parent == sorted[def])
            return compile_problem(c, MODEL_CYCLE, in, d->code, d->origin);
        if (!may_hold(t->defs[t->names[parent].def].kind, d->kind))
            return compile_problem(c, MODEL_BAD_RANK, in, d->code, d->origin);
    }
    return ERR(OK);
}

/* Links each node to its children in byte order; returns the first of the topmost ones. */
static int link_children(struct tree *t)
{
    int top = ENGINE_NONE;
    for (size_t i = 0; i < t->count; i++)
        t->first_child[i] = t->next_sibling[i] = t->number[i] = ENGINE_NONE;
    for (size_t i = t->count; i > 0; i--) {
        int *head = t->parent[i - 1] == ENGINE_NONE ? &top : &t->first_child[t->parent[i - 1]];
        t->next_sibling[i - 1] = *head;
        *head = (int)i - 1;
    }
    return top;
}

/* Numbers the nodes in pre-order without recursion: a tree from a file may be as deep as it likes. */
static err_t number(struct compiler *c, struct tree *t)
{
    int next = 0;
    for (int at = link_children(t); at != ENGINE_NONE;) {
        t->number[at] = next++;
        int to = t->first_child[at];
        while (to == ENGINE_NONE && at != ENGINE_NONE) {
            to = t->next_sibling[at];
            at = t->parent[at];
        }
        at = to;
    }
    /* What was not reached hangs below itself. */
    const struct named *lost = NULL;
    for (size_t i = 0; i < t->count; i++)
        if (t->number[i] == ENGINE_NONE && (lost == NULL || t->names[i].def < lost->def))
            lost = &t->names[i];
    return lost == NULL ? ERR(OK) : compile_problem(c, MODEL_CYCLE, in, lost->code, lost->origin);
}

static void inherit(struct structure *structures, struct place *places, int i)
{
    int up = structures[i].parent;
    struct place *p = &places[i];
    enum structure_kind kind = structures[i].kind;
    p->last = p->top = i;
    int og = kind == STRUCTURE_OG ? i : ENGINE_NONE;
    int establishment = kind == STRUCTURE_ETABLISSEMENT ? i : ENGINE_NONE;
    if (up != ENGINE_NONE) {
        p->top = places[up].top;
        if (og == ENGINE_NONE && structures[places[up].og].kind == STRUCTURE_OG)
            og = places[up].og;
        if (establishment == ENGINE_NONE)
            establishment = structures[up].establishment;
        if (p->open_from < places[up].open_from)
            p->open_from = places[up].open_from;
        if (p->open_until > places[up].open_until)
            p->open_until = places[up].open_until;
    }
    structures[i].establishment = establishment;
    p->etab = establishment == ENGINE_NONE ? i : establishment;
    p->og = og == ENGINE_NONE ? i : og;
}

/* Fills the arrays of the snapshot, parents before children, then the ends of the intervals. */
static err_t place_all(struct compiler *c, const struct tree *t, struct str *codes,
                       struct structure *structures, struct place *places)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct structure_def *d = &t->defs[t->names[i].def];
        int n = t->number[i];
        TRY(compile_copy(c, d->code, &codes[n]));
        TRY(compile_copy(c, d->label, &structures[n].label));
        structures[n].kind = d->kind;
        structures[n].parent = t->parent[i] == ENGINE_NONE ? ENGINE_NONE : t->number[t->parent[i]];
        places[n].open_from = d->open_from;
        places[n].open_until = d->open_until;
    }
    int count = (int)t->count;
    for (int i = 0; i < count; i++)
        inherit(structures, places, i);
    for (int i = count - 1; i >= 0; i--) {
        int up = structures[i].parent;
        if (up != ENGINE_NONE && places[up].last < places[i].last)
            places[up].last = places[i].last;
    }
    return ERR(OK);
}

err_t compile_structures(struct compiler *c)
{
    struct tree t = { 0 };
    struct snapshot *s = c->s;
    TRY(read_names(c, &t));
    TRY(find_parents(c, &t));
    TRY(number(c, &t));
    struct str *codes = compile_array(c, t.count, sizeof *codes);
    struct structure *structures = compile_array(c, t.count, sizeof *structures);
    struct place *places = compile_array(c, t.count, sizeof *places);
    if (codes == NULL || structures == NULL || places == NULL)
        return ERR(NO_MEMORY);
    TRY(place_all(c, &t, codes, structures, places));
    s->structure_count = (int)t.count;
    s->structure_codes = codes;
    s->structures = structures;
    s->places = places;
    return index_build(s->memory, codes, t.count, &s->structure_index);
}
