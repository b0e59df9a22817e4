/* fuzz_model_text.c - model_add_line(): what is accepted is written back, byte for byte. */
#include "fuzz/fuzz.h"

#include "engine/model_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str line = str_from((const char *)data, size);
    const struct str *lines = NULL;
    struct arena *a = NULL;
    struct model *m = NULL;
    size_t count = 0;
    if (!err_ok(arena_new(ARENA_DEFAULT_MAX, &a)))
        return 0;
    if (err_ok(model_new(&m)) && err_ok(model_add_line(m, a, line))) {
        err_t e = model_lines(m, a, &lines, &count);
        FUZZ_CHECK(e.code == ERR_NO_MEMORY || (err_ok(e) && count == 1 && str_eq(lines[0], line)));
    }
    model_free(m);
    arena_free(a);
    return 0;
}
