#include "base/buf.h"
#include "cases/internal.h"

enum { SENTENCE_MAX = 64 * 1024 };

err_t cases_model(const struct case_file *f, struct model *m)
{
    for (size_t i = 0; i < f->structure_count; i++)
        TRY(model_add_structure(m, &f->structures[i]));
    for (size_t i = 0; i < f->closure_count; i++)
        TRY(model_add_closure(m, &f->closures[i]));
    for (size_t i = 0; i < f->never_count; i++)
        TRY(model_add_never(m, &f->nevers[i]));
    return ERR(OK);
}

err_t case_tally_new(struct arena *a, const struct snapshot *s, struct case_tally *out)
{
    struct case_tally t = { .profile_count = engine_profile_count(s),
                            .grant_count = engine_grant_count(s) };
    t.per_profile = arena_array(a, (size_t)t.profile_count + 1, sizeof *t.per_profile);
    t.refused_per_profile =
        arena_array(a, (size_t)t.profile_count + 1, sizeof *t.refused_per_profile);
    t.grants = arena_array(a, (size_t)t.grant_count + 1, sizeof *t.grants);
    if (t.per_profile == NULL || t.refused_per_profile == NULL || t.grants == NULL)
        return ERR(NO_MEMORY);
    *out = t;
    return ERR(OK);
}

struct run {
    const struct case_asking *a;
    struct buf text;
};

/* ---- what the rules do not know ---- */

static void check_known(struct run *r, struct cat_place at, bool known, const char *what,
                        struct str code)
{
    if (!known)
        cat_problem_add(r->a->problems, at, "%s %.*s inconnu", what,
                        STR_ARG(cat_shown(r->a->arena, code)));
}

static void check_place(struct run *r, struct cat_place at, struct str code)
{
    check_known(r, at, engine_structure(r->a->snapshot, code) != ENGINE_NONE, "lieu", code);
}

static void check_person(struct run *r, const struct case_person *p)
{
    for (size_t i = 0; i < p->assignment_count; i++) {
        check_known(r, p->at,
                    engine_profile(r->a->snapshot, p->assignments[i].profile) != ENGINE_NONE,
                    "profil", p->assignments[i].profile);
        check_place(r, p->at, p->assignments[i].structure);
    }
    for (size_t i = 0; i < p->emergency_count; i++)
        check_place(r, p->at, p->emergencies[i].structure);
}

static bool right_exists(const struct snapshot *s, struct str action, struct str resource)
{
    int at = engine_resource(s, resource);
    for (int i = 0; at != ENGINE_NONE && i < engine_resource_at(s, at).action_count; i++)
        if (str_eq(engine_action_at(s, at, i), action))
            return true;
    return false;
}

/* Only a case that expects it may ask for what is unknown: otherwise it is a slip of the pen. */
static void check_row(struct run *r, const struct case_row *row)
{
    if (row->expect == ACCESS_UNKNOWN)
        return;
    if (row->question.structure.ptr != NULL)
        check_place(r, row->at, row->question.structure);
    for (size_t i = 0; i < row->right_count; i++) {
        struct str action = row->rights[i], resource;
        check_known(r, row->at,
                    str_cut(&action, ':', &resource) &&
                        right_exists(r->a->snapshot, action, resource),
                    "droit", row->rights[i]);
    }
}

/* ---- one question ---- */

static bool same_list(const struct access_words *w, uint64_t set, const struct str *want,
                      size_t count)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned n = access_words_list(w, set, names);
    bool same = n == count;
    for (unsigned i = 0; same && i < n; i++)
        same = str_eq(names[i], want[i]);
    return same;
}

static uint64_t missing_of(const struct engine_decision *d)
{
    return d->missing | (d->needs_eidas2 ? ACCESS_BIT(2F) : 0) |
           (d->needs_psc ? ACCESS_BIT(PSC) : 0);
}

static bool same_conflicts(const struct run *r, const struct engine_subject *subject,
                           const struct case_row *row)
{
    struct engine_conflict c;
    size_t iter = 0, n = 0;
    bool same = true;
    while (subject != NULL &&
           engine_next_conflict(r->a->snapshot, subject, row->question.now, &iter, &c)) {
        struct str pair = n < row->conflict_count ? row->conflicts[n] : STR(""), first;
        same = same && str_cut(&pair, '+', &first) && str_eq(first, c.a) && str_eq(pair, c.b);
        n++;
    }
    return same && n == row->conflict_count;
}

static void add_names(struct run *r, const char *what, uint64_t set)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned n = access_words_list(engine_words(r->a->snapshot), set, names);
    for (unsigned i = 0; i < n; i++)
        buf_addf(&r->text, "%s%.*s", i == 0 ? what : ", ", STR_ARG(names[i]));
}

static void fail(struct run *r, const struct case_row *row, struct str right,
                 const struct engine_decision *d)
{
    struct str who = row->who == NULL ? STR("Quelqu'un que personne ne connaît") : row->who->name;
    buf_reset(&r->text);
    buf_addf(&r->text, "%.*s, %.*s", STR_ARG(who), STR_ARG(right));
    if (row->question.structure.ptr != NULL)
        buf_addf(&r->text, ", %.*s", STR_ARG(row->question.structure));
    buf_addf(&r->text, " : attendu « %s », obtenu « %s »", case_expect_name(row->expect),
             case_expect_name(d->reason));
    add_names(r, ", manque ", missing_of(d));
    add_names(r, ", dans la limite ", d->obligations);
    buf_addf(&r->text, ". La règle : %.*s", STR_ARG(row->because));
    r->a->tally->failures++;
    r->a->failed(r->a->ctx, row, buf_str(&r->text));
}

static void ask(struct run *r, const struct case_row *row, struct str right,
                const struct engine_subject *subject)
{
    struct engine_question q = row->question;
    struct engine_decision d;
    struct str action = right;
    (void)str_cut(&action, ':', &q.resource);
    q.action = action;
    engine_decide(r->a->snapshot, subject, &q, &d);
    r->a->tally->questions++;
    if (d.grant != ENGINE_NONE)
        r->a->tally->grants[d.grant] = true;
    const struct access_words *w = engine_words(r->a->snapshot);
    bool permit = d.effect == ENGINE_PERMIT;
    if (d.reason != row->expect || permit != (row->expect == ACCESS_OK) ||
        !same_list(w, missing_of(&d), row->missing, row->missing_count) ||
        !same_list(w, d.obligations, row->obligations, row->obligation_count) ||
        !same_conflicts(r, d.reason == ACCESS_UNKNOWN ? NULL : subject, row))
        fail(r, row, right, &d);
}

static void count_profiles(struct run *r, const struct case_row *row)
{
    for (size_t i = 0; row->who != NULL && i < row->who->assignment_count; i++) {
        int profile = engine_profile(r->a->snapshot, row->who->assignments[i].profile);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again =
                again || str_eq(row->who->assignments[k].profile, row->who->assignments[i].profile);
        if (again)
            continue;
        r->a->tally->per_profile[profile]++;
        r->a->tally->refused_per_profile[profile] += row->expect != ACCESS_OK;
    }
}

static err_t run_row(struct run *r, const struct case_row *row)
{
    struct engine_subject *subject = NULL;
    if (row->who != NULL) {
        const struct engine_person person = { .id = row->who->code,
                                              .login = row->who->login,
                                              .active = row->who->active,
                                              .assignments = row->who->assignments,
                                              .assignment_count = row->who->assignment_count,
                                              .emergencies = row->who->emergencies,
                                              .emergency_count = row->who->emergency_count };
        size_t size = engine_subject_size(&person);
        void *memory = arena_alloc(r->a->arena, size);
        if (memory == NULL)
            return ERR(NO_MEMORY);
        TRY(engine_person_resolve(r->a->snapshot, &person, memory, size, &subject));
    }
    for (size_t i = 0; i < row->right_count; i++)
        ask(r, row, row->rights[i], subject);
    r->a->tally->rows++;
    count_profiles(r, row);
    return ERR(OK);
}

err_t cases_run(const struct case_file *f, const struct case_asking *asking)
{
    struct run r = { .a = asking };
    size_t before = cat_problems_count(asking->problems);
    err_t e = ERR(OK);
    for (size_t i = 0; i < f->person_count; i++)
        check_person(&r, &f->people[i]);
    for (size_t i = 0; i < f->row_count; i++)
        check_row(&r, &f->rows[i]);
    if (cat_problems_count(asking->problems) != before)
        return ERR(MALFORMED);
    buf_init(&r.text, SENTENCE_MAX);
    for (size_t i = 0; err_ok(e) && i < f->row_count; i++)
        e = run_row(&r, &f->rows[i]);
    buf_done(&r.text);
    return e;
}
