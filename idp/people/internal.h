/* internal.h - what the files of this folder share; nobody else includes it.
 *
 * Readers never lock what writers change: the table's cells are atomic pointers to immutable persons.
 * What a writer replaces goes to the garbage of the epoch that was current, and is freed when nobody
 * holds that epoch or an older one.
 */
#ifndef PEOPLE_INTERNAL_H
#define PEOPLE_INTERNAL_H

#include "people/people.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ID_LEN = 16 }; /* bytes of a UUID */

/* ---- person.c ---- */

struct held { /* an assignment */
    unsigned char id[ID_LEN];
    int64_t start, end;
    uint32_t profile, structure; /* numbers of names */
};

struct person {
    unsigned char id[ID_LEN];
    uint32_t cell;  /* where the table has it */
    uint16_t count; /* of assignments */
    uint8_t login_len;
    bool active;
    atomic_bool used;   /* found since the cache last looked */
    struct held list[]; /* in byte order of ids; then the login */
};

struct draft { /* what a person is made of */
    struct str id, login;
    bool active;
    struct held *list; /* sorted in place */
    size_t count;
};
/* Errors: DIRECTORY (an id that is no UUID, a login that is too long: left out, logged by nobody),
 * NO_MEMORY. The caller owns *out: free(). */
NODISCARD err_t person_new(const struct draft *d, struct person **out);
size_t person_bytes(const struct person *p);
bool id_parse(struct str text, unsigned char out[ID_LEN]);
void id_text(const unsigned char id[ID_LEN], char out[UUID_LEN]);
/* Folds ASCII case; false: nobody can have that login. */
bool login_fold(struct str login, char out[DIR_LOGIN_MAX], size_t *len);

/* ---- names.c: codes of profiles and structures, numbered as they come ---- */

struct names {
    struct arena *text;
    struct str *list;
    size_t count, cap;
    uint32_t *slots; /* number + 1; 0: free */
    size_t mask;
};
NODISCARD err_t names_init(struct names *n);
void names_done(struct names *n);
NODISCARD err_t names_add(struct names *n, struct str code, uint32_t *out);

struct map { /* names in the snapshot of one view; immutable */
    size_t count;
    struct mapped {
        struct str name;
        int profile, structure;
    } list[];
};
NODISCARD err_t map_new(const struct names *n, const struct snapshot *s, struct map **out);

/* ---- table.c ---- */

typedef _Atomic(struct person *) person_cell;

struct table {
    size_t cap, used;      /* cells, and how many were ever given; `used` under the write lock */
    atomic_size_t visible; /* cells that readers may look at */
    size_t mask;           /* of both indexes */
    person_cell *cells;
    _Atomic(uint32_t) *by_id, *by_login;       /* cell + 1; 0: free */
    size_t persons, assignments, person_bytes; /* under the write lock */
};
NODISCARD err_t table_new(size_t persons, struct table **out); /* with room for some more */
void table_free(struct table *t);                              /* not its persons */
void table_free_all(struct table *t);
size_t table_bytes(const struct table *t);
struct person *table_by_id(const struct table *t, const unsigned char id[ID_LEN]);
struct person *table_by_login(const struct table *t, struct str folded);
bool table_is_full(const struct table *t); /* rebuild it before the next put */
/* Takes NEW; *old is whom it replaces, or NULL. */
void table_put(struct table *t, struct person *new, struct person **old);
/* NULL when she is not there. */
struct person *table_remove(struct table *t, const unsigned char id[ID_LEN]);
/* Takes out somebody whom nobody has asked for lately; *hand goes on from call to call. */
struct person *table_evict(struct table *t, size_t *hand);

/* ---- epoch.c ---- */

struct garbage {
    struct garbage *next;
    void (*drop)(void *what, void *ctx);
    void *what, *ctx;
};

struct people_private { /* an epoch */
    struct people *owner;
    unsigned refs; /* under the epoch lock; one of it while it is current */
    struct people_private *next;
    struct garbage *garbage;
    const struct view *view;
    struct table *table;
    struct map *map;
    bool searchable;
};

struct people {
    struct directory *directory;
    struct registry *registry;
    size_t resident_max, cache_max;

    pthread_mutex_t epoch_lock; /* current, oldest, refs */
    struct people_private *current, *oldest;

    pthread_mutex_t write; /* of the table and the names: one writer at a time */
    struct names names;
    uint64_t skipped; /* changes of persons who were not kept */
    size_t hand;      /* of the cache's clock */

    pthread_mutex_t queue_lock; /* the next five */
    pthread_cond_t wake;
    bool closing, started;
    unsigned what; /* enum dir_change, to be looked at */
    char (*changed)[UUID_LEN];
    size_t changed_count;
    pthread_t thread;

    bool cache_only; /* the updater's: there are too many persons */
    atomic_llong
        fresh_ms; /* clock_mono_ms() when all we have was what the directory had; 0: never */
    atomic_ullong refreshed, loads;
};

/* What a new epoch differs in from the current one; a NULL stays as it is. */
struct epoch_change {
    const struct view *view;
    struct table *table;
    struct map *map;
    bool keeps_persons; /* TABLE holds the persons of the one before, rebuilt */
    struct person *gone, *evicted;
    bool searchable;
};
NODISCARD err_t epoch_start(struct people *p, const struct epoch_change *first);
/* Under the write lock. What CHANGE replaces is freed in time. Errors: NO_MEMORY; then nothing is
 * published, and CHANGE's `gone` is kept for ever rather than freed too early. */
NODISCARD err_t epoch_publish(struct people *p, const struct epoch_change *change);
void epoch_end(struct people *p);

/* ---- keep.c: putting persons into the table; all take the write lock ---- */

/* What a change made of a person (NULL: she is gone). Somebody who was not kept stays so, unless
 * everybody is. */
NODISCARD err_t keep_changed(struct people *p, const unsigned char id[ID_LEN],
                             const struct dir_person *person);
/* A person read from the directory after keep_skipped() had said SKIPPED. Errors: CONFLICT (she may
 * have changed meanwhile: read again). */
NODISCARD err_t keep_fetched(struct people *p, const struct dir_person *person, uint64_t skipped);
uint64_t keep_skipped(struct people *p);
bool keep_is_searchable(struct people *p);
/* Replaces the whole table, with its persons; their names are known already. */
NODISCARD err_t keep_table(struct people *p, struct table *t, bool searchable);
/* The registry's view, when it is a new one. */
NODISCARD err_t keep_rules(struct people *p);
NODISCARD err_t keep_name(struct people *p, struct str code, uint32_t *out);

/* ---- load.c ---- */

/* Everybody, into a new table; PAGE is called between two pages. Errors: TOO_LARGE (more than
 * resident_max), those of the directory and of PAGE. */
NODISCARD err_t load_all(struct people *p, err_t (*page)(void *ctx), void *ctx, struct table **out);

/* ---- follow.c: the thread that keeps up with the directory ---- */

NODISCARD err_t follow_start(struct people *p);
void follow_end(struct people *p);

/* person.c, for search.c */
struct engine_held;
void person_held(const struct people_now *now, const struct person *p, size_t i,
                 struct engine_held *out);

#endif
