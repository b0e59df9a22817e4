#include "catalogue/shape.h"

#include "base/buf.h"

#include <stdlib.h>

/* Written in any order, every text between quotes; cat_format() makes it canonical. */

struct writing {
    struct arena *arena;
    const struct cat *cat;
    struct cat_problems *problems;
    struct cat_files files;
    size_t cap;
};

static void put_text(struct buf *b, struct str s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            buf_add_char(b, '\\');
        buf_add_char(b, s.ptr[i]);
    }
    buf_add_char(b, '"');
}

static void put_key(struct buf *b, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    buf_addf(b, "%s: ", key);
    put_text(b, value);
}

/* KEY: [a, b], of "a|b"; nothing of an empty list. AFTER ends it. */
static void put_list(struct buf *b, const char *key, struct str list, char sep, const char *after)
{
    struct str word;
    bool first = true;
    if (list.len == 0)
        return;
    buf_addf(b, "%s: [", key);
    while (str_next(&list, sep, &word)) {
        if (!first)
            buf_add(b, STR(", "));
        put_text(b, word);
        first = false;
    }
    buf_addf(b, "]%s", after);
}

static void put_line(struct buf *b, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    put_key(b, key, value);
    buf_add_char(b, '\n');
}

static void put_grants(struct buf *b, const struct cat_grants *grants)
{
    if (grants->count > 0)
        buf_add(b, STR("    droits:\n"));
    for (size_t i = 0; i < grants->count; i++) {
        const struct cat_grant *g = &grants->list[i];
        buf_add(b, STR("      - "));
        put_text(b, g->resource);
        buf_add(b, STR(": {"));
        put_list(b, "actions", g->actions, '|', ", ");
        put_list(b, "conditions", g->conditions, ',', ", ");
        put_key(b, "portee", g->scope);
        if (g->note.len > 0)
            buf_add(b, STR(", "));
        put_key(b, "note", g->note);
        buf_add(b, STR("}\n"));
    }
}

/* ---- files ---- */

/* The canonical form of what B holds, as the file PREFIX + STEM in small letters. */
static err_t add_file(struct writing *w, const char *prefix, struct str stem, const struct buf *b)
{
    struct str name;
    struct buf canonical;
    TRY(buf_err(b));
    TRY(arena_printf(w->arena, &name, "%s%.*s.yaml", prefix, STR_ARG(stem)));
    char *letters = arena_alloc(w->arena, name.len + 1);
    w->files.list =
        cat_grown(w->arena, w->files.list, w->files.count, &w->cap, sizeof *w->files.list);
    if (letters == NULL || w->files.list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        letters[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    struct cat_file *f = &w->files.list[w->files.count];
    f->name = letters;
    buf_init(&canonical, CAT_FILE_MAX);
    err_t e = cat_format(w->arena, f->name, buf_str(b), w->problems, &canonical);
    if (err_ok(e))
        e = arena_str(w->arena, buf_str(&canonical), &f->text);
    buf_done(&canonical);
    TRY(e);
    w->files.count++;
    return ERR(OK);
}

static err_t write_application(struct writing *w, const struct cat_application *app, struct buf *b)
{
    bool any = false;
    put_line(b, "application", app->code);
    put_line(b, "libelle", app->label);
    for (size_t i = 0; i < w->cat->resource_count; i++) {
        const struct cat_resource *r = &w->cat->resources[i];
        if (!str_eq(r->application, app->code))
            continue;
        buf_add(b, any ? STR("  ") : STR("ressources:\n  "));
        any = true;
        put_text(b, r->code);
        buf_add(b, STR(": {"));
        put_list(b, "actions", r->actions, '|', ", ");
        put_list(b, "hors_urgence", r->no_emergency, '|', ", ");
        put_key(b, "sensibilite", r->sensitivity);
        if (r->sensitivity.len > 0)
            buf_add(b, STR(", "));
        put_key(b, "libelle", r->label);
        buf_add(b, STR("}\n"));
    }
    return add_file(w, "applications/", app->code, b);
}

static void write_profile(struct buf *b, const struct cat_profile *p)
{
    buf_add(b, STR("  "));
    put_text(b, p->code);
    buf_add(b, STR(":\n    "));
    put_line(b, "libelle", p->label);
    buf_add(b, STR("    "));
    put_line(b, "rpps", p->rpps.len > 0 ? p->rpps : STR("non"));
    buf_add(b, STR("    "));
    put_line(b, "auth_min", p->auth_min.len > 0 ? p->auth_min : STR("2F"));
    if (p->max_days > 0)
        buf_addf(b, "    duree_max_jours: %lld\n", (long long)p->max_days);
    put_list(b, "    types_etablissement", p->types, '|', "\n");
    if (p->description.len > 0)
        buf_add(b, STR("    "));
    put_line(b, "description", p->description);
    put_list(b, "    lots", p->lots, '|', "\n");
    put_grants(b, &p->grants);
    if (p->nevers.count > 0)
        buf_add(b, STR("    jamais:\n"));
    for (size_t i = 0; i < p->nevers.count; i++) {
        buf_add(b, STR("      - "));
        put_text(b, p->nevers.list[i].resource);
        buf_add(b, STR(": {"));
        put_list(b, "actions", p->nevers.list[i].actions, '|', "}\n");
    }
}

static struct str family_of(const struct cat_profile *p)
{
    return p->family.len > 0 ? p->family : STR("autres");
}

/* The family of profile FIRST, which is the first of it. */
static err_t write_family(struct writing *w, size_t first, struct buf *b)
{
    struct str family = family_of(&w->cat->profiles[first]);
    put_line(b, "famille", family);
    buf_add(b, STR("profils:\n"));
    for (size_t i = first; i < w->cat->profile_count; i++)
        if (str_eq(family_of(&w->cat->profiles[i]), family))
            write_profile(b, &w->cat->profiles[i]);
    return add_file(w, "profiles/", family, b);
}

static err_t write_lots(struct writing *w, struct buf *b)
{
    buf_add(b, STR("lots:\n"));
    for (size_t i = 0; i < w->cat->lot_count; i++) {
        const struct cat_lot *lot = &w->cat->lots[i];
        buf_add(b, STR("  "));
        put_text(b, lot->code);
        buf_add(b, STR(":\n    "));
        put_line(b, "libelle", lot->label);
        put_grants(b, &lot->grants);
    }
    return add_file(w, "", STR("lots"), b);
}

static void write_pair(struct buf *b, const char *key, struct str x, struct str y,
                       struct str reason)
{
    buf_addf(b, "  - {%s: [", key);
    put_text(b, x);
    buf_add(b, STR(", "));
    put_text(b, y);
    buf_add(b, STR("], "));
    put_key(b, "motif", reason);
    buf_add(b, STR("}\n"));
}

static err_t write_constraints(struct writing *w, struct buf *b)
{
    const struct cat *c = w->cat;
    if (c->incompatibility_count > 0)
        buf_add(b, STR("incompatibilites:\n"));
    for (size_t i = 0; i < c->incompatibility_count; i++)
        write_pair(b, "profils", c->incompatibilities[i].a, c->incompatibilities[i].b,
                   c->incompatibilities[i].reason);
    if (c->right_pair_count > 0)
        buf_add(b, STR("droits_incompatibles:\n"));
    for (size_t i = 0; i < c->right_pair_count; i++)
        write_pair(b, "droits", c->right_pairs[i].a, c->right_pairs[i].b, c->right_pairs[i].reason);
    return add_file(w, "", STR("constraints"), b);
}

static err_t write_emergencies(struct writing *w, struct buf *b)
{
    buf_add(b, STR("urgences:\n"));
    for (size_t i = 0; i < w->cat->emergency_count; i++) {
        const struct cat_emergency *x = &w->cat->emergencies[i];
        buf_add(b, STR("  "));
        put_text(b, x->code);
        buf_add(b, STR(": {"));
        put_list(b, "previent", x->told, '|', ", ");
        put_key(b, "libelle", x->label);
        buf_add(b, STR(", "));
        put_key(b, "lot", x->lot);
        buf_add(b, STR(", "));
        put_key(b, "ouvre_avec", x->open_right);
        buf_add(b, STR(", "));
        put_key(b, "revu_avec", x->review_right);
        buf_addf(b, ", motif: obligatoire, duree_heures: %lld, revue_jours: %lld}\n",
                 (long long)x->hours, (long long)x->review_days);
    }
    return add_file(w, "", STR("emergencies"), b);
}

/* ---- all of them ---- */

static bool begins_family(const struct cat *c, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(family_of(&c->profiles[j]), family_of(&c->profiles[i])))
            return false;
    return true;
}

static err_t write_all(struct writing *w, struct buf *b)
{
    const struct cat *c = w->cat;
    for (size_t i = 0; i < c->application_count; i++) {
        buf_reset(b);
        TRY(write_application(w, &c->applications[i], b));
    }
    for (size_t i = 0; i < c->profile_count; i++)
        if (begins_family(c, i)) {
            buf_reset(b);
            TRY(write_family(w, i, b));
        }
    buf_reset(b);
    if (c->lot_count > 0)
        TRY(write_lots(w, b));
    buf_reset(b);
    if (c->incompatibility_count + c->right_pair_count > 0)
        TRY(write_constraints(w, b));
    buf_reset(b);
    return c->emergency_count > 0 ? write_emergencies(w, b) : ERR(OK);
}

static int by_name(const void *x, const void *y)
{
    const struct cat_file *a = x, *b = y;
    return str_cmp(str_of(a->name), str_of(b->name));
}

err_t cat_files_of(struct arena *a, const struct cat *c, struct cat_problems *p,
                   struct cat_files *out)
{
    struct writing w = { .arena = a, .cat = c, .problems = p };
    struct buf b;
    buf_init(&b, CAT_FILE_MAX);
    err_t e = write_all(&w, &b);
    buf_done(&b);
    TRY(e);
    if (w.files.count > 1)
        qsort(w.files.list, w.files.count, sizeof *w.files.list, by_name);
    *out = w.files;
    return ERR(OK);
}
