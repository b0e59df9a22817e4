/* fuzz.h - the one function a fuzz target defines; libFuzzer or replay.c calls it. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Feeds one input of any bytes to the code under test and checks a property with FUZZ_CHECK.
 * Keeps no state between calls. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the run when the property does not hold; unlike assert() it is never compiled out. */
#define FUZZ_CHECK(property)                                                                    \
    do {                                                                                        \
        if (!(property)) {                                                                      \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property); \
            abort();                                                                            \
        }                                                                                       \
    } while (0)

#endif
