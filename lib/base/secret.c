#include "base/secret.h"

#include <string.h>

void wipe(void *ptr, size_t len)
{
    if (ptr != NULL && len > 0)
        explicit_bzero(ptr, len);
}

bool ct_equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char difference = 0;
    for (size_t i = 0; i < len; i++)
        difference = (unsigned char)(difference | (x[i] ^ y[i]));
    return difference == 0;
}

bool ct_str_equal(struct str a, struct str b)
{
    return a.len == b.len && ct_equal(a.ptr, b.ptr, a.len);
}
