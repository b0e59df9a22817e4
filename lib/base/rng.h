/* rng.h - chance from the kernel: getrandom(2), never a generator of ours. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/err.h"

#include <stddef.h>

/* Fills OUT. Aborts the process if the kernel gives no random bytes: there is no safe way on. */
void rng_fill(void *out, size_t len);

enum { UUID_LEN = 36 };

/* RFC 9562 version 4 (random), text form, lower case, no NUL: for people and records. */
void uuid_v4(char out[UUID_LEN]);

#endif
