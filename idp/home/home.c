#include "home/home.h"

#include "base/access.h"
#include "base/clock.h"
#include "base/secret.h"
#include "emergency/opened.h"
#include "journal/journal.h"
#include "login/login.h"
#include "pages/pages.h"
#include "state/state.h"

/* A sign-in for our own pages, which then goes on to NEXT. */
static struct auth_request own_request(struct str next)
{
    return (struct auth_request){ .next = next, .acr = ACCESS_EIDAS1, .max_age = -1 };
}

/* ---- mes applications ---- */

static err_t put_app(struct login *l, const struct client *client, json_t *list)
{
    bool any = false;
    struct rights_question q = { .application = client->application,
                                 .structure = l->progress.structure,
                                 .now = l->c->now,
                                 .opened = l->c->svc->opened };
    if ((client->grants & CLIENT_GRANT_CODE) == 0 || client->uri.len == 0)
        return ERR(OK);
    TRY(rights_any(l->c->view, l->c->arena, &l->person, &q, &any));
    if (!any)
        return ERR(OK);
    struct str name = l->c->lang == LANG_FR ? client->name_fr : client->name;
    json_array_append_new(
        list, json_pack("{s:o, s:o}", "name", call_json(name), "url", call_json(client->uri)));
    return ERR(OK);
}

static err_t put_place(struct login *l, json_t *data)
{
    struct buf text;
    const struct place *place = places_find(&l->places, l->progress.structure);
    if (place == NULL)
        return ERR(OK);
    buf_init(&text, 1024);
    buf_add(&text, place->establishment_label);
    if (place->service_label.len > 0) {
        buf_add(&text, STR(" · "));
        buf_add(&text, place->service_label);
    }
    call_put(data, "place", buf_str(&text));
    err_t e = buf_err(&text);
    buf_done(&text);
    if (l->places.count > 1)
        call_put(data, "change_url", STR("/structure"));
    return e;
}

/* Her open emergency accesses, and those that she may review here, a stronger login included. */
static err_t put_emergencies(struct login *l, json_t *data)
{
    struct call *c = l->c;
    struct opened_list mine;
    TRY(opened_of(c->svc->opened, c->arena, l->person.id, c->now, &mine));
    if (mine.count > 0)
        call_put(data, "mine_url", STR(PAGE_PATH_GLASS_MINE));
    for (size_t i = 0; i < c->view->emergencies.count; i++) {
        const struct dir_emergency *rule = &c->view->emergencies.list[i];
        struct engine_question q = { .resource = rule->review_resource,
                                     .action = rule->review_action,
                                     .structure = l->progress.structure,
                                     .acr = ACCESS_EIDAS2,
                                     .now = c->now };
        struct engine_decision d;
        TRY(rights_decide(c->view, c->arena, &l->person, NULL, &q, &d));
        if (d.effect == ENGINE_PERMIT)
            call_put(data, "review_url", STR(PAGE_PATH_GLASS_REVIEW));
    }
    return ERR(OK);
}

static err_t apps_data(struct login *l, json_t *data)
{
    char csrf[CALL_CSRF_LEN + 1];
    json_t *apps = json_array();
    json_object_set_new(data, "apps", apps);
    for (size_t i = 0; i < l->c->view->client_count; i++)
        TRY(put_app(l, &l->c->view->clients[i], apps));
    TRY(put_place(l, data));
    TRY(put_emergencies(l, data));
    TRY(call_csrf(l->c, csrf));
    call_put(data, "csrf", str_of(csrf));
    call_put(data, "person", l->person.display_name);
    return ERR(OK);
}

static err_t apps(struct call *c)
{
    struct login l;
    const char *due = NULL;
    struct auth_request r = own_request(STR("/"));
    TRY(login_try_session(c, &r, &l, &due));
    if (due != NULL)
        return login_begin(c, &r, true);
    if (l.progress.structure.len == 0) /* one place only, and the session did not know it */
        l.progress.structure = l.places.list[0].structure;
    json_t *data = json_object();
    err_t e = apps_data(&l, data);
    if (!err_ok(e)) {
        json_decref(data);
        return e;
    }
    return call_page(c, 200, "apps", data);
}

/* ---- another place of work ---- */

/* Back to the application that sent her here, by its registered address and no other. */
static struct str back_to(const struct call *c)
{
    const struct client *client = view_client(c->view, http_query(c->req, "client_id"));
    return client != NULL && client->uri.len > 0 ? client->uri : STR("/");
}

static err_t structure(struct call *c)
{
    struct str next;
    TRY(arena_str(c->arena, back_to(c), &next));
    struct auth_request r = own_request(next);
    r.prompt_structure = true;
    return login_begin(c, &r, true);
}

/* ---- language ---- */

/* A path of this site: "//host" and "/\host" are not. */
static bool is_local(struct str path)
{
    if (path.len == 0 || path.ptr[0] != '/' || path.len > 2048)
        return false;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] <= 0x20 || path.ptr[i] >= 0x7F || path.ptr[i] == '\\')
            return false;
    return path.len == 1 || path.ptr[1] != '/';
}

/* Needs no token: the worst a stranger can do is to change the language of the page. */
static err_t language(struct http_request *req, struct http_response *resp)
{
    enum lang lang = LANG_FR;
    struct str next = http_form(req, "next");
    if (!lang_parse(http_form(req, "lang"), &lang))
        return ERR(MALFORMED);
    http_response_cookie(resp, COOKIE_LANGUAGE, str_of(lang_code(lang)), 365 * 86400, HTTP_LAX);
    http_response_redirect(resp, is_local(next) ? next : STR("/"));
    return ERR(OK);
}

/* ---- signing out ---- */

static err_t sign_out(struct call *c)
{
    if (!c->signed_in)
        return call_page(c, 200, "signed_out", json_pack("{s:s}", "sign_in_url", "/"));
    if (!call_csrf_ok(c, http_form(c->req, "csrf"))) {
        call_redirect(c, STR("/"));
        return ERR(OK);
    }
    TRY(call_end_session(c));
    return call_page(c, 200, "signed_out", json_pack("{s:s}", "sign_in_url", "/"));
}

/* ---- routes ---- */

static err_t get_apps(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, apps);
}

static err_t get_structure(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, structure);
}

static err_t post_sign_out(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, sign_out);
}

static err_t get_asset(struct http_request *req, struct http_response *resp)
{
    const struct service *svc = req->app;
    const struct page_asset *asset = pages_asset(svc->pages, req->path);
    if (asset == NULL)
        return ERR(NOT_FOUND);
    resp->content_type = asset->type;
    resp->body = asset->body;
    http_response_cacheable(resp, 365 * 86400);
    return ERR(OK);
}

static err_t get_health(struct http_request *req, struct http_response *resp)
{
    (void)req;
    http_response_text(resp, 200, STR("ok\n"));
    return ERR(OK);
}

/* Ready: the directory answers and the state can be read. */
static err_t read_nothing(struct state_tx *tx, void *arg)
{
    int64_t living = 0;
    return session_count(tx, *(int64_t *)arg, &living);
}

static err_t get_ready(struct http_request *req, struct http_response *resp)
{
    const struct service *svc = req->app;
    int64_t now = req->now;
    err_t e = state_read(svc->state, read_nothing, &now);
    bool ready = err_ok(e) && directory_is_up(svc->directory);
    http_response_text(resp, ready ? 200 : 503, ready ? STR("ready\n") : STR("not ready\n"));
    return ERR(OK);
}

const struct http_route home_routes[] = {
    { HTTP_GET, "/", get_apps, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/structure", get_structure, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, PAGE_PATH_SIGN_OUT, post_sign_out, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM, 0 },
    { HTTP_POST, PAGE_PATH_LANGUAGE, language, HTTP_INLINE | HTTP_PAGE, HTTP_BODY_FORM, 0 },
    { HTTP_GET, "/assets/", get_asset, HTTP_INLINE | HTTP_PAGE | HTTP_PREFIX, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/healthz", get_health, HTTP_INLINE | HTTP_API, HTTP_BODY_NONE, 0 },
    { HTTP_GET, "/readyz", get_ready, HTTP_WORKER | HTTP_API, HTTP_BODY_NONE, 0 },
};
const size_t home_route_count = COUNT(home_routes);
