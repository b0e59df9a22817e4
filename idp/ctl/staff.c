#include "ctl/staff.h"

#include "ctl/csv_table.h"
#include "ctl/text.h"

static const char *const columns[] = {
    "matricule",   "civilite",    "nom",           "prenom",  "email",  "rpps",
    "og",          "finess_et",   "etablissement", "service", "profil", "type_contrat",
    "date_entree", "date_sortie", "quotite",       NULL,
};

/* What earlier rows have said. */
struct memory {
    struct arena *arena;
    struct strmap lines;      /* a whole row */
    struct strmap matricules; /* -> a row: whose it is */
    struct strmap rpps;       /* -> a row */
    struct strmap mails;      /* lower case -> a row */
    struct strmap numbered;   /* matricule -> a row with its RPPS */
};

static void memory_init(struct memory *m, struct arena *a)
{
    m->arena = a;
    strmap_init(&m->lines, a);
    strmap_init(&m->matricules, a);
    strmap_init(&m->rpps, a);
    strmap_init(&m->mails, a);
    strmap_init(&m->numbered, a);
}

static err_t whole_line(struct arena *a, const struct sheet *s, size_t row, struct str *out)
{
    struct str line = STR("");
    for (size_t i = 0; i < S_COLUMNS; i++)
        TRY(strmap_pair(a, line, sheet_get(s, row, i), &line));
    *out = line;
    return ERR(OK);
}

static err_t lower(struct arena *a, struct str s, struct str *out)
{
    char *text = arena_alloc(a, s.len + 1);
    if (text == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < s.len; i++)
        text[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
    *out = str_from(text, s.len);
    return ERR(OK);
}

/* Whether what KEY names is, for all we know, this person's. */
static bool agrees(const struct staff *st, const struct strmap *map, struct str key,
                   const struct staff_row *r)
{
    size_t at;
    return key.len == 0 || !strmap_get(map, key, &at) || str_eq(st->rows[at].name_key, r->name_key);
}

static bool rpps_agrees(const struct staff *st, const struct memory *m, const struct staff_row *r)
{
    size_t at;
    return r->rpps.len == 0 || !strmap_get(&m->numbered, r->matricule, &at) ||
           str_eq(st->rows[at].rpps, r->rpps);
}

static err_t remember(struct memory *m, const struct staff_row *r, struct str line, struct str mail,
                      size_t at)
{
    TRY(strmap_put(&m->lines, line, at));
    TRY(strmap_put(&m->matricules, r->matricule, at));
    if (mail.len > 0)
        TRY(strmap_put(&m->mails, mail, at));
    if (r->rpps.len == 0)
        return ERR(OK);
    TRY(strmap_put(&m->numbered, r->matricule, at));
    return strmap_put(&m->rpps, r->rpps, at);
}

/* The row against those before it; it is kept when nothing is wrong. */
static err_t take_row(struct staff *st, struct memory *m, const struct staff_row *r)
{
    struct str line, mail;
    TRY(whole_line(m->arena, &st->sheet, r->row, &line));
    TRY(lower(m->arena, r->mail, &mail));
    if (strmap_has(&m->lines, line))
        (void)sheet_row_problem(&st->sheet, r->row, PROBLEM_DOUBLON_LIGNE);
    else if (!agrees(st, &m->matricules, r->matricule, r))
        (void)sheet_problem(&st->sheet, r->row, S_MATRICULE, PROBLEM_MATRICULE_CONFLIT);
    else if (!agrees(st, &m->rpps, r->rpps, r) || !rpps_agrees(st, m, r))
        (void)sheet_problem(&st->sheet, r->row, S_RPPS, PROBLEM_RPPS_CONFLIT);
    else if (!agrees(st, &m->mails, mail, r))
        (void)sheet_problem(&st->sheet, r->row, S_MAIL, PROBLEM_EMAIL_CONFLIT);
    else {
        st->rows[st->row_count] = *r;
        return remember(m, r, line, mail, st->row_count++);
    }
    return ERR(OK);
}

/* ---- persons ---- */

static bool overlaps(const struct staff_row *a, const struct staff_row *b)
{
    return str_eq(a->place, b->place) && str_eq(a->profile, b->profile) &&
           a->first_day <= b->last_day && b->first_day <= a->last_day;
}

static void check_overlaps(const struct staff *st, const struct staff_person *p,
                           const struct staff_row *r)
{
    for (int64_t i = p->first; i != STAFF_NONE; i = st->rows[i].next)
        if (overlaps(&st->rows[i], r)) {
            (void)sheet_problem(&st->sheet, r->row, S_START, PROBLEM_CHEVAUCHEMENT);
            return;
        }
}

/* Two profiles that one person may not hold for overlapping periods, in whatever structures. */
static err_t check_duties(struct catalogue *c, const struct staff *st, const struct staff_person *p,
                          const struct staff_row *r)
{
    for (int64_t i = p->first; i != STAFF_NONE; i = st->rows[i].next) {
        const struct staff_row *before = &st->rows[i];
        bool apart = false;
        struct str value;
        if (before->first_day > r->last_day || r->first_day > before->last_day)
            continue;
        TRY(catalogue_incompatible(c, before->profile, r->profile, &apart));
        if (!apart)
            continue;
        TRY(arena_printf(c->arena, &value, "%.*s ; %.*s ligne %lld", STR_ARG(r->profile),
                         STR_ARG(before->profile), (long long)st->sheet.records[before->row].line));
        (void)sheet_problem_value(&st->sheet, r->row, S_PROFILE, PROBLEM_CUMUL, value);
    }
    return ERR(OK);
}

/* RPPS numbers are digits, matricules have a colon: one map serves both. */
static err_t join_person(struct catalogue *c, struct staff *st, struct strmap *by_key,
                         const struct memory *m, int64_t at)
{
    struct staff_row *r = &st->rows[at];
    size_t numbered, index;
    if (r->rpps.len == 0 && strmap_get(&m->numbered, r->matricule, &numbered))
        r->rpps = st->rows[numbered].rpps;
    struct str key = r->rpps.len > 0 ? r->rpps : r->matricule;
    if (!strmap_get(by_key, key, &index)) {
        index = st->person_count++;
        st->persons[index] = (struct staff_person){ r->rpps, at, at };
        return strmap_put(by_key, key, index);
    }
    struct staff_person *p = &st->persons[index];
    check_overlaps(st, p, r);
    TRY(check_duties(c, st, p, r));
    st->rows[p->last].next = at;
    p->last = at;
    return ERR(OK);
}

static err_t read_rows(struct catalogue *c, struct staff *st)
{
    struct memory m;
    struct strmap by_key;
    memory_init(&m, c->arena);
    strmap_init(&by_key, c->arena);
    for (size_t row = 0; row < st->sheet.count; row++) {
        struct staff_row r;
        bool ok;
        TRY(staff_row_read(c, &st->sheet, row, &r, &ok));
        if (ok)
            TRY(take_row(st, &m, &r));
    }
    for (size_t i = 0; i < st->row_count; i++)
        TRY(join_person(c, st, &by_key, &m, (int64_t)i));
    return ERR(OK);
}

err_t staff_read(struct catalogue *c, struct staff *out, bool *present)
{
    static const char file[] = "personnel_utf8.csv";
    struct staff st = { .row_count = 0 };
    struct str text;
    err_t e = sheet_read_file(c->arena, c->dir, file, &text);
    *present = e.code != ERR_NOT_FOUND;
    if (!*present) {
        *out = st;
        return ERR(OK);
    }
    TRY(e);
    if (c->finess.count == 0 || c->profiles.count == 0 || c->contracts.count == 0) {
        *out = st; /* told; each line would say it again */
        return ERR(OK);
    }
    TRY(sheet_parse(c->arena, c->problems, file, columns, text, &st.sheet));
    st.rows = arena_array(c->arena, st.sheet.count + 1, sizeof *st.rows);
    st.persons = arena_array(c->arena, st.sheet.count + 1, sizeof *st.persons);
    if (st.rows == NULL || st.persons == NULL)
        return ERR(NO_MEMORY);
    TRY(read_rows(c, &st));
    *out = st;
    return ERR(OK);
}
