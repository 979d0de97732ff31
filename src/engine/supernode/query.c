/* QUERY_PEER (specification 13.5): "are you there?" from anybody, "where is that edge?" from members. */
#include "state.h"

/* A stranger learns that somebody is there, and how busy he is if the community is one that exists: edges choose by that.
 * Members also learn version and uptime, from which they see that the supernode was restarted. */
static void pong_make(struct wire_message *m, const struct supernode *sn, uint64_t now, const struct arrival *a,
                      const struct member *asker)
{
	emit_begin(m, WIRE_PEER_INFO, WIRE_FROM_SUPERNODE, a->m.community);
	m->info = (struct wire_peer_info){ .socket = a->from->addr };
	memcpy(m->info.mac, sn->config.mac, MAC_LEN);
	if (a->community)
		m->info.load = (uint32_t)(sn->info.edges + sn->info.communities);
	if (!asker)
		return;
	m->info.uptime = (uint32_t)((now - sn->info.started) / 1000);
	memcpy(m->info.version, sn->config.version, VERSION_LEN);
}

static enum supernode_drop pong(struct supernode *sn, uint64_t now, const struct arrival *a, struct member *asker)
{
	uint8_t mem[EMIT_ROOM];
	struct wire_message m;
	pong_make(&m, sn, now, a, asker);
	struct buf b = emit_encode(mem, &m);
	if (!b.len)
		return SUPERNODE_DROP_NO_ROOM;
	if (asker && !bucket_take(&asker->asks, now, 1))
		return SUPERNODE_DROP_ASKED_TOO_OFTEN;
	if (!asker && !credits_spend(sn->credits, &a->from->addr, b.len, now))
		return SUPERNODE_DROP_CREDIT;
	sn_send_buf(sn, a->from, a->local, &b);
	sn->info.counts.pongs++;
	return DROP_NONE;
}

static enum supernode_drop tell(struct supernode *sn, struct member *asker, const struct member *target)
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
	struct member *asker = ping ? member_at(sn, a->community, query->src, a->from)
	                                  : member_heard(sn, now, a, query->src);
	const struct member *target;
	if (!asker && !ping)
		return SUPERNODE_DROP_UNREGISTERED;
	if (ping) {
		enum supernode_drop drop = community_refused(sn, now, a);
		if (drop != DROP_NONE)
			return drop;
		if (asker && asker->sink.trust == TRUST_CONFIRMED)
			return pong(sn, now, a, asker);
		sn->sought |= !asker;
		credits_earned(sn->credits, &a->from->addr, a->len, now);
		return pong(sn, now, a, NULL);
	}
	if (!bucket_take(&asker->asks, now, 1))
		return SUPERNODE_DROP_ASKED_TOO_OFTEN;
	target = member_find(sn, a->community, query->target);
	return target ? tell(sn, asker, target) : SUPERNODE_DROP_DESTINATION;
}
