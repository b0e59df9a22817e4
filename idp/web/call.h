/* call.h - one request of a person's browser: who is there, in which language, what to show.
 *
 * Every page handler runs inside call_run(), which takes the registry's view and the session that
 * the browser's cookie opens, and gives them back.
 */
#ifndef WEB_CALL_H
#define WEB_CALL_H

#include "directory/directory.h"
#include "http/http.h"
#include "pages/i18n.h"
#include "registry/registry.h"
#include "service.h"
#include "state/session.h"

#include <jansson.h>

#define COOKIE_SESSION  "__Host-habilis-session"
#define COOKIE_BROWSER  "__Host-habilis-browser" /* binds sign-ins under way to their browser */
#define COOKIE_LANGUAGE "__Host-habilis-language"

struct call {
    struct service *svc;
    struct http_request *req;
    struct http_response *resp;
    struct arena *arena;
    const struct view *view;
    enum lang lang;
    int64_t now;
    bool signed_in;
    struct session session; /* when signed_in */
};

typedef err_t call_fn(struct call *c);
NODISCARD err_t call_run(struct http_request *req, struct http_response *resp, call_fn *fn);

/* The page NAME with DATA (stolen, may be NULL for one that is empty already). Adds what every page
 * carries: the language switch, the request's address, the name of who is signed in. */
NODISCARD err_t call_page(struct call *c, int status, const char *name, json_t *data);
/* The page of a failure, for call_run() and for the server itself. */
err_t call_error_page(struct http_request *req, int status, err_t why, struct http_response *resp);
NODISCARD err_t call_problem(struct call *c, int status, const char *detail);

void call_redirect(struct call *c, struct str uri);
void call_set_session_cookie(struct call *c, const struct handle *cookie);

/* Ends the session of the call, in the store, the journal and the browser. */
NODISCARD err_t call_end_session(struct call *c);

/* The token of forms on a signed-in person's pages: an HMAC of the session, so that it needs no
 * store and dies with it. CHECK answers false also when nobody is signed in. */
enum { CALL_CSRF_LEN = 43 };
NODISCARD err_t call_csrf(struct call *c, char out[CALL_CSRF_LEN + 1]);
NODISCARD bool call_csrf_ok(struct call *c, struct str token);

/* A json string of S; NULL (which jansson's packers refuse) when it is not UTF-8. */
json_t *call_json(struct str s);
/* data[KEY] = S, unless S is empty. */
void call_put(json_t *data, const char *key, struct str s);

/* KEY=VALUE, percent-encoded, appended to a URI with the right separator. */
void uri_add(struct buf *uri, const char *key, struct str value);

#endif
