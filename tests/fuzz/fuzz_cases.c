/* fuzz_cases.c - cases_read(): a decision table is refused with at least one problem told, or it holds
 * nothing that running it could trip over: rows expect something, ask something, and say why. */
#include "cases/cases.h"
#include "fuzz/fuzz.h"

enum { FUZZ_ARENA_MAX = 64 * 1024 * 1024 };

static void check_sound(const struct case_file *f)
{
    for (size_t i = 0; i < f->row_count; i++) {
        const struct case_row *row = &f->rows[i];
        bool tells = row->expect == ACCESS_CONDITION || row->expect == ACCESS_STEP_UP;
        FUZZ_CHECK(row->expect != ACCESS_UNSET && row->right_count > 0 && row->because.len > 0);
        FUZZ_CHECK(tells || row->missing_count == 0);
    }
    for (size_t i = 0; i < f->person_count; i++)
        for (size_t k = 0; k < f->people[i].assignment_count; k++)
            FUZZ_CHECK(f->people[i].assignments[k].start < f->people[i].assignments[k].end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = NULL;
    struct cat_problems *problems = NULL;
    struct case_file f;
    FUZZ_CHECK(err_ok(arena_new(FUZZ_ARENA_MAX, &a)));
    FUZZ_CHECK(err_ok(cat_problems_new(a, &problems)));
    err_t e = cases_read(a, "fuzz.yaml", str_from((const char *)data, size), problems, &f);
    if (e.code != ERR_NO_MEMORY)
        FUZZ_CHECK(err_ok(e) == (cat_problems_count(problems) == 0));
    if (err_ok(e))
        check_sound(&f);
    arena_free(a);
    return 0;
}
