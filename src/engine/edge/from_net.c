/* Datagrams from the network: intake, and frames for the TAP.  Other messages: message_in.c. */
#include "state.h"

/* A reply to a host that has no address yet (DHCP). */
static bool is_dhcp_reply(const struct edge *e, const struct layers *f)
{
	return e->config.mode == ADDRESS_DHCP && f->protocol == 17 && f->ports && f->dst_port == 68;
}

static enum edge_drop frame_refused(const struct edge *e, const struct layers *f)
{
	bool group = mac_is_group(f->dst);
	if (group && !mac_is_broadcast(f->dst) && !e->config.multicast)
		return EDGE_DROP_MULTICAST_IN;
	if (mac_equal(f->src, e->mac))
		return EDGE_DROP_OWN_SOURCE;
	if (!e->config.routing && !group && f->ipv4 && !address_is_own(e, layers_destination(f)) && !is_dhcp_reply(e, f))
		return EDGE_DROP_ROUTED_IN;
	if (!filter_accepts(e->rules, e->config.rules_n, f))
		return EDGE_DROP_FILTER_IN;
	return GOOD;
}

/* Bytes of the longest frame that goes back to there in one piece. */
static size_t path_carries(struct edge *e, uint64_t now, struct peer *p)
{
	return p && path_is_direct(&p->path) ? path_mtu_direct(e, now, p, &p->path.endpoint) : path_mtu_relayed(e, now);
}

/* Who has sent frames to us. */
struct sender {
	const uint8_t *mac;
	struct peer *peer;              /* NULL: not known */
	bool member;                    /* by our supernode or by its confirmed path: it may change where frames go */
};

/* Who is behind that edge.  Returns when a frame of this MAC went round last. */
static uint64_t learn(struct edge *e, uint64_t now, const struct layers *view, const struct sender *sender)
{
	uint64_t looped = sender->peer ? sender->peer->looped : 0;
	if (!sender->member)
		return looped;
	uint64_t behind = fdb_heard(e, now, layers_vlan(view), view->src, sender->mac);
	return mac_equal(view->src, sender->mac) ? looped : behind;
}

/* The frames of one flow: what is decided for the first holds for all. */
static enum edge_drop flow_in(struct edge *e, uint64_t now, const struct sender *sender, const struct layers *view,
                              const struct burst *burst)
{
	if (burst->frame[0].head_len > BUF_FRAME_MAX)
		return EDGE_DROP_FRAME_LONG;
	enum edge_drop why = storm_refuses(e, now, view, sender->mac, sender->member);
	if (why == GOOD)
		why = frame_refused(e, view);
	if (why != GOOD)
		return why;
	if (storm_is_echo(view, learn(e, now, view, sender), now))
		return EDGE_DROP_LOOP_IN;
	if (!sender->member && fanout_is_about_groups(view))
		return EDGE_DROP_STRANGER;
	if (sender->member && e->config.arp_suppress)
		suppress_heard(e, now, view);
	if (e->config.mss_clamp && layers_is_syn(view))
		path_mtu_clamp(e, view, burst->frame[0].head, path_carries(e, now, sender->peer));
	if (mac_is_group(view->dst)) {
		if (sender->member && !groups_pass_in(e, now, view))
			return EDGE_DROP_REPORT_IN;
		groups_heard(e, now, view->dst, burst->n, burst->bytes);
	}
	return GOOD;
}

static void deliver(struct edge *e, const struct burst *burst)
{
	for (size_t i = 0; i < burst->n; i++) {
		const struct burst_frame *f = &burst->frame[i];
		const struct buf frame = { .data = f->head, .len = f->head_len, .start = f->head,
		                           .end = f->head + f->head_len };
		e->host.deliver(e->host.ctx, &frame);
	}
	e->info.counts.frames_in += burst->n;
	e->info.counts.bytes_in += burst->bytes;
}

static void flows_in(struct edge *e, uint64_t now, const struct sender *sender, const struct burst *frames)
{
	struct burst flow;
	struct layers view;
	for (size_t at = 0; at < frames->n; at += flow.n) {
		bool whole = burst_first(&flow, &view, frames->frame + at, frames->n - at);
		enum edge_drop why = whole ? flow_in(e, now, sender, &view, &flow) : EDGE_DROP_FRAME_SHORT;
		if (why == GOOD) {
			deliver(e, &flow);
		} else {
			e->info.counts.drops[why] += flow.n;
			note_drop(e, why);
		}
	}
	if (!sender->peer)
		return;
	sender->peer->frames_in += frames->n;
	sender->peer->bytes_in += frames->bytes;
}

static enum edge_drop packet_refused(struct edge *e, const struct arrival *a)
{
	const struct wire_message *m = &a->m;
	if (is_relayed(m) && !relays_for_us(e, a->from))
		return EDGE_DROP_NOT_SUPERNODE;
	if (!e->reg.ever || (is_relayed(m) && !move_relays(e, a->from) && !e->supernodes[e->reg.at].acked))
		return EDGE_DROP_UNREGISTERED_IN;
	if (m->packet.compression != COMPRESSION_NONE)
		return EDGE_DROP_COMPRESSION;
	if (m->packet.transform != e->config.transform->id) {
		note_transform(e, m->packet.src, m->packet.transform);
		return EDGE_DROP_TRANSFORM;
	}
	return source_refused(e, m->packet.src);
}

static struct sender heard_relayed(struct edge *e, uint64_t now, const struct arrival *a,
                                   const uint8_t edge[static MAC_LEN], const struct burst *frames)
{
	struct sender sender = { .mac = edge, .member = true };
	bool current = endpoint_equal(a->from, &e->reg.to);
	e->info.counts.relayed_in += frames->n;
	if (current)
		e->reg.relayed = now;
	if (mac_equal(edge, supernode_mac(e)))
		return sender;
	struct peer *p = sender.peer = peer_find(e, edge);
	if (p)
		p->seen = now;
	if (p && current)
		p->served = now;
	if (p && !mac_is_group(a->m.packet.dst))
		p->wanted = now;
	/* The same edge may have another public endpoint towards each of two supernodes. */
	if ((current || !p) && contact_is_news(now, p, relayed_socket(&a->m, &a->m.packet.socket)))
		errand_heard(e, edge, a, frames);
	return sender;
}

/* A peer sends frames directly when we have acknowledged its REGISTER, so ours get there.  A REGISTER shows only
 * that his do: a firewall may let them through in one direction. */
static struct sender heard_directly(struct edge *e, uint64_t now, const struct arrival *a,
                                    const uint8_t edge[static MAC_LEN], const struct burst *frames)
{
	struct peer *p = peer_find(e, edge);
	enum path_trust trust = p ? path_trust_of(&p->path, a->from) : PATH_CLAIMED;
	e->info.counts.direct_in += frames->n;
	if (trust != PATH_CLAIMED)
		p->seen = now;
	if (trust != PATH_CONFIRMED || p->path.tries)
		errand_heard(e, edge, a, frames);
	else
		path_carried(&p->path, now, a->from);
	return (struct sender){ .mac = edge, .peer = p, .member = trust == PATH_CONFIRMED };
}

static struct sender edge_heard(struct edge *e, uint64_t now, const struct arrival *a,
                                const uint8_t edge[static MAC_LEN], const struct burst *frames)
{
	return (is_relayed(&a->m) ? heard_relayed : heard_directly)(e, now, a, edge, frames);
}

void frames_opened(struct edge *e, uint64_t now, const struct arrival *a, const uint8_t edge[static MAC_LEN],
                   const struct burst *frames)
{
	struct sender sender = edge_heard(e, now, a, edge, frames);
	sender.member = true;
	flows_in(e, now, &sender, frames);
}

void frames_released(struct edge *e, uint64_t now, const uint8_t edge[static MAC_LEN], const struct burst *frames)
{
	const struct sender sender = { .mac = edge, .peer = peer_find(e, edge), .member = true };
	flows_in(e, now, &sender, frames);
}

/* The outer destination is not compared with our MAC: it may be that of a host behind us. */
static enum edge_drop packets_in(struct edge *e, uint64_t now, struct arrival *a)
{
	enum edge_drop why = packet_refused(e, a);
	if (why != GOOD)
		return why;
	if (is_relayed(&a->m))
		move_leave_one(e, now, a);
	if (!a->burst.n)
		return GOOD;
	if (e->config.transform->open) {
		seal_open(e, now, a);
		return GOOD;
	}
	const struct sender sender = edge_heard(e, now, a, a->m.packet.src, &a->burst);
	if (!sender.member && !(sender.peer && sender.peer->seen))
		return EDGE_DROP_STRANGER;
	flows_in(e, now, &sender, &a->burst);
	return GOOD;
}

static enum edge_drop arrival_refused(const struct edge *e, const struct arrival *a)
{
	switch (a->error) {
	case WIRE_GOOD:
		break;
	case WIRE_SHORT:
		return EDGE_DROP_SHORT;
	case WIRE_FOREIGN:
		return EDGE_DROP_FOREIGN;
	case WIRE_UNKNOWN_TYPE:
		return EDGE_DROP_UNKNOWN_TYPE;
	case WIRE_MALFORMED:
		return EDGE_DROP_MALFORMED;
	}
	return memcmp(a->m.community, e->config.community, COMMUNITY_LEN) ? EDGE_DROP_COMMUNITY : GOOD;
}

void edge_train_from_net(struct edge *e, uint64_t now, const struct endpoint *from, const struct train *train)
{
	struct intake in = intake_of(train);
	struct arrival a;
	a.from = from;
	while (!e->stopped && intake_next(&in, &a)) {
		enum edge_drop why = arrival_refused(e, &a);
		if (why == GOOD)
			why = a.m.type == WIRE_PACKET ? packets_in(e, now, &a) : message_in(e, now, from, &a.m);
		if (why == GOOD)
			continue;
		e->info.counts.drops[why] += a.datagrams;
		note_drop(e, why);
	}
	control_rest(e, now);
}

void edge_from_net(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram)
{
	const struct train train = { datagram->data, datagram->len, datagram->len };
	edge_train_from_net(e, now, from, &train);
}

void edge_from_lan(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram)
{
	const struct train train = { datagram->data, datagram->len, datagram->len };
	struct intake in = intake_of(&train);
	struct arrival a;
	if (e->stopped || !intake_next(&in, &a))
		return;
	enum edge_drop why = arrival_refused(e, &a);
	if (why == GOOD)
		why = message_in_lan(e, now, from, &a.m);
	if (why != GOOD)
		drop(e, why);
}
