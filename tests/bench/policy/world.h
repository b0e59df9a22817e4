/* world.h - the made-up groupement that the engine and its peers are measured on.
 *
 * 60 OGs, 600 establishments, 1,800 services; 30 resources of 5 actions; 40 profiles of 60 rights, 12
 * with a jamais; 380 fermetures; persons (30,000 unless told otherwise) with 1 to 3 assignments, some of them over or to
 * come; 100,000 questions. The same at each run. Any failure ends the program.
 */
#ifndef BENCH_POLICY_WORLD_H
#define BENCH_POLICY_WORLD_H

#include "base/arena.h"
#include "engine/search.h"

#include <stdio.h>

enum {
    WORLD_PEOPLE = 30000,
    WORLD_PEOPLE_MAX = 2000000,
    WORLD_QUESTIONS = 100000,
    WORLD_NOW = 1000
};

struct world_question {
    unsigned who; /* index in people */
    struct engine_question q;
};

struct world {
    struct arena *memory;
    struct model *model;
    struct snapshot *snapshot;
    unsigned people_count;
    struct engine_person *people; /* assignments in byte order of ids */
    struct engine_subject **subjects;
    struct world_question *questions;
};

/* WRITTEN, when there is one, gets rules and people as lines of JSON. */
void world_make(struct world *w, unsigned people, FILE *written);
void world_write_question(FILE *written, const struct world *w, const struct world_question *c,
                          bool permit);
void world_free(struct world *w);

void world_must(err_t e); /* ends the program unless OK */

#endif
