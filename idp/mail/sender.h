/* sender.h - sends what waits in the outbox (state/outbox.h), on a thread of its own.
 *
 * At least once: a mail leaves the outbox after the server took it, so a crash between the two sends it
 * again, with the same Message-ID. What is not taken is tried again after 30 s, then twice as long each
 * time, at most an hour. Without a server the outbox keeps (OUTBOX_KEEP_S), and the log says so.
 *
 * SMTP (RFC 5321) by libcurl. `smtp://` to another host than loopback must offer STARTTLS, whose
 * certificate is checked, or nothing is sent.
 */
#ifndef MAIL_SENDER_H
#define MAIL_SENDER_H

#include "base/err.h"

struct config;
struct state;
struct sender; /* opaque */

/* Borrows both. Starts also when no server is configured. Errors: CONFIG (mail.from is no address, the
 * password file), LIBRARY, NO_MEMORY. */
NODISCARD err_t sender_start(const struct config *config, struct state *st, struct sender **out);
void sender_stop(struct sender *s); /* gives up what is under way; NULL is fine */
void sender_wake(struct sender *s); /* there is something new; NULL is fine */

#endif
