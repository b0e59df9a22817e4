/* glass.h - break-glass: opening an emergency access, closing one's own, reviewing those of others.
 *
 *   GET  /break-glass?client_id=&structure=[&resource=][&instance=][&label=][&owner=]
 *   POST /break-glass          the same fields, csrf, reason
 *   GET  /break-glass/mine     POST /break-glass/close (id, csrf)
 *   GET  /break-glass/review   POST /break-glass/review (id, verdict, comment, csrf)
 *
 * Who may is decided by the engine: the application's break-glass (directory_emergencies()) names the
 * right that opens and the right that reviews. Opening asks for a second factor of the last
 * GLASS_FRESH_S, and is written with its journal record and its mails in one transaction.
 */
#ifndef GLASS_GLASS_H
#define GLASS_GLASS_H

#include "http/http.h"

enum {
    GLASS_FRESH_S = 15 * 60,  /* age of the second factor when the page is shown */
    GLASS_TYPING_S = 10 * 60, /* time to write the reason */
    GLASS_REASON_MIN = 10,    /* characters */
    GLASS_DAILY = 3,          /* openings of one person in 24 hours */
};

extern const struct http_route glass_routes[];
extern const size_t glass_route_count;

#endif
