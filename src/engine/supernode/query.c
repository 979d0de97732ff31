/* QUERY_PEER (specification 13.5): "are you there?" from anybody, "where is that edge?" from members. */
#include "state.h"

static enum supernode_drop pong(struct supernode *sn, uint64_t now, const struct arrival *a, bool stranger)
{
	uint8_t mem[EMIT_ROOM];
	struct wire_message m;
	emit_begin(&m, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE, a->m.community);
	m.info = (struct wire_peer_info){
		.socket = a->from->addr,
		.load = (uint32_t)(sn->info.edges + sn->info.communities),
		.uptime = (uint32_t)((now - sn->info.started) / 1000),
	};
	memcpy(m.info.mac, sn->config.mac, MAC_LEN);
	memcpy(m.info.version, sn->config.version, VERSION_LEN);
	struct buf b = emit_encode(mem, &m);
	if (!b.len)
		return SUPERNODE_DROP_NO_ROOM;
	if (stranger && !credits_spend(sn->credits, &a->from->addr, b.len, now))
		return SUPERNODE_DROP_CREDIT;
	sn_send_buf(sn, a->from, a->local, &b);
	sn->info.counts.pongs++;
	return DROP_NONE;
}

static enum supernode_drop tell(struct supernode *sn, const struct member *asker, const struct member *target)
{
	struct wire_message m;
	bool preferred = addr_is_endpoint(&target->preferred);
	emit_begin(&m, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE | (preferred ? WIRE_SOCKET : 0), target->community->name);
	m.info = (struct wire_peer_info){ .socket = member_told(sn, target, &asker->sink) };
	if (!addr_is_set(&m.info.socket))
		return SUPERNODE_DROP_DESTINATION;
	memcpy(m.info.mac, asker->mac, MAC_LEN);
	memcpy(m.info.target, target->mac, MAC_LEN);
	if (preferred)
		m.info.preferred = target->preferred;
	sn->info.counts.queries++;
	return sink_tell(sn, &asker->sink, &m);
}

enum supernode_drop sn_query_peer(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_query_peer *query = &a->m.query;
	bool ping = mac_is_null(query->target);
	/* A PING is no sign of life: an edge that claims over one address family may PING from the other, where the
	 * record of its dead predecessor still stands. */
	const struct member *asker = ping ? member_at(sn, a->community, query->src, a->from)
	                                  : member_heard(sn, now, a, query->src);
	const struct member *target;
	if (!asker && !ping)
		return SUPERNODE_DROP_UNREGISTERED;
	if (ping) {
		enum supernode_drop drop = community_refused(sn, now, a);
		if (drop != DROP_NONE)
			return drop;
		if (!asker)
			credits_earned(sn->credits, &a->from->addr, a->len, now);
		return pong(sn, now, a, !asker);
	}
	target = member_find(sn, a->community, query->target);
	return target ? tell(sn, asker, target) : SUPERNODE_DROP_DESTINATION;
}
