/* A supernode with a fake host, for its unit tests: what it sends and notes is recorded, and time
 * is a number.  Edges are small records with a place (endpoint), a MAC, an address and a token.
 */
#ifndef SUPERNODE_FAKE_H
#define SUPERNODE_FAKE_H

#include "core/token.h"
#include "engine/supernode/supernode.h"
#include "test.h"

enum { SENT_MAX = 64, NOTES_MAX = 64 };

struct sent { struct addr to, local; size_t len; uint8_t data[2048]; };
struct fake {
	struct supernode *sn;
	struct supernode_config config;
	uint64_t now;
	struct sent sent[SENT_MAX];
	size_t n, notes;
	char note[NOTES_MAX][TEXT_MAX];
	uint64_t random;
	/* Called for each datagram after the engine has returned, as a network would; may be NULL. */
	void (*answer)(struct fake *f, const struct sent *s);
	size_t answered;
};
struct edge_like {
	struct addr at;
	uint8_t mac[MAC_LEN];
	struct subnet address;
	uint8_t token;                  /* all its bytes, but for the mark of ours */
	const char *desc;
	struct addr preferred;
	const char *community;          /* NULL: Intershop */
	uint32_t cookie;
	bool ours;
};

static inline void fake_send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram)
{
	struct fake *f = ctx;
	struct sent *s = &f->sent[f->n % SENT_MAX];
	f->n++;
	s->to = to->addr;
	s->local = local ? *local : (struct addr){ .family = ADDR_NONE };
	s->len = datagram->len;
	memcpy(s->data, datagram->data, datagram->len);
}

static inline void fake_answer(struct fake *f)
{
	while (f->answered < f->n) {
		struct sent s = f->sent[f->answered++ % SENT_MAX];
		if (f->answer)
			f->answer(f, &s);
	}
}

static inline void fake_random(void *ctx, void *bytes, size_t len)
{
	struct fake *f = ctx;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(f->random = f->random * 6364136223846793005u + 1442695040888963407u);
}

static inline void fake_note(void *ctx, enum note_level level, const char *line)
{
	struct fake *f = ctx;
	(void)level;
	snprintf(f->note[f->notes++ % NOTES_MAX], TEXT_MAX, "%s", line);
}

static inline struct addr addr_of(const char *text)
{
	struct addr a;
	if (!addr_parse(&a, text, 7654))
		abort();
	return a;
}

static inline struct subnet subnet_of(const char *text)
{
	struct subnet s;
	if (!subnet_parse(&s, text, 24))
		abort();
	return s;
}

static inline struct supernode_config fake_config(void)
{
	return (struct supernode_config){
		.mac = { 2, 0, 0, 0, 0x5a, 1 }, .version = "3.1.1",
		.auto_min = 0x0a800000, .auto_max = 0x0affff00, .auto_prefix = 24,
		.spoofing_protection = true,
		.communities_max = 8, .edges_max = 32, .community_edges_max = 16,
		.groups_max = 64, .group_members_max = 100,
	};
}

static inline void fake_start(struct fake *f, struct supernode_config config)
{
	struct host host = { .ctx = f, .send = fake_send, .random = fake_random, .note = fake_note };
	memset(f, 0, sizeof(*f));
	f->now = 1000000;
	f->random = test_random();
	f->config = config;
	f->sn = supernode_new(&config, &host, f->now);
	if (!f->sn)
		abort();
}

static inline void fake_stop(struct fake *f) { supernode_free(f->sn); }

/* Steps to every deadline until then. */
static inline void fake_wait(struct fake *f, uint64_t ms)
{
	uint64_t end = f->now + ms;
	for (;;) {
		uint64_t due = supernode_tick(f->sn, f->now);
		CHECK(due > f->now);
		if (f->answered < f->n) {
			fake_answer(f);
			continue;
		}
		if (due > end)
			break;
		f->now = due;
	}
	f->now = end;
}

static const struct addr here = { ADDR_V4, 7654, { 192, 0, 2, 1 } };    /* where the supernode is reached */

static inline void give_at(struct fake *f, const struct addr *from, const struct addr *local, const void *data, size_t len)
{
	uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	memcpy(b.data, data, len);
	b.len = len;
	struct endpoint ep = endpoint_udp(from);
	supernode_from_net(f->sn, f->now, &ep, local, &b);
	fake_answer(f);
}

static inline void give(struct fake *f, const struct addr *from, const void *data, size_t len)
{
	give_at(f, from, &here, data, len);
}

static inline size_t from_hex(uint8_t *out, const char *hex)
{
	size_t n = 0;
	for (unsigned byte; sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (uint8_t)byte;
	return n;
}

static inline void give_hex(struct fake *f, const char *from, const char *hex)
{
	uint8_t data[2048];
	struct addr a = addr_of(from);
	give(f, &a, data, from_hex(data, hex));
}

/* The last datagram sent. */
static inline const struct sent *last(const struct fake *f)
{
	static const struct sent none;
	return f->n ? &f->sent[(f->n - 1) % SENT_MAX] : &none;
}

static inline bool is_hex(const struct sent *s, const char *to, const char *hex)
{
	uint8_t want[2048];
	size_t len = from_hex(want, hex);
	struct addr a = addr_of(to);
	return addr_equal(&s->to, &a) && s->len == len && !memcmp(s->data, want, len);
}

static inline struct wire_message read_message(const struct sent *s)
{
	struct wire_message m;
	enum wire_error error = wire_get(&m, s->data, s->len);
	CHECK_INT(error, WIRE_GOOD);
	if (error != WIRE_GOOD)
		memset(&m, 0xff, sizeof(m));
	return m;
}

static inline int last_type(const struct fake *f) { return f->n ? read_message(last(f)).type : -1; }

static inline struct wire_message message_of(const struct edge_like *e, enum wire_type type)
{
	struct wire_message m = { .version = WIRE_V3, .ttl = WIRE_TTL, .type = (uint8_t)type };
	const char *name = e->community ? e->community : "Intershop";
	memcpy(m.community, name, strlen(name));
	return m;
}

static inline void give_message(struct fake *f, const struct addr *from, const struct wire_message *m)
{
	uint8_t data[WIRE_CONTROL_MAX];
	size_t len = wire_put(data, sizeof(data), m);
	if (!len)
		abort();
	give(f, from, data, len);
}

static inline void token_of(struct wire_auth *a, const struct edge_like *e)
{
	*a = (struct wire_auth){ .scheme = AUTH_SIMPLE_ID, .len = TOKEN_LEN };
	memset(a->token, e->token, TOKEN_LEN);
	if (e->ours)
		token_mark(a->token);
}

static inline void do_claim(struct fake *f, struct edge_like *e)
{
	struct wire_message m = message_of(e, WIRE_REGISTER_SUPER);
	m.reg_super.cookie = ++e->cookie;
	m.reg_super.address = e->address;
	memcpy(m.reg_super.mac, e->mac, MAC_LEN);
	if (e->desc)
		memcpy(m.reg_super.desc, e->desc, strlen(e->desc));
	if (addr_is_set(&e->preferred)) {
		m.flags |= WIRE_SOCKET;
		m.reg_super.socket = e->preferred;
	}
	token_of(&m.reg_super.auth, e);
	give_message(f, &e->at, &m);
}

/* The record of this edge, by community and MAC. */
static inline bool find_edge(const struct fake *f, const struct edge_like *e, struct supernode_edge_info *out)
{
	struct wire_message m = message_of(e, WIRE_PING);
	for (size_t at = 0; supernode_edge_next(f->sn, &at, out); )
		if (mac_equal(out->mac, e->mac) && !memcmp(out->community, m.community, COMMUNITY_LEN))
			return true;
	memset(out, 0, sizeof(*out));
	return false;
}

/* A REGISTER_ACK to the supernode: it counts as come from there, and may be right. */
static inline void do_echo(struct fake *f, const struct edge_like *e, uint32_t cookie)
{
	struct wire_message m = message_of(e, WIRE_REGISTER_ACK);
	m.reg_ack.cookie = cookie;
	memcpy(m.reg_ack.src, e->mac, MAC_LEN);
	memcpy(m.reg_ack.dst, f->config.mac, MAC_LEN);
	give_message(f, &e->at, &m);
}

/* What any edge does soon after it has registered: it sends something, and answers the question that this pays for.
 * What was sent meanwhile is forgotten. */
static inline void do_prove(struct fake *f, const struct edge_like *e)
{
	size_t before = f->n;
	void (*answer)(struct fake *, const struct sent *) = f->answer;
	f->answer = NULL;
	do_echo(f, e, 0);
	do_echo(f, e, 0);
	for (size_t i = before; i < f->n; i++) {
		struct wire_message m = read_message(&f->sent[i % SENT_MAX]);
		if (m.type == WIRE_REGISTER && addr_equal(&f->sent[i % SENT_MAX].to, &e->at))
			do_echo(f, e, m.reg.cookie);
	}
	f->answer = answer;
	f->n = f->answered = before;
}

/* Registers, and proves that it is there. */
static inline void do_register(struct fake *f, struct edge_like *e)
{
	struct supernode_edge_info info;
	size_t before = f->n;
	do_claim(f, e);
	size_t sent = f->n - before;
	struct wire_message m = sent ? read_message(last(f)) : message_of(e, WIRE_PING);
	if (m.type == WIRE_REGISTER && addr_equal(&last(f)->to, &e->at)) {
		do_echo(f, e, m.reg.cookie);            /* it moved: the proof comes first */
		if (sent == 2)                          /* or another process is at the same place */
			f->n = --f->answered;
	}
	if (find_edge(f, e, &info) && !info.confirmed && addr_equal(&info.endpoint, &e->at))
		do_prove(f, e);
}

static inline void do_unregister(struct fake *f, const struct edge_like *e)
{
	struct wire_message m = message_of(e, WIRE_UNREGISTER_SUPER);
	memcpy(m.unreg_super.mac, e->mac, MAC_LEN);
	token_of(&m.unreg_super.auth, e);
	give_message(f, &e->at, &m);
}

static inline void do_query(struct fake *f, const struct edge_like *e, const uint8_t *target)
{
	struct wire_message m = message_of(e, WIRE_QUERY_PEER);
	memcpy(m.query.src, e->mac, MAC_LEN);
	if (target)
		memcpy(m.query.target, target, MAC_LEN);
	give_message(f, &e->at, &m);
}

static inline void do_packet(struct fake *f, const struct edge_like *e, const uint8_t *dst, uint8_t transform,
                             const void *payload, size_t len)
{
	uint8_t mem[2048];
	struct buf b = buf_of(mem, sizeof(mem));
	struct wire_message m = message_of(e, WIRE_PACKET);
	memcpy(m.packet.src, e->mac, MAC_LEN);
	memcpy(m.packet.dst, dst, MAC_LEN);
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = transform;
	memcpy(b.data, payload, len);
	b.len = len;
	if (!wire_push_packet(&b, &m))
		abort();
	give(f, &e->at, b.data, b.len);
}

static inline void do_reg(struct fake *f, const struct edge_like *e, const uint8_t *dst, enum wire_type type)
{
	struct wire_message m = message_of(e, type);
	if (type == WIRE_REGISTER) {
		m.reg.cookie = COOKIE_FORWARDED;
		memcpy(m.reg.src, e->mac, MAC_LEN);
		memcpy(m.reg.dst, dst, MAC_LEN);
		m.reg.address = e->address;
	} else {
		m.reg_ack.cookie = COOKIE_REGULAR;
		memcpy(m.reg_ack.src, e->mac, MAC_LEN);
		memcpy(m.reg_ack.dst, dst, MAC_LEN);
	}
	give_message(f, &e->at, &m);
}

static inline const struct supernode_counts *counts(const struct fake *f) { return &supernode_info(f->sn)->counts; }
static inline uint64_t dropped(const struct fake *f, enum supernode_drop why) { return counts(f)->drops[why]; }
static inline size_t edges(const struct fake *f) { return supernode_info(f->sn)->edges; }

static inline bool is_noted(const struct fake *f, const char *part)
{
	for (size_t i = 0; i < f->notes && i < NOTES_MAX; i++)
		if (strstr(f->note[i], part))
			return true;
	return false;
}

/* The three edges of the captures, and one more. */
static inline struct edge_like edge_a(void)
{
	return (struct edge_like){ addr_of("192.0.2.11:50001"), { 2, 0, 0, 0, 0, 0xa1 }, subnet_of("10.9.8.1"), 0xa1,
		"edge-one", .cookie = 0xa000 };
}
static inline struct edge_like edge_b(void)
{
	return (struct edge_like){ addr_of("192.0.2.12:50002"), { 2, 0, 0, 0, 0, 0xb2 }, subnet_of("10.9.8.2"), 0xb2,
		"edge-two", .cookie = 0xb000 };
}
static inline struct edge_like edge_c(void)
{
	return (struct edge_like){ addr_of("192.0.2.13:50003"), { 2, 0, 0, 0, 0, 0xc3 }, subnet_of("10.9.8.3"), 0xc3,
		"edge-three", .cookie = 0xc000 };
}

#define REG_01 "03020005496e74657273686f7000000000000000000000004f982a4f0200000000a10a09080118656467652d6f6e65" \
	"0000000000000000000100104c6bc998a228c346b75be9ab919f215600000000"
#define REG_02 "03020067496e74657273686f7000000000000000000000004f982a4f020000005a010000000000000f0000c351c000020b" \
	"000000000000000000"

#endif
