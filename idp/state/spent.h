/* spent.h - things that work once: steps of one-time passwords, ids of client assertions. */
#ifndef STATE_SPENT_H
#define STATE_SPENT_H

#include "state/state.h"

enum { OTP_SPENT_KEEP_S = 24 * 3600 }; /* far longer than any step can still be tried */

/* CREDENTIAL is the seed's id, STEP what otp_verify() matched. Of any number of callers with the
 * same pair one gets OK. Errors: CODE_SPENT. */
NODISCARD err_t otp_spend(struct state_tx *tx, struct str credential, int64_t step, int64_t now);

/* RFC 7523 section 3, item 7: JTI of CLIENT, remembered until EXPIRES (that of the assertion, at most
 * one hour ahead is the caller's rule). Errors: REPLAYED. */
NODISCARD err_t jti_spend(struct state_tx *tx, struct str client, struct str jti, int64_t expires);

#endif
