#include "base/date.h"
#include "cases/internal.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum access_reason reason;
} expected[] = {
    { "accordé", ACCESS_OK },          { "inconnu", ACCESS_UNKNOWN },
    { "suspendu", ACCESS_SUSPENDED },  { "aucun-droit", ACCESS_NO_GRANT },
    { "ailleurs", ACCESS_ELSEWHERE },  { "terminé", ACCESS_EXPIRED },
    { "à-venir", ACCESS_NOT_YET },     { "structure-fermée", ACCESS_CLOSED },
    { "jamais", ACCESS_NEVER },        { "fermeture", ACCESS_CLOSURE },
    { "condition", ACCESS_CONDITION }, { "connexion", ACCESS_STEP_UP },
};

enum access_reason case_expect_of(struct str word)
{
    for (size_t i = 0; i < COUNT(expected); i++)
        if (str_eq(str_of(expected[i].word), word))
            return expected[i].reason;
    return ACCESS_UNSET;
}

const char *case_expect_name(enum access_reason r)
{
    for (size_t i = 0; i < COUNT(expected); i++)
        if (expected[i].reason == r)
            return expected[i].word;
    return "sans réponse";
}

struct reader {
    struct arena *arena;
    struct cat_problems *problems;
    const struct document *doc;
    struct case_file file;
    const struct node *when, *login; /* defaults; may be NULL */
};

static void tell(struct reader *r, const struct node *n, const char *what)
{
    struct str shown = n->kind == NODE_SCALAR ? cat_shown(r->arena, n->text) : STR("");
    cat_problem_add(r->problems, node_place(r->doc, n), "« %.*s » : %s", STR_ARG(shown), what);
}

static struct str text_of(const struct node *map, const char *key)
{
    const struct node *n = node_get(map, key);
    return n == NULL ? STR("") : n->text;
}

/* Texts of a list joined by SEP; empty when the key is not there. */
static err_t joined(struct reader *r, const struct node *list, char sep, struct str *out)
{
    *out = STR("");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        char between[2] = { i == 0 ? '\0' : sep, '\0' };
        TRY(arena_printf(r->arena, out, "%.*s%s%.*s", STR_ARG(*out), between,
                         STR_ARG(list->items[i]->text)));
    }
    return ERR(OK);
}

static int by_bytes(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

static err_t sorted(struct reader *r, const struct node *list, const struct str **out,
                    size_t *count)
{
    *count = list == NULL ? 0 : list->count;
    struct str *texts = arena_array(r->arena, *count + 1, sizeof *texts);
    if (texts == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < *count; i++)
        texts[i] = list->items[i]->text;
    qsort(texts, *count, sizeof *texts, by_bytes);
    *out = texts;
    return ERR(OK);
}

/* ---- time ---- */

enum { DAY = 24 * 3600 };

/* "14:05" in seconds of the day. */
static bool read_clock(struct str s, int64_t *seconds)
{
    struct str hours;
    int64_t h, m;
    if (s.len != 5 || !str_cut(&s, ':', &hours) || hours.len != 2 || !str_to_i64(hours, &h) ||
        !str_to_i64(s, &m) || h < 0 || h > 23 || m < 0 || m > 59)
        return false;
    *seconds = h * 3600 + m * 60;
    return true;
}

/* "2026-03-29 22:00", the clock on the wall in Paris; or RFC 3339, for the hour that comes twice. */
static int64_t read_instant(struct reader *r, const struct node *n)
{
    struct str clock = n->text, day;
    int64_t at = 0, days = 0, seconds = 0;
    if (err_ok(date_parse_rfc3339(n->text, &at)))
        return at;
    if (!str_cut(&clock, ' ', &day) || !err_ok(date_parse_day(day, &days)) ||
        !read_clock(clock, &seconds)) {
        tell(r, n, "date et heure attendues, comme « 2026-03-10 14:00 »");
        return 0;
    }
    int64_t winter = days * DAY + seconds - 3600, summer = winter - 3600;
    bool is_winter = date_paris_offset(winter) == 3600,
         is_summer = date_paris_offset(summer) == 7200;
    if (is_winter == is_summer)
        tell(r, n,
             is_winter ? "cette heure vient deux fois cette nuit-là : écrivez « …T02:30:00+01:00 »"
                       : "cette heure n'existe pas : on avance la pendule cette nuit-là");
    return is_winter ? winter : summer;
}

/* The first instant of a day, or of the day after it. MISSING when the key is not there. */
static int64_t read_day(struct reader *r, const struct node *map, const char *key, int after,
                        int64_t missing)
{
    const struct node *n = node_get(map, key);
    int64_t days;
    if (n == NULL)
        return missing;
    if (!err_ok(date_parse_day(n->text, &days))) {
        tell(r, n, "jour attendu, comme « 2026-03-10 »");
        return missing;
    }
    return date_paris_midnight(days + after);
}

static void check_period(struct reader *r, const struct node *n, int64_t from, int64_t until)
{
    if (from >= until)
        cat_problem_add(r->problems, node_place(r->doc, n), "période qui finit avant de commencer");
}

/* ---- places and prohibitions ---- */

static err_t read_places(struct reader *r, const struct node *table)
{
    size_t count = table == NULL ? 0 : table->count / 2;
    struct structure_def *list = arena_array(r->arena, count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct node *key = table->items[2 * i], *n = table->items[2 * i + 1];
        list[i] = (struct structure_def){
            .code = key->text,
            .parent = text_of(n, "sous"),
            .label = text_of(n, "libelle"),
            .kind = structure_kind_of(text_of(n, "sorte")),
            .open_from = read_day(r, n, "du", 0, MODEL_ALWAYS),
            .open_until = read_day(r, n, "au", 1, MODEL_EVER),
            .origin = key->line,
        };
        check_period(r, key, list[i].open_from, list[i].open_until);
    }
    r->file.structures = list;
    r->file.structure_count = count;
    return ERR(OK);
}

static err_t read_closures(struct reader *r, const struct node *table)
{
    size_t count = table == NULL ? 0 : table->count / 2;
    struct closure_def *list = arena_array(r->arena, count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct node *key = table->items[2 * i], *n = table->items[2 * i + 1];
        list[i] = (struct closure_def){
            .code = key->text,
            .label = text_of(n, "libelle"),
            .structure = text_of(n, "lieu"),
            .from = read_day(r, n, "du", 0, MODEL_ALWAYS),
            .until = read_day(r, n, "au", 1, MODEL_EVER),
            .origin = key->line,
        };
        TRY(joined(r, node_get(n, "sauf"), '|', &list[i].except));
        TRY(joined(r, node_get(n, "droits"), ',', &list[i].rights));
        check_period(r, key, list[i].from, list[i].until);
    }
    r->file.closures = list;
    r->file.closure_count = count;
    return ERR(OK);
}

static err_t add_never(struct reader *r, const struct node *n, const struct node *right,
                       struct never_def *out)
{
    struct str actions = right->text;
    *out = (struct never_def){ .profile = text_of(n, "profil"), .origin = right->line };
    if (!str_cut(&actions, ':', &out->resource))
        tell(r, right, "droit attendu, comme « DUI.PROJET:lire » ou « DUI.PROJET:* »");
    out->actions = actions;
    return ERR(OK);
}

static err_t read_nevers(struct reader *r, const struct node *list)
{
    size_t count = 0;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        count += node_get(list->items[i], "droits")->count;
    r->file.nevers = arena_array(r->arena, count + 1, sizeof *r->file.nevers);
    if (r->file.nevers == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct node *rights = node_get(list->items[i], "droits");
        for (size_t k = 0; k < rights->count; k++)
            TRY(add_never(r, list->items[i], rights->items[k],
                          &r->file.nevers[r->file.never_count++]));
    }
    return ERR(OK);
}

/* ---- people ---- */

static err_t read_assignments(struct reader *r, const struct node *list, struct case_person *p)
{
    p->assignment_count = list == NULL ? 0 : list->count;
    p->assignments = arena_array(r->arena, p->assignment_count + 1, sizeof *p->assignments);
    if (p->assignments == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < p->assignment_count; i++) {
        const struct node *n = list->items[i];
        struct engine_assignment *a = &p->assignments[i];
        TRY(arena_printf(r->arena, &a->id, "%.*s-%03zu", STR_ARG(p->code), i + 1));
        a->profile = text_of(n, "profil");
        a->structure = text_of(n, "lieu");
        a->start = read_day(r, n, "du", 0, MODEL_ALWAYS);
        a->end = read_day(r, n, "au", 1, MODEL_EVER);
        check_period(r, n, a->start, a->end);
    }
    return ERR(OK);
}

static err_t read_emergencies(struct reader *r, const struct node *list, struct case_person *p)
{
    p->emergency_count = list == NULL ? 0 : list->count;
    p->emergencies = arena_array(r->arena, p->emergency_count + 1, sizeof *p->emergencies);
    if (p->emergencies == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < p->emergency_count; i++) {
        const struct node *n = list->items[i];
        struct engine_emergency *e = &p->emergencies[i];
        TRY(arena_printf(r->arena, &e->id, "%.*s-u%03zu", STR_ARG(p->code), i + 1));
        e->lot = text_of(n, "lot");
        e->structure = text_of(n, "lieu");
        e->resource = text_of(n, "ressource");
        e->instance = text_of(n, "dossier");
        e->start = read_instant(r, node_get(n, "de"));
        e->end = read_instant(r, node_get(n, "a"));
        check_period(r, n, e->start, e->end);
    }
    return ERR(OK);
}

/* Logins tell homonyms apart: two people may share a name, never a login. */
static void check_login(struct reader *r, const struct node *key, const struct case_person *p)
{
    for (const struct case_person *o = r->file.people; o < p; o++)
        if (str_eq(o->login, p->login))
            tell(r, key, "même identifiant qu'une autre personne du fichier");
}

static err_t read_people(struct reader *r, const struct node *table)
{
    size_t count = table == NULL ? 0 : table->count / 2;
    struct case_person *list = arena_array(r->arena, count + 1, sizeof *list);
    if (list == NULL)
        return ERR(NO_MEMORY);
    r->file.people = list;
    r->file.person_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct node *key = table->items[2 * i], *n = table->items[2 * i + 1];
        const struct node *login = node_get(n, "identifiant");
        list[i].code = key->text;
        list[i].name = text_of(n, "nom");
        list[i].login = login == NULL ? STR("") : login->text;
        if (login == NULL)
            TRY(arena_printf(r->arena, &list[i].login, "compte.%.*s", STR_ARG(key->text)));
        list[i].active = !str_eq(text_of(n, "compte"), STR("suspendu"));
        list[i].at = node_place(r->doc, key);
        check_login(r, key, &list[i]);
        TRY(read_assignments(r, node_get(n, "affectations"), &list[i]));
        TRY(read_emergencies(r, node_get(n, "urgences"), &list[i]));
    }
    return ERR(OK);
}

/* ---- cases ---- */

static const struct case_person *find_person(const struct reader *r, struct str code)
{
    for (size_t i = 0; i < r->file.person_count; i++)
        if (str_eq(r->file.people[i].code, code))
            return &r->file.people[i];
    return NULL;
}

static void read_login(struct reader *r, const struct node *list, struct engine_question *q)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct str word = list->items[i]->text;
        if (access_acr_of(word) != ACCESS_ACR_NONE)
            q->acr = access_acr_of(word);
        else if (str_eq(word, STR("psc")))
            q->psc = true;
        else
            tell(r, list->items[i], "eidas1, eidas2, eidas3 ou psc attendu");
    }
}

/* A person of the file by code or by login, or somebody nobody knows. */
static void read_owner(const struct reader *r, const struct node *n, struct engine_question *q)
{
    if (n == NULL)
        return;
    q->owner = n->text;
    q->owner_is_known = find_person(r, n->text) != NULL;
    for (size_t i = 0; i < r->file.person_count; i++)
        if (str_eq(r->file.people[i].login, n->text))
            q->owner_is_known = true;
}

static bool is_yes(const struct node *map, const char *key)
{
    return str_eq(text_of(map, key), STR("oui"));
}

static void read_question(struct reader *r, const struct node *n, struct engine_question *q)
{
    const struct node *place = node_get(n, "lieu"), *when = node_get(n, "quand");
    const struct node *login = node_get(n, "connexion");
    if (when == NULL)
        when = r->when;
    if (when == NULL)
        cat_problem_add(r->problems, node_place(r->doc, n),
                        "cas : il manque « quand », ici ou dans « par_defaut »");
    else
        q->now = read_instant(r, when);
    q->structure = place == NULL ? str_from(NULL, 0) : place->text;
    q->resource_id = text_of(n, "dossier");
    q->motif = text_of(n, "motif");
    q->urgence = is_yes(n, "urgence");
    q->presence_physique = is_yes(n, "presence");
    q->supervise = is_yes(n, "supervision");
    read_login(r, login == NULL ? r->login : login, q);
    read_owner(r, node_get(n, "pour"), q);
}

static err_t read_rights(struct reader *r, const struct node *list, struct case_row *row)
{
    row->right_count = list->count;
    row->rights = arena_array(r->arena, list->count + 1, sizeof *row->rights);
    if (row->rights == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < list->count; i++)
        row->rights[i] = list->items[i]->text;
    return ERR(OK);
}

static err_t read_case(struct reader *r, const struct node *n, struct case_row *row)
{
    const struct node *who = node_get(n, "qui");
    row->at = node_place(r->doc, n);
    row->who = find_person(r, who->text);
    row->because = text_of(n, "parce_que");
    row->expect = case_expect_of(text_of(n, "attendu"));
    if (row->who == NULL && !str_eq(who->text, STR("INCONNU")))
        tell(r, who,
             "cette personne n'est pas dans « personnes » (INCONNU : personne ne la connaît)");
    bool tells = row->expect == ACCESS_CONDITION || row->expect == ACCESS_STEP_UP;
    if (tells != (node_get(n, "manque") != NULL))
        cat_problem_add(r->problems, row->at,
                        "« manque » va avec « condition » et « connexion », et avec eux seuls");
    read_question(r, n, &row->question);
    TRY(read_rights(r, node_get(n, "droits"), row));
    TRY(sorted(r, node_get(n, "manque"), &row->missing, &row->missing_count));
    TRY(sorted(r, node_get(n, "dans_la_limite"), &row->obligations, &row->obligation_count));
    return sorted(r, node_get(n, "incompatibles"), &row->conflicts, &row->conflict_count);
}

static err_t read_cases(struct reader *r, const struct node *list)
{
    size_t count = list == NULL ? 0 : list->count;
    r->file.rows = arena_array(r->arena, count + 1, sizeof *r->file.rows);
    if (r->file.rows == NULL)
        return ERR(NO_MEMORY);
    r->file.row_count = count;
    for (size_t i = 0; i < count; i++)
        TRY(read_case(r, list->items[i], &r->file.rows[i]));
    return ERR(OK);
}

err_t cases_read(struct arena *a, const char *name, struct str text, struct cat_problems *p,
                 struct case_file *out)
{
    struct document doc;
    size_t before = cat_problems_count(p);
    TRY(node_parse(a, name, text, p, &doc));
    TRY(shape_check(a, &doc, &case_file_shape, p));
    const struct node *root = doc.root, *defaults = node_get(root, "par_defaut");
    struct reader r = { .arena = a, .problems = p, .doc = &doc };
    r.file.name = name;
    r.file.title = text_of(root, "titre");
    r.when = defaults == NULL ? NULL : node_get(defaults, "quand");
    r.login = defaults == NULL ? NULL : node_get(defaults, "connexion");
    TRY(read_places(&r, node_get(root, "lieux")));
    TRY(read_closures(&r, node_get(root, "fermetures")));
    TRY(read_nevers(&r, node_get(root, "jamais")));
    TRY(read_people(&r, node_get(root, "personnes")));
    TRY(read_cases(&r, node_get(root, "cas")));
    if (cat_problems_count(p) != before)
        return ERR(MALFORMED);
    *out = r.file;
    return ERR(OK);
}
