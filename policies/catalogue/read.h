/* read.h - one document after another into the rules. Internal to this folder. */
#ifndef CATALOGUE_READ_H
#define CATALOGUE_READ_H

#include "catalogue/shape.h"

/* Room of the growing lists of a catalogue. */
struct cat_room {
    size_t applications, resources, profiles, lots, incompatibilities, right_pairs, emergencies,
        origins;
};

struct cat_reader {
    struct arena *arena;
    struct cat_problems *problems;
    struct cat cat;
    struct cat_place *origins;
    struct cat_room room;
};

/* Adds what D says, which has passed shape_check(). Errors: NO_MEMORY. */
NODISCARD err_t cat_read_document(struct cat_reader *r, const struct document *d);

#endif
