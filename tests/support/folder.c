#include "support/folder.h"

#include "support/suite.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_make(struct folder *f)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(f->path, sizeof f->path, "%s/habilis-test-XXXXXX",
                     base != NULL && base[0] == '/' ? base : "/tmp");
    ck_assert(n > 0 && (size_t)n < sizeof f->path);
    ck_assert_ptr_nonnull(mkdtemp(f->path));
}

/* Links are removed, not followed. */
void folder_remove(struct folder *f)
{
    char *const roots[] = { f->path, NULL };
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    ck_assert_ptr_nonnull(walk);
    for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk))
        if (entry->fts_info != FTS_D)
            (void)remove(entry->fts_accpath);
    (void)fts_close(walk);
}

const char *folder_file(const struct folder *f, const char *name)
{
    static _Thread_local char ring[4][2 * FOLDER_PATH_MAX];
    static _Thread_local unsigned next;
    char *out = ring[next++ % 4];
    int n = snprintf(out, sizeof ring[0], "%s/%s", f->path, name);
    ck_assert(n > 0 && (size_t)n < sizeof ring[0]);
    return out;
}

bool folder_has(const struct folder *f, const char *name)
{
    return access(folder_file(f, name), F_OK) == 0;
}

bool folder_file_has(const struct folder *f, const char *name, const void *bytes, size_t len)
{
    enum { MOST = 4 << 20 };
    char *text = malloc(MOST);
    FILE *in = fopen(folder_file(f, name), "rb");
    ck_assert(in != NULL && text != NULL);
    size_t n = fread(text, 1, MOST, in);
    (void)fclose(in);
    bool found = false;
    for (size_t i = 0; !found && i + len <= n; i++)
        found = memcmp(text + i, bytes, len) == 0;
    free(text);
    return found;
}

void folder_write(const struct folder *f, const char *name, const char *text, unsigned mode)
{
    const char *path = folder_file(f, name);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert(fputs(text, out) >= 0);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}
