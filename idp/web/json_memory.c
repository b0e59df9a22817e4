#include "web/json_memory.h"

#include "base/secret.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

static void *take(size_t len) { return malloc(len); }

static void give(void *ptr)
{
    if (ptr != NULL)
        wipe(ptr, malloc_usable_size(ptr));
    free(ptr);
}

void json_memory_wipe(void) { json_set_alloc_funcs(take, give); }
