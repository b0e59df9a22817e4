/* events.h - the table of kinds behind JOURNAL_EVENTS. Private to idp/journal. */
#ifndef JOURNAL_EVENTS_H
#define JOURNAL_EVENTS_H

#include "journal/journal.h"

struct journal_kind {
    const char *name, *french;
    unsigned needs;   /* NEED_… */
    const char *data; /* required keys, separated by spaces */
};
const struct journal_kind *journal_kind_of(enum journal_event event); /* NULL: no such kind */

#endif
