#include "base/buf.h"
#include "engine/snapshot.h"

#include <string.h>

/* A token under construction. A set of places is a bit set over the numbers top to last. */
struct making {
    const struct snapshot *s;
    const struct engine_subject *p;
    const struct engine_token *t;
    struct arena *scratch;
    int top, last;
    size_t words;   /* of a set of places */
    uint64_t *open; /* the places that are open now */
    engine_emit_fn *emit;
    void *ctx;
};

/* One line of the token: some actions of one resource, reached alike under the same terms. */
struct line {
    uint64_t actions;
    uint64_t terms; /* conditions left to check, obligations, FILE */
    uint64_t *where;
    bool soi; /* also: the owner is the subject */
    bool ask; /* an emergency is open, or it depends on what is asked: only the server can tell */
    bool covered; /* says nothing that another line does not */
};

struct lines {
    struct line *list;
    size_t count, cap;
};

static const uint64_t never_bits = ~(((uint64_t)1 << ACCESS_WORD_KNOWN) - 1);

/* ---- sets of places ---- */

static uint64_t *set_new(struct making *m)
{
    return arena_array(m->scratch, m->words, sizeof(uint64_t));
}

static bool set_equal(const struct making *m, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, m->words * sizeof *a) == 0;
}

static bool set_within(const struct making *m, const uint64_t *a, const uint64_t *b)
{
    for (size_t i = 0; i < m->words; i++)
        if ((a[i] & ~b[i]) != 0)
            return false;
    return true;
}

static bool set_is_empty(const struct making *m, const uint64_t *a)
{
    for (size_t i = 0; i < m->words; i++)
        if (a[i] != 0)
            return false;
    return true;
}

static bool is_open_here(const struct making *m, int node)
{
    return bit_get(m->open, node - m->top);
}

/* The open places where nothing forbids RIGHT now. */
static err_t allowed_places(struct making *m, int right, uint64_t **out)
{
    const struct snapshot *s = m->s;
    int64_t now = m->t->now;
    uint64_t *set = set_new(m);
    if (set == NULL)
        return ERR(NO_MEMORY);
    for (int i = m->top; i <= m->last; i++)
        if (is_open_here(m, i) && !engine_is_never(s, m->p, right, i, now) &&
            !engine_is_closed(s, right, i, now))
            bit_put(set, i - m->top);
    *out = set;
    return ERR(OK);
}

/* Those of ALLOWED that a pair held at FROM reaches. */
static err_t reached_places(struct making *m, const struct pair *pair, int from,
                            const uint64_t *allowed, uint64_t **out)
{
    uint64_t *set = set_new(m);
    if (set == NULL)
        return ERR(NO_MEMORY);
    int reach = reach_of(m->s, pair->scope, from);
    for (int i = m->top; i <= m->last; i++)
        if (bit_get(allowed, i - m->top) && (pair->scope == SCOPE_SOI || is_within(m->s, i, reach)))
            bit_put(set, i - m->top);
    *out = set;
    return ERR(OK);
}

/* ---- what the person holds ---- */

/* What remains to be checked while the token lives. */
static uint64_t terms_of(const struct making *m, const struct hold *h, const struct pair *pair)
{
    uint64_t settled = h->end != MODEL_EVER ? access_words_of(ACCESS_KIND_DATED) : 0;
    if (m->t->acr >= ACCESS_EIDAS2)
        settled |= ACCESS_BIT(2F);
    if (m->t->psc && m->t->acr != ACCESS_ACR_NONE)
        settled |= ACCESS_BIT(PSC);
    return (pair->conditions & ~settled) | (pair->scope == SCOPE_FILE ? ACCESS_BIT(FILE) : 0);
}

static bool is_same_line(const struct making *m, const struct line *a, const struct line *b)
{
    return a->terms == b->terms && a->soi == b->soi && a->ask == b->ask &&
           set_equal(m, a->where, b->where);
}

/* B answers whatever A answers, and at least as well: A may be left out of the token. */
static bool is_covered_by(const struct making *m, const struct line *a, const struct line *b)
{
    return !a->ask && !b->ask && a->soi == b->soi && (b->terms & ~a->terms) == 0 &&
           ((a->terms ^ b->terms) & ACCESS_BIT(TRACE)) == 0 && set_within(m, a->where, b->where);
}

static err_t add_line(struct making *m, struct lines *l, const struct line *line)
{
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
        struct line *grown = arena_array(m->scratch, cap, sizeof *grown);
        if (grown == NULL)
            return ERR(NO_MEMORY);
        for (size_t i = 0; i < l->count; i++)
            grown[i] = l->list[i];
        l->list = grown;
        l->cap = cap;
    }
    l->list[l->count++] = *line;
    return ERR(OK);
}

static err_t add_pair(struct making *m, struct lines *l, const struct hold *h,
                      const struct pair *pair, const uint64_t *allowed)
{
    struct line line = { .soi = pair->scope == SCOPE_SOI, .ask = h->is_emergency };
    if ((pair->conditions & m->s->declared_bits) != 0)
        line.ask = true; /* on what the application will send */
    TRY(reached_places(m, pair, h->structure, h->is_emergency ? m->open : allowed, &line.where));
    if (set_is_empty(m, line.where) && !line.soi)
        return ERR(OK);
    line.terms = line.ask ? 0 : terms_of(m, h, pair);
    for (size_t i = 0; i < l->count; i++)
        if (is_same_line(m, &l->list[i], &line))
            return ERR(OK);
    return add_line(m, l, &line);
}

static bool gives(const struct making *m, const struct hold *h, int right)
{
    if (!is_live(h, m->t->now) || !is_open(m->s, h->structure, m->t->now))
        return false;
    return !h->is_emergency ||
           (!bit_get(m->s->no_emergency, right) &&
            (h->resource == ENGINE_NONE || h->resource == m->s->right_resources[right]));
}

/* All that the person holds for one right. */
static err_t gather_right(struct making *m, int right, struct lines *l)
{
    uint64_t *allowed = NULL;
    for (size_t i = 0; i < m->p->count; i++) {
        const struct hold *h = &m->p->holds[i];
        size_t count = 0;
        const struct pair *pairs = pairs_of(m->s, h->bundle, right, &count);
        if (count == 0 || !gives(m, h, right))
            continue;
        if (allowed == NULL)
            TRY(allowed_places(m, right, &allowed));
        for (size_t k = 0; k < count; k++)
            TRY(add_pair(m, l, h, &pairs[k], allowed));
    }
    return ERR(OK);
}

static void mark_covered(const struct making *m, const struct lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->count && !l->list[i].covered; k++)
            l->list[i].covered =
                k != i && !l->list[k].covered && is_covered_by(m, &l->list[i], &l->list[k]);
}

/* The lines of one right, without those that others cover. */
static err_t lines_of_right(struct making *m, int right, struct lines *out)
{
    struct lines l = { 0 };
    TRY(gather_right(m, right, &l));
    mark_covered(m, &l);
    for (size_t i = 0; i < l.count; i++)
        if (!l.list[i].covered)
            TRY(add_line(m, out, &l.list[i]));
    return ERR(OK);
}

/* Actions that are reached alike share a line. */
static err_t lines_of_resource(struct making *m, const struct resource *r, struct lines *out)
{
    for (int k = 0; k < r->action_count; k++) {
        struct lines l = { 0 };
        TRY(lines_of_right(m, r->first_right + k, &l));
        for (size_t i = 0; i < l.count; i++) {
            size_t same = 0;
            while (same < out->count && !is_same_line(m, &out->list[same], &l.list[i]))
                same++;
            if (same == out->count)
                TRY(add_line(m, out, &l.list[i]));
            out->list[same].actions |= (uint64_t)1 << k;
        }
    }
    return ERR(OK);
}

/* ---- as text ---- */

/* Is everything that is open at or below NODE in the set? */
static bool holds_all_below(const struct making *m, const uint64_t *set, int node)
{
    for (int i = node; i <= m->s->places[node].last; i++)
        if (is_open_here(m, i) && !bit_get(set, i - m->top))
            return false;
    return true;
}

static void write_set(const struct making *m, const uint64_t *set, struct buf *b)
{
    const char *comma = "";
    if (set_is_empty(m, set))
        buf_add_char(b, '-');
    for (int i = m->top; i <= m->last;) {
        bool whole = bit_get(set, i - m->top) && holds_all_below(m, set, i);
        if (bit_get(set, i - m->top)) {
            buf_add(b, str_of(comma));
            buf_add(b, str_of(whole ? "" : "="));
            buf_add(b, m->s->structure_codes[i]);
            comma = ",";
        }
        i = whole ? m->s->places[i].last + 1 : i + 1;
    }
}

static void write_reach(const struct making *m, const struct line *line, struct buf *b)
{
    bool everywhere = set_equal(m, line->where, m->open);
    if (line->soi)
        buf_add(b, STR("@soi"));
    if (everywhere)
        return;
    buf_add_char(b, line->soi ? ',' : '@');
    write_set(m, line->where, b);
}

static void write_terms(const struct making *m, uint64_t terms, struct buf *b)
{
    struct str names[ACCESS_WORD_MAX];
    uint64_t lost = terms & (never_bits | access_words_of(ACCESS_KIND_DATED));
    const char *sep = ";";
    unsigned count = access_words_list(&m->s->words, terms & ~lost, names);
    for (unsigned i = 0; i < count; i++, sep = ",") {
        buf_add(b, str_of(sep));
        buf_add(b, names[i]);
    }
    count = access_words_list(&m->s->words, lost, names);
    for (unsigned i = 0; i < count; i++, sep = ",") {
        buf_add(b, str_of(sep));
        buf_add_char(b, '!');
        buf_add(b, names[i]);
    }
}

static void write_right(const struct making *m, int resource, uint64_t actions, struct buf *b)
{
    char sep = ':';
    buf_add(b, m->s->resource_codes[resource]);
    for (; actions != 0; actions &= actions - 1) {
        buf_add_char(b, sep);
        buf_add(b, engine_action_at(m->s, resource, __builtin_ctzll(actions)));
        sep = '|';
    }
}

static err_t emit_line(struct making *m, int resource, const struct line *line)
{
    struct buf b;
    buf_init(&b, ACCESS_RIGHT_LEN_MAX);
    write_right(m, resource, line->actions, &b);
    write_reach(m, line, &b);
    if (line->ask)
        buf_add(&b, STR(";?"));
    else
        write_terms(m, line->terms, &b);
    if (buf_err(&b).code == ERR_TOO_LARGE) { /* too finely cut for a token: the server will tell */
        buf_reset(&b);
        write_right(m, resource, line->actions, &b);
        buf_add(&b, STR(";?"));
    }
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = m->emit(m->ctx, buf_str(&b));
    buf_done(&b);
    return e;
}

static int depth_of(const struct making *m, int node)
{
    int depth = 0;
    for (; node != m->top; node = m->s->structures[node].parent)
        depth++;
    return depth;
}

static void write_place(const struct making *m, int node, struct buf *b)
{
    struct str code = m->s->structure_codes[node];
    if (node == m->top) {
        buf_add(b, code);
        return;
    }
    buf_add_char(b, ' ');
    for (int i = depth_of(m, node); i > 0; i--)
        buf_add_char(b, '>');
    struct str parent = m->s->structure_codes[m->s->structures[node].parent];
    bool prefixed =
        str_starts(code, parent) && code.len > parent.len + 1 && code.ptr[parent.len] == '.';
    buf_add(b, prefixed ? str_from(code.ptr + parent.len, code.len - parent.len) : code);
}

/* A tree too large for a token is left out whole: the token then covers nothing and always asks. */
static err_t emit_places(struct making *m)
{
    struct buf b;
    int count = 0;
    buf_init(&b, ACCESS_PLACES_LEN_MAX);
    buf_add_char(&b, '@');
    for (int i = m->top; i <= m->last; i++)
        if (is_open_here(m, i)) {
            write_place(m, i, &b);
            count++;
        }
    if (count > ACCESS_PLACES_MAX || buf_err(&b).code == ERR_TOO_LARGE) {
        buf_reset(&b);
        buf_add_char(&b, '@');
        memset(m->open, 0, m->words * sizeof *m->open);
    }
    err_t e = buf_err(&b);
    if (err_ok(e))
        e = m->emit(m->ctx, buf_str(&b));
    buf_done(&b);
    return e;
}

/* ---- how long it stays true ---- */

static void earlier(int64_t now, int64_t instant, int64_t *first)
{
    if (instant > now && instant < *first)
        *first = instant;
}

/* Every instant at which one of the facts that were read may change: coarser than needed, never late. */
static int64_t first_change(const struct making *m)
{
    const struct snapshot *s = m->s;
    int64_t now = m->t->now, first = MODEL_EVER;
    for (size_t i = 0; i < m->p->count; i++) {
        const struct hold *h = &m->p->holds[i];
        earlier(now, h->start, &first);
        earlier(now, h->end, &first);
        earlier(now, s->places[h->structure].open_from, &first);
        earlier(now, s->places[h->structure].open_until, &first);
    }
    for (int i = m->top; i <= m->last; i++) {
        earlier(now, s->places[i].open_from, &first);
        earlier(now, s->places[i].open_until, &first);
    }
    for (size_t i = 0; i < s->closure_count; i++) {
        earlier(now, s->closures[i].from, &first);
        earlier(now, s->closures[i].until, &first);
    }
    return first;
}

static err_t emit_resource(struct making *m, int resource)
{
    struct lines l = { 0 };
    TRY(lines_of_resource(m, &m->s->resources[resource], &l));
    for (size_t i = 0; i < l.count; i++)
        TRY(emit_line(m, resource, &l.list[i]));
    return ERR(OK);
}

static err_t emit_all(struct making *m)
{
    const struct snapshot *s = m->s;
    m->open = set_new(m);
    if (m->open == NULL)
        return ERR(NO_MEMORY);
    for (int i = m->top; i <= m->last; i++)
        if (is_open(s, i, m->t->now))
            bit_put(m->open, i - m->top);
    TRY(emit_places(m));
    for (int r = 0; r < s->resource_count; r++)
        if (s->resources[r].application == m->t->application)
            TRY(emit_resource(m, r));
    return ERR(OK);
}

enum { SCRATCH_MAX = 64 * 1024 * 1024 }; /* bytes */

err_t engine_entitlements(const struct snapshot *s, const struct engine_subject *subject,
                          const struct engine_token *t, engine_emit_fn *emit, void *ctx,
                          int64_t *not_after)
{
    struct making m = { .s = s, .p = subject, .t = t, .emit = emit, .ctx = ctx };
    if (subject == NULL || subject->of != s || t->structure < 0 ||
        t->structure >= s->structure_count || t->application < 0 ||
        t->application >= s->application_count)
        return ERR(NOT_FOUND);
    if (!subject->active)
        return ERR(SUSPENDED);
    m.top = s->places[t->structure].etab;
    m.last = s->places[m.top].last;
    m.words = (size_t)(m.last - m.top) / 64 + 1;
    TRY(arena_new(SCRATCH_MAX, &m.scratch));
    err_t e = emit_all(&m);
    if (err_ok(e))
        *not_after = first_change(&m);
    arena_free(m.scratch);
    return e;
}
