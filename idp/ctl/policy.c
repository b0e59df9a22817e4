/* habilisctl policy check, format, export, compare - the rules in files, without touching any right. */
#include "ctl/policy.h"

#include "base/buf.h"
#include "ctl/difference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *plural(size_t n) { return n > 1 ? "s" : ""; }

struct arena *policy_arena(void)
{
    struct arena *a = NULL;
    if (!err_ok(arena_new(POLICY_ARENA_MAX, &a)))
        (void)ctl_fail("mémoire insuffisante");
    return a;
}

/* ---- check ---- */

static bool refuse(struct cat_problems *p)
{
    size_t n = cat_problems_count(p);
    if (n == 0)
        return false;
    cat_problems_print(p, stderr);
    (void)ctl_fail("%zu problème%s", n, plural(n));
    return true;
}

bool policy_files(struct arena *a, const char *dir, struct cat *out)
{
    struct cat_problems *p;
    err_t e = cat_problems_new(a, &p);
    if (err_ok(e))
        e = cat_read(a, dir, p, out);
    if (!err_ok(e)) {
        (void)ctl_fail("%s : %s", dir, ctl_reason(e));
        return false;
    }
    return !refuse(p);
}

static int check(struct arena *a, const char *dir)
{
    struct cat c;
    size_t grants = 0;
    if (!policy_files(a, dir, &c))
        return CTL_FAILED;
    for (size_t i = 0; i < c.profile_count; i++)
        grants += c.profiles[i].grants.count;
    (void)printf("en ordre : %zu applications, %zu ressources, %zu profils, %zu droits, %zu lots, "
                 "%zu incompatibilités, %zu urgences\n",
                 c.application_count, c.resource_count, c.profile_count, grants, c.lot_count,
                 c.incompatibility_count + c.right_pair_count, c.emergency_count);
    return CTL_DONE;
}

static int run_check(struct ctl *ctl, int argc, char **argv)
{
    struct arena *a = policy_arena();
    (void)ctl;
    int status = a == NULL ? CTL_FAILED : check(a, argc > 0 ? argv[0] : ".");
    arena_free(a);
    return status;
}

const struct ctl_command ctl_policy_check = {
    .words = "policy check",
    .usage = "[DOSSIER]",
    .help = "relit les règles écrites en YAML et dit tout ce qui ne va pas",
    .least = 0,
    .most = 1,
    .run = run_check,
};

/* ---- writing files: a new one beside, then in its place ---- */

static bool write_all(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = str_from(text.ptr + n, text.len - (size_t)n);
    }
    return fsync(fd) == 0;
}

static bool write_file(struct arena *a, const char *dir, const char *name, struct str text)
{
    struct str path, fresh;
    if (!err_ok(arena_printf(a, &path, "%s/%s", dir, name)) ||
        !err_ok(arena_printf(a, &fresh, "%s/%s.nouveau", dir, name)))
        return ctl_fail("mémoire insuffisante") == CTL_DONE;
    int fd = open(fresh.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool ok = fd >= 0 && write_all(fd, text);
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    if (ok && rename(fresh.ptr, path.ptr) == 0)
        return true;
    if (fd >= 0)
        (void)unlink(fresh.ptr);
    return ctl_fail("%s : écriture impossible", path.ptr) == CTL_DONE;
}

/* ---- format ---- */

struct formatting {
    struct arena *arena;
    const char *dir;
    bool only_check;
    size_t changed;
};

static bool format_one(struct formatting *f, const struct cat_file *file, struct cat_problems *p)
{
    struct buf b;
    buf_init(&b, CAT_FILE_MAX);
    err_t e = cat_format(f->arena, file->name, file->text, p, &b);
    bool ok = err_ok(e) || e.code == ERR_MALFORMED;
    if (!ok)
        (void)ctl_fail("%s : %s", file->name, ctl_reason(e));
    if (err_ok(e) && !str_eq(buf_str(&b), file->text)) {
        f->changed++;
        (void)printf("%s\n", file->name);
        if (!f->only_check)
            ok = write_file(f->arena, f->dir, file->name, buf_str(&b));
    }
    buf_done(&b);
    return ok;
}

static int format(struct formatting *f)
{
    struct cat_problems *p;
    struct cat_files files;
    err_t e = cat_problems_new(f->arena, &p);
    if (err_ok(e))
        e = cat_files_read(f->arena, f->dir, p, &files);
    if (!err_ok(e))
        return ctl_fail("%s : %s", f->dir, ctl_reason(e));
    for (size_t i = 0; i < files.count; i++)
        if (!format_one(f, &files.list[i], p))
            return CTL_FAILED;
    if (refuse(p))
        return CTL_FAILED;
    if (f->only_check && f->changed > 0)
        return ctl_fail("%zu fichier%s à mettre en forme", f->changed, plural(f->changed));
    return CTL_DONE;
}

static int run_format(struct ctl *ctl, int argc, char **argv)
{
    bool only_check = argc > 0 && strcmp(argv[0], "--check") == 0;
    int at = only_check ? 1 : 0;
    (void)ctl;
    if (argc > at + 1)
        return CTL_USAGE;
    struct arena *a = policy_arena();
    struct formatting f = { .arena = a,
                            .dir = argc > at ? argv[at] : ".",
                            .only_check = only_check };
    int status = a == NULL ? CTL_FAILED : format(&f);
    arena_free(a);
    return status;
}

const struct ctl_command ctl_policy_format = {
    .words = "policy format",
    .usage = "[--check] [DOSSIER]",
    .help = "met les règles dans leur forme canonique ; --check dit seulement quels fichiers n'y "
            "sont pas",
    .least = 0,
    .most = 2,
    .run = run_format,
};

/* ---- export ---- */

bool policy_directory(struct ctl *ctl, struct arena *a, struct rules *out)
{
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return false;
    err_t e = rules_read(d, a, out);
    if (!err_ok(e))
        (void)ctl_fail("lecture de l'annuaire : %s", ctl_reason(e));
    return err_ok(e);
}

/* The folder may be there, empty; rules that lie in it already are not written over. */
static bool make_folder(struct arena *a, const char *dir)
{
    static const char *const subfolders[] = { "applications", "profiles" };
    struct cat_problems *p;
    struct cat_files files;
    struct str path;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return ctl_fail("%s : dossier impossible à créer", dir) == CTL_DONE;
    err_t e = cat_problems_new(a, &p);
    if (err_ok(e))
        e = cat_files_read(a, dir, p, &files);
    if (!err_ok(e))
        return ctl_fail("%s : %s", dir, ctl_reason(e)) == CTL_DONE;
    if (files.count > 0 || cat_problems_count(p) > 0)
        return ctl_fail("%s : il y a déjà des règles dans ce dossier", dir) == CTL_DONE;
    for (size_t i = 0; i < COUNT(subfolders); i++)
        if (!err_ok(arena_printf(a, &path, "%s/%s", dir, subfolders[i])) ||
            (mkdir(path.ptr, 0777) != 0 && errno != EEXIST))
            return ctl_fail("%s : dossier impossible à créer", dir) == CTL_DONE;
    return true;
}

static int export(struct ctl *ctl, struct arena *a, const char *dir)
{
    struct rules now;
    struct cat_problems *p;
    struct cat_files files;
    if (!policy_directory(ctl, a, &now))
        return CTL_FAILED;
    err_t e = cat_problems_new(a, &p);
    if (err_ok(e))
        e = cat_files_of(a, &now.cat, p, &files);
    if (e.code == ERR_MALFORMED && refuse(p))
        return ctl_fail("l'annuaire contient des règles qu'aucun fichier ne peut porter");
    if (!err_ok(e))
        return ctl_fail("%s", ctl_reason(e));
    if (!make_folder(a, dir))
        return CTL_FAILED;
    for (size_t i = 0; i < files.count; i++)
        if (!write_file(a, dir, files.list[i].name, files.list[i].text))
            return CTL_FAILED;
    (void)printf("%zu fichiers dans %s\n", files.count, dir);
    return CTL_DONE;
}

static int run_export(struct ctl *ctl, int argc, char **argv)
{
    struct arena *a = policy_arena();
    (void)argc;
    int status = a == NULL ? CTL_FAILED : export(ctl, a, argv[0]);
    arena_free(a);
    return status;
}

const struct ctl_command ctl_policy_export = {
    .words = "policy export",
    .usage = "DOSSIER",
    .help = "écrit les règles de l'annuaire en YAML, dans un dossier vide",
    .least = 1,
    .most = 1,
    .run = run_export,
};

/* ---- compare ---- */

static int compare(struct arena *a, const struct cat *c, const char *x, const char *y)
{
    const struct cat_profile *left = cat_profile(c, str_of(x)), *right = cat_profile(c, str_of(y));
    if (left == NULL || right == NULL)
        return ctl_fail("profil %s inconnu", left == NULL ? x : y);
    err_t e = difference_profiles(a, c, left, right, stdout);
    return err_ok(e) ? CTL_DONE : ctl_fail("%s", ctl_reason(e));
}

static int run_compare(struct ctl *ctl, int argc, char **argv)
{
    struct arena *a = policy_arena();
    struct rules now;
    int status = CTL_FAILED;
    if (a != NULL && argc > 2) {
        if (policy_files(a, argv[2], &now.cat))
            status = compare(a, &now.cat, argv[0], argv[1]);
    } else if (a != NULL && policy_directory(ctl, a, &now)) {
        status = compare(a, &now.cat, argv[0], argv[1]);
    }
    arena_free(a);
    return status;
}

const struct ctl_command ctl_policy_compare = {
    .words = "policy compare",
    .usage = "PROFIL PROFIL [DOSSIER]",
    .help = "ce que l'un peut et l'autre non, et ce qu'ils ont en commun ; de l'annuaire, ou du "
            "dossier",
    .least = 2,
    .most = 3,
    .run = run_compare,
};
