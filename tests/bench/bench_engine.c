/* bench_engine.c - nanoseconds of CPU a decision by string identifiers, its reason included.
 *
 * A made-up groupement: 60 OGs, 600 establishments, 1,800 services; 30 resources of 5 actions; 40
 * profiles of 60 rights, 12 with a jamais; 380 fermetures; 30,000 persons with 1 to 3 assignments.
 */
#include "base/arena.h"
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OGS = 60, ESTABLISHMENTS = 600, SERVICES = 1800, PEOPLE = 30000, QUESTIONS = 100000 };
enum { PROFILES = 40, RESOURCES = 30, CLOSURES = 380, ROUNDS = 10, NOW = 1000 };

static uint64_t state = 20260101;

static unsigned chance(unsigned below)
{
    state += 0x9E3779B97F4A7C15U; /* SplitMix64 */
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (unsigned)((z ^ (z >> 31)) % below);
}

static struct arena *memory;

static void must(err_t e)
{
    if (err_ok(e))
        return;
    (void)fprintf(stderr, "bench_engine: %s\n", err_name(e));
    abort();
}

static struct str name(const char *prefix, unsigned n)
{
    struct str text;
    must(arena_printf(memory, &text, "%s%u", prefix, n));
    return text;
}

static struct str establishment(unsigned n) { return name("ETABLISSEMENT-", n); }

static struct str service(unsigned n)
{
    struct str text;
    must(arena_printf(memory, &text, "ETABLISSEMENT-%u.SERVICE-%u", n % ESTABLISHMENTS, n));
    return text;
}

static const char *const actions[] = { "lire", "creer", "modifier", "valider", "exporter" };

static void structure(struct model *m, struct str code, struct str parent, enum structure_kind kind)
{
    must(model_add_structure(m, &(struct structure_def){ .code = code,
                                                         .parent = parent,
                                                         .kind = kind,
                                                         .open_from = MODEL_ALWAYS,
                                                         .open_until = MODEL_EVER }));
}

static void add_structures(struct model *m)
{
    structure(m, STR("GROUPEMENT"), STR(""), STRUCTURE_GROUPEMENT);
    for (unsigned i = 0; i < OGS; i++)
        structure(m, name("OG-", i), STR("GROUPEMENT"), STRUCTURE_OG);
    for (unsigned i = 0; i < ESTABLISHMENTS; i++)
        structure(m, establishment(i), name("OG-", i % OGS), STRUCTURE_ETABLISSEMENT);
    for (unsigned i = 0; i < SERVICES; i++)
        structure(m, service(i), establishment(i % ESTABLISHMENTS), STRUCTURE_SERVICE);
}

static void add_rights(struct model *m)
{
    static const char *const scopes[] = { "unite", "etabs", "file", "og" };
    for (unsigned i = 0; i < RESOURCES; i++)
        must(model_add_resource(
            m, &(struct resource_def){ .code = name("DUI.RESSOURCE_", i),
                                       .application = STR("DUI"),
                                       .actions = STR("lire|creer|modifier|valider|exporter") }));
    for (unsigned i = 0; i < PROFILES; i++) {
        must(model_add_profile(m, &(struct profile_def){ .code = name("PROFIL_", i) }));
        for (unsigned k = 0; k < RESOURCES; k++)
            must(model_add_grant(
                m,
                &(struct grant_def){ .profile = name("PROFIL_", i),
                                     .resource = name("DUI.RESSOURCE_", k),
                                     .actions = chance(2) ? STR("lire|creer") : STR("lire|valider"),
                                     .scope = str_of(scopes[chance(COUNT(scopes))]),
                                     .conditions = chance(3) ? STR("2f") : STR("") }));
        if (i < 12)
            must(model_add_never(m, &(struct never_def){ .profile = name("PROFIL_", i),
                                                         .resource = name("DUI.RESSOURCE_", i),
                                                         .actions = STR("creer") }));
    }
    for (unsigned i = 0; i < CLOSURES; i++)
        must(model_add_closure(
            m, &(struct closure_def){ .code = name("F", i),
                                      .structure = establishment(chance(ESTABLISHMENTS)),
                                      .rights =
                                          chance(4) ? STR("DUI.RESSOURCE_7:*") : STR("*:exporter"),
                                      .from = 0,
                                      .until = 2000 }));
}

static struct str workplace[PEOPLE]; /* one structure of each */

static struct engine_subject *person(const struct snapshot *s, unsigned n)
{
    struct engine_assignment held[3];
    unsigned count = 1 + chance(3);
    struct engine_subject *out = NULL;
    for (unsigned i = 0; i < count; i++)
        held[i] = (struct engine_assignment){ .id = name("affectation-", 3 * n + i),
                                              .profile = name("PROFIL_", chance(PROFILES)),
                                              .structure =
                                                  chance(2) ? service(chance(SERVICES))
                                                            : establishment(chance(ESTABLISHMENTS)),
                                              .start = chance(10) ? 0 : 1500,
                                              .end = chance(10) ? MODEL_EVER : 900 };
    workplace[n] = held[chance(count)].structure;
    struct engine_person p = { .id = name("personne-", n),
                               .login = name("p", n),
                               .active = true,
                               .assignments = held,
                               .assignment_count = count };
    size_t size = engine_subject_size(&p);
    must(engine_person_resolve(s, &p, arena_alloc(memory, size), size, &out));
    return out;
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct case_of {
    const struct engine_subject *who;
    struct engine_question q;
};

static void measure(const struct snapshot *s, const struct case_of *cases)
{
    unsigned permits = 0;
    double best = 1e9;
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = cpu_seconds();
        for (size_t i = 0; i < QUESTIONS; i++) {
            struct engine_decision d;
            engine_decide(s, cases[i].who, &cases[i].q, &d);
            permits += d.effect == ENGINE_PERMIT;
        }
        double took = cpu_seconds() - begin;
        if (took < best)
            best = took;
    }
    printf("engine: %.0f ns a decision, %.1f %% permitted\n", best / QUESTIONS * 1e9,
           100.0 * permits / ROUNDS / QUESTIONS);
}

int main(void)
{
    struct model *m = NULL;
    struct snapshot *s = NULL;
    struct problem problem;
    must(arena_new((size_t)1 << 30, &memory));
    must(model_new(&m));
    add_structures(m);
    add_rights(m);
    double begin = cpu_seconds();
    must(engine_compile(m, &s, &problem));
    printf("engine: compiled in %.1f ms\n", (cpu_seconds() - begin) * 1e3);
    const struct engine_subject **people = arena_array(memory, PEOPLE, sizeof(void *));
    struct case_of *cases = arena_array(memory, QUESTIONS, sizeof *cases);
    if (people == NULL || cases == NULL)
        abort();
    for (unsigned i = 0; i < PEOPLE; i++)
        people[i] = person(s, i);
    for (size_t i = 0; i < QUESTIONS; i++) {
        unsigned who = chance(PEOPLE);
        cases[i] = (struct case_of){
            .who = people[who],
            .q = { .resource = name("DUI.RESSOURCE_", chance(RESOURCES)),
                   .action = str_of(actions[chance(COUNT(actions))]),
                   .structure = chance(5) ? workplace[who] : service(chance(SERVICES)),
                   .acr = (enum access_acr)chance(4),
                   .now = NOW },
        };
    }
    measure(s, cases);
    arena_free(memory);
    snapshot_unref(s);
    model_free(m);
    return 0;
}
