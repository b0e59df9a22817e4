/* charter_text.h - the text of the charter, plain as it is written in a file, as blocks to draw. */
#ifndef PAGES_CHARTER_TEXT_H
#define PAGES_CHARTER_TEXT_H

#include "base/str.h"

#include <jansson.h>

/* Empty lines part paragraphs; a line that begins with "# " is a heading, with "- " an item of a
 * list. Gives [{"heading": "…"} | {"paragraph": "…"} | {"items": {"list": ["…"]}}], which the
 * caller owns, or NULL without memory or when TEXT is not UTF-8. */
json_t *charter_blocks(struct str text);

#endif
