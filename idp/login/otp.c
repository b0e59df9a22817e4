#include "login/otp.h"

#include "base/enc.h"
#include "base/rng.h"
#include "base/secret.h"

#include <liboath/oath.h>

enum { LABEL_MAX = 64, SEED_MIN = 16, SEED_MAX = 64, WINDOW = 1, TYPED_MAX = 16 };

err_t otp_init(void) { return oath_init() == OATH_OK ? ERR(OK) : ERR(LIBRARY); }
void otp_done(void) { (void)oath_done(); }

void otp_seed_new(unsigned char seed[OTP_SEED_LEN]) { rng_fill(seed, OTP_SEED_LEN); }

/* --- the URI --- */

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Percent-encodes all but the unreserved characters of RFC 3986 section 2.3. */
static struct str encode(struct str s, char out[3 * LABEL_MAX])
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        if (is_unreserved(s.ptr[i])) {
            out[n++] = s.ptr[i];
            continue;
        }
        out[n++] = '%';
        out[n++] = hex[byte >> 4];
        out[n++] = hex[byte & 0x0F];
    }
    return str_from(out, n);
}

static bool is_label(struct str s)
{
    return s.len > 0 && s.len <= LABEL_MAX && str_is_printable(s) && !str_has_char(s, ':');
}

err_t otp_uri(struct arena *a, struct str issuer, struct str account,
              const unsigned char seed[OTP_SEED_LEN], struct str *out)
{
    char issuer_text[3 * LABEL_MAX], account_text[3 * LABEL_MAX], secret[BASE32_LEN(OTP_SEED_LEN)];
    if (!is_label(issuer) || !is_label(account))
        return ERR(MALFORMED);
    struct str i = encode(issuer, issuer_text), n = encode(account, account_text);
    base32_encode(secret, seed, OTP_SEED_LEN);
    err_t e = arena_printf(a, out,
                           "otpauth://totp/%.*s:%.*s?secret=%.*s&issuer=%.*s&algorithm=SHA1"
                           "&digits=%d&period=%d",
                           STR_ARG(i), STR_ARG(n), (int)sizeof secret, secret, STR_ARG(i),
                           OTP_DIGITS, OTP_STEP_S);
    wipe(secret, sizeof secret);
    return e;
}

/* --- verifying --- */

/* Six digits, with the spaces people type between the halves. */
static bool read_code(struct str code, char out[OTP_DIGITS + 1])
{
    size_t n = 0;
    if (code.len > TYPED_MAX)
        return false;
    for (size_t i = 0; i < code.len; i++) {
        if (code.ptr[i] == ' ')
            continue;
        if (code.ptr[i] < '0' || code.ptr[i] > '9' || n == OTP_DIGITS)
            return false;
        out[n++] = code.ptr[i];
    }
    out[n] = '\0';
    return n == OTP_DIGITS;
}

/* The plain return value of oath_totp_validate*() does not say which neighbour matched: 1 is
 * either. The third form gives the absolute counter, which is what has to be spent. A look-ahead of
 * one step is symmetric in this library: before and after. */
err_t otp_verify(struct str seed, struct str code, int64_t now, int64_t *step)
{
    char typed[OTP_DIGITS + 1];
    int position = 0;
    uint64_t counter = 0;
    if (seed.len < SEED_MIN || seed.len > SEED_MAX || now < OTP_STEP_S)
        return ERR(BUG);
    if (!read_code(code, typed))
        return ERR(BAD_CODE);
    int rc = oath_totp_validate3(seed.ptr, seed.len, (time_t)now, OTP_STEP_S, 0, WINDOW, &position,
                                 &counter, typed);
    wipe(typed, sizeof typed);
    if (rc == OATH_INVALID_OTP)
        return ERR(BAD_CODE);
    if (rc < 0)
        return ERR(LIBRARY);
    *step = (int64_t)counter;
    return ERR(OK);
}
