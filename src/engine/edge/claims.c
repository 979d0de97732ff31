/* Edges that only a stranger's datagram names.  The supernode is asked whether there is such an edge, and where; until it
 * answers, nothing is known of it.  A few at a time: whoever makes up MACs pushes out claims, and no peers.
 */
#include "state.h"

static struct claim *find(struct edge *e, const uint8_t mac[static MAC_LEN])
{
	for (size_t i = 0; i < CLAIMS; i++)
		if (e->claims[i].at && mac_equal(e->claims[i].mac, mac))
			return &e->claims[i];
	return NULL;
}

const struct claim *claim_find(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	const struct claim *c = find(e, mac);
	return c && within(c->at, now, ACK_WINDOW_MS) ? c : NULL;
}

void claim_heard(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN], const struct endpoint *from)
{
	struct claim *c = find(e, mac);
	if (!e->config.p2p || !relay_works(e) || (c && within(c->at, now, CLAIM_AGAIN_MS)) ||
	    !bucket_take(&e->questions, now, 1))
		return;
	if (!c) {
		c = &e->claims[e->claim_at];
		e->claim_at = (e->claim_at + 1) % CLAIMS;
	}
	memcpy(c->mac, mac, MAC_LEN);
	c->from = *from;
	c->at = now;
	send_query(e, &e->reg.to, mac);
}
