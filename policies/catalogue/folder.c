#include "catalogue/read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct arena *arena;
    struct cat_problems *problems;
    const char *dir;
    struct cat_files files;
    size_t cap;
};

static const char *const subfolders[] = { "applications", "profiles" };

static void complain(struct folder *f, const char *name, const char *what)
{
    cat_problem_add(f->problems, (struct cat_place){ name, 0, 0 }, "%s", what);
}

/* ---- one file ---- */

static err_t read_bytes(struct folder *f, int fd, size_t size, struct str *out)
{
    char *text = arena_alloc(f->arena, size + 1);
    size_t len = 0;
    if (text == NULL)
        return ERR(NO_MEMORY);
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR(IO);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *out = str_from(text, len);
    return ERR(OK);
}

/* A device or a pipe would never end: regular files only, and not by a detour. */
static err_t read_file(struct folder *f, const char *name, struct str *out)
{
    struct str path;
    struct stat st;
    TRY(arena_printf(f->arena, &path, "%s/%s", f->dir, name));
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return ERR(IO);
    err_t e = ERR(IO);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        e = st.st_size > CAT_FILE_MAX ? ERR(TOO_LARGE) : read_bytes(f, fd, (size_t)st.st_size, out);
    (void)close(fd);
    return e;
}

static err_t take_file(struct folder *f, const char *name)
{
    struct str text;
    err_t e = read_file(f, name, &text);
    if (e.code == ERR_NO_MEMORY)
        return e;
    if (!err_ok(e)) {
        complain(f, name,
                 e.code == ERR_TOO_LARGE ? "fichier trop gros : 4 Mio au plus"
                                         : "fichier illisible, ou qui n'est pas un fichier");
        return ERR(OK);
    }
    f->files.list =
        cat_grown(f->arena, f->files.list, f->files.count, &f->cap, sizeof *f->files.list);
    if (f->files.list == NULL)
        return ERR(NO_MEMORY);
    f->files.list[f->files.count++] = (struct cat_file){ name, text };
    return ERR(OK);
}

/* ---- folders ---- */

/* A YAML file that nothing reads is a rule that does not count: better said than ignored. */
static err_t take_entry(struct folder *f, const char *sub, const char *entry)
{
    struct str name;
    bool is_yaml = str_ends(str_of(entry), STR(".yaml")) || str_ends(str_of(entry), STR(".yml"));
    if (entry[0] == '.' || (sub[0] == '\0' && !is_yaml))
        return ERR(OK);
    if (!str_is_printable(str_of(entry))) {
        complain(f, sub, "un nom de fichier illisible dans ce dossier");
        return ERR(OK);
    }
    TRY(arena_printf(f->arena, &name, "%s%s%s", sub, sub[0] == '\0' ? "" : "/", entry));
    if (f->files.count == CAT_FILES_MAX) {
        complain(f, name.ptr, "trop de fichiers : 500 au plus");
        return ERR(OK);
    }
    if (shape_of_file(name.ptr) == NULL) {
        complain(f, name.ptr, "ce fichier n'a pas sa place dans un catalogue");
        return ERR(OK);
    }
    return take_file(f, name.ptr);
}

static err_t take_folder(struct folder *f, const char *sub)
{
    struct str path;
    struct dirent *entry;
    TRY(arena_printf(f->arena, &path, "%s/%s", f->dir, sub));
    DIR *dir = opendir(path.ptr);
    if (dir == NULL)
        return errno == ENOENT ? ERR(NOT_FOUND) : ERR(IO);
    err_t e = ERR(OK);
    while (err_ok(e) && (entry = readdir(dir)) != NULL) /* NOLINT(concurrency-mt-unsafe): own DIR */
        e = take_entry(f, sub, entry->d_name);
    (void)closedir(dir);
    return e;
}

static int by_name(const void *x, const void *y)
{
    const struct cat_file *a = x, *b = y;
    return strcmp(a->name, b->name);
}

err_t cat_files_read(struct arena *a, const char *dir, struct cat_problems *p,
                     struct cat_files *out)
{
    struct folder f = { .arena = a, .problems = p, .dir = dir };
    TRY(take_folder(&f, ""));
    for (size_t i = 0; i < COUNT(subfolders); i++) {
        err_t e = take_folder(&f, subfolders[i]);
        if (!err_ok(e) && e.code != ERR_NOT_FOUND)
            return e;
    }
    if (f.files.count > 1)
        qsort(f.files.list, f.files.count, sizeof *f.files.list, by_name);
    *out = f.files;
    return ERR(OK);
}

/* ---- all of it ---- */

static err_t read_one(struct cat_reader *r, const struct cat_file *file)
{
    const struct shape *shape = shape_of_file(file->name);
    struct document d;
    err_t e = node_parse(r->arena, file->name, file->text, r->problems, &d);
    if (err_ok(e))
        e = shape_check(r->arena, &d, shape, r->problems);
    if (e.code == ERR_MALFORMED)
        return ERR(OK); /* told; the other files have their say */
    TRY(e);
    return cat_read_document(r, &d);
}

err_t cat_read(struct arena *a, const char *dir, struct cat_problems *p, struct cat *out)
{
    struct cat_reader r = { .arena = a, .problems = p };
    struct cat_files files = { 0 };
    size_t before = cat_problems_count(p);
    TRY(cat_files_read(a, dir, p, &files));
    if (files.count == 0)
        cat_problem_add(p, (struct cat_place){ 0 }, "aucun fichier de catalogue dans ce dossier");
    for (size_t i = 0; i < files.count; i++)
        TRY(read_one(&r, &files.list[i]));
    /* What a file that was refused defines would be told as missing wherever it is used. */
    if (cat_problems_count(p) == before)
        TRY(cat_check(a, &r.cat, p));
    *out = r.cat;
    return ERR(OK);
}
