#include "login/rights.h"

#include "base/jsonw.h"
#include "emergency/opened.h"
#include "engine/engine.h"

enum { PLACES_MAX = 64, PROFILES_MAX = 16 };

static err_t resolve_with(const struct view *v, struct arena *a, const struct dir_person *p,
                          const struct opened_list *opened, struct engine_subject **out)
{
    struct engine_assignment *list = arena_array(a, p->assignment_count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < p->assignment_count; i++)
        list[i] = (struct engine_assignment){ p->assignments[i].id, p->assignments[i].profile,
                                              p->assignments[i].structure, p->assignments[i].start,
                                              p->assignments[i].end };
    struct engine_person person = { .id = p->id,
                                    .login = p->login,
                                    .active = p->active,
                                    .assignments = list,
                                    .assignment_count = p->assignment_count,
                                    .emergencies = opened->list,
                                    .emergency_count = opened->count };
    size_t size = engine_subject_size(&person);
    void *memory = arena_alloc(a, size);
    if (memory == NULL)
        return ERR(NO_MEMORY);
    return engine_person_resolve(v->snapshot, &person, memory, size, out);
}

/* For what no emergency changes: where she works, how she must sign in. */
static err_t resolve(const struct view *v, struct arena *a, const struct dir_person *p,
                     struct engine_subject **out)
{
    return resolve_with(v, a, p, &(struct opened_list){ NULL, 0 }, out);
}

static err_t resolve_now(const struct view *v, struct arena *a, const struct dir_person *p,
                         const struct rights_question *q, struct engine_subject **out)
{
    struct opened_list opened;
    TRY(opened_of(q->opened, a, p->id, q->now, &opened));
    return resolve_with(v, a, p, &opened, out);
}

static err_t fill_profiles(const struct view *v, struct arena *a, const int *numbers, size_t count,
                           struct place *out)
{
    struct str *labels = arena_array(a, count + 1, sizeof *labels);
    struct str *codes = arena_array(a, count + 1, sizeof *codes);
    if (labels == NULL || codes == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        struct engine_profile profile = engine_profile_at(v->snapshot, numbers[i]);
        TRY(arena_str(a, profile.label, &labels[i]));
        TRY(arena_str(a, profile.code, &codes[i]));
    }
    out->profiles = labels;
    out->profile_codes = codes;
    out->profile_count = count;
    return ERR(OK);
}

static err_t fill_place(const struct view *v, struct arena *a, const struct engine_place *from,
                        struct place *out)
{
    struct engine_structure own = engine_structure_at(v->snapshot, from->structure);
    int number = engine_establishment_of(v->snapshot, from->structure);
    struct engine_structure above =
        number == ENGINE_NONE ? own : engine_structure_at(v->snapshot, number);
    out->until = from->until;
    TRY(arena_str(a, own.code, &out->structure));
    TRY(arena_str(a, own.label, &out->label));
    TRY(arena_str(a, above.code, &out->establishment));
    TRY(arena_str(a, above.label, &out->establishment_label));
    return arena_str(a, str_eq(own.code, above.code) ? STR("") : own.label, &out->service_label);
}

err_t rights_places(const struct view *v, struct arena *a, const struct dir_person *p, int64_t now,
                    struct places *out)
{
    struct engine_subject *subject = NULL;
    struct engine_place found[PLACES_MAX];
    int profiles[PROFILES_MAX];
    TRY(resolve(v, a, p, &subject));
    size_t count = engine_places(v->snapshot, subject, now, found, PLACES_MAX);
    count = count < PLACES_MAX ? count : PLACES_MAX;
    struct place *list = arena_array(a, count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        size_t n = engine_profiles_at(v->snapshot, subject, found[i].structure, now, profiles,
                                      PROFILES_MAX);
        TRY(fill_place(v, a, &found[i], &list[i]));
        TRY(fill_profiles(v, a, profiles, n < PROFILES_MAX ? n : PROFILES_MAX, &list[i]));
    }
    *out = (struct places){ list, count };
    return ERR(OK);
}

const struct place *places_find(const struct places *places, struct str structure)
{
    for (size_t i = 0; i < places->count; i++)
        if (str_eq(places->list[i].structure, structure))
            return &places->list[i];
    return NULL;
}

err_t rights_acr_min(const struct view *v, struct arena *a, const struct dir_person *p, int64_t now,
                     int *out)
{
    struct engine_subject *subject = NULL;
    TRY(resolve(v, a, p, &subject));
    *out = engine_needs_second_factor(v->snapshot, subject, now) ? 2 : 1;
    return ERR(OK);
}

struct absence rights_absence(const struct dir_person *p, int64_t now)
{
    struct absence found = { 0, 0 };
    for (size_t i = 0; i < p->assignment_count; i++) {
        const struct dir_assignment *one = &p->assignments[i];
        if (one->end <= now && one->end > found.ended)
            found.ended = one->end;
        if (one->start > now && (found.starts == 0 || one->start < found.starts))
            found.starts = one->start;
    }
    return found;
}

static err_t emit(void *ctx, struct str entitlement)
{
    jsonw_str(ctx, NULL, entitlement);
    return buf_err(ctx);
}

err_t rights_entitlements(const struct view *v, struct arena *a, const struct dir_person *p,
                          const struct rights_question *q, struct buf *out, int64_t *not_after)
{
    struct engine_subject *subject = NULL;
    TRY(resolve_now(v, a, p, q, &subject));
    struct engine_token token = { .structure = engine_structure(v->snapshot, q->structure),
                                  .application = engine_application(v->snapshot, q->application),
                                  .acr = (enum access_acr)q->login.acr,
                                  .psc = str_in_list(q->login.amr, ' ', STR("psc")),
                                  .now = q->now };
    jsonw_open(out, "entitlements", '[');
    TRY(engine_entitlements(v->snapshot, subject, &token, emit, out, not_after));
    jsonw_close(out, ']');
    return buf_err(out);
}

static err_t count_one(void *ctx, struct str entitlement)
{
    size_t *count = ctx;
    (void)entitlement;
    (*count)++;
    return ERR(OK);
}

err_t rights_any(const struct view *v, struct arena *a, const struct dir_person *p,
                 const struct rights_question *q, bool *out)
{
    size_t count = 0;
    int64_t not_after = 0;
    struct engine_subject *subject = NULL;
    TRY(resolve_now(v, a, p, q, &subject));
    struct engine_token token = { .structure = engine_structure(v->snapshot, q->structure),
                                  .application = engine_application(v->snapshot, q->application),
                                  .acr = ACCESS_EIDAS3,
                                  .now = q->now };
    if (token.structure == ENGINE_NONE || token.application == ENGINE_NONE) {
        *out = false;
        return ERR(OK);
    }
    TRY(engine_entitlements(v->snapshot, subject, &token, count_one, &count, &not_after));
    *out = count > 1; /* the first string only lists the places */
    return ERR(OK);
}

err_t rights_decide(const struct view *v, struct arena *a, const struct dir_person *p,
                    const struct opened_list *opened, const struct engine_question *q,
                    struct engine_decision *out)
{
    static const struct opened_list none = { NULL, 0 };
    struct engine_subject *subject = NULL;
    TRY(resolve_with(v, a, p, opened != NULL ? opened : &none, &subject));
    engine_decide(v->snapshot, subject, q, out);
    return ERR(OK);
}
