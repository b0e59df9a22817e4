/* network.h - addresses: text, prefixes, the key that throttling counts by. Pure but for the
 * conversions of the C library, which look nothing up.
 *
 * IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2), so that there is one form.
 */
#ifndef HTTP_NETWORK_H
#define HTTP_NETWORK_H

#include "http/http.h"

struct net_address {
    unsigned char bytes[16];
};

struct net_prefix {
    struct net_address address;
    unsigned bits; /* 0 to 128, counted in the mapped form */
};

struct sockaddr;
bool net_of_sockaddr(const struct sockaddr *sa, struct net_address *out);
bool net_parse(struct str text, struct net_address *out);       /* "::1", "192.0.2.7" */
bool net_parse_prefix(struct str text, struct net_prefix *out); /* and "192.0.2.0/24" */
bool net_is_ipv4(struct net_address a);
bool net_is_loopback(struct net_address a); /* 127.0.0.0/8, ::1 */
bool net_covers(const struct net_prefix *prefix, struct net_address a);
/* A cut to its network: an IPv4 address whole, an IPv6 address to IPV6_PREFIX bits. */
struct net_address net_network(struct net_address a, unsigned ipv6_prefix);
void net_describe(struct net_address a, unsigned ipv6_prefix, struct http_peer *out);

struct net_list {
    struct net_prefix *prefixes;
    size_t count;
};
bool net_listed(const struct net_list *list, struct net_address a);

/* The client behind proxies: walks X-Forwarded-For from its end, for as long as the address that
 * spoke is a trusted proxy. An element that is not an address stops the walk: PEER or the last
 * proxy stands. */
struct net_address net_client(const struct net_list *trusted, struct net_address peer,
                              struct str forwarded_for);

#endif
