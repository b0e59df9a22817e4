#include "history/uuid.h"

#include "base/enc.h"

#include <stdlib.h>

bool uuid_pack(struct str text, unsigned char out[UUID_BYTES])
{
    char hex[HEX_LEN(UUID_BYTES)];
    size_t n = 0, len = 0;
    if (!str_is_uuid(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '-')
            hex[n++] = text.ptr[i];
    return err_ok(hex_decode(str_from(hex, n), out, UUID_BYTES, &len)) && len == UUID_BYTES;
}

void uuid_unpack(const unsigned char id[UUID_BYTES], char out[UUID_LEN])
{
    char hex[HEX_LEN(UUID_BYTES)];
    size_t from = 0;
    hex_encode(hex, id, UUID_BYTES);
    for (size_t i = 0; i < UUID_LEN; i++)
        out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex[from++];
}

err_t list_room(void **list, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return ERR(OK);
    size_t more = *cap == 0 ? 256 : *cap * 2;
    void *grown = reallocarray(*list, more, size);
    if (grown == NULL)
        return ERR(NO_MEMORY);
    *list = grown;
    *cap = more;
    return ERR(OK);
}
