#include "token/entitlement.h"

#include <stdlib.h>

struct place {
    struct str code;
    size_t parent; /* of the first: itself */
    size_t last;   /* the last one below it, or itself */
    unsigned depth;
};

struct span { /* of places, both ends included */
    size_t first, last;
};

struct right {
    struct str resource, actions; /* "lire|creer" */
    bool soi;                     /* also: the owner is the subject */
    bool everywhere;              /* no spans needed */
    bool ask;
    uint64_t terms; /* conditions to check, obligations, FILE */
    const struct span *spans;
    size_t span_count;
};

struct ent_set {
    struct place *places; /* in pre-order */
    size_t *by_code;      /* numbers of places in byte order of their codes */
    size_t place_count;
    struct right *rights; /* in byte order of resources */
    size_t right_count;
    struct access_words words;
};

/* ---- places ---- */

static const struct place *sorted_place(const struct ent_set *e, size_t i)
{
    return &e->places[e->by_code[i]];
}

/* The place of that code, or e->place_count. */
static size_t find_place(const struct ent_set *e, struct str code)
{
    size_t low = 0, high = e->place_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(sorted_place(e, middle)->code, code);
        if (order == 0)
            return e->by_code[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return e->place_count;
}

/* NAME as it stands in the list: a code, or the dot and what follows the parent's code. */
static err_t name_place(struct arena *a, struct str parent, struct str name, struct str *code)
{
    *code = name;
    if (name.len > 0 && name.ptr[0] == '.')
        TRY(arena_printf(a, code, "%.*s%.*s", STR_ARG(parent), STR_ARG(name)));
    return access_is_code(*code) ? ERR(OK) : ERR(TOKEN_MALFORMED);
}

static err_t add_place(struct arena *a, struct ent_set *e, struct str word)
{
    size_t n = e->place_count;
    unsigned depth = 0;
    for (; word.len > 0 && word.ptr[0] == '>'; depth++)
        word = str_from(word.ptr + 1, word.len - 1);
    struct place *p = &e->places[n];
    if (n == 0 ? depth != 0 || str_starts(word, STR("."))
               : depth == 0 || depth > e->places[n - 1].depth + 1)
        return ERR(TOKEN_MALFORMED);
    p->depth = depth;
    p->last = n;
    if (n > 0) {
        p->parent = n - 1;
        while (e->places[p->parent].depth >= depth)
            p->parent = e->places[p->parent].parent;
    }
    TRY(name_place(a, e->places[p->parent].code, word, &p->code));
    e->place_count++;
    return ERR(OK);
}

struct code_ref { /* what qsort() can sort without a context */
    struct str code;
    size_t number;
};

static int by_code(const void *a, const void *b)
{
    return str_cmp(((const struct code_ref *)a)->code, ((const struct code_ref *)b)->code);
}

static err_t sort_places(struct arena *a, struct ent_set *e)
{
    struct code_ref *refs = arena_array(a, e->place_count + 1, sizeof *refs);
    e->by_code = arena_array(a, e->place_count + 1, sizeof *e->by_code);
    if (refs == NULL || e->by_code == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < e->place_count; i++)
        refs[i] = (struct code_ref){ e->places[i].code, i };
    qsort(refs, e->place_count, sizeof *refs, by_code);
    for (size_t i = 0; i < e->place_count; i++) {
        if (i > 0 && str_eq(refs[i].code, refs[i - 1].code))
            return ERR(TOKEN_MALFORMED);
        e->by_code[i] = refs[i].number;
    }
    return ERR(OK);
}

static err_t parse_places(struct arena *a, struct str text, struct ent_set *e)
{
    size_t most = 1;
    if (text.len == 0 || text.len > ACCESS_PLACES_LEN_MAX || text.ptr[0] != '@' ||
        text.ptr[text.len - 1] == ' ')
        return ERR(TOKEN_MALFORMED);
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ' ';
    if (most > ACCESS_PLACES_MAX)
        return ERR(TOKEN_MALFORMED);
    e->places = arena_array(a, most, sizeof *e->places);
    if (e->places == NULL)
        return ERR(NO_MEMORY);
    struct str rest = str_from(text.ptr + 1, text.len - 1), word;
    bool none = rest.len == 0;
    while (!none && str_next(&rest, ' ', &word))
        TRY(add_place(a, e, word));
    for (size_t i = e->place_count; i > 1; i--) {
        struct place *p = &e->places[i - 1], *up = &e->places[p->parent];
        if (up->last < p->last)
            up->last = p->last;
    }
    return sort_places(a, e);
}

/* ---- rights ---- */

/* "a|b": names, each once. */
static bool are_actions(struct str list)
{
    struct str rest = list, action;
    size_t count = 0;
    while (str_next(&rest, '|', &action)) {
        struct str before = str_from(list.ptr, (size_t)(action.ptr - list.ptr));
        if (!access_is_name(action) || str_in_list(before, '|', action))
            return false;
        count++;
    }
    return count > 0 && !str_ends(list, STR("|"));
}

static size_t count_char(struct str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == c;
    return n;
}

/* "A,=B": in pre-order, none inside another. */
static err_t parse_set(struct arena *a, const struct ent_set *e, struct str text, struct right *r)
{
    struct span *spans = arena_array(a, count_char(text, ',') + 1, sizeof *spans);
    struct str item;
    if (spans == NULL)
        return ERR(NO_MEMORY);
    r->spans = spans;
    if (str_ends(text, STR(",")))
        return ERR(TOKEN_MALFORMED);
    if (str_eq(text, STR("-")))
        return ERR(OK);
    while (str_next(&text, ',', &item)) {
        bool alone = str_starts(item, STR("="));
        size_t n = find_place(e, alone ? str_from(item.ptr + 1, item.len - 1) : item);
        if (n == e->place_count || (r->span_count > 0 && n <= spans[r->span_count - 1].last))
            return ERR(TOKEN_MALFORMED);
        spans[r->span_count++] = (struct span){ n, alone ? n : e->places[n].last };
    }
    return r->span_count > 0 ? ERR(OK) : ERR(TOKEN_MALFORMED);
}

static err_t parse_reach(struct arena *a, const struct ent_set *e, struct str text, struct right *r)
{
    struct str rest = text, first;
    if (str_eq(text, STR("soi"))) {
        r->soi = r->everywhere = true;
        return ERR(OK);
    }
    if (str_cut(&rest, ',', &first) && str_eq(first, STR("soi"))) {
        r->soi = true;
        text = rest;
    }
    return parse_set(a, e, text, r);
}

static err_t parse_term(struct ent_set *e, struct str term, struct right *r)
{
    uint64_t bit = 0;
    bool lost = str_starts(term, STR("!"));
    if (lost)
        term = str_from(term.ptr + 1, term.len - 1);
    if (!access_is_name(term))
        return ERR(TOKEN_MALFORMED);
    enum access_kind kind = access_kind_of(term);
    if (lost && kind != ACCESS_KIND_NEVER && kind != ACCESS_KIND_DATED && kind != ACCESS_KIND_FILE)
        return ERR(TOKEN_MALFORMED);
    if (!lost && kind == ACCESS_KIND_FILE)
        bit = ACCESS_BIT(FILE);
    else if (!err_ok(access_words_add(&e->words, term, &bit)))
        return ERR(TOKEN_MALFORMED);
    if ((r->terms & bit) != 0)
        return ERR(TOKEN_MALFORMED);
    r->terms |= bit;
    return ERR(OK);
}

static err_t parse_terms(struct ent_set *e, struct str text, struct right *r)
{
    struct str term;
    size_t count = 0;
    if (str_ends(text, STR(",")))
        return ERR(TOKEN_MALFORMED);
    r->ask = str_eq(text, STR("?"));
    for (; !r->ask && str_next(&text, ',', &term); count++)
        TRY(parse_term(e, term, r));
    return r->ask || count > 0 ? ERR(OK) : ERR(TOKEN_MALFORMED);
}

static err_t parse_right(struct arena *a, struct ent_set *e, struct str text, struct right *r)
{
    struct str rest = text, part;
    if (text.len > ACCESS_RIGHT_LEN_MAX || !str_cut(&rest, ':', &r->resource) ||
        !access_is_code(r->resource))
        return ERR(TOKEN_MALFORMED);
    struct str head = rest;
    bool has_terms = str_cut(&rest, ';', &part);
    if (has_terms)
        head = part;
    struct str terms = rest;
    rest = head;
    r->everywhere = !str_cut(&rest, '@', &r->actions);
    if (r->everywhere)
        r->actions = head;
    else
        TRY(parse_reach(a, e, rest, r));
    if (!are_actions(r->actions))
        return ERR(TOKEN_MALFORMED);
    return has_terms ? parse_terms(e, terms, r) : ERR(OK);
}

err_t ent_parse(struct arena *a, const struct str *strings, size_t count, struct ent_set **out)
{
    if (count == 0 || count > ACCESS_STRINGS_MAX)
        return ERR(TOKEN_MALFORMED);
    struct ent_set *e = arena_alloc(a, sizeof *e);
    if (e == NULL)
        return ERR(NO_MEMORY);
    access_words_init(&e->words);
    TRY(parse_places(a, strings[0], e));
    e->rights = arena_array(a, count, sizeof *e->rights);
    if (e->rights == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 1; i < count; i++) {
        struct right *r = &e->rights[e->right_count];
        TRY(parse_right(a, e, strings[i], r));
        if (i > 1 && str_cmp(r[-1].resource, r->resource) > 0)
            return ERR(TOKEN_MALFORMED);
        e->right_count++;
    }
    *out = e;
    return ERR(OK);
}

const struct access_words *ent_words(const struct ent_set *e) { return &e->words; }

/* ---- deciding: the same steps as the engine, on what the token kept ---- */

struct verdict {
    enum access_reason reason;
    uint64_t set;
    bool trace;
};

static bool is_same_person(const struct ent_question *q)
{
    return q->owner.len > 0 && (str_eq(q->owner, q->subject) || str_eq(q->owner, q->subject_login));
}

static bool is_within(const struct right *r, size_t place)
{
    for (size_t i = 0; i < r->span_count && !r->everywhere; i++)
        if (place >= r->spans[i].first && place <= r->spans[i].last)
            return true;
    return r->everywhere;
}

static struct verdict judge(const struct right *r, const struct access_facts *f)
{
    const uint64_t login = ACCESS_BIT(2F) | ACCESS_BIT(PSC);
    struct verdict v = { .reason = ACCESS_OK, .trace = (r->terms & ACCESS_BIT(TRACE)) != 0 };
    uint64_t failing = access_failing(r->terms & ~ACCESS_BIT(FILE), f, false);
    if ((failing & ~login) != 0) {
        v.reason = ACCESS_CONDITION;
        v.set = failing & ~login;
    } else if (failing != 0) {
        v.reason = ACCESS_STEP_UP;
        v.set = failing;
    } else {
        v.set = r->terms & (access_words_of(ACCESS_KIND_OBLIGATION) | ACCESS_BIT(FILE));
    }
    return v;
}

static bool is_better(const struct ent_set *e, const struct verdict *v, const struct verdict *best)
{
    if (v->reason != best->reason)
        return v->reason > best->reason;
    int order = access_words_cmp(&e->words, v->set, best->set);
    return order != 0 ? order < 0 : v->trace && !best->trace;
}

/* The first right on RESOURCE, or e->right_count. */
static size_t first_right(const struct ent_set *e, struct str resource)
{
    size_t low = 0, high = e->right_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(e->rights[middle].resource, resource) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Only the server knows: is an emergency open there, is that owner a known person? */
static bool is_beyond_us(const struct right *r, const struct ent_question *q, bool mine)
{
    return r->ask || ((r->terms & ACCESS_BIT(PAS_SOI_MEME)) != 0 && q->owner.len > 0 && !mine);
}

/* PLACE e->place_count: the resource has none, and only what is the subject's own can be told. */
static bool judge_all(const struct ent_set *e, const struct ent_question *q, size_t place,
                      const struct access_facts *f, struct verdict *best)
{
    bool mine = is_same_person(q);
    *best = (struct verdict){ .reason = ACCESS_NO_GRANT };
    for (size_t i = first_right(e, q->resource); i < e->right_count; i++) {
        const struct right *r = &e->rights[i];
        struct verdict v = { .reason = ACCESS_ELSEWHERE };
        if (!str_eq(r->resource, q->resource))
            break;
        if (!str_in_list(r->actions, '|', q->action))
            continue;
        bool there = place == e->place_count ? r->soi || r->ask : is_within(r, place);
        if (there && is_beyond_us(r, q, mine))
            return false;
        if (there && (!r->soi || mine))
            v = judge(r, f);
        if (is_better(e, &v, best))
            *best = v;
    }
    return true;
}

static void answer(const struct verdict *v, struct ent_answer *out)
{
    out->reason = v->reason;
    if (v->reason == ACCESS_OK) {
        out->effect = ENT_PERMIT;
        out->obligations = v->set;
    } else if (v->reason == ACCESS_STEP_UP) {
        out->effect = ENT_STEP_UP;
        out->needs_eidas2 = (v->set & ACCESS_BIT(2F)) != 0;
        out->needs_psc = (v->set & ACCESS_BIT(PSC)) != 0;
    } else {
        out->effect = ENT_DENY;
        out->missing = v->reason == ACCESS_CONDITION ? v->set : 0;
    }
}

void ent_decide(const struct ent_set *e, const struct ent_question *q, struct ent_answer *out)
{
    const struct access_facts f = {
        .now = q->now,
        .acr = q->acr,
        .psc = q->psc,
        .urgence = q->urgence,
        .presence_physique = q->presence_physique,
        .supervise = q->supervise,
        .motif = q->motif,
    };
    bool no_place = q->structure.ptr == NULL;
    size_t place = no_place ? e->place_count : find_place(e, q->structure);
    struct verdict v;
    *out = (struct ent_answer){ .effect = ENT_ASK };
    if (!no_place && place == e->place_count)
        return; /* outside the token */
    if (!judge_all(e, q, place, &f, &v) || v.trace)
        return; /* a traced decision is journalled: it must be the server's */
    if (no_place && (v.reason != ACCESS_OK || v.set != 0))
        return; /* a right held elsewhere may do better */
    answer(&v, out);
}

bool ent_has(const struct ent_set *e, struct str resource, struct str action)
{
    for (size_t i = first_right(e, resource); i < e->right_count; i++) {
        if (!str_eq(e->rights[i].resource, resource))
            return false;
        if (str_in_list(e->rights[i].actions, '|', action))
            return true;
    }
    return false;
}
