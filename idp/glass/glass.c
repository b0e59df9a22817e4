#include "glass/internal.h"

#include "base/access.h"
#include "base/clock.h"
#include "base/enc.h"
#include "engine/engine.h"
#include "pages/pages.h"
#include "token/hash.h"

err_t glass_person(struct call *c, struct str next, struct dir_person *out, bool *shown)
{
    struct login l;
    const char *due = NULL;
    struct auth_request r = { .next = next, .acr = ACCESS_EIDAS2, .max_age = -1 };
    TRY(login_try_session(c, &r, &l, &due));
    *shown = due != NULL;
    if (due != NULL)
        return login_begin(c, &r, true);
    *out = l.person;
    return ERR(OK);
}

struct engine_question glass_question(const struct call *c, struct str structure)
{
    return (struct engine_question){ .structure = structure,
                                     .acr = (enum access_acr)c->session.acr,
                                     .psc = str_in_list(c->session.amr, ' ', STR("psc")),
                                     .now = c->now };
}

err_t glass_place(const struct call *c, struct str structure, struct str *out)
{
    const struct snapshot *s = c->view->snapshot;
    int i = engine_structure(s, structure);
    if (i == ENGINE_NONE)
        return arena_str(c->arena, structure, out);
    int above = engine_establishment_of(s, i);
    struct str own = engine_structure_at(s, i).label;
    if (above == ENGINE_NONE || above == i)
        return arena_str(c->arena, own, out);
    return arena_printf(c->arena, out, "%.*s · %.*s", STR_ARG(engine_structure_at(s, above).label),
                        STR_ARG(own));
}

struct str glass_application(const struct call *c, struct str application)
{
    for (size_t i = 0; i < c->view->client_count; i++) {
        const struct client *client = &c->view->clients[i];
        if (str_eq(client->application, application) && client->uri.len > 0)
            return c->lang == LANG_FR ? client->name_fr : client->name;
    }
    return application;
}

err_t glass_digest(struct arena *a, struct str text, struct str *out)
{
    unsigned char digest[SHA256_LEN];
    char hex[HEX_LEN(SHA256_LEN)];
    TRY(sha256(text, digest));
    hex_encode(hex, digest, sizeof digest);
    return arena_str(a, str_from(hex, sizeof hex), out);
}

struct journal_entry glass_entry(const struct call *c, enum journal_event event,
                                 const struct journal_datum *data)
{
    return (struct journal_entry){ .event = event,
                                   .at_ms = clock_now_ms(),
                                   .actor = c->session.person,
                                   .session = c->session.sid,
                                   .network = str_of(c->req->peer.network),
                                   .data = data };
}

/* ---- routes ---- */

static err_t run_open(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, glass_open);
}

static err_t run_mine(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, glass_mine);
}

static err_t run_close(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, glass_close);
}

static err_t run_review(struct http_request *req, struct http_response *resp)
{
    return call_run(req, resp, glass_review);
}

const struct http_route glass_routes[] = {
    { HTTP_GET, PAGE_PATH_GLASS, run_open, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, PAGE_PATH_GLASS, run_open, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM, 0 },
    { HTTP_GET, PAGE_PATH_GLASS_MINE, run_mine, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, PAGE_PATH_GLASS_CLOSE, run_close, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM, 0 },
    { HTTP_GET, PAGE_PATH_GLASS_REVIEW, run_review, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_NONE, 0 },
    { HTTP_POST, PAGE_PATH_GLASS_REVIEW, run_review, HTTP_WORKER | HTTP_PAGE, HTTP_BODY_FORM, 0 },
};
const size_t glass_route_count = COUNT(glass_routes);
