/* embed.h - files compiled into a program by habilis_embed() of cmake/Embed.cmake. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

struct embed_file {
    const char *name;          /* without folders; NULL ends the table */
    const unsigned char *data; /* LEN bytes and a NUL that is not counted */
    size_t len;
};

/* Each use declares its own table: `extern const struct embed_file page_files[];` */

#endif
