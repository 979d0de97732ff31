/* What one host, or a loop in front of it, could do to all edges at once.  Only what leaves is limited: what has
 * crossed the network already costs less to deliver than to judge, and many who send a little look like one who storms.
 */
#include "state.h"

/* The MAC of an edge, or of a host that is heard from both sides: its frame to all has been round once, and would go
 * on.  One frame to one host does not multiply. */
bool storm_is_loop(struct edge *e, uint64_t now, const struct eth *frame)
{
	if (mac_equal(frame->src, e->mac))
		return false;
	bool first = fdb_here(e, now, frame->src);      /* it lives here now */
	if (!mac_is_group(frame->dst))
		return false;
	struct peer *p = peer_find(e, frame->src);
	if (!p || !p->seen)
		return !first;
	p->looped = now;
	return true;
}

/* The same loop is run through in the other direction too, where we see it from the network only. */
bool storm_is_echo(const struct eth *frame, uint64_t looped, uint64_t now)
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
	size_t passes = rate_take(&e->storms[kind], now, burst->n);
	if (passes == burst->n)
		return;
	e->info.counts.drops[reasons[kind]] += burst->n - passes;
	note_drop(e, reasons[kind]);
	for (size_t i = passes; i < burst->n; i++)
		burst->bytes -= burst_frame_len(&burst->frame[i]);
	burst->n = passes;
}
