/* A supernode that has not answered a PING for a moment may be gone, and may not: frames to groups go by way of it and
 * straight to each peer with a direct path.  So who is reached directly misses no more than a second of them, and who
 * gets both copies takes one.  The copies that go straight have the broadcast MAC for an outer destination, whatever
 * group they are for: so their receivers know that others of them may come by the supernode.
 *
 * A peer of n2n cannot tell copies apart: it gets two while an answer is late that comes after all.
 */
#include "core/group.h"
#include "state.h"

static uint64_t twice_there(const struct edge *e)
{
	uint64_t rtt = e->supernodes[e->reg.at].rtt_ms;
	return rtt == UINT64_MAX ? 0 : 2 * earlier(rtt, RTT_LONG_MS);
}

static uint64_t patience(const struct edge *e)
{
	uint64_t twice = twice_there(e);
	return twice < DOUBT_MS ? DOUBT_MS : earlier(twice, PONG_MS);
}

uint64_t doubt_twin_ms(const struct edge *e)
{
	return COPY_MS + twice_there(e);
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

/* Of those whose frames are taken only: the first of two is what is delivered, so a forged one silences nobody. */
static bool is_straight_copy(struct edge *e, uint64_t now, const struct arrival *a)
{
	struct peer *p = mac_equal(a->m.packet.dst, group_of_all) ? peer_find(e, a->m.packet.src) : NULL;
	if (!p || !p->seen)
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
	if (!p)
		return false;
	/* What is flooded is little, so the one by the supernode is known when it is the first of all. */
	return within(p->doubts, now, DOUBTS_MS) || !group_is_snooped(a->m.packet.dst);
}
