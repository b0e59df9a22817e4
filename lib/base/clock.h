/* clock.h - the only place that asks the system for the time.
 *
 * Everything that decides takes `int64_t now`, seconds since 1970-01-01 UTC; durations on the
 * monotonic clock carry _ms in their name.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);     /* seconds, UTC */
int64_t clock_now_ms(void);  /* milliseconds, UTC */
int64_t clock_mono_ms(void); /* milliseconds, monotonic */

#endif
