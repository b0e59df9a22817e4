/* template_tree.h - a parsed template; for template.c, which makes it, and template_render.c. */
#ifndef PAGES_TEMPLATE_TREE_H
#define PAGES_TEMPLATE_TREE_H

#include "base/arena.h"
#include "pages/html.h"
#include "pages/template.h"

enum tpl_kind {
    TPL_TEXT,     /* text: as it is */
    TPL_VALUE,    /* text: name[|filter], escaped */
    TPL_URL,      /* text: name, checked as a URL */
    TPL_RAW,      /* text: "qr_svg" */
    TPL_SECTION,  /* text: name; the nodes up to `end` are inside */
    TPL_INVERTED, /* the same, drawn when the section is not */
    TPL_PARTIAL,  /* target */
    TPL_BODY,     /* the template of the view */
    TPL_MESSAGE,  /* translated */
};

struct tpl_node {
    enum tpl_kind kind;
    struct str text;
    size_t end;                         /* sections: index of the first node after it */
    const struct tpl *target;           /* partials */
    const char *translated[LANG_COUNT]; /* messages */
};

struct tpl {
    struct str name;
    struct tpl_node *nodes;
    size_t count;
};

struct tpl_set {
    struct arena *arena; /* everything below lives in it */
    struct tpl *templates;
    size_t count;
};

const struct tpl *tpl_find(const struct tpl_set *set, struct str name); /* NULL: none */

#endif
