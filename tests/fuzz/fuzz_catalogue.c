/* fuzz_catalogue.c - cat_format(): what is accepted comes out canonical, so that formatting it again
 * changes nothing, comments are all still there, and what it refuses is told. The first byte says which
 * sort of file it is. */
#include "base/buf.h"
#include "catalogue/catalogue.h"
#include "fuzz/fuzz.h"

enum { ARENA = 64 * 1024 * 1024, INPUT_MAX = 64 * 1024 };

static const char *const names[] = { "applications/a.yaml", "profiles/p.yaml", "lots.yaml",
                                     "constraints.yaml", "emergencies.yaml" };

/* Lines that are comments and nothing else. */
static size_t comment_lines(struct str text)
{
    struct str line;
    size_t n = 0;
    while (str_cut(&text, '\n', &line))
        n += str_starts(str_trim(line), STR("#"));
    return n;
}

static void check_canonical(struct arena *a, const char *name, struct str once)
{
    struct cat_problems *p;
    struct buf twice;
    FUZZ_CHECK(err_ok(cat_problems_new(a, &p)));
    buf_init(&twice, CAT_FILE_MAX);
    FUZZ_CHECK(err_ok(cat_format(a, name, once, p, &twice)));
    FUZZ_CHECK(str_eq(once, buf_str(&twice)));
    FUZZ_CHECK(once.len > 0 && once.ptr[once.len - 1] == '\n' && str_is_utf8(once));
    buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = NULL;
    struct cat_problems *p;
    struct buf out;
    if (size == 0 || size > INPUT_MAX || !err_ok(arena_new(ARENA, &a)))
        return 0;
    const char *name = names[data[0] % COUNT(names)];
    struct str text = str_from((const char *)data + 1, size - 1);
    FUZZ_CHECK(err_ok(cat_problems_new(a, &p)));
    buf_init(&out, CAT_FILE_MAX);
    err_t e = cat_format(a, name, text, p, &out);
    FUZZ_CHECK(err_ok(e) == (cat_problems_count(p) == 0) || e.code == ERR_NO_MEMORY);
    if (err_ok(e)) {
        /* between quotes a line may begin with '#' and be no comment */
        FUZZ_CHECK(str_has_char(text, '"') || str_has_char(text, '\'') ||
                   comment_lines(buf_str(&out)) >= comment_lines(text));
        check_canonical(a, name, buf_str(&out));
    } else {
        FUZZ_CHECK(buf_str(&out).len == 0);
    }
    buf_done(&out);
    arena_free(a);
    return 0;
}
