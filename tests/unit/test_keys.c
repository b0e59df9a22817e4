/* idp/keys: the folder of keys, signing, sealing, derivation. */
#include "base/enc.h"
#include "base/secret.h"
#include "keys/keys.h"
#include "keys/seal.h"
#include "support/folder.h"
#include "support/suite.h"
#include "token/jwt.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct folder folder;
static struct arena *arena;

static void setup(void)
{
    folder_make(&folder);
    ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena));
}

static void teardown(void)
{
    arena_free(arena);
    folder_remove(&folder);
}

static err_t open_keys(bool create, struct keys_why *why, struct keys **out)
{
    struct keys_options o = { .dir = folder_file(&folder, "keys"), .create = create };
    return keys_open(&o, why, NULL, out);
}

static struct keys *fresh(void)
{
    struct keys *k = NULL;
    struct keys_why why;
    err_t e = open_keys(true, &why, &k);
    ck_assert_msg(err_ok(e), "%s: %s", err_name(e), why.text);
    return k;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(stat(folder_file(&folder, name), &st), 0);
    return st.st_mode & 0777;
}

/* --- the folder --- */

/* Made once, found again: the same key signs after a restart, and both keys are published. */
START_TEST(created_then_found)
{
    struct keys *first = NULL, *again = NULL;
    struct keys_options o = { .dir = folder_file(&folder, "keys"), .create = true };
    bool created = false;
    ck_assert_ok(keys_open(&o, NULL, &created, &first));
    ck_assert(created);
    ck_assert_int_eq(mode_of("keys"), 0700);
    ck_assert_int_eq(mode_of("keys/signing-1.pem"), 0600);
    ck_assert_int_eq(mode_of("keys/master.key"), 0600);
    ck_assert_int_eq(mode_of("keys/seal-1.key"), 0600);
    ck_assert_ok(open_keys(false, NULL, &again));
    ck_assert(str_eq(keys_jwks(first), keys_jwks(again)));
    ck_assert(str_eq(keys_kid(first), keys_kid(again)));
    ck_assert_uint_eq(jwks_count(keys_public(again)), 2);
    keys_free(first);
    keys_free(again);
}
END_TEST

static void break_mode(void)
{
    ck_assert_int_eq(chmod(folder_file(&folder, "keys/master.key"), 0640), 0);
}
static void break_folder_mode(void)
{
    ck_assert_int_eq(chmod(folder_file(&folder, "keys"), 0750), 0);
}

static void make_link(void)
{
    const char *name = folder_file(&folder, "keys/master.key");
    ck_assert_int_eq(rename(name, folder_file(&folder, "elsewhere")), 0);
    ck_assert_int_eq(symlink("../elsewhere", name), 0);
}

static void make_hard_link(void)
{
    ck_assert_int_eq(link(folder_file(&folder, "keys/seal-1.key"), folder_file(&folder, "copy")),
                     0);
}

static void make_fifo(void)
{
    const char *name = folder_file(&folder, "keys/master.key");
    ck_assert_int_eq(unlink(name), 0);
    ck_assert_int_eq(mkfifo(name, 0600), 0);
}

static void lose_seal(void)
{
    ck_assert_int_eq(unlink(folder_file(&folder, "keys/seal-1.key")), 0);
}
static void lose_master(void)
{
    ck_assert_int_eq(unlink(folder_file(&folder, "keys/master.key")), 0);
}

static void lose_signing(void)
{
    ck_assert_int_eq(unlink(folder_file(&folder, "keys/signing-1.pem")), 0);
    ck_assert_int_eq(unlink(folder_file(&folder, "keys/signing-2.pem")), 0);
}

static void cut_seal(void) { folder_write(&folder, "keys/seal-1.key", "0123456789abcdef\n", 0600); }
static void not_hex(void)
{
    folder_write(&folder, "keys/master.key",
                 "zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0600);
}
static void not_pem(void) { folder_write(&folder, "keys/signing-1.pem", "not a key\n", 0600); }

static void same_twice(void)
{
    char text[4096];
    FILE *in = fopen(folder_file(&folder, "keys/signing-1.pem"), "r");
    ck_assert_ptr_nonnull(in);
    size_t n = fread(text, 1, sizeof text - 1, in);
    text[n] = '\0';
    (void)fclose(in);
    folder_write(&folder, "keys/signing-2.pem", text, 0600);
}

static const struct {
    const char *name;
    void (*damage)(void);
    const char *named; /* must be in the reason given */
} damages[] = {
    { "readable by the group", break_mode, "master.key" },
    { "folder open to the group", break_folder_mode, "keys" },
    { "a symbolic link", make_link, "master.key" },
    { "a second name", make_hard_link, "seal-1.key" },
    { "a FIFO must not hold up the start", make_fifo, "master.key" },
    { "seal key lost: not made anew", lose_seal, "seal" },
    { "master lost: not made anew", lose_master, "master" },
    { "signing keys lost: not made anew", lose_signing, "signing" },
    { "seal key too short", cut_seal, "seal-1.key" },
    { "not hex", not_hex, "master.key" },
    { "not PEM", not_pem, "signing-1.pem" },
    { "one key under two names", same_twice, "signing-2.pem" },
};

/* A folder that is not as it should be is refused, with a reason that names the file. */
START_TEST(damaged_folder)
{
    struct keys *k = fresh();
    struct keys_why why;
    keys_free(k);
    damages[_i].damage();
    k = NULL;
    err_t e = open_keys(true, &why, &k);
    ck_assert_msg(e.code == ERR_CONFIG, "%s: got %s", damages[_i].name, err_name(e));
    ck_assert_msg(strstr(why.text, damages[_i].named) != NULL, "%s: %s", damages[_i].name,
                  why.text);
    ck_assert_ptr_null(k);
}
END_TEST

/* A first start that was cut off left the marker: nobody has used those keys, so begin again. */
START_TEST(cut_off_first_start)
{
    keys_free(fresh());
    folder_write(&folder, "keys/.creating", "", 0600);
    lose_master();
    struct keys *k = NULL;
    ck_assert_err(open_keys(false, NULL, &k), CONFIG);
    ck_assert_ok(open_keys(true, NULL, &k));
    ck_assert(!folder_has(&folder, "keys/.creating"));
    ck_assert(folder_has(&folder, "keys/master.key"));
    keys_free(k);
}
END_TEST

START_TEST(absent_folder_is_not_made_for_a_reader)
{
    struct keys *k = NULL;
    struct keys_why why;
    ck_assert_err(open_keys(false, &why, &k), IO);
    ck_assert(!folder_has(&folder, "keys"));
    ck_assert(why.text[0] != '\0');
}
END_TEST

/* --- signing --- */

/* What the current key signs verifies against the published set, and names its key. */
START_TEST(sign_and_verify)
{
    struct keys *k = fresh();
    struct str token = { 0 };
    struct jwt jwt;
    ck_assert_ok(keys_sign(k, arena, STR("at+jwt"),
                           STR("{\"iss\":\"https://i\",\"aud\":\"a\",\"sub\":\"s\",\"exp\":2000}"),
                           &token));
    struct jwt_expect want = {
        .typ = STR("at+jwt"), .issuer = STR("https://i"), .audience = STR("a"), .now = 1999
    };
    ck_assert_ok(jwt_verify(token, keys_public(k), &want, &jwt));
    ck_assert_str_is(jwt.sub, "s");
    jwt_done(&jwt);
    ck_assert_ptr_nonnull(jwks_find(keys_public(k), keys_kid(k)));
    keys_free(k);
}
END_TEST

/* Private parts stay private: the set has no member "d" (RFC 7518 section 6.2.2.1). */
START_TEST(jwks_is_public)
{
    struct keys *k = fresh();
    struct jwks *set = NULL;
    ck_assert_ok(jwks_parse(keys_jwks(k), &set));
    ck_assert_uint_eq(jwks_count(set), 2);
    for (size_t i = 0; i + 3 < keys_jwks(k).len; i++)
        ck_assert(!str_eq(str_from(keys_jwks(k).ptr + i, 3), STR("\"d\"")));
    jwks_free(set);
    keys_free(k);
}
END_TEST

/* --- sealing --- */

#define CREDENTIAL STR("otp-1")
static const struct seal_owner owner = { STR_INIT("1b4e28ba-2fa1-41d2-883f-0016d3cca427"),
                                         STR_INIT("otp-1") };

static struct str sealed_by(const struct keys *k, struct str plain)
{
    struct str sealed = { 0 };
    ck_assert_ok(keys_seal(k, arena, &owner, plain, &sealed));
    return sealed;
}

START_TEST(seal_opens)
{
    struct keys *k = fresh();
    struct str a = sealed_by(k, STR("twenty bytes of seed")), out = { 0 };
    struct str b = sealed_by(k, STR("twenty bytes of seed"));
    ck_assert(!str_eq(a, b)); /* a nonce of its own each time */
    ck_assert_ok(keys_unseal(k, arena, &owner, a, &out));
    ck_assert_str_is(out, "twenty bytes of seed");
    keys_free(k);
}
END_TEST

static const struct {
    const char *name;
    struct str person, credential;
} strangers[] = {
    { "another person's entry", STR_INIT("6fa459ea-ee8a-4ca4-894e-db77e160355e"),
      STR_INIT("otp-1") },
    { "another credential", STR_INIT("1b4e28ba-2fa1-41d2-883f-0016d3cca427"), STR_INIT("otp-2") },
    { "the border moved", STR_INIT("1b4e28ba-2fa1-41d2-883f-0016d3cca42"), STR_INIT("7otp-1") },
    { "nobody", STR_INIT(""), STR_INIT("otp-1") },
};

/* A sealed seed copied into another entry of the directory does not open there. */
START_TEST(seal_is_bound)
{
    struct keys *k = fresh();
    struct seal_owner stranger = { strangers[_i].person, strangers[_i].credential };
    struct str out = STR("untouched");
    err_t e = keys_unseal(k, arena, &stranger, sealed_by(k, STR("seed")), &out);
    ck_assert_msg(e.code == ERR_SEAL_BROKEN, "%s: %s", strangers[_i].name, err_name(e));
    ck_assert_str_is(out, "untouched");
    keys_free(k);
}
END_TEST

/* Every single character of the envelope is covered. */
START_TEST(seal_notices_each_character)
{
    struct keys *k = fresh();
    struct str sealed = sealed_by(k, STR("twenty bytes of seed")), out = { 0 };
    char text[SEAL_TEXT_MAX];
    for (size_t i = 0; i < sealed.len; i++) {
        memcpy(text, sealed.ptr, sealed.len);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        err_t e = keys_unseal(k, arena, &owner, str_from(text, sealed.len), &out);
        ck_assert_msg(e.code == ERR_SEAL_BROKEN, "character %zu: %s", i, err_name(e));
        e = keys_unseal(k, arena, &owner, str_from(sealed.ptr, i), &out);
        ck_assert_msg(e.code == ERR_SEAL_BROKEN, "cut at %zu: %s", i, err_name(e));
    }
    keys_free(k);
}
END_TEST

/* Rotation: the highest number seals, all of them open. */
START_TEST(seal_rotation)
{
    struct keys *before = fresh(), *after = NULL;
    struct str old = sealed_by(before, STR("seed")), out = { 0 };
    keys_free(before);
    folder_write(&folder, "keys/seal-2.key",
                 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0600);
    ck_assert_ok(open_keys(false, NULL, &after));
    ck_assert_ok(keys_unseal(after, arena, &owner, old, &out));
    ck_assert_str_is(out, "seed");
    struct str new = sealed_by(after, STR("seed"));
    keys_free(after);
    ck_assert_int_eq(unlink(folder_file(&folder, "keys/seal-2.key")), 0);
    ck_assert_ok(open_keys(false, NULL, &after));
    ck_assert_err(keys_unseal(after, arena, &owner, new, &out), SEAL_BROKEN);
    keys_free(after);
}
END_TEST

START_TEST(seal_bounds)
{
    struct keys *k = fresh();
    char big[SEAL_PLAIN_MAX + 1] = { 0 };
    struct str out = { 0 };
    ck_assert_ok(keys_seal(k, arena, &owner, str_from(big, SEAL_PLAIN_MAX), &out));
    ck_assert_uint_le(out.len, SEAL_TEXT_MAX);
    ck_assert_err(keys_seal(k, arena, &owner, str_from(big, sizeof big), &out), TOO_LARGE);
    struct seal_owner nobody = { STR(""), CREDENTIAL };
    ck_assert_err(keys_seal(k, arena, &nobody, STR("seed"), &out), BUG);
    keys_free(k);
}
END_TEST

/* --- derivation --- */

/* RFC 5869 appendix A.3 (no salt, no info) has 42 bytes of output; the first 32 are T(1). */
START_TEST(hkdf_known_answer)
{
    unsigned char ikm[22], out[KEYS_DERIVED_LEN];
    char hex[HEX_LEN(KEYS_DERIVED_LEN)];
    memset(ikm, 0x0b, sizeof ikm);
    ck_assert_ok(hkdf_sha256(ikm, sizeof ikm, STR(""), out));
    hex_encode(hex, out, sizeof out);
    ck_assert_str_is(str_from(hex, sizeof hex),
                     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}
END_TEST

START_TEST(derived_secrets)
{
    struct keys *k = fresh(), *again = NULL;
    unsigned char a[KEYS_DERIVED_LEN], b[KEYS_DERIVED_LEN], c[KEYS_DERIVED_LEN];
    ck_assert_ok(keys_derive(k, STR("csrf"), a));
    ck_assert_ok(keys_derive(k, STR("journal"), b));
    keys_free(k);
    ck_assert_ok(open_keys(false, NULL, &again));
    ck_assert_ok(keys_derive(again, STR("csrf"), c));
    ck_assert(!ct_equal(a, b, sizeof a));
    ck_assert(ct_equal(a, c, sizeof a));
    ck_assert_err(keys_derive(again, STR(""), c), BUG);
    keys_free(again);
}
END_TEST

int main(void)
{
    TCase *dir = tcase_create("folder"), *sign = tcase_create("sign");
    TCase *seal = tcase_create("seal"), *derive = tcase_create("derive");
    TCase *all[] = { dir, sign, seal, derive };
    for (size_t i = 0; i < COUNT(all); i++)
        tcase_add_checked_fixture(all[i], setup, teardown);
    tcase_add_test(dir, created_then_found);
    tcase_add_loop_test(dir, damaged_folder, 0, COUNT(damages));
    tcase_add_test(dir, cut_off_first_start);
    tcase_add_test(dir, absent_folder_is_not_made_for_a_reader);
    tcase_add_test(sign, sign_and_verify);
    tcase_add_test(sign, jwks_is_public);
    tcase_add_test(seal, seal_opens);
    tcase_add_loop_test(seal, seal_is_bound, 0, COUNT(strangers));
    tcase_add_test(seal, seal_notices_each_character);
    tcase_add_test(seal, seal_rotation);
    tcase_add_test(seal, seal_bounds);
    tcase_add_test(derive, hkdf_known_answer);
    tcase_add_test(derive, derived_secrets);
    return RUN_SUITE("keys", dir, sign, seal, derive);
}
