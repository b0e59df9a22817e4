/* world.c - makes the groupement from one seed. */
#include "policy/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum { OGS = 60, ESTABLISHMENTS = 600, SERVICES = 1800 };
enum { PROFILES = 40, RESOURCES = 30, CLOSURES = 380, HELD_MAX = 3 };

static uint64_t state;

static unsigned chance(unsigned below)
{
    state += 0x9E3779B97F4A7C15U; /* SplitMix64 */
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (unsigned)((z ^ (z >> 31)) % below);
}

static struct arena *memory;
static FILE *file; /* or NULL */

void world_must(err_t e)
{
    if (err_ok(e))
        return;
    (void)fprintf(stderr, "bench: %s\n", err_name(e));
    abort();
}

/* Codes need no escapes in JSON. */
static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (file != NULL)
        (void)vfprintf(file, format, args);
    va_end(args);
}

static struct str name(const char *prefix, unsigned n)
{
    struct str text;
    world_must(arena_printf(memory, &text, "%s%u", prefix, n));
    return text;
}

static struct str establishment(unsigned n) { return name("ETABLISSEMENT-", n); }

static struct str service(unsigned n)
{
    struct str text;
    world_must(arena_printf(memory, &text, "ETABLISSEMENT-%u.SERVICE-%u", n % ESTABLISHMENTS, n));
    return text;
}

static const char *const actions[] = { "lire", "creer", "modifier", "valider", "exporter" };

static void structure(struct model *m, struct str code, struct str parent, enum structure_kind kind)
{
    world_must(model_add_structure(m, &(struct structure_def){ .code = code,
                                                               .parent = parent,
                                                               .kind = kind,
                                                               .open_from = MODEL_ALWAYS,
                                                               .open_until = MODEL_EVER }));
    tell("{\"structure\":{\"code\":\"%.*s\",\"parent\":\"%.*s\",\"kind\":\"%s\"}}\n", STR_ARG(code),
         STR_ARG(parent), structure_kind_name(kind));
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

static void add_resources(struct model *m)
{
    static const char all[] = "lire|creer|modifier|valider|exporter";
    for (unsigned i = 0; i < RESOURCES; i++) {
        struct resource_def d = { .code = name("DUI.RESSOURCE_", i),
                                  .application = STR("DUI"),
                                  .actions = str_of(all) };
        world_must(model_add_resource(m, &d));
        tell("{\"resource\":{\"code\":\"%.*s\",\"actions\":\"%s\"}}\n", STR_ARG(d.code), all);
    }
}

static void add_grant(struct model *m, unsigned profile, unsigned resource)
{
    static const char *const scopes[] = { "unite", "etabs", "file", "og" };
    const char *allowed = chance(2) ? "lire|creer" : "lire|valider";
    const char *scope = scopes[chance(COUNT(scopes))];
    const char *conditions = chance(3) ? "2f" : "";
    struct grant_def d = { .profile = name("PROFIL_", profile),
                           .resource = name("DUI.RESSOURCE_", resource),
                           .actions = str_of(allowed),
                           .scope = str_of(scope),
                           .conditions = str_of(conditions) };
    world_must(model_add_grant(m, &d));
    tell("{\"grant\":{\"profile\":\"%.*s\",\"resource\":\"%.*s\",\"actions\":\"%s\","
         "\"scope\":\"%s\",\"conditions\":\"%s\"}}\n",
         STR_ARG(d.profile), STR_ARG(d.resource), allowed, scope, conditions);
}

static void add_profiles(struct model *m)
{
    for (unsigned i = 0; i < PROFILES; i++) {
        world_must(model_add_profile(m, &(struct profile_def){ .code = name("PROFIL_", i) }));
        for (unsigned k = 0; k < RESOURCES; k++)
            add_grant(m, i, k);
        if (i >= 12)
            continue;
        struct never_def d = { .profile = name("PROFIL_", i),
                               .resource = name("DUI.RESSOURCE_", i),
                               .actions = STR("creer") };
        world_must(model_add_never(m, &d));
        tell("{\"never\":{\"profile\":\"%.*s\",\"resource\":\"%.*s\",\"actions\":\"creer\"}}\n",
             STR_ARG(d.profile), STR_ARG(d.resource));
    }
}

static void add_closures(struct model *m)
{
    for (unsigned i = 0; i < CLOSURES; i++) {
        const char *rights = chance(4) ? "DUI.RESSOURCE_7:*" : "*:exporter";
        struct closure_def d = { .code = name("F", i),
                                 .structure = establishment(chance(ESTABLISHMENTS)),
                                 .rights = str_of(rights),
                                 .from = 0,
                                 .until = 2 * (int64_t)WORLD_NOW };
        world_must(model_add_closure(m, &d));
        tell("{\"closure\":{\"structure\":\"%.*s\",\"rights\":\"%s\"}}\n", STR_ARG(d.structure),
             rights);
    }
}

/* Lines of JSON have no integer as large as MODEL_EVER. */
static int64_t written_end(int64_t end) { return end == MODEL_EVER ? INT64_C(9999999999) : end; }

static void tell_person(const struct engine_person *p)
{
    tell("{\"person\":{\"id\":\"%.*s\",\"assignments\":[", STR_ARG(p->id));
    for (size_t i = 0; i < p->assignment_count; i++) {
        const struct engine_assignment *a = &p->assignments[i];
        tell("%s{\"profile\":\"%.*s\",\"structure\":\"%.*s\",\"start\":%" PRId64 ",\"end\":%" PRId64
             "}",
             i > 0 ? "," : "", STR_ARG(a->profile), STR_ARG(a->structure), a->start,
             written_end(a->end));
    }
    tell("]}}\n");
}

static void person(struct engine_person *p, unsigned n)
{
    unsigned count = 1 + chance(HELD_MAX);
    struct engine_assignment *held = arena_array(memory, HELD_MAX, sizeof *held);
    if (held == NULL)
        abort();
    for (unsigned i = 0; i < count; i++) {
        struct str id;
        world_must(arena_printf(memory, &id, "affectation-%u-%u", n, i));
        struct str profile = name("PROFIL_", chance(PROFILES));
        struct str where =
            chance(2) ? service(chance(SERVICES)) : establishment(chance(ESTABLISHMENTS));
        int64_t start = chance(10) ? 0 : WORLD_NOW + 500;
        int64_t end = start > WORLD_NOW || chance(10) ? MODEL_EVER : WORLD_NOW - 100;
        held[i] = (struct engine_assignment){ id, profile, where, start, end };
    }
    *p = (struct engine_person){ .id = name("personne-", n),
                                 .login = name("p", n),
                                 .active = true,
                                 .assignments = held,
                                 .assignment_count = count };
    tell_person(p);
}

/* Four in five about a structure of the person's own. */
static void question(struct world *w, struct world_question *c)
{
    c->who = chance(w->people_count);
    const struct engine_person *p = &w->people[c->who];
    unsigned own = chance((unsigned)p->assignment_count);
    c->q = (struct engine_question){ .resource = name("DUI.RESSOURCE_", chance(RESOURCES)),
                                     .now = WORLD_NOW };
    c->q.action = str_of(actions[chance(COUNT(actions))]);
    c->q.structure = chance(5) ? p->assignments[own].structure : service(chance(SERVICES));
    c->q.acr = (enum access_acr)chance(4);
}

static struct engine_subject *subject_of(const struct world *w, const struct engine_person *p)
{
    struct engine_subject *out = NULL;
    size_t size = engine_subject_size(p);
    world_must(engine_person_resolve(w->snapshot, p, arena_alloc(memory, size), size, &out));
    return out;
}

void world_make(struct world *w, unsigned people, FILE *written)
{
    struct problem problem;
    state = 20260101;
    *w = (struct world){ .people_count = people };
    world_must(arena_new((size_t)4 << 30, &w->memory));
    world_must(model_new(&w->model));
    memory = w->memory;
    file = written;
    add_structures(w->model);
    add_resources(w->model);
    add_profiles(w->model);
    add_closures(w->model);
    world_must(engine_compile(w->model, &w->snapshot, &problem));
    w->people = arena_array(memory, people, sizeof *w->people);
    w->subjects = arena_array(memory, people, sizeof(struct engine_subject *));
    w->questions = arena_array(memory, WORLD_QUESTIONS, sizeof *w->questions);
    if (w->people == NULL || w->subjects == NULL || w->questions == NULL)
        abort();
    for (unsigned i = 0; i < people; i++) {
        person(&w->people[i], i);
        w->subjects[i] = subject_of(w, &w->people[i]);
    }
    for (size_t i = 0; i < WORLD_QUESTIONS; i++)
        question(w, &w->questions[i]);
}

void world_write_question(FILE *written, const struct world *w, const struct world_question *c,
                          bool permit)
{
    (void)fprintf(written,
                  "{\"question\":{\"person\":\"%.*s\",\"resource\":\"%.*s\",\"action\":\"%.*s\","
                  "\"structure\":\"%.*s\",\"acr\":%d,\"now\":%" PRId64 ",\"permit\":%s}}\n",
                  STR_ARG(w->people[c->who].id), STR_ARG(c->q.resource), STR_ARG(c->q.action),
                  STR_ARG(c->q.structure), (int)c->q.acr, c->q.now, permit ? "true" : "false");
}

void world_free(struct world *w)
{
    arena_free(w->memory);
    snapshot_unref(w->snapshot);
    model_free(w->model);
}
