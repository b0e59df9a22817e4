/* pages_table.h - the contracts of pages.h as data, checked before a page is drawn. */
#ifndef PAGES_PAGES_TABLE_H
#define PAGES_PAGES_TABLE_H

#include "base/err.h"

#include <jansson.h>

struct page {
    const char *name;
    const char *title;   /* msgid; NULL: page_title() finds it */
    const char *members; /* "action:s* wait:i": name, type (s i a), `*` when it must be there */
    const char *errors;  /* what `error` may be, space separated; NULL: none */
    const char *reasons; /* what `reason` may be */
    const char *shape;   /* class of <main> */
    bool entering;       /* shows the application being entered */
};

extern const struct page page_table[]; /* ends with a NULL name */

const struct page *page_find(const char *name); /* NULL: none */
/* Errors: BUG. */
NODISCARD err_t page_check(const struct page *page, const json_t *data);
/* What an HTTP status means to a person: "not_found", "forbidden", "request", "internal". */
const char *page_error_kind(json_int_t status);
const char *page_title(const struct page *page, const json_t *data); /* msgid */

#endif
