/* web.h - HTTPS for the application, on libmicrohttpd: a few threads, bounded in everything. */
#ifndef DUI_WEB_H
#define DUI_WEB_H

#include "app.h"

struct web_options {
    const char *address;           /* numeric IPv4: "127.0.0.1" */
    unsigned short port;           /* 0: a free one */
    const char *certificate, *key; /* PEM texts: must outlive the server */
};

struct web;
/* NULL when the port is taken or the certificate is no good. */
struct web *web_start(const struct web_options *options, const struct app *app);
unsigned short web_port(const struct web *w);
void web_stop(struct web *w); /* answers what is under way first; NULL is fine */

#endif
