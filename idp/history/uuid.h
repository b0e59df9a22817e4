/* uuid.h - ids in 16 bytes, for tables of everybody; their order is that of the texts. Private to
 * idp/history. */
#ifndef HISTORY_UUID_H
#define HISTORY_UUID_H

#include "base/rng.h"
#include "base/str.h"

enum { UUID_BYTES = 16 };

/* False when TEXT is not a UUID in its text form, lower case. */
bool uuid_pack(struct str text, unsigned char out[UUID_BYTES]);
void uuid_unpack(const unsigned char id[UUID_BYTES], char out[UUID_LEN]);

/* Room for one more element in the malloc'ed *LIST of *CAP elements. Errors: NO_MEMORY. */
NODISCARD err_t list_room(void **list, size_t count, size_t *cap, size_t size);

#endif
