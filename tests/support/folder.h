/* folder.h - a private folder for one test, taken away with all that is in it. */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

#include "base/err.h"

#include <stddef.h>

enum { FOLDER_PATH_MAX = 256 };

struct folder {
    char path[FOLDER_PATH_MAX]; /* under TMPDIR or /tmp, mode 0700 */
};

void folder_make(struct folder *f); /* ends the test on failure */
void folder_remove(struct folder *f);
/* PATH/NAME in a static buffer of the calling thread: good until the fourth call after it. */
const char *folder_file(const struct folder *f, const char *name);
bool folder_has(const struct folder *f, const char *name);
/* True if the file (at most 4 MiB are read) has these bytes in it somewhere. */
bool folder_file_has(const struct folder *f, const char *name, const void *bytes, size_t len);
/* Writes a file whole, with this mode; replaces what is there. */
void folder_write(const struct folder *f, const char *name, const char *text, unsigned mode);

#endif
