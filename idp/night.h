/* night.h - what is done once a night, on a thread of its own: it takes as long as there are people. */
#ifndef NIGHT_H
#define NIGHT_H

#include "service.h"

struct night;
/* Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t night_start(struct service *svc, struct night **out);
void night_stop(
    struct night *n); /* what is under way is given up and made at the next start; NULL is fine */

#endif
