#include "clock.h"

#include <time.h>

static int64_t ask(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return t.tv_sec;
}

int64_t clock_s(void) { return ask(CLOCK_REALTIME); }
int64_t clock_up_s(void) { return ask(CLOCK_MONOTONIC); }
