/* bench_engine.c [--people N] [FILE] - what the policy engine costs, in CPU time, on the world of
 * policy/world.h.
 *
 * FILE gets that world, a sample of its questions with our answers, and our figure, as lines of JSON:
 * for the peers that tests/bench/policy/run asks the same.
 */
#include "policy/world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 10, SAMPLE = 2000, COMPILES = 20, SEARCHES = 100, CHECKED = 10 };

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *list, size_t n)
{
    qsort(list, n, sizeof *list, compare);
    return list[n / 2];
}

static bool permits(const struct world *w, const struct world_question *c)
{
    struct engine_decision d;
    engine_decide(w->snapshot, w->subjects[c->who], &c->q, &d);
    return d.effect == ENGINE_PERMIT;
}

/* By string identifiers, reason included, the person found already; nanoseconds. */
static double measure_decisions(const struct world *w)
{
    unsigned permitted = 0;
    double took[ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = cpu_seconds();
        for (size_t i = 0; i < WORLD_QUESTIONS; i++)
            permitted += permits(w, &w->questions[i]);
        took[round] = cpu_seconds() - begin;
    }
    double ns = median(took, ROUNDS) / WORLD_QUESTIONS * 1e9;
    printf("engine: %.0f ns a decision, %.1f %% of %d permitted\n", ns,
           100.0 * permitted / ROUNDS / WORLD_QUESTIONS, WORLD_QUESTIONS);
    return ns;
}

/* The whole model again after one profile got a line. */
static void measure_compiling(const struct world *w)
{
    double took[COMPILES];
    struct problem problem;
    world_must(model_add_grant(w->model, &(struct grant_def){ .profile = STR("PROFIL_0"),
                                                              .resource = STR("DUI.RESSOURCE_0"),
                                                              .actions = STR("modifier"),
                                                              .scope = STR("unite") }));
    for (unsigned i = 0; i < COMPILES; i++) {
        struct snapshot *s = NULL;
        double begin = cpu_seconds();
        world_must(engine_compile(w->model, &s, &problem));
        took[i] = cpu_seconds() - begin;
        snapshot_unref(s);
    }
    printf("engine: %.1f ms to compile the rules again after one profile changed\n",
           median(took, COMPILES) * 1e3);
}

/* Everybody as numbers, the way that those who keep many keep them. */
static struct engine_numbered *number_people(const struct world *w)
{
    struct engine_numbered *all = arena_array(w->memory, w->people_count, sizeof *all);
    if (all == NULL)
        abort();
    for (size_t i = 0; i < w->people_count; i++) {
        const struct engine_person *p = &w->people[i];
        struct engine_held *list = arena_array(w->memory, p->assignment_count, sizeof *list);
        if (list == NULL)
            abort();
        for (size_t k = 0; k < p->assignment_count; k++) {
            const struct engine_assignment *a = &p->assignments[k];
            list[k] = (struct engine_held){ engine_profile(w->snapshot, a->profile),
                                            engine_structure(w->snapshot, a->structure), a->start,
                                            a->end };
        }
        all[i] = (struct engine_numbered){ .id = p->id,
                                           .login = p->login,
                                           .active = p->active,
                                           .list = list,
                                           .count = p->assignment_count };
    }
    return all;
}

static bool numbered_may(const struct world *w, const struct engine_sieve *sieve,
                         const struct engine_numbered *p, const struct engine_question *q)
{
    union {
        max_align_t align;
        unsigned char bytes[1024];
    } memory;
    bool worth = false;
    for (size_t k = 0; k < p->count && !worth; k++)
        worth = engine_sieve_lets(sieve, &p->list[k]);
    if (!worth)
        return false;
    struct engine_subject *subject = NULL;
    struct engine_decision d;
    world_must(engine_numbered_resolve(w->snapshot, p, &memory, sizeof memory, &subject));
    engine_decide(w->snapshot, subject, q, &d);
    return d.effect == ENGINE_PERMIT;
}

static size_t who_can(const struct world *w, const struct engine_numbered *all,
                      const struct engine_question *q)
{
    struct engine_sieve *sieve = NULL;
    size_t found = 0;
    world_must(engine_sieve_new(w->snapshot, q, w->memory, &sieve));
    for (size_t i = 0; i < w->people_count; i++)
        found += numbered_may(w, sieve, &all[i], q);
    return found;
}

/* How many may, decided for each without the sieve. */
static size_t who_can_plainly(const struct world *w, const struct engine_question *q)
{
    size_t found = 0;
    for (unsigned i = 0; i < w->people_count; i++)
        found += permits(w, &(struct world_question){ .who = i, .q = *q });
    return found;
}

static void measure_who_can(const struct world *w)
{
    const struct engine_numbered *all = number_people(w);
    double took[SEARCHES];
    size_t found = 0;
    for (size_t i = 0; i < SEARCHES; i++) {
        double begin = cpu_seconds();
        size_t n = who_can(w, all, &w->questions[i].q);
        took[i] = cpu_seconds() - begin;
        found += n;
        if (i < CHECKED && n != who_can_plainly(w, &w->questions[i].q)) {
            (void)fprintf(stderr, "bench: the search and the decisions differ\n");
            abort();
        }
    }
    double middle = median(took, SEARCHES);
    printf("engine: who can, among %u: %.2f ms, the slowest of %d %.2f ms; %zu found each\n",
           w->people_count, middle * 1e3, SEARCHES, took[SEARCHES - 1] * 1e3, found / SEARCHES);
}

static void measure_what_can(const struct world *w)
{
    double took[ROUNDS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        double begin = cpu_seconds();
        for (size_t i = 0; i < WORLD_QUESTIONS; i++) {
            const struct world_question *c = &w->questions[i];
            int list[8];
            if (engine_what_can(w->snapshot, w->subjects[c->who], &c->q, list, COUNT(list)) > 5)
                abort();
        }
        took[round] = cpu_seconds() - begin;
    }
    printf("engine: what can she, of 5 actions: %.0f ns\n",
           median(took, ROUNDS) / WORLD_QUESTIONS * 1e9);
}

static FILE *file_open(const char *path)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        perror(path);
        exit(1);
    }
    return f;
}

static void file_end(FILE *f, const struct world *w, double ns)
{
    for (size_t i = 0; i < SAMPLE; i++)
        world_write_question(f, w, &w->questions[i], permits(w, &w->questions[i]));
    (void)fprintf(f, "{\"figure\":{\"ns\":%.1f}}\n", ns);
    if (fclose(f) != 0) {
        perror("bench");
        exit(1);
    }
}

static unsigned people_of(const char *text)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (*end != '\0' || n == 0 || n > WORLD_PEOPLE_MAX) {
        (void)fprintf(stderr, "bench: --people wants 1 to %d\n", WORLD_PEOPLE_MAX);
        exit(2);
    }
    return (unsigned)n;
}

int main(int argc, char **argv)
{
    unsigned people = WORLD_PEOPLE;
    int next = 1;
    if (argc > 2 && strcmp(argv[1], "--people") == 0) {
        people = people_of(argv[2]);
        next = 3;
    }
    FILE *written = next < argc ? file_open(argv[next]) : NULL;
    struct world w;
    world_make(&w, people, written);
    double ns = measure_decisions(&w);
    measure_compiling(&w);
    measure_who_can(&w);
    measure_what_can(&w);
    if (written != NULL)
        file_end(written, &w, ns);
    world_free(&w);
    return 0;
}
