#include "config/table.h"

#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_FILE_MAX = 64 * 1024 };

static err_t read_fd(int fd, size_t max, struct buf *out)
{
    char block[4096];
    ssize_t n = 0;
    buf_init(out, max);
    do {
        n = read(fd, block, sizeof block);
        if (n > 0)
            buf_add(out, str_from(block, (size_t)n));
    } while ((n > 0 && err_ok(buf_err(out))) || (n < 0 && errno == EINTR));
    wipe(block, sizeof block);
    return n < 0 ? ERR(IO) : buf_err(out);
}

static err_t read_and_close(int fd, size_t max, struct buf *out)
{
    err_t e = read_fd(fd, max, out);
    (void)close(fd);
    if (!err_ok(e))
        buf_done(out);
    return e;
}

err_t config_read_file(const char *path, size_t max, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? ERR(IO) : read_and_close(fd, max, out);
}

/* NULL: fine. Asked of the open file, so that nobody can change it in between. */
static const char *secret_problem(int fd)
{
    struct stat st;
    if (fd < 0)
        return errno == ELOOP ? "is a symbolic link" : "cannot be opened";
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return "is not a regular file";
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "can be read or written by others: chmod 600";
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return "belongs to somebody else";
    return st.st_size == 0 ? "is empty" : NULL;
}

/* O_NONBLOCK: a FIFO in its place must not hold us up. */
static int open_secret(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

err_t config_read_secret(const char *path, size_t max, struct buf *out)
{
    int fd = open_secret(path);
    if (fd < 0)
        return errno == ELOOP ? ERR(CONFIG) : ERR(IO);
    if (secret_problem(fd) != NULL) {
        (void)close(fd);
        return ERR(CONFIG);
    }
    TRY(read_and_close(fd, max, out));
    if (out->len > 0 && out->ptr[out->len - 1] == '\n')
        out->len--;
    if (out->len > 0 && out->ptr[out->len - 1] == '\r')
        out->len--;
    return ERR(OK);
}

static const char *directory_problem(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return "does not exist";
    if (!S_ISDIR(st.st_mode))
        return "is not a directory";
    return (st.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? "is open to others: chmod 700" : NULL;
}

static const char *readable_problem(const char *path)
{
    return access(path, R_OK) == 0 ? NULL : "cannot be read";
}

static const char *problem_of(const struct config_key *key, const char *path)
{
    if (key->type == CONFIG_DIRECTORY)
        return directory_problem(path);
    /* Of the other paths, those that must be there when they are given. */
    if (key->type == CONFIG_PATH)
        return key->fallback == NULL ? readable_problem(path) : NULL;
    int fd = open_secret(path);
    const char *why = secret_problem(fd);
    if (fd >= 0)
        (void)close(fd);
    return why;
}

static void check_file(const struct config_key *key, const struct config *c, const char *name,
                       struct buf *problems)
{
    const char *const *path = (const void *)((const char *)c + key->offset);
    const char *why = NULL;
    if (key->type != CONFIG_SECRET && key->type != CONFIG_DIRECTORY && key->type != CONFIG_PATH)
        return;
    if (*path == NULL || (why = problem_of(key, *path)) == NULL)
        return;
    buf_add(problems, str_of(name));
    buf_add(problems, STR(": "));
    buf_add(problems, str_of(key->name));
    buf_add(problems, STR(": "));
    buf_add(problems, str_of(*path));
    buf_add_char(problems, ' ');
    buf_add(problems, str_of(why));
    buf_add_char(problems, '\n');
}

void config_check_files(const struct config *c, const char *name, struct buf *problems)
{
    for (size_t g = 0; g < config_group_count; g++)
        for (size_t k = 0; k < config_groups[g].count; k++)
            check_file(&config_groups[g].keys[k], c, name, problems);
}

static err_t unreadable(const char *path, err_t e, struct buf *problems)
{
    buf_add(problems, str_of(path));
    buf_add(problems,
            e.code == ERR_TOO_LARGE ? STR(": is larger than 64 KiB\n") : STR(": cannot be read\n"));
    return e.code == ERR_TOO_LARGE ? ERR(CONFIG) : e;
}

err_t config_load(const char *path, struct buf *problems, struct config **out)
{
    struct buf text;
    struct config *c = NULL;
    size_t before = problems->len;
    err_t e = config_read_file(path, CONFIG_FILE_MAX, &text);
    if (!err_ok(e))
        return unreadable(path, e, problems);
    e = config_parse(buf_str(&text), path, problems, &c);
    buf_done(&text);
    TRY(e);
    config_check_files(c, path, problems);
    if (problems->len != before) {
        config_free(c);
        return ERR(CONFIG);
    }
    *out = c;
    return ERR(OK);
}
