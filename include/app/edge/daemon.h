/* The edge with its rim, between the files of the main.  The engine's calls to the host only note what is
 * wanted; the ticks do it, so that no call comes back into the engine while it runs.
 */
#ifndef EDGE_DAEMON_H
#define EDGE_DAEMON_H

#include "app/daemon/run.h"
#include "app/edge/conf.h"
#include "io/lan.h"
#include "io/loop.h"
#include "io/monitor.h"
#include "io/names.h"
#include "io/netlink.h"
#include "io/status.h"
#include "io/tap.h"
#include "io/udp.h"

enum {
	EDGE_START_WAIT_MS = 10000,     /* for an address from the supernode before ready is said without it */
	EDGE_MTU_WAIT_MS = 500,         /* for the first look-up, so that the MTU is right when ready is said */
	EDGE_SETTLE_MS = 200,           /* changes of the network come in bursts */
	EDGE_REPAIR_MS = 1000,          /* at most that often is a missing address set again */
	EDGE_ROUTES_CHECK_MS = 2000,
	EDGE_PINS_MAX = EDGE_SUPERNODES_MAX * EDGE_ADDRS_MAX,
	EDGE_MTU_USUAL = 1400
};

/* A route of -n as the kernel gets it: 0.0.0.0/0 is two halves, so that the default route stays. */
struct edge_route {
	struct route route;
	size_t option;                  /* which -n */
	bool ours;                      /* we have added it */
	bool noted;                     /* its failure is in the log */
};

struct edge_name {
	uint64_t due;                   /* when to look up; UINT64_MAX: an answer is on its way */
	unsigned failures;              /* in a row */
	uint64_t noted;                 /* when the failure was last told */
	size_t n;
	struct addr addrs[EDGE_ADDRS_MAX];
};

struct edge_daemon {
	struct edge_conf conf;
	uint64_t now;                   /* of this turn */
	bool ready;
	uint64_t started;
	int status_code;                /* to exit with */
	struct loop *lp;
	struct netlink *nl;
	struct udp *udp;
	struct lan *lan;                /* NULL: no local discovery */
	struct tap *tap;
	struct monitor *monitor;
	struct names *names;
	struct status *status;          /* NULL: not to be had */
	struct management *management;  /* NULL: no -t */
	struct edge *engine;
	struct edge_frames *frames;     /* edge_frames.c */
	uint64_t frames_bad;            /* from the TAP, with an offload that does not fit them */

	/* edge_management.c */
	struct daemon_watch super, p2p;         /* last ACK, last PACKET from a peer */

	/* edge_tap.c */
	uint8_t mac[MAC_LEN];
	bool mac_wanted;                /* to be put on the TAP */
	struct subnet address;          /* to be on the TAP; none: not yet, or DHCP's */
	struct subnet applied;          /* what we have put there */
	unsigned mtu;                   /* that the TAP has */
	uint64_t apply_due;             /* UINT64_MAX: nothing to do */
	uint64_t applied_at;            /* address or routes were last set, or seen to be there */
	uint64_t reopen_due;            /* the TAP is gone; UINT64_MAX: it is not */
	bool reopen_noted;

	/* edge_routes.c */
	struct edge_route routes[2 * EDGE_ROUTES_MAX];
	size_t routes_n;
	struct route pins[EDGE_PINS_MAX];       /* of supernodes, past our own routes */
	size_t pins_n;

	/* edge_names.c */
	struct edge_name name[EDGE_SUPERNODES_MAX];

	/* edge_network.c */
	uint64_t network_due;           /* when to look; UINT64_MAX: not */
	struct addr way_to;             /* the supernode address that way belongs to */
	struct route_info way;          /* ifindex 0: none */
};

/* edge_host.c: between sockets and engine */
void edge_host_fill(struct host *host, struct edge_daemon *d);
void edge_udp_ready(void *ctx, uint64_t now, unsigned events);
void edge_lan_ready(void *ctx, uint64_t now, unsigned events);

/* edge_frames.c: between TAP and engine */
MUST_CHECK bool edge_frames_open(struct edge_daemon *d);        /* false: the log says why */
void edge_frames_close(struct edge_daemon *d);
void edge_tap_readable(void *ctx, uint64_t now, unsigned events);
void edge_frames_deliver(struct edge_daemon *d, const struct buf *frame);       /* its bytes stay until the flush */
void edge_frames_inject(struct edge_daemon *d, const struct buf *frame);        /* at once */
void edge_frames_flush(struct edge_daemon *d);

/* edge_tap.c: the TAP as the user wants it */
MUST_CHECK bool edge_tap_start(struct edge_daemon *d);          /* all of it; false: the log says why */
void edge_tap_made_up_mac(const struct edge_conf *conf, uint8_t mac[static MAC_LEN]);
void edge_tap_tell_addresses(struct edge_daemon *d);            /* to the engine */
void edge_tap_event(struct edge_daemon *d, const struct monitor_event *event);
void edge_tap_set_mtu(struct edge_daemon *d, unsigned mtu);
uint64_t edge_tap_tick(struct edge_daemon *d);
void edge_tap_stop(struct edge_daemon *d);

/* edge_routes.c: the routes of -n */
void edge_routes_prepare(struct edge_daemon *d);
/* Adds what can be added now.  false: one failed, the log says which. */
bool edge_routes_apply(struct edge_daemon *d, bool starting);
bool edge_routes_complete(const struct edge_daemon *d);
/* Keeps the supernodes reachable by the way they had without our routes. */
void edge_routes_pin(struct edge_daemon *d);
void edge_routes_remove(struct edge_daemon *d);

/* edge_names.c: the names of the supernodes */
void edge_names_ready(void *ctx, uint64_t now, unsigned events);
void edge_names_again(struct edge_daemon *d, size_t i);
void edge_names_all_again(struct edge_daemon *d);
uint64_t edge_names_tick(struct edge_daemon *d);

/* edge_network.c: the underlay */
void edge_network_ready(void *ctx, uint64_t now, unsigned events);
void edge_network_look(struct edge_daemon *d);          /* soon */
uint64_t edge_network_tick(struct edge_daemon *d);

/* edge_management.c: n2n's management port; without -t nothing happens */
MUST_CHECK bool edge_management_open(struct edge_daemon *d);     /* false: the log says why */
uint64_t edge_management_tick(struct edge_daemon *d);

/* edge_groups.c: the answer to status groups; false: that was all */
bool edge_groups_write(struct edge_daemon *d, struct status_page *page);

/* edge_status.c: a status_writer; ctx is the daemon */
bool edge_status_write(void *ctx, uint64_t now, struct status_page *page);

#endif
