/* everybody.h - whose entry is not what was recorded last, found without reading anybody twice.
 *
 * 48 bytes a person of the directory. Private to idp/history.
 */
#ifndef HISTORY_EVERYBODY_H
#define HISTORY_EVERYBODY_H

#include "base/rng.h"
#include "directory/directory.h"
#include "state/state.h"

#include <stdatomic.h>

struct uuid {
    char text[UUID_LEN];
};
/* Malloc'ed: free() it. Errors: those of both stores; OVERLOADED when STOP was set meanwhile. */
NODISCARD err_t everybody_differing(struct directory *d, struct state *st, const atomic_bool *stop,
                                    struct uuid **list, size_t *count);

#endif
