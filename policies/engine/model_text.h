/* model_text.h - a model as lines of text, and back: for what is recorded, compared and hashed.
 *
 *   grant<TAB>IDE<TAB>DUI.PROJET<TAB>lire|creer<TAB>etab<TAB>2f
 *
 * One line a definition: its sort, then its members in the order of engine/model.h without ORIGIN,
 * separated by a tab. A backslash, tab or line feed in a text is written \\, \t, \n; an instant is a
 * decimal number, empty for MODEL_ALWAYS and MODEL_EVER. Empty members at the end are left out, so
 * that a member added later changes no line that lacks it.
 *
 * Lines come sorted by bytes, each once: the same rules give the same lines, in whatever order they
 * were added. A line is never renamed nor reused: recorded history is read with it for years.
 */
#ifndef ENGINE_MODEL_TEXT_H
#define ENGINE_MODEL_TEXT_H

#include "base/arena.h"
#include "engine/model.h"

/* *lines and what it holds live in the arena. Errors: NO_MEMORY (arena). */
NODISCARD err_t model_lines(const struct model *m, struct arena *a, const struct str **lines,
                            size_t *count);

/* Adds the definition that LINE (without its line feed) states; A is used while it works. Any line
 * of model_lines() is accepted. Errors: MALFORMED, those of model_add_…(). */
NODISCARD err_t model_add_line(struct model *m, struct arena *a, struct str line);

#endif
