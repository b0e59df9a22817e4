/* shape.h - what each sort of file may hold: one table for the reader, the formatter and the schema.
 * Internal to this folder.
 */
#ifndef CATALOGUE_SHAPE_H
#define CATALOGUE_SHAPE_H

#include "catalogue/node.h"

enum shape_kind {
    SHAPE_CODE,   /* [A-Z0-9][A-Z0-9._-]* */
    SHAPE_CHOICE, /* one of CHOICES */
    SHAPE_TEXT,   /* a sentence, on one line */
    SHAPE_NUMBER, /* LEAST to MOST */
    SHAPE_RIGHT,  /* "RESOURCE:action" */
    SHAPE_WORDS,  /* [a, b]: LEAST to MOST of them, each of the kind of ITEM, none twice */
    SHAPE_WORD,   /* [a-z0-9_]*: actions, conditions; "*" where STAR */
    SHAPE_RECORD, /* {key: value, …} of FIELDS */
    SHAPE_TABLE,  /* code: record, … */
    SHAPE_ROWS,   /* - code: record, … : a code may come again */
    SHAPE_LIST,   /* - record, … */
};

/* In which order the canonical form puts the elements. */
enum shape_order { ORDER_BYTES, ORDER_ACTIONS };

struct field;
struct shape {
    enum shape_kind kind;
    bool on_one_line;           /* records, as are those of ROWS and LIST */
    bool star;                  /* WORD: "*" is one, for all */
    enum shape_order order;     /* WORDS */
    int64_t least, most;        /* WORDS, NUMBER */
    const char *choices;        /* CHOICE: separated by spaces */
    const struct shape *item;   /* WORDS; TABLE, ROWS, LIST: the record */
    const struct field *fields; /* RECORD: ends with a NULL name */
    const char *what;           /* TABLE, ROWS, RECORD: "profil", for messages */
};

struct field {
    const char *name;
    const struct shape *shape;
    bool required;
};

/* Of the file of that name; NULL when no file of that name belongs to a catalogue. */
const struct shape *shape_of_file(const char *name);

/* Everything that is not as it should be goes to P. Errors: NO_MEMORY, MALFORMED (told). */
NODISCARD err_t shape_check(struct arena *a, const struct document *d, const struct shape *shape,
                            struct cat_problems *p);

/* Canonical: sorts what has no order of its own, keeps comments by their lines. Errors: NO_MEMORY. */
NODISCARD err_t shape_sort(struct arena *a, struct document *d, const struct shape *shape);

/* Writes the document, which has passed shape_check(). */
struct buf;
void shape_print(const struct document *d, const struct shape *shape, struct buf *out);

/* Actions: `lire` first, then byte order. */
int cat_cmp_actions(struct str a, struct str b);

/* ", vouliez-vous IDE ?", or nothing when none of the COUNT words is near. A word is near when few
 * letters differ (Damerau-Levenshtein), or when its label begins with it (LABELS may be NULL). */
NODISCARD err_t cat_suggestion(struct arena *a, struct str wrong, const struct str *words,
                               const struct str *labels, size_t count, struct str *out);

#endif
