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
bool fanout_is_about_groups(const struct layers *frame)
{
	struct igmp message;
	if (frame->ipv4 ? frame->protocol != 2 : frame->ethertype != ETHERTYPE_IPV6)
		return false;
	igmp_view(&message, frame);
	return message.kind != IGMP_NONE && message.kind != IGMP_REFUSED;
}

struct peer *member_peer(const struct edge *e, const struct list_member *m)
{
	struct peer *p = pool_at(&e->peers.pool, m->peer_at);
	bool same = pool_is_used(&e->peers.pool, m->peer_at) && mac_equal(p->mac, m->mac);
	return same ? p : peer_find(e, m->mac);
}

bool member_is_over(const struct edge *e, uint64_t now, const struct list_member *m)
{
	return m->held && now >= e->groups.held_until;
}

/* Held: the supernode cannot reach it, so a path that has been silent is better than none. */
static bool is_reached(const struct edge *e, uint64_t now, const struct list_member *m, const struct peer *p)
{
	return contact_path(e, now, p) || (m->held && path_is_direct(&p->path));
}

struct peer *member_way(const struct edge *e, uint64_t now, const struct list_member *m)
{
	struct peer *p = member_peer(e, m);
	return p && is_reached(e, now, m, p) ? p : NULL;
}

/* Control, with those not heard of yet: contact is made a few at a time. */
static struct peer *member_new_peer(struct edge *e, uint64_t now, const struct list_member *m)
{
	if (!e->config.p2p || !relay_works(e) || !bucket_take(&e->group_contacts, now, 1))
		return NULL;
	struct peer *p = peer_add(e, now, m->mac);
	if (p)
		contact_listed(e, now, p, &m->told);
	return p;
}

void fanout_seek(struct edge *e, uint64_t now, struct group *g)
{
	list_wanted(e, now, g);
	list_release(e, now, g);
	if (!list_serves(e, now, g) || g->relay)
		return;
	for (struct list_member *m = g->members; m; m = m->next) {
		struct peer *p = member_peer(e, m);
		if (!p)
			p = member_new_peer(e, now, m);
		if (!p)
			continue;
		m->peer_at = (uint32_t)pool_index(&e->peers.pool, p);
		if (contact_member_is_due(e, now, p))
			contact_member(e, now, p);
	}
}

struct tally { size_t direct, relayed, held; bool due; };

static struct tally tally_of(const struct edge *e, uint64_t now, const struct group *g)
{
	struct tally t = { .due = list_is_due(e, now, g) };
	for (const struct list_member *m = g->members; m; m = m->next) {
		const struct peer *p = member_peer(e, m);
		bool direct = p && is_reached(e, now, m, p);
		if (member_is_over(e, now, m)) {
			t.due = true;
			continue;
		}
		t.direct += direct;
		t.relayed += !direct && !m->held;
		t.held += m->held;
		t.due = t.due || !p || p != pool_at(&e->peers.pool, m->peer_at) || contact_member_is_due(e, now, p);
	}
	return t;
}

static enum fanout fanout_to_members(struct edge *e, uint64_t now, const struct tally *t)
{
	if (!relay_works(e) || !t->relayed)
		return FANOUT_MEMBERS;
	e->reg.relayed = now;
	/* Whether the supernode would send to those that are held, for the group, cannot be known. */
	return !t->held && (!t->direct || t->relayed > FEW_RELAYED) ? FANOUT_RELAY : FANOUT_MEMBERS;
}

static enum fanout fanout_to_all(const struct edge *e, enum fanout by_relay)
{
	return relay_works(e) ? by_relay : FANOUT_PEERS;
}

enum fanout fanout_of(struct edge *e, uint64_t now, const struct layers *frame, struct group **found, bool *sought)
{
	struct group *g;
	*found = NULL;
	if (!e->groups.on || !group_is_snooped(frame->dst))
		return fanout_to_all(e, FANOUT_RELAY);
	if (fanout_is_about_groups(frame))
		return fanout_to_all(e, FANOUT_FLOOD);
	g = *found = group_find(e, frame->dst);
	*sought = !g;
	if (!g)
		return fanout_to_all(e, FANOUT_RELAY);
	g->used_at = now;
	struct tally t = tally_of(e, now, g);
	*sought = t.due;
	/* Each of two supernodes knows those that are with it. */
	if (move_serves(e) || !list_serves(e, now, g) || g->relay)
		return fanout_to_all(e, FANOUT_RELAY);
	if (t.direct || t.relayed || t.held)
		return fanout_to_members(e, now, &t);
	/* That nobody wants it must be known from who relays now. */
	return list_is_current(e, g) || !relay_works(e) ? FANOUT_NOBODY : FANOUT_RELAY;
}
