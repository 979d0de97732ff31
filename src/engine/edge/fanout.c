/* By which way a frame to a group goes to whom: exactly one to each (castnet(7)).
 *
 *	nobody wants it			nothing is sent
 *	directly reached		straight to it
 *	not, and these are few		to the supernode, for this member alone
 *	not, and these are many		to the supernode, for the group; nothing directly
 *	nothing is known		to the supernode, for the group
 */
#include "core/group.h"
#include "core/igmp.h"
#include "state.h"

/* What hosts and multicast routers say to each other about groups is for all of them, whatever group it is sent to. */
bool fanout_is_about_groups(const struct eth *frame)
{
	struct igmp message;
	if (frame->ipv4 ? frame->protocol != 2 : frame->ethertype != ETHERTYPE_IPV6)
		return false;
	igmp_view(&message, frame);
	return message.kind != IGMP_NONE && message.kind != IGMP_REFUSED;
}

struct peer *member_peer(const struct edge *e, struct list_member *m)
{
	struct peer *p = &e->peers.pool[m->peer_at];
	if (p->used && mac_equal(p->mac, m->mac))
		return p;
	p = peer_find(e, m->mac);
	if (p)
		m->peer_at = (uint32_t)(p - e->peers.pool);
	return p;
}

/* With those not heard of yet, contact is made a few at a time. */
static struct peer *member_new_peer(struct edge *e, uint64_t now, struct list_member *m)
{
	if (!e->config.p2p || !relay_works(e) || !bucket_take(&e->group_contacts, now, 1))
		return NULL;
	struct peer *p = peer_add(e, now, m->mac);
	if (!p)
		return NULL;
	m->peer_at = (uint32_t)(p - e->peers.pool);
	contact_listed(e, now, p, &m->told);
	return p;
}

static struct peer *member_path(struct edge *e, uint64_t now, struct list_member *m)
{
	struct peer *p = member_peer(e, m);
	if (!p)
		p = member_new_peer(e, now, m);
	if (p && contact_member(e, now, p))
		return p;
	/* Held: the supernode cannot reach it, so a path that has been silent is better than none. */
	return p && m->held && path_is_direct(&p->path) ? p : NULL;
}

static enum fanout fanout_to_members(struct edge *e, uint64_t now, struct group *g)
{
	size_t direct = 0, relayed = 0, held = 0;
	for (struct list_member *m = g->members; m; m = m->next) {
		m->to = member_path(e, now, m);
		direct += m->to != NULL;
		relayed += !m->to && !m->held;
		held += m->held;
	}
	if (!relay_works(e) || !relayed)
		return FANOUT_MEMBERS;
	e->reg.relayed = now;
	/* Whether the supernode would send to those that are held, for the group, cannot be known. */
	return !held && (!direct || relayed > FEW_RELAYED) ? FANOUT_RELAY : FANOUT_MEMBERS;
}

static enum fanout fanout_to_all(const struct edge *e, enum fanout by_relay)
{
	return relay_works(e) ? by_relay : FANOUT_PEERS;
}

enum fanout fanout_of(struct edge *e, uint64_t now, const struct eth *frame, struct group **found)
{
	struct group *g;
	*found = NULL;
	if (!e->groups.on || !group_is_snooped(frame->dst))
		return fanout_to_all(e, FANOUT_RELAY);
	if (fanout_is_about_groups(frame))
		return fanout_to_all(e, FANOUT_FLOOD);
	g = *found = group_get(e, now, frame->dst);
	if (!g)
		return fanout_to_all(e, FANOUT_RELAY);
	list_wanted(e, now, g);
	list_release(e, now, g);
	if (!list_serves(e, now, g) || g->relay)
		return fanout_to_all(e, FANOUT_RELAY);
	if (g->members)
		return fanout_to_members(e, now, g);
	/* That nobody wants it must be known from who relays now. */
	return list_is_current(e, g) || !relay_works(e) ? FANOUT_NOBODY : FANOUT_RELAY;
}
