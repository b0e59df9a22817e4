/* fuzz_entitlement.c - entitlements are read strictly, and never permit what they do not name.
 *
 * The input is the strings, one a line. Properties of what is accepted: it starts with the places; a
 * structure that the places do not name is always asked about; a right that no string names is never
 * permitted; and the same question has the same answer.
 */
#include "base/arena.h"
#include "fuzz/fuzz.h"
#include "token/entitlement.h"

enum { STRINGS = 64 };

static void try_right(const struct ent_set *e, struct str right, struct str place)
{
    struct str rest = right, resource;
    struct ent_answer a, b;
    if (!str_cut(&rest, ':', &resource))
        return;
    struct ent_question q = { .resource = resource,
                              .structure = place,
                              .owner = STR("sub"),
                              .subject = STR("sub"),
                              .motif = STR("x"),
                              .urgence = true,
                              .acr = ACCESS_EIDAS3 };
    for (size_t i = 1; i <= rest.len && i < 12;
         i++) { /* "lire" is one of the prefixes of the rest */
        q.action = str_from(rest.ptr, i);
        ent_decide(e, &q, &a);
        ent_decide(e, &q, &b);
        FUZZ_CHECK(a.effect != ENT_UNDECIDED && a.effect == b.effect &&
                   a.obligations == b.obligations);
        FUZZ_CHECK(a.effect != ENT_PERMIT || ent_has(e, q.resource, q.action));
        FUZZ_CHECK((a.missing != 0) == (a.reason == ACCESS_CONDITION));
    }
    q.structure = STR("?"); /* not a code: never listed */
    ent_decide(e, &q, &a);
    FUZZ_CHECK(a.effect == ENT_ASK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = NULL;
    struct ent_set *e = NULL;
    struct str strings[STRINGS], rest = str_from((const char *)data, size), places, place;
    size_t count = 0;
    while (count < STRINGS && str_next(&rest, '\n', &strings[count]))
        count++;
    if (!err_ok(arena_new(ARENA_DEFAULT_MAX, &arena)))
        return 0;
    if (err_ok(ent_parse(arena, strings, count, &e))) {
        FUZZ_CHECK(count > 0 && strings[0].ptr[0] == '@');
        places = str_from(strings[0].ptr + 1, strings[0].len - 1);
        if (!str_cut(&places, ' ', &place))
            place = places; /* the first place stands in full */
        for (size_t i = 1; i < count; i++)
            try_right(e, strings[i], place);
        FUZZ_CHECK(!ent_has(e, STR("?"), STR("lire")));
    }
    arena_free(arena);
    return 0;
}
