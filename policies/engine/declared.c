#include "engine/declared.h"

#include "engine/snapshot.h"

enum engine_object engine_object_of(struct str name)
{
    if (str_eq(name, STR("subject")))
        return ENGINE_OBJECT_SUBJECT;
    if (str_eq(name, STR("action")))
        return ENGINE_OBJECT_ACTION;
    return str_eq(name, STR("resource")) ? ENGINE_OBJECT_RESOURCE : ENGINE_OBJECT_UNSET;
}

bool engine_is_subject_type(const struct snapshot *s, int application, struct str type)
{
    if (str_eq(type, STR("person")))
        return true;
    for (size_t i = 0; i < s->subject_type_count; i++)
        if (s->subject_types[i].application == application &&
            str_eq(s->subject_types[i].type, type))
            return true;
    return false;
}

bool engine_is_declared(const struct snapshot *s, int application, enum engine_object of,
                        struct str name)
{
    for (size_t i = 0; i < s->declared_count; i++) {
        const struct declared *d = &s->declared[i];
        if (d->application == application && d->object == of && str_eq(d->property, name))
            return true;
    }
    return false;
}

static bool has_value(const struct declared *d, struct str value)
{
    for (size_t i = 0; i < d->value_count; i++)
        if (str_eq(d->values[i], value))
            return true;
    return false;
}

static bool holds(const struct declared *d, const struct engine_property *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].of == d->object && str_eq(list[i].name, d->property))
            return has_value(d, list[i].value);
    return d->or_absent;
}

uint64_t engine_declared(const struct snapshot *s, int application,
                         const struct engine_property *list, size_t count)
{
    uint64_t set = 0;
    for (size_t i = 0; i < s->declared_count; i++)
        if (s->declared[i].application == application && holds(&s->declared[i], list, count))
            set |= s->declared[i].bit;
    return set;
}

size_t engine_instance_count(const struct snapshot *s, int resource)
{
    return s->instances_of[resource + 1] - s->instances_of[resource];
}

struct engine_instance engine_instance_at(const struct snapshot *s, int resource, size_t i)
{
    return s->instances[s->instances_of[resource] + i];
}

bool engine_instance_find(const struct snapshot *s, int resource, struct str id,
                          struct engine_instance *out)
{
    size_t low = s->instances_of[resource], high = s->instances_of[resource + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(s->instances[middle].id, id);
        if (order == 0) {
            *out = s->instances[middle];
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
