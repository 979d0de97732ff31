/* The underlay: which way the supernode is, and what follows from it. */
#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "io/monitor.h"

enum {
	SETTLE_MS = 200,                /* changes of the network come in bursts */
	LEARN_MS = 1000,                /* without lost events before the routes by the TAP are asked for anew */
	CHECK_MS = 1000,                /* how often to see whether the engine uses another supernode */
	OVERHEAD_V4 = 92,               /* bytes around an IP packet: IP, UDP, PACKET with socket, Ethernet, VLAN */
	OVERHEAD_V6 = 124,
	MTU_USUAL = 1500
};

struct edge_underlay {
	struct monitor *monitor;
	uint64_t due;                   /* when to look; UINT64_MAX: not */
	uint64_t learn_due;             /* likewise */
	struct addr way_to;             /* the supernode address that way belongs to */
	struct route_info way;          /* ifindex 0: none */
};

bool edge_underlay_new(struct edge_daemon *d)
{
	d->underlay = calloc(1, sizeof(*d->underlay));
	if (d->underlay)
		d->underlay->due = d->underlay->learn_due = UINT64_MAX;
	return d->underlay != NULL;
}

void edge_underlay_own_link(struct edge_daemon *d)
{
	monitor_watch(d->underlay->monitor, edge_tap_ifindex(d));
}

bool edge_underlay_known(const struct edge_daemon *d)
{
	return addr_is_set(&d->underlay->way_to);
}

static struct addr current_supernode(const struct edge_daemon *d)
{
	struct edge_supernode_info info;
	edge_supernode_info(d->engine, edge_info(d->engine)->supernode, &info);
	return info.addr;
}

static bool same_way(const struct route_info *a, const struct route_info *b)
{
	return a->ifindex == b->ifindex && addr_same_ip(&a->gateway, &b->gateway)
	       && addr_same_ip(&a->source, &b->source);
}

static unsigned tap_mtu(const struct edge_underlay *u)
{
	unsigned mtu = u->way.ifindex && !u->way.local && u->way.mtu ? u->way.mtu : MTU_USUAL;
	unsigned overhead = u->way_to.family == ADDR_V6 ? OVERHEAD_V6 : OVERHEAD_V4;
	unsigned left = mtu > overhead + EDGE_MTU_MIN ? mtu - overhead : EDGE_MTU_MIN;
	if (mtu <= MTU_USUAL && left > EDGE_MTU_USUAL)
		left = EDGE_MTU_USUAL;
	return left < EDGE_MTU_MAX ? left : EDGE_MTU_MAX;
}

/* Local discovery goes where the supernode is, and to where the host's default route is. */
static void set_lan(struct edge_daemon *d)
{
	const struct edge_underlay *u = d->underlay;
	unsigned at[2];
	size_t n = 0;
	struct addr outward;
	unsigned ifindex;
	if (u->way.ifindex && !u->way.local && u->way.ifindex != edge_tap_ifindex(d))
		at[n++] = u->way.ifindex;
	if (outward_address(d->nl, false, edge_tap_ifindex(d), &outward, &ifindex) && (!n || at[0] != ifindex))
		at[n++] = ifindex;
	if (!d->lan)
		return;
	lan_set(d->lan, at, n);
	udp_set_lan(d->udp, at, n);
}

static void set_preferred(struct edge_daemon *d)
{
	const struct edge_underlay *u = d->underlay;
	struct addr preferred = d->conf.preferred;
	unsigned ifindex;
	if (d->conf.preferred_auto) {
		preferred = u->way.source;
		bool useless = !u->way.ifindex || u->way.ifindex == edge_tap_ifindex(d)
		               || addr_is_loopback(&preferred);
		if (useless && !outward_address(d->nl, false, edge_tap_ifindex(d), &preferred, &ifindex))
			preferred = (struct addr){ .family = ADDR_NONE };
	}
	if (addr_is_set(&preferred))
		preferred.port = udp_port(d->udp);
	edge_set_preferred(d->engine, d->now, &preferred);
}

static void look(struct edge_daemon *d)
{
	struct edge_underlay *u = d->underlay;
	struct addr to = current_supernode(d);
	struct route_info way;
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	if (!addr_is_set(&to) || route_lookup(d->nl, &to, &way) < 0)
		memset(&way, 0, sizeof(way));
	bool other_supernode = !addr_equal(&to, &u->way_to);
	bool other_way = !other_supernode && !same_way(&way, &u->way);
	u->way = way;
	u->way_to = to;
	set_lan(d);
	set_preferred(d);
	if (!d->conf.mtu && way.ifindex)
		edge_tap_set_mtu(d, tap_mtu(u));
	if (!other_way)
		return;
	log_info("the way to the supernode changed");
	edge_names_all_again(d);
	edge_network_changed(d->engine, d->now);
}

void edge_underlay_look(struct edge_daemon *d)
{
	struct edge_underlay *u = d->underlay;
	uint64_t due = d->now + (d->ready ? SETTLE_MS : 0);
	if (due < u->due)
		u->due = due;
}

static void changed(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct monitor_event event;
	d->now = now;
	monitor_read(d->underlay->monitor);
	while (monitor_next(d->underlay->monitor, &event)) {
		edge_tap_event(d, &event);
		if (event.kind == MONITOR_UNDERLAY || event.kind == MONITOR_ROUTES || event.kind == MONITOR_RESYNC)
			edge_underlay_look(d);
	}
	if (monitor_unsure(d->underlay->monitor))
		d->underlay->learn_due = now + LEARN_MS;
}

bool edge_underlay_open(struct edge_daemon *d)
{
	struct monitor *m = d->underlay->monitor = monitor_open(edge_tap_ifindex(d));
	if (m && loop_add(d->lp, monitor_fd(m), LOOP_READ, changed, d) == 0)
		return true;
	log_err("cannot watch the network of this host");
	return false;
}

void edge_underlay_close(struct edge_daemon *d)
{
	if (d->underlay)
		monitor_close(d->underlay->monitor);
	free(d->underlay);
	d->underlay = NULL;
}

uint64_t edge_underlay_tick(struct edge_daemon *d)
{
	struct edge_underlay *u = d->underlay;
	struct addr to = current_supernode(d);
	if (!addr_equal(&to, &u->way_to))
		edge_underlay_look(d);
	if (d->now >= u->due) {
		u->due = UINT64_MAX;
		look(d);
	}
	if (d->now >= u->learn_due) {
		u->learn_due = UINT64_MAX;
		monitor_learn(u->monitor);
	}
	uint64_t check = d->now + CHECK_MS;
	check = u->learn_due < check ? u->learn_due : check;
	return u->due < check ? u->due : check;
}
