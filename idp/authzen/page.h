/* page.h - a place in a list of results: bound to the request, its client and the rules.
 *
 * On the wire 75 characters of base64url at most: version, digest of all that, limit, and the id or
 * number after which the next page begins. It proves nothing and gives nothing: a forged one is a wrong
 * place in one's own list.
 */
#ifndef AUTHZEN_PAGE_H
#define AUTHZEN_PAGE_H

#include "authzen/query.h"

struct page {
    size_t limit;
    struct str after; /* empty: the first page */
};

/* NULL, or what is wrong with `page` of the body. AFTER lives in the arena. Errors: NO_MEMORY, CRYPTO. */
NODISCARD err_t page_read(struct query *c, struct page *out, const char **wrong);

struct page_end {
    struct str last; /* of this page's results: where the next page begins after */
    bool more;
    size_t count, total; /* of this page; of all */
};

/* The member `page` of an answer: next_token (empty after the last page), count, total. */
NODISCARD err_t page_write(struct query *c, const struct page *page, const struct page_end *end,
                           struct buf *b);

#endif
