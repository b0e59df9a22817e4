/* watch.h - every open connection, and a thread that cuts those whose time is over.
 *
 * libmicrohttpd's own time-out restarts with each byte, so that a client sending one byte a second
 * holds a connection for hours. Here a connection has a deadline for what it is doing (sending a
 * request, taking an answer, being idle); when it passes, the socket is shut down and the event
 * thread finds it closed. Also counts connections per network.
 */
#ifndef HTTP_WATCH_H
#define HTTP_WATCH_H

#include "http/network.h"

struct watch;      /* opaque */
struct watch_conn; /* one connection, opaque */

/* NEVER_COUNTED: addresses without a limit (trusted proxies); borrowed. Errors: NO_MEMORY, LIBRARY. */
NODISCARD err_t watch_new(unsigned per_network, unsigned ipv6_prefix,
                          const struct net_list *never_counted, struct watch **out);
void watch_free(struct watch *w); /* when no connection is left; NULL is fine */

/* False, and counted, when the network of A has its share of connections already. Event threads that
 * accept at the same moment may each let one in: the share can be exceeded by their number. */
bool watch_admits(struct watch *w, struct net_address a);

/* NULL when out of memory. FD stays the caller's and must be open until watch_remove(). */
struct watch_conn *watch_add(struct watch *w, int fd, struct net_address a, unsigned ms);
void watch_remove(struct watch *w, struct watch_conn *c); /* NULL is fine */
struct net_address watch_address(const struct watch_conn *c);

/* MS from now the connection is cut; 0: never (a handler is at work). Any thread. */
void watch_deadline(struct watch_conn *c, unsigned ms);

struct watch_counts {
    uint64_t open, cut, refused;
};
struct watch_counts watch_counts(struct watch *w);

#endif
