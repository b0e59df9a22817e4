/* habilisctl policy plan, apply - what a change of the rules would do, and doing it. */
#include "ctl/policy.h"

#include "base/clock.h"
#include "base/date.h"
#include "ctl/difference.h"
#include "directory/directory.h"

#include <stdio.h>
#include <string.h>

static const char *plural(size_t n) { return n > 1 ? "s" : ""; }

/* ---- two snapshots of the same structures ---- */

static bool compile(struct directory *d, struct arena *a, const struct cat *c,
                    struct snapshot **out)
{
    struct model *m = NULL;
    struct problem why = { .what = MODEL_NONE };
    err_t e = model_new(&m);
    if (err_ok(e))
        e = directory_load_places(d, m);
    if (err_ok(e))
        e = cat_model(c, m);
    if (err_ok(e))
        e = engine_compile(m, out, &why);
    if (e.code == ERR_CONFIG)
        (void)ctl_fail("« %.*s » : %s (%s)", STR_ARG(cat_shown(a, why.code)),
                       model_problem_fr(why.what), why.in);
    else if (!err_ok(e))
        (void)ctl_fail("%s", ctl_reason(e));
    model_free(m);
    return err_ok(e);
}

/* Today in Paris, in days since 1970. */
static int64_t today(void)
{
    char day[DATE_DAY_LEN + 1];
    int64_t days = 0;
    date_format_paris_day(clock_now(), day);
    return err_ok(date_parse_day(str_of(day), &days)) ? days : 0;
}

static bool find_effects(struct directory *d, struct arena *a, struct policy_change *c)
{
    struct effect_world *w = &c->world;
    err_t e = people_read(d, a, &c->people);
    if (!err_ok(e))
        return ctl_fail("lecture des personnes : %s", ctl_reason(e)) == CTL_DONE;
    if (!compile(d, a, &c->now.cat, &c->before) || !compile(d, a, &c->wanted, &c->after))
        return false;
    *w = (struct effect_world){ .before_rules = &c->now.cat, .after_rules = &c->wanted };
    w->before = c->before;
    w->after = c->after;
    effect_day(today(), w);
    e = effect_find(a, w, c->people.list, c->people.count, &c->effects);
    return err_ok(e) || ctl_fail("%s", ctl_reason(e)) == CTL_DONE;
}

bool policy_change(struct ctl *ctl, struct arena *a, const char *dir, struct policy_change *out)
{
    struct policy_change c = { .before = NULL, .after = NULL };
    *out = c;
    if (!policy_files(a, dir, &c.wanted) || !policy_directory(ctl, a, &c.now))
        return false;
    err_t e = rules_edits(ctl->directory, a, &c.now, &c.wanted, &c.edits);
    if (!err_ok(e))
        return ctl_fail("%s", ctl_reason(e)) == CTL_DONE;
    bool ok = find_effects(ctl->directory, a, &c);
    *out = c;
    return ok;
}

void policy_change_done(struct policy_change *c)
{
    snapshot_unref(c->before);
    snapshot_unref(c->after);
    c->before = c->after = NULL;
}

/* ---- in words ---- */

/* Effects of one kind, right and place: [first, end[ of the list. */
struct group {
    size_t first, end;
};

static bool same_right(const struct effect *a, const struct effect *b)
{
    return a->kind == b->kind && str_eq(a->resource, b->resource) && str_eq(a->action, b->action);
}

static struct group group_at(const struct effects *x, size_t first)
{
    struct group g = { first, first + 1 };
    while (g.end < x->count && same_right(&x->list[first], &x->list[g.end]) &&
           x->list[first].place == x->list[g.end].place)
        g.end++;
    return g;
}

static bool same_people(const struct effects *x, struct group a, struct group b)
{
    if (a.end - a.first != b.end - b.first)
        return false;
    for (size_t i = 0; i < a.end - a.first; i++)
        if (x->list[a.first + i].person != x->list[b.first + i].person)
            return false;
    return true;
}

/* Structures come in pre-order: those above a place come before it. The group of the one right above,
 * among those from START on, is looked for; a place where nobody else is touched need not be said. */
static bool is_said_above(const struct policy_change *c, size_t start, struct group g)
{
    const struct effects *x = &c->effects;
    int place = x->list[g.first].place;
    int above = place == ENGINE_NONE ? ENGINE_NONE : engine_structure_at(c->after, place).parent;
    for (size_t i = start; above != ENGINE_NONE && i < g.first;) {
        struct group other = group_at(x, i);
        if (x->list[i].place == above)
            return same_people(x, other, g);
        i = other.end;
    }
    return false;
}

static void print_group(const struct policy_change *c, struct group g, bool names)
{
    const struct effects *x = &c->effects;
    int place = x->list[g.first].place;
    size_t n = g.end - g.first;
    struct engine_structure s = { .label = STR("sans structure (ou ses propres données)") };
    if (place != ENGINE_NONE)
        s = engine_structure_at(c->after, place);
    (void)printf("      %.*s%s%.*s%s : %zu personne%s\n", STR_ARG(s.label),
                 place == ENGINE_NONE ? "" : " (", STR_ARG(s.code), place == ENGINE_NONE ? "" : ")",
                 n, plural(n));
    for (size_t i = g.first; names && i < g.end; i++)
        (void)printf("        %.*s\n", STR_ARG(c->people.list[x->list[i].person].login));
}

static void print_effects(const struct policy_change *c, bool names)
{
    static const char *const heads[] = {
        [EFFECT_GAINS] = "Gagnent",
        [EFFECT_LOSES] = "Perdent",
        [EFFECT_CHANGES] = "Gardent, sous d'autres obligations",
    };
    const struct effects *x = &c->effects;
    size_t start = 0;
    for (size_t i = 0; i < x->count;) {
        const struct effect *e = &x->list[i];
        if (i == 0 || e->kind != x->list[i - 1].kind)
            (void)printf("  %s\n", heads[e->kind]);
        if (i == 0 || !same_right(e, &x->list[i - 1])) {
            (void)printf("    %.*s : %.*s\n", STR_ARG(e->resource), STR_ARG(e->action));
            start = i;
        }
        struct group g = group_at(x, i);
        if (!is_said_above(c, start, g))
            print_group(c, g, names);
        i = g.end;
    }
}

/* Distinct persons of each kind, and distinct structures of all. */
static bool print_totals(struct arena *a, const struct policy_change *c)
{
    size_t people[3] = { 0 }, places = 0;
    size_t structures = (size_t)engine_structure_count(c->after);
    unsigned char *seen = arena_alloc(a, c->people.count + 1);
    bool *touched = arena_array(a, structures + 1, sizeof *touched);
    if (seen == NULL || touched == NULL)
        return ctl_fail("mémoire insuffisante") == CTL_DONE;
    for (size_t i = 0; i < c->effects.count; i++) {
        const struct effect *e = &c->effects.list[i];
        unsigned char bit = (unsigned char)(1U << e->kind);
        people[e->kind] += (seen[e->person] & bit) == 0;
        seen[e->person] |= bit;
        if (e->place != ENGINE_NONE) {
            places += !touched[e->place];
            touched[e->place] = true;
        }
    }
    (void)printf("%zu personne%s gagne%s des droits, %zu en perd%s, %zu en garde%s sous d'autres "
                 "obligations, dans %zu structure%s\n",
                 people[EFFECT_GAINS], plural(people[EFFECT_GAINS]),
                 people[EFFECT_GAINS] > 1 ? "nt" : "", people[EFFECT_LOSES],
                 people[EFFECT_LOSES] > 1 ? "ent" : "", people[EFFECT_CHANGES],
                 people[EFFECT_CHANGES] > 1 ? "nt" : "", places, plural(places));
    return true;
}

bool policy_change_print(struct arena *a, const struct policy_change *c, bool names)
{
    size_t lines = 0;
    if (rules_edits_count(&c->edits) == 0) {
        (void)printf("rien ne change\n");
        return true;
    }
    (void)printf("Règles\n");
    err_t e = difference_print(a, &c->now.cat, &c->wanted, stdout, &lines);
    if (!err_ok(e))
        return ctl_fail("%s", ctl_reason(e)) == CTL_DONE;
    (void)printf("Personnes, aujourd'hui\n");
    print_effects(c, names);
    return print_totals(a, c);
}

/* ---- plan ---- */

struct arguments {
    bool names;
    const char *dir;
};

/* [--noms] [DIR] */
static bool arguments(int argc, char **argv, const char *what, struct arguments *out)
{
    *out = (struct arguments){ .dir = "." };
    int at = argc > 0 && strcmp(argv[0], "--noms") == 0 ? 1 : 0;
    out->names = at == 1;
    if (argc > at)
        out->dir = argv[at];
    if (argc <= at + 1 && out->dir[0] != '-')
        return true;
    (void)fprintf(stderr, "usage : habilisctl policy %s [--noms] [DOSSIER]\n", what);
    return false;
}

static int run_plan(struct ctl *ctl, int argc, char **argv)
{
    struct arguments args;
    struct policy_change c;
    if (!arguments(argc, argv, "plan", &args))
        return CTL_USAGE;
    struct arena *a = policy_arena();
    if (a == NULL)
        return CTL_FAILED;
    bool ok = policy_change(ctl, a, args.dir, &c) && policy_change_print(a, &c, args.names);
    policy_change_done(&c);
    arena_free(a);
    return ok ? CTL_DONE : CTL_FAILED;
}

const struct ctl_command ctl_policy_plan = {
    .words = "policy plan",
    .usage = "[--noms] [DOSSIER]",
    .help = "ce que les fichiers changeraient, pour qui et où, sans rien écrire",
    .least = 0,
    .most = 2,
    .run = run_plan,
};

/* ---- apply ---- */

/* Without them the rules, or who holds which profile, could never be changed again from inside. */
static const struct {
    const char *resource, *action, *loss;
} keys[] = {
    { "IDP.PROFILS", "modifier", "plus personne ne pourrait modifier les règles" },
    { "IDP.HABILITATIONS", "valider", "plus personne ne pourrait attribuer un profil" },
};

static bool keeps_an_administrator(struct arena *a, const struct policy_change *c)
{
    const struct people *p = &c->people;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct effect_row right = { .resource = str_of(keys[i].resource),
                                          .action = str_of(keys[i].action) };
        bool before = false, after = false;
        err_t e = effect_somebody_may(a, c->before, c->world.noon, p, &right, &before);
        if (err_ok(e) && before)
            e = effect_somebody_may(a, c->after, c->world.noon, p, &right, &after);
        if (!err_ok(e))
            return ctl_fail("%s", ctl_reason(e)) == CTL_DONE;
        if (before && !after)
            return ctl_fail("refusé : %s (%s:%s)", keys[i].loss, keys[i].resource,
                            keys[i].action) == CTL_DONE;
    }
    return true;
}

static bool write_changes(struct ctl *ctl, const struct policy_change *c)
{
    enum rules_step step = RULES_BEFORE;
    struct str refused;
    err_t e = rules_apply(ctl->directory, &c->edits, &step, &refused);
    if (err_ok(e))
        return true;
    if (refused.len > 0)
        (void)ctl_fail("refusé par l'annuaire : %.*s", STR_ARG(refused));
    if (step == RULES_AFTER)
        return ctl_fail("les règles sont changées, mais ce qui n'y sert plus n'a pas pu être "
                        "effacé (%s) : "
                        "détachez ce qui en dépend, puis relancez",
                        ctl_reason(e)) == CTL_DONE;
    return ctl_fail("%s : aucune règle n'a changé", ctl_reason(e)) == CTL_DONE;
}

static bool apply(struct ctl *ctl, struct arena *a, const struct policy_change *c, bool names)
{
    if (!policy_change_print(a, c, names))
        return false;
    if (rules_edits_count(&c->edits) == 0)
        return true;
    if (!keeps_an_administrator(a, c) || !write_changes(ctl, c))
        return false;
    (void)printf("fait\n");
    return true;
}

static int run_apply(struct ctl *ctl, int argc, char **argv)
{
    struct arguments args;
    struct policy_change c;
    if (!arguments(argc, argv, "apply", &args))
        return CTL_USAGE;
    struct arena *a = policy_arena();
    if (a == NULL)
        return CTL_FAILED;
    bool ok = policy_change(ctl, a, args.dir, &c) && apply(ctl, a, &c, args.names);
    policy_change_done(&c);
    arena_free(a);
    return ok ? CTL_DONE : CTL_FAILED;
}

const struct ctl_command ctl_policy_apply = {
    .words = "policy apply",
    .usage = "[--noms] [DOSSIER]",
    .help = "montre ce que les fichiers changent, puis le fait, tout ou rien",
    .least = 0,
    .most = 2,
    .run = run_apply,
};
