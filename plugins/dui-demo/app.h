/* app.h - the demonstration record: one request in, one answer out.
 *
 *   GET  /                        the residents of the place where the person works now
 *   GET  /residents/ID            a record; /residents/ID/TAB one part of it
 *   POST /residents/ID/transmissions   adds a transmission
 *   GET  /callback                back from the sign-in server
 *   GET  /lieu                    choose another place of work, then come back
 *   GET  /renforcer?vers=PATH     a stronger login, then come back
 *   GET  /urgence?instance=ID&until=T   back from opening an emergency access
 *   POST /deconnexion             sign out here and at the server
 *   GET  /style.css
 *
 * Knows nothing of HTTP libraries: web.c turns their calls into a struct request.
 */
#ifndef DUI_APP_H
#define DUI_APP_H

#include "out.h"
#include "residents.h"
#include "visits.h"

struct app {
    struct habilis *habilis;
    struct residents *residents;
    struct visits *visits;
    const char *client_id;
    const char *issuer; /* origin of the server, for the Content-Security-Policy */
};

enum { FIELD_MAX = 4000, COOKIES = 3 };

/* All borrowed. Absent text is "". */
struct request {
    const struct app *app;
    bool post;
    const char *path;                 /* decoded */
    const char *query;                /* as it came, after the '?' */
    const char *to;                   /* query parameter `vers` */
    const char *state;                /* query parameter `state` */
    const char *instance, *until;     /* query parameters of /urgence */
    const char *visit;                /* cookie of the visit */
    const char *browser;              /* cookie that binds sign-ins under way */
    const char *csrf, *target, *text; /* fields of a form */
    bool done;                        /* query parameter `fait`: back from writing */
    bool bad_form;                    /* not a form, too large, repeated fields, not UTF-8 */
};

struct answer {
    int status;
    const char *type; /* of the body */
    struct out body;
    char *location; /* owned: of a 303 */
    const char *cookie_name[COOKIES];
    char cookie_value[COOKIES][COOKIE_LEN + 1]; /* empty: forget the cookie */
    int cookie_count;
};

#define COOKIE_VISIT   "__Host-dui-visite"
#define COOKIE_BROWSER "__Host-dui-navigateur"

void app_answer(const struct request *req, struct answer *out);

#endif
