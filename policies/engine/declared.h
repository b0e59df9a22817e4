/* declared.h - what an application declares of its own (docs/access-model.md section 5): other names
 * for the subject type `person`, resource instances, and conditions on properties that the caller sends.
 *
 * A value is a JSON scalar as text: "active" with its quotes, true, false, or a whole number in decimal.
 * Anything else is a value that equals none. Borrowed results live in the snapshot.
 */
#ifndef ENGINE_DECLARED_H
#define ENGINE_DECLARED_H

#include "engine/engine.h"

enum engine_object {
    ENGINE_OBJECT_UNSET,
    ENGINE_OBJECT_SUBJECT,
    ENGINE_OBJECT_ACTION,
    ENGINE_OBJECT_RESOURCE,
};
enum engine_object engine_object_of(struct str name); /* "subject"; UNSET for anything else */

struct engine_property {
    enum engine_object of;
    struct str name, value;
};

/* `person`, or a type that the application has declared. APPLICATION may be ENGINE_NONE. */
bool engine_is_subject_type(const struct snapshot *s, int application, struct str type);

/* Does some condition of the application look at that property? */
bool engine_is_declared(const struct snapshot *s, int application, enum engine_object of,
                        struct str name);
/* The application's conditions that hold for these properties (each of a name once): what
 * engine_question.declared takes. A property that is not in the list is absent. */
uint64_t engine_declared(const struct snapshot *s, int application,
                         const struct engine_property *list, size_t count);

struct engine_instance {
    struct str id;
    const struct engine_property *properties; /* all of ENGINE_OBJECT_RESOURCE */
    size_t property_count;
};
/* Instances of a resource, by number, in byte order of their ids. */
size_t engine_instance_count(const struct snapshot *s, int resource);
struct engine_instance engine_instance_at(const struct snapshot *s, int resource, size_t i);
bool engine_instance_find(const struct snapshot *s, int resource, struct str id,
                          struct engine_instance *out);

#endif
