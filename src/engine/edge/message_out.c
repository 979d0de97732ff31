#include "state.h"

static void message_begin(const struct edge *e, struct wire_message *m, enum wire_type type, uint16_t flags)
{
	emit_begin(m, type, flags, e->config.community);
}

static void message_send(struct edge *e, const struct endpoint *to, const struct wire_message *m)
{
	uint8_t mem[EMIT_ROOM];
	struct buf b = emit_encode(mem, m);
	if (b.len)
		e->host.send(e->host.ctx, to, NULL, &b);
	else
		drop(e, EDGE_DROP_NO_ROOM);
}

void send_register_super(struct edge *e, const struct endpoint *to, uint32_t cookie, bool ask)
{
	struct wire_message m;
	bool preferred = !ask && addr_is_set(&e->preferred);
	message_begin(e, &m, WIRE_REGISTER_SUPER, preferred ? WIRE_SOCKET : 0);
	m.reg_super = (struct wire_register_super){ .cookie = cookie, .auth = e->auth };
	if (preferred)
		m.reg_super.socket = e->preferred;
	if (!ask) {
		memcpy(m.reg_super.mac, e->mac, MAC_LEN);
		m.reg_super.address = e->address;
	}
	memcpy(m.reg_super.desc, e->config.desc, DESC_LEN);
	challenge_prove(e, to, &m);
	message_send(e, to, &m);
	e->info.counts.registrations++;
}

void send_unregister_super(struct edge *e, const struct endpoint *to)
{
	struct wire_message m;
	message_begin(e, &m, WIRE_UNREGISTER_SUPER, 0);
	m.unreg_super.auth = e->auth;
	memcpy(m.unreg_super.mac, e->mac, MAC_LEN);
	challenge_prove(e, to, &m);
	message_send(e, to, &m);
}

void send_query(struct edge *e, const struct endpoint *to, const uint8_t target[static MAC_LEN])
{
	struct wire_message m;
	message_begin(e, &m, WIRE_QUERY_PEER, 0);
	memcpy(m.query.src, e->mac, MAC_LEN);
	memcpy(m.query.target, target, MAC_LEN);
	m.query.aflags = 0;
	message_send(e, to, &m);
}

static void make_register(const struct edge *e, struct wire_message *m, const uint8_t dst[static MAC_LEN],
                          uint32_t cookie)
{
	message_begin(e, m, WIRE_REGISTER, 0);
	m->reg = (struct wire_register){ .cookie = cookie, .address = e->address };
	memcpy(m->reg.src, e->mac, MAC_LEN);
	memcpy(m->reg.dst, dst, MAC_LEN);
	memcpy(m->reg.desc, e->config.desc, DESC_LEN);
}

void send_register(struct edge *e, const struct endpoint *to, const uint8_t dst[static MAC_LEN], uint32_t cookie)
{
	struct wire_message m;
	make_register(e, &m, dst, cookie);
	message_send(e, to, &m);
}

/* With a TTL that may end before the peer's NAT: what counts is that ours lets the answer in. */
void send_port_guesses(struct edge *e, const struct endpoint *first, const uint8_t dst[static MAC_LEN], uint32_t cookie)
{
	struct wire_message m;
	uint8_t mem[EMIT_ROOM];
	make_register(e, &m, dst, cookie);
	struct buf b = emit_encode(mem, &m);
	struct endpoint guess = *first;
	for (unsigned i = 0; b.len && i < PORT_GUESSES && first->addr.port + i <= UINT16_MAX; i++) {
		guess.addr.port = (uint16_t)(first->addr.port + i);
		e->host.send_ttl(e->host.ctx, &guess, e->config.punch_ttl, &b);
	}
}

static void draw_lan_cookie(struct edge *e, uint64_t now)
{
	uint32_t random;
	if (within(e->lan_drawn, now, ACK_WINDOW_MS))
		return;
	e->host.random(e->host.ctx, &random, sizeof(random));
	e->lan_cookie = path_cookie(COOKIE_MCAST, random);
	e->lan_drawn = now;
}

void send_register_lan(struct edge *e, uint64_t now)
{
	static const uint8_t everybody[MAC_LEN];
	if (!e->config.p2p || !e->config.discovery)
		return;
	struct wire_message m;
	uint8_t mem[EMIT_ROOM];
	draw_lan_cookie(e, now);
	make_register(e, &m, everybody, e->lan_cookie);
	struct buf b = emit_encode(mem, &m);
	e->lan_sent = now;
	if (b.len)
		e->host.send_lan(e->host.ctx, &b);
}

void send_register_ack(struct edge *e, const struct endpoint *to, const uint8_t dst[static MAC_LEN], uint32_t cookie)
{
	struct wire_message m;
	message_begin(e, &m, WIRE_REGISTER_ACK, 0);
	m.reg_ack = (struct wire_register_ack){ .cookie = cookie };
	memcpy(m.reg_ack.dst, dst, MAC_LEN);
	memcpy(m.reg_ack.src, e->mac, MAC_LEN);
	message_send(e, to, &m);
}

void send_group_report(struct edge *e, const struct endpoint *to, const struct wire_group_report *report)
{
	struct wire_message m;
	message_begin(e, &m, WIRE_GROUP_REPORT, 0);
	m.group_report = *report;
	message_send(e, to, &m);
	e->info.counts.group_reports++;
}

void send_group_query(struct edge *e, const uint8_t group[static MAC_LEN], uint32_t cookie)
{
	struct wire_message m;
	message_begin(e, &m, WIRE_GROUP_QUERY, 0);
	m.group_query.cookie = cookie;
	memcpy(m.group_query.mac, e->mac, MAC_LEN);
	memcpy(m.group_query.group, group, MAC_LEN);
	message_send(e, &e->reg.to, &m);
	e->info.counts.group_queries++;
}

void send_group_members_ack(struct edge *e, const uint8_t group[static MAC_LEN], uint32_t cookie, uint32_t generation)
{
	struct wire_message m;
	message_begin(e, &m, WIRE_GROUP_MEMBERS_ACK, 0);
	m.members_ack = (struct wire_group_members_ack){ .cookie = cookie, .generation = generation };
	memcpy(m.members_ack.mac, e->mac, MAC_LEN);
	memcpy(m.members_ack.group, group, MAC_LEN);
	message_send(e, &e->reg.to, &m);
}
