/* tell.c - who is told that an emergency access was opened, and the words. */
#include "glass/internal.h"

#include "engine/engine.h"
#include "mail/message.h"
#include "pages/pages.h"
#include "state/outbox.h"

enum { MAILS_MAX = 30, TEXT_MAX = 4096 };

struct telling {
    struct call *c;
    const struct dir_person *who;
    const struct emergency *x;
    const struct dir_emergency *rule;
    int node; /* the structure of x */
    struct str profile;
    struct glass_mails found;
};

/* ---- how near ---- */

enum { NEAR_ESTABLISHMENT, NEAR_OG, NEAR_GROUP, NEAR_NOT };

/* The structure of that kind at or above NODE, or ENGINE_NONE. */
static int above_of_kind(const struct snapshot *s, int node, enum structure_kind kind)
{
    while (node != ENGINE_NONE && engine_structure_at(s, node).kind != kind)
        node = engine_structure_at(s, node).parent;
    return node;
}

static int top_of(const struct snapshot *s, int node)
{
    int above = engine_structure_at(s, node).parent;
    for (; above != ENGINE_NONE; above = engine_structure_at(s, node).parent)
        node = above;
    return node;
}

static bool is_in(const struct snapshot *s, int i, int above)
{
    return above != ENGINE_NONE && engine_is_at_or_below(s, i, above);
}

static int nearness(const struct telling *t, const struct dir_holder *h)
{
    const struct snapshot *s = t->c->view->snapshot;
    int i = engine_structure(s, h->structure);
    if (i == ENGINE_NONE || t->c->now < h->start || t->c->now >= h->end)
        return NEAR_NOT;
    if (engine_is_at_or_below(s, t->node, i) || is_in(s, i, engine_establishment_of(s, t->node)))
        return NEAR_ESTABLISHMENT;
    if (is_in(s, i, above_of_kind(s, t->node, STRUCTURE_OG)))
        return NEAR_OG;
    return is_in(s, i, top_of(s, t->node)) ? NEAR_GROUP : NEAR_NOT;
}

/* ---- the words: who, where, when, in which application; never why, nor about whom ---- */

static void add_instant(struct buf *b, const char *before, int64_t at)
{
    buf_add(b, str_of(before));
    i18n_instant(LANG_FR, at, b);
    buf_add_char(b, '\n');
}

static err_t write_body(const struct telling *t, struct str place, struct buf *b)
{
    const struct snapshot *s = t->c->view->snapshot;
    struct str name = str_is_printable(t->who->display_name) ? t->who->display_name : t->who->login;
    int p = engine_profile(s, t->profile);
    buf_addf(b, "Bonjour,\n\n%.*s (%.*s) vient d’ouvrir un accès d’urgence.\n\n", STR_ARG(name),
             STR_ARG(t->who->login));
    buf_addf(b, "Application\u00A0: %.*s\nLieu\u00A0: %.*s\n",
             STR_ARG(glass_application(t->c, t->x->application)), STR_ARG(place));
    add_instant(b, "Ouvert le\u00A0: ", t->c->now);
    add_instant(b, "Se referme au plus tard le\u00A0: ", t->x->ends);
    buf_add(b, STR("\nLe motif n’est pas dans ce message. Les personnes habilitées au contrôle le "
                   "lisent ici et donnent leur avis avant le "));
    i18n_day(LANG_FR, t->x->review_due, b);
    buf_addf(b, "\u00A0:\n%.*s" PAGE_PATH_GLASS_REVIEW "\n", STR_ARG(t->c->svc->issuer));
    if (p != ENGINE_NONE)
        buf_addf(b, "\nVous recevez ce message en tant que «\u00A0%.*s\u00A0».\n",
                 STR_ARG(engine_profile_at(s, p).label));
    return buf_err(b);
}

static err_t write_mail(struct telling *t, struct str address)
{
    struct outbox_mail *m = &t->found.list[t->found.count];
    struct arena *a = t->c->arena;
    struct str place;
    struct buf body;
    TRY(glass_place(t->c, t->x->structure, &place));
    TRY(arena_printf(a, &m->subject, "Accès d’urgence ouvert\u00A0: %.*s", STR_ARG(place)));
    if (m->subject.len > OUTBOX_SUBJECT_MAX)
        m->subject = STR("Accès d’urgence ouvert");
    m->recipient = address;
    buf_init(&body, TEXT_MAX);
    err_t e = write_body(t, place, &body);
    if (err_ok(e))
        e = arena_str(a, buf_str(&body), &m->body);
    buf_done(&body);
    TRY(e);
    t->found.count++;
    return ERR(OK);
}

/* ---- the people ---- */

static bool is_told(const struct telling *t, struct str address)
{
    for (size_t i = 0; i < t->found.count; i++)
        if (str_eq_ignore_case(t->found.list[i].recipient, address))
            return true;
    return false;
}

/* *reached: a mail goes to her, or went already for another profile. */
static err_t tell_person(struct telling *t, struct str id, bool *reached)
{
    struct dir_person p;
    if (str_eq(id, t->who->id) || t->found.count == MAILS_MAX)
        return ERR(OK);
    err_t e = directory_person_by_id(t->c->svc->directory, t->c->arena, id, &p);
    if (e.code == ERR_NOT_FOUND || (err_ok(e) && (!p.active || !mail_address_is_sound(p.mail))))
        return ERR(OK);
    TRY(e);
    *reached = true;
    return is_told(t, p.mail) ? ERR(OK) : write_mail(t, p.mail);
}

static err_t tell_profile(struct telling *t)
{
    struct dir_holders holders;
    bool reached = false;
    TRY(directory_holders(t->c->svc->directory, t->c->arena, t->profile, &holders));
    for (int near = NEAR_ESTABLISHMENT; near < NEAR_NOT && !reached; near++)
        for (size_t i = 0; i < holders.count; i++)
            if (nearness(t, &holders.list[i]) == near)
                TRY(tell_person(t, holders.list[i].person, &reached));
    return ERR(OK);
}

err_t glass_mails(struct call *c, const struct dir_emergency *rule, const struct dir_person *who,
                  const struct emergency *x, struct glass_mails *out)
{
    struct telling t = { .c = c, .who = who, .x = x, .rule = rule };
    t.node = engine_structure(c->view->snapshot, x->structure);
    t.found.list = arena_array(c->arena, MAILS_MAX, sizeof *t.found.list);
    if (t.found.list == NULL)
        return ERR(NO_MEMORY);
    for (size_t i = 0; i < rule->told_count; i++) {
        t.profile = rule->told[i];
        TRY(tell_profile(&t));
    }
    *out = t.found;
    return ERR(OK);
}
