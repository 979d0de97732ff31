#include "app/edge/ways.h"

#include <stdlib.h>

#include "app/edge/daemon.h"
#include "core/bucket.h"
#include "core/hash.h"
#include "io/monitor.h"

enum {
	WAYS = 1024,                    /* remembered, a power of two */
	LOOKUPS_PER_S = 5000,           /* at most: of endpoints that strangers claim there is no end */
	LOOKUPS_BURST = 1000
};

struct entry {
	struct addr to;
	uint64_t generation;            /* 0: empty */
	struct way way;
};
struct edge_ways {
	uint64_t generation;
	struct hash_key key;
	struct bucket lookups;
	struct addr asked;              /* edge_ways_is_own(): the last one, */
	uint64_t asked_in;              /* in this generation, */
	bool is_own;                    /* and the answer */
	struct entry at[WAYS];
};

bool edge_ways_new(struct edge_daemon *d)
{
	struct edge_ways *w = d->ways = calloc(1, sizeof(*w));
	if (!w)
		return false;
	w->generation = 1;
	w->lookups = bucket_of(LOOKUPS_PER_S, 1000, LOOKUPS_BURST, d->now);
	sys_random(&w->key, sizeof(w->key));
	return true;
}

void edge_ways_free(struct edge_daemon *d)
{
	free(d->ways);
	d->ways = NULL;
}

void edge_ways_changed(struct edge_daemon *d)
{
	d->ways->generation++;
}

/* Without a token what was true before the last change has to do, and of what was never asked nothing is believed. */
struct way edge_ways_to(struct edge_daemon *d, const struct addr *to)
{
	struct edge_ways *w = d->ways;
	const struct monitor *m = edge_underlay_monitor(d);
	if (!m || !monitor_may_be_own(m, to))
		return (struct way){ .kind = WAY_OPEN };
	struct addr ip = *to;
	ip.port = 0;
	struct entry *e = &w->at[addr_hash(&w->key, &ip) % WAYS];
	bool same = e->generation && addr_equal(&e->to, &ip);
	if (same && e->generation == w->generation)
		return e->way;
	if (!bucket_take_all(&w->lookups, d->now, 1))
		return same ? e->way : (struct way){ .kind = WAY_NONE };
	*e = (struct entry){ .to = ip, .generation = w->generation, .way = way_find(d->nl, monitor_own_links(m), &ip) };
	return e->way;
}

struct udp_way edge_ways_for_udp(void *ctx, const struct addr *to)
{
	struct way way = edge_ways_to(ctx, to);
	return (struct udp_way){ .refused = way.kind == WAY_NONE, .ifindex = way.ifindex };
}

bool edge_ways_is_own(struct edge_daemon *d, const struct addr *a)
{
	struct edge_ways *w = d->ways;
	struct route_info info;
	if (w->asked_in == w->generation && addr_same_ip(&w->asked, a))
		return w->is_own;
	w->asked = *a;
	w->asked_in = w->generation;
	w->is_own = route_lookup_by(d->nl, 0, a, &info) == 0 && info.local;
	return w->is_own;
}
