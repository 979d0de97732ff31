/* Frames from the TAP, burst by burst: classify, choose the way, seal, send. */
#include "core/arp.h"
#include "core/group.h"
#include "state.h"

enum way_kind { WAY_NONE, WAY_SUPERNODE, WAY_PEER, WAY_PEERS, WAY_MEMBERS, WAY_NOBODY };
struct way {
	enum way_kind kind;
	uint8_t dst[MAC_LEN];           /* to write into the PACKET */
	struct peer *peer;              /* who it is for, when known */
	const struct endpoint *to;          /* WAY_PEER */
	struct group *group;            /* a snooped one, when there is a place for it */
	bool sought;                    /* control has to do something about it */
};

/* Addresses that a host uses before it has one, or beside those it was given. */
static bool source_passes(const struct edge *e, const uint8_t ip[static 4])
{
	return address_is_own(e, ip) || (ip[0] == 169 && ip[1] == 254) || !get_be32(ip);
}

static enum edge_drop frame_refused(const struct edge *e, const struct layers *f)
{
	if (mac_is_group(f->dst) && !mac_is_broadcast(f->dst) && !e->config.multicast)
		return EDGE_DROP_MULTICAST_OUT;
	if (!e->reg.ever)
		return EDGE_DROP_UNREGISTERED_OUT;
	if (mac_equal(f->dst, e->mac))
		return EDGE_DROP_SELF;
	if (!filter_accepts(e->rules, e->config.rules_n, f))
		return EDGE_DROP_FILTER_OUT;
	if (!e->config.routing && f->ipv4 && !source_passes(e, layers_addresses(f)))
		return EDGE_DROP_ROUTED_OUT;
	return GOOD;
}

/* To a group: to its members where they are known, else the supernode fans out.  While none does, those whom we
 * reach directly get a copy. */
static void way_to_group(struct edge *e, uint64_t now, const struct layers *frame, struct way *way)
{
	static const enum way_kind kinds[] = {
		[FANOUT_RELAY] = WAY_SUPERNODE, [FANOUT_FLOOD] = WAY_SUPERNODE, [FANOUT_PEERS] = WAY_PEERS,
		[FANOUT_MEMBERS] = WAY_MEMBERS, [FANOUT_NOBODY] = WAY_NOBODY,
	};
	enum fanout fanout = fanout_of(e, now, frame, &way->group, &way->sought);
	way->kind = kinds[fanout];
	if (way->kind == WAY_PEERS && !e->config.p2p)
		way->kind = WAY_NONE;
	if (groups_by_chance(e))
		memcpy(way->dst, group_of_nobody, MAC_LEN);
	else if (fanout == FANOUT_FLOOD)
		memcpy(way->dst, group_of_all, MAC_LEN);
}

/* The edge with this MAC, else the edge in front of the host with it, else an edge not heard of yet. */
static struct peer *addressee(const struct edge *e, uint16_t vlan, struct way *way)
{
	struct peer *p = peer_find(e, way->dst);
	if (p && p->seen)
		return p;
	const uint8_t *behind = fdb_find(e, vlan, way->dst);
	if (!behind)
		return p;
	memcpy(way->dst, behind, MAC_LEN);
	return peer_find(e, behind);
}

static void way_to_one(const struct edge *e, uint64_t now, uint16_t vlan, struct way *way)
{
	struct peer *p = way->peer = addressee(e, vlan, way);
	way->sought = p ? contact_is_due(e, now, p) : !mac_equal(way->dst, supernode_mac(e));
	way->to = p ? contact_path(e, now, p) : NULL;
	if (way->to)
		way->kind = WAY_PEER;
	else if (e->reg.state == REG_KEEP)
		way->kind = WAY_SUPERNODE;
	if (p && !way->to && e->config.p2p)
		p->wanted = now;
}

bool packet_header(const struct edge *e, const uint8_t dst[static MAC_LEN], struct burst_header *header)
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

/* What goes out, and for what frames. */
struct parcel {
	struct burst_header header;
	const struct burst *frames;
	const struct burst *sealed;     /* the same as frames where the transform changes nothing */
};

void frames_sent(struct edge *e, struct peer *p, const struct burst *frames, bool relayed)
{
	*(relayed ? &e->info.counts.relayed_out : &e->info.counts.direct_out) += frames->n;
	if (!p)
		return;
	p->frames_out += frames->n;
	p->bytes_out += frames->bytes;
}

static void send_directly(struct edge *e, struct peer *p, const struct endpoint *to, const struct parcel *parcel)
{
	emit_burst(&e->host, to, NULL, &parcel->header, parcel->sealed);
	frames_sent(e, p, parcel->frames, false);
}

static void send_by_relay(struct edge *e, struct peer *p, const struct parcel *parcel)
{
	const struct endpoint *also = move_also(e, p);
	emit_burst(&e->host, &e->reg.to, NULL, &parcel->header, parcel->sealed);
	frames_sent(e, p, parcel->frames, true);
	if (!also)
		return;
	emit_burst(&e->host, also, NULL, &parcel->header, parcel->sealed);
	frames_sent(e, NULL, parcel->frames, true);
}

static size_t send_to_peers(struct edge *e, const struct parcel *parcel)
{
	size_t sent = 0;
	for (struct peer *p = e->peers.direct; p; p = p->next_direct) {
		send_directly(e, p, &p->path.endpoint, parcel);
		sent++;
	}
	return sent;
}

/* The supernode relays what is for a member's MAC to it alone. */
static bool send_to_relayed_member(struct edge *e, const struct list_member *m, const struct parcel *parcel)
{
	struct parcel own;
	own.frames = parcel->frames;
	own.sealed = parcel->sealed;
	if (!relay_works(e) || m->held || !packet_header(e, m->mac, &own.header))
		return false;
	send_by_relay(e, member_peer(e, m), &own);
	return true;
}

static size_t send_to_members(struct edge *e, uint64_t now, const struct group *g, const struct parcel *parcel)
{
	size_t sent = 0;
	for (const struct list_member *m = g->members; m; m = m->next) {
		struct peer *p = member_way(e, now, m);
		if (member_is_over(e, now, m))
			continue;
		if (!p) {
			sent += send_to_relayed_member(e, m, parcel);
			continue;
		}
		send_directly(e, p, &p->path.endpoint, parcel);
		sent++;
	}
	return sent;
}

static void group_sent(struct group *g, const struct burst *frames, size_t copies)
{
	if (!g)
		return;
	g->frames_out += frames->n;
	g->bytes_out += frames->bytes;
	g->copies += copies * frames->n;
}

static enum edge_drop parcel_send(struct edge *e, uint64_t now, const struct way *way, const struct parcel *parcel)
{
	size_t copies = 0;
	switch (way->kind) {
	case WAY_PEER:
		send_directly(e, way->peer, way->to, parcel);
		return GOOD;
	case WAY_SUPERNODE:
		send_by_relay(e, way->peer, parcel);
		copies = 1;
		break;
	case WAY_PEERS:
		copies = send_to_peers(e, parcel);
		break;
	case WAY_MEMBERS:
		copies = send_to_members(e, now, way->group, parcel);
		break;
	case WAY_NOBODY:
	case WAY_NONE:
		break;
	}
	if (!copies)
		return EDGE_DROP_NO_SUPERNODE;
	group_sent(way->group, parcel->frames, copies);
	return GOOD;
}

/* Sealed once, whoever gets it.  Leaves nothing in burst when it is held. */
static enum edge_drop way_send(struct edge *e, uint64_t now, const struct way *way, struct burst *burst)
{
	struct seal s;
	struct parcel parcel;
	parcel.frames = parcel.sealed = burst;
	enum edge_drop why = seal_burst(e, now, way->dst, &s, &parcel.sealed);
	if (why != GOOD)
		return why;
	if (!parcel.sealed) {
		burst->n = burst->bytes = 0;
		return GOOD;
	}
	if (!packet_header(e, way->dst, &parcel.header))
		return EDGE_DROP_NO_ROOM;
	return parcel_send(e, now, way, &parcel);
}

/* Bytes of the longest frame that goes this way in one piece. */
static size_t way_carries(struct edge *e, uint64_t now, const struct way *way)
{
	if (way->kind == WAY_PEER)
		return path_mtu_direct(e, now, way->peer, way->to);
	return way->kind == WAY_SUPERNODE ? path_mtu_relayed(e, now) : SIZE_MAX;
}

/* A TCP SYN is never one of several in a burst.  What goes to a group is sent however long it is. */
static void way_fit(struct edge *e, uint64_t now, const struct layers *view, const struct way *way, struct burst *burst)
{
	const struct burst_frame *first = &burst->frame[0];
	bool syn = e->config.mss_clamp && layers_is_syn(view);
	size_t len = burst_frame_len(first);
	if (!syn && len <= FRAME_SHORT)
		return;
	size_t frame_max = way_carries(e, now, way);
	if (syn && !first->body_len)
		path_mtu_clamp(e, view, first->head, frame_max);
	if (len > frame_max)
		path_mtu_exceeded(e, now, view, burst, frame_max);
}

/* Where it is for all edges, or for one that nobody knows.  A group whose members are known is for these alone. */
static enum edge_storm storm_kind(const struct layers *view, const struct way *way)
{
	bool known = way->peer && way->peer->seen;
	if (mac_is_broadcast(view->dst))
		return STORM_BROADCAST;
	if (mac_is_group(view->dst))
		return way->group && way->group->listed ? STORM_MAX : STORM_MULTICAST;
	return way->kind == WAY_SUPERNODE && !known && mac_equal(way->dst, view->dst) ? STORM_UNICAST : STORM_MAX;
}

static enum edge_drop way_take(struct edge *e, uint64_t now, const struct layers *view, const struct way *way,
                               struct burst *burst)
{
	if (way->kind == WAY_NONE)
		return EDGE_DROP_NO_SUPERNODE;
	if (way->kind == WAY_SUPERNODE)
		e->reg.relayed = now;
	way_fit(e, now, view, way, burst);
	storm_limit(e, now, storm_kind(view, way), burst);
	if (way->kind == WAY_NOBODY) {
		way->group->suppressed += burst->n;
		return EDGE_DROP_SUPPRESSED;
	}
	return burst->n ? way_send(e, now, way, burst) : GOOD;
}

/* What is decided for the first frame of a burst holds for all of it.  Leaves in burst what was sent, or would have been. */
static enum edge_drop burst_out(struct edge *e, uint64_t now, const struct layers *view, struct burst *burst)
{
	struct way way = { .kind = WAY_NONE };
	if (burst_frame_len(&burst->frame[0]) > BUF_FRAME_MAX)
		return EDGE_DROP_FRAME_LONG;
	/* What hosts want is heard from before we are registered, and whatever their addresses are. */
	bool passes = !mac_is_group(view->dst) || groups_pass_out(e, now, view);
	enum edge_drop why = passes ? frame_refused(e, view) : EDGE_DROP_REPORT_OUT;
	if (why != GOOD)
		return why;
	if (storm_is_loop(e, now, view))
		return EDGE_DROP_LOOP_OUT;
	if (e->config.arp_suppress && suppress_answers(e, now, view))
		return EDGE_DROP_ANSWERED;
	memcpy(way.dst, view->dst, MAC_LEN);
	if (mac_is_group(way.dst))
		way_to_group(e, now, view, &way);
	else
		way_to_one(e, now, layers_vlan(view), &way);
	why = way_take(e, now, view, &way, burst);
	if (way.sought) {
		bool counted = mac_is_group(view->dst) ? way.group != NULL : way.peer != NULL;
		errand_sent(e, mac_is_group(view->dst) ? view->dst : way.dst, why == GOOD && !counted ? burst : NULL);
	}
	return why;
}

void edge_frames_from_tap(struct edge *e, uint64_t now, const struct burst_frame *frames, size_t n)
{
	struct burst burst;
	struct layers view;
	size_t taken;
	for (size_t at = 0; at < n && !e->stopped; at += taken) {
		bool whole = burst_first(&burst, &view, frames + at, n - at);
		taken = burst.n;
		enum edge_drop why = whole ? burst_out(e, now, &view, &burst) : EDGE_DROP_FRAME_SHORT;
		if (why == GOOD) {
			e->info.counts.frames_out += burst.n;
			e->info.counts.bytes_out += burst.bytes;
		} else {
			e->info.counts.drops[why] += burst.n;
			note_drop(e, why);
		}
	}
	control_rest(e, now);
}

void edge_from_tap(struct edge *e, uint64_t now, struct buf *frame)
{
	const struct burst_frame one = { .head = frame->data, .head_len = frame->len };
	edge_frames_from_tap(e, now, &one, 1);
}

size_t send_own(struct edge *e, uint64_t now, const uint8_t to[static MAC_LEN], uint8_t *bytes, size_t len, int copies)
{
	size_t sent = 0;
	const struct burst_frame frame = { .head = bytes, .head_len = len };
	const struct burst burst = { &frame, 1, len }, *sealed = &burst;
	struct burst_header header;
	struct seal s;
	if (seal_burst(e, now, to, &s, &sealed) != GOOD || !sealed)
		return 0;
	for (; copies-- && packet_header(e, to, &header); sent++) {
		emit_copies(&e->host, &e->reg.to, NULL, &header, sealed);
		if (!move_serves(e))
			continue;
		emit_copies(&e->host, &e->move.to, NULL, &header, sealed);
		sent++;
	}
	return sent;
}

/* Twice, as n2n does: others learn at once where our address is now. */
void announce_address(struct edge *e, uint64_t now)
{
	uint8_t arp[ARP_FRAME_LEN];
	if (!e->reg.announce || !e->tap_ready || e->reg.state != REG_KEEP || !subnet_is_set(&e->address))
		return;
	e->reg.announce = false;
	arp_gratuitous(arp, e->mac, e->address.ip);
	e->info.counts.relayed_out += send_own(e, now, group_of_all, arp, sizeof(arp), 2);
}
