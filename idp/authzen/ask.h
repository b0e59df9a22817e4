/* ask.h - the body of a call, read and checked; nothing here knows what it means.
 *
 *   {"subject": {"type": "person", "id": "…", "properties": {…}}, "action": {"name": "lire"},
 *    "resource": {"type": "DUI.PROJET", "id": "…", "properties": {…}}, "context": {…}}
 *
 * Members that are not known are ignored at every level. All texts are borrowed from the JSON value.
 */
#ifndef AUTHZEN_ASK_H
#define AUTHZEN_ASK_H

#include "base/str.h"

#include <jansson.h>

struct ask_entity {
    struct str type, id;      /* id empty when the shape does not ask for one */
    const json_t *properties; /* an object, or NULL */
};

struct ask {
    struct ask_entity subject, resource;
    struct str action;               /* empty in an action search */
    const json_t *action_properties; /* an object, or NULL */
    const json_t *context;           /* an object, or NULL */
};

enum ask_shape { ASK_EVALUATION, ASK_SUBJECTS, ASK_RESOURCES, ASK_ACTIONS };

/* The members as they stand, NULL when absent: those of an item may come from the defaults. */
struct ask_members {
    const json_t *subject, *action, *resource, *context;
};
struct ask_members ask_members_of(const json_t *object);

/* NULL, or what is wrong with it: static text for the caller's developer. */
const char *ask_read(const struct ask_members *m, enum ask_shape shape, struct ask *out);

/* ---- several at once ---- */

enum ask_semantic { ASK_ALL, ASK_UNTIL_DENY, ASK_UNTIL_PERMIT };

enum { ASK_ITEMS_MAX = 1000 };

struct ask_batch {
    const json_t *items; /* NULL: the body is a single evaluation */
    size_t count;
    struct ask_members defaults;
    enum ask_semantic semantic;
};
/* Items are not looked at. */
const char *ask_batch_read(const json_t *body, struct ask_batch *out);
/* Item I with the defaults (an entity replaces the default whole). */
const char *ask_item_read(const struct ask_batch *b, size_t i, struct ask *out);

/* ---- pages ---- */

struct ask_page {
    struct str token; /* empty: the first page */
    size_t limit;     /* 0: not said */
};
enum { ASK_LIMIT_MAX = 1000 };
const char *ask_page_read(const json_t *body, struct ask_page *out);

/* ---- members ---- */

/* The member NAME of OBJECT (which may be NULL). */
const json_t *ask_member(const json_t *object, const char *name);
/* Its text; ptr NULL when it is not a string. */
struct str ask_text(const json_t *value);

#endif
