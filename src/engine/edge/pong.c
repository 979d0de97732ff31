/* PINGs to supernodes, and what their PONGs mean: who is alive, who was restarted, who serves when the current one does not. */
#include "state.h"

void ping_supernode(struct edge *e, uint64_t now, struct supernode *s, const struct endpoint *to, unsigned copies)
{
	static const uint8_t nobody[MAC_LEN];
	if (!supernode_usable(e, &to->addr))
		return;
	s->pinged = now;
	while (copies--)
		send_query(e, to, nobody);
}

/* A stranger is answered no more than he sent: a PONG (74 or, over IPv6, 86 bytes) is longer than one PING (38). */
void ping_as_stranger(struct edge *e, uint64_t now, struct supernode *s, const struct addr *a)
{
	struct endpoint to = endpoint_udp(a);
	ping_supernode(e, now, s, &to, a->family == ADDR_V6 ? 3 : 2);
}

/* While the current one is silent: at once the other addresses of its name, after a while everybody. */
void ping_others(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		if (i != e->reg.at && !e->reg.gave_up)
			continue;
		for (size_t j = 0; j < s->n; j++)
			/* One that answers this, but no registration, is there and does not want us. */
			if (!addr_equal(&s->addrs[j], &e->reg.to.addr) || (e->reg.gave_up && e->reg.state != REG_KEEP))
				ping_as_stranger(e, now, s, &s->addrs[j]);
	}
}

/* It has been up for less time than we are registered, so it cannot know us; or for less than it said before, so
 * it may know us by a later registration, but not what we had asked. */
static bool restarted(const struct supernode *s, uint64_t now, uint32_t uptime_s)
{
	return uptime_s < s->uptime_s || 1000 * (uint64_t)uptime_s < now - s->acked;
}

/* Somebody else answers while the current one does not.  Whoever is being tried has its second first: a try asks
 * the others too, and their answers must not each begin another. */
static void found_another(struct edge *e, uint64_t now, size_t i, size_t j)
{
	bool other_address = i == e->reg.at && e->reg.unanswered;
	if (e->reg.state == REG_CHOOSE || e->reg.state == REG_KEEP || now < e->supernodes[i].shunned_until)
		return;
	if (addr_equal(&e->supernodes[i].addrs[j], &e->reg.to.addr) || within(e->reg.trying_since, now, RETRY_MS))
		return;
	if (!other_address && !e->reg.gave_up)
		return;
	if (within(e->supernodes[e->reg.at].seen, now, RETRY_MAX_MS) && i != e->reg.at)
		return;
	supernodes_use(e, now, &e->supernodes[i], j);
}

static void pong_taken(struct supernode *s, uint64_t now, const struct wire_peer_info *pong)
{
	s->rtt_ms = now - s->pinged;
	s->seen = now;
	s->uptime_s = pong->uptime;
	s->load = pong->load;
	s->answered = true;
	memcpy(s->mac, pong->mac, MAC_LEN);
	memcpy(s->version, pong->version, VERSION_LEN);
}

enum edge_drop pong_heard(struct edge *e, uint64_t now, const struct endpoint *from,
                               const struct wire_peer_info *pong)
{
	size_t j = 0;
	struct supernode *s = supernodes_find(e, from, &j);
	if (!s)
		return EDGE_DROP_NOT_SUPERNODE;
	if (!within(s->pinged, now, PONG_OLD_MS))
		return EDGE_DROP_UNEXPECTED;
	if (e->reg.state != REG_KEEP || !endpoint_equal(from, &e->reg.to)) {
		if (s != &e->supernodes[e->reg.at] && !s->answered)
			s->at = j;
		found_another(e, now, (size_t)(s - e->supernodes), j);
		pong_taken(s, now, pong);
		return GOOD;
	}
	bool anew = restarted(s, now, pong->uptime);    /* by what it said before */
	pong_taken(s, now, pong);
	e->reg.pong_due = UINT64_MAX;
	if (anew) {
		e->reg.forgotten = true;
		register_again(e, now);
	}
	return GOOD;
}
