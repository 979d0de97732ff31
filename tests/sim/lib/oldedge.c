#include "oldedge.h"

#include "core/arp.h"

#include "mem.h"

enum {
	INTERVAL_MS = 20000, RETRY_MS = 4000, SWEEP_MS = 30000, PURGE_MS = 60000, FRESH_MS = INTERVAL_MS / 2,
	ACK_RANK_MS = 15000, PEERS = 256
};
enum peer_state { PEER_NONE, PEER_PENDING, PEER_KNOWN };

struct peer {
	enum peer_state state;
	uint8_t mac[MAC_LEN];
	struct addr socket;
	uint32_t cookie;
	uint64_t last_seen, last_p2p, last_query;
};
struct oldedge {
	struct oldedge_config config;
	struct host host;
	struct addr supernode;
	uint8_t token[16];
	uint32_t cookie;
	bool waiting, acked;
	unsigned unanswered;
	uint64_t register_at, sweep_at, purge_at, lan_at;
	struct peer peers[PEERS];
};

struct oldedge *oldedge_new(const struct oldedge_config *config, const struct host *host, uint64_t now)
{
	struct oldedge *e = mem_new(sizeof(*e));
	e->config = *config;
	e->host = *host;
	host->random(host->ctx, e->token, sizeof(e->token));
	e->register_at = now;
	e->sweep_at = now + 6000;
	e->purge_at = now + SWEEP_MS;
	return e;
}

void oldedge_free(struct oldedge *e) { mem_free(e); }
void oldedge_set_supernode(struct oldedge *e, const struct addr *addr) { e->supernode = *addr; }
bool oldedge_registered(const struct oldedge *e) { return e->acked && e->unanswered <= 1; }

/* --- sending --- */

static struct wire_message message(const struct oldedge *e, uint8_t type)
{
	struct wire_message m;
	memset(&m, 0, sizeof(m));
	m.version = WIRE_V3;
	m.ttl = WIRE_TTL;
	m.type = type;
	memcpy(m.community, e->config.community, COMMUNITY_LEN);
	return m;
}

static void send_message(const struct oldedge *e, const struct addr *to, const struct wire_message *m)
{
	uint8_t mem[BUF_HEADROOM + WIRE_CONTROL_MAX + BUF_TAILROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	b.len = wire_put(b.data, buf_tailroom(&b), m);
	if (!b.len)
		return;
	if (!to) {
		e->host.send_lan(e->host.ctx, &b);
		return;
	}
	struct endpoint ep = endpoint_udp(to);
	e->host.send(e->host.ctx, &ep, NULL, &b);
}

static struct wire_auth auth(const struct oldedge *e)
{
	struct wire_auth a = { .scheme = AUTH_SIMPLE_ID, .len = sizeof(e->token) };
	memcpy(a.token, e->token, sizeof(e->token));
	return a;
}

static void send_register(const struct oldedge *e, const struct addr *to, const uint8_t *dst, uint32_t cookie)
{
	struct wire_message m = message(e, WIRE_REGISTER);
	if (!e->config.p2p || (to && !addr_is_endpoint(to)))
		return;
	m.reg.cookie = cookie;
	memcpy(m.reg.src, e->config.mac, MAC_LEN);
	if (dst)
		memcpy(m.reg.dst, dst, MAC_LEN);
	m.reg.address = e->config.address;
	send_message(e, to, &m);
}

static void send_register_super(struct oldedge *e)
{
	struct wire_message m = message(e, WIRE_REGISTER_SUPER);
	e->host.random(e->host.ctx, &e->cookie, sizeof(e->cookie));
	e->unanswered++;
	m.reg_super.cookie = e->cookie;
	memcpy(m.reg_super.mac, e->config.mac, MAC_LEN);
	m.reg_super.address = e->config.address;
	m.reg_super.auth = auth(e);
	send_message(e, &e->supernode, &m);
	send_register(e, NULL, NULL, COOKIE_MCAST);
}

static void send_query(const struct oldedge *e, const uint8_t *target)
{
	struct wire_message m = message(e, WIRE_QUERY_PEER);
	memcpy(m.query.src, e->config.mac, MAC_LEN);
	if (target)
		memcpy(m.query.target, target, MAC_LEN);
	send_message(e, &e->supernode, &m);
}

static void send_ack(const struct oldedge *e, const struct addr *to, const struct wire_register *reg)
{
	struct wire_message m = message(e, WIRE_REGISTER_ACK);
	if (!e->config.p2p || !addr_is_endpoint(to))
		return;
	m.reg_ack.cookie = reg->cookie;
	memcpy(m.reg_ack.dst, reg->src, MAC_LEN);
	memcpy(m.reg_ack.src, e->config.mac, MAC_LEN);
	send_message(e, to, &m);
}

void oldedge_stop(struct oldedge *e)
{
	struct wire_message m = message(e, WIRE_UNREGISTER_SUPER);
	m.unreg_super.auth = auth(e);
	memcpy(m.unreg_super.mac, e->config.mac, MAC_LEN);
	if (!addr_is_set(&e->supernode))
		return;
	send_message(e, &e->supernode, &m);
}

/* --- peers --- */

static struct peer *peer_find(struct oldedge *e, const uint8_t *mac)
{
	for (size_t i = 0; i < PEERS; i++)
		if (e->peers[i].state != PEER_NONE && mac_equal(e->peers[i].mac, mac))
			return &e->peers[i];
	return NULL;
}

static struct peer *peer_add(struct oldedge *e, uint64_t now, const uint8_t *mac, const struct addr *socket)
{
	for (size_t i = 0; i < PEERS; i++) {
		struct peer *p = &e->peers[i];
		if (p->state != PEER_NONE)
			continue;
		*p = (struct peer){ .state = PEER_PENDING, .last_seen = now };
		memcpy(p->mac, mac, MAC_LEN);
		if (socket)
			p->socket = *socket;
		return p;
	}
	return NULL;
}

bool oldedge_direct(const struct oldedge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	for (size_t i = 0; i < PEERS; i++)
		if (e->peers[i].state == PEER_KNOWN && mac_equal(e->peers[i].mac, mac))
			return now - e->peers[i].last_p2p < FRESH_MS;
	return false;
}

/* 14.4 B.  To the LAN once a second: n2n has no such limit, and three of them that cannot keep a path multiply
 * these datagrams without bound, which is not what we are here to see. */
static void contact(struct oldedge *e, uint64_t now, const struct peer *p, bool relayed)
{
	send_register(e, &p->socket, p->mac, COOKIE_REGULAR);
	if (relayed)
		send_register(e, &e->supernode, p->mac, COOKIE_FORWARDED);
	if (now < e->lan_at)
		return;
	e->lan_at = now + 1000;
	send_register(e, NULL, NULL, COOKIE_MCAST);
}

/* 14.4 A */
static void heard(struct oldedge *e, uint64_t now, const uint8_t *mac, const struct addr *socket, bool relayed,
                  uint32_t cookie)
{
	struct peer *p = peer_find(e, mac);
	if (p && p->state == PEER_PENDING) {
		p->socket = *socket;
		p->last_seen = now;
		return;
	}
	if (p) {
		if (!relayed)
			p->last_p2p = now;
		if (now - p->last_seen < 1000 && cookie <= p->cookie)
			return;
		if (addr_equal(&p->socket, socket))
			p->last_seen = now;
		if (addr_equal(&p->socket, socket) || relayed)
			return;
		p->state = PEER_NONE;
	}
	p = peer_add(e, now, mac, socket);
	if (p)
		contact(e, now, p, relayed);
}

static void forget_pending(struct oldedge *e, const uint8_t *mac)
{
	struct peer *p = peer_find(e, mac);
	if (p && p->state == PEER_PENDING)
		p->state = PEER_NONE;
}

/* --- what arrives --- */

/* What the kernel behind it does. */
static void answer_arp(struct oldedge *e, const struct wire_packet *packet)
{
	uint8_t mem[BUF_HEADROOM + ARP_FRAME_LEN + BUF_TAILROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	const uint8_t *arp = packet->payload;
	static const uint8_t request[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	if (packet->payload_len < ARP_FRAME_LEN || memcmp(arp + 12, request, sizeof(request)) ||
	    memcmp(arp + 38, e->config.address.ip, 4))
		return;
	memcpy(b.data, arp + 6, MAC_LEN);
	memcpy(b.data + 6, e->config.mac, MAC_LEN);
	memcpy(b.data + 12, request, sizeof(request));
	b.data[21] = 2;
	memcpy(b.data + 22, e->config.mac, MAC_LEN);
	memcpy(b.data + 28, e->config.address.ip, 4);
	memcpy(b.data + 32, arp + 22, 10);
	b.len = ARP_FRAME_LEN;
	oldedge_from_tap(e, 0, &b);
}

static void announce(struct oldedge *e)
{
	for (int i = 0; i < 2; i++) {
		uint8_t mem[BUF_HEADROOM + ARP_FRAME_LEN + BUF_TAILROOM];
		struct buf b = buf_of(mem, sizeof(mem));
		arp_gratuitous(b.data, e->config.mac, e->config.address.ip);
		b.len = ARP_FRAME_LEN;
		oldedge_from_tap(e, 0, &b);
	}
}

static void got_packet(struct oldedge *e, uint64_t now, const struct addr *s, const struct wire_message *m)
{
	bool relayed = m->flags & WIRE_FROM_SUPERNODE;
	struct buf frame = { (uint8_t *)(uintptr_t)m->packet.payload, m->packet.payload_len, NULL, NULL };
	if (!e->acked || mac_equal(m->packet.src, e->config.mac))
		return;
	frame.start = frame.data;
	frame.end = frame.data + frame.len;
	if (!relayed)
		forget_pending(e, m->packet.src);
	heard(e, now, m->packet.src, s, relayed, relayed ? COOKIE_FORWARDED : COOKIE_REGULAR);
	if (m->packet.transform == TRANSFORM_NULL)
		answer_arp(e, &m->packet);
	if (m->packet.transform == TRANSFORM_NULL)
		e->host.deliver(e->host.ctx, &frame);
}

/* 14.4 C */
static void got_register(struct oldedge *e, uint64_t now, const struct addr *s, const struct wire_message *m,
                         bool lan)
{
	bool relayed = m->flags & WIRE_FROM_SUPERNODE;
	if (mac_equal(m->reg.src, e->config.mac) || !e->config.p2p)
		return;
	if (lan ? !mac_is_null(m->reg.dst) : !mac_equal(m->reg.dst, e->config.mac))
		return;
	if (!relayed) {
		forget_pending(e, m->reg.src);
		send_ack(e, s, &m->reg);
	}
	heard(e, now, m->reg.src, s, relayed, m->reg.cookie);
}

/* 14.4 D */
static void got_register_ack(struct oldedge *e, uint64_t now, const struct addr *from,
                             const struct wire_message *m)
{
	struct peer *p = peer_find(e, m->reg_ack.src);
	if (!mac_equal(m->reg_ack.dst, e->config.mac) || !p || p->state != PEER_PENDING)
		return;
	if (now - p->last_seen > ACK_RANK_MS || m->reg_ack.cookie > p->cookie)
		p->socket = *from;
	p->state = PEER_KNOWN;
	p->cookie = m->reg_ack.cookie;
	p->last_p2p = p->last_seen = now;
}

/* 14.4 F.  n2n also replaces the socket of a known peer, and so breaks the path to a symmetric NAT or a
 * neighbour until it times out; not so here: what the simulator finds shall be ours. */
static void got_peer_info(struct oldedge *e, const struct wire_message *m)
{
	struct peer *p = peer_find(e, m->info.target);
	if (mac_is_null(m->info.target) || !p)
		return;
	if (p->state == PEER_PENDING)
		p->socket = m->info.socket;
	if (m->flags & WIRE_SOCKET)
		send_register(e, &m->info.preferred, p->mac, COOKIE_LOCAL);
	send_register(e, &m->info.socket, p->mac, COOKIE_REGULAR);
}

static void got_super_ack(struct oldedge *e, uint64_t now, const struct addr *from, const struct wire_message *m)
{
	if (!e->waiting || m->super_ack.cookie != e->cookie || !addr_equal(from, &e->supernode))
		return;
	e->waiting = false;
	if (!e->acked) {
		e->acked = true;
		announce(e);
	}
	e->unanswered = 0;
	e->register_at = now + INTERVAL_MS;
}

void oldedge_from_net(struct oldedge *e, uint64_t now, const struct addr *from, struct buf *datagram, bool lan)
{
	struct wire_message m;
	const struct addr *s = from;
	if (wire_get(&m, datagram->data, datagram->len) != WIRE_GOOD ||
	    memcmp(m.community, e->config.community, COMMUNITY_LEN) ||
	    ((m.flags & WIRE_FROM_SUPERNODE) && !addr_equal(from, &e->supernode)))
		return;
	switch (m.type) {
	case WIRE_PACKET:
		if ((m.flags & WIRE_SOCKET) && addr_is_endpoint(&m.packet.socket))
			s = &m.packet.socket;
		got_packet(e, now, s, &m);
		break;
	case WIRE_REGISTER:
		if ((m.flags & WIRE_SOCKET) && addr_is_endpoint(&m.reg.socket))
			s = &m.reg.socket;
		got_register(e, now, s, &m, lan);
		break;
	case WIRE_REGISTER_ACK:
		got_register_ack(e, now, from, &m);
		break;
	case WIRE_PEER_INFO:
		got_peer_info(e, &m);
		break;
	case WIRE_REGISTER_SUPER_ACK:
		got_super_ack(e, now, from, &m);
		break;
	default:
		break;
	}
}

/* --- what leaves --- */

static const struct addr *route(struct oldedge *e, uint64_t now, const uint8_t *dst)
{
	struct peer *p = mac_is_group(dst) ? NULL : peer_find(e, dst);
	if (mac_is_group(dst))
		return &e->supernode;
	if (p && p->state == PEER_KNOWN && now - p->last_p2p < FRESH_MS)
		return &p->socket;
	if (p && p->state == PEER_KNOWN)
		p->state = PEER_NONE;
	if (!p || p->state == PEER_NONE)
		p = peer_add(e, now, dst, NULL);
	if (p && (!p->last_query || now - p->last_query > INTERVAL_MS)) {
		p->last_query = now;
		send_register(e, &e->supernode, dst, COOKIE_FORWARDED);
		send_query(e, dst);
	}
	return &e->supernode;
}

void oldedge_from_tap(struct oldedge *e, uint64_t now, struct buf *frame)
{
	struct wire_message m = message(e, WIRE_PACKET);
	struct endpoint to;
	if (!e->acked || frame->len < 14 || !addr_is_set(&e->supernode))
		return;
	memcpy(m.packet.src, e->config.mac, MAC_LEN);
	memcpy(m.packet.dst, frame->data, MAC_LEN);
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = TRANSFORM_NULL;
	to = endpoint_udp(route(e, now, m.packet.dst));
	if (wire_push_packet(frame, &m))
		e->host.send(e->host.ctx, &to, NULL, frame);
}

static void purge(struct oldedge *e, uint64_t now)
{
	for (size_t i = 0; i < PEERS; i++)
		if (now - e->peers[i].last_seen > PURGE_MS && (e->peers[i].state == PEER_PENDING || !e->waiting))
			e->peers[i].state = PEER_NONE;
	e->purge_at = now + SWEEP_MS;
}

static uint64_t earliest(uint64_t a, uint64_t b) { return a < b ? a : b; }

uint64_t oldedge_tick(struct oldedge *e, uint64_t now)
{
	if (addr_is_set(&e->supernode) && now >= e->register_at) {
		e->waiting = true;
		send_register_super(e);
		e->register_at = now + RETRY_MS;
	}
	if (addr_is_set(&e->supernode) && now >= e->sweep_at) {
		send_query(e, NULL);
		e->sweep_at = now + SWEEP_MS;
	}
	if (now >= e->purge_at)
		purge(e, now);
	if (!addr_is_set(&e->supernode))
		return e->purge_at;
	return earliest(e->purge_at, earliest(e->register_at, e->sweep_at));
}
