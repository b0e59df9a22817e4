/* secret.h - bytes that must not stay behind, and comparing them.
 *
 * wipe() is glibc's explicit_bzero(), so that this header needs no crypto library and the PAM
 * module may use it. ct_equal() takes time that depends on LEN only: lengths are public.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

void wipe(void *ptr, size_t len);

NODISCARD bool ct_equal(const void *a, const void *b, size_t len);
NODISCARD bool ct_str_equal(struct str a, struct str b); /* unequal lengths are unequal */

#endif
