/* residents.h - the fictitious residents, from one file, and the transmissions written about them.
 *
 * The file (residents.json) is read once and does not change; transmissions added while the program
 * runs stay in memory and are gone with it. Any number of threads.
 */
#ifndef DUI_RESIDENTS_H
#define DUI_RESIDENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct residents;

enum { NOTE_MAX = 2000, NOTES_MAX = 100 }; /* bytes of a text; added ones kept for a resident */

/* False when the file cannot be read or lacks a member; WHY gets a line about it. */
bool residents_load(const char *path, struct residents **out, char why[200]);
void residents_free(struct residents *r); /* NULL is fine */

size_t residents_count(const struct residents *r);
const json_t *residents_at(const struct residents *r, size_t i);
/* NULL when there is none of that id. Borrowed, like all that follows. */
const json_t *residents_find(const struct residents *r, const char *id);
/* A text member of an object; "" when absent. */
const char *text_of(const json_t *object, const char *name);
/* {code, label, establishment, establishment_label} of a structure; NULL when unknown. */
const json_t *residents_structure(const struct residents *r, const char *code);
const json_t *residents_structure_at(const struct residents *r, size_t i); /* NULL: the end */

/* Is the resident followed by whoever has this login name or one of these profile codes? */
bool resident_followed_by(const json_t *resident, const char *name);

/* The tutor of that login name or profile code; "" when there is none. */
const char *residents_tutor(const struct residents *r, const char *name);

struct note {
    const char *when, *author, *target, *text;
};
typedef void note_fn(void *arg, const struct note *note);
/* Newest first: those added, then those of the file. */
void residents_each_note(struct residents *r, const json_t *resident, note_fn *fn, void *arg);
/* Copies. False when there is no memory. */
bool residents_add_note(struct residents *r, const json_t *resident, const struct note *note);

#endif
