#include "ctl/catalogue.h"

#include "ctl/check.h"

#include <string.h>

/* ---- profiles ---- */

enum { P_CODE, P_LABEL, P_FAMILY, P_RPPS, P_AUTH, P_DAYS, P_TYPES, P_TEXT };
static const char *const profile_columns[] = {
    "code",
    "libelle",
    "famille",
    "rpps",
    "auth_min",
    "duree_max_jours",
    "types_etablissement",
    "description",
    NULL,
};

static bool profile_ok(const struct catalogue *c, const struct sheet *s, size_t row)
{
    struct str code = sheet_get(s, row, P_CODE), days = sheet_get(s, row, P_DAYS);
    struct str types = sheet_get(s, row, P_TYPES);
    if (!check_code(code))
        return sheet_problem(s, row, P_CODE, PROBLEM_CODE_FORMAT);
    if (strmap_has(&c->profiles, code))
        return sheet_problem(s, row, P_CODE, PROBLEM_DOUBLON);
    if (sheet_get(s, row, P_LABEL).len == 0)
        return sheet_problem(s, row, P_LABEL, PROBLEM_CHAMP_VIDE);
    if (!check_one_of(sheet_get(s, row, P_RPPS), "obligatoire possible non"))
        return sheet_problem(s, row, P_RPPS, PROBLEM_VALEUR);
    if (!check_one_of(sheet_get(s, row, P_AUTH), "1F 2F"))
        return sheet_problem(s, row, P_AUTH, PROBLEM_VALEUR);
    if (days.len == 0 || days.len > 5 || !check_digits(days, days.len))
        return sheet_problem(s, row, P_DAYS, PROBLEM_NOMBRE);
    if (types.len > 0 && !check_list(types, '|', check_code))
        return sheet_problem(s, row, P_TYPES, PROBLEM_LISTE);
    return true;
}

static err_t read_profile(struct catalogue *c, const struct sheet *s, size_t row)
{
    struct items *items = &c->rights;
    struct item *it;
    struct str code = sheet_get(s, row, P_CODE), rpps = sheet_get(s, row, P_RPPS);
    if (!profile_ok(c, s, row))
        return ERR(OK);
    TRY(strmap_put(&c->profiles, code, str_eq(rpps, STR("obligatoire"))));
    TRY(item_add(items, "habilisProfileEntry", "profiles", code, STR(""), &it));
    TRY(item_set(items, it, "habilisLabel", sheet_get(s, row, P_LABEL)));
    TRY(item_set(items, it, "habilisFamily", sheet_get(s, row, P_FAMILY)));
    TRY(item_set(items, it, "habilisRppsRule", rpps));
    TRY(item_set(items, it, "habilisAuthMin", sheet_get(s, row, P_AUTH)));
    TRY(item_set(items, it, "habilisMaxDays", sheet_get(s, row, P_DAYS)));
    TRY(item_set(items, it, "description", sheet_get(s, row, P_TEXT)));
    return item_set_list(items, it, "habilisStructureType", sheet_get(s, row, P_TYPES), '|');
}

/* ---- applications and resources ---- */

enum { R_APPLICATION, R_CODE, R_LABEL, R_ACTIONS, R_SENSITIVITY };
static const char *const resource_columns[] = { "application", "code",        "libelle",
                                                "actions",     "sensibilite", NULL };

static bool resource_ok(const struct catalogue *c, const struct sheet *s, size_t row)
{
    if (!check_code(sheet_get(s, row, R_APPLICATION)))
        return sheet_problem(s, row, R_APPLICATION, PROBLEM_CODE_FORMAT);
    if (!check_code(sheet_get(s, row, R_CODE)))
        return sheet_problem(s, row, R_CODE, PROBLEM_CODE_FORMAT);
    if (strmap_has(&c->resources, sheet_get(s, row, R_CODE)))
        return sheet_problem(s, row, R_CODE, PROBLEM_DOUBLON);
    if (sheet_get(s, row, R_LABEL).len == 0)
        return sheet_problem(s, row, R_LABEL, PROBLEM_CHAMP_VIDE);
    if (!check_list(sheet_get(s, row, R_ACTIONS), '|', check_word))
        return sheet_problem(s, row, R_ACTIONS, PROBLEM_LISTE);
    if (!check_one_of(sheet_get(s, row, R_SENSITIVITY),
                      "interne personnel sensible sante trace technique"))
        return sheet_problem(s, row, R_SENSITIVITY, PROBLEM_VALEUR);
    return true;
}

static err_t read_resource(struct catalogue *c, const struct sheet *s, size_t row,
                           struct strmap *applications)
{
    struct items *items = &c->rights;
    struct item *it;
    struct str code = sheet_get(s, row, R_CODE), app = sheet_get(s, row, R_APPLICATION);
    if (!resource_ok(c, s, row))
        return ERR(OK);
    if (!strmap_has(applications, app)) {
        /* The files give it no name of its own: an administrator will. */
        TRY(strmap_put(applications, app, row));
        TRY(item_add(items, "habilisApplication", "applications", app, STR(""), &it));
        TRY(item_set(items, it, "habilisLabel", app));
        it->once = true;
    }
    TRY(strmap_put(&c->resources, code, items->count));
    TRY(item_add(items, "habilisResource", "applications", code, app, &it));
    TRY(item_set(items, it, "habilisLabel", sheet_get(s, row, R_LABEL)));
    TRY(item_set(items, it, "habilisSensitivity", sheet_get(s, row, R_SENSITIVITY)));
    return item_set_list(items, it, "habilisAction", sheet_get(s, row, R_ACTIONS), '|');
}

/* ---- the matrix ---- */

enum { M_PROFILE, M_APPLICATION, M_RESOURCE, M_ACTIONS, M_SCOPE, M_CONDITIONS, M_NOTE };
static const char *const matrix_columns[] = { "profil", "application", "ressource", "actions",
                                              "portee", "conditions",  "note",      NULL };

static bool has_value(const struct item *it, const char *attr, struct str value)
{
    for (size_t i = 0; i < it->attr_count; i++) {
        const struct dir_attr *x = &it->attrs[i];
        for (size_t j = 0; str_eq(str_of(x->name), str_of(attr)) && j < x->count; j++)
            if (str_eq(x->values[j], value))
                return true;
    }
    return false;
}

static bool actions_ok(const struct item *resource, struct str actions)
{
    struct str action;
    while (str_next(&actions, '|', &action))
        if (!has_value(resource, "habilisAction", action))
            return false;
    return true;
}

static bool grant_ok(const struct catalogue *c, const struct sheet *s, size_t row)
{
    struct str conditions = sheet_get(s, row, M_CONDITIONS);
    size_t at;
    if (!strmap_has(&c->profiles, sheet_get(s, row, M_PROFILE)))
        return sheet_problem(s, row, M_PROFILE, PROBLEM_PROFIL_INCONNU);
    if (!strmap_get(&c->resources, sheet_get(s, row, M_RESOURCE), &at))
        return sheet_problem(s, row, M_RESOURCE, PROBLEM_RESSOURCE_INCONNUE);
    const struct item *resource = &c->rights.list[at];
    if (!str_eq(resource->rdns[1].value, sheet_get(s, row, M_APPLICATION)))
        return sheet_problem(s, row, M_APPLICATION, PROBLEM_APPLICATION_INCOHERENTE);
    if (!check_list(sheet_get(s, row, M_ACTIONS), '|', check_word))
        return sheet_problem(s, row, M_ACTIONS, PROBLEM_LISTE);
    if (!actions_ok(resource, sheet_get(s, row, M_ACTIONS)))
        return sheet_problem(s, row, M_ACTIONS, PROBLEM_ACTION_INCONNUE);
    if (!check_one_of(sheet_get(s, row, M_SCOPE), "soi file unite etab etabs og groupement"))
        return sheet_problem(s, row, M_SCOPE, PROBLEM_VALEUR);
    if (conditions.len > 0 && !check_list(conditions, ',', check_word))
        return sheet_problem(s, row, M_CONDITIONS, PROBLEM_LISTE);
    return true;
}

struct grant {
    struct str profile, text;
};

/* "RESOURCE;lire|creer;etab;2f;note". */
static err_t read_grant(struct catalogue *c, const struct sheet *s, size_t row, struct strmap *seen,
                        struct grant *out, size_t *count)
{
    struct str head, key;
    struct str profile = sheet_get(s, row, M_PROFILE);
    if (!grant_ok(c, s, row))
        return ERR(OK);
    TRY(arena_printf(c->arena, &head, "%.*s;%.*s;%.*s;%.*s", STR_ARG(sheet_get(s, row, M_RESOURCE)),
                     STR_ARG(sheet_get(s, row, M_ACTIONS)), STR_ARG(sheet_get(s, row, M_SCOPE)),
                     STR_ARG(sheet_get(s, row, M_CONDITIONS))));
    TRY(strmap_pair(c->arena, profile, head, &key));
    if (strmap_has(seen, key)) {
        (void)sheet_row_problem(s, row, PROBLEM_DOUBLON);
        return ERR(OK);
    }
    TRY(strmap_put(seen, key, row));
    out[*count].profile = profile;
    TRY(arena_printf(c->arena, &out[*count].text, "%.*s;%.*s", STR_ARG(head),
                     STR_ARG(sheet_get(s, row, M_NOTE))));
    (*count)++;
    return ERR(OK);
}

/* Every profile gets its list, be it empty. */
static err_t give_grants(struct catalogue *c, const struct grant *grants, size_t count)
{
    for (size_t i = 0; i < c->rights.count; i++) {
        struct item *it = &c->rights.list[i];
        size_t n = 0;
        if (!str_eq(str_of(it->object_class), STR("habilisProfileEntry")))
            continue;
        struct str *values = arena_array(c->arena, count + 1, sizeof *values);
        if (values == NULL)
            return ERR(NO_MEMORY);
        for (size_t j = 0; j < count; j++)
            if (str_eq(grants[j].profile, it->key))
                values[n++] = grants[j].text;
        item_set_values(it, "habilisGrant", values, n);
    }
    return ERR(OK);
}

static err_t read_matrix(struct catalogue *c)
{
    struct sheet s;
    struct strmap seen;
    size_t count = 0;
    strmap_init(&seen, c->arena);
    TRY(catalogue_sheet(c, "matrice.csv", matrix_columns, &s));
    struct grant *grants = arena_array(c->arena, s.count + 1, sizeof *grants);
    if (grants == NULL)
        return ERR(NO_MEMORY);
    for (size_t row = 0; row < s.count; row++)
        if (sheet_row_ok(&s, row))
            TRY(read_grant(c, &s, row, &seen, grants, &count));
    return give_grants(c, grants, count);
}

/* ---- incompatible profiles ---- */

enum { I_A, I_B, I_REASON };
static const char *const incompatibility_columns[] = { "profil_a", "profil_b", "motif", NULL };

/* Puts the two in byte order, and together. */
static err_t pair_code(struct arena *a, struct str pair[2], struct str *out)
{
    if (str_cmp(pair[0], pair[1]) > 0) {
        struct str first = pair[0];
        pair[0] = pair[1];
        pair[1] = first;
    }
    return arena_printf(a, out, "%.*s+%.*s", STR_ARG(pair[0]), STR_ARG(pair[1]));
}

err_t catalogue_incompatible(struct catalogue *c, struct str a, struct str b, bool *out)
{
    struct str pair[2] = { a, b }, code;
    TRY(pair_code(c->arena, pair, &code));
    *out = strmap_has(&c->incompatible, code);
    return ERR(OK);
}

static err_t read_incompatibility(struct catalogue *c, const struct sheet *s, size_t row)
{
    struct items *items = &c->rights;
    struct str pair[2] = { sheet_get(s, row, I_A), sheet_get(s, row, I_B) }, code;
    struct item *it;
    bool ok = true;
    for (size_t i = 0; i < 2; i++)
        if (!strmap_has(&c->profiles, pair[i]))
            ok = sheet_problem(s, row, i, PROBLEM_PROFIL_INCONNU);
    if (str_eq(pair[0], pair[1]))
        ok = sheet_problem(s, row, I_B, PROBLEM_INCOMPATIBLE_SOI);
    TRY(pair_code(c->arena, pair, &code));
    if (strmap_has(&c->incompatible, code))
        ok = sheet_row_problem(s, row, PROBLEM_DOUBLON);
    if (!ok)
        return ERR(OK);
    TRY(strmap_put(&c->incompatible, code, row));
    struct str *profiles = arena_array(c->arena, 2, sizeof *profiles);
    if (profiles == NULL)
        return ERR(NO_MEMORY);
    memcpy(profiles, pair, sizeof pair);
    TRY(item_add(items, "habilisIncompatibility", "constraints", code, STR(""), &it));
    item_set_values(it, "habilisProfile", profiles, 2);
    return item_set(items, it, "description", sheet_get(s, row, I_REASON));
}

/* ---- all of them ---- */

err_t catalogue_read_rights(struct catalogue *c)
{
    struct sheet s;
    struct strmap seen;
    TRY(catalogue_sheet(c, "profils.csv", profile_columns, &s));
    for (size_t row = 0; row < s.count; row++)
        if (sheet_row_ok(&s, row))
            TRY(read_profile(c, &s, row));
    strmap_init(&seen, c->arena);
    TRY(catalogue_sheet(c, "ressources.csv", resource_columns, &s));
    for (size_t row = 0; row < s.count; row++)
        if (sheet_row_ok(&s, row))
            TRY(read_resource(c, &s, row, &seen));
    strmap_init(&c->incompatible, c->arena);
    if (c->profiles.count == 0 || c->resources.count == 0)
        return ERR(OK); /* told; each line of what follows would say it again */
    TRY(read_matrix(c));
    TRY(catalogue_sheet(c, "incompatibilites.csv", incompatibility_columns, &s));
    for (size_t row = 0; row < s.count; row++)
        if (sheet_row_ok(&s, row))
            TRY(read_incompatibility(c, &s, row));
    return ERR(OK);
}
