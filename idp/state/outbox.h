/* outbox.h - mail to be sent, written in the transaction of what it tells of.
 *
 * A row goes when the mail server has taken the mail, and after OUTBOX_KEEP_S in any case. A crash
 * between the two sends a mail twice, with the same Message-ID: never none. The id of the row is the
 * left half of that Message-ID. Texts are data: idp/mail makes headers of them and refuses what is no
 * header.
 */
#ifndef STATE_OUTBOX_H
#define STATE_OUTBOX_H

#include "base/rng.h"
#include "state/state.h"

enum {
    OUTBOX_KEEP_S = 14 * 86400,
    OUTBOX_BATCH_MAX = 50,
    OUTBOX_RECIPIENT_MAX = 254, /* bytes (RFC 5321 section 4.5.3.1.3, without the brackets) */
    OUTBOX_SUBJECT_MAX = 200,
    OUTBOX_BODY_MAX = 8 * 1024,
};

struct outbox_mail {
    struct str id; /* UUID */
    struct str recipient, subject, body;
    int64_t created;  /* seconds, UTC */
    int64_t attempts; /* that failed */
};
struct outbox_mails {
    struct outbox_mail *list;
    size_t count;
};

/* Reads recipient, subject and body. Errors: MALFORMED (a control character; lines are for the body
 * alone), TOO_LARGE, BUG (an empty text). */
NODISCARD err_t outbox_add(struct state_tx *tx, const struct outbox_mail *mail, int64_t now);
/* Those due, longest waiting first, at most OUTBOX_BATCH_MAX. */
NODISCARD err_t outbox_due(struct state_tx *tx, struct arena *a, int64_t now,
                           struct outbox_mails *out);
NODISCARD err_t outbox_sent(struct state_tx *tx, struct str id); /* gone already is OK */
/* Not taken: try again at DUE. */
NODISCARD err_t outbox_later(struct state_tx *tx, struct str id, int64_t due);
/* How long to wait after so many failures: 30 s, doubling, at most an hour. */
int64_t outbox_delay(int64_t failures);
NODISCARD err_t outbox_count(struct state_tx *tx, int64_t *out);

#endif
