/* fuzz_otp.c - otp_verify(), what somebody typed: whatever is accepted has exactly the six digits of
 * one of three steps, and the step that is named is one of them. First byte even: the digits of the
 * current step are appended, so that the accepting path is walked. */
#include "fuzz/fuzz.h"
#include "login/otp.h"

#include <liboath/oath.h>
#include <string.h>

enum { NOW = 1795535700, TYPED = 64 };

static const struct str seed = STR_INIT("12345678901234567890");

static void digits_of(int64_t step, char out[OTP_DIGITS + 1])
{
    FUZZ_CHECK(oath_hotp_generate(seed.ptr, seed.len, (uint64_t)step, OTP_DIGITS, false,
                                  OATH_HOTP_DYNAMIC_TRUNCATION, out) == OATH_OK);
}

static void check_accepted(struct str typed, int64_t step)
{
    char want[OTP_DIGITS + 1];
    size_t n = 0;
    FUZZ_CHECK(step >= NOW / OTP_STEP_S - 1 && step <= NOW / OTP_STEP_S + 1);
    digits_of(step, want);
    for (size_t i = 0; i < typed.len; i++)
        if (typed.ptr[i] != ' ')
            FUZZ_CHECK(n < OTP_DIGITS && typed.ptr[i] == want[n++]);
    FUZZ_CHECK(n == OTP_DIGITS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char typed[TYPED + OTP_DIGITS + 1];
    int64_t step = -1;
    if (size == 0 || size > TYPED)
        return 0;
    size_t len = size - 1;
    memcpy(typed, data + 1, len);
    if ((data[0] & 1) == 0) {
        digits_of(NOW / OTP_STEP_S, typed + len);
        len += OTP_DIGITS;
    }
    err_t e = otp_verify(seed, str_from(typed, len), NOW, &step);
    FUZZ_CHECK(err_ok(e) || (e.code == ERR_BAD_CODE && step == -1));
    if (err_ok(e))
        check_accepted(str_from(typed, len), step);
    return 0;
}
