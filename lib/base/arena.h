/* arena.h - memory with the lifetime of one request.
 *
 * Blocks are taken as needed up to a ceiling and given back all at once, wiped: a request holds
 * passwords, codes and cookies. Nothing is freed alone. One thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena; /* opaque */

enum { ARENA_BLOCK = 16 * 1024, ARENA_DEFAULT_MAX = 1024 * 1024 }; /* bytes */

/* The caller owns *out. Errors: NO_MEMORY. */
NODISCARD err_t arena_new(size_t max, struct arena **out);
void arena_free(struct arena *a); /* wipes; NULL is fine */
static inline void arena_freep(struct arena **a) { arena_free(*a); }

/* LEN zeroed bytes, aligned for any type; NULL when over the ceiling or out of memory. */
void *arena_alloc(struct arena *a, size_t len);
/* COUNT elements of SIZE bytes, zeroed; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A copy of S with a NUL after it. Errors: NO_MEMORY. */
NODISCARD err_t arena_str(struct arena *a, struct str s, struct str *out);
/* A C string of S. Errors: NO_MEMORY; MALFORMED when S contains a NUL: the only way from str to
 * a C string, so that "admin\0x" never reaches an LDAP bind as "admin". */
NODISCARD err_t arena_cstr(struct arena *a, struct str s, const char **out);
/* Formats into the arena. Errors: NO_MEMORY. Never for filters, DNs, HTML or JSON. */
NODISCARD err_t arena_printf(struct arena *a, struct str *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
