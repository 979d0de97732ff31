/* A supernode that has not answered a PING for a moment may be gone, and may not: frames to groups go by way of it and
 * straight to each peer with a direct path.  So who is reached directly misses no more than a second of them, and who
 * gets both copies takes one.  The copies that go straight have the broadcast MAC for an outer destination, whatever
 * group they are for: so their receivers know that others of them may come by the supernode.
 *
 * A peer of n2n cannot tell copies apart: it gets two while an answer is late that comes after all.
 */
#include "core/group.h"
#include "state.h"

/* Twice the round trip, where that is longer. */
static uint64_t patience(const struct edge *e)
{
	uint64_t rtt = e->supernodes[e->reg.at].rtt_ms;
	uint64_t twice = rtt < PONG_MS ? 2 * rtt : DOUBT_MS;
	return twice > DOUBT_MS ? twice : DOUBT_MS;
}

bool relay_is_in_doubt(const struct edge *e, uint64_t now)
{
	const struct registration *r = &e->reg;
	if (r->state != REG_KEEP)
		return false;
	if (r->doubted || (r->waiting && now - r->trying_since >= patience(e)))
		return true;
	return r->pong_due != UINT64_MAX && now + PONG_MS >= r->pong_due + patience(e);
}

/* Only a confirmed path tells: who could make us take a stranger's copy for the first would silence the other. */
static bool is_straight_copy(struct edge *e, uint64_t now, const struct arrival *a)
{
	struct peer *p = mac_equal(a->m.packet.dst, group_of_all) ? peer_find(e, a->m.packet.src) : NULL;
	if (!p || !path_is_direct(&p->path) || !endpoint_equal(&p->path.endpoint, a->from))
		return false;
	p->doubts = now;
	return true;
}

bool doubt_may_be_copy(struct edge *e, uint64_t now, const struct arrival *a)
{
	if (!mac_is_group(a->m.packet.dst))
		return false;
	if (!is_relayed(&a->m))
		return is_straight_copy(e, now, a);
	const struct peer *p = peer_find(e, a->m.packet.src);
	return p && within(p->doubts, now, DOUBTS_MS);
}
