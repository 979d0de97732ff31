/* What one host, or a loop in front of it, could do to all edges at once.  Only what leaves is limited: what has
 * crossed the network already costs less to deliver than to judge, and many who send a little look like one who storms.
 */
#include "state.h"

/* A query that we have put into our TAP came from the network: there is another edge on our side, and whatever is sent
 * to all goes round.  Anybody may say that it came from our MAC; only a member is believed, and only a frame that we do
 * put there.  Of these edges the one with the lowest MAC carries it, until no query comes back any more. */
enum edge_drop storm_refuses(struct edge *e, uint64_t now, const struct layers *frame, const uint8_t edge[static MAC_LEN],
                             bool member)
{
	bool standby = within(e->standby_since, now, STANDBY_MS);
	if (e->groups.membership && membership_is_querier(e->groups.membership, frame->src)) {
		bool circled = member && membership_is_own(e->groups.membership, frame);
		if (circled && memcmp(edge, e->mac, MAC_LEN) < 0) {
			if (!standby)
				note_standby(e, edge);
			e->standby_since = now;
		}
		return EDGE_DROP_OWN_SOURCE;
	}
	return standby && mac_is_group(frame->dst) ? EDGE_DROP_LOOP_IN : GOOD;
}

/* The MAC of an edge, or of a host that is heard from both sides: its frame to all has been round once, and would go
 * on.  One frame to one host does not multiply. */
bool storm_is_loop(struct edge *e, uint64_t now, const struct layers *frame)
{
	if (mac_is_group(frame->dst) && within(e->standby_since, now, STANDBY_MS))
		return true;
	if (mac_equal(frame->src, e->mac))
		return false;
	bool first = fdb_sent(e, now, layers_vlan(frame), frame->src);      /* it lives here now */
	if (!mac_is_group(frame->dst))
		return false;
	struct peer *p = peer_find(e, frame->src);
	if (!p || !p->seen)
		return !first;
	p->looped = now;
	return true;
}

/* The same loop is run through in the other direction too, where we see it from the network only. */
bool storm_is_echo(const struct layers *frame, uint64_t looped, uint64_t now)
{
	return mac_is_group(frame->dst) && within(looped, now, LOOP_IN_MS);
}

void storm_limit(struct edge *e, uint64_t now, enum edge_storm kind, struct burst *burst)
{
	static const enum edge_drop reasons[STORM_MAX] = {
		EDGE_DROP_STORM_BROADCAST, EDGE_DROP_STORM_MULTICAST, EDGE_DROP_STORM_UNICAST,
	};
	if (kind == STORM_MAX)
		return;
	size_t passes = bucket_take(&e->storms[kind], now, burst->n);
	if (passes == burst->n)
		return;
	e->info.counts.drops[reasons[kind]] += burst->n - passes;
	note_drop(e, reasons[kind]);
	for (size_t i = passes; i < burst->n; i++)
		burst->bytes -= burst_frame_len(&burst->frame[i]);
	burst->n = passes;
}
