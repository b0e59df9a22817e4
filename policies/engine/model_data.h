/* model_data.h - what model.c collects and the compile_*.c files read. Internal to policies/engine. */
#ifndef ENGINE_MODEL_DATA_H
#define ENGINE_MODEL_DATA_H

#include "base/arena.h"
#include "engine/model.h"

/* A growing array of definitions of one sort, in the order they were added. */
struct list {
    void *at; /* malloc */
    size_t count, cap;
};

struct model {
    struct arena *text; /* every string of every definition */
    struct list structures, applications, resources, profiles, lots, lot_uses;
    struct list grants, nevers, closures, incompatibilities;
    struct list subject_types, declared, instances;
};

#endif
