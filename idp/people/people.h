/* people.h - persons and their assignments in memory, as fresh as the directory's watch makes them.
 *
 * Loaded in the background at the start; from then on each change that the watch reports is read again
 * by a thread of our own, which also reloads the registry: a right that was taken away is refused within
 * a second. A reading (people_take) is consistent: one view of the rules, and persons who stay valid
 * until people_give(), whatever changes meanwhile. Looking up, resolving and searching neither block nor
 * fail on the directory.
 *
 * Up to resident_max persons are all kept: somebody who is not here does not exist. With more in the
 * directory (and while they are being loaded) this is a cache: PEOPLE_ASK says that only the directory
 * can tell, people_fetch() asks it, and there is no search.
 *
 * Cost: 40 bytes an assignment, about 100 a person.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "base/rng.h"
#include "directory/directory.h"
#include "engine/engine.h"
#include "registry/registry.h"

struct people; /* opaque; thread-safe */
struct person; /* opaque; immutable */

struct people_options {
    size_t resident_max; /* persons */
};

/* Borrows D and R. Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t people_open(const struct people_options *options, struct directory *d,
                            struct registry *r, struct people **out);
/* After the watch has ended; nobody may hold a reading. NULL is fine. */
void people_close(struct people *p);

/* What the watch has seen; queued, never blocks: for the function given to directory_watch(). */
void people_changed(struct people *p, const struct dir_changes *changes);

/* ---- how fresh ---- */

struct people_status {
    bool searchable; /* everybody is here */
    size_t persons, assignments;
    size_t bytes;   /* of memory, tables included */
    int64_t age_ms; /* since we knew that all we have is what the directory has; INT64_MAX: never */
    uint64_t refreshed; /* persons read again because they changed */
    uint64_t loads;     /* complete ones */
};
void people_status(struct people *p, struct people_status *out);
int64_t people_age_ms(struct people *p); /* the same alone: cheap */

/* ---- reading ---- */

struct people_now {
    const struct view *view;
    bool searchable;
    struct people_private *private;
};
void people_take(struct people *p, struct people_now *out);
void people_give(struct people_now *now);

enum people_found { PEOPLE_NOBODY, PEOPLE_FOUND, PEOPLE_ASK };
/* KEY is an id, or a login in any ASCII case. */
enum people_found people_find(const struct people_now *now, struct str key,
                              const struct person **out);
/* Blocks: reads the person from the directory, for the next people_find() of a reading taken after this.
 * Errors: NOT_FOUND; those of the directory; OVERLOADED (changes faster than we read). */
NODISCARD err_t people_fetch(struct people *p, struct str key);

/* ---- one person ---- */

void person_id(const struct person *p, char out[UUID_LEN]);
struct str person_login(const struct person *p);
bool person_is_active(const struct person *p);
size_t person_assignment_count(const struct person *p);

struct person_assignment {
    char id[UUID_LEN];
    struct str profile, structure; /* codes, also those that the rules do not know */
    int64_t start, end;
};
/* I: as decision.assignment of the resolved subject; in byte order of ids. */
void person_assignment(const struct people_now *now, const struct person *p, size_t i,
                       struct person_assignment *out);

/* The subject against the view of NOW, in the arena, with what she has opened. Errors: NO_MEMORY. */
NODISCARD err_t person_resolve(const struct people_now *now, const struct person *p,
                               const struct engine_emergency *opened, size_t opened_count,
                               struct arena *a, struct engine_subject **out);

/* ---- who can ---- */

enum { PEOPLE_PAGE_MAX = 1000 };

struct people_search {
    const struct engine_question *question;
    struct str after;   /* id that the page begins after; empty: the first page */
    size_t limit;       /* 1 to PEOPLE_PAGE_MAX */
    bool unconditional; /* leave out permits that carry obligations */
};
struct people_page {
    const struct person **list; /* ordered by id; in the arena */
    size_t count;
    size_t total; /* of all pages */
    bool more;    /* there are others after these */
};
/* Everybody for whom the decision is a permit, opened emergencies aside. Errors: CONFLICT (not searchable), NO_MEMORY. */
NODISCARD err_t people_who_can(const struct people_now *now, const struct people_search *search,
                               struct arena *a, struct people_page *out);

#endif
