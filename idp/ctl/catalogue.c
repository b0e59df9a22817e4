#include "ctl/catalogue.h"

#include "ctl/check.h"
#include "ctl/text.h"

#include "base/date.h"
#include "base/embed.h"

extern const struct embed_file catalogue_files[];

/* ---- files ---- */

err_t catalogue_sheet(struct catalogue *c, const char *file, const char *const *columns,
                      struct sheet *out)
{
    struct str text;
    *out = (struct sheet){ .file = file };
    err_t e = sheet_read_file(c->arena, c->dir, file, &text);
    if (e.code == ERR_NO_MEMORY)
        return e;
    if (!err_ok(e)) {
        problems_add(c->problems,
                     e.code == ERR_TOO_LARGE ? PROBLEM_FICHIER_TROP_GROS : PROBLEM_FICHIER_ABSENT,
                     &(struct problem_at){ .file = file });
        return ERR(OK);
    }
    return sheet_parse(c->arena, c->problems, file, columns, text, out);
}

/* ---- contracts ---- */

enum { CONTRACT_CODE, CONTRACT_LABEL, CONTRACT_ENDS };
static const char *const contract_columns[] = { "code", "libelle", "date_sortie_obligatoire",
                                                NULL };

static err_t read_contracts(struct catalogue *c)
{
    static const char file[] = "contrats.csv";
    struct sheet s;
    struct str text = STR("");
    err_t e = sheet_read_file(c->arena, c->dir, file, &text);
    for (const struct embed_file *f = catalogue_files; e.code == ERR_NOT_FOUND && f->name != NULL;
         f++)
        if (str_eq(str_of(f->name), STR("contrats.csv"))) {
            text = str_from((const char *)f->data, f->len);
            e = ERR(OK);
        }
    TRY(e);
    TRY(sheet_parse(c->arena, c->problems, file, contract_columns, text, &s));
    for (size_t row = 0; row < s.count; row++) {
        if (!sheet_row_ok(&s, row))
            continue;
        struct str code = sheet_get(&s, row, CONTRACT_CODE);
        struct str ends = sheet_get(&s, row, CONTRACT_ENDS);
        if (!check_code(code))
            (void)sheet_problem(&s, row, CONTRACT_CODE, PROBLEM_CODE_FORMAT);
        else if (strmap_has(&c->contracts, code))
            (void)sheet_problem(&s, row, CONTRACT_CODE, PROBLEM_DOUBLON);
        else if (!check_one_of(ends, "oui non"))
            (void)sheet_problem(&s, row, CONTRACT_ENDS, PROBLEM_VALEUR);
        TRY(strmap_put(&c->contracts, code, str_eq(ends, STR("oui"))));
    }
    return ERR(OK);
}

/* ---- structures ---- */

enum {
    E_CODE,
    E_LABEL,
    E_CATEGORY,
    E_TYPE,
    E_OG,
    E_OG_LABEL,
    E_GROUP,
    E_GROUP_LABEL,
    E_FINESS,
    E_FINESS_ENTITY,
    E_SIRET,
    E_TOWN,
    E_DEPARTMENT,
    E_PLACES,
    E_FROM,
    E_UNTIL,
    E_LEGAL_FORM,
    E_NOTE
};
static const char *const establishment_columns[] = {
    "code",
    "libelle",
    "categorie_finess",
    "type",
    "og_code",
    "og_libelle",
    "groupe_code",
    "groupe_libelle",
    "finess_et",
    "finess_ej",
    "siret",
    "commune",
    "departement",
    "places",
    "date_entree_groupe",
    "date_sortie_groupe",
    "statut",
    "note",
    NULL,
};

err_t catalogue_structure(struct catalogue *c, struct str code, const char *kind, struct str label,
                          struct str parent, struct item **added)
{
    *added = NULL;
    if (strmap_has(&c->places, code))
        return ERR(OK);
    struct item *it;
    TRY(strmap_put(&c->places, code, c->structures.count));
    TRY(item_add(&c->structures, "habilisStructureEntry", "structures", code, STR(""), &it));
    TRY(item_set(&c->structures, it, "habilisKind", str_of(kind)));
    TRY(item_set(&c->structures, it, "habilisLabel", label));
    TRY(item_set(&c->structures, it, "habilisParent", parent));
    *added = it;
    return ERR(OK);
}

/* "DC44" is a direction commune, the other groups are groupements. */
static const char *kind_of_group(struct str code)
{
    bool dc = code.len > 2 && str_starts(code, STR("DC")) &&
              check_digits(str_from(code.ptr + 2, code.len - 2), code.len - 2);
    return dc ? "direction_commune" : "groupement";
}

static struct str attr_of(const struct item *it, const char *name)
{
    for (size_t i = 0; i < it->attr_count; i++)
        if (str_eq(str_of(it->attrs[i].name), str_of(name)) && it->attrs[i].count > 0)
            return it->attrs[i].values[0];
    return STR("");
}

struct upper {
    const char *kind;
    size_t code_column, label_column;
    struct str parent;
};

/* A group or an OG, written anew on each of its establishments' rows. */
static err_t read_upper(struct catalogue *c, const struct sheet *s, size_t row, struct upper up)
{
    struct str code = sheet_get(s, row, up.code_column);
    struct str label = sheet_get(s, row, up.label_column);
    struct item *added;
    size_t at;
    if (!check_code(code)) {
        (void)sheet_problem(s, row, up.code_column, PROBLEM_CODE_FORMAT);
        return ERR(OK);
    }
    if (label.len == 0)
        (void)sheet_problem(s, row, up.label_column, PROBLEM_CHAMP_VIDE);
    TRY(catalogue_structure(c, code, up.kind, label, up.parent, &added));
    if (added == NULL && strmap_get(&c->places, code, &at)) {
        const struct item *it = &c->structures.list[at];
        if (!str_eq(attr_of(it, "habilisKind"), str_of(up.kind)) ||
            !str_eq(attr_of(it, "habilisLabel"), label) ||
            !str_eq(attr_of(it, "habilisParent"), up.parent))
            (void)sheet_problem(s, row, up.code_column, PROBLEM_GROUPE_INCOHERENT);
    }
    return ERR(OK);
}

static bool check_numbers(const struct sheet *s, size_t row)
{
    struct str finess = sheet_get(s, row, E_FINESS), entity = sheet_get(s, row, E_FINESS_ENTITY);
    struct str siret = sheet_get(s, row, E_SIRET), places = sheet_get(s, row, E_PLACES);
    if (!check_finess_form(finess))
        return sheet_problem(s, row, E_FINESS, PROBLEM_FINESS_FORMAT);
    if (!check_luhn(finess))
        return sheet_problem(s, row, E_FINESS, PROBLEM_FINESS_CLE);
    if (entity.len > 0 && !check_finess_form(entity))
        return sheet_problem(s, row, E_FINESS_ENTITY, PROBLEM_FINESS_FORMAT);
    if (entity.len > 0 && !check_luhn(entity))
        return sheet_problem(s, row, E_FINESS_ENTITY, PROBLEM_FINESS_CLE);
    if (siret.len > 0 && (!check_digits(siret, 14) || !check_luhn(siret)))
        return sheet_problem(s, row, E_SIRET, PROBLEM_SIRET);
    if (places.len > 0 && (places.len > 6 || !check_digits(places, places.len)))
        return sheet_problem(s, row, E_PLACES, PROBLEM_NOMBRE);
    return true;
}

/* An instant as LDAP writes it; the empty cell gives the empty text. */
static err_t instant_of(struct arena *a, struct str day, int64_t shift_days, struct str *out)
{
    enum problem_code why;
    int64_t days;
    char text[DATE_LDAP_LEN + 1];
    *out = STR("");
    if (day.len == 0 || !check_day(day, &days, &why))
        return ERR(OK);
    date_format_ldap(date_paris_midnight(days + shift_days), text);
    return arena_str(a, str_of(text), out);
}

static bool check_period(const struct sheet *s, size_t row)
{
    enum problem_code why;
    struct str from = sheet_get(s, row, E_FROM), until = sheet_get(s, row, E_UNTIL);
    int64_t first = INT64_MIN, last = INT64_MAX;
    if (from.len > 0 && !check_day(from, &first, &why))
        return sheet_problem(s, row, E_FROM, why);
    if (until.len > 0 && !check_day(until, &last, &why))
        return sheet_problem(s, row, E_UNTIL, why);
    return last >= first || sheet_problem(s, row, E_UNTIL, PROBLEM_DATE_ORDRE);
}

static err_t describe(struct catalogue *c, const struct sheet *s, size_t row, struct item *it)
{
    static const struct {
        const char *attr;
        size_t column;
    } plain[] = {
        { "habilisFiness", E_FINESS },           { "habilisFinessEntity", E_FINESS_ENTITY },
        { "habilisFinessCategory", E_CATEGORY }, { "habilisSiret", E_SIRET },
        { "habilisStructureType", E_TYPE },      { "habilisTown", E_TOWN },
        { "habilisDepartment", E_DEPARTMENT },   { "habilisPlaces", E_PLACES },
        { "habilisLegalForm", E_LEGAL_FORM },    { "description", E_NOTE },
    };
    struct items *items = &c->structures;
    struct str from, until;
    for (size_t i = 0; i < COUNT(plain); i++)
        TRY(item_set(items, it, plain[i].attr, sheet_get(s, row, plain[i].column)));
    TRY(instant_of(c->arena, sheet_get(s, row, E_FROM), 0, &from));
    TRY(instant_of(c->arena, sheet_get(s, row, E_UNTIL), 1, &until));
    TRY(item_set(items, it, "habilisOpenFrom", from));
    return item_set(items, it, "habilisOpenUntil", until);
}

static err_t read_establishment(struct catalogue *c, const struct sheet *s, size_t row)
{
    struct str code = sheet_get(s, row, E_CODE), finess = sheet_get(s, row, E_FINESS);
    struct str og = sheet_get(s, row, E_OG), group = sheet_get(s, row, E_GROUP);
    struct item *it;
    TRY(read_upper(c, s, row,
                   (struct upper){ kind_of_group(group), E_GROUP, E_GROUP_LABEL, STR("") }));
    TRY(read_upper(c, s, row, (struct upper){ "og", E_OG, E_OG_LABEL, group }));
    TRY(strmap_put(&c->ogs, og, row));
    if (!check_code(code)) {
        (void)sheet_problem(s, row, E_CODE, PROBLEM_CODE_FORMAT);
        return ERR(OK);
    }
    if (sheet_get(s, row, E_LABEL).len == 0)
        (void)sheet_problem(s, row, E_LABEL, PROBLEM_CHAMP_VIDE);
    if (!check_numbers(s, row) || !check_period(s, row))
        return ERR(OK);
    if (strmap_has(&c->finess, finess))
        (void)sheet_problem(s, row, E_FINESS, PROBLEM_DOUBLON);
    TRY(catalogue_structure(c, code, "etablissement", sheet_get(s, row, E_LABEL), og, &it));
    if (it == NULL) {
        (void)sheet_problem(s, row, E_CODE, PROBLEM_DOUBLON);
        return ERR(OK);
    }
    c->establishments[row] = (struct establishment){ code, og, finess };
    TRY(strmap_put(&c->finess, finess, row));
    return describe(c, s, row, it);
}

static err_t read_structures(struct catalogue *c)
{
    struct sheet s;
    TRY(catalogue_sheet(c, "etablissements.csv", establishment_columns, &s));
    c->establishments = arena_array(c->arena, s.count + 1, sizeof *c->establishments);
    if (c->establishments == NULL)
        return ERR(NO_MEMORY);
    for (size_t row = 0; row < s.count; row++)
        if (sheet_row_ok(&s, row))
            TRY(read_establishment(c, &s, row));
    return ERR(OK);
}

err_t catalogue_read(struct arena *a, struct problems *p, const char *dir, struct catalogue *out)
{
    struct catalogue c = { .arena = a, .problems = p, .dir = dir };
    c.structures.arena = a;
    c.rights.arena = a;
    strmap_init(&c.places, a);
    strmap_init(&c.finess, a);
    strmap_init(&c.ogs, a);
    strmap_init(&c.profiles, a);
    strmap_init(&c.contracts, a);
    strmap_init(&c.resources, a);
    TRY(read_contracts(&c));
    TRY(read_structures(&c));
    TRY(catalogue_read_rights(&c));
    *out = c;
    return ERR(OK);
}
