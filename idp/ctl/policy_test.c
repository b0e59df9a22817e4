/* habilisctl policy test - the decision tables, asked of the rules. */
#include "ctl/ctl.h"

#include "cases/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef HABILIS_DATADIR
#define HABILIS_DATADIR "/usr/share/habilis"
#endif

/* Of every profile: so many cases, and one of them a refusal. */
enum { FILES_MAX = 500, LEAST_CASES = 4, TEST_ARENA_MAX = 512 * 1024 * 1024 };

/* Places that files without any of their own share. */
#define SHARED_PLACES "lieux.yaml"

struct test {
    struct arena *arena;
    struct cat_problems *problems;
    struct cat cat;
    const char *files[FILES_MAX];
    size_t file_count;
    struct case_tally tally;
    const char *catalogue;
    bool list_uncovered, strict;
    size_t poor; /* profiles with too few cases */
};

/* ---- files ---- */

static err_t add_file(struct test *t, struct str path)
{
    return t->file_count == FILES_MAX ? ERR(TOO_LARGE)
                                      : arena_cstr(t->arena, path, &t->files[t->file_count++]);
}

static int is_cases(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".yaml")) &&
           strcmp(entry->d_name, SHARED_PLACES) != 0;
}

/* Every .yaml of a folder but the shared places. */
static err_t add_folder(struct test *t, const char *dir)
{
    struct dirent **list = NULL;
    err_t e = ERR(OK);
    int count = scandir(dir, &list, is_cases, alphasort);
    if (count < 0)
        return ERR(NOT_FOUND);
    for (int i = 0; i < count; i++) {
        struct str path;
        if (err_ok(e))
            e = arena_printf(t->arena, &path, "%s/%s", dir, list[i]->d_name);
        if (err_ok(e))
            e = add_file(t, path);
        free(list[i]);
    }
    free(list);
    return e;
}

static err_t add_path(struct test *t, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return ERR(NOT_FOUND);
    return S_ISDIR(st.st_mode) ? add_folder(t, path) : add_file(t, str_of(path));
}

static err_t read_file(struct test *t, const char *path, struct str *out)
{
    FILE *f = fopen(path, "re");
    char *text = arena_alloc(t->arena, CAT_FILE_MAX + 1);
    if (f == NULL || text == NULL) {
        if (f != NULL)
            (void)fclose(f);
        return f == NULL ? ERR(NOT_FOUND) : ERR(NO_MEMORY);
    }
    size_t len = fread(text, 1, CAT_FILE_MAX + 1, f);
    bool failed = ferror(f) != 0;
    (void)fclose(f);
    if (failed)
        return ERR(IO);
    *out = str_from(text, len);
    return ERR(OK);
}

/* ---- one file of cases ---- */

static void on_failure(void *ctx, const struct case_row *row, struct str text)
{
    (void)ctx;
    (void)printf("%s:%u : %.*s\n", row->at.file, row->at.line, STR_ARG(text));
}

/* The places of the folder for a file that has none. */
static err_t share_places(struct test *t, const char *path, struct case_file *f)
{
    struct str folder = str_of(path), name, text;
    struct case_file shared;
    const char *places;
    if (f->structure_count > 0)
        return ERR(OK);
    if (!str_cut_last(&folder, '/', &name))
        folder = STR(".");
    struct str joined;
    TRY(arena_printf(t->arena, &joined, "%.*s/%s", STR_ARG(folder), SHARED_PLACES));
    TRY(arena_cstr(t->arena, joined, &places));
    TRY(read_file(t, places, &text));
    TRY(cases_read(t->arena, places, text, t->problems, &shared));
    f->structures = shared.structures;
    f->structure_count = shared.structure_count;
    return ERR(OK);
}

static err_t compile(struct test *t, const struct case_file *f, struct snapshot **out)
{
    struct model *m = NULL;
    struct problem problem = { .what = MODEL_NONE };
    TRY(model_new(&m));
    err_t e = cat_model(&t->cat, m);
    if (err_ok(e))
        e = cases_model(f, m);
    if (err_ok(e))
        e = engine_compile(m, out, &problem);
    if (e.code == ERR_CONFIG) {
        cat_problem_add(t->problems, (struct cat_place){ f->name, (uint32_t)problem.origin, 1 },
                        "%.*s : %s", STR_ARG(cat_shown(t->arena, problem.code)),
                        model_problem_fr(problem.what));
        e = ERR(MALFORMED);
    }
    model_free(m);
    return e;
}

static err_t test_file(struct test *t, const char *path)
{
    struct case_file f;
    struct str text;
    struct snapshot *s = NULL;
    TRY(read_file(t, path, &text));
    TRY(cases_read(t->arena, path, text, t->problems, &f));
    TRY(share_places(t, path, &f));
    TRY(compile(t, &f, &s));
    err_t e = t->tally.grants == NULL ? case_tally_new(t->arena, s, &t->tally) : ERR(OK);
    if (err_ok(e))
        e = cases_run(
            &f, &(struct case_asking){ s, t->arena, t->problems, &t->tally, on_failure, NULL });
    snapshot_unref(s);
    return e;
}

/* ---- coverage ---- */

/* Numbers of grants and profiles are those of a snapshot of the rules alone, too. */
static void report_grants(const struct test *t, const struct snapshot *s)
{
    int covered = 0;
    for (int i = 0; i < t->tally.grant_count; i++)
        covered += t->tally.grants[i];
    (void)printf("couverture : %d lignes de droits sur %d\n", covered, t->tally.grant_count);
    for (int i = 0; t->list_uncovered && i < t->tally.grant_count; i++) {
        struct engine_grant g = engine_grant_at(s, i);
        if (!t->tally.grants[i])
            (void)printf("  sans cas : %.*s %.*s [%.*s] %.*s %.*s\n", STR_ARG(g.holder),
                         STR_ARG(g.resource), STR_ARG(g.actions), STR_ARG(g.scope),
                         STR_ARG(g.conditions));
    }
}

static size_t report_profiles(const struct test *t, const struct snapshot *s)
{
    size_t poor = 0;
    for (int i = 0; i < t->tally.profile_count; i++) {
        size_t n = t->tally.per_profile[i], refused = t->tally.refused_per_profile[i];
        if (n >= LEAST_CASES && refused > 0)
            continue;
        poor++;
        (void)printf("profil peu couvert : %.*s, %zu cas dont %zu refus\n",
                     STR_ARG(engine_profile_at(s, i).code), n, refused);
    }
    (void)printf("profils couverts (au moins %d cas, dont un refus) : %zu sur %d\n", LEAST_CASES,
                 (size_t)t->tally.profile_count - poor, t->tally.profile_count);
    return poor;
}

static err_t report(struct test *t)
{
    struct snapshot *s = NULL;
    const struct case_file nothing = { .name = "" };
    TRY(compile(t, &nothing, &s));
    report_grants(t, s);
    t->poor = report_profiles(t, s);
    snapshot_unref(s);
    (void)printf("%zu cas, %zu questions, %zu échec%s\n", t->tally.rows, t->tally.questions,
                 t->tally.failures, t->tally.failures > 1 ? "s" : "");
    return ERR(OK);
}

/* ---- the command ---- */

static err_t run(struct test *t)
{
    err_t told = ERR(OK);
    TRY(cat_problems_new(t->arena, &t->problems));
    TRY(cat_read(t->arena, t->catalogue, t->problems, &t->cat));
    if (cat_problems_count(t->problems) > 0)
        return ERR(MALFORMED);
    for (size_t i = 0; i < t->file_count; i++) {
        err_t e = test_file(t, t->files[i]);
        if (!err_ok(e) && e.code != ERR_MALFORMED) {
            (void)ctl_fail("%s : %s", t->files[i], ctl_reason(e));
            return e;
        }
        if (!err_ok(e))
            told = e; /* the other files are run all the same */
    }
    return err_ok(told) && t->tally.grants != NULL ? report(t) : told;
}

static bool read_options(struct test *t, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--catalogue") == 0 && i + 1 < argc) {
            t->catalogue = argv[++i];
        } else if (strcmp(argv[i], "--couverture") == 0) {
            t->list_uncovered = true;
        } else if (strcmp(argv[i], "--strict") == 0) {
            t->strict = true;
        } else if (!err_ok(add_path(t, argv[i]))) {
            (void)ctl_fail("%s : introuvable", argv[i]);
            return false;
        }
    }
    if (t->file_count == 0 && !err_ok(add_path(t, HABILIS_DATADIR "/policies/cases"))) {
        (void)ctl_fail("aucun fichier de cas");
        return false;
    }
    return true;
}

static int policy_test(struct ctl *ctl, int argc, char **argv)
{
    static struct test t;
    (void)ctl;
    t.catalogue = HABILIS_DATADIR "/policies/catalogue";
    if (!err_ok(arena_new(TEST_ARENA_MAX, &t.arena)))
        return ctl_fail("mémoire insuffisante");
    int status = CTL_FAILED;
    if (read_options(&t, argc, argv)) {
        err_t e = run(&t);
        if (t.problems != NULL)
            cat_problems_print(t.problems, stderr);
        if (err_ok(e) && t.tally.failures == 0 && (!t.strict || t.poor == 0))
            status = CTL_DONE;
        else if (!err_ok(e) && e.code != ERR_MALFORMED)
            (void)ctl_fail("%s : %s", t.catalogue, ctl_reason(e));
    }
    arena_free(t.arena);
    return status;
}

const struct ctl_command ctl_policy_test = {
    .words = "policy test",
    .usage = "[--catalogue DOSSIER] [--couverture] [--strict] [FICHIER|DOSSIER]...",
    .help = "pose les questions des tables de cas aux règles, et dit ce qu'elles couvrent",
    .least = 0,
    .most = -1,
    .run = policy_test,
};
