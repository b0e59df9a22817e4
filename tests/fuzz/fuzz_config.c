/* fuzz_config.c - config_parse(): what is accepted keeps the bounds that security rests on; what is
 * refused says where. */
#include "config/config.h"
#include "fuzz/fuzz.h"

static void check_bounds(const struct config *c)
{
    FUZZ_CHECK(c->code_lifetime >= 1 && c->code_lifetime <= 60);
    FUZZ_CHECK(c->token_lifetime >= 1 && c->token_lifetime <= 300);
    FUZZ_CHECK(c->id_token_lifetime >= 1 && c->id_token_lifetime <= 300);
    FUZZ_CHECK(c->session_idle >= 60 && c->session_idle <= c->session_max);
    FUZZ_CHECK(c->throttle_account >= 1 && c->throttle_network >= 1 && c->throttle_window >= 1);
    FUZZ_CHECK(c->listen_port >= 0 && c->listen_port <= 65535);
    FUZZ_CHECK(c->worker_threads >= 1 && c->ldap_pool >= 1 && c->ldap_timeout >= 1);
    FUZZ_CHECK((c->tls_key == NULL) == (c->tls_certificate == NULL));
}

static void check_texts(const struct config *c)
{
    struct str issuer = str_of(c->issuer);
    FUZZ_CHECK(str_starts(issuer, STR("https://")) || str_starts(issuer, STR("http://")));
    FUZZ_CHECK(!str_ends(issuer, STR("/")) && !str_has_char(issuer, ' ') &&
               !str_has_char(issuer, '?') && !str_has_char(issuer, '#'));
    FUZZ_CHECK(str_is_printable(str_of(c->organisation)) && str_of(c->organisation).len > 0);
    FUZZ_CHECK(str_of(c->ldap_password_file).ptr[0] == '/');
    FUZZ_CHECK(c->ldap_uris.count >= 1);
    for (size_t i = 0; i < c->ldap_uris.count; i++)
        FUZZ_CHECK(str_starts(str_of(c->ldap_uris.items[i]), STR("ldap")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf problems;
    struct config *c = NULL;
    struct str line, rest;
    if (size > 8192)
        return 0;
    buf_init(&problems, 1 << 20);
    err_t e = config_parse(str_from((const char *)data, size), "f", &problems, &c);
    if (err_ok(e)) {
        FUZZ_CHECK(problems.len == 0);
        check_bounds(c);
        check_texts(c);
    } else {
        FUZZ_CHECK(c == NULL && problems.len > 0);
        rest = buf_str(&problems);
        FUZZ_CHECK(str_ends(rest, STR("\n")));
        while (err_ok(buf_err(&problems)) && str_next(&rest, '\n', &line))
            FUZZ_CHECK(str_starts(line, STR("f:")) && str_is_printable(line));
    }
    config_free(c);
    buf_done(&problems);
    return 0;
}
