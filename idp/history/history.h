/* history.h - the past as it was recorded: the rules in force, and each person's assignments.
 *
 * The directory knows today only. Every time the rules or a person differ from what was recorded last,
 * the recorder (recorder.h) writes what they are now, with the instant at which it saw it. Rules are
 * kept as the lines of engine/model_text.h, each with the time it was in force, so that a change costs
 * the lines it touches; persons as one row a version: id, login, whether active, assignments. No
 * name, no second factor, nothing else of anybody.
 *
 * Recording is idempotent: what is already the latest is not recorded again, by this node or another
 * on the same database. Instants are seconds, UTC, and never go back: when the clock does, a change is
 * dated one second after the one before. A version holds for [since, ended[.
 *
 * Errors of every function besides those it names: STATE_DOWN, STATE_BROKEN (what is there is not what
 * was recorded), NO_MEMORY. All run inside state_write() (record, purge) or state_read().
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "directory/directory.h"
#include "state/state.h"
#include "token/hash.h"

/* From when on the past can be told; INT64_MAX: nothing was recorded yet. Ask before reading, to say
 * "nothing is recorded before …" rather than to answer from half of it. */
struct history_span {
    int64_t rules_from;
    int64_t people_from; /* when everybody had been recorded for the first time */
};
NODISCARD err_t history_span(struct state_tx *tx, struct history_span *out);

/* ---- reading: the same shapes as directory.h, so that a command only changes its source ---- */

/* Fills M with the rules that were in force at AT, and checks them against their digest.
 * Errors: NOT_FOUND (AT is before rules_from), those of engine/model.h. */
NODISCARD err_t history_load_model(struct state_tx *tx, int64_t at, struct model *m);

/* As they were at AT: id, login, active and assignments; the rest is empty. A person who was not
 * there then is NOT_FOUND. A login is compared without regard to ASCII case. */
NODISCARD err_t history_person_by_id(struct state_tx *tx, struct arena *a, int64_t at,
                                     struct str id, struct dir_person *out);
NODISCARD err_t history_person_by_login(struct state_tx *tx, struct arena *a, int64_t at,
                                        struct str login, struct dir_person *out);

/* Everybody as of AT, as directory_each_person() tells them: persons first, then assignments. */
NODISCARD err_t history_each_person(struct state_tx *tx, int64_t at, const struct dir_each *to);

/* A time during which nobody was watching: what changed in it is dated at its end, or later. FN is
 * told each that touches [from, until[, oldest first. */
typedef err_t history_gap_fn(void *ctx, int64_t since, int64_t ended);
NODISCARD err_t history_gaps(struct state_tx *tx, int64_t from, int64_t until, history_gap_fn *fn,
                             void *ctx);

/* ---- recording ---- */

struct history_rules {
    const struct str *lines; /* of model_lines() */
    size_t count;
    unsigned char digest[SHA256_LEN]; /* of the lines, each followed by a line feed */
};
/* Borrows LINES. Errors: CRYPTO, TOO_LARGE. */
NODISCARD err_t history_rules_of(const struct str *lines, size_t count, struct history_rules *out);
/* Writes a version and a journal record `rules_changed` unless DIGEST is the latest one's; *recorded
 * (may be NULL) tells. */
NODISCARD err_t history_record_rules(struct state_tx *tx, const struct history_rules *rules,
                                     int64_t now, bool *recorded);
/* Is DIGEST the latest one's? */
NODISCARD err_t history_has_rules(struct state_tx *tx, const unsigned char digest[SHA256_LEN],
                                  bool *out);

/* P NULL: ID is not in the directory (any more). *recorded (may be NULL): something was written. */
NODISCARD err_t history_record_person(struct state_tx *tx, struct str id,
                                      const struct dir_person *p, int64_t now, bool *recorded);

/* Nobody was watching for longer than this, in seconds: a gap is noted. */
enum { HISTORY_GAP_S = 300 };
/* The watch hears changes at NOW: to be told once a minute. */
NODISCARD err_t history_note_seen(struct state_tx *tx, int64_t now);
/* Everybody has been compared at NOW: the past can be told from then on. Notes a gap when the watch
 * was not known to hear anything for HISTORY_GAP_S before. */
NODISCARD err_t history_note_complete(struct state_tx *tx, int64_t now);

/* Deletes what ended at BEFORE or earlier, at most LIMIT rows of each kind; *deleted counts them. */
NODISCARD err_t history_purge(struct state_tx *tx, int64_t before, int64_t limit, int64_t *deleted);

#endif
