/* policies/engine: what engine_compile() refuses, what a snapshot tells, and memory that runs out. */
#include "engine/engine.h"

#include "support/suite.h"
#include "support/world.h"

#include <stdlib.h>

/* ---- memory that runs out: the linker sends the engine's allocations here (--wrap) ---- */

static long allocations_left = -1; /* -1: no limit */

static bool is_out_of_memory(void)
{
    if (allocations_left < 0)
        return false;
    return allocations_left == 0 || allocations_left-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) { return is_out_of_memory() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out_of_memory() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_out_of_memory() ? NULL : __real_realloc(old, size);
}

/* Fails allocation 0, 1, 2… until it succeeds: always NO_MEMORY, and no leak (asan looks). */
START_TEST(compile_without_memory)
{
    struct model *m = world_model();
    struct snapshot *s = NULL;
    struct problem problem;
    err_t e = ERR(UNSET);
    long n = 0;
    for (; n < 10000 && !err_ok(e); n++) {
        allocations_left = n;
        e = engine_compile(m, &s, &problem);
        allocations_left = -1;
        ck_assert_msg(err_ok(e) || e.code == ERR_NO_MEMORY, "%ld: %s", n, err_name(e));
        ck_assert(err_ok(e) == (s != NULL));
    }
    ck_assert_int_gt(n, 5);
    ck_assert_ok(e);
    snapshot_unref(s);
    model_free(m);
}
END_TEST

START_TEST(build_without_memory)
{
    for (long n = 0; n < 3; n++) {
        struct model *m = NULL;
        allocations_left = n;
        err_t e = model_new(&m);
        if (err_ok(e))
            e = model_add_lot(m, &(struct lot_def){ .code = STR("L") });
        allocations_left = -1;
        ck_assert_err(e, NO_MEMORY);
        model_free(m);
    }
}
END_TEST

/* ---- what is refused: each row adds one thing to a world that compiles ---- */

static void structure(struct model *m, const char *code, const char *parent,
                      enum structure_kind kind, int64_t from, int64_t until)
{
    ck_assert_ok(model_add_structure(m, &(struct structure_def){ .code = str_of(code),
                                                                 .parent = str_of(parent),
                                                                 .kind = kind,
                                                                 .open_from = from,
                                                                 .open_until = until,
                                                                 .origin = 77 }));
}

static void plain(struct model *m, const char *code, const char *parent, enum structure_kind kind)
{
    structure(m, code, parent, kind, MODEL_ALWAYS, MODEL_EVER);
}

static void grant(struct model *m, const char *profile, const char *resource, const char *actions,
                  const char *scope, const char *conditions)
{
    ck_assert_ok(model_add_grant(m, &(struct grant_def){ .profile = str_of(profile),
                                                         .resource = str_of(resource),
                                                         .actions = str_of(actions),
                                                         .scope = str_of(scope),
                                                         .conditions = str_of(conditions),
                                                         .origin = 77 }));
}

static void resource(struct model *m, const char *code, const char *application,
                     const char *actions)
{
    ck_assert_ok(model_add_resource(m, &(struct resource_def){ .code = str_of(code),
                                                               .application = str_of(application),
                                                               .actions = str_of(actions),
                                                               .origin = 77 }));
}

static void closure(struct model *m, const char *place, const char *except, const char *rights)
{
    ck_assert_ok(model_add_closure(m, &(struct closure_def){ .code = STR("F"),
                                                             .structure = str_of(place),
                                                             .except = str_of(except),
                                                             .rights = str_of(rights),
                                                             .from = 1,
                                                             .until = 2,
                                                             .origin = 77 }));
}

static void nothing(struct model *m) { (void)m; }
static void second_code(struct model *m)
{
    plain(m, "SOUB-FH", "OG-SOUB", STRUCTURE_ETABLISSEMENT);
}
static void no_parent(struct model *m) { plain(m, "X", "OG-SOUBE", STRUCTURE_ETABLISSEMENT); }
static void own_parent(struct model *m) { plain(m, "X", "X", STRUCTURE_SERVICE); }
static void ring(struct model *m)
{
    plain(m, "X", "Y", STRUCTURE_SERVICE);
    plain(m, "Y", "X", STRUCTURE_SERVICE);
}
static void nested_service(struct model *m) { plain(m, "X", "MADE-FV.NUIT", STRUCTURE_SERVICE); }
static void nested_establishment(struct model *m)
{
    plain(m, "X", "SOUB-FH", STRUCTURE_ETABLISSEMENT);
}
static void og_below_service(struct model *m) { plain(m, "X", "MADE-FV.NUIT", STRUCTURE_OG); }
static void no_kind(struct model *m) { plain(m, "X", "OG-SOUB", STRUCTURE_UNSET); }
static void reversed(struct model *m) { structure(m, "X", "", STRUCTURE_OG, 5, 5); }
static void accent(struct model *m) { plain(m, "ÉTAB", "", STRUCTURE_OG); }
static void empty_code(struct model *m) { plain(m, "", "", STRUCTURE_OG); }
static void reserved(struct model *m) { plain(m, "soi", "", STRUCTURE_OG); }
static void grant_profile(struct model *m) { grant(m, "IDEC", "DUI.DLU", "lire", "etab", ""); }
static void grant_resource(struct model *m) { grant(m, "IDE", "DUI.DLUX", "lire", "etab", ""); }
static void grant_action(struct model *m)
{
    grant(m, "IDE", "DUI.DLU", "lire|effacer", "etab", "");
}
static void grant_scope(struct model *m) { grant(m, "IDE", "DUI.DLU", "lire", "Etab", ""); }
static void grant_nothing(struct model *m) { grant(m, "IDE", "DUI.DLU", "", "etab", ""); }
static void grant_tail(struct model *m) { grant(m, "IDE", "DUI.DLU", "lire|", "etab", ""); }
static void grant_space(struct model *m)
{
    grant(m, "IDE", "DUI.DLU", "lire", "etab", "2f, motif");
}
static void grant_unknown(struct model *m)
{
    grant(m, "IDE", "DUI.DLU", "lire", "etab", "inconnue");
}
static void grant_twice(struct model *m)
{
    grant(m, "IDE", "DUI.DLU", "lire|modifier", "etab", "2f,motif");
    grant(m, "IDE", "DUI.DLU", "modifier", "etab", "motif,2f");
}
static void grant_apart(struct model *m)
{
    grant(m, "IDE", "DUI.DLU", "lire", "etab", "2f,motif");
    grant(m, "IDE", "DUI.DLU", "modifier", "etab", "motif,2f");
}
static void also_in_lot(struct model *m) { grant(m, "IDE", "RH.ABSENCES", "lire", "soi", ""); }
static void too_many_conditions(struct model *m)
{
    for (int i = 0; i < ACCESS_WORD_MAX; i++) {
        char name[3] = { (char)('a' + i / 10), (char)('0' + i % 10), '\0' };
        grant(m, "IDE", "DUI.DLU", "lire", "etab", name);
    }
}
static void action_twice(struct model *m) { resource(m, "X", "DUI", "lire|creer|lire"); }
static void no_action(struct model *m) { resource(m, "X", "DUI", ""); }
static void bad_action(struct model *m) { resource(m, "X", "DUI", "lire|à lire"); }
static void no_application(struct model *m) { resource(m, "X", "", "lire"); }
static void new_application(struct model *m)
{
    resource(m, "X", "NEUVE", "lire");
    resource(m, "Y", "NEUVE", "lire");
}
static void auth_min(struct model *m)
{
    ck_assert_ok(model_add_profile(
        m, &(struct profile_def){ .code = STR("P"), .auth_min = STR("3F"), .origin = 77 }));
}
static void lot_like_profile(struct model *m)
{
    ck_assert_ok(model_add_lot(m, &(struct lot_def){ .code = STR("IDE"), .origin = 77 }));
}
static void use_nothing(struct model *m)
{
    ck_assert_ok(model_add_lot_use(
        m, &(struct lot_use_def){ .profile = STR("IDE"), .lot = STR("DIR"), .origin = 77 }));
}
static void never_action(struct model *m)
{
    ck_assert_ok(model_add_never(m, &(struct never_def){ .profile = STR("IDE"),
                                                         .resource = STR("DUI.DLU"),
                                                         .actions = STR("effacer"),
                                                         .origin = 77 }));
}
static void closure_place(struct model *m) { closure(m, "NULLE-PART", "", "*:*"); }
static void closure_except(struct model *m) { closure(m, "DC44", "SOUB-FH|X", "*:*"); }
static void closure_right(struct model *m) { closure(m, "DC44", "", "DUI.DLU"); }
static void closure_empty(struct model *m) { closure(m, "DC44", "", ""); }
static void closure_action(struct model *m) { closure(m, "DC44", "", "*:effacer"); }
static void itself(struct model *m)
{
    ck_assert_ok(model_add_incompatibility(
        m, &(struct incompatibility_def){ .a = STR("IDE"), .b = STR("IDE"), .origin = 77 }));
}
static void other_way_round(struct model *m)
{
    ck_assert_ok(model_add_incompatibility(
        m, &(struct incompatibility_def){ .a = STR("ADMIN_IDP"), .b = STR("IDE"), .origin = 77 }));
}

static const struct {
    const char *name;
    void (*add)(struct model *m);
    enum model_problem want;
    const char *code;
} additions[] = {
    { "nothing added", nothing, MODEL_NONE, "" },
    { "a service in a service", nested_service, MODEL_NONE, "" },
    { "an unknown condition: kept, and never holds", grant_unknown, MODEL_NONE, "" },
    { "two lines of one scope for other actions", grant_apart, MODEL_NONE, "" },
    { "what a lot gives too", also_in_lot, MODEL_NONE, "" },
    { "an application that only resources name", new_application, MODEL_NONE, "" },
    { "a code twice", second_code, MODEL_DUPLICATE, "SOUB-FH" },
    { "parent unknown", no_parent, MODEL_UNKNOWN_PARENT, "OG-SOUBE" },
    { "its own parent", own_parent, MODEL_CYCLE, "X" },
    { "a ring of two", ring, MODEL_CYCLE, "X" },
    { "an establishment in an establishment", nested_establishment, MODEL_BAD_RANK, "X" },
    { "an OG in a service", og_below_service, MODEL_BAD_RANK, "X" },
    { "no kind", no_kind, MODEL_BAD_RANK, "X" },
    { "never open", reversed, MODEL_BAD_PERIOD, "X" },
    { "a code with an accent", accent, MODEL_BAD_CODE, "ÉTAB" },
    { "an empty code", empty_code, MODEL_BAD_CODE, "" },
    { "a word of the tokens' grammar", reserved, MODEL_BAD_CODE, "soi" },
    { "grant: profile", grant_profile, MODEL_UNKNOWN_PROFILE, "IDEC" },
    { "grant: resource", grant_resource, MODEL_UNKNOWN_RESOURCE, "DUI.DLUX" },
    { "grant: action", grant_action, MODEL_UNKNOWN_ACTION, "effacer" },
    { "grant: scope", grant_scope, MODEL_UNKNOWN_SCOPE, "Etab" },
    { "grant: no action", grant_nothing, MODEL_BAD_NAME, "" },
    { "grant: a separator too many", grant_tail, MODEL_BAD_NAME, "lire|" },
    { "grant: a space", grant_space, MODEL_BAD_NAME, " motif" },
    { "grant: twice, in another order of conditions", grant_twice, MODEL_DUPLICATE, "DUI.DLU" },
    { "more conditions than there is room for", too_many_conditions, MODEL_TOO_MANY, "d3" },
    { "resource: an action twice", action_twice, MODEL_DUPLICATE, "lire" },
    { "resource: no action", no_action, MODEL_BAD_NAME, "X" },
    { "resource: an action with a space", bad_action, MODEL_BAD_NAME, "à lire" },
    { "resource: no application", no_application, MODEL_BAD_CODE, "" },
    { "auth_min", auth_min, MODEL_BAD_AUTH_MIN, "3F" },
    { "a lot named like a profile", lot_like_profile, MODEL_DUPLICATE, "IDE" },
    { "a profile is no lot", use_nothing, MODEL_UNKNOWN_LOT, "DIR" },
    { "never: action", never_action, MODEL_UNKNOWN_ACTION, "effacer" },
    { "closure: place", closure_place, MODEL_UNKNOWN_STRUCTURE, "NULLE-PART" },
    { "closure: exception", closure_except, MODEL_UNKNOWN_STRUCTURE, "X" },
    { "closure: no action", closure_right, MODEL_BAD_RIGHT, "DUI.DLU" },
    { "closure: no right", closure_empty, MODEL_BAD_RIGHT, "F" },
    { "closure: an action of no resource", closure_action, MODEL_UNKNOWN_ACTION, "effacer" },
    { "incompatible with itself", itself, MODEL_SAME_PROFILE, "IDE" },
    { "incompatible twice", other_way_round, MODEL_DUPLICATE, "ADMIN_IDP" },
};

START_TEST(problem_table)
{
    struct snapshot *const untouched = (struct snapshot *)&allocations_left, *s = untouched;
    struct model *m = world_model();
    struct problem p;
    additions[_i].add(m);
    err_t e = engine_compile(m, &s, &p);
    ck_assert_msg(err_ok(e) == (additions[_i].want == MODEL_NONE), "%s: %s", additions[_i].name,
                  err_name(e));
    ck_assert_msg(p.what == additions[_i].want, "%s: %s", additions[_i].name,
                  model_problem_en(p.what));
    if (err_ok(e)) {
        snapshot_unref(s);
    } else {
        ck_assert_int_eq(e.code, ERR_CONFIG);
        ck_assert_msg(s == untouched, "%s: out", additions[_i].name);
        ck_assert_msg(str_eq(p.code, str_of(additions[_i].code)), "%s: about \"%.*s\"",
                      additions[_i].name, STR_ARG(p.code));
        ck_assert_msg(p.origin == 77, "%s: origin", additions[_i].name);
    }
    model_free(m);
}
END_TEST

/* ---- what a snapshot tells; it outlives its model ---- */

START_TEST(listing)
{
    struct snapshot *s = snapshot_ref(world_snapshot());
    snapshot_unref(s); /* one reference is left */
    int nuit = engine_structure(s, STR("MADE-FV.NUIT")), made = engine_structure(s, STR("MADE-FV"));
    int og = engine_structure(s, STR("OG-MADE"));
    ck_assert_int_eq(engine_structure_count(s), 12);
    ck_assert_int_eq(engine_structure(s, STR("made-fv")), ENGINE_NONE);
    ck_assert_int_eq(engine_establishment_of(s, nuit), made);
    ck_assert_int_eq(engine_establishment_of(s, made), made);
    ck_assert_int_eq(engine_establishment_of(s, og), ENGINE_NONE);
    ck_assert(engine_is_at_or_below(s, nuit, og) && engine_is_at_or_below(s, og, og));
    ck_assert(!engine_is_at_or_below(s, og, nuit));
    struct engine_structure x = engine_structure_at(s, nuit);
    ck_assert_str_is(x.code, "MADE-FV.NUIT");
    ck_assert_int_eq(x.kind, STRUCTURE_SERVICE);
    ck_assert_int_eq(x.parent, made);
    ck_assert(x.open_from == world_instant("2019-09-01T00:00:00+02:00")); /* that of its parent */
    ck_assert(!engine_is_open(s, nuit, x.open_from - 1) && engine_is_open(s, nuit, x.open_from));
    for (int i = 1; i < engine_structure_count(s); i++) { /* pre-order */
        int parent = engine_structure_at(s, i).parent;
        ck_assert(parent < i &&
                  (parent == ENGINE_NONE || engine_structure_at(s, parent).last >= i));
    }

    struct engine_profile p = engine_profile_at(s, engine_profile(s, STR("VEILLEUR")));
    ck_assert_str_is(p.label, "Veilleur");
    ck_assert(!p.needs_second_factor);
    p = engine_profile_at(s, engine_profile(s, STR("ADMIN_IDP")));
    ck_assert(p.needs_second_factor && p.max_days == 365);
    ck_assert_int_eq(engine_profile(s, STR("SOCLE")), ENGINE_NONE); /* a lot */

    /* A resource's application is its column, not a prefix of its code. */
    struct engine_resource r = engine_resource_at(s, engine_resource(s, STR("DMP.ACCES")));
    ck_assert_str_is(engine_application_code(s, r.application), "SOCLE");
    ck_assert_int_eq(r.action_count, 2);
    ck_assert_str_is(engine_action_at(s, engine_resource(s, STR("DMP.ACCES")), 1), "alimenter");
    ck_assert_int_eq(engine_application(s, STR("DMP")), ENGINE_NONE);

    struct str reason;
    ck_assert(engine_is_incompatible(s, STR("ADMIN_IDP"), STR("IDE"), &reason));
    ck_assert(engine_is_incompatible(s, STR("IDE"), STR("ADMIN_IDP"), &reason));
    ck_assert(!engine_is_incompatible(s, STR("IDE"), STR("DIR"), &reason));
    snapshot_unref(s);
}
END_TEST

START_TEST(empty_model)
{
    struct model *m = NULL;
    struct snapshot *s = NULL;
    struct problem p;
    ck_assert_ok(model_new(&m));
    ck_assert_ok(engine_compile(m, &s, &p));
    model_free(m);
    const struct engine_question q = { .resource = STR("A"), .action = STR("b") };
    struct engine_decision d;
    engine_decide(s, NULL, &q, &d);
    ck_assert_int_eq(d.effect, ENGINE_DENY);
    ck_assert_int_eq(d.reason, ACCESS_UNKNOWN);
    snapshot_unref(s);
    snapshot_unref(NULL);
    model_free(NULL);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("compile");
    tcase_add_loop_test(t, problem_table, 0, COUNT(additions));
    tcase_add_test(t, listing);
    tcase_add_test(t, empty_model);
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, compile_without_memory);
    tcase_add_test(memory, build_without_memory);
    return RUN_SUITE("model", t, memory);
}
