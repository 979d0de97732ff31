/* An edge with a fake outside: a clock, what it sent, delivered and noted, and supernodes that answer
 * when they are up.  Everything is static: each test program has its own.
 *
 *	struct fake *f = fake_new(); f->config... = ...; fake_start(f); ... fake_end(f);
 *
 * Supernode i of -l is 192.0.2.(1 + i):7654 with the MAC 02:00:00:00:5a:(1 + i), unless told otherwise.
 */
#ifndef EDGE_FAKE_H
#define EDGE_FAKE_H

#include "engine/edge/edge.h"
#include "test.h"
#include "vectors.h"

enum { SENT_MAX = 8192, NOTES_MAX = 256, FRAMES_MAX = 64, FAKE_SUPERNODES = 8, NOTE_LEN = 300 };
enum sent_how { SENT_PLAIN, SENT_TTL, SENT_LAN };

struct sent {
	uint64_t at;
	enum sent_how how;
	uint8_t ttl;
	struct addr to;
	size_t len;
	uint8_t data[256];
};

struct fake_supernode {
	struct addr addr;
	uint8_t mac[MAC_LEN];
	bool up, deaf;                  /* deaf: answers PING but not REGISTER_SUPER */
	bool nak;
	uint64_t booted;
	uint32_t load;
	struct subnet assigns;
};

enum { ASKED_MAX = 256 };
struct fake {
	struct edge_config config;
	struct edge *e;
	struct host host;
	uint64_t now, random;
	struct addr self;               /* as supernodes see it */
	struct fake_supernode sn[FAKE_SUPERNODES];
	struct sent sent[SENT_MAX];
	size_t sent_n, answered_n;
	struct { enum sent_how how; struct addr to; uint8_t mac[MAC_LEN]; uint32_t cookie; } asked[ASKED_MAX];
	size_t asked_n;                 /* REGISTERs, since the start */
	struct { char line[NOTE_LEN]; enum note_level level; uint64_t at; } note[NOTES_MAX];
	size_t notes_n;
	struct { uint8_t data[2048]; size_t len; } frame[FRAMES_MAX];
	size_t frames_n;
	size_t resolved_asked[EDGE_SUPERNODES_MAX];
	struct { uint8_t data[2048]; size_t len; } injected[FRAMES_MAX];
	size_t injected_n;
	struct addr unreachable;
	size_t path_mtu, path_mtu_asked;
	struct addr path_mtu_of;        /* asked last */
	struct subnet assigned;
	size_t assigned_n, mac_changed_n;
	uint8_t mac_changed[MAC_LEN];
};

static const uint8_t mac_a[MAC_LEN] = { 2, 0, 0, 0, 0, 0xa1 }, mac_b[MAC_LEN] = { 2, 0, 0, 0, 0, 0xb2 },
	mac_c[MAC_LEN] = { 2, 0, 0, 0, 0, 0xc3 }, mac_null[MAC_LEN],
	mac_all[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static const struct addr addr_a = { .family = ADDR_V4, .port = 50001, .ip = { 192, 0, 2, 11 } },
	addr_b = { .family = ADDR_V4, .port = 50002, .ip = { 192, 0, 2, 12 } },
	addr_c = { .family = ADDR_V4, .port = 50003, .ip = { 192, 0, 2, 13 } },
	stranger = { .family = ADDR_V4, .port = 4711, .ip = { 198, 51, 100, 66 } };

static inline struct addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return (struct addr){ .family = ADDR_V4, .port = port, .ip = { a, b, c, d } };
}

static inline void fake_record(struct fake *f, enum sent_how how, const struct addr *to, uint8_t ttl,
                               const struct buf *b)
{
	if (f->sent_n == SENT_MAX) {
		printf("  fake: more than %d datagrams\n", SENT_MAX);
		test_failed_checks++;
		f->sent_n = f->answered_n = 0;
	}
	struct sent *s = &f->sent[f->sent_n++];
	s->at = f->now;
	s->how = how;
	s->ttl = ttl;
	s->to = to ? *to : (struct addr){ 0 };
	s->len = b->len;
	memcpy(s->data, b->data, b->len < sizeof(s->data) ? b->len : sizeof(s->data));
	if ((s->data[3] & 0x1f) != WIRE_REGISTER)
		return;
	size_t at = f->asked_n++ % ASKED_MAX;
	f->asked[at].how = how;
	f->asked[at].to = s->to;
	memcpy(f->asked[at].mac, s->data + 34, MAC_LEN);
	f->asked[at].cookie = get_be32(s->data + 24);
}
static inline void fake_send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *b)
{
	(void)local;
	fake_record(ctx, SENT_PLAIN, &to->addr, 0, b);
}
static inline void fake_send_ttl(void *ctx, const struct endpoint *to, uint8_t ttl, const struct buf *b)
{
	fake_record(ctx, SENT_TTL, &to->addr, ttl, b);
}
static inline void fake_send_lan(void *ctx, const struct buf *b) { fake_record(ctx, SENT_LAN, NULL, 0, b); }
static inline void fake_deliver(void *ctx, const struct buf *b)
{
	struct fake *f = ctx;
	if (f->frames_n == FRAMES_MAX)
		f->frames_n = 0;
	f->frame[f->frames_n].len = b->len;
	memcpy(f->frame[f->frames_n++].data, b->data, b->len < 2048 ? b->len : 2048);
}
static inline void fake_inject(void *ctx, const struct buf *b)
{
	struct fake *f = ctx;
	if (f->injected_n == FRAMES_MAX)        /* queries come every 30 s: nobody looks at that many */
		f->injected_n = 0;
	CHECK(b->len <= sizeof(f->injected[0].data));
	f->injected[f->injected_n].len = b->len;
	memcpy(f->injected[f->injected_n++].data, b->data, b->len);
}
static inline void fake_random(void *ctx, void *bytes, size_t len)
{
	struct fake *f = ctx;
	for (size_t i = 0; i < len; i++) {
		f->random = f->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)bytes)[i] = (uint8_t)(f->random >> 56);
	}
}
static inline bool fake_reachable(void *ctx, const struct addr *to)
{
	struct fake *f = ctx;
	return !addr_equal(&f->unreachable, to);
}
static inline void fake_note(void *ctx, enum note_level level, const char *line)
{
	struct fake *f = ctx;
	if (f->notes_n == NOTES_MAX)
		return;
	f->note[f->notes_n].level = level;
	f->note[f->notes_n].at = f->now;
	snprintf(f->note[f->notes_n++].line, NOTE_LEN, "%s", line);
}
static inline void fake_assigned(void *ctx, const struct subnet *address)
{
	struct fake *f = ctx;
	f->assigned = *address;
	f->assigned_n++;
}
static inline void fake_mac_changed(void *ctx, const uint8_t mac[static MAC_LEN])
{
	struct fake *f = ctx;
	memcpy(f->mac_changed, mac, MAC_LEN);
	f->mac_changed_n++;
}
static inline void fake_resolve(void *ctx, size_t i) { ((struct fake *)ctx)->resolved_asked[i]++; }

static inline size_t fake_path_mtu(void *ctx, const struct addr *to)
{
	struct fake *f = ctx;
	f->path_mtu_asked++;
	f->path_mtu_of = *to;
	return f->path_mtu;
}

static inline struct fake *fake_new(void)
{
	static struct fake memory;
	struct fake *f = &memory;
	memset(f, 0, sizeof(*f));
	f->now = 1000000;
	f->random = test_random();
	f->self = addr_a;
	f->host = (struct host){
		.ctx = f, .send = fake_send, .send_ttl = fake_send_ttl, .send_lan = fake_send_lan, .deliver = fake_deliver,
		.random = fake_random, .reachable = fake_reachable, .note = fake_note, .assigned = fake_assigned,
		.mac_changed = fake_mac_changed, .resolve = fake_resolve, .inject = fake_inject, .path_mtu = fake_path_mtu,
	};
	f->config = (struct edge_config){
		.mode = ADDRESS_STATIC, .address = { { 10, 9, 8, 1 }, 24 }, .interval_ms = 20000, .p2p = true,
		.multicast = true, .mss_clamp = true, .supernodes = 1, .peers_max = 64, .addresses_max = 64, .transform = &transform_null,
	};
	memcpy(f->config.community, "Intershop", 9);
	memcpy(f->config.desc, "edge-one", 8);
	memcpy(f->config.mac, mac_a, MAC_LEN);
	for (uint8_t i = 0; i < FAKE_SUPERNODES; i++) {
		f->sn[i].addr = v4(192, 0, 2, (uint8_t)(1 + i), 7654);
		f->sn[i].up = true;
		f->sn[i].booted = 1000;
		memcpy(f->sn[i].mac, (uint8_t[]){ 2, 0, 0, 0, 0x5a, (uint8_t)(1 + i) }, MAC_LEN);
	}
	return f;
}

static inline void fake_end(struct fake *f)
{
	edge_free(f->e);
	f->e = NULL;
}

/* What the edge gets. */
static inline void fake_bytes(struct fake *f, const struct addr *from, bool lan, const uint8_t *data, size_t len)
{
	uint8_t mem[BUF_HEADROOM + 2048 + BUF_TAILROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	memcpy(b.data, data, len);
	b.len = len;
	struct endpoint ep = endpoint_udp(from);
	(lan ? edge_from_lan : edge_from_net)(f->e, f->now, &ep, &b);
}
static inline void fake_message(struct fake *f, const struct addr *from, struct wire_message *m)
{
	uint8_t out[WIRE_CONTROL_MAX];
	size_t len = wire_put(out, sizeof(out), m);
	CHECK(len != 0);
	fake_bytes(f, from, false, out, len);
}
static inline struct wire_message fake_head(const struct fake *f, enum wire_type type, uint16_t flags)
{
	struct wire_message m;
	memset(&m, 0, sizeof(m));
	m.version = WIRE_V3;
	m.ttl = WIRE_TTL;
	m.type = (uint8_t)type;
	m.flags = flags;
	memcpy(m.community, f->config.community, COMMUNITY_LEN);
	return m;
}
static inline struct wire_message fake_ack(const struct fake *f, const struct fake_supernode *sn, uint32_t cookie)
{
	struct wire_message m = fake_head(f, WIRE_REGISTER_SUPER_ACK, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	m.super_ack.cookie = cookie;
	memcpy(m.super_ack.mac, sn->mac, MAC_LEN);
	m.super_ack.lifetime = 15;
	m.super_ack.socket = f->self;
	return m;
}
static inline void fake_pong(struct fake *f, const struct fake_supernode *sn)
{
	struct wire_message m = fake_head(f, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE);
	memcpy(m.info.mac, sn->mac, MAC_LEN);
	m.info.socket = f->self;
	m.info.load = sn->load;
	m.info.uptime = (uint32_t)((f->now - sn->booted) / 1000);
	memcpy(m.info.version, "3.1.1", 5);
	fake_message(f, &sn->addr, &m);
}
/* socket: as the supernode tells it; of family ADDR_NONE: it does not; NULL: directly. */
static inline void fake_packet(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN],
                               const uint8_t dst[MAC_LEN], const struct addr *socket, const uint8_t *frame, size_t len)
{
	uint8_t mem[BUF_HEADROOM + 2048 + BUF_TAILROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	uint16_t told = socket && socket->family != ADDR_NONE ? WIRE_SOCKET : 0;
	struct wire_message m = fake_head(f, WIRE_PACKET, socket ? (uint16_t)(told | WIRE_FROM_SUPERNODE) : 0);
	memcpy(m.packet.src, src, MAC_LEN);
	memcpy(m.packet.dst, dst, MAC_LEN);
	if (socket)
		m.packet.socket = *socket;
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = TRANSFORM_NULL;
	memcpy(b.data, frame, len);
	b.len = len;
	CHECK(wire_push_packet(&b, &m));
	struct endpoint ep = endpoint_udp(from);
	edge_from_net(f->e, f->now, &ep, &b);
}
static inline void fake_register(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN],
                                 const uint8_t dst[MAC_LEN], uint32_t cookie, const struct addr *socket)
{
	struct wire_message m = fake_head(f, WIRE_REGISTER, socket ? WIRE_SOCKET | WIRE_FROM_SUPERNODE : 0);
	m.reg.cookie = cookie;
	memcpy(m.reg.src, src, MAC_LEN);
	memcpy(m.reg.dst, dst, MAC_LEN);
	if (socket)
		m.reg.socket = *socket;
	m.reg.address = (struct subnet){ { 10, 9, 8, 2 }, 24 };
	memcpy(m.reg.desc, "edge-two", 8);
	fake_message(f, from, &m);
}
static inline void fake_ack_of(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN], uint32_t cookie)
{
	struct wire_message m = fake_head(f, WIRE_REGISTER_ACK, 0);
	m.reg_ack.cookie = cookie;
	memcpy(m.reg_ack.dst, f->config.mac, MAC_LEN);
	memcpy(m.reg_ack.src, src, MAC_LEN);
	fake_message(f, from, &m);
}
/* The classes of castnet(7): what the random part of a cookie is above. */
static inline uint32_t class_of(uint32_t cookie)
{
	static const uint32_t classes[] = {
		COOKIE_IDENTIFY, COOKIE_LOCAL, COOKIE_MCAST, COOKIE_REGULAR, COOKIE_PORT, COOKIE_FORWARDED,
	};
	for (size_t i = 0; i < 6; i++)
		if (cookie >= classes[i])
			return classes[i];
	return COOKIE_NONE;
}
/* The cookie of the last REGISTER of this class that went to this MAC, best to this endpoint; none: the bare class. */
static inline uint32_t register_cookie_sent(const struct fake *f, const struct addr *to, const uint8_t mac[MAC_LEN],
                                            uint32_t class)
{
	uint32_t cookie = class;
	for (size_t i = 0; i < f->asked_n && i < ASKED_MAX; i++) {
		size_t at = (f->asked_n - 1 - i) % ASKED_MAX;
		bool lan = f->asked[at].how == SENT_LAN;
		if (class_of(f->asked[at].cookie) != class || (!lan && !mac_equal(f->asked[at].mac, mac)))
			continue;
		if (!lan && addr_equal(&f->asked[at].to, to))
			return f->asked[at].cookie;
		if (cookie == class)
			cookie = f->asked[at].cookie;
	}
	return cookie;
}
/* As an edge would answer. */
static inline void fake_register_ack(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN],
                                     uint32_t class)
{
	fake_ack_of(f, from, src, register_cookie_sent(f, from, src, class));
}
static inline void fake_peer_info(struct fake *f, const struct addr *from, const uint8_t target[MAC_LEN],
                                  const struct addr *socket, const struct addr *preferred)
{
	struct wire_message m = fake_head(f, WIRE_PEER_INFO, (uint16_t)(WIRE_FROM_SUPERNODE |
	                                                             (preferred ? WIRE_SOCKET : 0)));
	memcpy(m.info.mac, f->config.mac, MAC_LEN);
	memcpy(m.info.target, target, MAC_LEN);
	m.info.socket = *socket;
	if (preferred)
		m.info.preferred = *preferred;
	fake_message(f, from, &m);
}
static inline void fake_frame(struct fake *f, const uint8_t *frame, size_t len)
{
	uint8_t mem[BUF_HEADROOM + 2048 + BUF_TAILROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	memcpy(b.data, frame, len);
	b.len = len;
	edge_from_tap(f->e, f->now, &b);
}

/* A frame of 60 bytes: IPv4 UDP from 10.9.8.<from> to 10.9.8.<to>. */
enum { FRAME60 = 60 };
static inline void make_frame(uint8_t out[FRAME60], const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN],
                              const uint8_t ip_src[4], const uint8_t ip_dst[4])
{
	memset(out, 0, FRAME60);
	memcpy(out, dst, MAC_LEN);
	memcpy(out + 6, src, MAC_LEN);
	put_be16(out + 12, ETHERTYPE_IPV4);
	out[14] = 0x45;
	put_be16(out + 16, 46);
	out[22] = 64;
	out[23] = 17;
	memcpy(out + 26, ip_src, 4);
	memcpy(out + 30, ip_dst, 4);
	put_be16(out + 34, 5000);
	put_be16(out + 36, 5001);
	put_be16(out + 38, 26);
}
static const uint8_t ip_a[4] = { 10, 9, 8, 1 }, ip_b[4] = { 10, 9, 8, 2 };
static inline void frame_to(struct fake *f, const uint8_t dst[MAC_LEN])
{
	uint8_t frame[FRAME60];
	make_frame(frame, dst, mac_a, ip_a, ip_b);
	fake_frame(f, frame, sizeof(frame));
}
static inline void packet_from(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN],
                               const uint8_t dst[MAC_LEN], const struct addr *socket)
{
	uint8_t frame[FRAME60];
	make_frame(frame, dst, src, ip_b, ip_a);
	fake_packet(f, from, src, dst, socket, frame, sizeof(frame));
}

/* What the edge sent. */
static inline enum wire_type sent_type(const struct sent *s) { return s->data[3] & 0x1f; }
static inline struct wire_message sent_message(const struct sent *s)
{
	static struct wire_message m;
	memset(&m, 0, sizeof(m));
	CHECK_INT(wire_get(&m, s->data, s->len), WIRE_GOOD);
	return m;
}
static inline size_t sent_count(const struct fake *f, size_t since, enum wire_type type)
{
	size_t n = 0;
	for (size_t i = since; i < f->sent_n; i++)
		n += sent_type(&f->sent[i]) == type;
	return n;
}
static inline size_t sent_count_to(const struct fake *f, size_t since, enum wire_type type, struct addr to)
{
	size_t n = 0;
	for (size_t i = since; i < f->sent_n; i++)
		n += sent_type(&f->sent[i]) == type && addr_equal(&f->sent[i].to, &to);
	return n;
}
static inline const struct sent *sent_last(const struct fake *f, enum wire_type type)
{
	static const struct sent none;
	for (size_t i = f->sent_n; i-- > 0; )
		if (sent_type(&f->sent[i]) == type)
			return &f->sent[i];
	CHECK_INT(sent_count(f, 0, type), 1);   /* none was sent */
	return &none;
}
/* REGISTERs of this class to there. */
static inline size_t sent_registers(const struct fake *f, size_t since, uint32_t cookie, struct addr to)
{
	size_t n = 0;
	for (size_t i = since; i < f->sent_n; i++)
		n += sent_type(&f->sent[i]) == WIRE_REGISTER && class_of(get_be32(f->sent[i].data + 24)) == cookie &&
		     addr_equal(&f->sent[i].to, &to);
	return n;
}
static inline bool noted(const struct fake *f, const char *part)
{
	for (size_t i = 0; i < f->notes_n; i++)
		if (strstr(f->note[i].line, part))
			return true;
	return false;
}
static inline size_t notes_with(const struct fake *f, const char *part)
{
	size_t n = 0;
	for (size_t i = 0; i < f->notes_n; i++)
		n += strstr(f->note[i].line, part) != NULL;
	return n;
}
static inline uint64_t dropped(const struct fake *f, enum edge_drop why)
{
	return edge_info(f->e)->counts.drops[why];
}
static inline bool registered(const struct fake *f) { return edge_info(f->e)->registered; }

/* The supernodes answer what they were asked since last time. */
static inline void fake_supernode_answers(struct fake *f, struct fake_supernode *sn, const struct sent *s)
{
	if (sent_type(s) == WIRE_QUERY_PEER && mac_is_null(s->data + 30))
		fake_pong(f, sn);
	if (sent_type(s) != WIRE_REGISTER_SUPER || sn->deaf)
		return;
	struct wire_message ask = sent_message(s);
	struct wire_message m = fake_ack(f, sn, ask.reg_super.cookie);
	if (!subnet_is_set(&ask.reg_super.address))
		m.super_ack.address = sn->assigns;
	if (sn->nak) {
		m = fake_head(f, WIRE_REGISTER_SUPER_NAK, WIRE_FROM_SUPERNODE);
		m.super_nak.cookie = ask.reg_super.cookie;
		memcpy(m.super_nak.mac, ask.reg_super.mac, MAC_LEN);
	}
	fake_message(f, &sn->addr, &m);
}
static inline void fake_answers(struct fake *f)
{
	while (f->answered_n < f->sent_n) {
		struct sent s = f->sent[f->answered_n++];
		for (size_t i = 0; i < FAKE_SUPERNODES; i++)
			if (f->sn[i].up && addr_equal(&f->sn[i].addr, &s.to))
				fake_supernode_answers(f, &f->sn[i], &s);
	}
}
/* Time goes by, in steps to each deadline. */
static inline void fake_run(struct fake *f, uint64_t ms)
{
	uint64_t end = f->now + ms;
	for (unsigned spins = 0; ; spins++) {
		uint64_t due = edge_tick(f->e, f->now);
		if (f->answered_n < f->sent_n) {
			fake_answers(f);
			continue;
		}
		if (due > end)
			break;
		CHECK(due > f->now || spins < 1000);
		if (due <= f->now && spins >= 1000)
			break;
		if (due > f->now)
			spins = 0;
		f->now = due > f->now ? due : f->now;
	}
	f->now = end;
}
static inline void fake_resolved(struct fake *f, size_t i)
{
	edge_supernode_resolved(f->e, f->now, i, &f->sn[i].addr, 1);
}
/* New, resolved, not yet answered. */
static inline void fake_start(struct fake *f)
{
	f->e = edge_new(&f->config, &f->host, f->now);
	CHECK(f->e != NULL);
	for (size_t i = 0; i < f->config.supernodes; i++)
		fake_resolved(f, i);
	edge_tick(f->e, f->now);
}
/* Registered, TAP ready, nothing sent so far counts. */
static inline struct fake *fake_registered(struct fake *f)
{
	fake_start(f);
	fake_run(f, 10);
	edge_tap_ready(f->e, f->now);
	fake_run(f, 10);
	CHECK(registered(f));
	f->sent_n = f->answered_n = 0;
	return f;
}
/* Peer b is known directly at its address. */
static inline struct fake *fake_with_peer(struct fake *f)
{
	fake_registered(f);
	packet_from(f, &f->sn[0].addr, mac_b, mac_a, &addr_b);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	f->sent_n = f->answered_n = 0;
	f->frames_n = 0;
	return f;
}
static inline bool peer_info(const struct fake *f, const uint8_t mac[MAC_LEN], struct edge_peer_info *out)
{
	for (size_t at = 0; edge_peer_next(f->e, &at, out); )
		if (mac_equal(out->mac, mac))
			return true;
	return false;
}
static inline bool is_direct(const struct fake *f, const uint8_t mac[MAC_LEN])
{
	struct edge_peer_info p;
	return peer_info(f, mac, &p) && p.direct;
}

#endif
