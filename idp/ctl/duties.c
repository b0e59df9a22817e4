/* habilisctl policy duties - people who hold, now or later, two profiles that one person may not. */
#include "history/duties.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/source.h"
#include "engine/engine.h"

#include <stdio.h>

struct listing {
    const struct snapshot *rules;
    int64_t now;
    size_t count;
};

static struct str place_of(const struct snapshot *s, struct str code)
{
    int i = engine_structure(s, code);
    return i == ENGINE_NONE ? code : engine_structure_at(s, i).label;
}

static void print_side(const struct snapshot *s, const struct dir_assignment *a)
{
    char from[CTL_LOCAL_LEN + 1], until[CTL_LOCAL_LEN + 1];
    struct str label = engine_profile_at(s, engine_profile(s, a->profile)).label;
    struct str place = place_of(s, a->structure);
    ctl_local_time(a->start, from);
    ctl_local_time(a->end, until);
    (void)printf("    %.*s (%.*s), %.*s (%.*s), %s %s%s%s\n", STR_ARG(label), STR_ARG(a->profile),
                 STR_ARG(place), STR_ARG(a->structure), until[0] != '\0' ? "du" : "à partir du",
                 from, until[0] != '\0' ? " au " : ", sans fin", until);
}

static err_t print_finding(void *ctx, const struct duties_finding *f)
{
    struct listing *l = ctx;
    char from[CTL_LOCAL_LEN + 1], until[CTL_LOCAL_LEN + 1];
    ctl_local_time(f->from, from);
    ctl_local_time(f->until, until);
    (void)printf("%.*s (%.*s) : %.*s et %.*s, %s le %s%s%s\n", STR_ARG(f->person->display_name),
                 STR_ARG(f->person->login), STR_ARG(f->a->profile), STR_ARG(f->b->profile),
                 f->from <= l->now ? "ensemble depuis" : "ensemble à partir du", from,
                 until[0] != '\0' ? ", jusqu'au " : ", sans fin", until);
    print_side(l->rules, f->a);
    print_side(l->rules, f->b);
    if (f->reason.len > 0)
        (void)printf("    pourquoi : %.*s\n", STR_ARG(f->reason));
    (void)printf("    que faire : mettre fin à l'une des deux affectations, ou séparer leurs "
                 "périodes\n");
    l->count++;
    return ERR(OK);
}

static int list(struct ctl *ctl, const struct snapshot *rules)
{
    struct listing l = { .rules = rules, .now = clock_now() };
    err_t e = duties_find(ctl_directory(ctl), rules, l.now, NULL, print_finding, &l);
    if (!err_ok(e))
        return ctl_fail("lecture de l'annuaire : %s", ctl_reason(e));
    if (l.count == 0)
        (void)printf("personne ne cumule de profils incompatibles, ni maintenant ni plus tard\n");
    else
        (void)printf("%zu cumul%s de profils incompatibles\n", l.count, l.count > 1 ? "s" : "");
    return l.count == 0 ? CTL_DONE : CTL_FAILED;
}

static err_t compile(struct ctl_source *source, struct snapshot **out)
{
    struct model *m = NULL;
    struct problem problem = { MODEL_NONE, "", { "", 0 }, 0 };
    TRY(model_new(&m));
    err_t e = ctl_source_model(source, m);
    if (err_ok(e))
        e = engine_compile(m, out, &problem);
    if (e.code == ERR_CONFIG)
        (void)ctl_fail("règles : %.*s : %s", STR_ARG(problem.code), model_problem_fr(problem.what));
    model_free(m);
    return e;
}

static int run(struct ctl *ctl, int argc, char **argv)
{
    struct ctl_source source;
    struct snapshot *rules = NULL;
    (void)argc;
    (void)argv;
    if (!ctl_source_open(ctl, false, 0, &source))
        return CTL_FAILED;
    err_t e = compile(&source, &rules);
    ctl_source_close(&source);
    if (!err_ok(e))
        return ctl_fail("lecture des règles : %s", ctl_reason(e));
    int status = list(ctl, rules);
    snapshot_unref(rules);
    return status;
}

const struct ctl_command ctl_policy_duties = {
    .words = "policy duties",
    .usage = "",
    .help =
        "les personnes qui cumulent, ou vont cumuler, deux profils incompatibles ; 1 s'il y en a",
    .least = 0,
    .most = 0,
    .run = run,
};
