#include "ctl/difference.h"

#include "base/buf.h"
#include "ctl/rules.h"
#include "engine/explain.h"

#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static const struct {
    const char *scope, *french;
} scopes[] = {
    { "soi", "sur ses propres données" },
    { "file", "pour les personnes suivies" },
    { "unite", "dans le service" },
    { "etab", "dans l'établissement" },
    { "etabs", "dans chaque établissement où ce profil est tenu" },
    { "og", "dans tout l'organisme gestionnaire" },
    { "groupement", "dans toute la direction commune ou le groupement" },
};

err_t difference_terms(struct arena *a, struct str scope, struct str conditions, struct str *out)
{
    struct str text = scope, one;
    const char *before = ", avec ";
    for (size_t i = 0; i < COUNT(scopes); i++)
        if (str_eq(scope, str_of(scopes[i].scope)))
            text = str_of(scopes[i].french);
    while (str_next(&conditions, ',', &one)) {
        TRY(arena_printf(a, &text, "%.*s%s%s (%.*s)", STR_ARG(text), before, explain_word(one).fr,
                         STR_ARG(cat_shown(a, one))));
        before = ", ";
    }
    *out = text;
    return ERR(OK);
}

/* "a|b" as "a, b" */
static err_t listed(struct arena *a, struct str list, char sep, struct str *out)
{
    struct str one, text = STR("");
    while (str_next(&list, sep, &one))
        TRY(arena_printf(a, &text, "%.*s%s%.*s", STR_ARG(text), text.len > 0 ? ", " : "",
                         STR_ARG(one)));
    *out = text;
    return ERR(OK);
}

/* "RESOURCE;actions;scope;conditions;note", of rules_items(), as a sentence. */
static err_t grant_words(struct arena *a, struct str value, struct str *out)
{
    struct str resource = STR(""), actions = STR(""), scope = STR(""), conditions = STR("");
    struct str verbs, terms;
    (void)str_cut(&value, ';', &resource);
    (void)str_cut(&value, ';', &actions);
    (void)str_cut(&value, ';', &scope);
    (void)str_cut(&value, ';', &conditions);
    TRY(listed(a, actions, '|', &verbs));
    TRY(difference_terms(a, scope, conditions, &terms));
    TRY(arena_printf(a, out, "%.*s : %.*s, %.*s", STR_ARG(resource), STR_ARG(verbs),
                     STR_ARG(terms)));
    if (value.len > 0)
        TRY(arena_printf(a, out, "%.*s [%.*s]", STR_ARG(*out), STR_ARG(value)));
    return ERR(OK);
}

static err_t never_words(struct arena *a, struct str value, struct str *out)
{
    struct str resource = STR(""), verbs;
    (void)str_cut(&value, ';', &resource);
    TRY(listed(a, value, '|', &verbs));
    return arena_printf(a, out, "%.*s : jamais %.*s", STR_ARG(resource), STR_ARG(verbs));
}

/* ---- one attribute ---- */

static const struct {
    const char *attr, *french;
    err_t (*words)(struct arena *a, struct str value, struct str *out); /* NULL: as it is */
} attrs[] = {
    { "habilisGrant", "", grant_words },
    { "habilisNever", "", never_words },
    { "habilisLabel", "libellé", NULL },
    { "habilisFamily", "famille", NULL },
    { "habilisRppsRule", "RPPS", NULL },
    { "habilisAuthMin", "connexion au moins", NULL },
    { "habilisMaxDays", "durée maximale en jours", NULL },
    { "habilisStructureType", "type d'établissement", NULL },
    { "habilisLot", "lot", NULL },
    { "habilisAction", "action", NULL },
    { "habilisSensitivity", "sensibilité", NULL },
    { "habilisNoEmergency", "jamais ouvert par une urgence", NULL },
    { "habilisProfile", "profil", NULL },
    { "habilisRight", "droit", NULL },
    { "habilisOpenRight", "s'ouvre avec le droit", NULL },
    { "habilisReviewRight", "est revu avec le droit", NULL },
    { "habilisHours", "durée en heures", NULL },
    { "habilisReviewDays", "à revoir sous (jours)", NULL },
    { "description", "texte", NULL },
};

struct printing {
    struct arena *arena;
    FILE *out;
    size_t count;
};

static err_t print_value(struct printing *p, char sign, const char *attr, struct str value)
{
    struct str words = value;
    const char *french = attr;
    for (size_t i = 0; i < COUNT(attrs); i++) {
        if (strcmp(attrs[i].attr, attr) != 0)
            continue;
        french = attrs[i].french;
        if (attrs[i].words != NULL)
            TRY(attrs[i].words(p->arena, value, &words));
    }
    (void)fprintf(p->out, "    %c %s%s%.*s\n", sign, french, french[0] == '\0' ? "" : " : ",
                  STR_ARG(words));
    p->count++;
    return ERR(OK);
}

static bool has_value(const struct dir_attr *a, struct str value)
{
    for (size_t i = 0; a != NULL && i < a->count; i++)
        if (str_eq(a->values[i], value))
            return true;
    return false;
}

/* WAS and IS hold the attributes of one entry, in the same order; either may be NULL. */
static err_t print_values(struct printing *p, char sign, const struct item *of,
                          const struct item *other)
{
    for (size_t i = 0; i < of->attr_count; i++)
        for (size_t j = 0; j < of->attrs[i].count; j++)
            if (!has_value(other == NULL ? NULL : &other->attrs[i], of->attrs[i].values[j]) &&
                strcmp(of->attrs[i].name, "habilisCode") != 0)
                TRY(print_value(p, sign, of->attrs[i].name, of->attrs[i].values[j]));
    return ERR(OK);
}

static bool same_item(const struct item *a, const struct item *b)
{
    for (size_t i = 0; i < a->attr_count; i++) {
        if (a->attrs[i].count != b->attrs[i].count)
            return false;
        for (size_t j = 0; j < a->attrs[i].count; j++)
            if (!str_eq(a->attrs[i].values[j], b->attrs[i].values[j]))
                return false;
    }
    return true;
}

/* ---- entries ---- */

static const char *const kinds[RULES_CLASSES] = {
    [RULES_APPLICATION] = "application",
    [RULES_RESOURCE] = "ressource",
    [RULES_PROFILE] = "profil",
    [RULES_LOT] = "lot",
    [RULES_INCOMPATIBILITY] = "profils incompatibles",
    [RULES_RIGHT_PAIR] = "droits incompatibles",
    [RULES_EMERGENCY] = "urgence",
};

static const struct item *find(const struct items *items, const struct item *like)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->list[i].object_class, like->object_class) == 0 &&
            str_eq(items->list[i].key, like->key))
            return &items->list[i];
    return NULL;
}

static void print_head(struct printing *p, const struct cat *after, enum rules_class class,
                       const struct item *it, const char *what)
{
    struct cat_place at = { 0 };
    const struct cat_profile *profile = cat_profile(after, it->key);
    const struct cat_resource *resource = cat_resource(after, it->key);
    if (class == RULES_PROFILE && profile != NULL)
        at = cat_place_of(after, profile->origin);
    if (class == RULES_RESOURCE && resource != NULL)
        at = cat_place_of(after, resource->origin);
    (void)fprintf(p->out, "  %s %.*s%s", kinds[class], STR_ARG(it->key), what);
    if (at.file != NULL)
        (void)fprintf(p->out, " (%s:%u)", at.file, at.line);
    (void)fprintf(p->out, "\n");
}

static err_t print_class(struct printing *p, const struct cat *after, enum rules_class class,
                         const struct items *was, const struct items *is)
{
    const char *name = rules_object_class(class);
    for (size_t i = 0; i < was->count; i++) {
        const struct item *it = &was->list[i];
        if (strcmp(it->object_class, name) != 0 || find(is, it) != NULL)
            continue;
        print_head(p, after, class, it, " : disparaît");
        TRY(print_values(p, '-', it, NULL));
    }
    for (size_t i = 0; i < is->count; i++) {
        const struct item *it = &is->list[i], *old = find(was, it);
        if (strcmp(it->object_class, name) != 0 || (old != NULL && same_item(old, it)))
            continue;
        print_head(p, after, class, it, old == NULL ? " : nouveau" : "");
        if (old != NULL)
            TRY(print_values(p, '-', old, it));
        TRY(print_values(p, '+', it, old));
    }
    return ERR(OK);
}

err_t difference_print(struct arena *a, const struct cat *before, const struct cat *after,
                       FILE *out, size_t *count)
{
    struct printing p = { .arena = a, .out = out };
    struct items was, is;
    TRY(rules_items(a, before, &was));
    TRY(rules_items(a, after, &is));
    for (size_t i = 0; i < RULES_CLASSES; i++)
        TRY(print_class(&p, after, (enum rules_class)i, &was, &is));
    *count = p.count;
    return ERR(OK);
}

/* ---- two profiles ---- */

struct side {
    struct items items;
    const struct dir_attr *grants;
};

static err_t side_of(struct arena *a, const struct cat *c, const struct cat_profile *p,
                     struct side *out)
{
    struct cat_profile whole = *p;
    struct cat one = { .profiles = &whole, .profile_count = 1 };
    struct str rest = p->lots, code;
    size_t count = p->grants.count;
    while (str_next(&rest, '|', &code)) {
        const struct cat_lot *lot = cat_lot(c, code);
        count += lot == NULL ? 0 : lot->grants.count;
    }
    whole.grants.list = arena_array(a, count + 1, sizeof *whole.grants.list);
    if (whole.grants.list == NULL)
        return ERR(NO_MEMORY);
    if (p->grants.count > 0)
        memcpy(whole.grants.list, p->grants.list, p->grants.count * sizeof *p->grants.list);
    rest = p->lots;
    while (str_next(&rest, '|', &code)) {
        const struct cat_lot *lot = cat_lot(c, code);
        for (size_t i = 0; lot != NULL && i < lot->grants.count; i++)
            whole.grants.list[whole.grants.count++] = lot->grants.list[i];
    }
    for (size_t i = 0; i < whole.grants.count; i++)
        whole.grants.list[i].note = STR(""); /* for people: no part of the right */
    TRY(rules_items(a, &one, &out->items));
    for (size_t i = 0; i < out->items.list[0].attr_count; i++)
        if (strcmp(out->items.list[0].attrs[i].name, "habilisGrant") == 0)
            out->grants = &out->items.list[0].attrs[i];
    return ERR(OK);
}

static err_t print_rights(struct printing *p, const char *head, const struct dir_attr *of,
                          const struct dir_attr *other, bool both)
{
    size_t shown = 0;
    for (size_t i = 0; i < of->count; i++) {
        if (has_value(other, of->values[i]) != both)
            continue;
        if (shown++ == 0)
            (void)fprintf(p->out, "%s\n", head);
        TRY(print_value(p, both ? '=' : ' ', "habilisGrant", of->values[i]));
    }
    return ERR(OK);
}

err_t difference_profiles(struct arena *a, const struct cat *c, const struct cat_profile *x,
                          const struct cat_profile *y, FILE *out)
{
    struct printing p = { .arena = a, .out = out };
    struct side left = { .grants = NULL }, right = { .grants = NULL };
    struct str only_left, only_right;
    TRY(side_of(a, c, x, &left));
    TRY(side_of(a, c, y, &right));
    if (left.grants == NULL || right.grants == NULL)
        return ERR(BUG);
    TRY(arena_printf(a, &only_left, "%.*s seul (%.*s)", STR_ARG(x->code), STR_ARG(x->label)));
    TRY(arena_printf(a, &only_right, "%.*s seul (%.*s)", STR_ARG(y->code), STR_ARG(y->label)));
    TRY(print_rights(&p, only_left.ptr, left.grants, right.grants, false));
    TRY(print_rights(&p, only_right.ptr, right.grants, left.grants, false));
    return print_rights(&p, "Les deux", left.grants, right.grants, true);
}
