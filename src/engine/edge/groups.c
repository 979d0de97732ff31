/* The table of multicast groups: those wanted behind the TAP, and those sent to from there. */
#include "core/group.h"
#include "core/query.h"
#include "state.h"

static bool membership_start(struct edge *e, uint64_t now)
{
	struct membership_config config = { .fast_leave = e->config.fast_leave };
	e->groups.membership = membership_new(&config, &e->host, now);
	return e->groups.membership != NULL;
}

/* Each wanted group has its place, whatever is sent to. */
bool groups_new(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	if (!e->config.groups_max)
		return true;
	gs->on = true;
	size_t max = e->config.groups_max + MEMBERSHIP_MACS_MAX;
	gs->by_mac = table_new(max);
	gs->report_due = gs->advert_due = gs->solicit_due = UINT64_MAX;
	gs->sweep_due = now + GROUPS_SWEEP_MS;
	e->host.random(e->host.ctx, &gs->sequence, sizeof(gs->sequence));
	if (!pool_new(&gs->pool, sizeof(struct group), max) || !gs->by_mac ||
	    !pool_new(&gs->members, sizeof(struct list_member), e->config.groups_max * MEMBERS_PER_GROUP))
		return false;
	return !e->config.multicast || membership_start(e, now);
}

void groups_free(struct edge *e)
{
	struct groups *gs = &e->groups;
	if (gs->by_mac)
		table_free(gs->by_mac);
	membership_free(gs->membership);
	pool_free(&gs->members);
	pool_free(&gs->pool);
}

struct group *group_find(const struct edge *e, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_keyed(&e->key, mac, MAC_LEN);
	struct group *g;
	for (size_t at = table_first(e->groups.by_mac, hash); (g = table_next(e->groups.by_mac, hash, &at)); )
		if (mac_equal(g->mac, mac))
			return g;
	return NULL;
}

static void group_forget(struct edge *e, struct group *g)
{
	list_drop(e, g);
	table_remove(e->groups.by_mac, g->hash, g);
	pool_give(&e->groups.pool, g);
}

/* The longest unused goes first. */
static uint64_t group_worth(const void *item, const void *ctx)
{
	const struct group *g = item;
	(void)ctx;
	return g->local || g->asking ? POOL_KEEP : g->used_at;
}

static void replace_one(struct edge *e)
{
	struct group *oldest = pool_victim(&e->groups.pool, group_worth, NULL);
	drop(e, EDGE_DROP_GROUPS_FULL);
	if (oldest)
		group_forget(e, oldest);
}

struct group *group_get(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	struct groups *gs = &e->groups;
	struct group *g = group_find(e, mac);
	if (g)
		return g;
	if (!pool_left(&gs->pool))
		replace_one(e);
	if (!(g = pool_take(&gs->pool)))
		return NULL;
	g->hash = hash_keyed(&e->key, mac, MAC_LEN);
	(void)!table_add(gs->by_mac, g->hash, g);       /* as large as the pool */
	g->used_at = now;
	memcpy(g->mac, mac, MAC_LEN);
	return g;
}

/* The set has changed: it is reported, and shown in status. */
static void wanted_changed(struct edge *e, uint64_t now)
{
	const uint8_t (*mac)[MAC_LEN];
	size_t n = membership_macs(e->groups.membership, &mac);
	struct group *g;
	for (size_t at = 0; (g = pool_each(&e->groups.pool, &at)); )
		g->local = false;
	for (size_t i = 0; i < n; i++) {
		g = group_get(e, now, mac[i]);
		if (g)
			g->local = true;
	}
	report_changed(e, now);
}

static void wanted_check(struct edge *e, uint64_t now)
{
	uint32_t generation = membership_generation(e->groups.membership);
	if (generation == e->groups.wanted)
		return;
	e->groups.wanted = generation;
	wanted_changed(e, now);
}

bool groups_pass_out(struct edge *e, uint64_t now, const struct layers *frame)
{
	if (!e->groups.membership)
		return true;
	bool passes = membership_from_tap(e->groups.membership, now, frame);
	wanted_check(e, now);
	return passes;
}

bool groups_by_chance(const struct edge *e)
{
	return e->groups.membership && membership_by_chance(e->groups.membership);
}

bool groups_pass_in(struct edge *e, uint64_t now, const struct layers *frame)
{
	if (!e->groups.membership)
		return true;
	bool passes = membership_from_net(e->groups.membership, now, frame);
	if (membership_solicited(e->groups.membership))
		groups_newcomer(e);
	wanted_check(e, now);
	return passes;
}

static const uint8_t families[] = { ADDR_V4, ADDR_V6 };

/* Those behind the TAP, who may not know how to answer themselves, and may not say anything for two minutes. */
static void advertise(struct edge *e, uint64_t now)
{
	struct addr router;
	uint8_t frame[QUERY_FRAME_MAX];
	for (size_t i = 0; i < sizeof(families); i++) {
		if (!membership_router(e->groups.membership, now, families[i], &router))
			continue;
		struct query q = { .src = e->mac, .family = families[i], .source = &router, .interval_s = ADVERT_INTERVAL_S };
		(void)send_own(e, now, group_of_all, frame, query_put_advertisement(frame, &q), 1);
		e->groups.adverted = now;
	}
}

/* An edge in front of a router wants everything, so the question goes to no others. */
static void solicit(struct edge *e, uint64_t now)
{
	struct addr own = { .family = ADDR_V4 };
	uint8_t frame[QUERY_FRAME_MAX];
	memcpy(own.ip, e->address.ip, sizeof(e->address.ip));
	for (size_t i = 0; i < sizeof(families); i++) {
		struct query q = { .src = e->mac, .family = families[i], .source = i ? NULL : &own };
		(void)send_own(e, now, group_of_nobody, frame, query_put_solicitation(frame, &q), 1);
	}
}

static uint64_t routers_tick(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	if (e->reg.state != REG_KEEP)
		return UINT64_MAX;
	if (now >= gs->advert_due) {
		gs->advert_due = UINT64_MAX;
		advertise(e, now);
	}
	if (now >= gs->solicit_due) {
		gs->solicit_due = UINT64_MAX;
		solicit(e, now);
	}
	return earlier(gs->advert_due, gs->solicit_due);
}

/* Who comes with us has first to say what he wants: until then he would get what is for few. */
void groups_network_up(struct edge *e, uint64_t now)
{
	if (!e->groups.membership)
		return;
	membership_network_up(e->groups.membership, now);
	e->groups.advert_due = now;
	e->groups.solicit_due = now + SOLICIT_MS;
}

/* Somebody is new, or has asked. */
void groups_newcomer(struct edge *e)
{
	if (e->groups.membership)
		e->groups.advert_due = earlier(e->groups.advert_due, e->groups.adverted + ADVERT_GAP_MS);
}

bool groups_wanted(const struct edge *e, const uint8_t dst[static MAC_LEN])
{
	const struct membership *m = e->groups.membership;
	return !m || !group_is_snooped(dst) || membership_wants_all(m) || membership_has(m, dst);
}

void groups_heard(struct edge *e, uint64_t now, const uint8_t dst[static MAC_LEN], size_t frames, size_t bytes)
{
	struct group *g = e->groups.on && group_is_snooped(dst) ? group_find(e, dst) : NULL;
	if (!g)
		return;
	g->used_at = now;
	g->frames_in += frames;
	g->bytes_in += bytes;
}

static void sweep(struct edge *e, uint64_t now)
{
	size_t renewals = RENEWED_PER_SWEEP;
	struct group *g;
	for (size_t at = 0; (g = pool_each(&e->groups.pool, &at)); ) {
		if (g->listed && relay_works(e) && !list_serves(e, now, g))
			list_drop(e, g);
		if (g->listed && !list_is_current(e, g) && renewals && relay_works(e)) {
			list_renew(e, now, g);
			renewals--;
		}
		if (!g->local && !g->listed && !g->asking && now - g->used_at >= GROUP_IDLE_MS)
			group_forget(e, g);
	}
}

uint64_t multicast_tick(struct edge *e, uint64_t now)
{
	struct groups *gs = &e->groups;
	uint64_t due = UINT64_MAX;
	if (!gs->on)
		return UINT64_MAX;
	if (gs->membership) {
		due = membership_tick(gs->membership, now);
		wanted_check(e, now);
		due = earlier(due, routers_tick(e, now));
	}
	due = earlier(due, lists_tick(e, now));
	due = earlier(due, report_tick(e, now));
	if (!table_count(gs->by_mac))
		return due;
	if (now >= gs->sweep_due) {
		sweep(e, now);
		gs->sweep_due = now + GROUPS_SWEEP_MS;
	}
	return earlier(due, gs->sweep_due);
}

void edge_groups_info(const struct edge *e, struct edge_groups_info *out)
{
	const struct groups *gs = &e->groups;
	const uint8_t (*mac)[MAC_LEN];
	*out = (struct edge_groups_info){ .on = gs->on, .acknowledged = gs->acked, .old_supernode = gs->old };
	if (!gs->membership)
		return;
	out->membership = membership_info(gs->membership);
	out->wanted = membership_macs(gs->membership, &mac);
	out->wants_all = membership_wants_all(gs->membership);
}

/* While everything is wanted no group is marked, but those that a host has joined are known all the same. */
static bool is_wanted(const struct groups *gs, const struct group *g)
{
	return g->local || (gs->membership && membership_has(gs->membership, g->mac));
}

static const struct peer *peer_of(const struct edge *e, const struct list_member *m)
{
	const struct peer *p = peer_find(e, m->mac);
	return p && path_is_direct(&p->path) ? p : NULL;
}

bool edge_group_next(const struct edge *e, size_t *cursor, struct edge_group_info *out)
{
	const struct group *g = pool_each(&e->groups.pool, cursor);
	if (!g)
		return false;
	*out = (struct edge_group_info){
		.local = is_wanted(&e->groups, g), .listed = g->listed, .relay = g->relay, .members = g->members_n,
		.frames_in = g->frames_in, .bytes_in = g->bytes_in, .frames_out = g->frames_out,
		.bytes_out = g->bytes_out, .copies = g->copies, .suppressed = g->suppressed,
	};
	memcpy(out->mac, g->mac, MAC_LEN);
	if (e->groups.membership)
		out->addresses_n = membership_addresses(e->groups.membership, g->mac, out->addresses, EDGE_GROUP_ADDRESSES);
	for (const struct list_member *m = g->members; m; m = m->next) {
		out->direct += peer_of(e, m) != NULL;
		out->held |= m->held;
	}
	return true;
}

bool edge_group_member(const struct edge *e, size_t cursor, size_t *place, struct edge_group_member *out)
{
	bool there = cursor && cursor <= e->groups.pool.top && pool_is_used(&e->groups.pool, cursor - 1);
	const struct group *g = there ? pool_at(&e->groups.pool, cursor - 1) : NULL;
	const struct list_member *m = g ? g->members : NULL;
	for (size_t i = 0; m && i < *place; i++)
		m = m->next;
	if (!m)
		return false;
	++*place;
	const struct peer *p = peer_of(e, m);
	*out = (struct edge_group_member){ .direct = p != NULL, .endpoint = p ? p->path.endpoint.addr : m->told };
	memcpy(out->mac, m->mac, MAC_LEN);
	const struct peer *known = peer_find(e, m->mac);
	if (known) {
		out->address = known->address;
		memcpy(out->desc, known->desc, DESC_LEN);
	}
	return true;
}
