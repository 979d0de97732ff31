/* Who wants which multicast group (castnet(7)).  An edge that has reported a list is in the groups of that list;
 * any other, also n2n's that never reports, is in community->everything.  So the audience of a group is two
 * lists, and a frame to it costs as much as it has members.
 */
#include <stdlib.h>

#include "core/group.h"
#include "state.h"

enum { REPORTS_LOST_MAX = 64 };

static uint64_t hash_group(const struct supernode *sn, const struct community *c, const uint8_t *mac)
{
	uint8_t key[8 + MAC_LEN];
	put_be32(key, 0);
	put_be32(key + 4, (uint32_t)pool_index(&sn->communities, c));
	memcpy(key + 8, mac, MAC_LEN);
	return hash_keyed(&sn->key, key, sizeof(key));
}

bool sn_groups_new(struct supernode *sn)
{
	size_t max = sn->config.groups_max;
	list_init(&sn->groups.leases_by_age);
	sn->host.random(sn->host.ctx, &sn->groups.generation, sizeof(sn->groups.generation));
	sn->groups.by_mac = table_new(2 * max);
	sn->groups.leases_by = table_new(max);
	sn->groups.heap = calloc(2 * max + sn->config.communities_max, sizeof(struct news *));
	return pool_new(&sn->groups.groups, sizeof(struct sn_group), 2 * max)
	       && pool_new(&sn->groups.memberships, sizeof(struct subscription), max)
	       && pool_new(&sn->groups.leases, sizeof(struct lease), max)
	       && sn->groups.by_mac && sn->groups.leases_by && sn->groups.heap;
}

void sn_groups_free(struct supernode *sn)
{
	table_free(sn->groups.by_mac);
	table_free(sn->groups.leases_by);
	free(sn->groups.heap);
	pool_free(&sn->groups.groups);
	pool_free(&sn->groups.memberships);
	pool_free(&sn->groups.leases);
}

struct sn_group *sn_group_find(const struct supernode *sn, const struct community *c, const uint8_t *mac)
{
	uint64_t hash = hash_group(sn, c, mac);
	struct sn_group *g;
	for (size_t at = table_first(sn->groups.by_mac, hash); (g = table_next(sn->groups.by_mac, hash, &at)); )
		if (mac_equal(g->mac, mac) && g->community == c)
			return g;
	return NULL;
}

struct sn_group *sn_group_get(struct supernode *sn, struct community *c, const uint8_t *mac)
{
	struct sn_group *g = sn_group_find(sn, c, mac);
	if (g || !(g = pool_take(&sn->groups.groups)))
		return g;
	memcpy(g->mac, mac, MAC_LEN);
	g->community = c;
	g->hash = hash_group(sn, c, mac);
	list_init(&g->in_asked);
	list_init(&g->members);
	list_init(&g->leases);
	(void)!table_add(sn->groups.by_mac, g->hash, g);        /* as large as the pool */
	return g;
}

void group_unused(struct supernode *sn, struct sn_group *g)
{
	if (g->members_n || g->leases_n)
		return;
	push_forget(sn, &g->news);
	table_remove(sn->groups.by_mac, g->hash, g);
	pool_give(&sn->groups.groups, g);
}

static void membership_add(struct supernode *sn, uint64_t now, struct member *m, const uint8_t *mac, struct list *before)
{
	struct subscription *ms = pool_take(&sn->groups.memberships);
	struct sn_group *g = sn_group_get(sn, m->community, mac);
	ms->member = m;
	ms->group = g;
	list_append(before, &ms->in_member);
	list_append(&g->members, &ms->in_group);
	g->members_n++;
	g->print += m->print;
	m->groups_n++;
	m->source->memberships++;
	push_soon(sn, now, g, 0);
}

static void membership_remove(struct supernode *sn, uint64_t now, struct subscription *ms)
{
	struct sn_group *g = ms->group;
	g->members_n--;
	g->print -= ms->member->print;
	ms->member->groups_n--;
	ms->member->source->memberships--;
	list_remove(&ms->in_member);
	list_remove(&ms->in_group);
	pool_give(&sn->groups.memberships, ms);
	push_soon(sn, now, g, 0);
	group_unused(sn, g);
}

static struct subscription *membership_at(const struct member *m, struct list *at)
{
	return at == &m->groups ? NULL : LIST_ITEM(at, struct subscription, in_member);
}

/* Both lists are sorted: what is in one only goes or comes, what is in both is not touched.  First goes what goes:
 * so there is room for what comes. */
static void list_replace(struct supernode *sn, uint64_t now, struct member *m, const struct wire_group_report *report)
{
	struct list *at = m->groups.next;
	struct subscription *ms;
	for (size_t i = 0; (ms = membership_at(m, at)); ) {
		int order = i < report->count ? memcmp(report->group[i], ms->group->mac, MAC_LEN) : 1;
		i += order <= 0;
		if (order < 0)
			continue;
		at = at->next;
		if (order > 0)
			membership_remove(sn, now, ms);
	}
	at = m->groups.next;
	for (size_t i = 0; i < report->count; i++) {
		const uint8_t *mac = report->group[i];
		if ((ms = membership_at(m, at)) && mac_equal(ms->group->mac, mac))
			at = at->next;
		else if (group_is_snooped(mac))
			membership_add(sn, now, m, mac, at);
	}
}

static void list_clear(struct supernode *sn, uint64_t now, struct member *m)
{
	while (!list_empty(&m->groups))
		membership_remove(sn, now, LIST_ITEM(m->groups.next, struct subscription, in_member));
}

static void everything_enter(struct supernode *sn, uint64_t now, struct member *m, uint64_t delay_ms)
{
	struct community *c = m->community;
	if (!list_empty(&m->in_everything))
		return;
	list_append(&c->everything, &m->in_everything);
	c->everything_n++;
	c->everything_print += m->print;
	push_all_soon(sn, now, c, delay_ms);
}

static void everything_leave(struct supernode *sn, uint64_t now, struct member *m)
{
	struct community *c = m->community;
	if (list_empty(&m->in_everything))
		return;
	list_remove(&m->in_everything);
	c->everything_n--;
	c->everything_print -= m->print;
	push_all_soon(sn, now, c, 0);
}

static void print_set(const struct supernode *sn, struct member *m)
{
	m->print = m->hash + endpoint_hash(&sn->key, &m->sink.endpoint);
}

/* Its report comes in a moment, when it is an edge that reports: until then sources need not hear of it. */
static void unreported(struct supernode *sn, uint64_t now, struct member *m)
{
	m->interest = SUPERNODE_UNREPORTED;
	everything_enter(sn, now, m, PUSH_GAP_MS);
	sn->host.random(sn->host.ctx, &m->epoch, sizeof(m->epoch));
}

void groups_member_new(const struct supernode *sn, struct member *m)
{
	list_init(&m->groups);
	list_init(&m->leases);
	list_init(&m->in_everything);
	print_set(sn, m);
}

void groups_member_added(struct supernode *sn, uint64_t now, struct member *m)
{
	print_set(sn, m);
	unreported(sn, now, m);
}

void groups_member_changed(struct supernode *sn, uint64_t now, struct member *m)
{
	uint64_t was = m->print;
	print_set(sn, m);
	for (struct list *at = m->groups.next; at != &m->groups; at = at->next) {
		struct sn_group *g = LIST_ITEM(at, struct subscription, in_member)->group;
		g->print += m->print - was;
		push_soon(sn, now, g, 0);
	}
	if (list_empty(&m->in_everything))
		return;
	m->community->everything_print += m->print - was;
	push_all_soon(sn, now, m->community, m->interest == SUPERNODE_UNREPORTED ? PUSH_GAP_MS : 0);
}

/* What the process before it wanted means nothing any more: the new one may be n2n's, which never reports. */
void groups_member_restarted(struct supernode *sn, uint64_t now, struct member *m)
{
	if (m->sink.trust != TRUST_CONFIRMED)
		return;
	sources_member_removed(sn, m);
	unreported(sn, now, m);
	list_clear(sn, now, m);
}

void groups_member_removed(struct supernode *sn, uint64_t now, struct member *m)
{
	sources_member_removed(sn, m);
	list_clear(sn, now, m);
	everything_leave(sn, now, m);
}

/* Edges behind one address leave half of the places to others, and when that is not free, three quarters.  A group has
 * its place when there is one for the membership: the pool is twice as large. */
static bool list_fits(const struct supernode *sn, const struct member *m, const struct wire_group_report *report)
{
	size_t max = sn->config.groups_max, left = pool_left(&sn->groups.memberships) + m->groups_n;
	size_t theirs = m->source->memberships - m->groups_n + report->count;
	if (report->count > left)
		return false;
	return theirs <= WIRE_GROUPS_MAX || theirs <= max / 4 || left - report->count >= max / 2 || addr_is_loopback(&m->sink.endpoint.addr);
}

/* Nobody is without what he wants at any time: first he enters, then he leaves. */
static void report_store(struct supernode *sn, uint64_t now, struct member *m, const struct wire_group_report *report)
{
	m->sequence = report->sequence;
	m->reported = true;
	if (report->flags & GROUP_REPORT_ALL || !list_fits(sn, m, report)) {
		m->interest = SUPERNODE_ALL;
		everything_enter(sn, now, m, 0);
		list_clear(sn, now, m);
		return;
	}
	m->interest = SUPERNODE_LIST;
	list_replace(sn, now, m, report);
	everything_leave(sn, now, m);
}

static bool follows(uint32_t sequence, uint32_t stored)
{
	return sequence - stored <= REPORTS_LOST_MAX;
}

/* A number from which to go on, newer than each of this quarter of all numbers. */
static uint32_t challenge(const struct supernode *sn, const struct member *m, uint32_t quarter)
{
	uint8_t key[8 + MAC_LEN];
	put_be32(key, m->proof.nonce);
	put_be32(key + 4, quarter);
	memcpy(key + 8, m->mac, MAC_LEN);
	return ((quarter + 1) << 30) + (uint32_t)hash_keyed(&sn->key, key, sizeof(key)) % (1u << 30);
}

/* A report can be forged by whoever knows MAC and endpoint.  So it has to follow one that is stored, or the number that
 * any other is answered, which only the member hears. */
static bool report_believed(const struct supernode *sn, const struct member *m, uint32_t sequence)
{
	if (m->reported && follows(sequence, m->sequence))
		return true;
	if (m->reported && follows(m->sequence, sequence))
		return false;           /* overtaken on its way */
	for (uint32_t quarter = 0; quarter < 4; quarter++)
		if (follows(sequence, challenge(sn, m, quarter)))
			return true;
	return false;
}

/* What it is told: that, an overtaken one what came before it, any other whence to go on. */
static uint32_t told_sequence(const struct supernode *sn, const struct member *m, uint32_t reported, bool stored)
{
	if (stored || (m->reported && follows(m->sequence, reported)))
		return m->sequence;
	return challenge(sn, m, reported >> 30);
}

static void report_answer(struct supernode *sn, struct member *m, const struct wire_group_report *report, bool stored)
{
	struct wire_message answer;
	bool as_all = stored && m->interest == SUPERNODE_ALL && !(report->flags & GROUP_REPORT_ALL);
	emit_begin(&answer, WIRE_GROUP_REPORT_ACK, WIRE_FROM_SUPERNODE, m->community->name);
	answer.group_ack = (struct wire_group_report_ack){
		.cookie = report->cookie, .sequence = told_sequence(sn, m, report->sequence, stored),
		.epoch = m->epoch,
		.flags = as_all ? GROUP_ACK_STORED_ALL : 0,
	};
	memcpy(answer.group_ack.mac, m->mac, MAC_LEN);
	sn->info.counts.group_reports++;
	sn->info.counts.group_reports_as_all += as_all;
	(void)sink_tell(sn, &m->sink, &answer);
}

enum supernode_drop sn_group_report(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_group_report *report = &a->m.group_report;
	struct member *m = member_heard(sn, now, a, report->mac);
	if (!m)
		return SUPERNODE_DROP_UNREGISTERED;
	if (m->sink.trust != TRUST_CONFIRMED)
		return SUPERNODE_DROP_CLAIMED;
	bool believed = report_believed(sn, m, report->sequence);
	if (believed && !bucket_take(&m->reports, now, 1))
		return SUPERNODE_DROP_REPORT_LIMIT;
	if (believed)
		report_store(sn, now, m, report);
	report_answer(sn, m, report, believed);
	return believed ? DROP_NONE : SUPERNODE_DROP_GROUP_OLD;
}

struct audience audience_of(const struct supernode *sn, struct community *c, const uint8_t *dst)
{
	struct audience a = { .all = !group_is_snooped(dst) };
	struct list *rest = a.all ? &c->confirmed : &c->everything;
	a.rest = rest->next;
	a.rest_end = rest;
	a.n = a.all ? c->confirmed_n : c->everything_n;
	if (!a.all)
		a.group = sn_group_find(sn, c, dst);
	if (a.group) {
		a.at = a.group->members.next;
		a.end = &a.group->members;
		a.n += a.group->members_n;
	}
	return a;
}

struct sink *audience_next(struct audience *a)
{
	struct list *at = a->at;
	if (at != a->end) {
		a->at = at->next;
		return &LIST_ITEM(at, struct subscription, in_group)->member->sink;
	}
	at = a->rest;
	if (at == a->rest_end)
		return NULL;
	a->rest = at->next;
	return a->all ? &LIST_ITEM(at, struct member, proof.in_community)->sink : &LIST_ITEM(at, struct member, in_everything)->sink;
}

bool supernode_group_next(const struct supernode *sn, size_t *cursor, struct supernode_group_info *out)
{
	const struct sn_group *g = pool_each(&sn->groups.groups, cursor);
	if (!g)
		return false;
	*out = (struct supernode_group_info){
		.members = g->members_n, .everything = g->community->everything_n, .sources = g->leases_n,
		.frames = g->frames, .copies = g->copies, .unwanted = g->unwanted,
	};
	memcpy(out->community, g->community->name, COMMUNITY_LEN);
	memcpy(out->mac, g->mac, MAC_LEN);
	return true;
}

bool supernode_group_member(const struct supernode *sn, size_t cursor, size_t *place, uint8_t mac[static MAC_LEN])
{
	if (!cursor || cursor > sn->groups.groups.top || !pool_is_used(&sn->groups.groups, cursor - 1))
		return false;
	const struct sn_group *g = pool_at(&sn->groups.groups, cursor - 1);
	if (*place >= g->members_n)
		return false;
	const struct list *at = g->members.next;
	for (size_t i = (*place)++; i; i--)
		at = at->next;
	memcpy(mac, LIST_ITEM(at, struct subscription, in_group)->member->mac, MAC_LEN);
	return true;
}
