/* template.h - auto-escaping page templates, close to Mustache.
 *
 *   {{name}}  {{a.b}}  {{.}}     the value, escaped for where it stands; nothing when absent
 *   {{name|filter}}              filters of an instant: instant, day (i18n.h), lastday (the
 *                                day of the second before: the last day of what ends then);
 *                                of seconds: duration; of text: group4 ("ABCD EFGH"), initial
 *   {{#name}} … {{/name}}        once for a true value, for each element of an array; inside an
 *                                object its members are found first. Absent, null, false, 0, ""
 *                                and [] are not true
 *   {{^name}} … {{/name}}        when {{#name}} would draw nothing
 *   {{>partial}}                 another template; {{>*}} in a layout: the template being drawn
 *   {{_ Text with %(name)s}}     translated, then filled: %(name|filter)s, %% for a per cent sign
 *   {{{qr_svg}}}                 as it is: only names of a list in template.c, and only members of
 *                                the view, which our code makes, never of its data
 *   {{! comment }}
 *
 * A value may stand in an element's text or in a double-quoted attribute; in href, src or action it
 * must be the whole attribute and is checked (html.h). Everything is parsed and looked up once, by
 * tpl_set_new(); a set is immutable afterwards and may be shared by any number of threads.
 */
#ifndef PAGES_TEMPLATE_H
#define PAGES_TEMPLATE_H

#include "base/buf.h"
#include "pages/i18n.h"

#include <jansson.h>

enum {
    TPL_FILE_MAX = 64 * 1024, /* bytes of one template */
    TPL_DEPTH_MAX = 16,       /* sections and partials inside one another */
    TPL_NAME_MAX = 64,        /* bytes of a dotted name */
};

struct tpl_set; /* opaque */

struct tpl_source {
    struct str name; /* as partials call it, e.g. "login" */
    struct str text;
};

/* What stopped tpl_set_new(), for the developer who wrote the template. */
struct tpl_fault {
    struct str name;  /* that source's name; empty when memory ran out */
    int line;         /* from 1 */
    const char *what; /* static text */
};

/* Copies what it needs of the sources. The caller owns *out. *fault is written on failure only.
 * Errors: NO_MEMORY, BUG (a template is wrong; fault says which and why). */
NODISCARD err_t tpl_set_new(const struct tpl_source *sources, size_t count, struct tpl_set **out,
                            struct tpl_fault *fault);
void tpl_set_free(struct tpl_set *set); /* NULL is fine */

struct tpl_view {
    enum lang lang;
    const json_t *base; /* object: what every page has; found last; may be NULL */
    const json_t *data; /* object; may be NULL */
    const char *body;   /* the template that {{>*}} draws; NULL: nothing */
    struct str qr_svg;  /* from pages_qr_svg(): drawn as it is */
};

/* Appends the template NAME to OUT. Errors: BUG (no such template, nested too deep), NO_MEMORY,
 * TOO_LARGE. */
NODISCARD err_t tpl_render(const struct tpl_set *set, const char *name, const struct tpl_view *view,
                           struct buf *out);

#endif
