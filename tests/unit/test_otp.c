/* idp/login/otp: one-time passwords (RFC 6238) as every authenticator application makes them. */
#include "base/secret.h"
#include "login/otp.h"
#include "support/suite.h"

#include <string.h>

/* RFC 6238 appendix B: the ASCII secret of the SHA-1 rows. */
#define RFC_SEED STR("12345678901234567890")

static const struct {
    const char *name, *code;
    int64_t now;
    err_t want;
    int64_t step;
} rows[] = {
    /* Appendix B lists eight digits; six digits are the last six of them (RFC 4226 section 5.3). */
    { "appendix B, 59", "287082", 59, { ERR_OK }, 1 },
    { "appendix B, 1111111109", "081804", 1111111109, { ERR_OK }, 0x23523EC },
    { "appendix B, 1111111111", "050471", 1111111111, { ERR_OK }, 0x23523ED },
    { "appendix B, 1234567890", "005924", 1234567890, { ERR_OK }, 0x273EF07 },
    { "appendix B, 2000000000", "279037", 2000000000, { ERR_OK }, 0x3F940AA },
    { "appendix B, 20000000000", "353130", 20000000000, { ERR_OK }, 0x27BC86AA },
    { "the step before, told apart from the one after",
      "081804",
      1111111111,
      { ERR_OK },
      0x23523EC },
    { "the step after", "050471", 1111111109, { ERR_OK }, 0x23523ED },
    { "last second of the step after", "081804", 0x23523EC * 30LL + 59, { ERR_OK }, 0x23523EC },
    { "two steps late", "081804", 0x23523EC * 30LL + 60, { ERR_BAD_CODE }, -1 },
    { "two steps early", "081804", 0x23523EC * 30LL - 31, { ERR_BAD_CODE }, -1 },
    { "spaces as people type them", " 081 804 ", 1111111109, { ERR_OK }, 0x23523EC },
    { "one digit wrong", "081805", 1111111109, { ERR_BAD_CODE }, -1 },
    { "five digits", "81804", 1111111109, { ERR_BAD_CODE }, -1 },
    { "eight digits", "07081804", 1111111109, { ERR_BAD_CODE }, -1 },
    { "a letter", "08180a", 1111111109, { ERR_BAD_CODE }, -1 },
    { "a sign", "+81804", 1111111109, { ERR_BAD_CODE }, -1 },
    { "only spaces", "      ", 1111111109, { ERR_BAD_CODE }, -1 },
    { "very long", "000000000000000000000000000000081804", 1111111109, { ERR_BAD_CODE }, -1 },
    { "empty", "", 1111111109, { ERR_BAD_CODE }, -1 },
};

START_TEST(verify_table)
{
    int64_t step = -1;
    err_t e = otp_verify(RFC_SEED, str_of(rows[_i].code), rows[_i].now, &step);
    ck_assert_msg(e.code == rows[_i].want.code, "%s: got %s", rows[_i].name, err_name(e));
    ck_assert_msg(step == rows[_i].step, "%s: step %lld", rows[_i].name, (long long)step);
}
END_TEST

/* RFC 4226 section 4, R6: at least 128 bits. */
START_TEST(seed_bounds)
{
    int64_t step = -1;
    ck_assert_err(otp_verify(STR("123456789012345"), STR("287082"), 59, &step), BUG);
    ck_assert_err(otp_verify(STR(""), STR("287082"), 59, &step), BUG);
    ck_assert_int_eq(step, -1);
}
END_TEST

/* A code made from the seed in the URI is the one that is accepted: the QR code works. */
START_TEST(uri)
{
    struct arena *a = NULL;
    struct str out = { 0 };
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    ck_assert_ok(otp_uri(a, STR("Foyer d’Oust & Cie"), STR("zoé@mas"),
                         (const unsigned char *)RFC_SEED.ptr, &out));
    ck_assert_str_is(out, "otpauth://totp/Foyer%20d%E2%80%99Oust%20%26%20Cie:zo%C3%A9%40mas"
                          "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                          "&issuer=Foyer%20d%E2%80%99Oust%20%26%20Cie"
                          "&algorithm=SHA1&digits=6&period=30");
    arena_free(a);
}
END_TEST

static const struct {
    const char *name;
    struct str issuer, account;
} bad_labels[] = {
    { "no issuer", STR_INIT(""), STR_INIT("zoe") },
    { "no account", STR_INIT("MAS"), STR_INIT("") },
    { "a colon would move the border", STR_INIT("MAS:x"), STR_INIT("zoe") },
    { "a line end", STR_INIT("MAS"), STR_INIT("zoe\n") },
    { "not UTF-8", STR_INIT("MAS"), STR_INIT("zo\xE9") },
    { "65 bytes", STR_INIT("MAS"),
      STR_INIT("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz") },
};

START_TEST(uri_refuses)
{
    struct arena *a = NULL;
    struct str out = STR("untouched");
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &a));
    err_t e = otp_uri(a, bad_labels[_i].issuer, bad_labels[_i].account,
                      (const unsigned char *)RFC_SEED.ptr, &out);
    ck_assert_msg(e.code == ERR_MALFORMED, "%s: got %s", bad_labels[_i].name, err_name(e));
    ck_assert_str_is(out, "untouched");
    arena_free(a);
}
END_TEST

START_TEST(seeds_differ)
{
    unsigned char a[OTP_SEED_LEN], b[OTP_SEED_LEN];
    otp_seed_new(a);
    otp_seed_new(b);
    ck_assert(!ct_equal(a, b, sizeof a));
}
END_TEST

static void setup(void) { ck_assert_ok(otp_init()); }

int main(void)
{
    TCase *verify = tcase_create("verify");
    TCase *enrol = tcase_create("enrol");
    tcase_add_checked_fixture(verify, setup, otp_done);
    tcase_add_loop_test(verify, verify_table, 0, COUNT(rows));
    tcase_add_test(verify, seed_bounds);
    tcase_add_test(enrol, uri);
    tcase_add_loop_test(enrol, uri_refuses, 0, COUNT(bad_labels));
    tcase_add_test(enrol, seeds_differ);
    return RUN_SUITE("otp", verify, enrol);
}
