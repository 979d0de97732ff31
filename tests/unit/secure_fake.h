/* Edges with secure sessions and what lies between them: a queue of payloads that a test may look at, drop, change, keep
 * and send again.  No engine is there: frames go in and come out by struct transform.
 */
#ifndef SECURE_FAKE_H
#define SECURE_FAKE_H

#include "hex.h"

#include "core/handshake.h"
#include "core/wire.h"
#include "engine/secure/group.h"
#include "engine/secure/secure.h"

enum { ENDS = 4, FLYING = 4096, PAYLOAD = 2048, ROOM = 1 << 20, GOT = 4096 };

struct datagram {
	uint8_t from[MAC_LEN], to[MAC_LEN];
	bool relayed;
	struct endpoint source, target; /* not relayed */
	size_t len;
	uint8_t bytes[PAYLOAD];
};

struct end {
	struct secure *s;
	const struct transform *t;
	uint8_t mac[MAC_LEN];
	struct endpoint at;
	struct secure_identity id;
	struct endpoint works, path[ENDS];      /* SAY_WORKS said so last: at all, and for each */
	size_t got_n, works_n, held, notes;
	enum secure_note_kind note;
	uint64_t refused[SECURE_REFUSED_N], sealed, opened;
	struct { uint8_t edge[MAC_LEN]; size_t len; uint8_t bytes[64]; } got[GOT];
};

struct secure_net {
	struct end end[ENDS];
	struct datagram *flying;
	size_t first, n;
	uint64_t now, sent;
	/* False: it is lost.  It may be changed, or kept. */
	bool (*hook)(struct datagram *d);
	uint8_t *room;
};
static struct secure_net net;

static const uint8_t test_community[COMMUNITY_LEN] = "Intership";

static void fake_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	for (uint8_t *at = bytes; len; len--)
		*at++ = (uint8_t)test_random();
}

static void fake_note(void *ctx, const struct secure_note *n)
{
	struct end *e = ctx;
	e->notes++;
	e->note = n->kind;
}

static struct secure_keys fake_keys(uint8_t which)
{
	uint8_t key[SECURE_KEY];
	struct secure_keys keys;
	memset(key, which, sizeof(key));
	secure_keys_of(&keys, key, test_community);
	return keys;
}

static struct secure_config fake_config(struct end *e)
{
	static struct secure_keys keys;
	keys = fake_keys(1);
	struct secure_config c = {
		.keys = &keys, .keys_n = 1, .identity = &e->id, .suites = 3, .trust_max = 8, .peers_max = 64,
		.rekey_ms = SECURE_REKEY_MS,
	};
	memcpy(c.community, test_community, COMMUNITY_LEN);
	memcpy(c.mac, e->mac, MAC_LEN);
	return c;
}

static void end_start(struct end *e, const struct secure_config *config)
{
	const struct secure_host host = { e, fake_random, fake_note };
	secure_free(e->s);
	e->s = secure_new(config, &host, net.now);
	e->t = secure_transform(e->s);
	e->got_n = e->works_n = e->held = 0;
	memset(e->path, 0, sizeof(e->path));
	memset(e->refused, 0, sizeof(e->refused));
}

/* Number i, with an identity of its own and the MAC made from it. */
static void end_identity(struct end *e, uint8_t i)
{
	uint8_t seed[SECURE_SEED];
	memset(seed, 0x40 + i, sizeof(seed));
	secure_identity_of(&e->id, seed, test_community);
	memcpy(e->mac, e->id.mac, MAC_LEN);
	const struct addr at = { .family = ADDR_V4, .port = (uint16_t)(5000 + i), .ip = { 192, 0, 2, (uint8_t)(1 + i) } };
	e->at = endpoint_udp(&at);
}

static void net_start(void)
{
	net.flying = net.flying ? net.flying : calloc(FLYING, sizeof(*net.flying));
	net.room = net.room ? net.room : malloc(ROOM);
	net.first = net.n = net.sent = 0;
	net.hook = NULL;
	net.now = 1000000;
	for (size_t i = 0; i < ENDS; i++) {
		struct end *e = &net.end[i];
		end_identity(e, (uint8_t)i);
		const struct secure_config c = fake_config(e);
		e->notes = 0;
		end_start(e, &c);
	}
}

static void net_stop(void)
{
	for (size_t i = 0; i < ENDS; i++) {
		secure_free(net.end[i].s);
		net.end[i].s = NULL;
	}
	free(net.flying);
	free(net.room);
	net.flying = NULL;
	net.room = NULL;
}

static void net_put(const struct datagram *d)
{
	net.sent++;
	if (net.n < FLYING)
		net.flying[(net.first + net.n++) % FLYING] = *d;
}

static void end_got(struct end *e, const uint8_t *edge, const struct burst_frame *f)
{
	if (e->got_n == GOT)
		return;
	memcpy(e->got[e->got_n].edge, edge, MAC_LEN);
	e->got[e->got_n].len = f->head_len;
	memcpy(e->got[e->got_n].bytes, f->head, smaller(f->head_len, 64));
	e->got_n++;
}

static void end_put(struct end *e, const uint8_t *to, bool relayed, const struct endpoint *target, const struct burst_frame *f)
{
	static struct datagram d;
	memset(&d, 0, sizeof(d));
	memcpy(d.from, e->mac, MAC_LEN);
	memcpy(d.to, to, MAC_LEN);
	d.relayed = relayed;
	d.source = e->at;
	if (target)
		d.target = *target;
	d.len = f->head_len;
	memcpy(d.bytes, f->head, f->head_len);
	net_put(&d);
}

static size_t end_number(const uint8_t *mac)
{
	size_t i = 0;
	while (i < ENDS && !mac_equal(net.end[i].mac, mac))
		i++;
	return i;
}

/* All that it has to say.  Direct paths are those that SAY_WORKS named last. */
static void end_say(struct end *e)
{
	struct transform_say said;
	while (e->t->next(e->t->ctx, net.now, &said)) {
		const struct burst_frame *f = said.burst.frame;
		if (said.how == SAY_TO_TAP) {
			end_got(e, said.edge, f);
		} else if (said.how == SAY_WORKS) {
			e->works = said.to;
			e->works_n++;
			if (end_number(said.edge) < ENDS)
				e->path[end_number(said.edge)] = said.to;
		} else {
			end_put(e, said.edge, said.how != SAY_TO_ENDPOINT, &said.to, f);
		}
	}
}

static void end_refused(struct end *e, unsigned reason, size_t n)
{
	CHECK(reason < SECURE_REFUSED_N);
	if (reason < SECURE_REFUSED_N)
		e->refused[reason] += n;
}

static void end_open(struct end *e, const struct datagram *d, const struct endpoint *from, bool relayed)
{
	static uint8_t bytes[PAYLOAD];
	memcpy(bytes, d->bytes, d->len);
	struct burst_frame f = { .head = bytes, .head_len = d->len };
	struct opening o = {
		.from = from, .relayed = relayed, .src = d->from, .dst = d->to, .payload = &f, .n = 1, .wanted = true
	};
	e->t->open(e->t->ctx, net.now, &o);
	CHECK_INT(o.n, 1);
	if (o.result[0] == OPEN_FRAME)
		end_got(e, o.edge, &f);
	else if (o.result[0] >= OPEN_REFUSED)
		end_refused(e, o.result[0] - OPEN_REFUSED, 1);
	end_say(e);
}

static void net_deliver(const struct datagram *d)
{
	static const struct endpoint supernode = { .addr = { .family = ADDR_V4, .port = 7654, .ip = { 192, 0, 2, 99 } } };
	for (size_t i = 0; i < ENDS; i++) {
		struct end *e = &net.end[i];
		bool his = d->relayed ? mac_equal(e->mac, d->to) || (mac_is_group(d->to) && !mac_equal(e->mac, d->from))
			: endpoint_equal(&e->at, &d->target);
		if (his && e->s)
			end_open(e, d, d->relayed ? &supernode : &d->source, d->relayed);
	}
}

/* Until nothing flies. */
static __attribute__((unused)) void net_run(void)
{
	static struct datagram d;
	for (size_t i = 0; i < ENDS; i++)
		if (net.end[i].s)
			end_say(&net.end[i]);
	while (net.n) {
		d = net.flying[net.first];
		net.first = (net.first + 1) % FLYING;
		net.n--;
		if (!net.hook || net.hook(&d))
			net_deliver(&d);
	}
}

/* Time passes, in steps of each ms that somebody wants. */
static __attribute__((unused)) void net_pass(uint64_t ms)
{
	uint64_t end = net.now + ms;
	while (net.now < end) {
		uint64_t due = end;
		for (size_t i = 0; i < ENDS; i++) {
			struct end *e = &net.end[i];
			uint64_t wants = e->s ? e->t->tick(e->t->ctx, net.now) : UINT64_MAX;
			due = wants < due ? wants : due;
		}
		net_run();
		net.now = due > net.now ? due : net.now + 1;
	}
	for (size_t i = 0; i < ENDS; i++)
		if (net.end[i].s)
			net.end[i].t->tick(net.end[i].t->ctx, net.now);
	net_run();
}

/* n frames of these first bytes: destination, source, IPv4, then which. */
static enum sealing end_send_from(struct end *e, const uint8_t *src, const uint8_t *to, uint32_t which, size_t n, size_t len)
{
	static uint8_t bytes[BURST_MAX][1600];
	struct burst_frame frame[BURST_MAX];
	struct seal sl = { .dst = to, .room = net.room };
	for (size_t i = 0; i < n; i++) {
		memset(bytes[i], 0x33, sizeof(bytes[i]));
		memcpy(bytes[i], to, MAC_LEN);
		memcpy(bytes[i] + MAC_LEN, src, MAC_LEN);
		put_be16(bytes[i] + 12, 0x88b5);
		put_be32(bytes[i] + 14, which + (uint32_t)i);
		frame[i] = (struct burst_frame){ bytes[i], bytes[i] + 20, 20, len - 20 };
	}
	const struct burst burst = { frame, n, n * len };
	sl.frames = &burst;
	sl.out.frame = sl.frame;
	enum sealing result = e->t->seal(e->t->ctx, net.now, &sl);
	size_t number = end_number(to);
	const struct endpoint *path = number < ENDS && endpoint_is_set(&e->path[number]) ? &e->path[number] : NULL;
	if (result == SEALED)
		for (size_t i = 0; i < sl.out.n; i++)
			end_put(e, to, !path, path, &sl.frame[i]);
	else if (result == SEAL_HELD)
		e->held += n;
	else
		end_refused(e, result - SEAL_REFUSED, n);
	end_say(e);
	return result;
}

static __attribute__((unused)) enum sealing end_send(struct end *e, const struct end *to, uint32_t which, size_t n)
{
	return end_send_from(e, e->mac, to->mac, which, n, 60);
}

/* Which frame that was, of those that have come. */
static __attribute__((unused)) uint32_t got_which(const struct end *e, size_t i) { return get_be32(e->got[i].bytes + 14); }

static __attribute__((unused)) struct secure_peer_info info_of(const struct end *e, const struct end *peer)
{
	struct secure_peer_info info;
	for (size_t cursor = 0; secure_peer_next(e->s, &cursor, &info); )
		if (mac_equal(info.mac, peer->mac))
			return info;
	return (struct secure_peer_info){ .session = false };
}

#endif
