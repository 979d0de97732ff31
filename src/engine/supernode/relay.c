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
	return emit_header(header, m);
}

static enum supernode_drop relay_to(struct supernode *sn, struct wire_message *m, const struct burst *burst,
                                    const struct member *src, struct member *to)
{
	struct burst_header header;
	if (!packet_header(sn, m, &header, src, &to->sink))
		return SUPERNODE_DROP_NO_ROOM;
	/* What is for it alone costs the sender as much. */
	if (to->ciphered && to->proof.silent)
		to->sink.credit += burst->bytes + burst->n * header.len;
	if (!sink_relay(sn, &to->sink, &header, burst))
		return SUPERNODE_DROP_CLAIMED;
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

/* Of those that have proved nothing a few in turn, with what they can pay; an edge that can prove nothing has a trickle
 * beside that (castnet(7)). */
static uint64_t flood_claimed(struct supernode *sn, uint64_t now, struct wire_message *m, const struct burst *burst,
                              const struct member *src)
{
	enum { AT_ONCE = 16 };
	struct community *c = src->community;
	size_t claimed = c->edges - c->confirmed_n;
	uint64_t receivers = 0;
	for (size_t i = 0; i < claimed && i < AT_ONCE; i++) {
		struct list *at = c->claimed_at && c->claimed_at != &c->claimed ? c->claimed_at : c->claimed.next;
		struct member *to = LIST_ITEM(at, struct member, proof.in_community);
		struct burst_header header;
		c->claimed_at = at->next;
		if (to == src || !packet_header(sn, m, &header, src, &to->sink))
			continue;
		size_t bytes = burst->bytes + burst->n * header.len;
		if (to->ciphered && to->proof.silent && to->sink.credit < bytes && source_lets(to->source, now, bytes))
			to->sink.credit += bytes;
		receivers += sink_relay(sn, &to->sink, &header, burst);
	}
	return receivers;
}

/* To everybody, or to the members of a group.  All get the same bytes, unless the source is on loopback. */
static enum supernode_drop flood(struct supernode *sn, uint64_t now, struct wire_message *m, const struct burst *burst,
                                 struct member *src)
{
	struct audience audience = audience_of(sn, src->community, m->packet.dst);
	size_t others = audience.n - (audience.all && src->sink.trust == TRUST_CONFIRMED), copies = others * burst->n;
	if (!bucket_take_all(&src->floods, now, copies))
		return SUPERNODE_DROP_FLOOD_LIMIT;
	struct burst_header header = { .len = 0 };
	bool same = !addr_is_loopback(&src->sink.endpoint.addr);
	uint64_t receivers = 0;
	for (struct sink *to; (to = audience_next(&audience)); ) {
		if (to == &src->sink)
			continue;
		if ((!header.len || !same) && !packet_header(sn, m, &header, src, to))
			return SUPERNODE_DROP_NO_ROOM;
		receivers += sink_relay(sn, to, &header, burst);
	}
	receivers += flood_claimed(sn, now, m, burst, src);
	return fanned_out(sn, &audience, burst, receivers);
}

enum supernode_drop sn_relay_packets(struct supernode *sn, uint64_t now, struct arrival *a)
{
	struct wire_packet *packet = &a->m.packet;
	struct member *src = member_heard(sn, now, a, packet->src), *to;
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	if (packet->transform != TRANSFORM_NULL)
		src->ciphered = true;
	src->frames_in += a->burst.n;
	src->bytes_in += a->burst.bytes;
	if (mac_is_group(packet->dst))
		return flood(sn, now, &a->m, &a->burst, src);
	to = member_find(sn, src->community, packet->dst);
	if (to && to != src)
		return relay_to(sn, &a->m, &a->burst, src, to);
	if (mac_equal(packet->dst, sn->config.mac) || proof_answered_by_arp(sn, now, src, packet->dst))
		return SUPERNODE_DROP_SELF;
	return SUPERNODE_DROP_DESTINATION;
}

enum supernode_drop sn_relay_register(struct supernode *sn, uint64_t now, struct arrival *a)
{
	struct wire_register *reg = &a->m.reg;
	struct member *src = member_heard(sn, now, a, reg->src), *to;
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	if (mac_equal(reg->dst, sn->config.mac))
		return SUPERNODE_DROP_SELF;     /* n2n's edge takes the supernode that asks for a peer */
	to = mac_is_group(reg->dst) ? NULL : member_find(sn, src->community, reg->dst);
	if (!to || to == src)
		return SUPERNODE_DROP_DESTINATION;
	reg->socket = member_told(sn, src, &to->sink);
	a->m.flags = WIRE_FROM_SUPERNODE | (addr_is_set(&reg->socket) ? WIRE_SOCKET : 0);
	return sink_tell(sn, &to->sink, &a->m);
}

/* Never relayed; one to the supernode itself answers proof.c. */
enum supernode_drop sn_register_ack(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_register_ack *ack = &a->m.reg_ack;
	if (!mac_equal(ack->dst, sn->config.mac))
		return SUPERNODE_DROP_UNEXPECTED;
	struct member *src = member_heard(sn, now, a, ack->src);
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	proof_answered(sn, now, src, ack->cookie, ANSWERS_REGISTER);
	return DROP_NONE;
}
