/* Frames from the TAP: classify, choose the path, seal, send. */
#include "state.h"

enum path_kind { PATH_NONE, PATH_SUPERNODE, PATH_PEER, PATH_PEERS };
struct path {
	enum path_kind kind;
	uint8_t dst[MAC_LEN];           /* to write into the PACKET */
	struct peer *peer;              /* who it is for, when known */
	const struct addr *to;          /* PATH_PEER */
};

/* Addresses that a host uses before it has one, or beside those it was given. */
static bool source_passes(const struct edge *e, const uint8_t ip[static 4])
{
	return address_is_own(e, ip) || (ip[0] == 169 && ip[1] == 254) || !get_be32(ip);
}

static enum edge_drop frame_refused(const struct edge *e, const struct eth *f)
{
	if (mac_is_group(f->dst) && !mac_is_broadcast(f->dst) && !e->config.multicast)
		return EDGE_DROP_MULTICAST_OUT;
	if (!e->reg.ever)
		return EDGE_DROP_UNREGISTERED_OUT;
	if (mac_equal(f->dst, e->mac))
		return EDGE_DROP_SELF;
	if (!filter_accepts(e->rules, e->config.rules_n, f))
		return EDGE_DROP_FILTER_OUT;
	if (!e->config.routing && f->ipv4 && !source_passes(e, f->ip_src))
		return EDGE_DROP_ROUTED_OUT;
	return GOOD;
}

/* To a group: the supernode fans out.  While none does, those whom we reach directly get a copy. */
static void path_to_group(const struct edge *e, struct path *path)
{
	if (relay_works(e))
		path->kind = PATH_SUPERNODE;
	else if (e->config.p2p)
		path->kind = PATH_PEERS;
}

/* The edge with this MAC, else the edge in front of the host with it, else an edge not heard of yet. */
static struct peer *addressee(struct edge *e, uint64_t now, struct path *path)
{
	struct peer *p = peer_find(e, path->dst);
	if (p && p->seen)
		return p;
	const uint8_t *behind = fdb_find(e, path->dst);
	if (behind) {
		memcpy(path->dst, behind, MAC_LEN);
		p = peer_find(e, behind);
	}
	if (!p && !mac_equal(path->dst, supernode_mac(e)))
		p = peer_add(e, now, path->dst);
	return p;
}

static void path_to_one(struct edge *e, uint64_t now, struct path *path)
{
	path->peer = addressee(e, now, path);
	if (path->peer)
		path->to = contact_path(e, now, path->peer);
	if (path->to)
		path->kind = PATH_PEER;
	else if (e->reg.state == REG_KEEP)
		path->kind = PATH_SUPERNODE;
}

/* Turns the frame into a PACKET, in place. */
static bool packet_seal(struct edge *e, const uint8_t dst[static MAC_LEN], struct buf *frame)
{
	const struct transform *t = e->config.transform;
	struct wire_message m;
	if (!t->seal(t->ctx, frame))
		return false;
	m.version = WIRE_V3;
	m.ttl = WIRE_TTL;
	m.type = WIRE_PACKET;
	m.flags = 0;
	memcpy(m.community, e->config.community, COMMUNITY_LEN);
	memcpy(m.packet.src, e->mac, MAC_LEN);
	memcpy(m.packet.dst, dst, MAC_LEN);
	m.packet.socket = (struct addr){ 0 };
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = t->id;
	return wire_push_packet(frame, &m);
}

static void packet_send_directly(struct edge *e, const struct addr *to, struct peer *p, const struct buf *packet,
                                 size_t frame_len)
{
	e->host.send(e->host.ctx, to, NULL, packet);
	e->info.counts.direct_out++;
	p->frames_out++;
	p->bytes_out += frame_len;
}

static size_t packet_send_to_peers(struct edge *e, const struct buf *packet, size_t frame_len)
{
	size_t sent = 0;
	for (size_t i = 0; i < e->peers.max; i++) {
		struct peer *p = &e->peers.pool[i];
		if (!p->used || !p->direct)
			continue;
		packet_send_directly(e, &p->endpoint, p, packet, frame_len);
		sent++;
	}
	return sent;
}

static void packet_send_relayed(struct edge *e, struct peer *p, const struct buf *packet, size_t frame_len)
{
	e->host.send(e->host.ctx, &e->reg.to, NULL, packet);
	e->info.counts.relayed_out++;
	if (!p)
		return;
	p->frames_out++;
	p->bytes_out += frame_len;
}

static enum edge_drop path_send(struct edge *e, const struct path *path, const struct buf *packet, size_t frame_len)
{
	switch (path->kind) {
	case PATH_PEER:
		packet_send_directly(e, path->to, path->peer, packet, frame_len);
		return GOOD;
	case PATH_SUPERNODE:
		packet_send_relayed(e, path->peer, packet, frame_len);
		return GOOD;
	case PATH_PEERS:
		return packet_send_to_peers(e, packet, frame_len) ? GOOD : EDGE_DROP_NO_SUPERNODE;
	case PATH_NONE:
		break;
	}
	return EDGE_DROP_NO_SUPERNODE;
}

static enum edge_drop frame_out(struct edge *e, uint64_t now, struct buf *frame)
{
	struct eth view;
	struct path path = { .kind = PATH_NONE };
	size_t frame_len = frame->len;
	if (!eth_view(&view, frame->data, frame->len))
		return EDGE_DROP_FRAME_SHORT;
	if (frame->len > BUF_FRAME_MAX)
		return EDGE_DROP_FRAME_LONG;
	enum edge_drop why = frame_refused(e, &view);
	if (why != GOOD)
		return why;
	if (!mac_equal(view.src, e->mac))
		fdb_forget(e, view.src);        /* it lives here now */
	memcpy(path.dst, view.dst, MAC_LEN);
	if (mac_is_group(path.dst))
		path_to_group(e, &path);
	else
		path_to_one(e, now, &path);
	if (path.kind == PATH_NONE)
		return EDGE_DROP_NO_SUPERNODE;
	if (path.kind == PATH_SUPERNODE)
		e->reg.relayed = now;
	if (!packet_seal(e, path.dst, frame))
		return EDGE_DROP_NO_ROOM;
	why = path_send(e, &path, frame, frame_len);
	if (why == GOOD) {
		e->info.counts.frames_out++;
		e->info.counts.bytes_out += frame_len;
	}
	return why;
}

void edge_from_tap(struct edge *e, uint64_t now, struct buf *frame)
{
	if (e->stopped)
		return;
	enum edge_drop why = frame_out(e, now, frame);
	if (why == GOOD)
		return;
	drop(e, why);
	note_drop(e, why);
}

/* Twice, as n2n does: others learn at once where our address is now. */
void announce_address(struct edge *e)
{
	uint8_t mem[BUF_HEADROOM + ETH_ARP_LEN + BUF_TAILROOM], everybody[MAC_LEN];
	if (!e->reg.announce || !e->tap_ready || e->reg.state != REG_KEEP || !subnet_is_set(&e->address))
		return;
	e->reg.announce = false;
	memset(everybody, 0xff, sizeof(everybody));
	for (int copies = 2; copies--; ) {
		struct buf frame = buf_of(mem, sizeof(mem));
		frame.len = ETH_ARP_LEN;
		eth_gratuitous_arp(frame.data, e->mac, e->address.ip);
		if (packet_seal(e, everybody, &frame))
			packet_send_relayed(e, NULL, &frame, 0);
	}
}
