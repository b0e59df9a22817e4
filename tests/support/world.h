/* world.h - a small direction commune, after the demonstration's data, for the tests of rights. */
#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

#include "engine/engine.h"

/* A model with everything below, to be added to; the caller frees it. Aborts when out of memory. */
struct model *world_model(void);
/* The same, compiled; the caller unrefs it. */
struct snapshot *world_snapshot(void);

/* RFC 3339, aborts on anything else. */
int64_t world_instant(const char *rfc3339);

#endif
