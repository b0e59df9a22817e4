/* clock.h - the only place of this program that asks the system for the time. */
#ifndef DUI_CLOCK_H
#define DUI_CLOCK_H

#include <stdint.h>

int64_t clock_s(void);    /* seconds since 1970-01-01 UTC */
int64_t clock_up_s(void); /* seconds on a clock that nobody sets */

#endif
