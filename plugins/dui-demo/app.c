#include "app.h"

#include "clock.h"
#include "pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SOON = 2,
    EMERGENCY_S = 86400,
    TEXT_MAX = 1000,
    ID_MAX = 32,
    TARGET_MAX = 40
}; /* seconds; bytes */

/* ---- answers ---- */

static void redirect(struct answer *out, const char *to)
{
    out->status = 303;
    out->location = strdup(to);
    if (out->location == NULL)
        out->status = 500;
}

static void set_cookie(struct answer *out, const char *name, const char *value)
{
    if (out->cookie_count == COOKIES)
        return;
    out->cookie_name[out->cookie_count] = name;
    (void)snprintf(out->cookie_value[out->cookie_count++], COOKIE_LEN + 1, "%s", value);
}

static void tell(struct answer *out, int status, const struct visitor *who, const struct message *m)
{
    out->status = status;
    page_message(&out->body, who, m);
}

static void not_found(struct answer *out, const struct visitor *who)
{
    tell(out, 404, who,
         &(struct message){ "Page introuvable", "Cette adresse ne mène à rien ici.", "/",
                            "Personnes accompagnées" });
}

static void bad_form(struct answer *out, const struct visitor *who)
{
    tell(out, 400, who,
         &(struct message){ "Formulaire périmé",
                            "Le formulaire ne vient pas de cette session, ou n'a pas pu être lu. "
                            "Rouvrez la page et recommencez.",
                            "/", "Personnes accompagnées" });
}

static void server_trouble(struct answer *out, enum habilis_status why)
{
    tell(out, 503, NULL,
         &(struct message){
             "Connexion impossible pour le moment",
             why == HABILIS_UNTRUSTED
                 ? "Le certificat du service de connexion n'est pas reconnu. Prévenez "
                   "votre référent numérique."
                 : "Le service de connexion ne répond pas comme il devrait. Réessayez "
                   "dans un instant.",
             "/", "Réessayer" });
}

/* ---- signing in ---- */

/* A path of ours and nothing else: never a way out to another site. */
static const char *safe_back(const char *path)
{
    size_t len = strlen(path);
    size_t fine = strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_");
    return path[0] == '/' && path[1] != '/' && fine == len && len <= BACK_MAX ? path : "/";
}

static bool is_cookie(const char *text)
{
    return strlen(text) == COOKIE_LEN && strspn(text, "0123456789abcdef") == COOKIE_LEN;
}

struct sign_in {
    const char *prompt, *acr_values, *back;
};

static void start_login(const struct request *req, const struct sign_in *how, struct answer *out)
{
    char browser[COOKIE_LEN + 1];
    struct pending p = { .login = NULL };
    const struct habilis_login_options options = { .size = sizeof options,
                                                   .prompt = how->prompt,
                                                   .acr_values = how->acr_values,
                                                   .ui_locales = "fr" };
    enum habilis_status st = habilis_login_start(req->app->habilis, &options, &p.login);
    if (st != HABILIS_OK) {
        server_trouble(out, st);
        return;
    }
    p.silent = how->prompt != NULL && strcmp(how->prompt, "none") == 0;
    (void)snprintf(p.back, sizeof p.back, "%s", safe_back(how->back));
    if (is_cookie(req->browser)) {
        memcpy(browser, req->browser, sizeof browser);
    } else {
        visits_random(browser);
        set_cookie(out, COOKIE_BROWSER, browser);
    }
    redirect(out, habilis_login_url(p.login));
    visits_keep_login(req->app->visits, &p, browser);
}

/* prompt=none could not do it without the person. */
static bool needs_person(const char *error)
{
    return strcmp(error, "login_required") == 0 || strcmp(error, "interaction_required") == 0 ||
           strcmp(error, "account_selection_required") == 0 ||
           strcmp(error, "consent_required") == 0;
}

static void login_refused(const struct request *req, const struct pending *p, struct answer *out)
{
    const char *error = habilis_login_error(p->login);
    if (p->silent && needs_person(error)) {
        start_login(req, &(struct sign_in){ .back = p->back }, out);
        return;
    }
    tell(out, 403, NULL,
         &(struct message){
             "Connexion refusée",
             strcmp(error, "access_denied") == 0
                 ? "Vous n'avez pas terminé la connexion, ou votre compte n'ouvre pas "
                   "cette application."
                 : "Le service de connexion a refusé la demande.",
             "/", "Réessayer" });
}

static void signed_in(const struct request *req, const struct pending *p,
                      struct habilis_session *who, struct answer *out)
{
    char cookie[COOKIE_LEN + 1];
    if (habilis_session_expires(who) <= clock_s() + SOON) { /* or we would go round in circles */
        habilis_session_free(who);
        tell(out, 503, NULL,
             &(struct message){ "Horloges en désaccord",
                                "L'autorisation reçue est déjà terminée : l'heure de ce serveur ou "
                                "celle du service de connexion est fausse.",
                                "/", "Réessayer" });
        return;
    }
    if (!visits_open(req->app->visits, who, is_cookie(req->visit) ? req->visit : NULL, cookie)) {
        out->status = 500;
        return;
    }
    set_cookie(out, COOKIE_VISIT, cookie);
    redirect(out, p->back);
    explicit_bzero(cookie, sizeof cookie);
}

static void callback(const struct request *req, const struct visitor *who, struct answer *out)
{
    struct pending p;
    struct habilis_session *session = NULL;
    if (!visits_take_login(req->app->visits, req->state, req->browser, &p)) {
        if (who != NULL) /* the back button: she is in already */
            redirect(out, "/");
        else
            tell(out, 400, NULL,
                 &(struct message){ "Connexion périmée",
                                    "Cette connexion a déjà servi, a été commencée dans un autre "
                                    "navigateur ou a duré plus de dix minutes.",
                                    "/", "Recommencer" });
        return;
    }
    enum habilis_status st = habilis_login_finish(req->app->habilis, p.login, req->query, &session);
    if (st == HABILIS_OK)
        signed_in(req, &p, session, out);
    else if (st == HABILIS_REFUSED)
        login_refused(req, &p, out);
    else if (st == HABILIS_NOT_GENUINE)
        tell(
            out, 400, NULL,
            &(struct message){ "Connexion refusée",
                               "La réponse reçue ne vient pas du service de connexion ou n'est pas "
                               "pour cette application.",
                               "/", "Recommencer" });
    else
        server_trouble(out, st);
    habilis_login_free(p.login);
}

static void sign_out(const struct request *req, const struct visitor *who, struct answer *out)
{
    char *url = NULL;
    enum habilis_status st = habilis_logout_url(req->app->habilis, who->who, "deconnexion", &url);
    visits_close(req->app->visits, req->visit);
    set_cookie(out, COOKIE_VISIT, "");
    if (st == HABILIS_OK)
        redirect(out, url);
    else
        tell(out, 200, NULL,
             &(struct message){ "Déconnexion à moitié faite",
                                "Cette application vous a oublié, mais le service de connexion ne "
                                "répond pas : fermez le navigateur.",
                                "/", "Se reconnecter" });
    habilis_free(url);
}

static void goodbye(struct answer *out)
{
    tell(out, 200, NULL,
         &(struct message){ "Vous êtes déconnecté",
                            "Vous pouvez laisser ce poste à une ou un collègue.", "/",
                            "Se connecter" });
}

/* ---- records ---- */

static void show_record(const struct request *req, const struct visitor *who,
                        const json_t *resident, const struct tab *tab, struct answer *out)
{
    char draft[DRAFT_MAX + 1] = "";
    struct record r = { .app = req->app, .who = who, .resident = resident, .tab = tab };
    struct emergency_view view = { .server = req->app->habilis };
    view.until = visits_emergency(req->app->visits, req->visit, text_of(resident, "id"), clock_s());
    r.emergency = view.until > 0 ? &view : NULL;
    const struct asker a = { who->who, req->app->residents, r.emergency };
    r.access = tab_access(&a, tab, resident);
    if (tab_is_written(tab) &&
        visits_take_draft(req->app->visits, req->visit, text_of(resident, "id"), draft))
        r.problem = "Votre session a été renouvelée. Votre texte est là : il n'est pas encore "
                    "transmis.";
    r.draft = draft;
    r.done = req->done && tab_is_written(tab);
    out->status = r.access.open ? 200 : 403;
    page_record(&out->body, &r);
    explicit_bzero(draft, sizeof draft);
}

static bool is_blank(const char *text) { return text[strspn(text, " \t\r\n")] == '\0'; }

static void author_of(const struct visitor *who, const struct ruling *right, char out[400])
{
    const char *profile = habilis_session_profile(who->who, 0);
    (void)snprintf(out, 400, "%s, %s%s%s", habilis_session_text(who->who, HABILIS_NAME),
                   profile != NULL ? profile : "sans profil",
                   right->countersign ? " · brouillon à contresigner par " : "",
                   right->countersign ? right->tutor : "");
}

static bool write_note(const struct request *req, const struct visitor *who, const json_t *resident,
                       const struct ruling *right)
{
    char author[400], when[40];
    struct tm local;
    time_t now = (time_t)clock_s();
    localtime_r(&now, &local);
    (void)strftime(when, sizeof when, "aujourd'hui, %H:%M", &local);
    author_of(who, right, author);
    const struct note note = { when, author, req->target, req->text };
    return residents_add_note(req->app->residents, resident, &note);
}

static void add_note(const struct request *req, const struct visitor *who, const json_t *resident,
                     struct answer *out)
{
    const struct tab *tab = tab_find("transmissions");
    char back[100];
    struct record r = { .app = req->app, .who = who, .resident = resident, .tab = tab };
    const struct asker a = { who->who, req->app->residents, NULL };
    r.access = tab_access(&a, tab, resident);
    r.draft = req->text;
    out->status = 403;
    if (r.access.write.verdict == ALLOWED) {
        out->status = 400;
        if (is_blank(req->text))
            r.problem = "Le texte est vide.";
        else if (strlen(req->text) > TEXT_MAX || strlen(req->target) > TARGET_MAX)
            r.problem = "Le texte est trop long : 1 000 caractères au plus.";
        else if (write_note(req, who, resident, &r.access.write)) {
            (void)snprintf(back, sizeof back, "/residents/%s/transmissions?fait=1",
                           text_of(resident, "id"));
            redirect(out, back);
            return;
        }
    }
    page_record(&out->body, &r);
}

/* "/residents/ID" or "/residents/ID/TAB". */
static const json_t *resident_of(const struct request *req, const struct tab **tab)
{
    char id[ID_MAX + 1];
    const char *rest = req->path + strlen("/residents/");
    size_t len = strcspn(rest, "/");
    if (len == 0 || len > ID_MAX)
        return NULL;
    memcpy(id, rest, len);
    id[len] = '\0';
    *tab = rest[len] == '\0' ? tab_find("identite") : tab_find(rest + len + 1);
    return residents_find(req->app->residents, id);
}

static void record(const struct request *req, const struct visitor *who, struct answer *out)
{
    const struct tab *tab = NULL;
    const json_t *resident = resident_of(req, &tab);
    if (resident == NULL || tab == NULL)
        not_found(out, who);
    else if (!req->post)
        show_record(req, who, resident, tab, out);
    else if (tab_is_written(tab))
        add_note(req, who, resident, out);
    else
        out->status = 405;
}

/* Back from the server's page. What is noted here opens nothing: the server is asked each time. */
static void emergency(const struct request *req, const struct visitor *who, struct answer *out)
{
    char back[100];
    char *end = NULL;
    const json_t *resident = residents_find(req->app->residents, req->instance);
    long long until = strtoll(req->until, &end, 10);
    if (resident == NULL) {
        not_found(out, who);
        return;
    }
    int64_t latest = clock_s() + EMERGENCY_S;
    if (until > 0 && *end == '\0')
        visits_note_emergency(req->app->visits, req->visit, req->instance,
                              until < latest ? until : latest);
    (void)snprintf(back, sizeof back, "/residents/%s", text_of(resident, "id"));
    redirect(out, back);
}

/* ---- routes ---- */

static bool form_is_ours(const struct request *req, const struct visitor *who)
{
    return !req->bad_form && strlen(req->csrf) == COOKIE_LEN && visitor_has_csrf(who, req->csrf);
}

/* The token has ended: get another without a word, and lose nothing of what was written. */
static void renew(const struct request *req, struct answer *out)
{
    const struct tab *tab = NULL;
    bool about_resident = strncmp(req->path, "/residents/", strlen("/residents/")) == 0;
    const json_t *resident = about_resident ? resident_of(req, &tab) : NULL;
    if (req->post && resident != NULL)
        visits_keep_draft(req->app->visits, req->visit, text_of(resident, "id"), req->text);
    start_login(req, &(struct sign_in){ .prompt = "none", .back = req->path }, out);
}

static void route(const struct request *req, const struct visitor *who, struct answer *out)
{
    if (strcmp(req->path, "/deconnexion") == 0 && req->post)
        sign_out(req, who, out);
    else if (strcmp(req->path, "/lieu") == 0)
        start_login(req, &(struct sign_in){ .prompt = "select_account", .back = "/" }, out);
    else if (strcmp(req->path, "/renforcer") == 0)
        start_login(req, &(struct sign_in){ .acr_values = "eidas2", .back = req->to }, out);
    else if (habilis_session_expires(who->who) <= clock_s() + SOON)
        renew(req, out);
    else if (strcmp(req->path, "/") == 0 && !req->post) {
        out->status = 200;
        page_residents(&out->body, req->app, who);
    } else if (strcmp(req->path, "/urgence") == 0 && !req->post)
        emergency(req, who, out);
    else if (strncmp(req->path, "/residents/", strlen("/residents/")) == 0)
        record(req, who, out);
    else
        not_found(out, who);
}

static void answer_visitor(const struct request *req, const struct visitor *who, struct answer *out)
{
    if (strcmp(req->path, "/callback") == 0)
        callback(req, who, out);
    else if (who == NULL && strcmp(req->path, "/") == 0 && strcmp(req->state, "deconnexion") == 0)
        goodbye(out);
    else if (who == NULL)
        start_login(req, &(struct sign_in){ .back = req->path }, out);
    else if (req->post && !form_is_ours(req, who))
        bad_form(out, who);
    else
        route(req, who, out);
}

void app_answer(const struct request *req, struct answer *out)
{
    struct visitor *who = is_cookie(req->visit) ? visits_find(req->app->visits, req->visit) : NULL;
    out->type = "text/html; charset=utf-8";
    answer_visitor(req, who, out);
    visitor_release(who);
    if (out->status == 405)
        tell(out, 405, NULL,
             &(struct message){ "Demande refusée", "Cette page se lit.", "/", "Retour" });
    if (out->body.failed || out->status == 500) {
        out_free(&out->body);
        out->status = 500;
        tell(out, 500, NULL,
             &(struct message){ "Panne", "La page n'a pas pu être faite.", "/", "Réessayer" });
    }
}
