/* Who wants the groups that are sent to from here: asked, told in parts, kept for a lease (castnet(7)).
 *
 * A supernode that was restarted, or another one that edges move to, does not know all members at once.  So after
 * it was lost the members of a list that are reached directly are held for a while beside those of the new list.
 */
#include "state.h"

static void members_free(struct groups *gs, struct list_member **list)
{
	for (struct list_member *m; (m = *list); ) {
		*list = m->next;
		pool_give(&gs->members, m);
	}
}

static void coming_drop(struct groups *gs, struct group *g)
{
	members_free(gs, &g->coming);
	g->coming_on = false;
}

static void asking_end(struct groups *gs, struct group *g)
{
	if (!g->asking)
		return;
	struct group **at = &gs->asking;
	while (*at != g)
		at = &(*at)->next_asking;
	*at = g->next_asking;
	g->asking = false;
}

void list_drop(struct edge *e, struct group *g)
{
	coming_drop(&e->groups, g);
	asking_end(&e->groups, g);
	members_free(&e->groups, &g->members);
	g->members_n = 0;
	g->listed = g->relay = false;
}

void lists_hold(struct edge *e, uint64_t now)
{
	e->groups.round++;
	e->groups.held_until = now + HOLD_MS;
	e->groups.sweep_due = now;
}

bool list_is_current(const struct edge *e, const struct group *g) { return g->listed && g->round == e->groups.round; }

/* While no supernode relays, a list is as good as its lease.  After that it cannot be known who has joined. */
bool list_serves(const struct edge *e, uint64_t now, const struct group *g)
{
	if (!g->listed)
		return false;
	if (!relay_works(e) || list_is_current(e, g))
		return now < g->expires;
	return now < e->groups.held_until;
}

static void ask(struct edge *e, uint64_t now, struct group *g)
{
	send_group_query(e, g->mac, g->cookie);
	g->ask_due = now + ((uint64_t)QUERY_RETRY_MS << g->tries);
	g->tries++;
}

/* The same cookie again, as long as the list is good: so news that are on their way still count. */
static void ask_start(struct edge *e, uint64_t now, struct group *g)
{
	if (!list_is_current(e, g) || now >= g->expires) {
		g->cookie = register_cookie(e);
		coming_drop(&e->groups, g);
	}
	if (!g->asking) {
		g->next_asking = e->groups.asking;
		e->groups.asking = g;
	}
	g->asking = true;
	g->asked_round = e->groups.round;
	g->tries = 0;
	ask(e, now, g);
}

bool list_is_due(const struct edge *e, uint64_t now, const struct group *g)
{
	return e->reg.state == REG_KEEP && !e->groups.old &&
	       (g->asked_round != e->groups.round || (!g->asking && now >= g->refresh_due));
}

void list_wanted(struct edge *e, uint64_t now, struct group *g)
{
	g->used_at = now;
	if (list_is_due(e, now, g))
		ask_start(e, now, g);
}

/* What is being sent to is asked for anew before the next frame comes, when the supernode is another. */
void list_renew(struct edge *e, uint64_t now, struct group *g)
{
	if (e->reg.state == REG_KEEP && !e->groups.old && g->asked_round != e->groups.round)
		ask_start(e, now, g);
}

/* A supernode that has acknowledged no report either knows no groups: it relays to all, also to those on no list. */
static bool is_unlistable(const struct edge *e, const struct group *g)
{
	return relay_works(e) && !e->groups.epoch_known && !list_is_current(e, g);
}

/* Unanswered: after the last try the relay serves, and some time later a frame asks again. */
static void ask_again(struct edge *e, uint64_t now, struct group *g)
{
	if (g->tries < QUERY_TRIES && e->reg.state == REG_KEEP) {
		ask(e, now, g);
		return;
	}
	asking_end(&e->groups, g);
	g->refresh_due = now + QUERY_AGAIN_MS;
	if (is_unlistable(e, g))
		list_drop(e, g);
}

void lists_ask_now(struct edge *e, uint64_t now)
{
	for (struct group *g = e->groups.asking; g; g = g->next_asking)
		g->ask_due = now;
}

uint64_t lists_tick(struct edge *e, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	for (struct group *g = e->groups.asking, *next; g; g = next) {
		next = g->next_asking;
		if (now >= g->ask_due)
			ask_again(e, now, g);
		if (g->asking)
			due = earlier(due, g->ask_due);
	}
	return due;
}

static bool is_older(uint32_t a, uint32_t b) { return (a - b) & 0x80000000; }

static bool coming_complete(const struct group *g)
{
	for (unsigned part = 0; part < g->coming_parts; part++)
		if (!(g->coming_seen[part / 8] & 1u << part % 8))
			return false;
	return true;
}

/* One part.  False: it is of an older list than others that have come. */
static bool coming_add(struct edge *e, struct group *g, const struct wire_group_members *told)
{
	if (g->coming_on && is_older(told->generation, g->coming_generation))
		return false;
	if (!g->coming_on || told->generation != g->coming_generation || told->parts != g->coming_parts) {
		coming_drop(&e->groups, g);
		g->coming_on = true;
		g->coming_overflow = false;
		g->coming_generation = told->generation;
		g->coming_parts = told->parts;
		memset(g->coming_seen, 0, sizeof(g->coming_seen));
	}
	uint8_t bit = (uint8_t)(1u << told->part % 8), *seen = &g->coming_seen[told->part / 8];
	for (size_t i = 0; i < told->count && !(*seen & bit); i++) {
		if (mac_equal(told->member[i].mac, e->mac))
			continue;
		struct list_member *m = pool_take(&e->groups.members);
		if (!m) {
			g->coming_overflow = true;
			break;
		}
		*m = (struct list_member){ .next = g->coming, .told = told->member[i].socket };
		memcpy(m->mac, told->member[i].mac, MAC_LEN);
		g->coming = m;
	}
	*seen |= bit;
	return true;
}

static struct list_member *member_in(struct list_member *list, const uint8_t mac[static MAC_LEN])
{
	while (list && !mac_equal(list->mac, mac))
		list = list->next;
	return list;
}

/* Those of the old list that the new one does not have, while they may still be on their way back. */
static void hold_members(struct edge *e, uint64_t now, struct group *g, bool other_round)
{
	struct list_member **at = &g->members;
	if (now >= e->groups.held_until)
		return;
	for (struct list_member *m; (m = *at); ) {
		struct peer *p = peer_find(e, m->mac);
		if ((!other_round && !m->held) || !p || !path_is_direct(&p->path) || member_in(g->coming, m->mac)) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		m->held = true;
		m->next = g->coming;
		g->coming = m;
	}
}

void list_release(struct edge *e, uint64_t now, struct group *g)
{
	struct list_member **at = &g->members;
	if (now < e->groups.held_until)
		return;
	for (struct list_member *m, *gone; (m = *at); ) {
		if (!m->held) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		m->next = NULL;
		gone = m;
		members_free(&e->groups, &gone);
		g->members_n--;
	}
}

static void list_take(struct edge *e, uint64_t now, struct group *g, bool relay)
{
	bool other_round = g->listed && g->round != e->groups.round;
	if (relay)
		coming_drop(&e->groups, g);
	else
		hold_members(e, now, g, other_round);
	members_free(&e->groups, &g->members);
	g->members = g->coming;
	g->coming = NULL;
	g->coming_on = false;
	g->members_n = 0;
	for (struct list_member *m = g->members; m; m = m->next) {
		struct peer *p = member_peer(e, m);
		g->members_n++;
		if (p)
			m->peer_at = (uint32_t)pool_index(&e->peers.pool, p);
		if (p && !m->held)
			contact_listed(e, now, p, &m->told);
	}
	g->listed = true;
	g->relay = relay;
	g->round = e->groups.round;
	e->info.counts.group_lists++;
}

static void lease_take(struct edge *e, uint64_t now, struct group *g, uint16_t lease_s)
{
	uint64_t lease_ms = (uint64_t)lease_s * 1000;
	g->expires = now + lease_ms;
	if (g->asking)
		g->refresh_due = now + lease_ms * 2 / 3;
	else
		send_group_members_ack(e, g->mac, g->cookie, g->generation);
	asking_end(&e->groups, g);
}

/* The answer to a query, or news.  A list is used when all its parts have come. */
enum edge_drop list_told(struct edge *e, uint64_t now, const struct wire_group_members *told)
{
	struct group *g = e->groups.on ? group_find(e, told->group) : NULL;
	if (!g || (!g->listed && !g->asking) || told->cookie != g->cookie || g->asked_round != e->groups.round)
		return EDGE_DROP_UNEXPECTED;
	if (list_is_current(e, g) && is_older(told->generation, g->generation))
		return EDGE_DROP_GROUP_LATE;
	if (list_is_current(e, g) && told->generation == g->generation) {
		if (told->part == 0)
			lease_take(e, now, g, told->lease);
		return GOOD;
	}
	if (!coming_add(e, g, told))
		return EDGE_DROP_GROUP_LATE;
	if (!coming_complete(g))
		return GOOD;
	if (g->coming_overflow)
		drop(e, EDGE_DROP_GROUPS_FULL);
	list_take(e, now, g, told->flags & GROUP_MEMBERS_RELAY || g->coming_overflow);
	g->generation = told->generation;
	lease_take(e, now, g, told->lease);
	return GOOD;
}
