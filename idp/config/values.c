#include "config/table.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <string.h>

static const char no_memory[] = "cannot be read: no memory is left";

/* The field of KEY, as bytes: each type below says what it is. */
static void store(const struct config_key *key, struct config *c, const void *value, size_t len)
{
    memcpy((char *)c + key->offset, value, len);
}

static bool is_text(struct str s) { return s.len > 0 && str_is_printable(s); }

static const char *store_text(const struct config_key *key, struct str text, struct arena *a,
                              struct config *c)
{
    const char *copy = NULL;
    if (!err_ok(arena_cstr(a, text, &copy)))
        return no_memory;
    store(key, c, &copy, sizeof copy);
    return NULL;
}

static bool parse_duration(struct str text, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    int64_t n = 0;
    if (text.len < 2 || text.len > 9 || !str_to_i64(str_from(text.ptr, text.len - 1), &n))
        return false;
    for (size_t i = 0; i < COUNT(units); i++) {
        if (text.ptr[text.len - 1] != units[i].unit)
            continue;
        *out = n * units[i].seconds; /* at most 8 digits: cannot overflow */
        return true;
    }
    return false;
}

static bool parse_level(struct str text, int64_t *out)
{
    static const struct {
        struct str name;
        enum log_level level;
    } levels[] = {
        { STR_INIT("debug"), LOG_DEBUG },   { STR_INIT("info"), LOG_INFO },
        { STR_INIT("notice"), LOG_NOTICE }, { STR_INIT("warning"), LOG_WARNING },
        { STR_INIT("error"), LOG_ERROR },
    };
    for (size_t i = 0; i < COUNT(levels); i++) {
        if (!str_eq(levels[i].name, text))
            continue;
        *out = levels[i].level;
        return true;
    }
    return false;
}

/* AF_INET, AF_INET6 or 0. */
static int address_family(struct str text)
{
    char cstr[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (text.len == 0 || text.len >= sizeof cstr)
        return 0;
    memcpy(cstr, text.ptr, text.len);
    cstr[text.len] = '\0';
    if (inet_pton(AF_INET, cstr, bytes) == 1)
        return AF_INET;
    return inet_pton(AF_INET6, cstr, bytes) == 1 ? AF_INET6 : 0;
}

static bool is_address(struct str text) { return address_family(text) != 0; }

static bool is_network(struct str text)
{
    struct str bits = text, address = text;
    int64_t n = 0;
    bool has_bits = str_cut(&bits, '/', &address);
    int family = address_family(address);
    if (family == 0 || !has_bits)
        return family != 0;
    return bits.len <= 3 && str_to_i64(bits, &n) && n >= 0 && n <= (family == AF_INET ? 32 : 128);
}

static bool is_uri_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= 0x20 || s.ptr[i] > 0x7E || str_has_char(STR("\"<>\\^`{|}"), s.ptr[i]))
            return false;
    return true;
}

static bool is_ldap_uri(struct str text)
{
    static const struct str schemes[] = { STR_INIT("ldap://"), STR_INIT("ldaps://"),
                                          STR_INIT("ldapi://") };
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (str_starts(text, schemes[i]) && text.len > schemes[i].len)
            return is_uri_text(text);
    return false;
}

static bool is_localhost(struct str authority)
{
    static const struct str names[] = { STR_INIT("localhost"), STR_INIT("127.0.0.1"),
                                        STR_INIT("[::1]") };
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq(authority, names[i]) ||
            (str_starts(authority, names[i]) && authority.ptr[names[i].len] == ':'))
            return true;
    return false;
}

static bool is_authority(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool fine =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || str_has_char(STR("-.:[]"), c);
        if (!fine)
            return false;
    }
    return s.len > 0 && s.ptr[0] != ':';
}

/* OpenID Connect Discovery 1.0 section 3: no query, no fragment. Compared byte for byte by
 * clients, so one spelling: a lower-case host, nothing to normalise. */
static bool is_issuer(struct str text)
{
    bool https = str_starts(text, STR("https://"));
    size_t skip = https ? 8 : 7;
    if ((!https && !str_starts(text, STR("http://"))) || !is_uri_text(text) ||
        str_has_char(text, '?') || str_has_char(text, '#') || text.ptr[text.len - 1] == '/')
        return false;
    struct str rest = str_from(text.ptr + skip, text.len - skip), authority = rest;
    (void)str_cut(&rest, '/', &authority);
    return is_authority(authority) && (https || is_localhost(authority));
}

static const char *store_list(const struct config_key *key, struct str text, bool (*ok)(struct str),
                              struct arena *a, struct config *c)
{
    struct config_list list = { NULL, 0 };
    struct str rest = text, part;
    list.items = arena_array(a, text.len / 2 + 1, sizeof *list.items);
    if (list.items == NULL)
        return no_memory;
    while (str_next(&rest, ' ', &part)) {
        if (part.len == 0)
            continue;
        if (!ok(part))
            return config_type_names(key->type).accept;
        if (!err_ok(arena_cstr(a, part, &list.items[list.count++])))
            return no_memory;
    }
    store(key, c, &list, sizeof list);
    return NULL;
}

static const char *store_number(const struct config_key *key, bool parsed, int64_t n,
                                struct config *c)
{
    if (!parsed)
        return config_type_names(key->type).accept;
    if (key->type != CONFIG_LEVEL && key->type != CONFIG_SAMPLING && (n < key->min || n > key->max))
        return "is out of range";
    store(key, c, &n, sizeof n);
    return NULL;
}

static bool parse_sampling(struct str text, int64_t *out)
{
    struct str word;
    if (str_eq(text, STR("all")) || str_eq(text, STR("refusals"))) {
        *out = str_eq(text, STR("all")) ? 1 : 0;
        return true;
    }
    return str_cut(&text, ' ', &word) && str_eq(word, STR("sample")) && str_to_i64(text, out) &&
           *out >= 1 && *out <= 1000000;
}

static bool is_of_type(enum config_type type, struct str text)
{
    switch (type) {
    case CONFIG_PATH:
    case CONFIG_SECRET:
    case CONFIG_DIRECTORY:
        return text.ptr[0] == '/';
    case CONFIG_ISSUER:
        return is_issuer(text);
    case CONFIG_ADDRESS:
        return is_address(text);
    case CONFIG_TEXT:
    case CONFIG_INT:
    case CONFIG_DURATION:
    case CONFIG_NETWORKS:
    case CONFIG_LDAP_URIS:
    case CONFIG_LEVEL:
    case CONFIG_SAMPLING:
        break;
    }
    return true;
}

const char *config_set(const struct config_key *key, struct str text, struct arena *a,
                       struct config *c)
{
    int64_t n = 0;
    bool parsed = false;
    if (!is_text(text))
        return text.len == 0 ? "has no value" : "holds a control character or is not UTF-8";
    switch (key->type) {
    case CONFIG_INT:
        parsed = str_to_i64(text, &n);
        return store_number(key, parsed, n, c);
    case CONFIG_DURATION:
        parsed = parse_duration(text, &n);
        return store_number(key, parsed, n, c);
    case CONFIG_LEVEL:
        parsed = parse_level(text, &n);
        return store_number(key, parsed, n, c);
    case CONFIG_SAMPLING:
        parsed = parse_sampling(text, &n);
        return store_number(key, parsed, n, c);
    case CONFIG_NETWORKS:
        return store_list(key, text, is_network, a, c);
    case CONFIG_LDAP_URIS:
        return store_list(key, text, is_ldap_uri, a, c);
    case CONFIG_TEXT:
    case CONFIG_PATH:
    case CONFIG_SECRET:
    case CONFIG_DIRECTORY:
    case CONFIG_ISSUER:
    case CONFIG_ADDRESS:
        break;
    }
    if (!is_of_type(key->type, text))
        return config_type_names(key->type).accept;
    return store_text(key, text, a, c);
}
