/* log.h - the one logging call: JSON lines on standard error, for journald or a terminal.
 *
 *   log_event(LOG_WARNING, "directory.down", LOG_STR("uri", uri), LOG_ERR(e));
 *   {"time":"2026-11-24T15:55:00Z","level":"warning","event":"directory.down","uri":"…",…}
 *
 * Logged once, by the edge that knows the context (HTTP handler, job, program); libraries return
 * errors instead. Never a secret or a token: a token is named by log_digest(). One line is at most 4 KiB (cut
 * values end in "…"); lines of different threads never mix. This is not the journal, which is the
 * audit trail and lives in idp/journal.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *key; /* NULL ends the list */
    enum { LOG_KIND_STR, LOG_KIND_INT } kind;
    struct str text;
    int64_t number;
};

#define LOG_STR(k, s)  ((struct log_field){ k, LOG_KIND_STR, s, 0 })
#define LOG_TEXT(k, c) ((struct log_field){ k, LOG_KIND_STR, str_of(c), 0 })
#define LOG_INT(k, n)  ((struct log_field){ k, LOG_KIND_INT, { 0, 0 }, n })
#define LOG_ERR(e)     ((struct log_field){ "error", LOG_KIND_STR, str_of(err_name(e)), 0 })

#define log_event(level, event, ...) \
    log_fields(level, event, (const struct log_field[]){ __VA_ARGS__, { 0 } })

void log_fields(enum log_level level, const char *event, const struct log_field *fields);
void log_set_level(enum log_level least); /* before threads start */

#endif
