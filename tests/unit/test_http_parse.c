/* idp/http, the parsers of outside text: forms, cookies, languages, addresses, JSON, routes. */
#include "http/accept_language.h"
#include "http/cookie.h"
#include "http/json_text.h"
#include "http/network.h"
#include "support/suite.h"

#include <jansson.h>
#include <string.h>

static struct arena *arena;

static void setup(void) { ck_assert_ok(arena_new(ARENA_DEFAULT_MAX, &arena)); }
static void teardown(void) { arena_free(arena); }

/* "name=value;" of each field, for comparing with one literal. */
static struct str spelled(const struct form *form)
{
    struct str all = STR("");
    for (size_t i = 0; i < form->count; i++)
        ck_assert_ok(arena_printf(arena, &all, "%.*s%.*s=%.*s;", STR_ARG(all),
                                  STR_ARG(form->fields[i].name), STR_ARG(form->fields[i].value)));
    return all;
}

#define Z(literal) STR_INIT(literal)

static const struct {
    const char *name;
    struct str text;
    bool repeats;
    err_t want;
    const char *fields;
} forms[] = {
    { "two", Z("a=1&b=2"), false, { ERR_OK }, "a=1;b=2;" },
    { "plus and escape", Z("a=x+y%2Bz%20"), false, { ERR_OK }, "a=x y+z ;" },
    { "empty value", Z("a="), false, { ERR_OK }, "a=;" },
    { "no equals sign", Z("a"), false, { ERR_OK }, "a=;" },
    { "equals signs in the value", Z("a=b=c"), false, { ERR_OK }, "a=b=c;" },
    { "empty pieces", Z("&a=1&&b=2&"), false, { ERR_OK }, "a=1;b=2;" },
    { "nothing", Z(""), false, { ERR_OK }, "" },
    { "small hex digits", Z("a=%c3%a9"), false, { ERR_OK }, "a=\xC3\xA9;" },
    { "line break in a value", Z("a=x%0D%0Ay"), false, { ERR_OK }, "a=x\r\ny;" },
    { "repeats allowed", Z("a=1&a=2"), true, { ERR_OK }, "a=1;a=2;" },
    { "names differ in case", Z("a=1&A=2"), false, { ERR_OK }, "a=1;A=2;" },
    { "repeated", Z("a=1&a=2"), false, { ERR_DUPLICATE }, NULL },
    { "repeated, the same value", Z("a=1&a=1"), false, { ERR_DUPLICATE }, NULL },
    { "repeated under an escape", Z("a=1&%61=2"), false, { ERR_DUPLICATE }, NULL },
    { "no name", Z("=1"), false, { ERR_MALFORMED }, NULL },
    { "escape cut short", Z("a=%4"), false, { ERR_MALFORMED }, NULL },
    { "escape at the end", Z("a=%"), false, { ERR_MALFORMED }, NULL },
    { "escape that is not hex", Z("a=%4g"), false, { ERR_MALFORMED }, NULL },
    { "escape with a sign", Z("a=%+1"), false, { ERR_MALFORMED }, NULL },
    { "raw NUL", Z("a=x\0y"), false, { ERR_MALFORMED }, NULL },
    { "encoded NUL", Z("a=x%00"), false, { ERR_MALFORMED }, NULL },
    { "raw space", Z("a=x y"), false, { ERR_MALFORMED }, NULL },
    { "raw line break", Z("a=x\ny"), false, { ERR_MALFORMED }, NULL },
    { "raw UTF-8", Z("a=\xC3\xA9"), false, { ERR_MALFORMED }, NULL },
    { "escape character", Z("a=%1B"), false, { ERR_MALFORMED }, NULL },
    { "DEL", Z("a=%7F"), false, { ERR_MALFORMED }, NULL },
    { "line break in a name", Z("a%0A=1"), false, { ERR_MALFORMED }, NULL },
    { "not UTF-8", Z("a=%FF"), false, { ERR_BAD_UTF8 }, NULL },
    { "overlong UTF-8", Z("a=%C0%AF"), false, { ERR_BAD_UTF8 }, NULL },
    { "surrogate", Z("a=%ED%A0%80"), false, { ERR_BAD_UTF8 }, NULL },
};

START_TEST(form_table)
{
    struct form form = { NULL, 99 };
    err_t e = form_parse(arena, forms[_i].text, forms[_i].repeats, &form);
    ck_assert_msg(e.code == forms[_i].want.code, "%s: %s", forms[_i].name, err_name(e));
    if (err_ok(e))
        ck_assert_msg(str_eq(spelled(&form), str_of(forms[_i].fields)), "%s", forms[_i].name);
    else
        ck_assert_msg(form.count == 99, "%s: out was touched", forms[_i].name);
}
END_TEST

static const struct {
    const char *name;
    size_t fields, name_len, value_len;
    err_t want;
} sizes[] = {
    { "as many fields as there may be", FORM_MAX_FIELDS, 3, 1, { ERR_OK } },
    { "one more", FORM_MAX_FIELDS + 1, 3, 1, { ERR_TOO_LARGE } },
    { "name of full length", 1, FORM_MAX_NAME, 1, { ERR_OK } },
    { "name too long", 1, FORM_MAX_NAME + 1, 1, { ERR_TOO_LARGE } },
    { "value of full length", 1, 3, FORM_MAX_VALUE, { ERR_OK } },
    { "value too long", 1, 3, FORM_MAX_VALUE + 1, { ERR_TOO_LARGE } },
};

START_TEST(form_sizes)
{
    struct buf b;
    struct form form;
    buf_init(&b, 64 * 1024);
    for (size_t i = 0; i < sizes[_i].fields; i++) {
        buf_addf(&b, "%03zu", i);
        for (size_t n = 3; n < sizes[_i].name_len; n++)
            buf_add_char(&b, 'n');
        buf_add_char(&b, '=');
        for (size_t n = 0; n < sizes[_i].value_len; n++)
            buf_add_char(&b, 'v');
        buf_add_char(&b, '&');
    }
    err_t e = form_parse(arena, buf_str(&b), false, &form);
    ck_assert_msg(e.code == sizes[_i].want.code, "%s: %s", sizes[_i].name, err_name(e));
    buf_done(&b);
}
END_TEST

static const struct {
    const char *name;
    struct str text;
    err_t want;
    const char *path;
} paths[] = {
    { "root", Z("/"), { ERR_OK }, "/" },
    { "plus stays", Z("/a+b"), { ERR_OK }, "/a+b" },
    { "escape", Z("/caf%C3%A9/x%20y"), { ERR_OK }, "/caf\xC3\xA9/x y" },
    { "dots in a name", Z("/a..b/.c"), { ERR_OK }, "/a..b/.c" },
    { "empty", Z(""), { ERR_MALFORMED }, NULL },
    { "relative", Z("a"), { ERR_MALFORMED }, NULL },
    { "up", Z("/a/.."), { ERR_MALFORMED }, NULL },
    { "here", Z("/./a"), { ERR_MALFORMED }, NULL },
    { "up, encoded", Z("/a/%2E%2e/b"), { ERR_MALFORMED }, NULL },
    { "slash, encoded", Z("/a%2fb"), { ERR_MALFORMED }, NULL },
    { "NUL", Z("/a%00"), { ERR_MALFORMED }, NULL },
    { "line break", Z("/a%0a"), { ERR_MALFORMED }, NULL },
    { "not UTF-8", Z("/%ff"), { ERR_BAD_UTF8 }, NULL },
};

START_TEST(path_table)
{
    struct str path = STR("untouched");
    err_t e = form_decode_path(arena, paths[_i].text, &path);
    ck_assert_msg(e.code == paths[_i].want.code, "%s: %s", paths[_i].name, err_name(e));
    ck_assert_str_is(path, err_ok(e) ? paths[_i].path : "untouched");
}
END_TEST

static const struct {
    const char *name;
    struct str text;
    const char *cookies;
} cookies[] = {
    { "one", Z("__Host-a=1"), "__Host-a=1;" },
    { "two", Z("__Host-a=1; __Host-b=2"), "__Host-a=1;__Host-b=2;" },
    { "without the space", Z("__Host-a=1;__Host-b=2"), "__Host-a=1;__Host-b=2;" },
    { "quotes", Z("__Host-a=\"1\""), "__Host-a=1;" },
    { "empty value", Z("__Host-a="), "__Host-a=;" },
    { "equals signs in the value", Z("__Host-a=b=c"), "__Host-a=b=c;" },
    { "case of names counts", Z("__Host-a=1; __Host-A=2"), "__Host-a=1;__Host-A=2;" },
    { "others are not ours", Z("a=1; __Secure-b=2; __host-c=3; __Host-d=4"), "__Host-d=4;" },
    { "twice: neither", Z("__Host-a=1; __Host-b=2; __Host-a=3"), "__Host-b=2;" },
    { "twice the same: neither", Z("__Host-a=1; __Host-a=1"), "" },
    { "three times: none", Z("__Host-a=1; __Host-a=1; __Host-a=1"), "" },
    { "no equals sign is skipped", Z("__Host-a; __Host-b=2"), "__Host-b=2;" },
    { "no name is skipped", Z("=1; __Host-b=2"), "__Host-b=2;" },
    { "space in a value is skipped", Z("__Host-a=x y; __Host-b=2"), "__Host-b=2;" },
    { "comma is skipped", Z("__Host-a=x,y; __Host-b=2"), "__Host-b=2;" },
    { "one quote is skipped", Z("__Host-a=\"; __Host-b=2"), "__Host-b=2;" },
    { "NUL is skipped", Z("__Host-a=x\0y; __Host-b=2"), "__Host-b=2;" },
    { "byte over 0x7E is skipped", Z("__Host-a=\xC3\xA9; __Host-b=2"), "__Host-b=2;" },
    { "separator in a name is skipped", Z("__Host-a(b)=1; __Host-b=2"), "__Host-b=2;" },
    { "nothing", Z(""), "" },
    { "semicolons", Z(";;;"), "" },
};

START_TEST(cookie_table)
{
    struct form form = { NULL, 0 };
    ck_assert_ok(cookie_parse(arena, cookies[_i].text, &form));
    ck_assert_msg(str_eq(spelled(&form), str_of(cookies[_i].cookies)), "%s: %.*s", cookies[_i].name,
                  STR_ARG(spelled(&form)));
}
END_TEST

static size_t count_cookies(int ours, int others)
{
    struct buf b;
    struct form form;
    buf_init(&b, 16384);
    for (int i = 0; i < others; i++)
        buf_addf(&b, "other%d=1; ", i);
    for (int i = 0; i < ours; i++)
        buf_addf(&b, "__Host-c%d=1; ", i);
    ck_assert_ok(cookie_parse(arena, buf_str(&b), &form));
    buf_done(&b);
    return form.count;
}

/* A neighbour may fill the header with cookies of its own: ours behind them are still found. Too
 * many of ours: the one planted could be among those looked at and the true one behind them. */
START_TEST(cookie_limit)
{
    ck_assert_uint_eq(count_cookies(2, 500), 2);
    ck_assert_uint_eq(count_cookies(COOKIE_MAX, 0), COOKIE_MAX);
    ck_assert_uint_eq(count_cookies(COOKIE_MAX + 1, 0), 0);
}
END_TEST

static const struct {
    const char *header;
    bool english;
} languages[] = {
    { "", false },
    { "fr", false },
    { "en", true },
    { "EN-us", true },
    { "fr-FR,fr;q=0.9,en;q=0.8", false },
    { "en-GB,en;q=0.9,fr;q=0.8", true },
    { "fr;q=0.5, en;q=0.6", true },
    { "fr;q=0.5, en;q=0.5", false },
    { "en;q=0.5, fr;q=0.5", true },
    { "en;q=0", false },
    { "fr;q=0, en;q=0.001", true },
    { "de, en;q=0.1", true },
    { "de", false },
    { "*", false },
    { "*;q=0.1, en", true },
    { "en , fr", true },
    { "en ; q=0.2 , fr ; q=0.3", false },
    { "english", false },
    { "fr;q=0.1, en;q=1.001", false }, /* over 1: not well formed */
    { "en;q=2", false },
    { "en;q=0.5555", false },
    { "en;q=", false },
    { "en;q=-1", false },
    { "en;level=1", false },
    { ",,en", true }, /* RFC 9110 section 5.6.1.2: empty elements are ignored */
};

START_TEST(language_table)
{
    ck_assert_msg(accept_language_english(str_of(languages[_i].header)) == languages[_i].english,
                  "%s", languages[_i].header);
}
END_TEST

static const struct {
    const char *prefix, *address;
    bool parses, covers;
} prefixes[] = {
    { "10.0.0.0/8", "10.255.0.1", true, true },
    { "10.0.0.0/8", "11.0.0.1", true, false },
    { "10.0.0.0/8", "::ffff:10.0.0.1", true, true }, /* the mapped form is the same address */
    { "192.0.2.7", "192.0.2.7", true, true },
    { "192.0.2.7", "192.0.2.8", true, false },
    { "192.0.2.7/31", "192.0.2.6", true, true },
    { "0.0.0.0/0", "203.0.113.1", true, true },
    { "0.0.0.0/0", "2001:db8::1", true, false }, /* all of IPv4 is not all of IPv6 */
    { "::1", "::1", true, true },
    { "2001:db8::/33", "2001:db8:7fff::1", true, true },
    { "2001:db8::/33", "2001:db8:8000::1", true, false },
    { "::/0", "2001:db8::1", true, true },
    { "10.0.0.0/33", "", false, false },
    { "::/129", "", false, false },
    { "10.0.0.0/", "", false, false },
    { "10.0.0.0/-1", "", false, false },
    { "10.0.0", "", false, false },
    { "localhost", "", false, false },
    { "", "", false, false },
    { "1.2.3.4 ", "", false, false },
};

START_TEST(prefix_table)
{
    struct net_prefix p;
    struct net_address a;
    bool parsed = net_parse_prefix(str_of(prefixes[_i].prefix), &p);
    ck_assert_msg(parsed == prefixes[_i].parses, "%s", prefixes[_i].prefix);
    if (!parsed)
        return;
    ck_assert(net_parse(str_of(prefixes[_i].address), &a));
    ck_assert_msg(net_covers(&p, a) == prefixes[_i].covers, "%s %s", prefixes[_i].prefix,
                  prefixes[_i].address);
}
END_TEST

static const struct {
    const char *address;
    unsigned bits;
    const char *text, *network;
} peers[] = {
    { "192.0.2.7", 56, "192.0.2.7", "192.0.2.7/32" },
    { "::ffff:192.0.2.7", 56, "192.0.2.7", "192.0.2.7/32" },
    { "2001:db8:1:2345::7", 56, "2001:db8:1:2345::7", "2001:db8:1:2300::/56" },
    { "2001:db8:1:2345::7", 64, "2001:db8:1:2345::7", "2001:db8:1:2345::/64" },
    { "2001:db8:1:2345::7", 48, "2001:db8:1:2345::7", "2001:db8:1::/48" },
};

START_TEST(peer_table)
{
    struct net_address a;
    struct http_peer peer;
    ck_assert(net_parse(str_of(peers[_i].address), &a));
    net_describe(a, peers[_i].bits, &peer);
    ck_assert_str_eq(peer.text, peers[_i].text);
    ck_assert_str_eq(peer.network, peers[_i].network);
}
END_TEST

/* 10.0.0.0/8 is trusted. The client cannot choose its address: what it writes stands further left
 * than what the proxy adds. */
static const struct {
    const char *name, *peer, *header, *client;
} chains[] = {
    { "no proxy", "192.0.2.1", "", "192.0.2.1" },
    { "a stranger's header is ignored", "192.0.2.1", "10.0.0.9", "192.0.2.1" },
    { "one proxy", "10.0.0.1", "192.0.2.7", "192.0.2.7" },
    { "proxy without the header", "10.0.0.1", "", "10.0.0.1" },
    { "invented by the client", "10.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7" },
    { "two proxies", "10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7" },
    { "all of them proxies", "10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3" },
    { "not an address", "10.0.0.1", "unknown", "10.0.0.1" },
    { "not an address behind a proxy", "10.0.0.1", "_x, 10.0.0.2", "10.0.0.2" },
    { "IPv6", "10.0.0.1", "2001:db8::7", "2001:db8::7" },
    { "empty element", "10.0.0.1", "192.0.2.7,,", "10.0.0.1" },
};

START_TEST(chain_table)
{
    struct net_prefix trusted_prefix;
    struct net_address peer, want;
    ck_assert(net_parse_prefix(STR("10.0.0.0/8"), &trusted_prefix));
    struct net_list trusted = { &trusted_prefix, 1 };
    ck_assert(net_parse(str_of(chains[_i].peer), &peer));
    ck_assert(net_parse(str_of(chains[_i].client), &want));
    struct net_address got = net_client(&trusted, peer, str_of(chains[_i].header));
    ck_assert_msg(memcmp(got.bytes, want.bytes, sizeof got.bytes) == 0, "%s", chains[_i].name);
}
END_TEST

#define A15 "[[[[[[[[[[[[[[["
#define B15 "]]]]]]]]]]]]]]]"

static const struct {
    const char *name;
    struct str text;
    bool good;
} jsons[] = {
    { "object", Z("{\"a\":[1,true,null,\"x\"]}"), true },
    { "as deep as may be", Z("{\"a\":" A15 "1" B15 "}"), true },
    { "brackets in a string are not depth", Z("{\"a\":\"" A15 A15 "\\\"" A15 "\"}"), true },
    { "one deeper", Z("{\"a\":[" A15 "1" B15 "]}"), false },
    { "array", Z("[]"), false },
    { "string", Z("\"x\""), false },
    { "nothing", Z(""), false },
    { "member twice", Z("{\"a\":1,\"a\":1}"), false },
    { "member twice, escaped", Z("{\"a\":1,\"\\u0061\":1}"), false },
    { "more after it", Z("{} {}"), false },
    { "NUL escaped", Z("{\"a\":\"\\u0000\"}"), false },
    { "raw NUL", Z("{\"a\":\"\0\"}"), false },
    { "lone surrogate", Z("{\"a\":\"\\ud800\"}"), false },
    { "not UTF-8", Z("{\"a\":\"\xFF\"}"), false },
    { "comment", Z("{/**/}"), false },
    { "comma at the end", Z("{\"a\":1,}"), false },
    { "single quotes", Z("{'a':1}"), false },
    { "NaN", Z("{\"a\":NaN}"), false },
    { "number too large", Z("{\"a\":99999999999999999999}"), false },
    { "real too large", Z("{\"a\":1e999}"), false },
    { "byte order mark", Z("\xEF\xBB\xBF{}"), false },
};

START_TEST(json_table)
{
    json_t *value = NULL;
    err_t e = json_text_parse(jsons[_i].text, &value);
    ck_assert_msg(err_ok(e) == jsons[_i].good, "%s: %s", jsons[_i].name, err_name(e));
    ck_assert_msg((value != NULL) == jsons[_i].good, "%s: out", jsons[_i].name);
    json_decref(value);
}
END_TEST

int main(void)
{
    TCase *form = tcase_create("form"), *cookie = tcase_create("cookie");
    TCase *language = tcase_create("language"), *network = tcase_create("network");
    TCase *json = tcase_create("json");
    tcase_add_checked_fixture(form, setup, teardown);
    tcase_add_loop_test(form, form_table, 0, COUNT(forms));
    tcase_add_loop_test(form, form_sizes, 0, COUNT(sizes));
    tcase_add_loop_test(form, path_table, 0, COUNT(paths));
    tcase_add_checked_fixture(cookie, setup, teardown);
    tcase_add_loop_test(cookie, cookie_table, 0, COUNT(cookies));
    tcase_add_test(cookie, cookie_limit);
    tcase_add_loop_test(language, language_table, 0, COUNT(languages));
    tcase_add_loop_test(network, prefix_table, 0, COUNT(prefixes));
    tcase_add_loop_test(network, peer_table, 0, COUNT(peers));
    tcase_add_loop_test(network, chain_table, 0, COUNT(chains));
    tcase_add_loop_test(json, json_table, 0, COUNT(jsons));
    return RUN_SUITE("http_parse", form, cookie, language, network, json);
}
