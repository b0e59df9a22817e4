/* registry.h - structures, profiles, rights and applications in memory, replaced whole on a change.
 *
 * A view is immutable. A request takes one reference at its beginning and works on that view to its
 * end, whatever changes meanwhile. When the directory is away, the last view serves.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "directory/directory.h"
#include "registry/client.h"

struct directory;
struct registry; /* opaque; thread-safe */
struct snapshot; /* engine/engine.h */

struct counted_view; /* the registry's own bookkeeping */

struct view {
    struct counted_view *owner;
    struct snapshot *snapshot;    /* owned by the view */
    const struct client *clients; /* ordered by id */
    size_t client_count;
    struct dir_emergencies emergencies; /* what a break-glass opens, per application */
    const struct str *rules;            /* as the lines of engine/model_text.h: to record them */
    size_t rule_count;
    uint64_t rules_digest; /* the same rules have the same, on every node */
    int64_t loaded;        /* seconds, UTC: when it was read */
    uint64_t number;       /* of the reading: another one is another view */
};

/* Reads the directory for the first time. Errors: those of registry_reload(). */
NODISCARD err_t registry_open(struct directory *d, struct registry **out);
void registry_close(struct registry *r); /* no change may come any more */

/* Reads everything again and swaps. On failure the view in force stays. A client or a rule that is
 * wrong is logged; a wrong client is left out, wrong rules refuse the whole. Errors: those of the
 * directory, CONFIG (the rules do not compile). */
NODISCARD err_t registry_reload(struct registry *r);

const struct view *registry_take(struct registry *r); /* never NULL; give it back */
void registry_give(struct registry *r, const struct view *v);

/* The break-glass of an application; NULL: it has none. */
const struct dir_emergency *view_emergency(const struct view *v, struct str application);

const struct client *view_client(const struct view *v, struct str client_id); /* NULL: unknown */

#endif
