#include "engine/explain_try.h"

#include "base/date.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 3600, NIGHT_BEGINS_BEFORE_MIDNIGHT = 3 * 3600 };

/* What a person can bring along with a request. */
#define MEETABLE                                                                  \
    (ACCESS_BIT(2F) | ACCESS_BIT(PSC) | ACCESS_BIT(MOTIF) | ACCESS_BIT(URGENCE) | \
     ACCESS_BIT(PRESENCE_PHYSIQUE) | ACCESS_BIT(SUPERVISE))
/* Stands for what will be written; nobody sees it. */
#define SOME_MOTIF STR("motif")
/* An owner who is known and is not the subject: not an id nor a login of anybody. */
#define SOMEBODY_ELSE STR("?")

/* ---- trying ---- */

/* The question with what NEEDS says brought along. */
struct engine_question explain_bring(const struct engine_question *q, uint64_t needs)
{
    struct engine_question with = *q;
    if ((needs & ACCESS_BIT(PSC)) != 0) {
        with.psc = true;
        if (with.acr == ACCESS_ACR_NONE)
            with.acr = ACCESS_EIDAS1;
    }
    if ((needs & ACCESS_BIT(2F)) != 0 && with.acr < ACCESS_EIDAS2)
        with.acr = ACCESS_EIDAS2;
    if ((needs & ACCESS_BIT(MOTIF)) != 0)
        with.motif = SOME_MOTIF;
    with.urgence = with.urgence || (needs & ACCESS_BIT(URGENCE)) != 0;
    with.presence_physique = with.presence_physique || (needs & ACCESS_BIT(PRESENCE_PHYSIQUE)) != 0;
    with.supervise = with.supervise || (needs & ACCESS_BIT(SUPERVISE)) != 0;
    return with;
}

/* The smallest set of needs within ALLOWED that pairs of a question ask for. */
struct search {
    const struct snapshot *s;
    bool psc; /* asked with it already: it counts as soon as there is a login */
    uint64_t allowed, best;
    bool found;
};

static void look(void *ctx, const struct verdict *v)
{
    struct search *x = ctx;
    bool stopped_there =
        v->reason == ACCESS_OK || v->reason == ACCESS_CONDITION || v->reason == ACCESS_STEP_UP;
    uint64_t needs = v->failing;
    if (x->psc && (needs & ACCESS_BIT(2F)) != 0)
        needs &= ~ACCESS_BIT(PSC);
    if (!stopped_there || (needs & ~x->allowed) != 0)
        return;
    if (!x->found || access_words_cmp(&x->s->words, needs, x->best) < 0)
        x->best = needs;
    x->found = true;
}

static bool permits(const struct explainer *x, const struct engine_subject *subject,
                    const struct engine_question *q)
{
    struct engine_decision d;
    engine_decide(x->s, subject, q, &d);
    return d.effect == ENGINE_PERMIT;
}

/* Would it be permitted with something of ALLOWED brought along? *needs is then the least of it. */
static bool would_do_within(const struct explainer *x, const struct engine_subject *subject,
                            const struct engine_question *q, uint64_t allowed, uint64_t *needs)
{
    struct search search = { .s = x->s, .psc = q->psc, .allowed = allowed };
    (void)engine_judge(x->s, subject, q, look, &search);
    if (!search.found)
        return false;
    const struct engine_question with = explain_bring(q, search.best);
    if (!permits(x, subject, &with))
        return false;
    *needs = search.best;
    return true;
}

bool explain_would_do(const struct explainer *x, const struct engine_subject *subject,
                      const struct engine_question *q, uint64_t *needs)
{
    return would_do_within(x, subject, q, MEETABLE, needs);
}

/* The person as changed so far, resolved; dies with the next call. */
err_t explain_resolve(struct explainer *x, struct engine_subject **out)
{
    return engine_person_resolve(x->s, &x->person, x->memory, x->memory_size, out);
}

/* Notes STEP if it would do, with its needs. Sets *done when it does. */
err_t explain_try(struct explainer *x, const struct engine_question *q, struct explain_step *step,
                  bool *done)
{
    struct engine_subject *subject = NULL;
    TRY(explain_resolve(x, &subject));
    *done = explain_would_do(x, subject, q, &step->needs);
    return ERR(OK);
}

err_t explain_note(struct explainer *x, const struct explain_step *step)
{
    if (x->step_count == x->step_cap) {
        size_t cap = x->step_cap == 0 ? 8 : 2 * x->step_cap;
        struct explain_step *bigger = arena_array(x->arena, cap, sizeof *bigger);
        if (bigger == NULL)
            return ERR(NO_MEMORY);
        if (x->step_count > 0)
            memcpy(bigger, x->steps, x->step_count * sizeof *bigger);
        x->steps = bigger;
        x->step_cap = cap;
    }
    x->steps[x->step_count++] = *step;
    return ERR(OK);
}

struct explain_step explain_step_of(enum explain_kind kind)
{
    return (struct explain_step){
        .kind = kind, .structure = ENGINE_NONE, .profile = ENGINE_NONE, .assignment = ENGINE_NONE
    };
}

/* ---- at hand: a stronger login, words in the request ---- */

err_t explain_at_hand(struct explainer *x)
{
    struct engine_subject *subject = NULL;
    struct explain_step step = explain_step_of(EXPLAIN_LOGIN);
    TRY(explain_resolve(x, &subject));
    if (would_do_within(x, subject, x->q, x->s->login, &step.needs))
        TRY(explain_note(x, &step));
    step.kind = EXPLAIN_STATE;
    if (explain_would_do(x, subject, x->q, &step.needs) && (step.needs & ~x->s->login) != 0)
        TRY(explain_note(x, &step));
    return ERR(OK);
}

/* ---- the same person for another place or owner ---- */

static int by_number(const void *a, const void *b)
{
    const int *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Where the person's assignments are, each once, in pre-order. */
static err_t places_held(struct explainer *x, int **out, size_t *count)
{
    int *list = arena_array(x->arena, x->who->assignment_count + 1, sizeof *list);
    size_t n = 0, kept = 0;
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        int at = engine_structure(x->s, x->who->assignments[i].structure);
        if (at != ENGINE_NONE)
            list[n++] = at;
    }
    qsort(list, n, sizeof *list, by_number);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || list[kept - 1] != list[i])
            list[kept++] = list[i];
    *out = list;
    *count = kept;
    return ERR(OK);
}

err_t explain_places(struct explainer *x)
{
    int *list = NULL;
    size_t count = 0;
    TRY(places_held(x, &list, &count));
    for (size_t i = 0; i < count; i++) {
        struct explain_step step = explain_step_of(EXPLAIN_PLACE);
        struct engine_question q = *x->q;
        bool done = false;
        if (list[i] == x->node)
            continue;
        step.structure = list[i];
        q.structure = x->s->structure_codes[list[i]];
        TRY(explain_try(x, &q, &step, &done));
        if (done)
            TRY(explain_note(x, &step));
    }
    return ERR(OK);
}

err_t explain_owner(struct explainer *x, enum explain_kind kind)
{
    struct explain_step step = explain_step_of(kind);
    struct engine_question q = *x->q;
    bool done = false;
    q.owner = kind == EXPLAIN_OWN ? x->who->id : SOMEBODY_ELSE;
    q.owner_is_known = true;
    TRY(explain_try(x, &q, &step, &done));
    return done ? explain_note(x, &step) : ERR(OK);
}

/* ---- later ---- */

struct instants {
    int64_t *at;
    size_t count;
};

static void add_instant(struct instants *t, int64_t at)
{
    if (at != MODEL_ALWAYS && at != MODEL_EVER)
        t->at[t->count++] = at;
}

static int by_instant(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int64_t explain_paris_day(int64_t instant)
{
    int64_t local = instant + date_paris_offset(instant);
    return local / DAY - (local % DAY < 0);
}

/* The next time that it is 21:00 in Paris; the clock never changes between then and midnight. */
static int64_t next_night(int64_t instant)
{
    int64_t day = explain_paris_day(instant);
    int64_t nine = date_paris_midnight(day + 1) - NIGHT_BEGINS_BEFORE_MIDNIGHT;
    return instant <= nine ? nine : date_paris_midnight(day + 2) - NIGHT_BEGINS_BEFORE_MIDNIGHT;
}

/* Every instant after now at which some verdict may change for the better. */
static err_t instants_ahead(struct explainer *x, struct instants *t)
{
    const struct snapshot *s = x->s;
    uint32_t first = s->closures_of_right[x->right], last = s->closures_of_right[x->right + 1];
    size_t held = x->who->assignment_count + x->who->emergency_count;
    t->count = 0;
    t->at = arena_array(x->arena, 2 * (3 * held + (last - first) + 2), sizeof *t->at);
    if (t->at == NULL)
        return ERR(NO_MEMORY);
    add_instant(t, x->q->now);
    if (x->node != ENGINE_NONE)
        add_instant(t, s->places[x->node].open_from);
    for (size_t i = 0; i < x->who->assignment_count; i++) {
        const struct engine_assignment *a = &x->who->assignments[i];
        int at = engine_structure(s, a->structure);
        add_instant(t, a->start);
        add_instant(t, a->end);
        if (at != ENGINE_NONE)
            add_instant(t, s->places[at].open_from);
    }
    for (size_t i = 0; i < x->who->emergency_count; i++) {
        int at = engine_structure(s, x->who->emergencies[i].structure);
        add_instant(t, x->who->emergencies[i].start);
        if (at != ENGINE_NONE)
            add_instant(t, s->places[at].open_from);
    }
    for (uint32_t i = first; i < last; i++)
        add_instant(t, s->closures[s->right_closures[i]].until);
    size_t count = t->count;
    for (size_t i = 0; i < count; i++)
        if (t->at[i] >= x->q->now)
            add_instant(t, next_night(t->at[i]));
    qsort(t->at, t->count, sizeof *t->at, by_instant);
    return ERR(OK);
}

err_t explain_waiting(struct explainer *x)
{
    struct explain_step step = explain_step_of(EXPLAIN_WAIT);
    struct instants t;
    TRY(instants_ahead(x, &t));
    for (size_t i = 0; i < t.count; i++) {
        struct engine_question q = *x->q;
        bool done = false;
        if (t.at[i] <= x->q->now)
            continue;
        q.now = step.from = t.at[i];
        TRY(explain_try(x, &q, &step, &done));
        if (done)
            return explain_note(x, &step);
    }
    return ERR(OK);
}
