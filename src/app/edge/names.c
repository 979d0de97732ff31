/* The names of the supernodes: resolved again every 300 s, on failure with growing pauses, when the engine
 * asks, and when the network changed.
 */
#include <stdlib.h>

#include "app/daemon/run.h"
#include "app/edge/daemon.h"
#include "app/edge/overlap.h"
#include "io/names.h"

enum { AGAIN_MS = 300000, RETRY_MS = 1000, RETRY_MAX_MS = 30000, REMIND_MS = 60000 };

struct name {
	uint64_t due;                   /* when to look up; UINT64_MAX: an answer is on its way */
	unsigned failures;              /* in a row */
	uint64_t noted;                 /* when the failure was last told */
	size_t n;
	struct addr addrs[EDGE_ADDRS_MAX];
};

struct edge_names {
	struct names *resolver;
	struct name name[EDGE_SUPERNODES_MAX];
};

bool edge_names_new(struct edge_daemon *d)
{
	d->names = calloc(1, sizeof(*d->names));
	return d->names != NULL;
}

size_t edge_names_of(const struct edge_daemon *d, size_t i, const struct addr **addrs)
{
	*addrs = d->names->name[i].addrs;
	return d->names->name[i].n;
}

bool edge_names_failed(const struct edge_daemon *d)
{
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		if (!d->names->name[i].failures)
			return false;
	return true;
}

static void request(struct edge_daemon *d, size_t i)
{
	struct name *name = &d->names->name[i];
	const struct conf_endpoint *ep = &d->conf.supernodes[i];
	name->due = names_request(d->names->resolver, i, ep->host, ep->port) ? UINT64_MAX : d->now + RETRY_MS;
}

void edge_names_again(struct edge_daemon *d, size_t i)
{
	if (i < d->conf.supernodes_n && d->names->name[i].due != UINT64_MAX)
		d->names->name[i].due = d->now;
}

void edge_names_all_again(struct edge_daemon *d)
{
	for (size_t i = 0; i < d->conf.supernodes_n; i++)
		edge_names_again(d, i);
}

static void tell_failure(struct edge_daemon *d, size_t i, const char *failure)
{
	struct name *name = &d->names->name[i];
	if (name->failures && d->now - name->noted < REMIND_MS)
		return;
	name->noted = d->now;
	log_warnx("cannot resolve the supernode '%s': %s; trying again", d->conf.supernodes[i].host, failure);
}

static size_t put(struct addr *addrs, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&addrs[i], a))
			return n;
	if (n < EDGE_ADDRS_MAX)
		addrs[n++] = *a;
	return n;
}

/* A supernode on this host is better known by the address that others know it by: then it sees us there too, and
 * peers are told that instead of 127.0.0.1. */
static size_t put_with_outward(struct edge_daemon *d, struct addr *addrs, size_t n, const struct addr *a)
{
	struct addr outward;
	unsigned ifindex;
	if (addr_is_loopback(a)
	    && outward_address(d->nl, a->family == ADDR_V6, edge_tap_ifindex(d), &outward, &ifindex)) {
		outward.port = a->port;
		n = put(addrs, n, &outward);
	}
	return put(addrs, n, a);
}

/* IPv4 first: peers are told where the supernode sees us, and those of n2n or without IPv6 know nothing else. */
static size_t usable(struct edge_daemon *d, const struct names_answer *answer, struct addr *out)
{
	static const uint8_t families[] = { ADDR_V4, ADDR_V6 };
	size_t n = 0;
	for (size_t f = 0; f < sizeof(families); f++)
		for (size_t i = 0; i < answer->n; i++)
			if (answer->addrs[i].family == families[f])
				n = put_with_outward(d, out, n, &answer->addrs[i]);
	return n;
}

/* At the start that ends it, as with a supernode given by its address; later it is only said. */
static bool overlaps(struct edge_daemon *d, const struct name *name)
{
	bool any = false;
	for (size_t i = 0; !any && i < name->n; i++)
		any = edge_overlap_with(d, &name->addrs[i]);
	if (!any || d->ready)
		return false;
	d->status_code = CONF_EXIT_SYSTEM;
	loop_stop(d->lp);
	return true;
}

static void resolved(struct edge_daemon *d, const struct names_answer *answer)
{
	size_t i = answer->index;
	struct name *name = &d->names->name[i];
	struct addr addrs[EDGE_ADDRS_MAX];
	size_t n = usable(d, answer, addrs);
	if (!n) {
		tell_failure(d, i, answer->failure);
		uint64_t pause = (uint64_t)RETRY_MS << (name->failures < 5 ? name->failures : 5);
		name->failures++;
		name->due = d->now + (pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS);
		edge_supernode_resolved(d->engine, d->now, i, NULL, 0);
		return;
	}
	if (name->failures)
		log_info("the supernode '%s' is resolved", d->conf.supernodes[i].host);
	name->failures = 0;
	name->due = d->now + AGAIN_MS;
	bool same = n == name->n;
	for (size_t j = 0; same && j < n; j++)
		same = addr_equal(&addrs[j], &name->addrs[j]);
	if (!same) {
		name->n = n;
		memcpy(name->addrs, addrs, sizeof(addrs));
		if (overlaps(d, name))
			return;
		edge_routes_pin(d);
		edge_routes_apply(d, false);
		edge_underlay_look(d);
	}
	edge_supernode_resolved(d->engine, d->now, i, addrs, n);
}

static void answered(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct names_answer answer;
	d->now = now;
	while (names_next(d->names->resolver, &answer))
		if (answer.index < d->conf.supernodes_n)
			resolved(d, &answer);
}

bool edge_names_open(struct edge_daemon *d)
{
	struct names *resolver = d->names->resolver = names_new();
	if (resolver && loop_add(d->lp, names_fd(resolver), LOOP_READ, answered, d) == 0)
		return true;
	log_err("cannot start the resolver");
	return false;
}

void edge_names_close(struct edge_daemon *d)
{
	if (d->names)
		names_free(d->names->resolver);
	free(d->names);
	d->names = NULL;
}

uint64_t edge_names_tick(struct edge_daemon *d)
{
	uint64_t due = UINT64_MAX;
	for (size_t i = 0; i < d->conf.supernodes_n; i++) {
		if (d->now >= d->names->name[i].due)
			request(d, i);
		if (d->names->name[i].due < due)
			due = d->names->name[i].due;
	}
	return due;
}
