/* Frames and REGISTERs from one member to others (specification 13.4), for members only: a source MAC
 * must be registered in that community from that UDP socket.  PACKET is the data path: nothing here
 * changes a table.
 */
#include "state.h"

/* The header goes in front of the payload again, with where the frame came from as that receiver may know it. */
static bool push_header(struct supernode *sn, struct wire_message *m, struct buf *b, const struct member *src,
                        const struct member *to)
{
	m->packet.socket = member_told(sn, src, to);
	m->flags = WIRE_FROM_SUPERNODE | (addr_is_set(&m->packet.socket) ? WIRE_SOCKET : 0);
	return wire_push_packet(b, m);
}

static void sent(struct member *to, size_t frame_len)
{
	to->frames_out++;
	to->bytes_out += frame_len;
}

static enum supernode_drop relay_to(struct supernode *sn, struct wire_message *m, struct buf *b,
                                    const struct member *src, struct member *to)
{
	size_t len = b->len;
	if (!push_header(sn, m, b, src, to))
		return SUPERNODE_DROP_NO_ROOM;
	sn_send_buf(sn, &to->endpoint, &to->local, b);
	sn->info.counts.relayed_unicast++;
	sent(to, len);
	return DROP_NONE;
}

static enum supernode_drop fanned_out(struct supernode *sn, const struct audience *a, uint64_t copies)
{
	sn->info.counts.relayed_flood += copies;
	if (a->all)
		return DROP_NONE;
	sn->info.counts.relayed_group += copies;
	if (a->group) {
		a->group->frames++;
		a->group->copies += copies;
		a->group->unwanted += !copies;
	}
	return copies ? DROP_NONE : SUPERNODE_DROP_GROUP_UNWANTED;
}

/* To everybody, or to the members of a group.  All receivers get the same bytes, unless the source is on loopback. */
static enum supernode_drop flood(struct supernode *sn, struct wire_message *m, struct buf *payload,
                                 const struct member *src)
{
	struct audience audience = audience_of(sn, src->community, m->packet.dst);
	struct buf b = { .data = NULL };
	bool same = !addr_is_loopback(&src->endpoint);
	uint64_t copies = 0;
	for (struct member *to; (to = audience_next(&audience)); ) {
		if (to == src)
			continue;
		if (!b.data || !same) {
			b = *payload;
			if (!push_header(sn, m, &b, src, to))
				return SUPERNODE_DROP_NO_ROOM;
		}
		sn_send_buf(sn, &to->endpoint, &to->local, &b);
		copies++;
		sent(to, payload->len);
	}
	return fanned_out(sn, &audience, copies);
}

enum supernode_drop sn_relay_packet(struct supernode *sn, uint64_t now, const struct addr *from,
                                    struct wire_message *m, struct buf *b)
{
	struct member *src = member_heard(sn, now, m->community, m->packet.src, from), *to;
	if (!src)
		return SUPERNODE_DROP_UNREGISTERED;
	if (m->packet.transform != TRANSFORM_NULL)
		src->ciphered = true;
	if (!buf_pull(b, b->len - m->packet.payload_len))
		return SUPERNODE_DROP_MALFORMED;
	src->frames_in++;
	src->bytes_in += b->len;
	if (mac_is_group(m->packet.dst))
		return flood(sn, m, b, src);
	if (mac_equal(m->packet.dst, sn->config.mac)) {
		src->answers = true;            /* the kernel behind it, to contest.c's ARP probe */
		return SUPERNODE_DROP_SELF;
	}
	to = member_find(sn, m->community, m->packet.dst);
	return to && to != src ? relay_to(sn, m, b, src, to) : SUPERNODE_DROP_DESTINATION;
}

enum supernode_drop sn_relay_register(struct supernode *sn, uint64_t now, const struct addr *from,
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
	m->reg.socket = member_told(sn, src, to);
	m->flags = WIRE_FROM_SUPERNODE | (addr_is_set(&m->reg.socket) ? WIRE_SOCKET : 0);
	return sn_send(sn, &to->endpoint, &to->local, m, WIRE_CONTROL_MAX);
}

/* Never relayed; one to the supernode itself answers contest.c. */
enum supernode_drop sn_register_ack(struct supernode *sn, uint64_t now, const struct addr *from,
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
