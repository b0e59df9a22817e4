/* otp.h - time-based one-time passwords (RFC 6238): SHA-1, 6 digits, steps of 30 seconds.
 *
 * These are the parameters that every authenticator application understands. The step before and
 * the step after the current one are accepted (RFC 6238 section 5.2), no more. Verifying does not
 * spend: give the step to otp_spend() (state/spent.h) in the transaction that lets the person in.
 */
#ifndef LOGIN_OTP_H
#define LOGIN_OTP_H

#include "base/arena.h"

enum {
    OTP_SEED_LEN = 20, /* bytes: the output of SHA-1 (RFC 4226 section 4, R6 recommends 160 bits) */
    OTP_DIGITS = 6,
    OTP_STEP_S = 30,
};

/* liboath's own initialisation; once, before threads. Errors: LIBRARY. */
NODISCARD err_t otp_init(void);
void otp_done(void);

void otp_seed_new(unsigned char seed[OTP_SEED_LEN]); /* wipe it after use */

/* "otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30", everything
 * that comes from outside percent-encoded. ISSUER and ACCOUNT: UTF-8, not empty, at most 64 bytes;
 * a colon is refused, it separates them. Errors: MALFORMED, NO_MEMORY. */
NODISCARD err_t otp_uri(struct arena *a, struct str issuer, struct str account,
                        const unsigned char seed[OTP_SEED_LEN], struct str *out);

/* CODE as typed: spaces are ignored ("123 456"). *step is the absolute step that matched
 * (seconds / 30). Errors: BAD_CODE (also for anything that is not six digits), LIBRARY, BUG (seed
 * shorter than 16 bytes or longer than 64). On failure *step is untouched. */
NODISCARD err_t otp_verify(struct str seed, struct str code, int64_t now, int64_t *step);

#endif
