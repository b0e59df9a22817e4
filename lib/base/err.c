#include "base/err.h"

#include <stddef.h>

static const struct {
    enum err_class class;
    const char *name;
} table[] = {
#define X(code, class, name) { ERR_CLASS_##class, name },
    ERR_LIST(X)
#undef X
};

static size_t row_of(err_t e)
{
    size_t row = (size_t)e.code;
    return row < sizeof table / sizeof table[0] ? row : 0;
}

const char *err_name(err_t e) { return table[row_of(e)].name; }

enum err_class err_class_of(err_t e) { return table[row_of(e)].class; }
