/* pages.h - the pages that staff see: HTML from templates and JSON data.
 *
 * Plain HTML and CSS, no script. Every value from DATA is escaped; nothing is marked safe. Pages
 * are made for a Content-Security-Policy of "default-src 'none'; style-src 'self'; img-src 'self';
 * form-action …; base-uri 'none'; frame-ancestors 'none'".
 *
 * A page is drawn from a jansson object. `*` = must be there (else BUG, and nothing is written);
 * the rest may be absent or null. Instants and waits are integers: seconds since 1970 UTC, seconds.
 *
 * on any page
 *   here        string: path and query that a GET may open again; shows the language switch, which
 *               POSTs lang (fr|en), next (= here) and csrf to PAGE_PATH_LANGUAGE
 *   app, place  strings: the application being entered, the structure it is entered for
 *   csrf, flow  strings: hidden fields of every form of the page, with these names
 *   person      string: the display name of who is signed in
 *   help        string: whom to ask, e.g. "Mme Le Goff, référente numérique, poste 12"
 *   request_id  string: shown on the pages that report a problem
 *
 * name              members                                    form: fields it posts
 * login             action* csrf* flow* username error wait    username, password
 *                   error: wrong throttled(wait) session
 *                   (wrong: also for an unknown or closed account. session: signed out by time.)
 * otp               action* csrf* flow* person restart_url     otp
 *                   error: wrong spent clock throttled(wait)
 * enrol_totp        action* csrf* flow* otpauth* secret*       otp
 *                   error: wrong clock throttled(wait)
 *                   otpauth: the otpauth:// URI, drawn as a QR code; secret: its base32, no spaces
 * charter           action* csrf* flow* text* version          decision = accept | refuse
 *                   text: plain text; empty lines part paragraphs, "# " begins a heading,
 *                   "- " a list item
 * structure         action* csrf* flow* person choices*        structure = the id chosen
 *                   choices: [{id* establishment* service profiles: ["…"]* until current: bool}]
 *                   until: the instant at which the assignment ends (the page shows the last
 *                   day it is held, so do `ended` and `until` everywhere); service: its unit, if any
 * apps              person* csrf* apps* place change_url last_sign_in account_url mine_url review_url
 *                   apps: [{name* url* description}] (may be empty); change_url: shown when there
 *                   is more than one structure; signing out POSTs csrf to PAGE_PATH_SIGN_OUT
 * signed_out        sign_in_url
 * confirm_sign_out  action* csrf* person hidden stay_url       decision = sign_out, and hidden
 *                   hidden: [{name* value*}], carried along as hidden fields
 * already_signed_in action* csrf* flow* person* expected       choice = continue | switch
 *                   expected: the login name the application asked for
 * refused           reason* person ended starts contact csrf request_id
 *                   reason: ended(ended) not_started(starts) none suspended no_right
 *                   contact: whom to see, e.g. "Mme Le Goff, référente numérique (poste 12)"
 *                   with csrf: a button that signs out
 * expired           restart_url
 * error             status* request_id detail restart_url
 *                   status: 400 to 599; detail: one line for the technician, e.g. the RFC's reason
 * unavailable       request_id retry_url
 * throttled         wait* retry_url
 * glass             action* csrf* app* place* label opens* told* lasts* due* hidden why cancel_url
 *                   error: short long throttled(wait)          reason, and hidden
 *                   opens, told: ["…"]; lasts: seconds; due: by when it is reviewed; why: the reason
 *                   typed before
 * glass_refused     reason* back_url*
 *                   reason: no_right self nothing unknown
 * glass_mine        items* csrf*                               POSTs id to PAGE_PATH_GLASS_CLOSE
 *                   items: [{id* app* place* label ends* why*}]
 * glass_review      items* csrf* error: comment long gone      POSTs id, comment and verdict =
 *                   justified | unjustified to PAGE_PATH_GLASS_REVIEW
 *                   items: [{id* number* person* app* place* label opened* used why* due* late}]
 */
#ifndef PAGES_PAGES_H
#define PAGES_PAGES_H

#include "base/buf.h"
#include "pages/i18n.h"

#include <jansson.h>

#define PAGE_PATH_SIGN_OUT     "/sign-out"
#define PAGE_PATH_LANGUAGE     "/language"
#define PAGE_PATH_GLASS        "/break-glass"
#define PAGE_PATH_GLASS_CLOSE  "/break-glass/close"
#define PAGE_PATH_GLASS_MINE   "/break-glass/mine"
#define PAGE_PATH_GLASS_REVIEW "/break-glass/review"

enum { PAGE_MAX = 256 * 1024 }; /* bytes; a good maximum for the buffer of pages_render() */

struct pages; /* every template, parsed; immutable: any number of threads may share it */

/* ORGANISATION: shown on each page, copied. Parses all templates, so that a bad one stops the
 * start and not a carer; i18n_init() comes first. The caller owns *out. Errors: NO_MEMORY, BAD_UTF8,
 * BUG (a template is wrong). */
NODISCARD err_t pages_new(const char *organisation, struct pages **out);
void pages_free(struct pages *p); /* NULL is fine */

/* Appends the whole document to OUT. DATA is only read. Errors: BUG (no such page, a member of its
 * contract is missing or of the wrong type, an unknown error or reason), NO_MEMORY, TOO_LARGE. */
NODISCARD err_t pages_render(const struct pages *p, enum lang lang, const char *name,
                             const json_t *data, struct buf *out);

/* A file the pages refer to. Its path carries a hash of its content: serve it with
 * "Cache-Control: public, max-age=31536000, immutable". */
struct page_asset {
    const char *path; /* "/assets/style-1f3a….css" */
    const char *type; /* for Content-Type */
    struct str body;  /* static */
};

/* The assets, `*count` of them; borrowed from P. */
const struct page_asset *pages_assets(const struct pages *p, size_t *count);
/* The asset at PATH, borrowed from P, or NULL. */
const struct page_asset *pages_asset(const struct pages *p, struct str path);

#endif
