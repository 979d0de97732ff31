/* The routes of -n, and the way to the supernodes past them. */
#include <errno.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"

static void add_entry(struct edge_daemon *d, size_t option, uint32_t ip, uint8_t prefix)
{
	struct edge_route *r = &d->routes[d->routes_n++];
	*r = (struct edge_route){ .route = d->conf.routes[option], .option = option };
	put_be32(r->route.to.ip, ip);
	r->route.to.prefix = prefix;
}

void edge_routes_prepare(struct edge_daemon *d)
{
	for (size_t i = 0; i < d->conf.routes_n; i++) {
		const struct subnet *to = &d->conf.routes[i].to;
		if (to->prefix) {
			add_entry(d, i, subnet_ip(to), to->prefix);
			continue;
		}
		add_entry(d, i, 0, 1);
		add_entry(d, i, 0x80000000u, 1);
	}
}

static bool covers(const struct edge_route *r, const struct addr *a)
{
	uint32_t mask = subnet_mask(r->route.to.prefix);
	return a->family == ADDR_V4 && (get_be32(a->ip) & mask) == (subnet_ip(&r->route.to) & mask);
}

static bool is_covered(const struct edge_daemon *d, const struct addr *a)
{
	for (size_t i = 0; i < d->routes_n; i++)
		if (covers(&d->routes[i], a))
			return true;
	return false;
}

/* With everything routed into the overlay no name could be resolved before there is an overlay. */
static bool must_wait(const struct edge_daemon *d, const struct edge_route *r)
{
	if (d->conf.routes[r->option].to.prefix)
		return false;
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		if (d->name[i].n)
			return false;
	return true;
}

static void tell_failure(struct edge_daemon *d, struct edge_route *r, enum route_result result,
                         const struct link_info *through)
{
	char to[SUBNET_TEXT];
	const struct route *asked = &d->conf.routes[r->option];
	const uint8_t *gw = asked->gateway;
	if (r->noted)
		return;
	r->noted = true;
	subnet_print(to, &asked->to);
	if (!asked->to.prefix)
		snprintf(to, sizeof(to), "0.0.0.0/0");
	if (result == ROUTE_TAKEN)
		log_errx("-n %s: that is routed through %s already; remove that route, or leave out -n", to,
		         through->name);
	else if (errno == ENETUNREACH && get_be32(gw))
		log_errx("-n %s: the gateway %u.%u.%u.%u cannot be reached on %s; give one in the overlay's network", to, gw[0],
		         gw[1], gw[2], gw[3], tap_name(d->tap));
	else
		log_err("-n %s: cannot add the route", to);
}

/* In automatic mode a gateway is on the link only when the address is there: that is no failure. */
static bool is_early(const struct edge_daemon *d, const struct edge_route *r)
{
	return !subnet_is_set(&d->applied) && get_be32(r->route.gateway);
}

bool edge_routes_apply(struct edge_daemon *d, bool starting)
{
	bool good = true;
	for (size_t i = 0; i < d->routes_n; i++) {
		struct edge_route *r = &d->routes[i];
		struct link_info through;
		if (must_wait(d, r) || is_early(d, r))
			continue;
		r->route.ifindex = tap_ifindex(d->tap);
		enum route_result result = route_add(d->nl, &r->route, &through);
		if (result == ROUTE_ADDED)
			r->ours = true;
		if (result == ROUTE_ADDED || result == ROUTE_THERE) {
			r->noted = false;
			continue;
		}
		good = false;
		if (starting || errno != ENETDOWN)
			tell_failure(d, r, result, &through);
		if (starting)
			break;
	}
	return good;
}

bool edge_routes_complete(const struct edge_daemon *d)
{
	for (size_t i = 0; i < d->routes_n; i++)
		if (must_wait(d, &d->routes[i]) || is_early(d, &d->routes[i]))
			return false;
	return true;
}

static void delete_route(struct edge_daemon *d, const struct route *r)
{
	char to[SUBNET_TEXT];
	if (route_delete(d->nl, r) < 0 && errno != ENODEV && errno != ENETDOWN)
		log_warn("cannot remove the route %s", subnet_print(to, &r->to));
}

static void withdraw(struct edge_daemon *d, bool (*which)(const struct edge_daemon *, const struct edge_route *))
{
	for (size_t i = 0; i < d->routes_n; i++) {
		struct edge_route *r = &d->routes[i];
		if (!r->ours || !which(d, r))
			continue;
		delete_route(d, &r->route);
		r->ours = false;
	}
}

static void unpin(struct edge_daemon *d)
{
	while (d->pins_n)
		delete_route(d, &d->pins[--d->pins_n]);
}

static void pin(struct edge_daemon *d, const struct addr *a)
{
	struct route_info info;
	struct link_info through;
	if (!is_covered(d, a) || d->pins_n == EDGE_PINS_MAX || route_lookup(d->nl, a, &info) < 0 || info.local
	    || info.ifindex == tap_ifindex(d->tap))
		return;
	struct route r = { .to = { .prefix = 32 }, .ifindex = info.ifindex };
	memcpy(r.to.ip, a->ip, 4);
	memcpy(r.gateway, info.gateway.ip, 4);
	if (route_add(d->nl, &r, &through) == ROUTE_ADDED)
		d->pins[d->pins_n++] = r;
}

static bool covers_a_supernode(const struct edge_daemon *d, const struct edge_route *r)
{
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		for (size_t j = 0; j < d->name[i].n; j++)
			if (covers(r, &d->name[i].addrs[j]))
				return true;
	return false;
}

/* The old way is what the kernel says while our routes are not there: a moment without them is the price. */
void edge_routes_pin(struct edge_daemon *d)
{
	bool any = d->pins_n != 0;
	for (size_t i = 0; i < d->routes_n; i++)
		any |= covers_a_supernode(d, &d->routes[i]);
	if (!any)
		return;
	unpin(d);
	withdraw(d, covers_a_supernode);
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		for (size_t j = 0; j < d->name[i].n; j++)
			pin(d, &d->name[i].addrs[j]);
}

static bool all(const struct edge_daemon *d, const struct edge_route *r)
{
	(void)d, (void)r;
	return true;
}

void edge_routes_remove(struct edge_daemon *d)
{
	withdraw(d, all);
	unpin(d);
}
