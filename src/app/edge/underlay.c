/* The underlay: which way the supernode is, and what follows from it. */
#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "io/monitor.h"

enum {
	SETTLE_MS = 200,                /* changes of the network come in bursts */
	LEARN_MS = 1000,                /* without lost events before the routes by the TAP are asked for anew */
	CHECK_MS = 1000,                /* how often to see whether the engine uses another supernode */
	ETHERNET_MAX = 10000,           /* bytes: no Ethernet carries longer packets; what a link promises beyond is kept by it alone */
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
	struct way past;                /* the overlay's own links */
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

const struct monitor *edge_underlay_monitor(const struct edge_daemon *d)
{
	return d->underlay->monitor;
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

/* That of a container's link without root, which is 65520, says nothing of the network behind it. */
static unsigned believed(unsigned mtu)
{
	return mtu && mtu <= ETHERNET_MAX ? mtu : MTU_USUAL;
}

/* To a supernode on this host others come by the link that leads outside. */
static unsigned way_mtu(struct edge_daemon *d)
{
	const struct edge_underlay *u = d->underlay;
	struct link_info link;
	struct addr outward;
	unsigned ifindex;
	if (!u->way.ifindex)
		return MTU_USUAL;
	if (!u->way.local)
		return believed(u->way.mtu);
	bool known = outward_address(d->nl, u->way_to.family == ADDR_V6, edge_tap_ifindex(d), &outward, &ifindex)
	             && link_get(d->nl, ifindex, &link) == 0;
	return known ? believed(link.mtu) : MTU_USUAL;
}

static unsigned tap_mtu(struct edge_daemon *d)
{
	const struct edge_underlay *u = d->underlay;
	unsigned mtu = way_mtu(d);
	unsigned overhead = u->way_to.family == ADDR_V6 ? OVERHEAD_V6 : OVERHEAD_V4;
	overhead += edge_sessions_keys(d) ? SECURE_DATA_OVERHEAD : 0;
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
	if (u->way.ifindex && !u->way.local && !own_links_get(monitor_own_links(u->monitor), u->way.ifindex))
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

size_t edge_underlay_path_mtu(struct edge_daemon *d, const struct addr *to)
{
	struct way past = edge_ways_to(d, to);
	struct route_info info;
	if (way_route(d->nl, &past, to, &info) < 0)
		return 0;
	return info.local || info.mtu <= ETHERNET_MAX ? info.mtu : MTU_USUAL;
}

/* True: the log says what changed. */
static bool tell_past(struct edge_daemon *d, const struct way *past)
{
	struct edge_underlay *u = d->underlay;
	struct link_info link;
	char to[ADDR_TEXT];
	if (past->kind == u->past.kind && past->ifindex == u->past.ifindex)
		return false;
	u->past = *past;
	addr_print(to, &u->way_to);
	if (past->kind == WAY_NONE)
		log_warnx("the route to the supernode %s leads into the overlay itself, and there is no other: nothing is sent "
		          "there until there is one", to);
	else if (past->kind == WAY_BOUND)
		log_warnx("the best route to the supernode %s leads into the overlay itself: bound to %s, whatever the routes say", to,
		          link_get(d->nl, past->ifindex, &link) < 0 ? "another link" : link.name);
	else
		log_info("the route to the supernode %s does not lead into the overlay any more", to);
	return true;
}

static void look(struct edge_daemon *d)
{
	struct edge_underlay *u = d->underlay;
	struct addr to = current_supernode(d);
	struct route_info way;
	edge_routes_pin(d);
	edge_routes_apply(d, false);
	edge_ways_changed(d);
	struct way past = { .kind = WAY_OPEN };
	if (addr_is_set(&to))
		past = edge_ways_to(d, &to);
	if (!addr_is_set(&to) || way_route(d->nl, &past, &to, &way) < 0)
		memset(&way, 0, sizeof(way));
	bool other_supernode = !addr_equal(&to, &u->way_to);
	bool other_way = !other_supernode && !same_way(&way, &u->way);
	u->way = way;
	u->way_to = to;
	set_lan(d);
	set_preferred(d);
	if (!d->conf.mtu && way.ifindex)
		edge_tap_set_mtu(d, tap_mtu(d));
	bool told = tell_past(d, &past);
	if (!other_way)
		return;
	if (!told)
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
		if (event.kind != MONITOR_ROUTES)
			edge_ways_changed(d);   /* at once: a route by the TAP would feed us our own datagrams */
		if (event.kind == MONITOR_LINK_ROUTES || event.kind == MONITOR_LINK_UP || event.kind == MONITOR_UNDERLAY || event.kind == MONITOR_ROUTES || event.kind == MONITOR_RESYNC)
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
