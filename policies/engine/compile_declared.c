#include "engine/compile.h"

#include <stdlib.h>

/* What an application declares of its own. A condition that it declares has a bit like those that
 * never hold: only a question that says so makes it hold. */

/* A JSON scalar that can be compared as text: no escape, nothing that separates values here. */
static bool is_value(struct str v)
{
    int64_t number;
    if (str_eq(v, STR("true")) || str_eq(v, STR("false")))
        return true;
    if (v.len < 2 || v.ptr[0] != '"')
        return str_to_i64(v, &number) && v.len > 0;
    struct str inside = str_from(v.ptr + 1, v.len - 2);
    return v.ptr[v.len - 1] == '"' && str_is_printable(inside) && !str_has_char(inside, '"') &&
           !str_has_char(inside, '\\') && !str_has_char(inside, '|');
}

static size_t count_of(struct str list, char separator)
{
    struct str part;
    size_t n = 0;
    while (str_next(&list, separator, &part))
        n++;
    return n;
}

/* ---- names for `person` ---- */

err_t compile_subject_types(struct compiler *c)
{
    static const char in[] = "subject type";
    const struct subject_type_def *defs = c->m->subject_types.at;
    size_t count = c->m->subject_types.count;
    struct subject_type *list = compile_array(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        list[i].application = index_find(&c->s->application_index, defs[i].application);
        if (list[i].application == ENGINE_NONE)
            return compile_problem(c, MODEL_UNKNOWN_APPLICATION, in, defs[i].application,
                                   defs[i].origin);
        if (!access_is_name(defs[i].type))
            return compile_problem(c, MODEL_BAD_NAME, in, defs[i].type, defs[i].origin);
        TRY(compile_copy(c, defs[i].type, &list[i].type));
    }
    c->s->subject_types = list;
    c->s->subject_type_count = count;
    return ERR(OK);
}

/* ---- conditions ---- */

static err_t read_values(struct compiler *c, const struct declared_def *def, struct declared *out)
{
    struct str rest = def->values, value;
    struct str *values = compile_array(c, count_of(rest, '|'), sizeof *values);
    if (values == NULL)
        return ERR(NO_MEMORY);
    while (str_next(&rest, '|', &value)) {
        if (str_eq(value, STR("absent"))) {
            out->or_absent = true;
            continue;
        }
        if (!is_value(value))
            return compile_problem(c, MODEL_BAD_VALUE, "condition", value, def->origin);
        TRY(compile_copy(c, value, &values[out->value_count++]));
    }
    if (out->value_count == 0 && !out->or_absent)
        return compile_problem(c, MODEL_BAD_VALUE, "condition", def->values, def->origin);
    out->values = values;
    return ERR(OK);
}

static err_t read_declared(struct compiler *c, const struct declared_def *def, struct declared *out)
{
    static const char in[] = "condition";
    struct str name;
    out->application = index_find(&c->s->application_index, def->application);
    if (out->application == ENGINE_NONE)
        return compile_problem(c, MODEL_UNKNOWN_APPLICATION, in, def->application, def->origin);
    bool ours = access_kind_of(def->condition) != ACCESS_KIND_NEVER;
    if (ours || !access_is_name(def->condition) || !access_is_name(def->property))
        return compile_problem(c, MODEL_BAD_NAME, in, ours ? def->condition : def->property,
                               def->origin);
    out->object = engine_object_of(def->object);
    if (out->object == ENGINE_OBJECT_UNSET)
        return compile_problem(c, MODEL_BAD_NAME, in, def->object, def->origin);
    TRY(compile_copy(c, def->condition, &name));
    TRY(compile_copy(c, def->property, &out->property));
    if (!err_ok(access_words_add(&c->s->words, name, &out->bit)))
        return compile_problem(c, MODEL_TOO_MANY, in, def->condition, def->origin);
    return read_values(c, def, out);
}

err_t compile_declared(struct compiler *c)
{
    const struct declared_def *defs = c->m->declared.at;
    size_t count = c->m->declared.count;
    struct declared *list = compile_array(c, count, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        TRY(read_declared(c, &defs[i], &list[i]));
        for (size_t k = 0; k < i; k++) /* one condition, one test */
            if (list[k].application == list[i].application && list[k].bit == list[i].bit)
                return compile_problem(c, MODEL_DUPLICATE, "condition", defs[i].condition,
                                       defs[i].origin);
        c->s->declared_bits |= list[i].bit;
    }
    c->s->declared = list;
    c->s->declared_count = count;
    return ERR(OK);
}

/* ---- instances ---- */

struct sorted {
    const struct instance_def *def;
    int resource;
};

static int by_id(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;
    if (x->resource != y->resource)
        return x->resource < y->resource ? -1 : 1;
    return str_cmp(x->def->id, y->def->id);
}

static err_t read_properties(struct compiler *c, const struct instance_def *def,
                             struct engine_instance *out)
{
    struct str rest = def->properties, one, name;
    struct engine_property *list = compile_array(c, count_of(rest, '|'), sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (; str_next(&rest, '|', &one); out->property_count++) {
        struct engine_property *p = &list[out->property_count];
        if (!str_cut(&one, '=', &name) || !access_is_name(name) || !is_value(one))
            return compile_problem(c, MODEL_BAD_VALUE, "instance", def->properties, def->origin);
        p->of = ENGINE_OBJECT_RESOURCE;
        TRY(compile_copy(c, name, &p->name));
        TRY(compile_copy(c, one, &p->value));
    }
    out->properties = list;
    return compile_copy(c, def->id, &out->id);
}

static err_t sort_instances(struct compiler *c, struct sorted *list, size_t count)
{
    static const char in[] = "instance";
    const struct instance_def *defs = c->m->instances.at;
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct sorted){ &defs[i], index_find(&c->s->resource_index, defs[i].resource) };
        if (list[i].resource == ENGINE_NONE)
            return compile_problem(c, MODEL_UNKNOWN_RESOURCE, in, defs[i].resource, defs[i].origin);
        if (defs[i].id.len == 0 || !str_is_printable(defs[i].id))
            return compile_problem(c, MODEL_BAD_CODE, in, defs[i].id, defs[i].origin);
    }
    qsort(list, count, sizeof *list, by_id);
    for (size_t i = 1; i < count; i++)
        if (by_id(&list[i - 1], &list[i]) == 0)
            return compile_problem(c, MODEL_DUPLICATE, in, list[i].def->id, list[i].def->origin);
    return ERR(OK);
}

err_t compile_instances(struct compiler *c)
{
    size_t count = c->m->instances.count, resources = (size_t)c->s->resource_count;
    struct sorted *sorted = compile_scratch(c, count, sizeof *sorted);
    struct engine_instance *list = compile_array(c, count, sizeof *list);
    uint32_t *of = compile_array(c, resources + 1, sizeof *of);
    if (sorted == NULL || list == NULL || of == NULL)
        return ERR(NO_MEMORY);
    TRY(sort_instances(c, sorted, count));
    for (size_t i = 0; i < count; i++) {
        TRY(read_properties(c, sorted[i].def, &list[i]));
        of[sorted[i].resource + 1]++;
    }
    for (size_t r = 0; r < resources; r++)
        of[r + 1] += of[r];
    c->s->instances = list;
    c->s->instances_of = of;
    return ERR(OK);
}
