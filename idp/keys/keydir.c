#include "keys/keydir.h"

#include "base/secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

err_t keydir_refuse(struct keydir *d, err_t code, const char *name, const char *text)
{
    if (d->why != NULL)
        (void)snprintf(d->why->text, sizeof d->why->text, "%s: %s", name, text);
    return code;
}

static err_t refuse_errno(struct keydir *d, const char *name)
{
    char text[64] = "";
    int code = errno;
    (void)snprintf(text, sizeof text, "error %d", code);
    return keydir_refuse(d, ERR(IO), name,
                         code == ENOENT   ? "not there"
                         : code == EACCES ? "not readable by this user"
                         : code == ELOOP  ? "is a link"
                         : code == ENOSPC ? "disk full"
                                          : text);
}

/* --- the folder --- */

/* Locked as long as it is open: two services that start at once must not both fill it. */
err_t keydir_open(struct keydir *d, const char *path, bool create)
{
    struct stat st;
    if (create && mkdir(path, 0700) != 0 && errno != EEXIST)
        return refuse_errno(d, path);
    d->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (d->fd < 0 || fstat(d->fd, &st) != 0 || flock(d->fd, LOCK_EX) != 0)
        return refuse_errno(d, path);
    if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return keydir_refuse(d, ERR(CONFIG), path, "must be ours, with mode 0700");
    return ERR(OK);
}

void keydir_close(struct keydir *d)
{
    if (d->fd >= 0)
        (void)close(d->fd);
    d->fd = -1;
}

void keydir_signing_name(int64_t n, char out[KEYDIR_NAME_MAX])
{
    (void)snprintf(out, KEYDIR_NAME_MAX, "signing-%lld.pem", (long long)n);
}

void keydir_seal_name(int64_t n, char out[KEYDIR_NAME_MAX])
{
    (void)snprintf(out, KEYDIR_NAME_MAX, "seal-%lld.key", (long long)n);
}

/* PREFIX, a number as we write it, SUFFIX. */
static bool numbered(struct str name, struct str prefix, struct str suffix, int64_t *n)
{
    if (name.len <= prefix.len + suffix.len || !str_starts(name, prefix) || !str_ends(name, suffix))
        return false;
    struct str digits = str_from(name.ptr + prefix.len, name.len - prefix.len - suffix.len);
    return digits.len <= 9 && digits.ptr[0] != '0' && str_to_i64(digits, n) && *n > 0;
}

static bool insert(int64_t *list, size_t *count, int64_t n)
{
    size_t i = *count;
    if (i == KEYDIR_MAX_KEYS)
        return false;
    for (; i > 0 && list[i - 1] > n; i--)
        list[i] = list[i - 1];
    list[i] = n;
    (*count)++;
    return true;
}

/* Files of other names (a backup, a note) are left alone. */
static bool note_name(struct str name, struct keydir_list *l)
{
    int64_t n = 0;
    if (numbered(name, STR("signing-"), STR(".pem"), &n))
        return insert(l->signing, &l->signing_count, n);
    if (numbered(name, STR("seal-"), STR(".key"), &n))
        return insert(l->seal, &l->seal_count, n);
    l->master = l->master || str_eq(name, STR(KEYDIR_MASTER));
    l->creating = l->creating || str_eq(name, STR(KEYDIR_CREATING));
    return true;
}

err_t keydir_scan(struct keydir *d, struct keydir_list *out)
{
    struct keydir_list l = { 0 };
    int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        err_t e = refuse_errno(d, "the folder of keys");
        if (fd >= 0)
            (void)close(fd);
        return e;
    }
    bool fits = true;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): safe on a stream that no other thread has */
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        fits = note_name(str_of(entry->d_name), &l) && fits;
    (void)closedir(dir);
    if (!fits)
        return keydir_refuse(d, ERR(CONFIG), "the folder of keys", "has too many keys of a kind");
    *out = l;
    return ERR(OK);
}

/* --- files --- */

static err_t read_all(struct keydir *d, int fd, const char *name, struct buf *out)
{
    char block[1024];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse_errno(d, name);
        if (n == 0)
            break;
        buf_add(out, str_from(block, (size_t)n));
    }
    wipe(block, sizeof block);
    return buf_err(out);
}

static const char *objection(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "must be a plain file";
    if (st->st_uid != geteuid() || (st->st_mode & 0177) != 0)
        return "must be ours, with mode 0600";
    if (st->st_nlink != 1)
        return "has a second name (hard link)";
    return st->st_size > KEYDIR_FILE_MAX ? "is too large for a key" : NULL;
}

/* O_NONBLOCK: a FIFO put there must not hold up the start. */
err_t keydir_read(struct keydir *d, const char *name, struct buf *out)
{
    struct stat st;
    int fd = openat(d->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP ? keydir_refuse(d, ERR(CONFIG), name, "is a link")
                              : refuse_errno(d, name);
    err_t e = fstat(fd, &st) == 0 ? ERR(OK) : refuse_errno(d, name);
    const char *wrong = err_ok(e) ? objection(&st) : NULL;
    if (wrong != NULL)
        e = keydir_refuse(d, ERR(CONFIG), name, wrong);
    if (err_ok(e))
        e = read_all(d, fd, name, out);
    (void)close(fd);
    return e;
}

static bool write_all(int fd, struct str content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        content = str_from(content.ptr + n, content.len - (size_t)n);
    }
    return true;
}

err_t keydir_write(struct keydir *d, const char *name, struct str content)
{
    int fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse_errno(d, name);
    err_t e = write_all(fd, content) && fsync(fd) == 0 ? ERR(OK) : refuse_errno(d, name);
    if (close(fd) != 0 && err_ok(e))
        e = refuse_errno(d, name);
    return e;
}

err_t keydir_remove(struct keydir *d, const char *name)
{
    return unlinkat(d->fd, name, 0) == 0 || errno == ENOENT ? ERR(OK) : refuse_errno(d, name);
}

err_t keydir_sync(struct keydir *d)
{
    return fsync(d->fd) == 0 ? ERR(OK) : refuse_errno(d, "the folder of keys");
}
