/* rtnetlink messages: written and read with bounds, and the exchange with the kernel.  For the files behind
 * io/netlink.h and io/monitor.h only.
 */
#ifndef IO_NLMSG_H
#define IO_NLMSG_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "core/bytes.h"
#include "io/netlink.h"

enum { NLMSG_REQUEST = 256 };   /* bytes: the longest request here has some 80 */

struct nl_request {
	_Alignas(struct nlmsghdr) uint8_t bytes[NLMSG_REQUEST];
	size_t len;
};

/* A request with its fixed part (struct ifinfomsg, ...).  flags: NLM_F_DUMP, or NLM_F_CREATE and the like. */
void nl_begin(struct nl_request *q, uint16_t type, uint16_t flags, const void *body, size_t len);
void nl_put(struct nl_request *q, uint16_t attribute, const void *value, size_t len);
void nl_put_u32(struct nl_request *q, uint16_t attribute, uint32_t value);

/* The fixed part of a message of at least len bytes; NULL: it is shorter. */
const void *nl_body(const struct nlmsghdr *h, size_t len);
/* The value of the first such attribute behind the fixed part of body bytes, if it has at least len
 * bytes; NULL: none. */
const void *nl_attribute(const struct nlmsghdr *h, size_t body, uint16_t attribute, size_t len);
/* The same inside the value of another one.  *found, if asked for, is its real length. */
const void *nl_find(const uint8_t *attributes, size_t total, uint16_t attribute, size_t len, size_t *found);
/* 0 where there is none. */
uint32_t nl_u32(const struct nlmsghdr *h, size_t body, uint16_t attribute);

/* The first message in the bytes received; moves *at behind it.  NULL: no more. */
const struct nlmsghdr *nl_next(const uint8_t **at, const uint8_t *end);

/* Sends the request, hands each message of the answer to each (may be NULL; must not talk itself) and
 * waits for the kernel's verdict: 0, or -1 with errno. */
int nl_talk(struct netlink *nl, struct nl_request *q,
            void (*each)(void *ctx, const struct nlmsghdr *h), void *ctx);

/* The same for a dump, which begins anew, with the len bytes at ctx as they were, when what is dumped changed meanwhile.
 * EAGAIN: it does not stop changing. */
enum { NL_GATHERED_MAX = 8192 };
int nl_dump(struct netlink *nl, struct nl_request *q,
            void (*each)(void *ctx, const struct nlmsghdr *h), void *ctx, size_t len);

/* The link of a route, of its first way when it has several; 0: none. */
unsigned nl_route_link(const struct nlmsghdr *h);

/* Is this RTM_NEWLINK and what does it say? */
bool nl_link(const struct nlmsghdr *h, struct link_info *out);

#endif
