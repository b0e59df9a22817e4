/* node.h - a YAML text as a tree of what it says, with where it says it. Internal to this folder.
 *
 * Comments belong to the line after them (to their own when something stands before them there): to
 * the key, or to the item of a list, that the line begins with.
 */
#ifndef CATALOGUE_NODE_H
#define CATALOGUE_NODE_H

#include "catalogue/catalogue.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool quoted;           /* scalars */
    uint32_t line, column; /* of its first character, from 1 */
    uint32_t last_line;    /* of its last one */
    struct str text;       /* scalars */
    struct node **items;   /* lists: items; maps: key, value, key, value… */
    size_t count, cap;     /* of items, keys and values alike */
    struct str *comments;  /* without line ends, as written: "# …" */
    size_t comment_count;
};

/* A comment, or what is to be attached to a line. */
struct comment {
    uint32_t line;
    struct str text;
};
struct comments {
    struct comment *list;
    size_t count, cap;
};

struct document {
    const char *name;         /* of the file, for messages */
    struct node *root;        /* NULL: an empty file */
    struct comments comments; /* all of them, in order */
};

/* Parses TEXT, which must outlive the document. Errors: MALFORMED (told in P), NO_MEMORY. */
NODISCARD err_t node_parse(struct arena *a, const char *name, struct str text,
                           struct cat_problems *p, struct document *out);

static inline struct cat_place node_place(const struct document *d, const struct node *n)
{
    return (struct cat_place){ d->name, n->line, n->column };
}

/* The value of a key of a map, or NULL. */
const struct node *node_get(const struct node *map, const char *key);

/* LIST grown by doubling in the arena when COUNT has reached *CAP. NULL: no memory. */
void *cat_grown(struct arena *a, void *list, size_t count, size_t *cap, size_t size);

#endif
