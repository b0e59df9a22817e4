#include "ctl/staff.h"

#include "ctl/check.h"
#include "ctl/text.h"

#include "base/date.h"

enum { RPPS_LEN = 11 };

struct reading {
    struct catalogue *c;
    const struct sheet *s;
    size_t row;
};

static struct str get(const struct reading *r, size_t column)
{
    return sheet_get(r->s, r->row, column);
}

static bool bad(const struct reading *r, size_t column, enum problem_code code)
{
    return sheet_problem(r->s, r->row, column, code);
}

static bool lengths_ok(const struct reading *r)
{
    static const struct {
        size_t column, most; /* characters */
    } limits[] = {
        { S_MATRICULE, 20 }, { S_FAMILY, 80 }, { S_GIVEN, 60 }, { S_MAIL, 120 }, { S_SERVICE, 120 },
    };
    for (size_t i = 0; i < COUNT(limits); i++)
        if (text_length(get(r, limits[i].column)) > limits[i].most)
            return bad(r, limits[i].column, PROBLEM_CHAMP_TROP_LONG);
    return true;
}

/* A spreadsheet that opens our exports would run it. */
static bool formulas_ok(const struct reading *r)
{
    for (size_t column = 0; column < S_COLUMNS; column++) {
        struct str v = get(r, column);
        if (v.len > 0 && str_has_char(STR("=+@-"), v.ptr[0]))
            return bad(r, column, PROBLEM_FORMULE);
    }
    return true;
}

static bool person_ok(const struct reading *r)
{
    struct str mail = get(r, S_MAIL);
    if (get(r, S_MATRICULE).len == 0)
        return bad(r, S_MATRICULE, PROBLEM_MATRICULE_VIDE);
    if (get(r, S_FAMILY).len == 0)
        return bad(r, S_FAMILY, PROBLEM_NOM_VIDE);
    if (get(r, S_GIVEN).len == 0)
        return bad(r, S_GIVEN, PROBLEM_PRENOM_VIDE);
    if (!check_matricule(get(r, S_MATRICULE)))
        return bad(r, S_MATRICULE, PROBLEM_MATRICULE_FORMAT);
    if (!text_is_name(get(r, S_FAMILY)))
        return bad(r, S_FAMILY, PROBLEM_NOM_CARACTERES);
    if (!text_is_name(get(r, S_GIVEN)))
        return bad(r, S_GIVEN, PROBLEM_NOM_CARACTERES);
    if (get(r, S_TITLE).len > 0 && !check_one_of(get(r, S_TITLE), "M. Mme"))
        return bad(r, S_TITLE, PROBLEM_CIVILITE);
    if (mail.len > 0 && !check_mail(mail))
        return bad(r, S_MAIL, PROBLEM_EMAIL_FORMAT);
    return true;
}

static bool rpps_ok(const struct reading *r, struct str rpps)
{
    if (rpps.len > 0 && !check_digits(rpps, RPPS_LEN))
        return bad(r, S_RPPS, PROBLEM_RPPS_FORMAT);
    if (rpps.len > 0 && !check_luhn(rpps))
        return bad(r, S_RPPS, PROBLEM_RPPS_CLE);
    return true;
}

static bool place_ok(const struct reading *r, const struct establishment **out)
{
    struct str finess = get(r, S_FINESS);
    size_t at;
    if (!strmap_has(&r->c->ogs, get(r, S_OG)))
        return bad(r, S_OG, PROBLEM_OG_INCONNU);
    if (!check_finess_form(finess))
        return bad(r, S_FINESS, PROBLEM_FINESS_FORMAT);
    if (!check_luhn(finess))
        return bad(r, S_FINESS, PROBLEM_FINESS_CLE);
    if (!strmap_get(&r->c->finess, finess, &at))
        return bad(r, S_FINESS, PROBLEM_FINESS_INCONNU);
    const struct establishment *e = &r->c->establishments[at];
    if (!str_eq(e->code, get(r, S_PLACE)))
        return bad(r, S_PLACE, PROBLEM_ETAB_INCOHERENT);
    if (!str_eq(e->og, get(r, S_OG)))
        return bad(r, S_FINESS, PROBLEM_ETAB_HORS_OG);
    *out = e;
    return true;
}

static bool dates_ok(const struct reading *r, bool must_end, struct staff_row *out)
{
    struct str start = get(r, S_START), end = get(r, S_END);
    enum problem_code why;
    out->last_day = INT64_MAX;
    if (start.len == 0)
        return bad(r, S_START, PROBLEM_DATE_ENTREE_VIDE);
    if (!check_day(start, &out->first_day, &why))
        return bad(r, S_START, why);
    if (end.len > 0 && !check_day(end, &out->last_day, &why))
        return bad(r, S_END, why);
    if (out->last_day < out->first_day)
        return bad(r, S_END, PROBLEM_DATE_ORDRE);
    if (end.len == 0 && must_end)
        return bad(r, S_END, PROBLEM_DATE_SORTIE_OBLIGATOIRE);
    return true;
}

static bool work_ok(const struct reading *r, struct str rpps, struct staff_row *out)
{
    size_t needs_rpps, must_end;
    if (!strmap_get(&r->c->profiles, get(r, S_PROFILE), &needs_rpps))
        return bad(r, S_PROFILE, PROBLEM_PROFIL_INCONNU);
    if (needs_rpps == 1 && rpps.len == 0)
        return bad(r, S_RPPS, PROBLEM_RPPS_OBLIGATOIRE);
    if (!strmap_get(&r->c->contracts, get(r, S_CONTRACT), &must_end))
        return bad(r, S_CONTRACT, PROBLEM_CONTRAT_INCONNU);
    if (!dates_ok(r, must_end == 1, out))
        return false;
    if (!check_share(get(r, S_SHARE)))
        return bad(r, S_SHARE, PROBLEM_QUOTITE);
    return true;
}

static err_t instant(struct arena *a, int64_t days, struct str *out)
{
    char text[DATE_LDAP_LEN + 1];
    date_format_ldap(date_paris_midnight(days), text);
    return arena_str(a, str_of(text), out);
}

static err_t name_of(const struct reading *r, struct staff_row *out)
{
    struct arena *a = r->c->arena;
    struct str family, given;
    TRY(text_clean(a, get(r, S_FAMILY), &out->family));
    TRY(text_clean(a, get(r, S_GIVEN), &out->given));
    TRY(text_name_key(a, out->family, &family));
    TRY(text_name_key(a, out->given, &given));
    return strmap_pair(a, family, given, &out->name_key);
}

/* The structure of the row: the establishment, or a service of it, which the row may be the first
 * to name. */
static err_t structure_of(const struct reading *r, const struct establishment *e,
                          struct staff_row *out, bool *ok)
{
    struct str label, part;
    struct item *added;
    out->structure = e->code;
    if (get(r, S_SERVICE).len == 0)
        return ERR(OK);
    TRY(text_clean(r->c->arena, get(r, S_SERVICE), &label));
    TRY(text_code(r->c->arena, label, &part));
    if (part.len == 0) {
        *ok = bad(r, S_SERVICE, PROBLEM_SERVICE);
        return ERR(OK);
    }
    TRY(arena_printf(r->c->arena, &out->structure, "%.*s.%.*s", STR_ARG(e->code), STR_ARG(part)));
    return catalogue_structure(r->c, out->structure, "service", label, e->code, &added);
}

static err_t fill(const struct reading *r, const struct establishment *e, struct staff_row *out,
                  bool *ok)
{
    struct arena *a = r->c->arena;
    TRY(name_of(r, out));
    TRY(structure_of(r, e, out, ok));
    TRY(arena_printf(a, &out->matricule, "%.*s:%.*s", STR_ARG(e->og),
                     STR_ARG(get(r, S_MATRICULE))));
    TRY(instant(a, out->first_day, &out->start));
    if (out->last_day != INT64_MAX)
        TRY(instant(a, out->last_day + 1, &out->end));
    out->title = get(r, S_TITLE);
    out->mail = get(r, S_MAIL);
    out->place = e->code;
    out->profile = get(r, S_PROFILE);
    out->contract = get(r, S_CONTRACT);
    out->share = get(r, S_SHARE);
    return ERR(OK);
}

err_t staff_row_read(struct catalogue *c, const struct sheet *s, size_t row, struct staff_row *out,
                     bool *ok)
{
    struct reading r = { .c = c, .s = s, .row = row };
    struct staff_row x = { .row = row, .next = STAFF_NONE };
    const struct establishment *e = NULL;
    *ok = false;
    if (!sheet_row_ok(s, row) || !lengths_ok(&r) || !formulas_ok(&r) || !person_ok(&r))
        return ERR(OK);
    TRY(text_squeeze(c->arena, get(&r, S_RPPS), &x.rpps));
    if (!rpps_ok(&r, x.rpps) || !place_ok(&r, &e) || e == NULL || !work_ok(&r, x.rpps, &x))
        return ERR(OK);
    *ok = true;
    TRY(fill(&r, e, &x, ok));
    *out = x;
    return ERR(OK);
}
