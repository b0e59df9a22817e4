#include "pages.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void page_begin(struct out *o, const struct visitor *who, const char *title)
{
    HTML(o,
         "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<title>% · Dossier de l'usager</title>\n"
         "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n",
         title);
    out_raw(o, "<a class=\"skip\" href=\"#contenu\">Aller au contenu</a>\n<header class=\"top\">\n"
               "<p class=\"brand\"><a href=\"/\"><span class=\"mark\" aria-hidden=\"true\"></span>"
               "Dossier de l'usager</a> <span class=\"tag\">démonstration</span></p>\n");
    if (who != NULL)
        HTML(o,
             "<div class=\"who\">\n<p class=\"name\">%</p>\n"
             "<form method=\"post\" action=\"/deconnexion\">"
             "<input type=\"hidden\" name=\"csrf\" value=\"%\">"
             "<button class=\"quiet\">Se déconnecter</button></form>\n</div>\n",
             habilis_session_text(who->who, HABILIS_NAME), who->csrf);
    out_raw(o, "</header>\n");
}

static struct asker asker_of(const struct app *app, const struct visitor *who)
{
    return (struct asker){ who->who, app->residents, NULL };
}

static struct asker asker_about(const struct record *r)
{
    return (struct asker){ r->who->who, r->app->residents, r->emergency };
}

static void put_profiles(struct out *o, const struct habilis_session *who)
{
    const char *label;
    for (size_t i = 0; (label = habilis_session_profile(who, i)) != NULL; i++)
        HTML(o, "<span class=\"chip\">%</span> ", label);
}

static const char *strength(const struct habilis_session *who)
{
    const char *acr = habilis_session_text(who, HABILIS_ACR);
    return strcmp(acr, "eidas1") == 0 ? "connexion simple" : "connexion renforcée";
}

/* Where she works now decides everything below: said once, on top of each page. */
static void put_place(struct out *o, const struct habilis_session *who)
{
    const char *here = habilis_session_text(who, HABILIS_STRUCTURE_LABEL);
    const char *above = habilis_session_text(who, HABILIS_ESTABLISHMENT_LABEL);
    out_raw(o,
            "<section class=\"place\" aria-label=\"Votre lieu de travail\">\n<p>Vous travaillez à "
            "<strong>");
    out_text(o, above);
    out_raw(o, "</strong>");
    if (strcmp(here, above) != 0)
        HTML(o, ", <strong>%</strong>", here);
    out_raw(o, "</p>\n<p class=\"meta\">");
    put_profiles(o, who);
    HTML(o, "<span class=\"soft\">%</span> <a href=\"/lieu\">changer de lieu de travail</a></p>\n",
         strength(who));
    out_raw(o, "</section>\n");
}

void page_end(struct out *o)
{
    out_raw(o, "<footer>\n<p>Personnes et dossiers inventés. Aucune donnée réelle.</p>\n</footer>\n"
               "</body>\n</html>\n");
}

void page_message(struct out *o, const struct visitor *who, const struct message *m)
{
    page_begin(o, who, m->title);
    HTML(o, "<main id=\"contenu\" class=\"narrow\">\n<div class=\"card\">\n<h1>%</h1>\n<p>%</p>\n",
         m->title, m->text);
    if (m->link != NULL)
        HTML(o, "<p><a class=\"button\" href=\"%\">%</a></p>\n", m->link, m->label);
    out_raw(o, "</div>\n</main>\n");
    page_end(o);
}

/* ---- the list ---- */

static void put_initials(struct out *o, const json_t *resident)
{
    char text[16] = "";
    size_t n = 0;
    const char *const names[] = { text_of(resident, "prenom"), text_of(resident, "nom") };
    for (int i = 0; i < 2; i++) { /* a first letter may be several bytes of UTF-8 */
        size_t len = 1;
        while ((names[i][len] & 0xC0) == 0x80)
            len++;
        memcpy(text + n, names[i], len);
        n += len;
    }
    HTML(o, "<span class=\"face\" aria-hidden=\"true\">%</span>", text);
}

static void put_resident(struct out *o, const json_t *r, bool followed)
{
    HTML(o, "<li><a class=\"person\" href=\"/residents/%\">", text_of(r, "id"));
    put_initials(o, r);
    HTML(o, "<span class=\"lines\"><strong>% %</strong> <span class=\"soft\">%, %</span>",
         text_of(r, "prenom"), text_of(r, "nom"), text_of(r, "age"), text_of(r, "lieu"));
    if (followed)
        out_raw(o, "<span class=\"badge\">dans votre file active</span>");
    out_raw(o, "</span></a></li>\n");
}

/* The residents of one structure whose identity may be read; how many. */
static size_t put_structure(struct out *o, const struct app *app, const struct visitor *who,
                            const json_t *structure)
{
    size_t shown = 0;
    const struct asker a = asker_of(app, who);
    for (size_t i = 0; i < residents_count(app->residents); i++) {
        const json_t *r = residents_at(app->residents, i);
        if (strcmp(text_of(r, "structure"), text_of(structure, "code")) != 0)
            continue;
        const struct ruling ruling = tab_ruling(&a, tab_find("identite"), "lire", r);
        if (ruling.verdict != ALLOWED)
            continue;
        if (shown++ == 0)
            HTML(o, "<section>\n<h2>%</h2>\n<ul class=\"people\">\n", text_of(structure, "label"));
        put_resident(o, r, ruling.followed);
    }
    if (shown > 0)
        out_raw(o, "</ul>\n</section>\n");
    return shown;
}

static bool is_here(const struct visitor *who, const json_t *structure)
{
    return strcmp(text_of(structure, "establishment"),
                  habilis_session_text(who->who, HABILIS_ESTABLISHMENT)) == 0;
}

static const json_t *first_of(const struct app *app, const json_t *structure)
{
    for (size_t i = 0; i < residents_count(app->residents); i++)
        if (strcmp(text_of(residents_at(app->residents, i), "structure"),
                   text_of(structure, "code")) == 0)
            return residents_at(app->residents, i);
    return NULL;
}

/* Says why the rest is missing, a line a structure, and names nobody. */
static void put_missing(struct out *o, const struct app *app, const struct visitor *who)
{
    const json_t *s;
    const struct asker a = asker_of(app, who);
    out_raw(o, "<details>\n<summary>Pourquoi je ne vois pas les autres personnes ?</summary>\n"
               "<ul class=\"why\">\n");
    for (size_t i = 0; (s = residents_structure_at(app->residents, i)) != NULL; i++) {
        const json_t *r = first_of(app, s);
        if (r == NULL)
            continue;
        const struct ruling ruling = tab_ruling(&a, tab_find("identite"), "lire", r);
        if (ruling.verdict == ALLOWED && !ruling.followed)
            continue;
        HTML(o, "<li><strong>%, %</strong> : ", text_of(s, "establishment_label"),
             text_of(s, "label"));
        if (ruling.verdict == ELSEWHERE || !is_here(who, s))
            out_raw(o, "ce n'est pas là que vous travaillez en ce moment.");
        else if (ruling.followed || ruling.verdict == NOT_FOLLOWED)
            out_raw(o, "vous voyez seulement les personnes de votre file active.");
        else
            tab_explain(o, who->who, tab_find("identite"), &ruling, text_of(s, "label"));
        out_raw(o, "</li>\n");
    }
    out_raw(o, "</ul>\n</details>\n");
}

/* Nothing to show: the reason is the page. A stronger login may be all that is missing. */
static void put_nobody(struct out *o, const struct app *app, const struct visitor *who)
{
    const struct tab *identity = tab_find("identite");
    const struct asker a = asker_of(app, who);
    for (size_t i = 0; i < residents_count(app->residents); i++) {
        const struct ruling r = tab_ruling(&a, identity, "lire", residents_at(app->residents, i));
        if (r.verdict != STRONGER)
            continue;
        out_raw(o,
                "<div class=\"card\">\n<p>Les dossiers demandent une connexion plus forte : votre "
                "mot de passe et un code.</p>\n<p><a class=\"button\" href=\"/renforcer?vers=/\">"
                "Renforcer ma connexion</a></p>\n</div>\n");
        return;
    }
    out_raw(o, "<div class=\"card\">\n<p>Votre profil n'ouvre aucun dossier dans cette structure. "
               "C'est normal si votre travail n'en demande pas ; sinon, parlez-en à votre référent "
               "numérique.</p>\n</div>\n");
}

void page_residents(struct out *o, const struct app *app, const struct visitor *who)
{
    size_t shown = 0;
    const json_t *s;
    page_begin(o, who, "Personnes accompagnées");
    put_place(o, who->who);
    out_raw(o, "<main id=\"contenu\">\n<h1>Personnes accompagnées</h1>\n");
    for (size_t i = 0; (s = residents_structure_at(app->residents, i)) != NULL; i++)
        shown += put_structure(o, app, who, s);
    if (shown == 0)
        put_nobody(o, app, who);
    put_missing(o, app, who);
    out_raw(o, "</main>\n");
    page_end(o);
}

/* ---- a record ---- */

static void put_tabs(struct out *o, const struct record *r)
{
    const struct asker a = asker_about(r);
    out_raw(o, "<nav class=\"tabs\" aria-label=\"Parties du dossier\">\n<ul>\n");
    for (size_t i = 0; i < tab_count; i++) {
        const struct access access = tab_access(&a, &tabs[i], r->resident);
        if (access.hidden && &tabs[i] != r->tab)
            continue;
        HTML(o, "<li><a href=\"/residents/%/%\"", text_of(r->resident, "id"), tabs[i].slug);
        if (&tabs[i] == r->tab)
            out_raw(o, " aria-current=\"page\"");
        if (!access.open)
            out_raw(o, " class=\"shut\"");
        HTML(o, ">%", tabs[i].title);
        if (!access.open)
            out_raw(o, " <span class=\"sr\">(fermé)</span>");
        out_raw(o, "</a></li>\n");
    }
    out_raw(o, "</ul>\n</nav>\n");
}

static void put_lines(struct out *o, const json_t *lines)
{
    out_raw(o, "<dl class=\"lines\">\n");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const char *label = json_string_value(json_array_get(line, 0));
        const char *value = json_string_value(json_array_get(line, 1));
        HTML(o, "<div><dt>%</dt><dd>%</dd></div>\n", label, value);
    }
    out_raw(o, "</dl>\n");
    if (json_array_size(lines) == 0)
        out_raw(o, "<p class=\"soft\">Rien n'est noté ici pour le moment.</p>\n");
}

static void put_note(void *arg, const struct note *n)
{
    struct out *o = arg;
    HTML(o,
         "<li><p class=\"head\"><strong>%</strong> <span class=\"soft\">% · %</span></p>"
         "<p>%</p></li>\n",
         n->target, n->when, n->author, n->text);
}

static void put_form(struct out *o, const struct record *r)
{
    static const char *const targets[] = { "Vie quotidienne", "Santé", "Comportement", "Famille",
                                           "Activité" };
    HTML(o,
         "<form class=\"write\" method=\"post\" action=\"/residents/%/transmissions\">\n"
         "<input type=\"hidden\" name=\"csrf\" value=\"%\">\n"
         "<h3>Écrire une transmission</h3>\n",
         text_of(r->resident, "id"), r->who->csrf);
    if (r->problem != NULL)
        HTML(o, "<p class=\"alert\" role=\"alert\">%</p>\n", r->problem);
    out_raw(o, "<p><label for=\"cible\">Cible</label> <select id=\"cible\" name=\"cible\">");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        HTML(o, "<option>%</option>", targets[i]);
    out_raw(o, "</select></p>\n<p><label for=\"texte\">Texte</label> <textarea id=\"texte\" "
               "name=\"texte\" rows=\"3\" maxlength=\"1000\" required>\n");
    out_text(o, r->draft);
    out_raw(o, "</textarea></p>\n<p><button>Transmettre à l'équipe</button></p>\n</form>\n");
}

static void put_notes(struct out *o, const struct record *r)
{
    if (r->done && r->problem == NULL)
        HTML(o, "<p class=\"done\" role=\"status\">%</p>\n",
             r->access.write.countersign ? "Votre brouillon attend la signature de votre tuteur."
                                         : "Votre transmission est avec l'équipe.");
    if (r->access.write.verdict == ALLOWED)
        put_form(o, r);
    else
        out_raw(o, "<p class=\"soft\">Vous pouvez lire les transmissions de cette personne, pas en "
                   "écrire.</p>\n");
    if (r->access.read.verdict != ALLOWED) {
        out_raw(o, "<p class=\"soft\">Vous pouvez écrire une transmission, pas lire celles de "
                   "l'équipe.</p>\n");
        return;
    }
    out_raw(o, "<ol class=\"notes\">\n");
    residents_each_note(r->app->residents, r->resident, put_note, o);
    out_raw(o, "</ol>\n");
}

/* Trainees: in whose name they read, and who signs what they write. */
static void put_tutor(struct out *o, const struct record *r)
{
    const struct ruling *first =
        r->access.read.tutor[0] != '\0' ? &r->access.read : &r->access.write;
    if (first->tutor[0] == '\0')
        return;
    HTML(o, "<p class=\"tutor\">Sous la responsabilité de <strong>%</strong>%</p>\n", first->tutor,
         first->countersign ? ", qui contresigne ce que vous écrivez." : ".");
}

/* To the server's page, which says what it opens and asks why. A record that is closed keeps the name
 * to itself here too. */
static void put_emergency_link(struct out *o, const struct record *r)
{
    char label[200];
    const struct asker a = asker_about(r);
    const struct ruling identity = tab_ruling(&a, tab_find("identite"), "lire", r->resident);
    if (r->access.read.verdict == STRONGER || r->access.read.verdict == RENEW ||
        !tab_emergency_is_offered(&a, r->app->habilis, r->resident))
        return;
    if (identity.verdict == ALLOWED)
        (void)snprintf(label, sizeof label, "%s %s", text_of(r->resident, "prenom"),
                       text_of(r->resident, "nom"));
    else
        (void)snprintf(label, sizeof label, "n° %s", text_of(r->resident, "id"));
    out_raw(o, "<p><a class=\"button\" href=\"");
    out_text(o, r->app->issuer);
    out_raw(o, "/break-glass?client_id=");
    out_url(o, r->app->client_id);
    out_raw(o, "&amp;structure=");
    out_url(o, text_of(r->resident, "structure"));
    out_raw(o, "&amp;instance=");
    out_url(o, text_of(r->resident, "id"));
    out_raw(o, "&amp;label=");
    out_url(o, label);
    out_raw(o, "\">Accès d'urgence</a></p>\n");
}

/* Only while the server says yes: closed there, it is gone here. */
static void put_emergency(struct out *o, const struct record *r, const struct ruling *identity)
{
    char until[40], left[40];
    struct tm local;
    if (r->emergency == NULL || (!identity->emergency && !r->access.read.emergency))
        return;
    time_t end = (time_t)r->emergency->until;
    localtime_r(&end, &local);
    (void)strftime(until, sizeof until, "%H h %M", &local);
    int64_t minutes = (r->emergency->until - clock_s() + 59) / 60;
    (void)snprintf(left, sizeof left, "%lld h %02lld", (long long)(minutes / 60),
                   (long long)(minutes % 60));
    HTML(o,
         "<div class=\"alert\" role=\"status\"><p><strong>Accès d'urgence ouvert jusqu'à %"
         "</strong> (encore %). Ce que vous consultez est enregistré et sera contrôlé. "
         "<a href=\"%/break-glass/mine\">Refermer</a></p></div>\n",
         until, left, r->app->issuer);
}

static void put_shut(struct out *o, const struct record *r, const char *where)
{
    out_raw(o, "<div class=\"shutbox\">\n<p>");
    tab_explain(o, r->who->who, r->tab, &r->access.read, where);
    out_raw(o, "</p>\n");
    if (r->access.read.verdict == STRONGER)
        HTML(o,
             "<p><a class=\"button\" href=\"/renforcer?vers=/residents/%/%\">Renforcer ma "
             "connexion</a></p>\n",
             text_of(r->resident, "id"), r->tab->slug);
    if (r->access.read.verdict == ELSEWHERE)
        out_raw(o, "<p><a class=\"button\" href=\"/lieu\">Changer de lieu de travail</a></p>\n");
    put_emergency_link(o, r);
    out_raw(o, "</div>\n");
}

/* Who it is, for those who may know; a closed record keeps the name to itself. */
static void put_identity(struct out *o, const struct record *r, const json_t *structure,
                         const struct ruling *identity)
{
    const json_t *p = r->resident;
    if (identity->verdict != ALLOWED) {
        out_raw(o, "<div class=\"resident\"><h1>Dossier fermé</h1></div>\n");
        return;
    }
    out_raw(o, "<div class=\"resident\">");
    put_initials(o, p);
    HTML(o, "<div><h1>% %</h1>\n<p class=\"soft\">%, % · %, %</p>", text_of(p, "prenom"),
         text_of(p, "nom"), text_of(p, "naissance"), text_of(p, "age"), text_of(structure, "label"),
         text_of(p, "lieu"));
    if (identity->followed)
        out_raw(o, "<p><span class=\"badge\">dans votre file active</span></p>");
    out_raw(o, "</div></div>\n");
}

static void put_tab(struct out *o, const struct record *r, const json_t *structure)
{
    /* Another establishment is named by its name: services have the same ones everywhere. */
    const char *where =
        text_of(structure, r->access.read.verdict == ELSEWHERE ? "establishment_label" : "label");
    HTML(o, "<section class=\"card sheet\">\n<h2>%</h2>\n", r->tab->title);
    if (r->access.open)
        put_tutor(o, r);
    if (!r->access.open)
        put_shut(o, r, where);
    else if (tab_is_written(r->tab))
        put_notes(o, r);
    else
        put_lines(o, json_object_get(json_object_get(r->resident, "fiches"), r->tab->slug));
    out_raw(o, "</section>\n");
}

/* What the profile does not open at all: told once, closed, below the record. */
static void put_hidden(struct out *o, const struct record *r, const char *where)
{
    size_t count = 0;
    const struct asker a = asker_about(r);
    for (size_t i = 0; i < tab_count; i++) {
        const struct access access = tab_access(&a, &tabs[i], r->resident);
        if (!access.hidden || &tabs[i] == r->tab || access.read.verdict != REFUSED)
            continue;
        if (count++ == 0)
            out_raw(o, "<details>\n<summary>Ce que votre profil n'ouvre pas</summary>\n"
                       "<ul class=\"why\">\n");
        out_raw(o, "<li>");
        tab_explain(o, r->who->who, &tabs[i], &access.read, where);
        out_raw(o, "</li>\n");
    }
    if (count > 0)
        out_raw(o, "</ul>\n</details>\n");
}

void page_record(struct out *o, const struct record *r)
{
    const json_t *structure =
        residents_structure(r->app->residents, text_of(r->resident, "structure"));
    const struct asker a = asker_about(r);
    const struct ruling identity = tab_ruling(&a, tab_find("identite"), "lire", r->resident);
    page_begin(o, r->who, identity.verdict == ALLOWED ? text_of(r->resident, "nom") : "Fermé");
    put_place(o, r->who->who);
    out_raw(o,
            "<main id=\"contenu\">\n<p class=\"crumb\"><a href=\"/\">← Personnes accompagnées</a>"
            "</p>\n");
    put_emergency(o, r, &identity);
    put_identity(o, r, structure, &identity);
    put_tabs(o, r);
    put_tab(o, r, structure);
    put_hidden(o, r, text_of(structure, "label"));
    out_raw(o, "</main>\n");
    page_end(o);
}
