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
	uint32_t tag;                   /* the metric of all pins */
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
	if (result == ROUTE_TAKEN && !through->name[0])
		log_errx("-n %s: there is a route of another kind already (blackhole, unreachable, prohibit); remove that "
		         "route, or leave out -n", to);
	else if (result == ROUTE_TAKEN)
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

/* After a kill -9. */
void edge_routes_sweep(struct edge_daemon *d)
{
	size_t n = route_sweep(d->nl, edge_tap_ifindex(d), edge_tap_name(d));
	d->routes->tag = route_tag(edge_tap_name(d));
	if (n)
		log_info("removed %zu route%s that an edge left behind when it was killed", n, n == 1 ? "" : "s");
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
		if (result == ROUTE_ADDED) {
			r->ours = true;
			edge_underlay_look(d);  /* it may hide the way to a supernode */
		}
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

static void withdraw(struct edge_daemon *d)
{
	for (size_t i = 0; i < d->routes->n; i++) {
		struct entry *r = &d->routes->route[i];
		if (!r->ours)
			continue;
		delete_route(d, &r->route);
		r->ours = false;
	}
}

static const struct route *find_pin(const struct route *pins, size_t n, const uint8_t ip[static 4])
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(pins[i].to.ip, ip, 4))
			return &pins[i];
	return NULL;
}

/* The same as before, and the kernel goes by it: to set it again would be a change of routes for everybody who watches. */
static bool is_set(struct edge_daemon *d, const struct route *pin)
{
	const struct route *before = find_pin(d->routes->pin, d->routes->pins_n, pin->to.ip);
	struct addr to = { .family = ADDR_V4 };
	struct route_info now;
	memcpy(to.ip, pin->to.ip, 4);
	return before && before->ifindex == pin->ifindex && !memcmp(before->gateway, pin->gateway, 4)
	       && !memcmp(before->source, pin->source, 4) && route_lookup(d->nl, &to, &now) == 0
	       && now.ifindex == pin->ifindex && !memcmp(now.gateway.ip, pin->gateway, 4);
}

/* The pin for a supernode that our routes cover, by the way it has without them.  One that has no way now keeps its pin. */
static void add_pin(const struct edge_daemon *d, const struct addr *a, struct route *pins, size_t *n)
{
	struct route_info info;
	struct route pin;
	const struct edge_routes *rs = d->routes;
	if (!is_covered(d, a) || *n == PINS_MAX || (route_lookup(d->nl, a, &info) == 0 && info.local))
		return;
	if (!route_past_own(d->nl, a, edge_tap_ifindex(d), &pin)) {
		const struct route *before = find_pin(rs->pin, rs->pins_n, a->ip);
		if (!before)
			return;
		pin = *before;
	}
	pin.metric = rs->tag;
	if (!find_pin(pins, *n, a->ip))
		pins[(*n)++] = pin;
}

/* Adds what is new before it removes what is old: at no moment a supernode is behind our own routes. */
void edge_routes_pin(struct edge_daemon *d)
{
	struct edge_routes *rs = d->routes;
	struct route pins[PINS_MAX];
	const struct addr *addrs;
	size_t n = 0;
	if (!rs->n)
		return;
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		for (size_t found = edge_names_of(d, i, &addrs), j = 0; j < found; j++)
			add_pin(d, &addrs[j], pins, &n);
	for (size_t i = 0; i < n; i++)
		if (!is_set(d, &pins[i]) && route_replace(d->nl, &pins[i]) < 0)
			log_debug("cannot keep the way to a supernode by a route of its own: %s", strerror(errno));
	for (size_t i = 0; i < rs->pins_n; i++)
		if (!find_pin(pins, n, rs->pin[i].to.ip))
			delete_route(d, &rs->pin[i]);
	memcpy(rs->pin, pins, n * sizeof(pins[0]));
	rs->pins_n = n;
}

void edge_routes_remove(struct edge_daemon *d)
{
	if (!d->routes)
		return;
	withdraw(d);
	while (d->routes->pins_n)
		delete_route(d, &d->routes->pin[--d->routes->pins_n]);
	free(d->routes);
	d->routes = NULL;
}
