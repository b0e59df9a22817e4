#include "engine/compile.h"

#include <stdlib.h>
#include <string.h>

static const char in[] = "grant";

/* A line of the matrix on its way: read, checked, then sorted so that file order does not matter. */
struct line {
    const struct grant_def *def;
    enum scope scope;
    uint64_t conditions;
    uint64_t *rights; /* bit set */
    int holder;       /* a bundle */
};

/* One right of one line in one bundle. */
struct grain {
    int bundle, right;
    struct pair pair;
};

struct grains {
    struct grain *list;
    size_t count, cap;
};

static enum scope scope_of(struct str name)
{
    static const struct {
        struct str name;
        enum scope scope;
    } scopes[] = {
        { STR_INIT("soi"), SCOPE_SOI },
        { STR_INIT("file"), SCOPE_FILE },
        { STR_INIT("unite"), SCOPE_UNITE },
        { STR_INIT("etab"), SCOPE_ETAB },
        { STR_INIT("etabs"), SCOPE_ETAB },
        { STR_INIT("og"), SCOPE_OG },
        { STR_INIT("groupement"), SCOPE_GROUPEMENT },
    };
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (str_eq(scopes[i].name, name))
            return scopes[i].scope;
    return SCOPE_UNSET;
}

static int bundle_of(const struct snapshot *s, struct str code)
{
    int profile = index_find(&s->profile_index, code);
    if (profile != ENGINE_NONE)
        return profile;
    int lot = index_find(&s->lot_index, code);
    return lot == ENGINE_NONE ? ENGINE_NONE : s->profile_count + lot;
}

static err_t read_conditions(struct compiler *c, const struct grant_def *d, uint64_t *set)
{
    struct str rest = d->conditions, name;
    uint64_t all = 0;
    if (str_ends(rest, STR(",")))
        return compile_problem(c, MODEL_BAD_NAME, in, rest, d->origin);
    while (str_next(&rest, ',', &name)) {
        uint64_t bit = 0;
        if (!access_is_name(name))
            return compile_problem(c, MODEL_BAD_NAME, in, name, d->origin);
        struct str kept = name;
        if (access_kind_of(name) == ACCESS_KIND_NEVER || access_kind_of(name) == ACCESS_KIND_FILE)
            TRY(compile_copy(c, name, &kept)); /* the snapshot outlives the model */
        if (!err_ok(access_words_add(&c->s->words, kept, &bit)))
            return compile_problem(c, MODEL_TOO_MANY, in, name, d->origin);
        all |= bit;
    }
    *set = all;
    return ERR(OK);
}

static err_t read_line(struct compiler *c, const struct grant_def *d, struct line *line)
{
    line->def = d;
    line->holder = bundle_of(c->s, d->profile);
    line->scope = scope_of(d->scope);
    if (line->holder == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_PROFILE, in, d->profile, d->origin);
    if (line->scope == SCOPE_UNSET)
        return compile_problem(c, MODEL_UNKNOWN_SCOPE, in, d->scope, d->origin);
    line->rights = compile_scratch(c, c->s->right_words, sizeof *line->rights);
    if (line->rights == NULL)
        return ERR(NO_MEMORY);
    TRY(compile_rights(c, d->resource, d->actions, in, d->origin, line->rights));
    return read_conditions(c, d, &line->conditions);
}

/* By what people read, so that numbers do not depend on the order of files and lines. */
static int by_text(const void *a, const void *b)
{
    const struct grant_def *x = ((const struct line *)a)->def, *y = ((const struct line *)b)->def;
    int order = str_cmp(x->profile, y->profile);
    if (order == 0)
        order = str_cmp(x->resource, y->resource);
    if (order == 0)
        order = str_cmp(x->scope, y->scope);
    if (order == 0)
        order = str_cmp(x->conditions, y->conditions);
    if (order == 0)
        order = str_cmp(x->actions, y->actions);
    return order != 0 ? order : str_cmp(x->note, y->note);
}

static err_t copy_grant(struct compiler *c, const struct grant_def *d, struct engine_grant *out)
{
    TRY(compile_copy(c, d->profile, &out->holder));
    TRY(compile_copy(c, d->resource, &out->resource));
    TRY(compile_copy(c, d->actions, &out->actions));
    TRY(compile_copy(c, d->scope, &out->scope));
    TRY(compile_copy(c, d->conditions, &out->conditions));
    return compile_copy(c, d->note, &out->note);
}

static err_t read_lines(struct compiler *c, struct line **out)
{
    const struct grant_def *defs = c->m->grants.at;
    size_t count = c->m->grants.count;
    struct line *lines = compile_scratch(c, count, sizeof *lines);
    struct engine_grant *grants = compile_array(c, count, sizeof *grants);
    if (lines == NULL || grants == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        TRY(read_line(c, &defs[i], &lines[i]));
    qsort(lines, count, sizeof *lines, by_text);
    for (size_t i = 0; i < count; i++)
        TRY(copy_grant(c, lines[i].def, &grants[i]));
    c->s->grants = grants;
    c->s->grant_count = (int)count;
    *out = lines;
    return ERR(OK);
}

static err_t add_grain(struct grains *g, const struct grain *grain)
{
    if (g->count == g->cap) {
        size_t cap = g->cap == 0 ? 4096 : 2 * g->cap;
        struct grain *grown = realloc(g->list, cap * sizeof *grown);
        if (grown == NULL)
            return ERR(NO_MEMORY);
        g->list = grown;
        g->cap = cap;
    }
    g->list[g->count++] = *grain;
    return ERR(OK);
}

static err_t add_line(struct compiler *c, struct grains *g, const struct line *line,
                      uint32_t number, int bundle)
{
    for (size_t w = 0; w < c->s->right_words; w++)
        for (uint64_t bits = line->rights[w]; bits != 0; bits &= bits - 1) {
            struct grain grain = { bundle,
                                   (int)(w * 64) + __builtin_ctzll(bits),
                                   { line->conditions, number, line->scope } };
            TRY(add_grain(g, &grain));
        }
    return ERR(OK);
}

/* Does a profile use a lot? Checked here, expanded in add_uses(). */
static err_t check_use(struct compiler *c, const struct lot_use_def *d)
{
    if (index_find(&c->s->profile_index, d->profile) == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_PROFILE, "lot use", d->profile, d->origin);
    if (index_find(&c->s->lot_index, d->lot) == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_LOT, "lot use", d->lot, d->origin);
    return ERR(OK);
}

static err_t add_uses(struct compiler *c, struct grains *g, const struct line *line,
                      uint32_t number)
{
    const struct lot_use_def *uses = c->m->lot_uses.at;
    for (size_t i = 0; i < c->m->lot_uses.count; i++) {
        if (!str_eq(uses[i].lot, line->def->profile))
            continue;
        int profile = index_find(&c->s->profile_index, uses[i].profile);
        TRY(add_line(c, g, line, number, profile));
    }
    return ERR(OK);
}

static int by_cell(const void *a, const void *b)
{
    const struct grain *x = a, *y = b;
    if (x->bundle != y->bundle)
        return x->bundle < y->bundle ? -1 : 1;
    if (x->right != y->right)
        return x->right < y->right ? -1 : 1;
    return (x->pair.grant > y->pair.grant) - (x->pair.grant < y->pair.grant);
}

/* The same right, scope and conditions written twice for one holder. */
static bool is_slip(const struct line *a, const struct line *b)
{
    return a != b && a->holder == b->holder && str_eq(a->def->scope, b->def->scope);
}

/* A slip of the pen is refused. Through a lot, or as `etab` and `etabs`, it is harmless: the second
 * pair is dropped. */
static err_t drop_doubles(struct compiler *c, struct grains *g, const struct line *lines)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct grain *x = &g->list[i];
        bool twice = false;
        for (size_t k = kept; k > 0 && !twice; k--) {
            const struct grain *y = &g->list[k - 1];
            if (y->bundle != x->bundle || y->right != x->right)
                break;
            twice = y->pair.scope == x->pair.scope && y->pair.conditions == x->pair.conditions;
            if (twice && is_slip(&lines[x->pair.grant], &lines[y->pair.grant])) {
                const struct grant_def *d = lines[x->pair.grant].def;
                return compile_problem(c, MODEL_DUPLICATE, in, d->resource, d->origin);
            }
        }
        if (!twice)
            g->list[kept++] = *x;
    }
    g->count = kept;
    return ERR(OK);
}

/* Lays the sorted grains out: a bit set of rights for each bundle, cells, pairs. */
static err_t lay_out(struct compiler *c, const struct grains *g)
{
    struct snapshot *s = c->s;
    size_t words = s->right_words, bundles = (size_t)s->bundle_count;
    struct bundle *bundle = compile_array(c, bundles, sizeof *bundle);
    uint64_t *rights = compile_array(c, bundles * words, sizeof *rights);
    uint32_t *before = compile_array(c, bundles * words, sizeof *before);
    uint32_t *cells = compile_array(c, g->count + 1, sizeof *cells);
    struct pair *pairs = compile_array(c, g->count, sizeof *pairs);
    if (bundle == NULL || rights == NULL || before == NULL || cells == NULL || pairs == NULL)
        return ERR(NO_MEMORY);
    uint32_t cell = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct grain *x = &g->list[i];
        if (i == 0 || x[-1].bundle != x->bundle || x[-1].right != x->right)
            cells[cell++] = (uint32_t)i;
        bit_put(rights + (size_t)x->bundle * words, x->right);
        pairs[i] = x->pair;
    }
    cells[cell] = (uint32_t)g->count;
    uint32_t seen = 0;
    for (size_t w = 0; w < bundles * words; w++) {
        before[w] = seen;
        seen += (uint32_t)__builtin_popcountll(rights[w]);
    }
    for (size_t b = 0; b < bundles; b++)
        bundle[b] = (struct bundle){ rights + b * words, before + b * words, NULL };
    s->bundles = bundle;
    s->cells = cells;
    s->pairs = pairs;
    return ERR(OK);
}

static err_t check_uses(struct compiler *c)
{
    const struct lot_use_def *uses = c->m->lot_uses.at;
    for (size_t i = 0; i < c->m->lot_uses.count; i++)
        TRY(check_use(c, &uses[i]));
    return ERR(OK);
}

static err_t gather(struct compiler *c, struct grains *g)
{
    struct line *lines = NULL;
    TRY(check_uses(c));
    TRY(read_lines(c, &lines));
    for (uint32_t i = 0; i < (uint32_t)c->s->grant_count; i++) {
        TRY(add_line(c, g, &lines[i], i, lines[i].holder));
        if (lines[i].holder >= c->s->profile_count)
            TRY(add_uses(c, g, &lines[i], i));
    }
    if (g->count > 0)
        qsort(g->list, g->count, sizeof *g->list, by_cell);
    return drop_doubles(c, g, lines);
}

err_t compile_grants(struct compiler *c)
{
    struct grains g = { 0 };
    err_t e = gather(c, &g);
    if (err_ok(e))
        e = lay_out(c, &g);
    free(g.list);
    return e;
}
