/* habilisctl load - the files of a direction commune into the directory. */
#include "ctl/ctl.h"
#include "ctl/plan.h"

#include "directory/directory.h"

#include <stdio.h>
#include <string.h>

enum { LOAD_ARENA_MAX = 2000 * 1024 * 1024 };

static const char *const kind_names[PLAN_KINDS] = {
    [PLAN_STRUCTURES] = "structures",
    [PLAN_PROFILES] = "profils",
    [PLAN_APPLICATIONS] = "applications et ressources",
    [PLAN_CONSTRAINTS] = "incompatibilités",
    [PLAN_PEOPLE] = "personnes",
    [PLAN_ASSIGNMENTS] = "affectations",
};

static const char *plural(size_t n) { return n > 1 ? "s" : ""; }

static void report(const struct plan *p, bool trial)
{
    struct plan_count all = { 0 };
    for (size_t i = 0; i < PLAN_KINDS; i++) {
        const struct plan_count *c = &p->counts[i];
        all.added += c->added;
        all.modified += c->modified;
        (void)printf("%s : %zu ajout%s, %zu modification%s, %zu sans changement", kind_names[i],
                     c->added, plural(c->added), c->modified, plural(c->modified), c->same);
        if (c->unmentioned > 0)
            (void)printf(", %zu hors des fichiers (gardé%s)", c->unmentioned,
                         plural(c->unmentioned));
        (void)printf("\n");
    }
    (void)printf("%s : %zu ajout%s, %zu modification%s\n", trial ? "à faire" : "fait", all.added,
                 plural(all.added), all.modified, plural(all.modified));
}

static int refuse(const struct problems *p)
{
    problems_print(p, stderr);
    size_t n = problems_count(p);
    return ctl_fail("%zu problème%s : rien n'a été écrit", n, plural(n));
}

static int apply(const struct plan *p)
{
    size_t done = 0;
    struct str refused;
    err_t e = plan_apply(p, &done, &refused);
    if (err_ok(e))
        return CTL_DONE;
    if (refused.len > 0)
        (void)ctl_fail("refusé : %.*s", STR_ARG(refused));
    return ctl_fail("%s ; %zu écritures sur %zu sont faites : relancez la même commande pour finir",
                    ctl_reason(e), done, plan_size(p));
}

static int load(struct ctl *ctl, struct arena *a, const char *dir, bool trial)
{
    struct problems *problems;
    struct catalogue c;
    struct staff st;
    struct plan plan;
    bool present = false;
    err_t e = problems_new(a, &problems);
    if (err_ok(e))
        e = catalogue_read(a, problems, dir, &c);
    if (err_ok(e))
        e = staff_read(&c, &st, &present);
    if (!err_ok(e))
        return ctl_fail("%s : %s", dir, ctl_reason(e));
    if (problems_count(problems) > 0)
        return refuse(problems);
    if (!present)
        (void)fprintf(stderr, "habilisctl : pas de personnel_utf8.csv : aucune personne lue\n");
    struct directory *d = ctl_directory(ctl);
    if (d == NULL)
        return CTL_FAILED;
    e = plan_make(d, &c, &st, &plan);
    if (!err_ok(e))
        return ctl_fail("lecture de l'annuaire : %s", ctl_reason(e));
    if (problems_count(problems) > 0)
        return refuse(problems);
    int status = trial ? CTL_DONE : apply(&plan);
    if (status == CTL_DONE)
        report(&plan, trial);
    return status;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
    struct arena *a;
    bool trial = strcmp(argv[0], "--essai") == 0;
    if (argc != (trial ? 2 : 1)) {
        (void)ctl_fail("usage : habilisctl load [--essai] DOSSIER");
        return CTL_USAGE;
    }
    if (!err_ok(arena_new(LOAD_ARENA_MAX, &a)))
        return ctl_fail("mémoire insuffisante");
    int status = load(ctl, a, argv[argc - 1], trial);
    arena_free(a);
    return status;
}

const struct ctl_command ctl_load = {
    .words = "load",
    .usage = "[--essai] DOSSIER",
    .help = "charge structures, profils, droits et personnel ; --essai montre sans écrire",
    .least = 1,
    .most = 2,
    .run = run,
};
