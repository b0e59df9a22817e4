#include "engine/compile.h"

#include <stdlib.h>

enum { MEMORY_MAX = 1024 * 1024 * 1024 }; /* bytes, of a snapshot */

err_t compile_problem(struct compiler *c, enum model_problem what, const char *in, struct str code,
                      uint64_t origin)
{
    c->problem = (struct problem){ .what = what, .in = in, .code = code, .origin = origin };
    return ERR(CONFIG);
}

err_t compile_copy(struct compiler *c, struct str text, struct str *out)
{
    return arena_str(c->s->memory, text, out);
}

void *compile_array(struct compiler *c, size_t count, size_t size)
{
    return arena_array(c->s->memory, count == 0 ? 1 : count, size);
}

void *compile_scratch(struct compiler *c, size_t count, size_t size)
{
    return arena_array(c->scratch, count == 0 ? 1 : count, size);
}

static int by_code(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = str_cmp(x->code, y->code);
    return order != 0 ? order : (x->def > y->def) - (x->def < y->def);
}

err_t compile_sort(struct compiler *c, struct named *list, size_t count, const char *in)
{
    for (size_t i = 0; i < count; i++)
        if (!access_is_code(list[i].code))
            return compile_problem(c, MODEL_BAD_CODE, in, list[i].code, list[i].origin);
    qsort(list, count, sizeof *list, by_code);
    const struct named *twice = NULL; /* the earliest in the model's order */
    for (size_t i = 1; i < count; i++)
        if (str_eq(list[i].code, list[i - 1].code) && (twice == NULL || list[i].def < twice->def))
            twice = &list[i];
    return twice == NULL ? ERR(OK)
                         : compile_problem(c, MODEL_DUPLICATE, in, twice->code, twice->origin);
}

err_t compile_index(struct compiler *c, const struct named *list, size_t count,
                    const struct str **codes, struct index *index)
{
    struct str *copy = compile_array(c, count, sizeof *copy);
    if (copy == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        TRY(compile_copy(c, list[i].code, &copy[i]));
    *codes = copy;
    return index_build(c->s->memory, copy, count, index);
}

static err_t run_steps(struct compiler *c)
{
    err_t (*const steps[])(struct compiler *) = {
        compile_structures,    compile_resources,    compile_bundles,
        compile_grants,        compile_prohibitions, compile_incompatibilities,
        compile_subject_types, compile_declared,     compile_instances,
    };
    for (size_t i = 0; i < COUNT(steps); i++)
        TRY(steps[i](c));
    return ERR(OK);
}

static err_t snapshot_new(struct snapshot **out)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR(NO_MEMORY);
    err_t e = arena_new(MEMORY_MAX, &s->memory);
    if (!err_ok(e)) {
        free(s);
        return e;
    }
    atomic_init(&s->refs, 1);
    access_words_init(&s->words);
    s->login = access_words_of(ACCESS_KIND_LOGIN);
    s->obligations = access_words_of(ACCESS_KIND_OBLIGATION);
    *out = s;
    return ERR(OK);
}

err_t engine_compile(const struct model *m, struct snapshot **out, struct problem *problem)
{
    struct compiler c = { .m = m };
    TRY(snapshot_new(&c.s));
    err_t e = arena_new(MEMORY_MAX, &c.scratch);
    if (err_ok(e))
        e = run_steps(&c);
    arena_free(c.scratch);
    *problem = c.problem;
    if (!err_ok(e)) {
        snapshot_unref(c.s);
        return e;
    }
    *out = c.s;
    return ERR(OK);
}
