/* idp/ctl/effect: who gains and who loses equals asking everything, on random changes of random rules.
 * `test_effect N` for N worlds. */
#include "base/date.h"
#include "ctl/effect.h"

#include "support/suite.h"
#include "support/world.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA = 256 * 1024 * 1024, PROFILES = 4, RESOURCES = 2, PEOPLE = 6, HELD = 3, DAY = 20522 };

static unsigned seed;
static int64_t worlds = 40;

static unsigned draw(unsigned below)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 16) % below;
}

#define PICK(list) (list)[draw(COUNT(list))]

/* ---- rules by chance ---- */

static const char *const places[] = { "SOUB-ESAT",    "SOUB-ESAT.BLANCHISSERIE",
                                      "SOUB-FH",      "OG-SOUB",
                                      "MADE-FV.NUIT", "DC44",
                                      "IVF-MAS",      "SOUB-ESAT.ANCIEN-ATELIER" };
static const char *const codes[PROFILES] = { "P0", "P1", "P2", "P3" };
static const char *const resources[RESOURCES] = { "R.A", "R.B" };
static const char *const actions[] = { "lire", "exporter", "lire|exporter" };
static const char *const scopes[] = { "soi", "file", "unite", "etab", "etabs", "og", "groupement" };
static const char *const conditions[] = {
    "",
    "",
    "2f",
    "2f,motif",
    "creneau_nuit",
    "creneau_nuit,urgence",
    "psc",
    "tuteur",
    "pas_soi_meme",
    "trace",
    "duree_stage",
    "motif,tuteur",
    "2f,psc",
    "presence_physique,supervise",
    "inconnue",
};

static struct str of(const char *text) { return str_of(text); }

/* Rows that do not repeat one another: the engine would refuse them. */
static void make_grants(struct arena *a, struct cat_grants *out)
{
    out->list = arena_array(a, 4, sizeof *out->list);
    ck_assert_ptr_nonnull(out->list);
    for (unsigned n = draw(5); n > 0; n--) {
        struct cat_grant g = { .resource = of(PICK(resources)),
                               .actions = of(PICK(actions)),
                               .scope = of(PICK(scopes)),
                               .conditions = of(PICK(conditions)) };
        bool twice = false;
        for (size_t i = 0; i < out->count; i++)
            twice = twice || (str_eq(out->list[i].resource, g.resource) &&
                              str_eq(out->list[i].scope, g.scope) &&
                              str_eq(out->list[i].conditions, g.conditions));
        if (!twice)
            out->list[out->count++] = g;
    }
}

static void make_nevers(struct arena *a, struct cat_nevers *out)
{
    if (draw(2) != 0)
        return;
    out->list = arena_array(a, 1, sizeof *out->list);
    ck_assert_ptr_nonnull(out->list);
    out->list[out->count++] =
        (struct cat_never){ .resource = of(PICK(resources)),
                            .actions = draw(2) == 0 ? STR("*") : STR("lire") };
}

static void make_profile(struct arena *a, struct cat_profile *p, const char *code)
{
    *p = (struct cat_profile){ .code = of(code), .label = of(code), .auth_min = STR("1F") };
    p->lots = draw(3) == 0 ? STR("L") : STR("");
    make_grants(a, &p->grants);
    make_nevers(a, &p->nevers);
}

static struct cat make_rules(struct arena *a)
{
    struct cat c = { .profile_count = PROFILES, .resource_count = RESOURCES, .lot_count = 1 };
    c.profiles = arena_array(a, PROFILES, sizeof *c.profiles);
    c.resources = arena_array(a, RESOURCES, sizeof *c.resources);
    c.lots = arena_array(a, 1, sizeof *c.lots);
    ck_assert(c.profiles != NULL && c.resources != NULL && c.lots != NULL);
    for (size_t i = 0; i < RESOURCES; i++)
        c.resources[i] = (struct cat_resource){ .code = of(resources[i]),
                                                .application = STR("R"),
                                                .label = of(resources[i]),
                                                .actions = STR("lire|exporter") };
    c.lots[0] = (struct cat_lot){ .code = STR("L"), .label = STR("L") };
    make_grants(a, &c.lots[0].grants);
    for (size_t i = 0; i < PROFILES; i++)
        make_profile(a, &c.profiles[i], codes[i]);
    return c;
}

/* The same with one or two things changed; now and then a profile is gone. */
static struct cat change_rules(struct arena *a, const struct cat *from)
{
    struct cat c = *from;
    c.profiles = arena_array(a, PROFILES, sizeof *c.profiles);
    c.lots = arena_array(a, 1, sizeof *c.lots);
    ck_assert(c.profiles != NULL && c.lots != NULL);
    memcpy(c.profiles, from->profiles, PROFILES * sizeof *c.profiles);
    c.lots[0] = from->lots[0];
    for (unsigned n = 1 + draw(2); n > 0; n--) {
        unsigned which = draw(PROFILES + 1);
        if (which == PROFILES) {
            c.lots[0].grants = (struct cat_grants){ .count = 0 };
            make_grants(a, &c.lots[0].grants);
        } else if (draw(3) == 0) { /* what it forbids, and nothing else */
            c.profiles[which].nevers = (struct cat_nevers){ .count = 0 };
            make_nevers(a, &c.profiles[which].nevers);
        } else {
            make_profile(a, &c.profiles[which], codes[which]);
        }
    }
    if (draw(5) == 0)
        c.profile_count--;
    return c;
}

static struct snapshot *compiled(const struct cat *c)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem why;
    ck_assert_ok(cat_model(c, m));
    err_t e = engine_compile(m, &s, &why);
    ck_assert_msg(err_ok(e), "%s: %.*s", model_problem_en(why.what), STR_ARG(why.code));
    model_free(m);
    return s;
}

/* ---- people by chance ---- */

static struct engine_person *make_people(struct arena *a, const struct effect_world *w)
{
    static const char *const names[] = { "p0", "p1", "p2", "p3", "p4", "p5" };
    static const char *const ids[] = { "a0", "a1", "a2" };
    struct engine_person *people = arena_array(a, PEOPLE, sizeof *people);
    ck_assert_ptr_nonnull(people);
    for (size_t i = 0; i < PEOPLE; i++) {
        struct engine_assignment *held = arena_array(a, HELD, sizeof *held);
        ck_assert_ptr_nonnull(held);
        people[i] = (struct engine_person){ .id = of(names[i]),
                                            .login = of(names[i]),
                                            .active = draw(8) != 0,
                                            .assignments = held,
                                            .assignment_count = draw(HELD + 1) };
        for (size_t j = 0; j < people[i].assignment_count; j++) {
            held[j] = (struct engine_assignment){ .id = of(ids[j]),
                                                  .profile = of(PICK(codes)),
                                                  .structure = of(PICK(places)) };
            held[j].start = draw(5) == 0 ? w->noon + 3600 : 0; /* begins in the afternoon */
            held[j].end = draw(2) == 0 ? MODEL_EVER : w->noon + (draw(5) == 0 ? 60 : 90000);
        }
    }
    return people;
}

/* ---- asking everything ---- */

struct asked {
    const struct effect_world *world;
    const struct engine_person *who;
    struct engine_subject *was, *is;
    struct str resource, action;
    int place;
};

static unsigned compare(const struct asked *k, const struct engine_question *q)
{
    struct engine_decision was, is;
    engine_decide(k->world->before, k->was, q, &was);
    engine_decide(k->world->after, k->is, q, &is);
    bool before = was.effect == ENGINE_PERMIT, after = is.effect == ENGINE_PERMIT;
    if (before != after)
        return 1U << (after ? EFFECT_GAINS : EFFECT_LOSES);
    bool differ = before && (was.obligations != is.obligations || was.trace != is.trace);
    return differ ? 1U << EFFECT_CHANGES : 0;
}

/* Every combination of login, context, owner and time of the day. */
static unsigned ask_everything(const struct asked *k)
{
    unsigned kinds = 0, owners = k->place == ENGINE_NONE ? 3 : 2;
    for (unsigned bits = 0; bits < 64; bits++)
        for (unsigned owner = 0; owner < owners; owner++)
            for (unsigned night = 0; night < 2; night++) {
                struct engine_question q = {
                    .resource = k->resource,
                    .action = k->action,
                    .acr = (bits & 1) != 0 ? ACCESS_EIDAS3 : ACCESS_EIDAS1,
                    .psc = (bits & 2) != 0,
                    .motif = (bits & 4) != 0 ? STR("parce que") : STR(""),
                    .urgence = (bits & 8) != 0,
                    .presence_physique = (bits & 16) != 0,
                    .supervise = (bits & 32) != 0,
                    .owner = owner == 0   ? STR("")
                             : owner == 1 ? STR("another")
                                          : k->who->id,
                    .owner_is_known = owner > 0,
                    .now = night != 0 ? k->world->night : k->world->noon,
                };
                if (k->place != ENGINE_NONE)
                    q.structure = engine_structure_at(k->world->after, k->place).code;
                kinds |= compare(k, &q);
            }
    return kinds;
}

static void resolve(struct arena *a, const struct snapshot *s, const struct engine_person *who,
                    struct engine_subject **out)
{
    size_t size = engine_subject_size(who);
    void *memory = arena_alloc(a, size);
    ck_assert_ptr_nonnull(memory);
    ck_assert_ok(engine_person_resolve(s, who, memory, size, out));
}

/* What effect_find() said about that person, right and place, as bits; counts what it finds. */
static unsigned told(const struct effects *x, const struct asked *k, uint32_t person, size_t *found)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < x->count; i++) {
        const struct effect *e = &x->list[i];
        if (e->person != person || e->place != k->place || !str_eq(e->resource, k->resource) ||
            !str_eq(e->action, k->action))
            continue;
        kinds |= 1U << e->kind;
        ++*found;
    }
    return kinds;
}

static void compare_all(struct arena *a, const struct effect_world *w,
                        const struct engine_person *people, const struct effects *x)
{
    static const char *const verbs[] = { "lire", "exporter" };
    size_t found = 0;
    for (uint32_t p = 0; p < PEOPLE; p++) {
        struct asked k = { .world = w, .who = &people[p] };
        resolve(a, w->before, &people[p], &k.was);
        resolve(a, w->after, &people[p], &k.is);
        for (size_t right = 0; right < RESOURCES * COUNT(verbs); right++)
            for (k.place = ENGINE_NONE; k.place < engine_structure_count(w->after); k.place++) {
                k.resource = of(resources[right / 2]);
                k.action = of(verbs[right % 2]);
                unsigned want = ask_everything(&k), got = told(x, &k, p, &found);
                ck_assert_msg(want == got, "%.*s %.*s:%.*s at %d: want %u, got %u",
                              STR_ARG(k.who->id), STR_ARG(k.resource), STR_ARG(k.action), k.place,
                              want, got);
            }
    }
    ck_assert_uint_eq(found, x->count); /* and nothing else was told, or twice */
}

static size_t one_world(unsigned number)
{
    struct arena *a;
    struct effects x;
    ck_assert_ok(arena_new(ARENA, &a));
    seed = number;
    struct cat before = make_rules(a), after = change_rules(a, &before);
    struct effect_world w = { .before_rules = &before, .after_rules = &after };
    struct snapshot *was = compiled(&before), *is = compiled(&after);
    w.before = was;
    w.after = is;
    effect_day(DAY, &w);
    struct engine_person *people = make_people(a, &w);
    ck_assert_ok(effect_find(a, &w, people, PEOPLE, &x));
    compare_all(a, &w, people, &x);
    size_t count = x.count;
    snapshot_unref(was);
    snapshot_unref(is);
    arena_free(a);
    return count;
}

START_TEST(equals_asking_everything)
{
    size_t effects = 0;
    for (int64_t i = 1; i <= worlds; i++)
        effects += one_world((unsigned)i);
    ck_assert_uint_gt(effects, (size_t)worlds * 5); /* they were worth asking */
}
END_TEST

/* The same rules: nobody gains, nobody loses. */
START_TEST(nothing_changes_nothing)
{
    struct arena *a;
    struct effects x;
    ck_assert_ok(arena_new(ARENA, &a));
    seed = 7;
    struct cat c = make_rules(a);
    struct snapshot *s = compiled(&c);
    struct effect_world w = { .before_rules = &c, .after_rules = &c, .before = s, .after = s };
    effect_day(DAY, &w);
    ck_assert_ok(effect_find(a, &w, make_people(a, &w), PEOPLE, &x));
    ck_assert_uint_eq(x.count, 0);
    snapshot_unref(s);
    arena_free(a);
}
END_TEST

/* Noon and ten at night on the wall, when the clock moves that day, too. */
START_TEST(times_of_the_day)
{
    static const struct {
        int year, month, day;
        const char *noon, *night;
    } days[] = {
        { 2026, 3, 28, "2026-03-28T12:00:00+01:00", "2026-03-28T22:00:00+01:00" },
        { 2026, 3, 29, "2026-03-29T12:00:00+02:00", "2026-03-29T22:00:00+02:00" },
        { 2026, 10, 25, "2026-10-25T12:00:00+01:00", "2026-10-25T22:00:00+01:00" },
    };
    for (size_t i = 0; i < COUNT(days); i++) {
        struct effect_world w;
        effect_day(date_days(days[i].year, days[i].month, days[i].day), &w);
        ck_assert_int_eq(w.noon, world_instant(days[i].noon));
        ck_assert_int_eq(w.night, world_instant(days[i].night));
    }
}
END_TEST

int main(int argc, char **argv)
{
    TCase *t = tcase_create("effect");
    if (argc > 1 && !str_to_i64(str_of(argv[1]), &worlds))
        return 2;
    tcase_set_timeout(t, 600);
    tcase_add_test(t, equals_asking_everything);
    tcase_add_test(t, nothing_changes_nothing);
    tcase_add_test(t, times_of_the_day);
    return RUN_SUITE("effect", t);
}
