/* keydir.h - the folder of keys as a folder: what may be opened, and how files come to be.
 * Private to idp/keys. Every failure leaves a sentence in `why`. */
#ifndef KEYS_KEYDIR_H
#define KEYS_KEYDIR_H

#include "base/buf.h"
#include "keys/keys.h"

enum {
    KEYDIR_FILE_MAX = 4096, /* bytes of one file */
    KEYDIR_MAX_KEYS = 8,    /* of each kind */
    KEYDIR_NAME_MAX = 40,
};

struct keydir {
    int fd; /* the folder, locked while it is open; -1: closed */
    struct keys_why *why;
};

/* The numbers of the files that are there, ascending. */
struct keydir_list {
    int64_t signing[KEYDIR_MAX_KEYS], seal[KEYDIR_MAX_KEYS];
    size_t signing_count, seal_count;
    bool master, creating;
};

/* CREATE makes the folder when absent. Errors: CONFIG (owner, type, mode), IO. */
NODISCARD err_t keydir_open(struct keydir *d, const char *path, bool create);
void keydir_close(struct keydir *d);
NODISCARD err_t keydir_scan(struct keydir *d, struct keydir_list *out);
/* Appends the content. Errors: CONFIG (link, owner, mode, several names, too large), IO, NO_MEMORY. */
NODISCARD err_t keydir_read(struct keydir *d, const char *name, struct buf *out);
/* Creates, must not be there; synced. Errors: IO. */
NODISCARD err_t keydir_write(struct keydir *d, const char *name, struct str content);
NODISCARD err_t keydir_remove(struct keydir *d, const char *name); /* absent is OK. Errors: IO. */
NODISCARD err_t keydir_sync(struct keydir *d);                     /* the names. Errors: IO. */

void keydir_signing_name(int64_t n, char out[KEYDIR_NAME_MAX]);
void keydir_seal_name(int64_t n, char out[KEYDIR_NAME_MAX]);
#define KEYDIR_MASTER   "master.key"
#define KEYDIR_CREATING ".creating"

/* Writes "NAME: TEXT" into d->why and returns CODE. */
NODISCARD err_t keydir_refuse(struct keydir *d, err_t code, const char *name, const char *text);

#endif
