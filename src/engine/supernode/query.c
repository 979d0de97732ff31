/* QUERY_PEER (specification 13.5): "are you there?" from anybody, "where is that edge?" from members. */
#include "state.h"

static enum supernode_drop pong(struct supernode *sn, uint64_t now, const struct endpoint *from, const struct addr *local,
                                const struct wire_message *query, bool stranger)
{
	uint8_t mem[CONTROL_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	struct wire_message m;
	sn_message(&m, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE, query->community);
	m.info = (struct wire_peer_info){
		.socket = from->addr,
		.load = (uint32_t)(sn->info.edges + sn->info.communities),
		.uptime = (uint32_t)((now - sn->info.started) / 1000),
	};
	memcpy(m.info.mac, sn->config.mac, MAC_LEN);
	memcpy(m.info.version, sn->config.version, VERSION_LEN);
	if (!sn_encode(&b, &m))
		return SUPERNODE_DROP_NO_ROOM;
	if (stranger && !credits_spend(sn->credits, &from->addr, b.len, now))
		return SUPERNODE_DROP_CREDIT;
	sn_send_buf(sn, from, local, &b);
	sn->info.counts.pongs++;
	return DROP_NONE;
}

static enum supernode_drop tell(struct supernode *sn, const struct member *asker, const struct member *target)
{
	struct wire_message m;
	bool preferred = addr_is_endpoint(&target->preferred);
	sn_message(&m, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE | (preferred ? WIRE_SOCKET : 0), target->community->name);
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

enum supernode_drop sn_query_peer(struct supernode *sn, uint64_t now, const struct endpoint *from,
                                  const struct addr *local, const struct wire_message *m, size_t len)
{
	const struct wire_query_peer *query = &m->query;
	bool ping = mac_is_null(query->target);
	/* A PING is no sign of life: an edge that claims over one address family may PING from the other, where the
	 * record of its dead predecessor still stands. */
	const struct member *asker = ping ? member_at(sn, m->community, query->src, from)
	                                  : member_heard(sn, now, m->community, query->src, from);
	const struct member *target;
	if (!asker && !ping)
		return SUPERNODE_DROP_UNREGISTERED;
	if (ping) {
		if (!community_allowed(sn, m->community))
			return SUPERNODE_DROP_COMMUNITY;
		if (!asker)
			credits_earned(sn->credits, &from->addr, len, now);
		return pong(sn, now, from, local, m, !asker);
	}
	target = member_find(sn, m->community, query->target);
	return target ? tell(sn, asker, target) : SUPERNODE_DROP_DESTINATION;
}
