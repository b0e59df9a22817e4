/* driver.c - lets a script ask the engine: worlds, persons and questions in, decisions out.
 *
 * One line each, fields separated by TAB, %XX for any byte, "%-" for an absent text, "*" for an
 * instant that does not exist. The first field says what the line is; see the table at the end, and
 * tests/policy/wire.py, which writes them. A line that is not understood ends the program.
 */
#include "base/buf.h"
#include "engine/engine.h"
#include "engine/explain.h"
#include "token/entitlement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 20, LINE_MAX_LEN = 1 << 16, HELD_MAX = 64, STRINGS_MAX = 512 };

struct driver {
    struct str field[FIELDS_MAX];
    size_t fields;
    struct model *model;
    struct snapshot *snapshot;
    struct arena *person_memory, *token_memory;
    struct engine_person person;
    struct engine_assignment assignments[HELD_MAX];
    struct engine_emergency emergencies[HELD_MAX];
    struct engine_subject *subject; /* NULL: nobody */
    struct str strings[STRINGS_MAX];
    size_t string_count;
    struct ent_set *token;
};

static void die(const char *why)
{
    (void)fprintf(stderr, "driver: %s\n", why);
    _Exit(2);
}

static void must(err_t e)
{
    if (!err_ok(e))
        die(err_name(e));
}

/* ---- fields ---- */

static int hex(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

static struct str decode(char *text, size_t len)
{
    size_t n = 0;
    if (len == 2 && text[0] == '%' && text[1] == '-')
        return str_from(NULL, 0);
    for (size_t i = 0; i < len; n++) {
        bool escaped = text[i] == '%' && i + 2 < len;
        text[n] = escaped ? (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
        i += escaped ? 3 : 1;
    }
    return str_from(text, n);
}

static void split(struct driver *d, char *line)
{
    d->fields = 0;
    for (char *at = line; at != NULL && d->fields < FIELDS_MAX;) {
        char *tab = strchr(at, '\t');
        d->field[d->fields++] = decode(at, tab == NULL ? strlen(at) : (size_t)(tab - at));
        at = tab == NULL ? NULL : tab + 1;
    }
}

static int64_t instant(struct str s, int64_t none)
{
    int64_t n = 0;
    if (str_eq(s, STR("*")))
        return none;
    if (!str_to_i64(s, &n))
        die("not an instant");
    return n;
}

static bool flag(struct str s) { return str_eq(s, STR("1")); }

/* ---- worlds ---- */

static void world(struct driver *d)
{
    model_free(d->model);
    snapshot_unref(d->snapshot);
    d->snapshot = NULL;
    d->subject = NULL;
    must(model_new(&d->model));
}

static void structure(struct driver *d)
{
    const struct structure_def def = {
        .code = d->field[1],
        .parent = d->field[2],
        .label = d->field[1],
        .kind = structure_kind_of(d->field[3]),
        .open_from = instant(d->field[4], MODEL_ALWAYS),
        .open_until = instant(d->field[5], MODEL_EVER),
    };
    must(model_add_structure(d->model, &def));
}

static void resource(struct driver *d)
{
    const struct resource_def def = { .code = d->field[1],
                                      .application = d->field[2],
                                      .actions = d->field[3],
                                      .no_emergency = d->field[4] };
    must(model_add_resource(d->model, &def));
}

static void profile(struct driver *d)
{
    const struct profile_def def = { .code = d->field[1], .auth_min = d->field[2] };
    must(model_add_profile(d->model, &def));
}

static void lot(struct driver *d)
{
    must(model_add_lot(d->model, &(struct lot_def){ .code = d->field[1] }));
}

static void lot_use(struct driver *d)
{
    const struct lot_use_def def = { .profile = d->field[1], .lot = d->field[2] };
    must(model_add_lot_use(d->model, &def));
}

static void grant(struct driver *d)
{
    const struct grant_def def = { .profile = d->field[1],
                                   .resource = d->field[2],
                                   .actions = d->field[3],
                                   .scope = d->field[4],
                                   .conditions = d->field[5] };
    must(model_add_grant(d->model, &def));
}

static void never(struct driver *d)
{
    const struct never_def def = { .profile = d->field[1],
                                   .resource = d->field[2],
                                   .actions = d->field[3] };
    must(model_add_never(d->model, &def));
}

static void closure(struct driver *d)
{
    const struct closure_def def = {
        .code = d->field[1],
        .structure = d->field[2],
        .except = d->field[3],
        .rights = d->field[4],
        .from = instant(d->field[5], MODEL_ALWAYS),
        .until = instant(d->field[6], MODEL_EVER),
    };
    must(model_add_closure(d->model, &def));
}

static void incompatible(struct driver *d)
{
    const struct incompatibility_def def = { .a = d->field[1], .b = d->field[2] };
    must(model_add_incompatibility(d->model, &def));
}

static void end_world(struct driver *d)
{
    struct problem problem;
    err_t e = engine_compile(d->model, &d->snapshot, &problem);
    if (!err_ok(e))
        die(e.code == ERR_CONFIG ? model_problem_en(problem.what) : err_name(e));
}

/* ---- persons ---- */

static struct str keep(struct driver *d, struct str s)
{
    struct str copy;
    must(arena_str(d->person_memory, s, &copy));
    return copy;
}

static void person(struct driver *d)
{
    arena_free(d->person_memory);
    must(arena_new(ARENA_DEFAULT_MAX, &d->person_memory));
    d->person = (struct engine_person){ .id = keep(d, d->field[1]),
                                        .login = keep(d, d->field[2]),
                                        .active = flag(d->field[3]),
                                        .assignments = d->assignments,
                                        .emergencies = d->emergencies };
}

static void assignment(struct driver *d)
{
    if (d->person.assignment_count == HELD_MAX)
        die("too many assignments");
    d->assignments[d->person.assignment_count++] =
        (struct engine_assignment){ .id = keep(d, d->field[1]),
                                    .profile = keep(d, d->field[2]),
                                    .structure = keep(d, d->field[3]),
                                    .start = instant(d->field[4], MODEL_ALWAYS),
                                    .end = instant(d->field[5], MODEL_EVER) };
}

static void emergency(struct driver *d)
{
    if (d->person.emergency_count == HELD_MAX)
        die("too many emergencies");
    d->emergencies[d->person.emergency_count++] =
        (struct engine_emergency){ .id = keep(d, d->field[1]),
                                   .lot = keep(d, d->field[2]),
                                   .structure = keep(d, d->field[3]),
                                   .resource = keep(d, d->field[4]),
                                   .instance = keep(d, d->field[5]),
                                   .start = instant(d->field[6], MODEL_ALWAYS),
                                   .end = instant(d->field[7], MODEL_EVER) };
}

static void resolve(struct driver *d)
{
    size_t size = engine_subject_size(&d->person);
    void *memory = arena_alloc(d->person_memory, size);
    if (memory == NULL)
        die("no memory");
    must(engine_person_resolve(d->snapshot, &d->person, memory, size, &d->subject));
}

static void nobody(struct driver *d) { d->subject = NULL; }

/* ---- answers ---- */

static void print_set(const struct access_words *words, uint64_t set)
{
    struct str names[ACCESS_WORD_MAX];
    unsigned count = access_words_list(words, set, names);
    putchar('\t');
    for (unsigned i = 0; i < count; i++)
        printf("%s%.*s", i == 0 ? "" : ",", STR_ARG(names[i]));
}

static void print_advice(bool eidas2, bool psc)
{
    printf("\t%s%s%s", eidas2 ? "2f" : "", eidas2 && psc ? "," : "", psc ? "psc" : "");
}

static void print_basis(const struct driver *d, const struct engine_decision *x)
{
    if (x->assignment != ENGINE_NONE)
        printf("\tassignment %d", x->assignment);
    else if (x->emergency != ENGINE_NONE)
        printf("\temergency %d", x->emergency);
    else
        printf("\t");
    if (x->grant == ENGINE_NONE) {
        printf("\t");
        return;
    }
    struct engine_grant g = engine_grant_at(d->snapshot, x->grant);
    printf("\t%.*s;%.*s;%.*s;%.*s;%.*s", STR_ARG(g.holder), STR_ARG(g.resource), STR_ARG(g.scope),
           STR_ARG(g.conditions), STR_ARG(g.actions));
}

static void print_conflicts(const struct driver *d, enum access_reason reason, int64_t now)
{
    struct engine_conflict c;
    size_t iter = 0;
    const char *comma = "";
    printf("\t");
    while (reason != ACCESS_UNKNOWN &&
           engine_next_conflict(d->snapshot, d->subject, now, &iter, &c)) {
        printf("%s%.*s+%.*s", comma, STR_ARG(c.a), STR_ARG(c.b));
        comma = ",";
    }
}

static struct engine_question read_question(const struct driver *d)
{
    const struct str *f = d->field;
    return (struct engine_question){
        .resource = f[1],
        .action = f[2],
        .structure = f[3],
        .owner = f[4],
        .owner_is_known = flag(f[5]),
        .resource_id = f[6],
        .motif = f[7],
        .urgence = flag(f[8]),
        .presence_physique = flag(f[9]),
        .supervise = flag(f[10]),
        .acr = access_acr_of(f[11]),
        .psc = flag(f[12]),
        .now = instant(f[13], 0),
    };
}

static void question(struct driver *d)
{
    const struct engine_question q = read_question(d);
    static const char *const effects[] = { "undecided", "deny", "permit" };
    struct engine_decision x;
    engine_decide(d->snapshot, d->subject, &q, &x);
    printf("%s\t%s", effects[x.effect], access_reason_name(x.reason));
    print_set(engine_words(d->snapshot), x.missing);
    print_set(engine_words(d->snapshot), x.obligations);
    print_advice(x.needs_eidas2, x.needs_psc);
    print_basis(d, &x);
    printf("\t%d", x.trace);
    print_conflicts(d, x.reason, q.now);
    printf("\n");
}

/* ---- explanations ---- */

static const char *const kinds[] = { "login", "state",  "place",     "own",        "other",  "wait",
                                     "renew", "assign", "emergency", "reactivate", "nothing" };

static void print_instant(int64_t at)
{
    printf(at == MODEL_EVER ? "\t*" : "\t%lld", (long long)at);
}

/* kind, needs, structure, profile, assignment, lot, from, until */
static void print_step(const struct driver *d, const struct explain_step *step)
{
    struct str none = STR("");
    printf("\t%s", kinds[step->kind]);
    print_set(engine_words(d->snapshot), step->needs);
    printf("\t%.*s", STR_ARG(step->structure == ENGINE_NONE
                                 ? none
                                 : engine_structure_at(d->snapshot, step->structure).code));
    printf("\t%.*s", STR_ARG(step->profile == ENGINE_NONE
                                 ? none
                                 : engine_profile_at(d->snapshot, step->profile).code));
    printf("\t%d\t%.*s", step->assignment, STR_ARG(step->lot));
    print_instant(step->from);
    print_instant(step->until);
}

static void print_sentences(const struct driver *d, const struct explanation *x, struct buf *text)
{
    buf_reset(text);
    for (size_t i = 0; i < x->step_count; i++)
        for (int english = 0; english < 2; english++)
            explain_say(d->snapshot, &x->steps[i], english == 1, text);
    for (size_t i = 0; i < x->pair_count; i++)
        for (int english = 0; english < 2; english++)
            explain_say_pair(d->snapshot, &d->person, &x->pairs[i], english == 1, text);
    must(buf_err(text));
    if (!str_is_printable(buf_str(text)) || (x->step_count > 0 && text->len == 0))
        die("a sentence that cannot be read");
}

/* reason, more profiles, how many pairs, then 8 fields a step */
static void explain(struct driver *d)
{
    const struct engine_question q = read_question(d);
    struct explanation x;
    struct arena *arena = NULL;
    struct buf text;
    buf_init(&text, LINE_MAX_LEN);
    must(arena_new(ARENA_DEFAULT_MAX, &arena));
    must(explain_question(d->snapshot, d->subject == NULL ? NULL : &d->person, &q, arena, &x));
    print_sentences(d, &x, &text);
    printf("%s\t%zu\t%zu", access_reason_name(x.decision.reason), x.more_profiles, x.pair_count);
    for (size_t i = 0; i < x.step_count; i++)
        print_step(d, &x.steps[i]);
    printf("\n");
    buf_done(&text);
    arena_free(arena);
}

/* ---- tokens ---- */

static err_t collect(void *ctx, struct str text)
{
    struct driver *d = ctx;
    if (d->string_count == STRINGS_MAX)
        return ERR(TOO_LARGE);
    return arena_str(d->token_memory, text, &d->strings[d->string_count++]);
}

static void token(struct driver *d)
{
    const struct engine_token t = {
        .structure = engine_structure(d->snapshot, d->field[1]),
        .application = engine_application(d->snapshot, d->field[2]),
        .acr = access_acr_of(d->field[3]),
        .psc = flag(d->field[4]),
        .now = instant(d->field[5], 0),
    };
    int64_t not_after = 0;
    arena_free(d->token_memory);
    must(arena_new(ARENA_DEFAULT_MAX, &d->token_memory));
    d->string_count = 0;
    d->token = NULL;
    err_t e = engine_entitlements(d->snapshot, d->subject, &t, collect, d, &not_after);
    printf("token\t%s\t", err_name(e));
    if (err_ok(e)) {
        must(ent_parse(d->token_memory, d->strings, d->string_count, &d->token));
        printf(not_after == MODEL_EVER ? "*" : "%lld", (long long)not_after);
        for (size_t i = 0; i < d->string_count; i++)
            printf("\t%.*s", STR_ARG(d->strings[i]));
    }
    printf("\n");
}

static void local(struct driver *d)
{
    const struct str *f = d->field;
    const struct ent_question q = {
        .resource = f[1],
        .action = f[2],
        .structure = f[3],
        .owner = f[4],
        .subject = d->person.id,
        .subject_login = d->person.login,
        .motif = f[7],
        .urgence = flag(f[8]),
        .presence_physique = flag(f[9]),
        .supervise = flag(f[10]),
        .acr = access_acr_of(f[11]),
        .psc = flag(f[12]),
        .now = instant(f[13], 0),
    };
    static const char *const effects[] = { "undecided", "deny", "step_up", "ask", "permit" };
    struct ent_answer x;
    if (d->token == NULL)
        die("no token");
    ent_decide(d->token, &q, &x);
    printf("%s\t%s", effects[x.effect], access_reason_name(x.reason));
    print_set(ent_words(d->token), x.missing);
    print_set(ent_words(d->token), x.obligations);
    print_advice(x.needs_eidas2, x.needs_psc);
    printf("\n");
}

static const struct {
    const char *what;
    void (*run)(struct driver *d);
    size_t fields; /* with the first one */
} lines[] = {
    { "world", world, 1 },
    { "structure", structure, 6 },
    { "resource", resource, 5 },
    { "profile", profile, 3 },
    { "lot", lot, 2 },
    { "use", lot_use, 3 },
    { "grant", grant, 6 },
    { "never", never, 4 },
    { "closure", closure, 7 },
    { "incompatible", incompatible, 3 },
    { "compile", end_world, 1 },
    { "person", person, 4 },
    { "assignment", assignment, 6 },
    { "emergency", emergency, 8 },
    { "resolve", resolve, 1 },
    { "nobody", nobody, 1 },
    { "ask", question, 14 },
    { "explain", explain, 14 },
    { "token", token, 6 },
    { "local", local, 14 },
};

static void run(struct driver *d, char *line)
{
    split(d, line);
    for (size_t i = 0; i < COUNT(lines); i++)
        if (str_eq(d->field[0], str_of(lines[i].what))) {
            if (d->fields != lines[i].fields)
                die("wrong number of fields");
            lines[i].run(d);
            return;
        }
    die("unknown line");
}

int main(void)
{
    static struct driver d;
    static char line[LINE_MAX_LEN];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        run(&d, line);
    }
    arena_free(d.token_memory);
    arena_free(d.person_memory);
    snapshot_unref(d.snapshot);
    model_free(d.model);
    return ferror(stdin) ? 1 : 0;
}
