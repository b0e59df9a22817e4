/* recorder.h - records the past by habit: a thread that writes what the directory's watch has seen.
 *
 * Rules are recorded from the registry's view, looked at once a second: a version that was in force
 * for less may be missed. A person who changed is read again from the directory; after a resynchronisation
 * everybody is compared, by a digest each, in 48 bytes a person. Nobody waits for it: what cannot be
 * read or written now is logged and tried again.
 */
#ifndef HISTORY_RECORDER_H
#define HISTORY_RECORDER_H

#include "directory/directory.h"
#include "registry/registry.h"
#include "state/state.h"

struct recorder; /* opaque */

struct recorder_parts { /* all outlive it */
    struct directory *directory;
    struct registry *registry;
    struct state *state;
};

/* Starts the thread. Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t recorder_start(const struct recorder_parts *parts, struct recorder **out);
/* What the watch has seen; copied, never blocks. */
void recorder_changed(struct recorder *r, const struct dir_changes *changes);
/* After the watch has ended. NULL is fine. */
void recorder_stop(struct recorder *r);

#endif
