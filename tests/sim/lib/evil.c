#include "evil.h"

#include <stdio.h>

#include "mem.h"

enum { TAPPED = 64, TAPPED_LEN = 300, NOISE_MAX = 200 };

struct tapped {
	struct addr from, to;
	size_t len;
	uint8_t data[TAPPED_LEN];
};
struct evil {
	struct world *world;
	struct rng rng;
	unsigned deeds;
	uint32_t every_ms;
	bool runs;
	struct udp *udp;
	struct tapped tapped[TAPPED];
	size_t tapped_n;
	uint64_t bytes_sent, bytes_got, frames_got;
};

static void tap(void *ctx, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len)
{
	struct evil *e = ctx;
	struct tapped *t = &e->tapped[e->tapped_n < TAPPED ? e->tapped_n : rng_below(&e->rng, TAPPED)];
	if (len > TAPPED_LEN || (e->tapped_n >= TAPPED && !rng_chance(&e->rng, 100)))
		return;
	*t = (struct tapped){ .from = *from, .to = *to, .len = len };
	memcpy(t->data, data, len);
	if (e->tapped_n < TAPPED)
		e->tapped_n++;
}


static void arrived(void *ctx, const struct arrival *a);

struct evil *evil_new(struct world *w, unsigned deeds)
{
	struct evil *e = mem_new(sizeof(*e));
	e->world = w;
	e->rng.state = rng_u64(&w->rng);
	e->deeds = deeds;
	e->udp = udp_open(station_new(site_new(w->net, NAT_NONE, 0, false), STATION_V4 | STATION_V6), 0);
	e->udp->ctx = e;
	e->udp->arrived = arrived;
	net_watch(w->net, tap, e);
	return e;
}

void evil_free(struct evil *e) { mem_free(e); }
uint64_t evil_bytes_sent(const struct evil *e) { return e->bytes_sent; }
uint64_t evil_bytes_got(const struct evil *e) { return e->bytes_got; }
uint64_t evil_frames_got(const struct evil *e) { return e->frames_got; }

/* From the own address, or from a forged one. */
static void emit(struct evil *e, const struct addr *from, const struct addr *to, const uint8_t *data,
                 size_t len)
{
	struct addr own = e->udp->station->ip4;
	own.port = e->udp->port;
	if (!from)
		e->bytes_sent += len;
	net_inject(e->world->net, from ? from : &own, to, data, len);
}

static const struct super *any_super(struct evil *e)
{
	return e->world->supers[rng_below(&e->rng, e->world->supers_n)];
}

/* Somebody's address as the Internet sees it. */
static struct addr any_target(struct evil *e)
{
	if (!e->tapped_n || rng_chance(&e->rng, 500))
		return super_addr(any_super(e));
	return e->tapped[rng_below(&e->rng, (uint32_t)e->tapped_n)].to;
}

static struct member *any_member(struct evil *e)
{
	return e->world->members[rng_below(&e->rng, (uint32_t)e->world->members_n)];
}

static void noise(struct evil *e)
{
	uint8_t data[NOISE_MAX];
	struct addr to = any_target(e);
	size_t len = rng_below(&e->rng, NOISE_MAX + 1);
	rng_bytes(&e->rng, data, len);
	if (len >= WIRE_HEADER_LEN && rng_chance(&e->rng, 700)) {      /* as far as the decoders */
		data[0] = WIRE_V3;
		data[2] = 0;
		data[3] &= 0x6f;
		memcpy(data + 4, any_member(e)->config.community, COMMUNITY_LEN);
	}
	emit(e, NULL, &to, data, len);
}

static struct wire_message message(struct evil *e, uint8_t type)
{
	struct wire_message m;
	memset(&m, 0, sizeof(m));
	m.version = WIRE_V3;
	m.ttl = WIRE_TTL;
	m.type = type;
	memcpy(m.community, any_member(e)->config.community, COMMUNITY_LEN);
	return m;
}

static void emit_message(struct evil *e, const struct addr *from, const struct addr *to,
                         const struct wire_message *m)
{
	uint8_t data[WIRE_CONTROL_MAX];
	size_t len = wire_put(data, sizeof(data), m);
	if (len)
		emit(e, from, to, data, len);
}

static void any_mac(struct evil *e, uint8_t mac[static MAC_LEN])
{
	rng_bytes(&e->rng, mac, MAC_LEN);
	mac[0] = (uint8_t)((mac[0] & 0xfe) | 2);
	if (rng_chance(&e->rng, 600))
		memcpy(mac, any_member(e)->mac, MAC_LEN);
}

/* Whoever asks where an edge is gets the answer that it is here. */
static void arrived(void *ctx, const struct arrival *a)
{
	struct evil *e = ctx;
	struct wire_message asked;
	e->bytes_got += a->datagram->len;
	if (wire_get(&asked, a->datagram->data, a->datagram->len) != WIRE_GOOD)
		return;
	e->frames_got += asked.type == WIRE_PACKET;
	if (!(e->deeds & EVIL_IMPOSES) || asked.type != WIRE_REGISTER)
		return;
	struct wire_message m = message(e, WIRE_REGISTER_ACK);
	memcpy(m.community, asked.community, COMMUNITY_LEN);
	m.reg_ack.cookie = asked.reg.cookie;
	memcpy(m.reg_ack.dst, asked.reg.src, MAC_LEN);
	memcpy(m.reg_ack.src, asked.reg.dst, MAC_LEN);
	emit_message(e, NULL, &a->from, &m);
}

static void impose(struct evil *e)
{
	static const uint32_t classes[] = { COOKIE_PORT, COOKIE_REGULAR, COOKIE_MCAST, COOKIE_LOCAL };
	const struct member *as = any_member(e), *target = any_member(e);
	struct addr to = any_target(e);
	struct wire_message m = message(e, rng_chance(&e->rng, 500) ? WIRE_REGISTER : WIRE_REGISTER_ACK);
	uint32_t class = classes[rng_below(&e->rng, 4)];
	memcpy(m.community, target->config.community, COMMUNITY_LEN);
	if (m.type == WIRE_REGISTER) {
		m.reg.cookie = class;
		memcpy(m.reg.src, as->mac, MAC_LEN);
		memcpy(m.reg.dst, target->mac, MAC_LEN);
	} else {
		m.reg_ack.cookie = class;
		memcpy(m.reg_ack.src, as->mac, MAC_LEN);
		memcpy(m.reg_ack.dst, target->mac, MAC_LEN);
	}
	emit_message(e, NULL, &to, &m);
}

static void question(struct evil *e)
{
	struct addr to = any_target(e);
	struct wire_message m = message(e, rng_chance(&e->rng, 600) ? WIRE_QUERY_PEER : WIRE_REGISTER);
	if (m.type == WIRE_QUERY_PEER) {
		any_mac(e, m.query.src);
		if (rng_chance(&e->rng, 500))
			any_mac(e, m.query.target);
	} else {
		any_mac(e, m.reg.src);
		any_mac(e, m.reg.dst);
		m.reg.cookie = COOKIE_REGULAR;
	}
	emit_message(e, NULL, &to, &m);
}

static void claim(struct evil *e)
{
	struct addr to = super_addr(any_super(e));
	bool leaves = rng_chance(&e->rng, 200);
	struct wire_message m = message(e, leaves ? WIRE_UNREGISTER_SUPER : WIRE_REGISTER_SUPER);
	struct wire_auth auth = { .scheme = AUTH_SIMPLE_ID, .len = 16 };
	if (rng_chance(&e->rng, 300))
		snprintf((char *)m.community, COMMUNITY_LEN, "evil%u", rng_below(&e->rng, 3000));
	rng_bytes(&e->rng, auth.token, auth.len);
	if (!leaves) {
		any_mac(e, m.reg_super.mac);
		m.reg_super.address = any_member(e)->address;
		m.reg_super.auth = auth;
	} else {
		any_mac(e, m.unreg_super.mac);
		m.unreg_super.auth = auth;
	}
	emit_message(e, NULL, &to, &m);
}

static void lie(struct evil *e)
{
	static const uint8_t types[] = { WIRE_REGISTER_SUPER_ACK, WIRE_REGISTER_SUPER_NAK, WIRE_PEER_INFO };
	struct addr to = any_target(e), from = super_addr(any_super(e)), elsewhere = any_target(e);
	struct wire_message m = message(e, types[rng_below(&e->rng, 3)]);
	m.flags = WIRE_FROM_SUPERNODE;
	if (m.type == WIRE_REGISTER_SUPER_ACK) {
		m.super_ack.cookie = (uint32_t)rng_u64(&e->rng);
		m.super_ack.socket = elsewhere;
	} else if (m.type == WIRE_REGISTER_SUPER_NAK) {
		m.super_nak.cookie = (uint32_t)rng_u64(&e->rng);
		any_mac(e, m.super_nak.mac);
	} else {
		any_mac(e, m.info.mac);
		if (rng_chance(&e->rng, 700))
			any_mac(e, m.info.target);
		m.info.socket = elsewhere;
		m.info.uptime = rng_below(&e->rng, 100000);
	}
	emit_message(e, &from, &to, &m);
}

static void replay(struct evil *e)
{
	struct tapped t;
	if (!e->tapped_n)
		return;
	t = e->tapped[rng_below(&e->rng, (uint32_t)e->tapped_n)];
	if (rng_chance(&e->rng, 300))
		t.to = any_target(e);
	for (unsigned damage = rng_below(&e->rng, 4); damage && t.len; damage--)
		t.data[rng_below(&e->rng, (uint32_t)t.len)] ^= (uint8_t)(1u << rng_below(&e->rng, 8));
	if (rng_chance(&e->rng, 100))
		t.len = rng_below(&e->rng, (uint32_t)t.len + 1);
	emit(e, rng_chance(&e->rng, 500) ? &t.from : NULL, &t.to, t.data, t.len);
}

static void deed(void *ctx, bool happens)
{
	static void (*const deeds[])(struct evil *) = { noise, question, claim, lie, replay, impose };
	struct evil *e = ctx;
	unsigned which;
	if (!happens || !e->every_ms) {
		e->runs = false;
		return;
	}
	do
		which = rng_below(&e->rng, 6);
	while (!(e->deeds >> which & 1));
	deeds[which](e);
	queue_add(e->world->queue, world_now(e->world) + rng_between(&e->rng, 1, 2 * e->every_ms), deed, e);
}

void evil_go(struct evil *e, uint32_t every_ms)
{
	e->every_ms = every_ms;
	e->world->forgeries |= (e->deeds & (EVIL_CLAIMS | EVIL_REPLAYS)) != 0;
	if (!e->runs) {
		e->runs = true;
		queue_add(e->world->queue, world_now(e->world), deed, e);
	}
}

void evil_stop(struct evil *e)
{
	e->every_ms = 0;
	world_run(e->world, FORGERIES_MS);
	e->world->forgeries = false;
}
