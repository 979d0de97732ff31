/* Frames from the TAP, burst by burst: classify, choose the way, seal, send. */
#include "state.h"

enum way_kind { WAY_NONE, WAY_SUPERNODE, WAY_PEER, WAY_PEERS, WAY_MEMBERS, WAY_NOBODY };
struct way {
	enum way_kind kind;
	uint8_t dst[MAC_LEN];           /* to write into the PACKET */
	struct peer *peer;              /* who it is for, when known */
	const struct endpoint *to;          /* WAY_PEER */
	struct group *group;            /* a snooped one, when there is a place for it */
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

/* To a group: to its members where they are known, else the supernode fans out.  While none does, those whom we
 * reach directly get a copy. */
static void way_to_group(struct edge *e, uint64_t now, const struct eth *frame, struct way *way)
{
	static const enum way_kind kinds[] = {
		[FANOUT_RELAY] = WAY_SUPERNODE, [FANOUT_FLOOD] = WAY_SUPERNODE, [FANOUT_PEERS] = WAY_PEERS,
		[FANOUT_MEMBERS] = WAY_MEMBERS, [FANOUT_NOBODY] = WAY_NOBODY,
	};
	enum fanout fanout = fanout_of(e, now, frame, &way->group);
	way->kind = kinds[fanout];
	if (way->kind == WAY_PEERS && !e->config.p2p)
		way->kind = WAY_NONE;
	if (fanout == FANOUT_FLOOD)
		memset(way->dst, 0xff, MAC_LEN);
}

/* The edge with this MAC, else the edge in front of the host with it, else an edge not heard of yet. */
static struct peer *addressee(struct edge *e, uint64_t now, uint16_t vlan, struct way *way)
{
	struct peer *p = peer_find(e, way->dst);
	if (p && p->seen)
		return p;
	const uint8_t *behind = fdb_find(e, vlan, way->dst);
	if (behind) {
		memcpy(way->dst, behind, MAC_LEN);
		p = peer_find(e, behind);
	}
	if (!p && !mac_equal(way->dst, supernode_mac(e)))
		p = peer_add(e, now, way->dst);
	return p;
}

static void way_to_one(struct edge *e, uint64_t now, uint16_t vlan, struct way *way)
{
	way->peer = addressee(e, now, vlan, way);
	if (way->peer)
		way->to = contact_path(e, now, way->peer);
	if (way->to)
		way->kind = WAY_PEER;
	else if (e->reg.state == REG_KEEP)
		way->kind = WAY_SUPERNODE;
}

static bool packet_header(const struct edge *e, const uint8_t dst[static MAC_LEN], struct burst_header *header)
{
	struct wire_message m;
	emit_begin(&m, WIRE_PACKET, 0, e->config.community);
	memcpy(m.packet.src, e->mac, MAC_LEN);
	memcpy(m.packet.dst, dst, MAC_LEN);
	m.packet.socket = (struct addr){ 0 };
	m.packet.compression = COMPRESSION_NONE;
	m.packet.transform = e->config.transform->id;
	return emit_header(header, &m);
}

/* In one piece each: where a transform changes bytes, or the frames do not outlive the call. */
static void packets_copy_and_send(struct edge *e, const struct endpoint *to, const struct burst_header *header,
                                  const struct burst *burst)
{
	const struct transform *t = e->config.transform;
	uint8_t mem[BUF_SIZE];
	for (size_t i = 0; i < burst->n; i++) {
		const struct burst_frame *f = &burst->frame[i];
		struct buf b = buf_of(mem, sizeof(mem));
		memcpy(b.data, f->head, f->head_len);
		if (f->body_len)
			memcpy(b.data + f->head_len, f->body, f->body_len);
		b.len = burst_frame_len(f);
		bool sealed = !t->seal || t->seal(t->ctx, &b);
		uint8_t *front = sealed ? buf_push(&b, header->len) : NULL;
		if (!front) {
			drop(e, EDGE_DROP_NO_ROOM);
			continue;
		}
		memcpy(front, header->bytes, header->len);
		e->host.send(e->host.ctx, to, NULL, &b);
	}
}

static void packets_send(struct edge *e, const struct endpoint *to, struct peer *p, const struct burst_header *header,
                         const struct burst *burst)
{
	if (e->config.transform->seal)
		packets_copy_and_send(e, to, header, burst);
	else
		emit_burst(&e->host, to, NULL, header, burst);
	if (!p)
		return;
	p->frames_out += burst->n;
	p->bytes_out += burst->bytes;
}

static size_t packets_send_to_peers(struct edge *e, const struct burst_header *header, const struct burst *burst)
{
	size_t sent = 0;
	for (struct peer *p = e->peers.direct; p; p = p->next_direct) {
		packets_send(e, &p->path.endpoint, p, header, burst);
		e->info.counts.direct_out += burst->n;
		sent++;
	}
	return sent;
}

/* The supernode relays what is for a member's MAC to it alone. */
static bool packets_send_by_relay(struct edge *e, struct list_member *m, const struct burst *burst)
{
	struct burst_header header;
	if (!relay_works(e) || m->held || !packet_header(e, m->mac, &header))
		return false;
	packets_send(e, &e->reg.to, member_peer(e, m), &header, burst);
	e->info.counts.relayed_out += burst->n;
	return true;
}

static size_t packets_send_to_members(struct edge *e, const struct group *g, const struct burst_header *header,
                                      const struct burst *burst)
{
	size_t sent = 0;
	for (struct list_member *m = g->members; m; m = m->next) {
		if (!m->to) {
			sent += packets_send_by_relay(e, m, burst);
			continue;
		}
		packets_send(e, &m->to->path.endpoint, m->to, header, burst);
		e->info.counts.direct_out += burst->n;
		sent++;
	}
	return sent;
}

static void group_sent(struct group *g, const struct burst *burst, size_t copies)
{
	if (!g)
		return;
	g->frames_out += burst->n;
	g->bytes_out += burst->bytes;
	g->copies += copies * burst->n;
}

static enum edge_drop way_send(struct edge *e, const struct way *way, const struct burst_header *header,
                                const struct burst *burst)
{
	size_t copies = 0;
	switch (way->kind) {
	case WAY_PEER:
		packets_send(e, way->to, way->peer, header, burst);
		e->info.counts.direct_out += burst->n;
		return GOOD;
	case WAY_SUPERNODE:
		packets_send(e, &e->reg.to, way->peer, header, burst);
		e->info.counts.relayed_out += burst->n;
		group_sent(way->group, burst, 1);
		return GOOD;
	case WAY_PEERS:
		copies = packets_send_to_peers(e, header, burst);
		break;
	case WAY_MEMBERS:
		copies = packets_send_to_members(e, way->group, header, burst);
		break;
	case WAY_NOBODY:
		way->group->suppressed += burst->n;
		return EDGE_DROP_SUPPRESSED;
	case WAY_NONE:
		break;
	}
	if (!copies)
		return EDGE_DROP_NO_SUPERNODE;
	group_sent(way->group, burst, copies);
	return GOOD;
}

/* Bytes of the longest frame that goes this way in one piece. */
static size_t way_carries(struct edge *e, uint64_t now, const struct way *way)
{
	if (way->kind == WAY_PEER)
		return path_mtu_direct(e, now, way->peer, way->to);
	return way->kind == WAY_SUPERNODE ? path_mtu_relayed(e, now) : SIZE_MAX;
}

/* A TCP SYN is never one of several in a burst.  What goes to a group is sent however long it is. */
static void way_fit(struct edge *e, uint64_t now, const struct eth *view, const struct way *way, struct burst *burst)
{
	const struct burst_frame *first = &burst->frame[0];
	bool syn = e->config.mss_clamp && burst->n == 1 && eth_may_be_tcp(view);
	size_t len = burst_frame_len(first);
	if (!syn && len <= FRAME_SHORT)
		return;
	size_t frame_max = way_carries(e, now, way);
	if (syn && !first->body_len)
		path_mtu_clamp(e, view, first->head, len, frame_max);
	if (len > frame_max)
		path_mtu_exceeded(e, now, view, burst, frame_max);
}

/* Where it is for all edges, or for one that nobody knows.  A group whose members are known is for these alone. */
static enum edge_storm storm_kind(const struct eth *view, const struct way *way)
{
	bool known = way->peer && way->peer->seen;
	if (mac_is_broadcast(view->dst))
		return STORM_BROADCAST;
	if (mac_is_group(view->dst))
		return way->group && way->group->listed ? STORM_MAX : STORM_MULTICAST;
	return way->kind == WAY_SUPERNODE && !known && mac_equal(way->dst, view->dst) ? STORM_UNICAST : STORM_MAX;
}

/* What is decided for the first frame of a burst holds for all of it.  Leaves in burst what was sent, or would have been. */
static enum edge_drop burst_out(struct edge *e, uint64_t now, struct burst *burst)
{
	struct eth view;
	struct way way = { .kind = WAY_NONE };
	struct burst_header header;
	const struct burst_frame *first = &burst->frame[0];
	if (!eth_view_head(&view, first->head, first->head_len, burst_frame_len(first)))
		return EDGE_DROP_FRAME_SHORT;
	if (burst_frame_len(first) > BUF_FRAME_MAX)
		return EDGE_DROP_FRAME_LONG;
	/* What hosts want is heard from before we are registered, and whatever their addresses are. */
	bool passes = !mac_is_group(view.dst) || groups_pass_out(e, now, &view);
	enum edge_drop why = passes ? frame_refused(e, &view) : EDGE_DROP_REPORT_OUT;
	if (why != GOOD)
		return why;
	if (storm_is_loop(e, now, &view))
		return EDGE_DROP_LOOP_OUT;
	if (e->config.arp_suppress && suppress_answers(e, now, &view))
		return EDGE_DROP_ANSWERED;
	memcpy(way.dst, view.dst, MAC_LEN);
	if (mac_is_group(way.dst))
		way_to_group(e, now, &view, &way);
	else
		way_to_one(e, now, eth_vlan(&view), &way);
	if (way.kind == WAY_NONE)
		return EDGE_DROP_NO_SUPERNODE;
	if (way.kind == WAY_SUPERNODE)
		e->reg.relayed = now;
	way_fit(e, now, &view, &way, burst);
	storm_limit(e, now, storm_kind(&view, &way), burst);
	if (!burst->n)
		return GOOD;
	if (!packet_header(e, way.dst, &header))
		return EDGE_DROP_NO_ROOM;
	return way_send(e, &way, &header, burst);
}

void edge_frames_from_tap(struct edge *e, uint64_t now, const struct burst_frame *frames, size_t n)
{
	struct burst burst;
	size_t taken;
	for (size_t at = 0; at < n && !e->stopped; at += taken) {
		burst_first(&burst, frames + at, n - at);
		taken = burst.n;
		enum edge_drop why = burst_out(e, now, &burst);
		if (why == GOOD) {
			e->info.counts.frames_out += burst.n;
			e->info.counts.bytes_out += burst.bytes;
		} else {
			e->info.counts.drops[why] += burst.n;
			note_drop(e, why);
		}
	}
}

void edge_from_tap(struct edge *e, uint64_t now, struct buf *frame)
{
	const struct burst_frame one = { .head = frame->data, .head_len = frame->len };
	edge_frames_from_tap(e, now, &one, 1);
}

void send_to_everybody(struct edge *e, uint8_t *frame, size_t len)
{
	static const uint8_t everybody[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct burst_frame one = { .head = frame, .head_len = len };
	const struct burst burst = { &one, 1, len };
	struct burst_header header;
	if (!packet_header(e, everybody, &header))
		return;
	packets_copy_and_send(e, &e->reg.to, &header, &burst);
	e->info.counts.relayed_out++;
}

/* Twice, as n2n does: others learn at once where our address is now. */
void announce_address(struct edge *e)
{
	uint8_t arp[ETH_ARP_LEN];
	if (!e->reg.announce || !e->tap_ready || e->reg.state != REG_KEEP || !subnet_is_set(&e->address))
		return;
	e->reg.announce = false;
	eth_gratuitous_arp(arp, e->mac, e->address.ip);
	for (int copies = 2; copies--; )
		send_to_everybody(e, arp, sizeof(arp));
}
