/* Who sends to a multicast group, and is told for a while who wants it (castnet(7)). */
#include "core/group.h"
#include "state.h"

static uint64_t hash_lease(const struct supernode *sn, const struct sn_group *g, const struct member *m)
{
	uint8_t key[8];
	put_be32(key, (uint32_t)pool_index(&sn->groups.groups, g));
	put_be32(key + 4, (uint32_t)pool_index(&sn->members, m));
	return hash_keyed(&sn->key, key, sizeof(key));
}

static struct lease *lease_find(const struct supernode *sn, const struct sn_group *g, const struct member *m)
{
	uint64_t hash = hash_lease(sn, g, m);
	struct lease *l;
	for (size_t at = table_first(sn->groups.leases_by, hash);
	     (l = table_next(sn->groups.leases_by, hash, &at)); )
		if (l->group == g && l->member == m)
			return l;
	return NULL;
}

static struct lease *lease_new(struct supernode *sn, struct sn_group *g, struct member *m)
{
	struct lease *l = m->leases_n < LEASES_PER_EDGE ? pool_take(&sn->groups.leases) : NULL;
	if (!l)
		return NULL;
	l->group = g;
	l->member = m;
	l->hash = hash_lease(sn, g, m);
	(void)!table_add(sn->groups.leases_by, l->hash, l);     /* as large as the pool */
	list_append(&m->leases, &l->in_member);
	list_append(&g->leases, &l->in_group);
	list_init(&l->in_age);
	m->leases_n++;
	if (!g->leases_n++)
		push_asked(g);
	return l;
}

static void lease_end(struct supernode *sn, struct lease *l)
{
	struct sn_group *g = l->group;
	table_remove(sn->groups.leases_by, l->hash, l);
	list_remove(&l->in_member);
	list_remove(&l->in_group);
	list_remove(&l->in_age);
	l->member->leases_n--;
	pool_give(&sn->groups.leases, l);
	if (!--g->leases_n) {
		push_unasked(sn, g);
	}
	group_unused(sn, g);
}

void sources_member_removed(struct supernode *sn, struct member *m)
{
	while (!list_empty(&m->leases))
		lease_end(sn, LIST_ITEM(m->leases.next, struct lease, in_member));
}

/* leases_by_age stays sorted, because a lease is as long for all. */
uint64_t sources_tick(struct supernode *sn, uint64_t now)
{
	while (!list_empty(&sn->groups.leases_by_age)) {
		struct lease *l = LIST_ITEM(sn->groups.leases_by_age.next, struct lease, in_age);
		if (now < l->until)
			return l->until;
		lease_end(sn, l);
	}
	return UINT64_MAX;
}

static bool is_relayed(const struct supernode *sn, const struct sn_group *g)
{
	return g->members_n + g->community->everything_n > sn->config.group_members_max;
}

/* Of a group that is relayed nobody is told who is in it, so nobody is told of changes either. */
bool group_renew(struct supernode *sn, struct sn_group *g)
{
	uint64_t print = is_relayed(sn, g) ? 1 : 2 + 2 * (g->print + g->community->everything_print);
	if (print == g->told_print)
		return false;
	g->told_print = print;
	g->generation = ++sn->groups.generation;
	return true;
}

/* Fills one part from the audience, and the entry that no longer fits stays in *next. */
static void part_fill(const struct supernode *sn, struct wire_group_members *part, struct audience *a,
                      const struct sink *asker, struct sink **next)
{
	enum { PART_LEN = 46, ENTRY_LEN_V4 = MAC_LEN + 8, ENTRY_LEN_V6 = MAC_LEN + 20 };
	size_t len = PART_LEN;
	part->count = 0;
	for (; *next; *next = audience_next(a)) {
		const struct member *m = (*next)->member;
		if (*next == asker || !m)
			continue;
		struct addr told = member_told(sn, m, asker);
		len += told.family == ADDR_V6 ? ENTRY_LEN_V6 : ENTRY_LEN_V4;
		if (len > WIRE_MEMBERS_LEN_MAX || part->count == WIRE_MEMBERS_MAX)
			return;
		memcpy(part->member[part->count].mac, m->mac, MAC_LEN);
		part->member[part->count++].socket = told;
	}
}

/* Called for each part in turn: m is filled, *next is who comes after.  Parts are counted by a first pass. */
static size_t parts_of(const struct supernode *sn, const struct sn_group *g, const struct sink *asker,
                       struct wire_message *m)
{
	struct audience a = audience_of(sn, g->community, g->mac);
	struct sink *next = audience_next(&a);
	size_t parts = 0;
	do {
		part_fill(sn, &m->members, &a, asker, &next);
		parts++;
	} while (next);
	return parts;
}

static size_t part_send(struct supernode *sn, struct sink *to, const struct wire_message *m)
{
	uint8_t mem[EMIT_ROOM];
	struct buf b = emit_encode(mem, m);
	if (!b.len) {
		sn->info.counts.drops[SUPERNODE_DROP_NO_ROOM]++;
		return 0;
	}
	return sink_send(sn, to, &b) ? b.len : 0;
}

static size_t list_send(struct supernode *sn, const struct sn_group *g, struct sink *to, uint32_t cookie,
                        uint16_t lease_s, bool relay)
{
	struct wire_message m;
	size_t bytes = 0;
	emit_begin(&m, WIRE_GROUP_MEMBERS, WIRE_FROM_SUPERNODE, g->community->name);
	m.members.cookie = cookie;
	memcpy(m.members.group, g->mac, MAC_LEN);
	m.members.generation = g->generation;
	m.members.lease = lease_s;
	m.members.flags = relay ? GROUP_MEMBERS_RELAY : 0;
	m.members.part = 0;
	m.members.parts = 1;
	m.members.count = 0;
	if (relay)
		return part_send(sn, to, &m);
	m.members.parts = (uint8_t)parts_of(sn, g, to, &m);
	struct audience a = audience_of(sn, g->community, g->mac);
	struct sink *next = audience_next(&a);
	for (; m.members.part < m.members.parts; m.members.part++) {
		part_fill(sn, &m.members, &a, to, &next);
		bytes += part_send(sn, to, &m);
	}
	return bytes;
}

size_t members_send(struct supernode *sn, const struct sn_group *g, const struct lease *l, uint64_t now)
{
	return list_send(sn, g, &l->member->sink, l->cookie, (uint16_t)((l->until - now) / 1000), is_relayed(sn, g));
}

static void lease_renew(struct supernode *sn, uint64_t now, struct lease *l, uint32_t cookie)
{
	l->cookie = cookie;
	l->until = now + 1000 * GROUP_LEASE_S;
	list_remove(&l->in_age);
	list_append(&sn->groups.leases_by_age, &l->in_age);
}

/* Without a place for the lease nobody would tell the source of changes, so it gets no list either. */
static enum supernode_drop answer_without_lease(struct supernode *sn, struct member *m,
                                                const struct wire_group_query *query)
{
	struct sn_group g = { .community = m->community };
	memcpy(g.mac, query->group, MAC_LEN);
	sn->info.counts.group_refused++;
	sn->info.counts.group_answers++;
	list_send(sn, &g, &m->sink, query->cookie, GROUP_LEASE_S, true);
	return DROP_NONE;
}

enum supernode_drop sn_group_query(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_group_query *query = &a->m.group_query;
	struct member *m = member_heard(sn, now, a, query->mac);
	if (!m)
		return SUPERNODE_DROP_UNREGISTERED;
	if (m->sink.trust != TRUST_CONFIRMED)
		return SUPERNODE_DROP_CLAIMED;
	if (!group_is_snooped(query->group))
		return SUPERNODE_DROP_GROUP_FLOODED;
	if (!bucket_take(&m->asks, now, 1) || !bucket_take(&m->told, now, 1))
		return SUPERNODE_DROP_ASKED_TOO_OFTEN;
	sn->info.counts.group_queries++;
	struct sn_group *g = sn_group_get(sn, m->community, query->group);
	if (!g)
		return answer_without_lease(sn, m, query);
	struct lease *l = lease_find(sn, g, m);
	if (!l && !(l = lease_new(sn, g, m))) {
		group_unused(sn, g);
		return answer_without_lease(sn, m, query);
	}
	lease_renew(sn, now, l, query->cookie);
	group_renew(sn, g);
	l->confirmed = g->generation;           /* if the answer is lost the source asks again */
	(void)!bucket_take(&m->told, now, members_send(sn, g, l, now));
	sn->info.counts.group_answers++;
	return DROP_NONE;
}

enum supernode_drop sn_group_members_ack(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_group_members_ack *ack = &a->m.members_ack;
	struct member *m = member_heard(sn, now, a, ack->mac);
	if (!m)
		return SUPERNODE_DROP_UNREGISTERED;
	struct sn_group *g = sn_group_find(sn, m->community, ack->group);
	struct lease *l = g ? lease_find(sn, g, m) : NULL;
	if (!l || l->cookie != ack->cookie)
		return SUPERNODE_DROP_GROUP_NO_LEASE;
	if (ack->generation == g->generation)
		l->confirmed = ack->generation;
	return DROP_NONE;
}
