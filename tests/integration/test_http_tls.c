/* test_http_tls.c - TLS: what is spoken, what is refused, certificates that cannot be used. */
#include "integration/http_fixture.h"

#include "base/clock.h"
#include "support/suite.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DAY = 86400, PEM_MAX = 8192 };

struct pair {
    char certificate[PEM_MAX], key[PEM_MAX];
};

static struct pair pair, other;
static struct fixture server;

/* A self-signed certificate for localhost, made for this run. */
static void make_pair(struct pair *p)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    size_t key_len = sizeof p->key, crt_len = sizeof p->certificate;
    ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
    ck_assert_int_eq(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    ck_assert_int_eq(gnutls_x509_crt_init(&crt), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_version(crt, 3), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_activation_time(crt, clock_now() - DAY), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_expiration_time(crt, clock_now() + DAY), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_key(crt, key), 0);
    ck_assert_int_eq(gnutls_x509_crt_set_dn(crt, "CN=localhost", NULL), 0);
    ck_assert_int_eq(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
    ck_assert_int_eq(gnutls_x509_privkey_export(key, GNUTLS_X509_FMT_PEM, p->key, &key_len), 0);
    ck_assert_int_eq(gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_PEM, p->certificate, &crt_len), 0);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

static struct http_options options(void)
{
    struct http_options o = http_options_default();
    o.tls_certificate = str_of(pair.certificate);
    o.tls_key = str_of(pair.key);
    o.request_ms = 800;
    return o;
}

static void setup(void)
{
    make_pair(&pair);
    make_pair(&other);
    struct http_options o = options();
    fixture_start(&server, &o);
}

static void teardown(void) { fixture_stop(&server); }

/* Handshake with PRIORITIES, one GET of PATH; the status, or the (negative) code of GnuTLS. */
static int ask(const struct fixture *f, const char *priorities, const char *path, struct buf *out)
{
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    char request[128];
    char block[4096];
    int fd = client_connect(f);
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: sso.fr\r\nConnection: close\r\n\r\n", path);
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&credentials), 0);
    ck_assert_int_eq(gnutls_init(&session, GNUTLS_CLIENT), 0);
    ck_assert_int_eq(gnutls_priority_set_direct(session, priorities, NULL), 0);
    ck_assert_int_eq(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    gnutls_transport_set_int(session, fd);
    int code = gnutls_handshake(session);
    if (code == 0) {
        ck_assert_int_gt(gnutls_record_send(session, request, (size_t)len), 0);
        ssize_t n = 0;
        while ((n = gnutls_record_recv(session, block, sizeof block)) > 0)
            buf_add(out, str_from(block, (size_t)n));
        code = answer_status(buf_str(out));
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    (void)close(fd);
    return code;
}

/* Rule: TLS 1.2 and 1.3, forward secrecy, AEAD; nothing older. */
static const struct {
    const char *name, *priorities;
    bool works;
} dialects[] = {
    { "TLS 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", true },
    { "TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", true },
    { "TLS 1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.1", false },
    { "TLS 1.0", "NORMAL:-VERS-ALL:+VERS-TLS1.0", false },
    { "TLS 1.2 with CBC only",
      "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", false },
    { "TLS 1.2 without forward secrecy", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", false },
};

START_TEST(dialect_table)
{
    struct buf answer;
    buf_init(&answer, 64 * 1024);
    int got = ask(&server, dialects[_i].priorities, "/page", &answer);
    ck_assert_msg(dialects[_i].works ? got == 200 : got < 0, "%s: %d", dialects[_i].name, got);
    if (dialects[_i].works)
        ck_assert(contains(buf_str(&answer), STR("Strict-Transport-Security: max-age=")));
    buf_done(&answer);
}
END_TEST

START_TEST(plain_text_to_tls)
{
    struct buf answer;
    client_exchange(&server, STR("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"), &answer);
    ck_assert(!contains(buf_str(&answer), STR("HTTP/1.1 200")));
    ck_assert_int_eq(atomic_load(&server.echoed), 0);
    buf_done(&answer);
}
END_TEST

/* Rule: the deadline of a request begins with the connection, so it covers the handshake. */
START_TEST(half_a_handshake_is_cut_off)
{
    struct buf answer;
    int64_t start_ms = clock_mono_ms();
    int fd = client_connect(&server);
    ck_assert(client_send(fd, STR("\x16\x03\x01\x02")));
    buf_init(&answer, 4096);
    client_read_all(fd, &answer);
    ck_assert_int_lt(clock_mono_ms() - start_ms, 2500);
    (void)close(fd);
    buf_done(&answer);
}
END_TEST

static err_t start_with(const char *certificate, const char *key)
{
    static struct http_server *s;
    static struct http_route route; /* never asked */
    struct http_options o = options();
    struct http_site site = { &route, 0, NULL, NULL };
    o.tls_certificate = str_of(certificate);
    o.tls_key = str_of(key);
    err_t e = http_server_start(&o, &site, &s);
    if (err_ok(e))
        http_server_stop(s);
    return e;
}

START_TEST(certificates)
{
    ck_assert_ok(start_with(pair.certificate, pair.key));
    ck_assert_err(start_with(pair.certificate, other.key), CONFIG);
    ck_assert_err(start_with(pair.key, pair.certificate), CONFIG);
    ck_assert_err(start_with("not PEM", pair.key), CONFIG);
    ck_assert_err(start_with(pair.certificate, "not PEM"), CONFIG);
    ck_assert_err(start_with(pair.certificate, ""), CONFIG);
}
END_TEST

/* "::" takes IPv4, too, and such a peer has its IPv4 address. Without IPv6 in the kernel there is
 * nothing to test: the server then says IO. */
START_TEST(both_families)
{
    struct buf answer;
    struct fixture both;
    struct http_options o = options();
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return;
    (void)close(probe);
    o.address = "::";
    fixture_start(&both, &o);
    buf_init(&answer, 64 * 1024);
    ck_assert_int_eq(ask(&both, "NORMAL", "/echo", &answer), 200);
    ck_assert(contains(buf_str(&answer), STR("peer=127.0.0.1 ")));
    buf_done(&answer);
    fixture_stop(&both);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("tls");
    tcase_set_timeout(t, 20);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, dialect_table, 0, COUNT(dialects));
    tcase_add_test(t, plain_text_to_tls);
    tcase_add_test(t, half_a_handshake_is_cut_off);
    tcase_add_test(t, certificates);
    tcase_add_test(t, both_families);
    return RUN_SUITE("http_tls", t);
}
