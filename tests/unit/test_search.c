/* policies/engine: who can, what can she; and what an application declares of its own. */
#include "engine/declared.h"
#include "engine/search.h"

#include "support/suite.h"
#include "support/world.h"

#include <string.h>

static struct snapshot *world;
static struct arena *arena;

static void setup(void)
{
    world = world_snapshot();
    ck_assert_ok(arena_new(4 * ARENA_DEFAULT_MAX, &arena));
}

static void teardown(void)
{
    snapshot_unref(world);
    arena_free(arena);
}

/* ---- the same person in codes and in numbers ---- */

static const char *const profiles[] = { "IDE",       "EDUC_SPE",  "VEILLEUR",  "DIR",
                                        "ADMIN_IDP", "STAGIAIRE", "EVALUATEUR" };
static const char *const places[] = {
    "DC44",         "OG-SOUB", "SOUB-ESAT", "SOUB-ESAT.ESPACES-VERTS", "MADE-FV", "SOUB-FH",
    "MADE-FV.NUIT", "IVF-MAS", "NOWHERE"
};
#define NOON "2026-03-10T12:00:00+01:00"

static uint32_t chance(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

struct both {
    struct engine_subject *coded, *numbered;
    struct engine_held held[4];
    size_t count;
};

static void make(uint32_t *seed, struct both *out)
{
    static const char *const ids[] = { "a0", "a1", "a2", "a3" };
    struct engine_assignment list[4];
    struct engine_person p = { .id = STR("u1"), .login = STR("login"), .active = true };
    int64_t now = world_instant(NOON);
    p.assignments = list;
    p.assignment_count = out->count = chance(seed) % 5;
    for (size_t i = 0; i < out->count; i++) {
        struct str profile = str_of(profiles[chance(seed) % COUNT(profiles)]);
        struct str place = str_of(places[chance(seed) % COUNT(places)]);
        int64_t start = now - 100 + chance(seed) % 120, end = start + chance(seed) % 200;
        if (chance(seed) % 3 == 0)
            end = MODEL_EVER;
        list[i] = (struct engine_assignment){ str_of(ids[i]), profile, place, start, end };
        out->held[i] = (struct engine_held){ engine_profile(world, profile),
                                             engine_structure(world, place), start, end };
    }
    size_t size = engine_subject_size(&p);
    ck_assert_ok(engine_person_resolve(world, &p, arena_alloc(arena, size), size, &out->coded));
    struct engine_numbered n = { p.id, p.login, true, out->held, out->count, NULL, 0 };
    size = engine_numbered_size(&n);
    void *memory = arena_alloc(arena, size);
    struct engine_subject *none = NULL;
    ck_assert_err(engine_numbered_resolve(world, &n, memory, size - 1, &none), TOO_LARGE);
    ck_assert_ok(engine_numbered_resolve(world, &n, memory, size, &out->numbered));
}

static struct engine_question random_question(uint32_t *seed)
{
    int r = (int)(chance(seed) % (uint32_t)engine_resource_count(world));
    struct engine_resource resource = engine_resource_at(world, r);
    struct engine_question q = { .resource = resource.code, .now = world_instant(NOON) };
    q.action = engine_action_at(world, r, (int)(chance(seed) % (uint32_t)resource.action_count));
    if (chance(seed) % 4 != 0)
        q.structure = str_of(places[chance(seed) % (COUNT(places) - 1)]);
    q.acr = (enum access_acr)(chance(seed) % 4);
    q.psc = chance(seed) % 2 == 0;
    q.urgence = chance(seed) % 2 == 0;
    q.motif = chance(seed) % 2 == 0 ? STR("motif") : STR("");
    if (chance(seed) % 2 == 0) {
        q.owner = chance(seed) % 2 == 0 ? STR("u1") : STR("u2");
        q.owner_is_known = true;
    }
    return q;
}

static bool same(const struct engine_decision *a, const struct engine_decision *b)
{
    return a->effect == b->effect && a->reason == b->reason && a->missing == b->missing &&
           a->obligations == b->obligations && a->assignment == b->assignment &&
           a->grant == b->grant && a->trace == b->trace;
}

/* Numbers decide as codes do, a sieve never holds back a permit, and what is found is permitted, all of
 * it and nothing else. */
START_TEST(numbers_and_sieve)
{
    uint32_t seed = (uint32_t)_i * 7919 + 1;
    int permits = 0, held_back = 0;
    for (int i = 0; i < 2000; i++) {
        struct both who;
        struct engine_decision a, b;
        struct engine_sieve *sieve = NULL;
        bool worth = false;
        int actions[16], found[64];
        make(&seed, &who);
        struct engine_question q = random_question(&seed);
        engine_decide(world, who.coded, &q, &a);
        engine_decide(world, who.numbered, &q, &b);
        ck_assert(same(&a, &b));
        ck_assert_ok(engine_sieve_new(world, &q, arena, &sieve));
        for (size_t k = 0; k < who.count; k++)
            worth = worth || engine_sieve_lets(sieve, &who.held[k]);
        ck_assert_msg(worth || a.effect != ENGINE_PERMIT, "a permit held back");
        permits += a.effect == ENGINE_PERMIT;
        held_back += !worth;

        size_t n = engine_what_can(world, who.numbered, &q, actions, COUNT(actions));
        int r = engine_resource(world, q.resource);
        bool has = false;
        for (size_t k = 0; k < n; k++)
            has = has || str_eq(engine_action_at(world, r, actions[k]), q.action);
        ck_assert_int_eq(has, a.effect == ENGINE_PERMIT);
        n = engine_where_can(world, who.numbered, &q, found, COUNT(found));
        size_t want = 0;
        for (int k = 0; k < engine_structure_count(world); k++) {
            struct engine_question there = q;
            there.structure = engine_structure_at(world, k).code;
            engine_decide(world, who.coded, &there, &b);
            if (b.effect == ENGINE_PERMIT)
                ck_assert(want < n && found[want++] == k);
        }
        ck_assert_uint_eq(want, n);
        arena_free(arena);
        ck_assert_ok(arena_new(4 * ARENA_DEFAULT_MAX, &arena));
    }
    ck_assert_int_gt(permits, 20);
    ck_assert_int_gt(held_back, 100);
}
END_TEST

/* Nobody can what is not there. */
START_TEST(nothing_to_sieve)
{
    struct engine_sieve *x = NULL;
    struct engine_question q = { .resource = STR("DUI.PROJET"), .action = STR("lire") };
    q.structure = STR("NOWHERE");
    ck_assert_err(engine_sieve_new(world, &q, arena, &x), NOT_FOUND);
    q.structure = STR("SOUB-ESAT");
    q.action = STR("voler");
    ck_assert_err(engine_sieve_new(world, &q, arena, &x), NOT_FOUND);
    ck_assert_uint_eq(engine_where_can(world, NULL, &q, NULL, 0), 0);
}
END_TEST

/* ---- declared ---- */

static void declare(struct model *m, const char *condition, const char *object,
                    const char *property, const char *values)
{
    struct declared_def d = { STR("DUI"),       str_of(condition), str_of(object),
                              str_of(property), str_of(values),    7 };
    ck_assert_ok(model_add_declared(m, &d));
}

static void instance(struct model *m, const char *resource, const char *id, const char *properties)
{
    struct instance_def d = { str_of(resource), str_of(id), str_of(properties), 7 };
    ck_assert_ok(model_add_instance(m, &d));
}

static struct snapshot *declared_world(void)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    struct subject_type_def type = { STR("DUI"), STR("user"), 1 };
    struct grant_def grant = {
        STR("IDE"), STR("DUI.STATS"), STR("exporter"), STR("etab"), STR("actif"), STR(""), 1
    };
    ck_assert_ok(model_add_subject_type(m, &type));
    declare(m, "actif", "resource", "status", "\"active\"|absent");
    declare(m, "doux", "action", "soft", "true|1");
    instance(m, "DUI.STATS", "s-2", "status=\"archived\"");
    instance(m, "DUI.STATS", "s-1", "status=\"active\"|pages=12");
    instance(m, "DUI.PROJET", "p", "");
    ck_assert_ok(model_add_grant(m, &grant));
    err_t e = engine_compile(m, &s, &problem);
    ck_assert_msg(err_ok(e), "%s", model_problem_en(problem.what));
    model_free(m);
    return s;
}

/* The model is gone: everything that is found lives in the snapshot. */
START_TEST(declared_is_found)
{
    struct snapshot *s = declared_world();
    int dui = engine_application(s, STR("DUI")), stats = engine_resource(s, STR("DUI.STATS"));
    struct engine_instance x;
    ck_assert(engine_is_subject_type(s, dui, STR("user")));
    ck_assert(engine_is_subject_type(s, dui, STR("person")));
    ck_assert(engine_is_subject_type(s, ENGINE_NONE, STR("person")));
    ck_assert(!engine_is_subject_type(s, engine_application(s, STR("RH")), STR("user")));
    ck_assert(engine_is_declared(s, dui, ENGINE_OBJECT_RESOURCE, STR("status")));
    ck_assert(!engine_is_declared(s, dui, ENGINE_OBJECT_ACTION, STR("status")));
    ck_assert_uint_eq(engine_instance_count(s, stats), 2);
    ck_assert_str_is(engine_instance_at(s, stats, 0).id, "s-1");
    ck_assert(engine_instance_find(s, stats, STR("s-2"), &x));
    ck_assert_uint_eq(x.property_count, 1);
    ck_assert_str_is(x.properties[0].value, "\"archived\"");
    ck_assert(!engine_instance_find(s, stats, STR("p"), &x));
    ck_assert_uint_eq(engine_instance_count(s, engine_resource(s, STR("RH.ABSENCES"))), 0);
    snapshot_unref(s);
}
END_TEST

static const struct {
    const char *name, *value; /* of resource.status; NULL: not sent */
    bool permit;
} statuses[] = {
    { "the value", "\"active\"", true },
    { "another", "\"archived\"", false },
    { "absent", NULL, true },
    { "another type", "true", false },
    { "without its quotes", "active", false },
};

/* A declared condition is a condition like others, but only the question makes it hold. */
START_TEST(declared_decides)
{
    struct snapshot *s = declared_world();
    struct engine_held held = { engine_profile(s, STR("IDE")), engine_structure(s, STR("MADE-FV")),
                                0, MODEL_EVER };
    struct engine_numbered n = { STR("u"), STR("l"), true, &held, 1, NULL, 0 };
    struct engine_subject *subject = NULL;
    struct engine_decision d;
    struct str names[ACCESS_WORD_MAX];
    size_t size = engine_numbered_size(&n);
    ck_assert_ok(engine_numbered_resolve(s, &n, arena_alloc(arena, size), size, &subject));
    struct engine_property p = { ENGINE_OBJECT_RESOURCE, STR("status"),
                                 str_of(statuses[_i].value) };
    struct engine_question q = { .resource = STR("DUI.STATS"),
                                 .action = STR("exporter"),
                                 .structure = STR("MADE-FV"),
                                 .acr = ACCESS_EIDAS2,
                                 .now = world_instant(NOON) };
    engine_decide(s, subject, &q, &d);
    ck_assert_int_eq(d.reason, ACCESS_CONDITION); /* nobody said that it holds */
    ck_assert_uint_eq(access_words_list(engine_words(s), d.missing, names), 1);
    ck_assert_str_is(names[0], "actif");
    q.declared = engine_declared(s, engine_application(s, STR("DUI")), &p,
                                 statuses[_i].value != NULL ? 1 : 0);
    engine_decide(s, subject, &q, &d);
    ck_assert_msg((d.effect == ENGINE_PERMIT) == statuses[_i].permit, "%s", statuses[_i].name);
    q.declared = ~(uint64_t)0; /* the conditions of the model are not for the caller to declare */
    q.action = STR("lire");
    q.resource = STR("DUI.PLAN_SOINS");
    q.acr = ACCESS_EIDAS1;
    engine_decide(s, subject, &q, &d);
    ck_assert_int_eq(d.reason, ACCESS_STEP_UP);
    snapshot_unref(s);
}
END_TEST

static err_t note(void *ctx, struct str entitlement)
{
    if (str_starts(entitlement, STR("DUI.STATS:exporter")))
        *(bool *)ctx = str_ends(entitlement, STR(";?"));
    return ERR(OK);
}

/* In a token it is for the server to tell: the token does not know what will be sent. */
START_TEST(declared_in_a_token)
{
    struct snapshot *s = declared_world();
    struct engine_held held = { engine_profile(s, STR("IDE")),
                                engine_structure(s, STR("SOUB-ESAT")), 0, MODEL_EVER };
    struct engine_numbered n = { STR("u"), STR("l"), true, &held, 1, NULL, 0 };
    struct engine_subject *subject = NULL;
    size_t size = engine_numbered_size(&n);
    struct engine_token token = { .structure = held.structure,
                                  .application = engine_application(s, STR("DUI")),
                                  .acr = ACCESS_EIDAS2,
                                  .now = world_instant(NOON) };
    bool asks = false;
    int64_t not_after = 0;
    ck_assert_ok(engine_numbered_resolve(s, &n, arena_alloc(arena, size), size, &subject));
    ck_assert_ok(engine_entitlements(s, subject, &token, note, &asks, &not_after));
    ck_assert(asks);
    snapshot_unref(s);
}
END_TEST

static const struct {
    const char *name, *condition, *object, *property, *values;
    enum model_problem what;
} wrong[] = {
    { "a condition of the model", "2f", "action", "x", "true", MODEL_BAD_NAME },
    { "a name with a space", "a b", "action", "x", "true", MODEL_BAD_NAME },
    { "no object", "c", "", "x", "true", MODEL_BAD_NAME },
    { "another object", "c", "context", "x", "true", MODEL_BAD_NAME },
    { "no property", "c", "action", "", "true", MODEL_BAD_NAME },
    { "no value", "c", "action", "x", "", MODEL_BAD_VALUE },
    { "a bare word", "c", "action", "x", "active", MODEL_BAD_VALUE },
    { "half a string", "c", "action", "x", "\"active", MODEL_BAD_VALUE },
    { "one quote", "c", "action", "x", "\"", MODEL_BAD_VALUE },
    { "an escape", "c", "action", "x", "\"a\\n\"", MODEL_BAD_VALUE },
    { "a real number", "c", "action", "x", "1.5", MODEL_BAD_VALUE },
    { "null", "c", "action", "x", "null", MODEL_BAD_VALUE },
    { "twice", "once", "action", "x", "true", MODEL_DUPLICATE },
};

START_TEST(declared_wrong)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    declare(m, "once", "action", "x", "false");
    declare(m, wrong[_i].condition, wrong[_i].object, wrong[_i].property, wrong[_i].values);
    ck_assert_err(engine_compile(m, &s, &problem), CONFIG);
    ck_assert_msg(problem.what == wrong[_i].what, "%s: %s", wrong[_i].name,
                  model_problem_en(problem.what));
    model_free(m);
}
END_TEST

static const struct {
    const char *name, *resource, *id, *properties;
    enum model_problem what;
} wrong_instances[] = {
    { "unknown resource", "DUI.X", "a", "", MODEL_UNKNOWN_RESOURCE },
    { "no id", "DUI.STATS", "", "", MODEL_BAD_CODE },
    { "a control character", "DUI.STATS", "a\n", "", MODEL_BAD_CODE },
    { "no value", "DUI.STATS", "a", "status", MODEL_BAD_VALUE },
    { "a bare word", "DUI.STATS", "a", "status=active", MODEL_BAD_VALUE },
    { "twice", "DUI.STATS", "one", "", MODEL_DUPLICATE },
};

START_TEST(instances_wrong)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    instance(m, "DUI.STATS", "one", "");
    instance(m, wrong_instances[_i].resource, wrong_instances[_i].id,
             wrong_instances[_i].properties);
    ck_assert_err(engine_compile(m, &s, &problem), CONFIG);
    ck_assert_msg(problem.what == wrong_instances[_i].what, "%s: %s", wrong_instances[_i].name,
                  model_problem_en(problem.what));
    model_free(m);
}
END_TEST

int main(void)
{
    TCase *search = tcase_create("search"), *declared = tcase_create("declared");
    tcase_add_checked_fixture(search, setup, teardown);
    tcase_add_checked_fixture(declared, setup, teardown);
    tcase_add_loop_test(search, numbers_and_sieve, 0, 3);
    tcase_add_test(search, nothing_to_sieve);
    tcase_add_test(declared, declared_is_found);
    tcase_add_loop_test(declared, declared_decides, 0, COUNT(statuses));
    tcase_add_test(declared, declared_in_a_token);
    tcase_add_loop_test(declared, declared_wrong, 0, COUNT(wrong));
    tcase_add_loop_test(declared, instances_wrong, 0, COUNT(wrong_instances));
    return RUN_SUITE("search", search, declared);
}
