/* Frames and REGISTERs from one member to others (specification 13.4), for members only: a source MAC
 * must be registered in that community from that UDP socket.  PACKET is the data path: nothing here
 * changes a table.
 */
#include "state.h"

/* The header that goes in front of the payload, with where the frame came from as that receiver may know it. */
static bool packet_header(struct supernode *sn, struct wire_message *m, struct burst_header *header,
                          const struct member *src, const struct sink *to)
{
	m->packet.socket = member_told(sn, src, to);
	m->flags = WIRE_FROM_SUPERNODE | (addr_is_set(&m->packet.socket) ? WIRE_SOCKET : 0);
	header->len = wire_put_packet(header->bytes, sizeof(header->bytes), m);
	return header->len != 0;
}

static enum supernode_drop relay_to(struct supernode *sn, struct wire_message *m, const struct burst *burst,
                                    const struct member *src, struct sink *to)
{
	struct burst_header header;
	if (!packet_header(sn, m, &header, src, to))
		return SUPERNODE_DROP_NO_ROOM;
	sink_relay(sn, to, &header, burst);
	sn->info.counts.relayed_unicast += burst->n;
	return DROP_NONE;
}

static enum supernode_drop fanned_out(struct supernode *sn, const struct audience *a, const struct burst *burst,
                                      uint64_t receivers)
{
	uint64_t copies = receivers * burst->n;
	sn->info.counts.relayed_flood += copies;
	if (a->all)
		return DROP_NONE;
	sn->info.counts.relayed_group += copies;
	if (a->group) {
		a->group->frames += burst->n;
		a->group->copies += copies;
		a->group->unwanted += receivers ? 0 : burst->n;
	}
	return receivers ? DROP_NONE : SUPERNODE_DROP_GROUP_UNWANTED;
}

/* To everybody, or to the members of a group.  All get the same bytes, unless the source is on loopback. */
static enum supernode_drop flood(struct supernode *sn, struct wire_message *m, const struct burst *burst,
                                 const struct member *src)
{
	struct audience audience = audience_of(sn, src->community, m->packet.dst);
	struct burst_header header = { .len = 0 };
	bool same = !addr_is_loopback(&src->sink.endpoint.addr);
	uint64_t receivers = 0;
	for (struct sink *to; (to = audience_next(&audience)); ) {
		if (to == &src->sink)
			continue;
		if ((!header.len || !same) && !packet_header(sn, m, &header, src, to))
			return SUPERNODE_DROP_NO_ROOM;
		sink_relay(sn, to, &header, burst);
		receivers++;
	}
	return fanned_out(sn, &audience, burst, receivers);
}

static enum supernode_drop relay_burst(struct supernode *sn, uint64_t now, const struct endpoint *from,
                                       struct wire_message *m, const struct burst *burst)
{
	struct member *src = member_heard(sn, now, m->community, m->packet.src, from), *to;
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	if (m->packet.transform != TRANSFORM_NULL)
		src->ciphered = true;
	src->frames_in += burst->n;
	src->bytes_in += burst->bytes;
	if (mac_is_group(m->packet.dst))
		return flood(sn, m, burst, src);
	if (mac_equal(m->packet.dst, sn->config.mac)) {
		src->answers = true;            /* the kernel behind it, to contest.c's ARP probe */
		return SUPERNODE_DROP_SELF;
	}
	to = member_find(sn, m->community, m->packet.dst);
	return to && to != src ? relay_to(sn, m, burst, src, &to->sink) : SUPERNODE_DROP_DESTINATION;
}

/* The datagrams that the train begins with, as far as their headers are the same: one decision for all. */
enum supernode_drop sn_relay_packets(struct supernode *sn, uint64_t now, const struct endpoint *from,
                                     struct wire_message *m, const struct train *train, size_t *taken)
{
	struct burst_frame frame[BURST_MAX];
	struct burst burst = { .frame = frame };
	size_t header_len = (size_t)(m->packet.payload - train->data);
	for (size_t at = 0; at < train->len && burst.n < BURST_MAX; at += train->each) {
		size_t left = train->len - at, len = left < train->each ? left : train->each;
		if (len < header_len || (at && memcmp(train->data, train->data + at, header_len)))
			break;
		frame[burst.n++] = (struct burst_frame){ .head = train->data + at + header_len,
		                                         .head_len = len - header_len };
		burst.bytes += len - header_len;
	}
	*taken = burst.n;
	return relay_burst(sn, now, from, m, &burst);
}

enum supernode_drop sn_relay_register(struct supernode *sn, uint64_t now, const struct endpoint *from,
                                      struct wire_message *m)
{
	struct member *src = member_heard(sn, now, m->community, m->reg.src, from), *to;
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	if (mac_equal(m->reg.dst, sn->config.mac)) {
		src->answers = true;            /* n2n's edge takes the supernode that asks for a peer */
		return SUPERNODE_DROP_SELF;
	}
	to = mac_is_group(m->reg.dst) ? NULL : member_find(sn, m->community, m->reg.dst);
	if (!to || to == src)
		return SUPERNODE_DROP_DESTINATION;
	m->reg.socket = member_told(sn, src, &to->sink);
	m->flags = WIRE_FROM_SUPERNODE | (addr_is_set(&m->reg.socket) ? WIRE_SOCKET : 0);
	return sink_tell(sn, &to->sink, m);
}

/* Never relayed; one to the supernode itself answers contest.c. */
enum supernode_drop sn_register_ack(struct supernode *sn, uint64_t now, const struct endpoint *from,
                                    const struct wire_message *m)
{
	struct member *src;
	if (!mac_equal(m->reg_ack.dst, sn->config.mac))
		return SUPERNODE_DROP_UNEXPECTED;
	src = member_heard(sn, now, m->community, m->reg_ack.src, from);
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	src->answers = true;
	return DROP_NONE;
}
