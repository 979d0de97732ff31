#include "net.h"

#include "mem.h"

enum { LAN_DELAY_MS = 1, HOPS = 8, PORT_FIRST = 32768, PORTS = 28000, DISCOVERY_PORT = 1968, WATCHERS_MAX = 4 };

/* What a public address belongs to: a machine, or the NAT of a site. */
struct outer {
	struct site *site;
	struct station *station;        /* NULL: the NAT */
};
struct site {
	struct net *net;
	struct site *next;
	struct nat *nat;
	bool multicast;
	uint32_t member, sees;
	struct addr outer;              /* of the NAT */
	struct station *stations;
	unsigned n;
};
struct net {
	struct queue *queue;
	struct rng rng;
	struct quality quality;
	struct net_counts counts;
	struct site *sites;
	struct outer *outers;           /* by number of public address */
	size_t outers_n, outers_room;
	bool copy;
	struct watcher {
		net_saw *saw;
		void *ctx;
	} watchers[WATCHERS_MAX];
	size_t watchers_n;
};

/* A datagram on its way. */
struct flight {
	struct net *net;
	struct addr from, to;
	struct station *neighbour;      /* on the same LAN or machine; NULL: through the Internet */
	bool copy, lan;
	size_t len;
	uint8_t mem[];                  /* with head- and tailroom */
};

struct net *net_new(struct queue *q, uint64_t seed)
{
	struct net *net = mem_new(sizeof(*net));
	net->queue = q;
	net->rng.state = seed;
	net->quality = (struct quality){ .delay_ms = 10, .jitter_ms = 2 };
	return net;
}

static void station_free(struct station *st)
{
	while (st->sockets)
		udp_close(st->sockets);
	mem_free(st);
}

void net_free(struct net *net)
{
	for (struct site *s = net->sites, *next; s; s = next) {
		next = s->next;
		for (struct station *st = s->stations, *after; st; st = after) {
			after = st->next;
			station_free(st);
		}
		nat_free(s->nat);
		mem_free(s);
	}
	mem_free(net->outers);
	mem_free(net);
}

struct quality *net_quality(struct net *net) { return &net->quality; }
const struct net_counts *net_counts(const struct net *net) { return &net->counts; }
bool net_is_copy(const struct net *net) { return net->copy; }

void net_watch(struct net *net, net_saw *saw, void *ctx)
{
	if (net->watchers_n < WATCHERS_MAX)
		net->watchers[net->watchers_n++] = (struct watcher){ saw, ctx };
}

/* --- addresses --- */

static uint32_t outer_new(struct net *net, struct site *s, struct station *st)
{
	net->outers = mem_grow(net->outers, net->outers_n, &net->outers_room, sizeof(*net->outers));
	net->outers[net->outers_n] = (struct outer){ s, st };
	return (uint32_t)net->outers_n++;
}

static struct addr v4_of(uint32_t number)
{
	struct addr a = { .family = ADDR_V4 };
	put_be32(a.ip, 0x0b000001u + number);
	return a;
}

static struct addr v6_of(uint32_t number)
{
	struct addr a = { .family = ADDR_V6, .ip = { 0x20, 0x01, 0x0d, 0xb8 } };
	put_be32(a.ip + 12, number + 1);
	return a;
}

static struct addr private_of(unsigned number)
{
	return (struct addr){ .family = ADDR_V4, .ip = { 192, 168, 1, (uint8_t)number } };
}

static bool is_private(const struct addr *a)
{
	return a->family == ADDR_V4 && a->ip[0] == 192 && a->ip[1] == 168;
}

static struct outer *outer_find(struct net *net, const struct addr *a)
{
	uint32_t number = a->family == ADDR_V6 ? get_be32(a->ip + 12) - 1 : get_be32(a->ip) - 0x0b000001u;
	if (!addr_is_set(a) || number >= net->outers_n || !net->outers[number].site)
		return NULL;
	return &net->outers[number];
}

static void outer_drop(struct net *net, const struct addr *a)
{
	struct outer *o = outer_find(net, a);
	if (o)
		*o = (struct outer){ NULL, NULL };
}

struct site *site_new(struct net *net, enum nat_kind nat, uint64_t nat_timeout_ms, bool multicast)
{
	struct site *s = mem_new(sizeof(*s));
	s->net = net;
	s->multicast = multicast;
	s->member = 1;
	s->sees = UINT32_MAX;
	if (nat != NAT_NONE) {
		s->nat = nat_new(nat, nat_timeout_ms, rng_u64(&net->rng));
		s->outer = v4_of(outer_new(net, s, NULL));
	}
	s->next = net->sites;
	net->sites = s;
	return s;
}

struct nat *site_nat(struct site *s) { return s->nat; }

void site_partition(struct site *s, uint32_t member, uint32_t sees)
{
	s->member = member;
	s->sees = sees;
}

static void station_address(struct station *st)
{
	bool v6 = addr_is_set(&st->ip6), v4 = addr_is_set(&st->ip4) && !st->site->nat;
	uint32_t number = v4 || v6 ? outer_new(st->net, st->site, st) : 0;
	if (v4)
		st->ip4 = v4_of(number);
	if (v6)
		st->ip6 = v6_of(number);
}

void site_move(struct site *s)
{
	if (s->nat) {
		outer_drop(s->net, &s->outer);
		s->outer = v4_of(outer_new(s->net, s, NULL));
		nat_reboot(s->nat);
	}
	for (struct station *st = s->stations; st; st = st->next) {
		outer_drop(s->net, addr_is_set(&st->ip6) ? &st->ip6 : &st->ip4);
		station_address(st);
	}
}

struct station *station_new(struct site *s, unsigned families)
{
	struct station *st = mem_new(sizeof(*st));
	st->net = s->net;
	st->site = s;
	st->up = true;
	s->n++;
	if (families & STATION_V4)
		st->ip4 = private_of(s->n);
	if (families & STATION_V6)
		st->ip6.family = ADDR_V6;
	station_address(st);
	st->next = s->stations;
	s->stations = st;
	return st;
}

/* --- sockets --- */

static struct udp *udp_find(const struct station *st, uint16_t port)
{
	for (struct udp *u = st->sockets; u; u = u->next)
		if (u->port == port)
			return u;
	return NULL;
}

struct udp *udp_open(struct station *st, uint16_t port)
{
	struct udp *u;
	if (port && udp_find(st, port))
		return NULL;
	while (!port || udp_find(st, port))
		port = (uint16_t)(PORT_FIRST + rng_below(&st->net->rng, PORTS));
	u = mem_new(sizeof(*u));
	u->station = st;
	u->port = port;
	u->next = st->sockets;
	st->sockets = u;
	return u;
}

void udp_close(struct udp *u)
{
	struct udp **at = &u->station->sockets;
	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	mem_free(u);
}

/* --- datagrams --- */

static void hand_over(struct flight *f, const struct station *st, uint16_t port)
{
	struct udp *u = st->up ? udp_find(st, port) : NULL;
	uint8_t *start = f->mem;
	struct buf b = { start + BUF_HEADROOM, f->len, start, start + BUF_HEADROOM + f->len + BUF_TAILROOM };
	struct arrival a = { .from = f->from, .local = f->to, .datagram = &b, .lan = f->lan };
	if (!u || !u->arrived) {
		f->net->counts.unreachable++;
		return;
	}
	f->net->counts.arrived++;
	f->net->copy = f->copy;
	u->arrived(u->ctx, &a);
	f->net->copy = false;
}

static struct station *inner_station(const struct site *s, const struct addr *a)
{
	for (struct station *st = s->stations; st; st = st->next)
		if (addr_same_ip(&st->ip4, a))
			return st;
	return NULL;
}

static void arrive_from_internet(struct flight *f)
{
	const struct outer *o = outer_find(f->net, &f->to);
	struct addr inner;
	if (!o) {
		f->net->counts.unreachable++;
	} else if (o->station) {
		hand_over(f, o->station, f->to.port);
	} else if (nat_in(o->site->nat, queue_now(f->net->queue), f->to.port, &f->from, &inner)) {
		f->to = inner;
		hand_over(f, inner_station(o->site, &inner), inner.port);
	} else {
		f->net->counts.filtered++;
	}
}

/* The group's port is another socket of the kernel; here each socket hears the group as well. */
static void arrive_from_group(struct flight *f)
{
	for (struct udp *u = f->neighbour->sockets, *next; u; u = next) {
		next = u->next;
		hand_over(f, f->neighbour, u->port);
	}
}

static void flight_event(void *ctx, bool happens)
{
	struct flight *f = ctx;
	if (happens && f->lan)
		arrive_from_group(f);
	else if (happens && f->neighbour)
		hand_over(f, f->neighbour, f->to.port);
	else if (happens)
		arrive_from_internet(f);
	mem_free(f);
}

static void launch(const struct flight *proto, const uint8_t *data, uint32_t delay)
{
	struct net *net = proto->net;
	struct flight *f = mem_new(sizeof(*f) + BUF_HEADROOM + proto->len + BUF_TAILROOM);
	*f = *proto;
	memcpy(f->mem + BUF_HEADROOM, data, f->len);
	queue_add(net->queue, queue_now(net->queue) + delay, flight_event, f);
}

static uint32_t one_way(struct net *net)
{
	const struct quality *q = &net->quality;
	uint32_t delay = q->delay_ms + rng_below(&net->rng, q->jitter_ms + 1);
	return rng_chance(&net->rng, q->reorder_permille) ? delay + rng_between(&net->rng, 20, 120) : delay;
}

static void cross_internet(struct flight *f, const uint8_t *data)
{
	struct net *net = f->net;
	if (rng_chance(&net->rng, net->quality.loss_permille)) {
		net->counts.lost++;
		return;
	}
	launch(f, data, one_way(net));
	if (rng_chance(&net->rng, net->quality.duplicate_permille)) {
		net->counts.duplicated++;
		f->copy = true;
		launch(f, data, one_way(net));
	}
}

static void send_to_internet(struct flight *f, const struct station *st, unsigned ttl, const uint8_t *data)
{
	struct net *net = f->net;
	const struct outer *o = outer_find(net, &f->to);
	if (f->to.family == ADDR_V4 && st->site->nat) {
		struct addr inner = f->from;
		f->from = st->site->outer;
		f->from.port = nat_out(st->site->nat, queue_now(net->queue), &inner, &f->to);
	}
	if (!o || !f->from.port || (ttl && ttl < HOPS) || !(st->site->member & o->site->sees) ||
	    (o->site == st->site && o->site->nat && f->to.family == ADDR_V4)) {      /* no hairpin */
		net->counts.unreachable++;
		return;
	}
	cross_internet(f, data);
}

static bool is_own(const struct station *st, const struct addr *a)
{
	return addr_is_loopback(a) || addr_same_ip(&st->ip4, a) || addr_same_ip(&st->ip6, a);
}

void udp_send(struct udp *u, const struct addr *to, unsigned ttl, const uint8_t *data, size_t len)
{
	struct station *st = u->station;
	struct flight f = { .net = st->net, .to = *to, .copy = st->net->copy, .len = len };
	f.net->counts.sent++;
	f.net->counts.bytes += len;
	f.from = addr_is_loopback(to) ? *to : to->family == ADDR_V6 ? st->ip6 : st->ip4;
	f.from.port = u->port;
	for (size_t i = 0; i < f.net->watchers_n; i++)
		f.net->watchers[i].saw(f.net->watchers[i].ctx, &f.from, to, data, len);
	if (!st->up || !addr_is_set(&f.from) || len > DATAGRAM_MAX) {
		f.net->counts.unreachable++;
		return;
	}
	if (is_own(st, to))
		f.neighbour = st;
	else if (is_private(to) && st->site->nat)
		f.neighbour = inner_station(st->site, to);
	if (f.neighbour)
		launch(&f, data, f.neighbour == st ? 0 : LAN_DELAY_MS);
	else
		send_to_internet(&f, st, ttl, data);
}

void udp_send_lan(struct udp *u, const uint8_t *data, size_t len)
{
	struct station *st = u->station;
	struct flight f = { .net = st->net, .from = st->ip4, .copy = st->net->copy, .lan = true, .len = len };
	f.from.port = u->port;
	f.to = (struct addr){ .family = ADDR_V4, .port = DISCOVERY_PORT, .ip = { 224, 0, 0, 68 } };
	st->net->counts.sent++;
	st->net->counts.bytes += len;
	if (!st->up || !addr_is_set(&st->ip4))
		return;
	for (f.neighbour = st->site->stations; f.neighbour; f.neighbour = f.neighbour->next)
		if (f.neighbour == st || st->site->multicast)
			launch(&f, data, f.neighbour == st ? 0 : LAN_DELAY_MS);
}

void net_inject(struct net *net, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len)
{
	struct flight f = { .net = net, .from = *from, .to = *to, .copy = true, .len = len };
	launch(&f, data, one_way(net));
}
