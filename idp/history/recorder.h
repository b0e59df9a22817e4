/* recorder.h - records the past by habit: a thread that writes what the directory's watch has seen.
 *
 * A change of the rules is recorded from the registry's view, a person is read again from the
 * directory; after a resynchronisation everybody is compared, by a digest each, in some 50 bytes a
 * person. Nobody waits for it: what cannot be read or written now is tried again, and logged.
 */
#ifndef HISTORY_RECORDER_H
#define HISTORY_RECORDER_H

#include "directory/directory.h"
#include "registry/registry.h"
#include "state/state.h"

struct recorder; /* opaque */

struct recorder_parts { /* all outlive the recorder's thread */
    struct directory *directory;
    struct registry *registry;
    struct state *state;
};

/* Starts the thread, which records the rules at once. Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t recorder_start(const struct recorder_parts *parts, struct recorder **out);
/* To be called by the watch, after registry_changed(): copies, never waits for work. */
void recorder_changed(struct recorder *r, const struct dir_changes *changes);
/* Ends the thread; recorder_changed() may still be called. NULL is fine. */
void recorder_stop(struct recorder *r);
void recorder_free(struct recorder *r); /* stopped, and no change comes any more; NULL is fine */

#endif
