/* Links, addresses and routes by rtnetlink.  Requests are answered by the kernel at once, so these
 * calls are synchronous; none belongs into the data path.  Each int is 0 or -1 with errno, unless it
 * says otherwise; the kernel's own sentence about the last failure is in netlink_words().
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include "core/addr.h"

enum { LINK_NAME = 16 };

struct netlink;

/* In the network namespace of the caller.  NULL with errno. */
MUST_CHECK struct netlink *netlink_open(void);
void netlink_close(struct netlink *nl);                 /* NULL is fine */
const char *netlink_words(const struct netlink *nl);    /* until the next request; "": it said nothing */

/* Links */
struct link_info {
	unsigned ifindex;
	char name[LINK_NAME];
	uint8_t mac[MAC_LEN];
	unsigned mtu, tx_queue_len;
	unsigned master;                /* the bridge, bond or VRF that it is a port of; 0: none */
	bool up;                        /* set up by its administrator */
	bool running;                   /* and it has a carrier */
	bool loopback;
	bool tun;                       /* a TUN or TAP */
};
MUST_CHECK int link_get(struct netlink *nl, unsigned ifindex, struct link_info *out);   /* ENODEV: no such */
MUST_CHECK int link_find(struct netlink *nl, const char *name, struct link_info *out);
MUST_CHECK int link_set_mac(struct netlink *nl, unsigned ifindex, const uint8_t mac[static MAC_LEN]);
MUST_CHECK int link_set_mtu(struct netlink *nl, unsigned ifindex, unsigned mtu);
MUST_CHECK int link_set_txqueuelen(struct netlink *nl, unsigned ifindex, unsigned packets);
MUST_CHECK int link_set_up(struct netlink *nl, unsigned ifindex, bool up);

/* IPv4 addresses of a link.  Adding sets the broadcast address too; one that is there already is fine,
 * and so is deleting one that is not. */
MUST_CHECK int address_add(struct netlink *nl, unsigned ifindex, const struct subnet *address);
MUST_CHECK int address_delete(struct netlink *nl, unsigned ifindex, const struct subnet *address);
/* The first link other than that device, its bridge and other TAPs which has an address in whose network the wanted one
 * is.  False: none. */
bool address_around(struct netlink *nl, const struct subnet *wanted, const char *except_device, struct subnet *found,
                    struct link_info *link);
bool address_has(struct netlink *nl, unsigned ifindex, const struct subnet *address);
/* Up to max, in the kernel's order; returns how many there are, which may be more, or -1 with errno. */
MUST_CHECK int address_list(struct netlink *nl, unsigned ifindex, struct subnet *out, size_t max);

/* IPv4 routes in the main table. */
struct route {
	struct subnet to;               /* 0.0.0.0/0: the default route; host bits are masked off */
	uint8_t gateway[4];             /* zero: none, on the link */
	unsigned ifindex;
	uint32_t metric;                /* 0: the best */
	uint8_t source[4];              /* zero: the kernel chooses */
};
enum route_result { ROUTE_ADDED, ROUTE_THERE, ROUTE_TAKEN, ROUTE_FAILED };
/* ROUTE_ADDED: remove it at the end.  ROUTE_THERE: the same destination is routed through this link
 * already: fine, but not ours to remove.  ROUTE_TAKEN: it is routed through another link, *through
 * (name, ifindex) says which.  ROUTE_FAILED: errno: ENETUNREACH: the gateway is not reachable on the
 * link; ENETDOWN: the link is down; EPERM; ... */
MUST_CHECK enum route_result route_add(struct netlink *nl, const struct route *r, struct link_info *through);
/* Only a route of our protocol; one that is not there is fine. */
MUST_CHECK int route_delete(struct netlink *nl, const struct route *r);
/* Adds it, or takes the place of ours with the same destination and metric, without a moment between. */
MUST_CHECK int route_replace(struct netlink *nl, const struct route *r);

/* All routes that we add have this protocol (ip route show proto 203), so that they are told apart from those of
 * others also when the program that added them was killed.  Those that are not on the own device have a metric made
 * of its name, which also lets several edges keep one each to the same destination. */
enum { ROUTE_PROTOCOL = 203, ROUTE_TAG = 0x63000000 };
uint32_t route_tag(const char *device);
/* The way that a host has when our routes and host routes to it are left out, as a host route: found by look-ups by each
 * link, so that nothing has to be taken away for it and it costs the same however many routes there are.  False: none. */
bool route_past_own(struct netlink *nl, const struct addr *to, unsigned except_ifindex, struct route *out);
/* Removes what an edge with this device left when it was killed, or one whose device is gone.  Returns how many. */
size_t route_sweep(struct netlink *nl, unsigned own_ifindex, const char *device);

/* How the kernel would send to an endpoint of either family.  Single look-ups: their cost does not depend on how many
 * routes there are. */
struct route_info {
	unsigned ifindex;
	bool local;                     /* an address of this host: loopback's MTU, itself as the source */
	struct addr gateway;            /* none: on the link */
	struct addr source;             /* the own address it would leave from, port 0 */
	unsigned mtu;                   /* of the route when it has one, else of the link; 0: unknown */
};
/* ENETUNREACH, ... */
MUST_CHECK int route_lookup(struct netlink *nl, const struct addr *to, struct route_info *out);
/* By that link, whatever the best route is; 0: by any.  mtu is that of the route only. */
MUST_CHECK int route_lookup_by(struct netlink *nl, unsigned ifindex, const struct addr *to, struct route_info *out);
/* The entry in the tables that decides (Linux 4.13).  A blackhole is one too, its ifindex 0 or that of loopback. */
struct route_match {
	bool found;
	uint8_t prefix;
	unsigned ifindex;               /* of its first way */
	uint32_t table, metric;
};
MUST_CHECK int route_match(struct netlink *nl, unsigned ifindex, const struct addr *to, struct route_match *out);

/* The address (port 0) by which the host is known outside, for when the route to the supernode does not
 * tell (it is loopback, or unreachable now): global scope, of a link that is up, no loopback and not
 * except_ifindex (the TAP; 0: none); of the one with the default route if there is such.  False: there
 * is none. */
bool outward_address(struct netlink *nl, bool v6, unsigned except_ifindex, struct addr *out, unsigned *ifindex);

#endif
