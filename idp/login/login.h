/* login.h - signing in: a small state machine over the flow that the browser has open.
 *
 * A flow is answered when no step is needed any more. Which step is due is computed anew on every
 * request from what was asked (auth_request), what was proved (progress) and what the directory says
 * now; nothing the browser sends can skip one. Each step is a row of the table in steps.c: a new method
 * is a new file and a row.
 *
 *   password → identity → otp or enrol → charter → structure → done
 */
#ifndef LOGIN_LOGIN_H
#define LOGIN_LOGIN_H

#include "journal/journal.h"
#include "login/request.h"
#include "login/rights.h"
#include "state/flow.h"
#include "web/call.h"

/* One flow during one request. */
struct login {
    struct call *c;
    struct flow flow;
    struct auth_request request;
    struct progress progress;
    bool has_person;
    struct dir_person person;    /* when has_person: read in this request */
    struct places places;        /* when has_person: where she may work now */
    int acr_wanted;              /* when has_person: what request, client and profiles ask for */
    const struct client *client; /* NULL: our own pages */
};

/* ---- entering ---- */

/* Starts a flow for R, which passed its checks, and sends the browser to the step that is due.
 * VOUCHED: what the session of the call already proves may be used. */
NODISCARD err_t login_begin(struct call *c, const struct auth_request *r, bool vouched);

/* Can the session of the call answer R without any page? Then *out has all that finishing needs;
 * *due says why not otherwise (the name of a step, or "refused"; NULL when it can). */
NODISCARD err_t login_try_session(struct call *c, const struct auth_request *r, struct login *out,
                                  const char **due);
/* Answers the application of L (or goes to its local path) with the session of the call. */
NODISCARD err_t login_answer_from_session(struct login *l);

/* ---- routes ---- */

NODISCARD err_t login_show(struct http_request *req, struct http_response *resp);    /* GET */
NODISCARD err_t login_submit(struct http_request *req, struct http_response *resp);  /* POST */
NODISCARD err_t login_restart(struct http_request *req, struct http_response *resp); /* GET */

extern const struct http_route login_routes[];
extern const size_t login_route_count;

/* ---- for the steps ---- */

struct step {
    const char *name; /* as stored in the flow */
    const char *path;
    bool (*needed)(const struct login *l);
    err_t (*show)(struct login *l, const char *error, int64_t wait_s);
    err_t (*submit)(struct login *l);
};

extern const struct step step_password, step_identity, step_otp, step_enrol, step_charter,
    step_structure;

/* Writes what a step must write in the same transaction as the progress it makes. */
struct login_write {
    state_job *job; /* may be NULL */
    void *arg;
    const struct journal_entry *entries;
    size_t entry_count;
};

/* Stores the progress and goes on to the next page, or, when nothing is due, to the one that answers. If
 * somebody else moved this flow meanwhile, shows where it is now. The errors of the job (CODE_SPENT…)
 * come back, and nothing is written then. */
NODISCARD err_t login_advance(struct login *l, const struct login_write *w);
/* The same write without progress: a refusal that must leave its trace before the answer. */
NODISCARD err_t login_record(struct login *l, const struct login_write *w);

/* The password of PERSON was proved in this request: its browser gets another cookie than the one it came
 * with, always the same for the two and impossible to know without the answer. *OUT is for flow_rebind().
 * Copied from a shared post beforehand, the cookie of before opens nothing. */
NODISCARD err_t login_change_cookie(struct login *l, struct str person, struct handle *out);
/* The flow was found with the former cookie, and L->person has proved her password again: goes on if it
 * was she who did before. */
NODISCARD err_t login_rejoin(struct login *l);

/* Reads the person anew (after writing to her entry), and what follows from it. */
NODISCARD err_t login_read_person(struct login *l, struct str id);

/* Answers with the refusal, journalled. Errors: those of login_record(). */
NODISCARD err_t login_refuse(struct login *l);

/* Where the sign-in goes on as somebody else, for the same application. Errors: NO_MEMORY, TOO_LARGE. */
NODISCARD err_t login_restart_url(struct login *l, struct str *out);

/* The data that each step's page starts from: action, csrf, flow, app. NULL: no memory. */
json_t *login_page_data(struct login *l, const struct step *step, const char *error,
                        int64_t wait_s);

/* A journal entry with what is known of the login. */
struct journal_entry login_entry(const struct login *l, enum journal_event event,
                                 const struct journal_datum *data);

/* The end (finish.c): session, code, journal in one transaction; then the redirect. Always on a GET
 * of its own: of two clicks on the last form, both are sent on to it, and the browser follows one. */
NODISCARD err_t login_finish(struct login *l);

#endif
