/* Datagrams from the network: what they are, whether they may be believed, and frames for the TAP. */
#include "state.h"

/* A reply to a host that has no address yet (DHCP). */
static bool is_dhcp_reply(const struct edge *e, const struct eth *f)
{
	return e->config.mode == ADDRESS_DHCP && f->protocol == 17 && f->ports && f->dst_port == 68;
}

/* Frames in datagrams of one train, apart bytes from one to the next. */
struct run {
	struct buf first;
	size_t n, apart, last_len, bytes;
};

static enum edge_drop frame_refused(const struct edge *e, const struct eth *f)
{
	bool group = mac_is_group(f->dst);
	if (group && !mac_is_broadcast(f->dst) && !e->config.multicast)
		return EDGE_DROP_MULTICAST_IN;
	if (mac_equal(f->src, e->mac))
		return EDGE_DROP_OWN_SOURCE;
	if (!e->config.routing && !group && f->ipv4 && !address_is_own(e, f->ip_dst) && !is_dhcp_reply(e, f))
		return EDGE_DROP_ROUTED_IN;
	if (!filter_accepts(e->rules, e->config.rules_n, f))
		return EDGE_DROP_FILTER_IN;
	return GOOD;
}

/* Bytes of the longest frame that goes back to there in one piece. */
static size_t path_carries(struct edge *e, uint64_t now, struct peer *p)
{
	return p && p->direct ? path_mtu_direct(e, now, p, &p->endpoint) : path_mtu_relayed(e, now);
}

/* The frames of one flow: what is decided for the first holds for all. */
static enum edge_drop frames_in(struct edge *e, uint64_t now, const uint8_t edge[static MAC_LEN], bool member,
                                struct peer *p, const struct run *run)
{
	struct eth view;
	struct buf frame = run->first;
	if (!eth_view(&view, frame.data, frame.len))
		return EDGE_DROP_FRAME_SHORT;
	if (frame.len > BUF_FRAME_MAX)
		return EDGE_DROP_FRAME_LONG;
	enum edge_drop why = storm_refuses(e, now, &view, edge, member);
	if (why == GOOD)
		why = frame_refused(e, &view);
	if (why != GOOD)
		return why;
	uint64_t looped = p ? p->looped : 0;
	if (mac_equal(view.src, edge))
		fdb_forget(e, edge);            /* it is there itself, whatever was said before */
	else
		looped = fdb_learn(e, now, view.src, edge);
	if (storm_is_echo(&view, looped, now))
		return EDGE_DROP_LOOP_IN;
	if (e->config.arp_suppress)
		suppress_heard(e, now, &view);
	if (e->config.mss_clamp && run->n == 1 && eth_may_be_tcp(&view))
		path_mtu_clamp(e, &view, frame.data, frame.len, path_carries(e, now, p));
	if (mac_is_group(view.dst)) {
		if (!groups_pass_in(e, now, &view))
			return EDGE_DROP_REPORT_IN;
		groups_heard(e, now, view.dst, run->n, run->bytes);
	}
	e->info.counts.frames_in += run->n;
	e->info.counts.bytes_in += run->bytes;
	for (size_t i = 0; i < run->n; i++, frame.data += run->apart) {
		if (i == run->n - 1)
			frame.len = run->last_len;
		e->host.deliver(e->host.ctx, &frame);
	}
	return GOOD;
}

/* Nobody else may be us, and a group sends nothing. */
static enum edge_drop source_refused(const struct edge *e, const uint8_t src[static MAC_LEN])
{
	if (mac_equal(src, e->mac))
		return EDGE_DROP_SELF;
	return mac_is_group(src) || mac_is_null(src) ? EDGE_DROP_UNEXPECTED : GOOD;
}

static bool is_relayed(const struct wire_message *m) { return m->flags & WIRE_FROM_SUPERNODE; }

static const struct addr *relayed_socket(const struct wire_message *m, const struct addr *socket)
{
	static const struct addr none;
	return m->flags & WIRE_SOCKET ? socket : &none;
}

static enum edge_drop packet_refused(const struct edge *e, const struct endpoint *from, const struct wire_message *m)
{
	if (is_relayed(m) && !endpoint_equal(from, &e->reg.to))
		return EDGE_DROP_NOT_SUPERNODE;
	if (!e->reg.ever || (is_relayed(m) && !e->supernodes[e->reg.at].acked))
		return EDGE_DROP_UNREGISTERED_IN;
	if (m->packet.compression != COMPRESSION_NONE)
		return EDGE_DROP_COMPRESSION;
	if (m->packet.transform != e->config.transform->id)
		return EDGE_DROP_TRANSFORM;
	return source_refused(e, m->packet.src);
}

static struct peer *packets_heard(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m,
                                  size_t n)
{
	const struct wire_packet *p = &m->packet;
	if (!is_relayed(m)) {
		e->info.counts.direct_in += n;
		struct peer *peer = contact_heard_directly(e, now, p->src, from, COOKIE_REGULAR);
		if (peer)
			contact_carried(peer, now, from);
		return peer;
	}
	e->info.counts.relayed_in += n;
	e->reg.relayed = now;
	return contact_heard_relayed(e, now, p->src, relayed_socket(m, &p->socket), mac_is_group(p->dst));
}

/* How many of the datagrams that the train begins with have the same header and carry frames of one flow. */
static void run_find(struct run *run, const struct train *train, size_t header_len)
{
	const uint8_t *first = run->first.data, *datagram = train->data;
	size_t len = run->first.len;
	struct burst_flow flow = burst_flow_of(first, len, len);
	run->n = 1;
	run->apart = train->each;
	run->last_len = run->bytes = len;
	for (size_t at = train->each; flow.link_len && at < train->len; at += train->each) {
		size_t left = train->len - at, datagram_len = left < train->each ? left : train->each;
		if (datagram_len <= header_len || memcmp(datagram, datagram + at, header_len))
			return;
		len = datagram_len - header_len;
		if (!burst_same_flow(&flow, first, first + at, len, len))
			return;
		run->n++;
		run->last_len = len;
		run->bytes += len;
	}
}

/* The outer destination is not compared with our MAC: it may be that of a host behind us.  *taken: datagrams. */
static enum edge_drop packets_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m,
                                 const struct train *train, size_t *taken)
{
	const struct transform *t = e->config.transform;
	size_t len = train->each < train->len ? train->each : train->len, header_len = len - m->packet.payload_len;
	enum edge_drop why = packet_refused(e, from, m);
	if (why != GOOD)
		return why;
	struct run run = { .first = { .data = train->data + header_len, .len = m->packet.payload_len,
	                              .start = train->data, .end = train->data + len } };
	run.n = 1;
	run.last_len = run.bytes = run.first.len;
	if (!t->open)
		run_find(&run, train, header_len);
	else if (!t->open(t->ctx, &run.first))
		return EDGE_DROP_TRANSFORM;
	else
		run.last_len = run.bytes = run.first.len;
	*taken = run.n;
	struct peer *p = packets_heard(e, now, from, m, run.n);
	if (p) {
		p->frames_in += run.n;
		p->bytes_in += run.bytes;
	}
	bool member = is_relayed(m) || (p && p->direct && endpoint_equal(&p->endpoint, from));
	return frames_in(e, now, m->packet.src, member, p, &run);
}

static void describe(struct edge *e, uint64_t now, struct peer *p, const struct wire_register *reg)
{
	p->address = reg->address;
	memcpy(p->desc, reg->desc, DESC_LEN);
	if (e->config.arp_suppress)
		suppress_peer(e, now, p);
}

static enum edge_drop register_relayed(struct edge *e, uint64_t now, const struct wire_message *m)
{
	const struct wire_register *reg = &m->reg;
	struct peer *p = contact_heard_relayed(e, now, reg->src, relayed_socket(m, &reg->socket), false);
	if (p) {
		describe(e, now, p, reg);
		contact_registered(e, now, p);
	}
	return GOOD;
}

/* A supernode asks whether the edge that it knows at this endpoint lives.  That is not us when it has never
 * registered us: it means a process that was here before and is dead.  And when we are just claiming the
 * same at another of its addresses, it is by this one that it knows us. */
static enum edge_drop supernode_asks(struct edge *e, uint64_t now, const struct endpoint *from,
                                     const struct wire_register *reg)
{
	size_t at;
	struct supernode *s = supernodes_find(e, from, &at);
	if (!s->acked)
		return EDGE_DROP_UNREGISTERED_IN;
	send_register_ack(e, from, reg->src, reg->cookie);
	if (e->reg.state == REG_CLAIM && !endpoint_equal(from, &e->reg.to))
		supernodes_use(e, now, s, at);
	trial_elsewhere(e, now, s, from);
	return GOOD;
}

static enum edge_drop register_direct(struct edge *e, uint64_t now, const struct endpoint *from,
                                      const struct wire_register *reg)
{
	size_t at;
	if (supernodes_find(e, from, &at))
		return supernode_asks(e, now, from, reg);
	if (!e->config.p2p)
		return EDGE_DROP_UNEXPECTED;
	if (!endpoint_usable(e, from))
		return EDGE_DROP_ENDPOINT_REFUSED;
	send_register_ack(e, from, reg->src, reg->cookie);
	struct peer *p = contact_heard_directly(e, now, reg->src, from, reg->cookie);
	if (p)
		describe(e, now, p, reg);
	return GOOD;
}

static enum edge_drop register_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m)
{
	enum edge_drop why = source_refused(e, m->reg.src);
	if (why != GOOD)
		return why;
	if (!mac_equal(m->reg.dst, e->mac))
		return EDGE_DROP_NOT_FOR_US;
	if (!is_relayed(m))
		return register_direct(e, now, from, &m->reg);
	return endpoint_equal(from, &e->reg.to) ? register_relayed(e, now, m) : EDGE_DROP_NOT_SUPERNODE;
}

static enum edge_drop register_ack_in(struct edge *e, uint64_t now, const struct endpoint *from,
                                      const struct wire_message *m)
{
	enum edge_drop why = source_refused(e, m->reg_ack.src);
	if (why != GOOD)
		return why;
	if (!mac_equal(m->reg_ack.dst, e->mac))
		return EDGE_DROP_NOT_FOR_US;
	if (is_relayed(m) || !e->config.p2p)
		return EDGE_DROP_UNEXPECTED;
	return contact_acked(e, now, from, &m->reg_ack);
}

static enum edge_drop peer_info_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m)
{
	if (!is_relayed(m))
		return EDGE_DROP_NOT_SUPERNODE;
	if (mac_is_null(m->info.target))
		return supernodes_pong(e, now, from, &m->info);
	if (!endpoint_equal(from, &e->reg.to))
		return EDGE_DROP_NOT_SUPERNODE;
	return contact_told(e, now, &m->info, m->flags & WIRE_SOCKET);
}

static enum edge_drop group_message_in(struct edge *e, uint64_t now, const struct endpoint *from,
                                       const struct wire_message *m)
{
	if (!is_relayed(m) || !endpoint_equal(from, &e->reg.to))
		return EDGE_DROP_NOT_SUPERNODE;
	return m->type == WIRE_GROUP_MEMBERS ? list_told(e, now, &m->members) : report_acked(e, now, &m->group_ack);
}

static enum edge_drop message_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m)
{
	switch (m->type) {
	case WIRE_REGISTER:
		return register_in(e, now, from, m);
	case WIRE_REGISTER_ACK:
		return register_ack_in(e, now, from, m);
	case WIRE_REGISTER_SUPER_ACK:
		return register_acked(e, now, from, &m->super_ack);
	case WIRE_REGISTER_SUPER_NAK:
		return register_refused(e, now, from, &m->super_nak);
	case WIRE_PEER_INFO:
		return peer_info_in(e, now, from, m);
	case WIRE_GROUP_REPORT_ACK:
	case WIRE_GROUP_MEMBERS:
		return group_message_in(e, now, from, m);
	default:
		return EDGE_DROP_UNEXPECTED;
	}
}

static enum edge_drop message_get(const struct edge *e, struct wire_message *m, const uint8_t *data, size_t len)
{
	switch (wire_get(m, data, len)) {
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
	return memcmp(m->community, e->config.community, COMMUNITY_LEN) ? EDGE_DROP_COMMUNITY : GOOD;
}

/* The first datagrams of the train, as many as one decision serves: their number. */
static size_t train_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct train *train)
{
	struct wire_message m;
	size_t taken = 1;
	enum edge_drop why = message_get(e, &m, train->data, train->each < train->len ? train->each : train->len);
	if (why == GOOD)
		why = m.type == WIRE_PACKET ? packets_in(e, now, from, &m, train, &taken) : message_in(e, now, from, &m);
	if (why != GOOD) {
		e->info.counts.drops[why] += taken;
		note_drop(e, why);
	}
	return taken;
}

void edge_train_from_net(struct edge *e, uint64_t now, const struct endpoint *from, const struct train *train)
{
	struct train rest = *train;
	do {
		if (e->stopped)
			return;
		size_t used = train_in(e, now, from, &rest) * rest.each;
		if (used >= rest.len)
			return;
		rest.data += used;
		rest.len -= used;
	} while (rest.each);
}

void edge_from_net(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram)
{
	const struct train train = { datagram->data, datagram->len, datagram->len };
	edge_train_from_net(e, now, from, &train);
}

/* Only REGISTERs to nobody in particular come this way; our own come back. */
static enum edge_drop lan_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m)
{
	if (m->type != WIRE_REGISTER || is_relayed(m) || !mac_is_null(m->reg.dst) ||
	    !e->config.p2p || !e->config.discovery)
		return EDGE_DROP_UNEXPECTED;
	enum edge_drop why = source_refused(e, m->reg.src);
	if (why != GOOD)
		return why == EDGE_DROP_SELF ? GOOD : why;
	if (!endpoint_usable(e, from))
		return EDGE_DROP_ENDPOINT_REFUSED;
	if (!contact_welcome(e, now, peer_find(e, m->reg.src)))
		return EDGE_DROP_NOT_NEEDED;
	send_register_ack(e, from, m->reg.src, m->reg.cookie);
	struct peer *p = contact_heard_directly(e, now, m->reg.src, from, COOKIE_REGULAR);
	if (p)
		describe(e, now, p, &m->reg);
	return GOOD;
}

void edge_from_lan(struct edge *e, uint64_t now, const struct endpoint *from, struct buf *datagram)
{
	struct wire_message m;
	if (e->stopped)
		return;
	enum edge_drop why = message_get(e, &m, datagram->data, datagram->len);
	if (why == GOOD)
		why = lan_in(e, now, from, &m);
	if (why != GOOD)
		drop(e, why);
}
