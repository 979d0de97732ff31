/* The routes of -n, and the way to the supernodes past them. */
#include <errno.h>
#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"

enum { PINS_MAX = EDGE_SUPERNODES_MAX * EDGE_ADDRS_MAX };

/* A route of -n as the kernel gets it: 0.0.0.0/0 is two halves, so that the default route stays. */
struct entry {
	struct route route;
	size_t option;                  /* which -n */
	bool ours;                      /* we have added it */
	bool noted;                     /* its failure is in the log */
};

struct edge_routes {
	struct entry route[2 * EDGE_ROUTES_MAX];
	size_t n;
	struct route pin[PINS_MAX];     /* of supernodes, past our own routes */
	size_t pins_n;
};

static void add_entry(struct edge_daemon *d, size_t option, uint32_t ip, uint8_t prefix)
{
	struct entry *r = &d->routes->route[d->routes->n++];
	*r = (struct entry){ .route = d->conf.routes[option], .option = option };
	put_be32(r->route.to.ip, ip);
	r->route.to.prefix = prefix;
}

bool edge_routes_any(const struct edge_daemon *d)
{
	return d->routes->n != 0;
}

bool edge_routes_new(struct edge_daemon *d)
{
	d->routes = calloc(1, sizeof(*d->routes));
	if (!d->routes)
		return false;
	for (size_t i = 0; i < d->conf.routes_n; i++) {
		const struct subnet *to = &d->conf.routes[i].to;
		if (to->prefix) {
			add_entry(d, i, subnet_ip(to), to->prefix);
			continue;
		}
		add_entry(d, i, 0, 1);
		add_entry(d, i, 0x80000000u, 1);
	}
	return true;
}

void edge_routes_lost(struct edge_daemon *d)
{
	for (size_t i = 0; i < d->routes->n; i++)
		d->routes->route[i].ours = false;
}

static bool covers(const struct entry *r, const struct addr *a)
{
	uint32_t mask = subnet_mask(r->route.to.prefix);
	return a->family == ADDR_V4 && (get_be32(a->ip) & mask) == (subnet_ip(&r->route.to) & mask);
}

static bool is_covered(const struct edge_daemon *d, const struct addr *a)
{
	for (size_t i = 0; i < d->routes->n; i++)
		if (covers(&d->routes->route[i], a))
			return true;
	return false;
}

/* With everything routed into the overlay no name could be resolved before there is an overlay. */
static bool must_wait(const struct edge_daemon *d, const struct entry *r)
{
	if (d->conf.routes[r->option].to.prefix)
		return false;
	const struct addr *addrs;
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		if (edge_names_of(d, i, &addrs))
			return false;
	return true;
}

static void tell_failure(struct edge_daemon *d, struct entry *r, enum route_result result,
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
		         gw[1], gw[2], gw[3], edge_tap_name(d));
	else
		log_err("-n %s: cannot add the route", to);
}

/* In automatic mode a gateway is on the link only when the address is there: that is no failure. */
static bool is_early(const struct edge_daemon *d, const struct entry *r)
{
	return !edge_tap_addressed(d) && get_be32(r->route.gateway);
}

bool edge_routes_apply(struct edge_daemon *d, bool starting)
{
	bool good = true;
	for (size_t i = 0; i < d->routes->n; i++) {
		struct entry *r = &d->routes->route[i];
		struct link_info through;
		if (must_wait(d, r) || is_early(d, r))
			continue;
		r->route.ifindex = edge_tap_ifindex(d);
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
	for (size_t i = 0; i < d->routes->n; i++)
		if (must_wait(d, &d->routes->route[i]) || is_early(d, &d->routes->route[i]))
			return false;
	return true;
}

static void delete_route(struct edge_daemon *d, const struct route *r)
{
	char to[SUBNET_TEXT];
	if (route_delete(d->nl, r) < 0 && errno != ENODEV && errno != ENETDOWN)
		log_warn("cannot remove the route %s", subnet_print(to, &r->to));
}

static void withdraw(struct edge_daemon *d, bool (*which)(const struct edge_daemon *, const struct entry *))
{
	for (size_t i = 0; i < d->routes->n; i++) {
		struct entry *r = &d->routes->route[i];
		if (!r->ours || !which(d, r))
			continue;
		delete_route(d, &r->route);
		r->ours = false;
	}
}

static void unpin(struct edge_daemon *d)
{
	while (d->routes->pins_n)
		delete_route(d, &d->routes->pin[--d->routes->pins_n]);
}

static void pin(struct edge_daemon *d, const struct addr *a)
{
	struct route_info info;
	struct link_info through;
	if (!is_covered(d, a) || d->routes->pins_n == PINS_MAX || route_lookup(d->nl, a, &info) < 0 || info.local
	    || info.ifindex == edge_tap_ifindex(d))
		return;
	struct route r = { .to = { .prefix = 32 }, .ifindex = info.ifindex };
	memcpy(r.to.ip, a->ip, 4);
	memcpy(r.gateway, info.gateway.ip, 4);
	if (route_add(d->nl, &r, &through) == ROUTE_ADDED)
		d->routes->pin[d->routes->pins_n++] = r;
}

static bool covers_a_supernode(const struct edge_daemon *d, const struct entry *r)
{
	const struct addr *addrs;
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		for (size_t n = edge_names_of(d, i, &addrs); n--; )
			if (covers(r, &addrs[n]))
				return true;
	return false;
}

/* The old way is what the kernel says while our routes are not there: a moment without them is the price. */
void edge_routes_pin(struct edge_daemon *d)
{
	bool any = d->routes->pins_n != 0;
	for (size_t i = 0; i < d->routes->n; i++)
		any |= covers_a_supernode(d, &d->routes->route[i]);
	if (!any)
		return;
	unpin(d);
	withdraw(d, covers_a_supernode);
	const struct addr *addrs;
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		for (size_t n = edge_names_of(d, i, &addrs), j = 0; j < n; j++)
			pin(d, &addrs[j]);
}

static bool all(const struct edge_daemon *d, const struct entry *r)
{
	(void)d, (void)r;
	return true;
}

void edge_routes_remove(struct edge_daemon *d)
{
	if (!d->routes)
		return;
	withdraw(d, all);
	unpin(d);
	free(d->routes);
	d->routes = NULL;
}
