/* What others say to an edge: peers, and supernodes.  Whether it may be believed; what follows is done elsewhere. */
#include "state.h"

/* Nobody else may be us, and a group sends nothing. */
enum edge_drop source_refused(const struct edge *e, const uint8_t src[static MAC_LEN])
{
	if (mac_equal(src, e->mac))
		return EDGE_DROP_SELF;
	return mac_is_group(src) || mac_is_null(src) ? EDGE_DROP_UNEXPECTED : GOOD;
}

static void describe(struct edge *e, uint64_t now, struct peer *p, const struct wire_register *reg, bool member)
{
	p->address = reg->address;
	memcpy(p->desc, reg->desc, DESC_LEN);
	if (member && e->config.arp_suppress)
		suppress_peer(e, now, p);
}

static enum edge_drop register_relayed(struct edge *e, uint64_t now, const struct endpoint *from,
                                       const struct wire_message *m)
{
	const struct wire_register *reg = &m->reg;
	struct peer *p = peer_find(e, reg->src);
	if (p && move_is_outdated(e, from, p))
		return GOOD;
	p = contact_heard_relayed(e, now, reg->src, relayed_socket(m, &reg->socket), false);
	if (!p)
		return GOOD;
	if (endpoint_equal(from, &e->reg.to))
		p->served = now;
	describe(e, now, p, reg, true);
	contact_identified(e, reg->src, relayed_socket(m, &reg->socket), reg->cookie);
	contact_registered(e, now, p);
	return GOOD;
}

/* A supernode asks whether the edge that it knows at this endpoint lives.  That is not us when it has never
 * registered us and is not asked to: it means a process that was here before and is dead.  And when we are just claiming the
 * same at another of its addresses, it is by this one that it knows us. */
static enum edge_drop supernode_asks(struct edge *e, uint64_t now, const struct endpoint *from,
                                     const struct wire_register *reg)
{
	size_t at;
	struct supernode *s = supernodes_find(e, from, &at);
	bool claiming = e->reg.state == REG_CLAIM && e->reg.waiting && endpoint_equal(from, &e->reg.to);
	if (!s->acked && !claiming && !trial_is_at(e, from))
		return EDGE_DROP_UNREGISTERED_IN;
	send_register_ack(e, from, reg->src, reg->cookie);
	if (e->reg.state == REG_CLAIM && !endpoint_equal(from, &e->reg.to))
		supernodes_use(e, now, s, at);
	trial_elsewhere(e, now, s, from);
	if (endpoint_equal(from, &e->reg.to))
		report_repeat(e, now);
	else if (move_relays(e, from))
		report_to(e, from);
	return GOOD;
}

/* n2n uses a path once we have acknowledged it, and the answer is shorter than the question.  For whom nothing is known
 * of there is a budget: whether an endpoint leads elsewhere than into the overlay is a question to the kernel. */
static enum edge_drop register_answered(struct edge *e, uint64_t now, const struct endpoint *from,
                                        const struct wire_register *reg)
{
	struct peer *p = peer_find(e, reg->src);
	if (!p || !path_knows(&p->path, from)) {
		if (!bucket_take(&e->strangers, now, 1))
			return EDGE_DROP_STRANGERS;
		if (!endpoint_usable(e, from))
			return EDGE_DROP_ENDPOINT_REFUSED;
	}
	send_register_ack(e, from, reg->src, reg->cookie);
	enum path_trust trust = contact_heard_directly(e, now, reg->src, from, &p);
	if (trust != PATH_CLAIMED)
		describe(e, now, p, reg, trust == PATH_CONFIRMED);
	return GOOD;
}

static enum edge_drop register_direct(struct edge *e, uint64_t now, const struct endpoint *from,
                                      const struct wire_register *reg)
{
	size_t at;
	if (supernodes_find(e, from, &at))
		return supernode_asks(e, now, from, reg);
	return e->config.p2p ? register_answered(e, now, from, reg) : EDGE_DROP_UNEXPECTED;
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
	return relays_for_us(e, from) ? register_relayed(e, now, from, m) : EDGE_DROP_NOT_SUPERNODE;
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
		return pong_heard(e, now, from, &m->info);
	if (!relays_for_us(e, from))
		return EDGE_DROP_NOT_SUPERNODE;
	return contact_told(e, now, &m->info, m->flags & WIRE_SOCKET);
}

static enum edge_drop group_message_in(struct edge *e, uint64_t now, const struct endpoint *from,
                                       const struct wire_message *m)
{
	if (!is_relayed(m) || !relays_for_us(e, from))
		return EDGE_DROP_NOT_SUPERNODE;
	if (!endpoint_equal(from, &e->reg.to))
		return GOOD;                    /* lists are those of the current one */
	return m->type == WIRE_GROUP_MEMBERS ? list_told(e, now, &m->members) : report_acked(e, now, &m->group_ack);
}

enum edge_drop message_in(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_message *m)
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

/* Only REGISTERs to nobody in particular come this way; our own come back. */
enum edge_drop message_in_lan(struct edge *e, uint64_t now, const struct endpoint *from,
                              const struct wire_message *m)
{
	if (m->type != WIRE_REGISTER || is_relayed(m) || !mac_is_null(m->reg.dst) ||
	    !e->config.p2p || !e->config.discovery)
		return EDGE_DROP_UNEXPECTED;
	enum edge_drop why = source_refused(e, m->reg.src);
	if (why != GOOD)
		return why == EDGE_DROP_SELF ? GOOD : why;
	struct peer *p = peer_find(e, m->reg.src);
	if (!contact_welcome(e, now, p))
		return EDGE_DROP_NOT_NEEDED;
	if (p && !path_is_direct(&p->path))
		contact_lan(e, now);            /* its answer shows that it is on our site, and not who says so */
	return register_answered(e, now, from, &m->reg);
}
