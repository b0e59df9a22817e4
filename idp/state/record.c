#include "state/record.h"

#include "base/secret.h"

err_t record_texts(struct arena *a, const struct sql_row *row, int first, struct str *const *out,
                   size_t n)
{
    for (size_t i = 0; i < n; i++)
        TRY(arena_str(a, sql_bytes(row, first + (int)i), out[i]));
    return ERR(OK);
}

bool record_hash_is(const struct sql_row *row, int column,
                    const unsigned char hash[HANDLE_HASH_LEN])
{
    return ct_str_equal(sql_bytes(row, column), str_from((const char *)hash, HANDLE_HASH_LEN));
}
