#include "http/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MAPPED_BITS = 96 };

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

static struct net_address of_ipv4(const void *four)
{
    struct net_address a;
    memcpy(a.bytes, mapped, sizeof mapped);
    memcpy(a.bytes + sizeof mapped, four, 4);
    return a;
}

bool net_of_sockaddr(const struct sockaddr *sa, struct net_address *out)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        *out = of_ipv4(&in.sin_addr);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(out->bytes, &in6.sin6_addr, sizeof out->bytes);
        return true;
    }
    return false;
}

bool net_parse(struct str text, struct net_address *out)
{
    char cstr[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    if (text.len == 0 || text.len >= sizeof cstr || str_has_char(text, '\0'))
        return false;
    memcpy(cstr, text.ptr, text.len);
    cstr[text.len] = '\0';
    if (inet_pton(AF_INET, cstr, bytes) == 1) {
        *out = of_ipv4(bytes);
        return true;
    }
    if (inet_pton(AF_INET6, cstr, bytes) != 1)
        return false;
    memcpy(out->bytes, bytes, sizeof bytes);
    return true;
}

bool net_parse_prefix(struct str text, struct net_prefix *out)
{
    struct str address = text, bits = text;
    struct net_prefix p;
    int64_t n = 0;
    bool has_bits = str_cut(&bits, '/', &address);
    if (!net_parse(address, &p.address))
        return false;
    int64_t least = net_is_ipv4(p.address) ? MAPPED_BITS : 0;
    if (!has_bits)
        n = 128 - least;
    else if (bits.len == 0 || bits.len > 3 || !str_to_i64(bits, &n))
        return false;
    if (n < 0 || n > 128 - least)
        return false;
    p.bits = (unsigned)(n + least);
    *out = p;
    return true;
}

bool net_is_ipv4(struct net_address a) { return memcmp(a.bytes, mapped, sizeof mapped) == 0; }

bool net_is_loopback(struct net_address a)
{
    static const unsigned char one[16] = { [15] = 1 };
    return memcmp(a.bytes, one, sizeof one) == 0 || (net_is_ipv4(a) && a.bytes[12] == 127);
}

static struct net_address cut(struct net_address a, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        a.bytes[i] = (unsigned char)(a.bytes[i] & (0xFF00U >> kept));
    }
    return a;
}

bool net_covers(const struct net_prefix *prefix, struct net_address a)
{
    struct net_address x = cut(a, prefix->bits), y = cut(prefix->address, prefix->bits);
    return memcmp(x.bytes, y.bytes, sizeof x.bytes) == 0;
}

struct net_address net_network(struct net_address a, unsigned ipv6_prefix)
{
    return net_is_ipv4(a) ? a : cut(a, ipv6_prefix);
}

static void to_text(struct net_address a, char out[INET6_ADDRSTRLEN])
{
    int family = net_is_ipv4(a) ? AF_INET : AF_INET6;
    const void *bytes = family == AF_INET ? a.bytes + sizeof mapped : a.bytes;
    if (inet_ntop(family, bytes, out, INET6_ADDRSTRLEN) == NULL)
        out[0] = '\0'; /* cannot happen: the family and the room are right */
}

void net_describe(struct net_address a, unsigned ipv6_prefix, struct http_peer *out)
{
    char network[INET6_ADDRSTRLEN];
    to_text(a, out->text);
    to_text(net_network(a, ipv6_prefix), network);
    (void)snprintf(out->network, sizeof out->network, "%s/%u", network,
                   net_is_ipv4(a) ? 32 : ipv6_prefix);
}

bool net_listed(const struct net_list *list, struct net_address a)
{
    for (size_t i = 0; i < list->count; i++)
        if (net_covers(&list->prefixes[i], a))
            return true;
    return false;
}

struct net_address net_client(const struct net_list *trusted, struct net_address peer,
                              struct str forwarded_for)
{
    struct str rest = forwarded_for, element;
    struct net_address client = peer, next;
    while (rest.len > 0 && net_listed(trusted, client)) {
        if (!str_cut_last(&rest, ',', &element)) {
            element = rest;
            rest.len = 0;
        }
        if (!net_parse(str_trim(element), &next))
            break;
        client = next;
    }
    return client;
}
