#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "trace.h"

enum { STORM = 5000, FAILURES_SHOWN = 12, PEERS_MAX = 256, GROUPS_MAX = 16 };

struct world *world_new(uint64_t seed)
{
	struct world *w = mem_new(sizeof(*w));
	w->seed = seed;
	w->rng.state = seed;
	w->queue = queue_new(1 + rng_below(&w->rng, 100000));   /* machines boot at any time */
	w->net = net_new(w->queue, rng_u64(&w->rng));
	w->ledger = ledger_new();
	w->storm = STORM;
	w->trace = getenv("SIM_TRACE") != NULL;
	if (w->trace)
		net_watch(w->net, trace_datagram, w->queue);
	return w;
}

unsigned world_end(struct world *w)
{
	unsigned failures = w->failures;
	if (failures > FAILURES_SHOWN)
		printf("  ... and %u more\n", failures - FAILURES_SHOWN);
	queue_free(w->queue);
	for (size_t i = 0; i < w->members_n; i++)
		member_free(w->members[i]);
	for (unsigned i = 0; i < w->supers_n; i++)
		super_free(w->supers[i]);
	net_free(w->net);
	ledger_free(w->ledger);
	mem_free(w->members);
	mem_free(w);
	return failures;
}

void world_fail(struct world *w, const char *format, ...)
{
	va_list args;
	if (++w->failures > FAILURES_SHOWN)
		return;
	printf("  at %llu ms: ", (unsigned long long)world_now(w));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

uint64_t world_now(const struct world *w) { return queue_now(w->queue); }
void world_run(struct world *w, uint64_t ms) { queue_run(w->queue, world_now(w) + ms); }

/* --- building --- */

struct super *world_super(struct world *w)
{
	struct super *s = mem_new(sizeof(*s));
	s->world = w;
	s->id = w->supers_n;
	s->station = station_new(site_new(w->net, NAT_NONE, 0, false), STATION_V4 | STATION_V6);
	s->config = (struct supernode_config){
		.version = "castnet", .auto_min = 0x0a800000, .auto_max = 0x0affff00, .auto_prefix = 24,
		.spoofing_protection = true, .communities_max = 1024, .edges_max = 16384,
		.community_edges_max = 4096, .groups_max = 4096, .group_members_max = 256
	};
	w->supers[w->supers_n++] = s;
	return s;
}

struct member *world_edge_at(struct world *w, unsigned community, struct station *st)
{
	struct member *m = mem_new(sizeof(*m));
	unsigned slot = w->community_members[community]++;
	m->world = w;
	m->id = (unsigned)w->members_n;
	m->community = community;
	m->slot = slot;
	m->station = st;
	m->config = (struct edge_config){
		.interval_ms = 20000, .p2p = true, .multicast = true, .discovery = true, .select = SELECT_ORDER,
		.peers_max = PEERS_MAX, .addresses_max = 8, .groups_max = GROUPS_MAX, .transform = &transform_null
	};
	host_set(&m->joined, 0, true);
	snprintf((char *)m->config.community, COMMUNITY_LEN, "c%u", community);
	snprintf((char *)m->config.desc, DESC_LEN, "edge %u", m->id);
	put_be16(m->mac, 0x0202);
	put_be32(m->mac + 2, community << 16 | slot);
	m->address = (struct subnet){ { 10, (uint8_t)community, (uint8_t)(slot >> 8), (uint8_t)(slot + 1) }, 16 };
	w->members = mem_grow(w->members, w->members_n, &w->members_room, sizeof(struct member *));
	w->members[w->members_n++] = m;
	return m;
}

struct member *world_edge(struct world *w, unsigned community, enum nat_kind nat)
{
	struct site *site = site_new(w->net, nat, rng_between(&w->rng, 30000, 60000), true);
	return world_edge_at(w, community, station_new(site, STATION_V4));
}

static void start_event(void *ctx, bool happens)
{
	if (happens)
		member_start(ctx);
}

void world_start(struct world *w)
{
	for (unsigned i = 0; i < w->supers_n; i++)
		super_start(w->supers[i]);
	for (size_t i = 0; i < w->members_n; i++) {
		w->members[i]->awaited = true;
		queue_add(w->queue, world_now(w) + rng_below(&w->rng, 1000), start_event, w->members[i]);
	}
}

size_t world_resolve(const struct world *w, size_t super, const struct station *asker, struct addr out[static 2])
{
	const struct station *st = w->supers[super]->station;
	uint16_t port = super_addr(w->supers[super]).port;
	bool both = addr_is_set(&asker->ip4) && addr_is_set(&asker->ip6);
	size_t four = both && w->dns_ipv6_first, six = both && !w->dns_ipv6_first;
	if (w->dns_down)
		return 0;
	if (addr_is_set(&asker->ip4))
		out[four] = st->ip4, out[four].port = port;
	if (addr_is_set(&asker->ip6))
		out[six] = st->ip6, out[six].port = port;
	return both ? 2 : 1;
}

/* --- traffic --- */

static struct member *other_of_community(struct world *w, const struct member *m)
{
	for (int tries = 0; tries < 20; tries++) {
		struct member *other = w->members[rng_below(&w->rng, (uint32_t)w->members_n)];
		if (other != m && other->community == m->community)
			return other;
	}
	return NULL;
}

static void traffic_event(void *ctx, bool happens)
{
	struct world *w = ctx;
	struct member *from, *to;
	if (!happens || !w->traffic_ms) {
		w->traffic_runs = false;
		return;
	}
	from = w->members[rng_below(&w->rng, (uint32_t)w->members_n)];
	to = other_of_community(w, from);
	if (to)
		world_say(from, to, rng_chance(&w->rng, 100) ? FRAME_BROADCAST : FRAME_PING, 0);
	queue_add(w->queue, world_now(w) + rng_between(&w->rng, 1, 2 * w->traffic_ms), traffic_event, w);
}

void world_traffic(struct world *w, uint32_t every_ms)
{
	w->traffic_ms = every_ms;
	if (every_ms && !w->traffic_runs) {
		w->traffic_runs = true;
		queue_add(w->queue, world_now(w), traffic_event, w);
	}
}

void world_talk(struct member *a, struct member *b, unsigned times, uint32_t interval_ms)
{
	while (times--) {
		world_say(a, b, FRAME_PING, 0);
		world_run(a->world, interval_ms / 2);
		world_say(b, a, FRAME_PING, 0);
		world_run(a->world, interval_ms / 2);
	}
}
