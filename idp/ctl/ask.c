#include "ctl/ask.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/jsonw.h"
#include "engine/explain.h"

#include <stdio.h>
#include <string.h>

enum { ASK_ARENA_MAX = 1000 * 1024 * 1024, DAY = 24 * 3600 };

/* ---- options ---- */

static bool read_clock(struct str s, int64_t *minutes)
{
    struct str hours;
    int64_t h, m;
    if (s.len != 5 || !str_cut(&s, ':', &hours) || !str_to_i64(hours, &h) || !str_to_i64(s, &m) ||
        h < 0 || h > 23 || m < 0 || m > 59)
        return false;
    *minutes = h * 60 + m;
    return true;
}

/* The clock on the wall in Paris; of an hour that comes twice, the first. */
static bool read_paris(struct str text, int64_t *out)
{
    struct str day;
    int64_t days, minutes;
    if (!str_cut(&text, ' ', &day) || !err_ok(date_parse_day(day, &days)) ||
        !read_clock(text, &minutes))
        return false;
    int64_t summer = days * DAY + minutes * 60 - 7200;
    *out = date_paris_offset(summer) == 7200 ? summer : summer + 3600;
    return true;
}

static bool set_at(struct ask *a, struct str value)
{
    a->moved = true;
    return ctl_instant(value, &a->question.now) || read_paris(value, &a->question.now);
}

static bool set_acr(struct ask *a, struct str value)
{
    a->question.acr = access_acr_of(value);
    return a->question.acr != ACCESS_ACR_NONE || str_eq(value, STR("-"));
}

static bool set_motif(struct ask *a, struct str value)
{
    a->question.motif = value;
    return str_is_utf8(value);
}

static bool set_whose(struct ask *a, struct str value)
{
    a->whose = value;
    return value.len > 0;
}

static bool set_instance(struct ask *a, struct str value)
{
    a->question.resource_id = value;
    return value.len > 0;
}

static bool set_psc(struct ask *a, struct str value)
{
    (void)value;
    return a->question.psc = true;
}

static bool set_urgence(struct ask *a, struct str value)
{
    (void)value;
    return a->question.urgence = true;
}

static bool set_presence(struct ask *a, struct str value)
{
    (void)value;
    return a->question.presence_physique = true;
}

static bool set_supervise(struct ask *a, struct str value)
{
    (void)value;
    return a->question.supervise = true;
}

static bool set_json(struct ask *a, struct str value)
{
    (void)value;
    return a->json = true;
}

static bool set_recorded(struct ask *a, struct str value)
{
    (void)value;
    return a->recorded = true;
}

static const struct {
    const char *name;
    bool has_value;
    bool (*set)(struct ask *a, struct str value);
} options[] = {
    { "--at", true, set_at },
    { "--acr", true, set_acr },
    { "--psc", false, set_psc },
    { "--motif", true, set_motif },
    { "--urgence", false, set_urgence },
    { "--presence", false, set_presence },
    { "--supervision", false, set_supervise },
    { "--pour", true, set_whose },
    { "--dossier", true, set_instance },
    { "--json", false, set_json },
    { "--recorded", false, set_recorded },
};

/* How many arguments the option at ARGV took; 0 after saying what is wrong with it. */
static int read_option(struct ask *a, int argc, char **argv)
{
    for (size_t i = 0; i < COUNT(options); i++) {
        int taken = options[i].has_value ? 2 : 1;
        if (strcmp(argv[0], options[i].name) != 0)
            continue;
        struct str value = taken == 2 && argc > 1 ? str_of(argv[1]) : STR("");
        if (taken > argc || !options[i].set(a, value)) {
            (void)ctl_fail("%s : valeur attendue", argv[0]);
            return 0;
        }
        return taken;
    }
    (void)ctl_fail("option inconnue : %s", argv[0]);
    return 0;
}

static bool read_arguments(struct ask *a, int argc, char **argv)
{
    for (int i = 0; i < argc;) {
        int taken = 1;
        if (argv[i][0] == '-' && argv[i][1] == '-')
            taken = read_option(a, argc - i, argv + i);
        else if (a->word_count == ASK_WORDS_MAX)
            return ctl_fail("trop d'arguments : %s", argv[i]) == CTL_DONE;
        else
            a->words[a->word_count++] = str_of(argv[i]);
        if (taken == 0)
            return false;
        i += taken;
    }
    return true;
}

/* ---- rules and people ---- */

static err_t read_rules(struct ask *a)
{
    struct model *m = NULL;
    struct problem problem = { .what = MODEL_NONE };
    TRY(model_new(&m));
    err_t e = ctl_source_model(&a->source, m);
    if (err_ok(e))
        e = engine_compile(m, &a->snapshot, &problem);
    if (e.code == ERR_CONFIG)
        (void)ctl_fail("règles : %s %.*s : %s", problem.in, STR_ARG(problem.code),
                       model_problem_fr(problem.what));
    model_free(m);
    return e;
}

static bool read_whose(struct ask *a)
{
    struct dir_person p;
    if (a->whose.len == 0)
        return true;
    if (!ask_person(a, a->whose, &p))
        return false;
    a->question.owner = p.id;
    a->question.owner_is_known = true;
    return true;
}

bool ask_start(struct ctl *ctl, int argc, char **argv, struct ask *a, int *status)
{
    *a = (struct ask){ .ctl = ctl };
    buf_init(&a->out, ASK_OUTPUT_MAX);
    a->question.now = clock_now();
    a->question.acr = ACCESS_EIDAS2;
    *status = CTL_USAGE;
    if (!read_arguments(a, argc, argv))
        return false;
    if (a->recorded && !a->moved)
        return ctl_fail("--recorded : --at attendu") == CTL_DONE;
    *status = CTL_FAILED;
    if (!err_ok(arena_new(ASK_ARENA_MAX, &a->arena)))
        return ctl_fail("mémoire insuffisante") == CTL_DONE;
    a->opened = ctl_source_open(ctl, a->recorded, a->question.now, &a->source);
    if (!a->opened)
        return false;
    err_t e = read_rules(a);
    if (!err_ok(e) && e.code != ERR_CONFIG)
        (void)ctl_fail("règles : %s", ctl_reason(e));
    return err_ok(e) && read_whose(a);
}

int ask_done(struct ask *a, int status)
{
    if (status == CTL_DONE && !err_ok(buf_err(&a->out)))
        status = ctl_fail("%s", ctl_reason(buf_err(&a->out)));
    if (status == CTL_DONE)
        (void)fwrite(a->out.ptr, 1, a->out.len, stdout);
    buf_done(&a->out);
    snapshot_unref(a->snapshot);
    if (a->opened)
        ctl_source_close(&a->source);
    arena_free(a->arena);
    return status;
}

bool ask_right(struct ask *a, struct str text)
{
    struct str action = text, resource;
    bool known = false;
    if (!str_cut(&action, ':', &resource))
        return ctl_fail("droit attendu, comme DUI.PLAN_SOINS:lire") == CTL_DONE;
    int r = engine_resource(a->snapshot, resource);
    for (int i = 0; r != ENGINE_NONE && i < engine_resource_at(a->snapshot, r).action_count; i++)
        known = known || str_eq(engine_action_at(a->snapshot, r, i), action);
    if (!known)
        return ctl_fail("droit inconnu : %.*s", STR_ARG(text)) == CTL_DONE;
    a->question.resource = resource;
    a->question.action = action;
    return true;
}

bool ask_place(struct ask *a, struct str text)
{
    if (str_eq(text, STR("-")))
        return true;
    if (engine_structure(a->snapshot, text) == ENGINE_NONE)
        return ctl_fail("lieu inconnu : %.*s", STR_ARG(text)) == CTL_DONE;
    a->question.structure = text;
    return true;
}

bool ask_person(struct ask *a, struct str text, struct dir_person *out)
{
    err_t e = ctl_source_person(&a->source, a->arena, text, out);
    if (!err_ok(e))
        (void)ctl_fail("%.*s : %s", STR_ARG(text), ctl_reason(e));
    return err_ok(e);
}

static err_t each_of_source(void *from, const struct dir_each *to)
{
    return ctl_source_each_person(from, to);
}

err_t ask_everybody(struct ask *a, struct people *out)
{
    return people_read_from(each_of_source, &a->source, a->arena, out);
}

err_t ask_engine_person(struct ask *a, const struct dir_person *p, struct engine_person *out)
{
    struct engine_assignment *list = arena_array(a->arena, p->assignment_count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < p->assignment_count; i++)
        list[i] = (struct engine_assignment){ .id = p->assignments[i].id,
                                              .profile = p->assignments[i].profile,
                                              .structure = p->assignments[i].structure,
                                              .start = p->assignments[i].start,
                                              .end = p->assignments[i].end };
    *out = (struct engine_person){ .id = p->id,
                                   .login = p->login,
                                   .active = p->active,
                                   .assignments = list,
                                   .assignment_count = p->assignment_count };
    return ERR(OK);
}

err_t ask_resolve(struct ask *a, const struct engine_person *p, struct engine_subject **out)
{
    size_t size = engine_subject_size(p);
    void *memory = arena_alloc(a->arena, size);
    if (memory == NULL)
        return ERR(NO_MEMORY);
    return engine_person_resolve(a->snapshot, p, memory, size, out);
}

/* ---- writing ---- */

static void put_named(struct ask *a, struct str label, struct str code)
{
    if (label.len == 0 || str_eq(label, code))
        buf_add(&a->out, code);
    else
        buf_addf(&a->out, "« %.*s » (%.*s)", STR_ARG(label), STR_ARG(code));
}

void ask_put_place(struct ask *a, int structure)
{
    struct engine_structure s = engine_structure_at(a->snapshot, structure);
    put_named(a, s.label, s.code);
}

void ask_put_profile(struct ask *a, struct str code)
{
    int at = engine_profile(a->snapshot, code);
    put_named(a, at == ENGINE_NONE ? STR("") : engine_profile_at(a->snapshot, at).label, code);
}

void ask_put_right(struct ask *a, struct str resource, struct str action)
{
    struct engine_resource r =
        engine_resource_at(a->snapshot, engine_resource(a->snapshot, resource));
    buf_addf(&a->out, "« %.*s », %.*s (%.*s:%.*s)", STR_ARG(r.label), STR_ARG(action),
             STR_ARG(resource), STR_ARG(action));
}

void ask_put_instant(struct ask *a, int64_t at) { explain_put_instant(&a->out, at, false); }

void ask_put_terms(struct ask *a)
{
    const struct engine_question *q = &a->question;
    const char *acr = q->acr == ACCESS_ACR_NONE ? "aucune" : access_acr_name(q->acr);
    buf_addf(&a->out, "(Connexion supposée : %s%s ; ", acr, q->psc ? " et Pro Santé Connect" : "");
    buf_add(&a->out, a->moved ? STR("au ") : STR("maintenant, "));
    ask_put_instant(a, q->now);
    if (a->recorded)
        buf_add(&a->out, STR(", selon ce qui était enregistré alors.)\n"));
    else if (a->moved)
        buf_add(&a->out, STR(", heure déplacée sur les données d'aujourd'hui : ce n'est pas le "
                             "passé tel qu'il était enregistré.)\n"));
    else
        buf_add(&a->out, STR(".)\n"));
}

void ask_json_instant(struct buf *b, const char *key, int64_t at)
{
    char text[DATE_RFC3339_LEN + 1];
    if (at == MODEL_EVER || at == MODEL_ALWAYS) {
        jsonw_null(b, key);
        return;
    }
    date_format_rfc3339(at, text);
    jsonw_str(b, key, str_of(text));
}

void ask_json_words(struct ask *a, const char *key, uint64_t set)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(engine_words(a->snapshot), set, names);
    if (count == 0)
        return;
    jsonw_open(&a->out, key, '[');
    for (unsigned i = 0; i < count; i++)
        jsonw_str(&a->out, NULL, names[i]);
    jsonw_close(&a->out, ']');
}
