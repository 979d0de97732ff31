/* The underlay: which way the supernode is, and what follows from it. */
#include "app/daemon/run.h"
#include "app/edge/daemon.h"

enum {
	CHECK_MS = 1000,                /* how often to see whether the engine uses another supernode */
	OVERHEAD_V4 = 92,               /* bytes around an IP packet: IP, UDP, PACKET with socket, Ethernet, VLAN */
	OVERHEAD_V6 = 124,
	MTU_USUAL = 1500
};

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

static unsigned tap_mtu(const struct edge_daemon *d)
{
	unsigned mtu = d->way.ifindex && !d->way.local && d->way.mtu ? d->way.mtu : MTU_USUAL;
	unsigned overhead = d->way_to.family == ADDR_V6 ? OVERHEAD_V6 : OVERHEAD_V4;
	unsigned left = mtu > overhead + EDGE_MTU_MIN ? mtu - overhead : EDGE_MTU_MIN;
	if (mtu <= MTU_USUAL && left > EDGE_MTU_USUAL)
		left = EDGE_MTU_USUAL;
	return left < EDGE_MTU_MAX ? left : EDGE_MTU_MAX;
}

/* Local discovery goes where the supernode is, and to where the host's default route is. */
static void set_lan(struct edge_daemon *d)
{
	unsigned at[2];
	size_t n = 0;
	struct addr outward;
	unsigned ifindex;
	if (d->way.ifindex && !d->way.local && d->way.ifindex != tap_ifindex(d->tap))
		at[n++] = d->way.ifindex;
	if (outward_address(d->nl, false, tap_ifindex(d->tap), &outward, &ifindex) && (!n || at[0] != ifindex))
		at[n++] = ifindex;
	if (!d->lan)
		return;
	lan_set(d->lan, at, n);
	udp_set_lan(d->udp, at, n);
}

static void set_preferred(struct edge_daemon *d)
{
	struct addr preferred = d->conf.preferred;
	unsigned ifindex;
	if (d->conf.preferred_auto) {
		preferred = d->way.source;
		bool useless = !d->way.ifindex || d->way.ifindex == tap_ifindex(d->tap)
		               || addr_is_loopback(&preferred);
		if (useless && !outward_address(d->nl, false, tap_ifindex(d->tap), &preferred, &ifindex))
			preferred = (struct addr){ .family = ADDR_NONE };
	}
	if (addr_is_set(&preferred))
		preferred.port = udp_port(d->udp);
	edge_set_preferred(d->engine, d->now, &preferred);
}

/* Our own pins are changes of routes too: what they caused is taken out here, everything else is seen. */
static void pin_quietly(struct edge_daemon *d)
{
	struct monitor_event event;
	if (!d->routes_n)
		return;
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	while (monitor_next(d->monitor, &event)) {
		edge_tap_event(d, &event);
		if (event.kind == MONITOR_UNDERLAY || event.kind == MONITOR_RESYNC)
			edge_network_look(d);
	}
}

static void look(struct edge_daemon *d)
{
	struct addr to = current_supernode(d);
	struct route_info way;
	pin_quietly(d);
	if (!addr_is_set(&to) || route_lookup(d->nl, &to, &way) < 0)
		memset(&way, 0, sizeof(way));
	bool other_supernode = !addr_equal(&to, &d->way_to);
	bool other_way = !other_supernode && !same_way(&way, &d->way);
	d->way = way;
	d->way_to = to;
	set_lan(d);
	set_preferred(d);
	if (!d->conf.mtu && way.ifindex)
		edge_tap_set_mtu(d, tap_mtu(d));
	if (!other_way)
		return;
	log_info("the way to the supernode changed");
	edge_names_all_again(d);
	edge_network_changed(d->engine, d->now);
}

void edge_network_look(struct edge_daemon *d)
{
	uint64_t due = d->now + (d->ready ? EDGE_SETTLE_MS : 0);
	if (due < d->network_due)
		d->network_due = due;
}

void edge_network_ready(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct monitor_event event;
	d->now = now;
	while (monitor_next(d->monitor, &event)) {
		edge_tap_event(d, &event);
		if (event.kind == MONITOR_UNDERLAY || event.kind == MONITOR_ROUTES || event.kind == MONITOR_RESYNC)
			edge_network_look(d);
	}
}

uint64_t edge_network_tick(struct edge_daemon *d)
{
	struct addr to = current_supernode(d);
	if (!addr_equal(&to, &d->way_to))
		edge_network_look(d);
	if (d->now >= d->network_due) {
		d->network_due = UINT64_MAX;
		look(d);
	}
	uint64_t check = d->now + CHECK_MS;
	return d->network_due < check ? d->network_due : check;
}
