/* html.h - what a template may say, checked while it is parsed, and how a value is escaped.
 *
 * A template is ours, but a slip in one is a hole in all pages: so the parser follows the HTML just
 * far enough to know where each tag stands, and refuses what would make escaping insufficient
 * (unquoted or single-quoted attribute values, comments, scripts, styles, on… handlers) or what our
 * Content-Security-Policy would refuse anyway. It is no HTML validator.
 */
#ifndef PAGES_HTML_H
#define PAGES_HTML_H

#include "base/buf.h"

enum html_place {
    HTML_TEXT,     /* between elements: a value is escaped text */
    HTML_TAG,      /* inside <…>, outside a value: only sections may stand here */
    HTML_ATTR,     /* inside "…": a value is escaped text */
    HTML_URL,      /* at the start of the value of href, src, action…: a value is a checked URL */
    HTML_URL_REST, /* further on in such a value: no value may stand here */
};

enum { HTML_NAME_MAX = 24 }; /* bytes of an element's or attribute's name */

/* Where the template stands after the text so far. Zero is the beginning of a document. */
struct html_cursor {
    enum html_place place;
    bool in_name;             /* inside the element's name, just after "<" */
    bool want_quote;          /* after "=" */
    bool url;                 /* the attribute being read holds a URL */
    char name[HTML_NAME_MAX]; /* the name being read, lower case */
    size_t name_len;
};

/* Moves C over TEXT. NULL when all is well, or what is wrong, for a developer (static text), and
 * *where, the byte of TEXT at which it is; *where is written on failure only. */
const char *html_follow(struct html_cursor *c, struct str text, size_t *where);

/* Appends S with & < > " ' escaped and control characters, which HTML forbids, replaced by U+FFFD:
 * harmless in an element's text and in a quoted attribute. */
void html_text(struct buf *out, struct str s);

/* Appends S, escaped, if it is a URL we may link to: a path of this site ("/…", not "//…") or an
 * absolute https:, http: or otpauth: URL. Appends "#" otherwise: never "javascript:". */
void html_url(struct buf *out, struct str s);

#endif
