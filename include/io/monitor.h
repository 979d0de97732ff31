/* What changes in the host's network, as events: the own TAP's link and addresses, and the underlay
 * (everything else).
 *
 *	struct monitor *m = monitor_open(tap_ifindex(tap));     0: no TAP, underlay events only
 *	loop_add(lp, monitor_fd(m), LOOP_READ, ready, ctx);
 *	ready: monitor_read(m); while (monitor_next(m, &ev)) switch (ev.kind) ...
 *
 * It also keeps count of the routes by which datagrams would go into the overlay.
 */
#ifndef IO_MONITOR_H
#define IO_MONITOR_H

#include "core/addr.h"

enum monitor_kind {
	MONITOR_LINK_UP,        /* the own link: went up: addresses stay, but routes have to be set again */
	MONITOR_LINK_DOWN,      /* went down */
	MONITOR_LINK_REMOVED,   /* was deleted; no more own events until monitor_watch() */
	MONITOR_LINK_MAC,       /* has another MAC: event.mac */
	MONITOR_LINK_MASTER,    /* was put into a bridge */
	MONITOR_LINK_CARRIER,   /* it, or another port of its bridge, has a carrier again */
	MONITOR_LINK_FEATURES,  /* has other offloads (ethtool -K) */
	MONITOR_ADDRESSES,      /* its IPv4 addresses changed: see address_list() */
	MONITOR_LINK_ROUTES,    /* its IPv4 routes changed, not by its going down; not one put back at once */
	MONITOR_UNDERLAY,       /* another link came, went, is up, is down, or has another address or MTU */
	MONITOR_ROUTES,         /* some route that is not on the own link changed: look up again what matters */
	MONITOR_RESYNC          /* events were lost: everything may be different */
};
struct monitor_event {
	enum monitor_kind kind;
	uint8_t mac[MAC_LEN];           /* MONITOR_LINK_MAC */
};

struct monitor;
struct own_links;

MUST_CHECK struct monitor *monitor_open(unsigned own_ifindex);          /* NULL with errno */
void monitor_close(struct monitor *m);                                  /* NULL is fine */
int monitor_fd(const struct monitor *m);
/* The own link is another one (tap_reopen()). */
void monitor_watch(struct monitor *m, unsigned own_ifindex);
/* Reads what waits, a batch at most: the rest is found in the next turn of the loop.  Never blocks. */
void monitor_read(struct monitor *m);
/* The next event of what was read; false: no more.  Events of one kind that come together are told once;
 * an event is told only when the state differs from what was told before (MONITOR_ROUTES,
 * MONITOR_LINK_CARRIER and MONITOR_LINK_FEATURES may be told in vain). */
bool monitor_next(struct monitor *m, struct monitor_event *event);

/* May a route lead from here to there by the own link, or one bridged or stacked on it?  Costs no system call.  True
 * where it is not sure. */
bool monitor_may_be_own(const struct monitor *m, const struct addr *to);
const struct own_links *monitor_own_links(const struct monitor *m);
/* It became unsure: events were lost, or what they said was too much.  monitor_learn() asks for those routes anew, which
 * costs some 15 ms with 200,000 routes: not while they come in by the thousand. */
bool monitor_unsure(const struct monitor *m);
void monitor_learn(struct monitor *m);

#endif
