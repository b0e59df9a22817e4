/* people.h - everybody and their assignments, in memory, as the engine takes them. */
#ifndef CTL_PEOPLE_H
#define CTL_PEOPLE_H

#include "base/arena.h"
#include "engine/engine.h"

struct directory;
struct dir_each;

struct people {
    struct engine_person *list; /* in byte order of logins */
    size_t count;
};
/* Some 300 bytes of the arena a person. Errors: those of directory.h. */
NODISCARD err_t people_read(struct directory *d, struct arena *a, struct people *out);
/* The same from whatever tells of everybody as directory_each_person() does: the past as recorded… */
typedef err_t people_each_fn(void *from, const struct dir_each *to);
NODISCARD err_t people_read_from(people_each_fn *each, void *from, struct arena *a,
                                 struct people *out);

#endif
