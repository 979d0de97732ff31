/* Frames from the TAP, burst by burst: classify, choose the path, seal, send. */
#include "state.h"

enum path_kind { PATH_NONE, PATH_SUPERNODE, PATH_PEER, PATH_PEERS, PATH_MEMBERS, PATH_NOBODY };
struct path {
	enum path_kind kind;
	uint8_t dst[MAC_LEN];           /* to write into the PACKET */
	struct peer *peer;              /* who it is for, when known */
	const struct endpoint *to;          /* PATH_PEER */
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
static void path_to_group(struct edge *e, uint64_t now, const struct eth *frame, struct path *path)
{
	static const enum path_kind kinds[] = {
		[FANOUT_RELAY] = PATH_SUPERNODE, [FANOUT_FLOOD] = PATH_SUPERNODE, [FANOUT_PEERS] = PATH_PEERS,
		[FANOUT_MEMBERS] = PATH_MEMBERS, [FANOUT_NOBODY] = PATH_NOBODY,
	};
	enum fanout fanout = fanout_of(e, now, frame, &path->group);
	path->kind = kinds[fanout];
	if (path->kind == PATH_PEERS && !e->config.p2p)
		path->kind = PATH_NONE;
	if (fanout == FANOUT_FLOOD)
		memset(path->dst, 0xff, MAC_LEN);
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
	for (size_t i = 0; i < e->peers.max; i++) {
		struct peer *p = &e->peers.pool[i];
		if (!p->used || !p->direct)
			continue;
		packets_send(e, &p->endpoint, p, header, burst);
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
		packets_send(e, &m->to->endpoint, m->to, header, burst);
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

static enum edge_drop path_send(struct edge *e, const struct path *path, const struct burst_header *header,
                                const struct burst *burst)
{
	size_t copies = 0;
	switch (path->kind) {
	case PATH_PEER:
		packets_send(e, path->to, path->peer, header, burst);
		e->info.counts.direct_out += burst->n;
		return GOOD;
	case PATH_SUPERNODE:
		packets_send(e, &e->reg.to, path->peer, header, burst);
		e->info.counts.relayed_out += burst->n;
		group_sent(path->group, burst, 1);
		return GOOD;
	case PATH_PEERS:
		copies = packets_send_to_peers(e, header, burst);
		break;
	case PATH_MEMBERS:
		copies = packets_send_to_members(e, path->group, header, burst);
		break;
	case PATH_NOBODY:
		path->group->suppressed += burst->n;
		return EDGE_DROP_SUPPRESSED;
	case PATH_NONE:
		break;
	}
	if (!copies)
		return EDGE_DROP_NO_SUPERNODE;
	group_sent(path->group, burst, copies);
	return GOOD;
}

/* Bytes of the longest frame that goes this way in one piece. */
static size_t path_carries(struct edge *e, uint64_t now, const struct path *path)
{
	if (path->kind == PATH_PEER)
		return path_mtu_direct(e, now, path->peer, path->to);
	return path->kind == PATH_SUPERNODE ? path_mtu_relayed(e, now) : SIZE_MAX;
}

/* A TCP SYN is never one of several in a burst.  What goes to a group is sent however long it is. */
static void path_fit(struct edge *e, uint64_t now, const struct eth *view, const struct path *path, struct burst *burst)
{
	const struct burst_frame *first = &burst->frame[0];
	bool syn = e->config.mss_clamp && burst->n == 1 && eth_may_be_tcp(view);
	size_t len = burst_frame_len(first);
	if (!syn && len <= FRAME_SHORT)
		return;
	size_t frame_max = path_carries(e, now, path);
	if (syn && !first->body_len)
		path_mtu_clamp(e, view, first->head, len, frame_max);
	if (len > frame_max)
		path_mtu_exceeded(e, now, view, burst, frame_max);
}

/* Where it is for all edges, or for one that nobody knows.  A group whose members are known is for these alone. */
static enum edge_storm storm_kind(const struct eth *view, const struct path *path)
{
	bool known = path->peer && path->peer->seen;
	if (mac_is_broadcast(view->dst))
		return STORM_BROADCAST;
	if (mac_is_group(view->dst))
		return path->group && path->group->listed ? STORM_MAX : STORM_MULTICAST;
	return path->kind == PATH_SUPERNODE && !known && mac_equal(path->dst, view->dst) ? STORM_UNICAST : STORM_MAX;
}

/* What is decided for the first frame of a burst holds for all of it.  Leaves in burst what was sent, or would have been. */
static enum edge_drop burst_out(struct edge *e, uint64_t now, struct burst *burst)
{
	struct eth view;
	struct path path = { .kind = PATH_NONE };
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
	memcpy(path.dst, view.dst, MAC_LEN);
	if (mac_is_group(path.dst))
		path_to_group(e, now, &view, &path);
	else
		path_to_one(e, now, &path);
	if (path.kind == PATH_NONE)
		return EDGE_DROP_NO_SUPERNODE;
	if (path.kind == PATH_SUPERNODE)
		e->reg.relayed = now;
	path_fit(e, now, &view, &path, burst);
	storm_limit(e, now, storm_kind(&view, &path), burst);
	if (!burst->n)
		return GOOD;
	if (!packet_header(e, path.dst, &header))
		return EDGE_DROP_NO_ROOM;
	return path_send(e, &path, &header, burst);
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
