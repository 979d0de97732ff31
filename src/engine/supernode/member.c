#include "state.h"

/* Communities keep their slots. */
static uint64_t hash_in(const struct supernode *sn, const struct community *c, const uint8_t *what, size_t len)
{
	uint8_t key[4 + MAC_LEN];
	put_be32(key, (uint32_t)pool_index(&sn->communities, c));
	memcpy(key + 4, what, len);
	return hash_keyed(&sn->key, key, 4 + len);
}

struct member *member_find(const struct supernode *sn, const struct community *c, const uint8_t *mac)
{
	struct member *m;
	if (!c)
		return NULL;
	uint64_t hash = hash_in(sn, c, mac, MAC_LEN);
	for (size_t at = table_first(sn->by_mac, hash); (m = table_next(sn->by_mac, hash, &at)); )
		if (mac_equal(m->mac, mac) && m->community == c)
			return m;
	return NULL;
}

struct member *member_at(const struct supernode *sn, const struct community *c, const uint8_t *mac,
                         const struct endpoint *from)
{
	struct member *m = member_find(sn, c, mac);
	return m && endpoint_equal(&m->sink.endpoint, from) ? m : NULL;
}

struct member *member_heard(struct supernode *sn, uint64_t now, const struct arrival *a, const uint8_t *mac)
{
	struct member *m = member_at(sn, a->community, mac, a->from);
	if (!m)
		return NULL;
	m->heard = now;
	proof_heard(sn, now, m, arrival_bytes(a));
	if (m->contested)
		m->lives = sn->holder_lives = true;
	return m;
}

bool address_can_be_owned(const struct subnet *address)
{
	return subnet_ip(address) != 0 && subnet_ip(address) != 0xffffffff;
}

struct member *member_with_address(const struct supernode *sn, const struct community *c, const uint8_t ip[static 4])
{
	struct member *m;
	if (!c)
		return NULL;
	uint64_t hash = hash_in(sn, c, ip, 4);
	for (size_t at = table_first(sn->by_address, hash); (m = table_next(sn->by_address, hash, &at)); )
		if ((!memcmp(m->address.ip, ip, 4) || !memcmp(m->young_address.ip, ip, 4)) && m->community == c)
			return m;
	return NULL;
}

struct member *member_add(struct supernode *sn, uint64_t now, struct community *c, const uint8_t *mac,
                          const struct endpoint *endpoint)
{
	struct member *m = pool_take(&sn->members);
	if (!m)
		return NULL;
	m->community = c;
	m->since = m->registered = m->heard = now;
	m->sink = (struct sink){ .endpoint = *endpoint, .member = m };
	memcpy(m->mac, mac, MAC_LEN);
	m->hash = hash_in(sn, c, mac, MAC_LEN);
	(void)!table_add(sn->by_mac, m->hash, m);       /* as large as the pool */
	list_append(&c->members, &m->in_community);
	list_append(&sn->by_age, &m->in_age);
	list_init(&m->in_contests);
	m->floods = bucket_of(sn->config.flood_max, 1000, sn->config.flood_max, now);
	m->asks = bucket_of(ASKS, 1000, ASKS_BURST, now);
	m->told = bucket_of(TOLD, 1000, TOLD_BURST, now);
	m->reports = bucket_of(REPORTS, 1000, REPORTS_BURST, now);
	m->source = source_enter(sn, now, &endpoint->addr);
	groups_member_new(sn, m);
	proof_begin(sn, now, m);
	c->edges++;
	sn->info.edges++;
	return m;
}

void member_rename(struct supernode *sn, uint64_t now, struct member *m, const uint8_t *mac)
{
	table_remove(sn->by_mac, m->hash, m);
	memcpy(m->mac, mac, MAC_LEN);
	m->hash = hash_in(sn, m->community, mac, MAC_LEN);
	(void)!table_add(sn->by_mac, m->hash, m);       /* there is room: it was just in there */
	groups_member_changed(sn, now, m);
}

/* The address is one of the community's from now on, or no longer: for those who ask for one. */
static void address_enter(struct supernode *sn, struct member *m, const struct subnet *owned, uint64_t hash)
{
	if (!address_can_be_owned(owned))
		return;
	uint64_t set = address_set(sn, m->community->name);
	(void)!table_add(sn->by_address, hash, m);      /* has room for two of each */
	offer_claimed(sn, set, subnet_ip(owned));
	(void)!vacancy_take(sn->addresses, set, subnet_ip(owned));
}

static void address_leave(struct supernode *sn, struct member *m, const struct subnet *owned, uint64_t hash)
{
	struct community *c = m->community;
	if (!address_can_be_owned(owned))
		return;
	table_remove(sn->by_address, hash, m);
	if (!member_with_address(sn, c, owned->ip))
		vacancy_leave(sn->addresses, address_set(sn, c->name), subnet_ip(owned));
}

static void address_replace(struct supernode *sn, struct member *m, struct subnet *owned, uint64_t *hash,
                            const struct subnet *address)
{
	if (!memcmp(owned->ip, address->ip, 4)) {
		owned->prefix = address->prefix;
		return;
	}
	address_leave(sn, m, owned, *hash);
	*owned = *address;
	*hash = hash_in(sn, m->community, address->ip, 4);
	address_enter(sn, m, owned, *hash);
}

void member_set_address(struct supernode *sn, struct member *m, const struct subnet *address)
{
	address_replace(sn, m, &m->address, &m->address_hash, address);
}

void member_set_young_address(struct supernode *sn, struct member *m, const struct subnet *address)
{
	address_replace(sn, m, &m->young_address, &m->young_address_hash, address);
}

bool member_may_move(const struct supernode *sn, const struct member *m, const struct endpoint *to)
{
	return source_find(sn, &to->addr) == m->source || !source_is_full(sn, &to->addr);
}

void member_relocated(struct supernode *sn, uint64_t now, struct member *m)
{
	/* One of ours that has never been acknowledged answers no question yet. */
	bool answers = m->sink.trust == TRUST_CONFIRMED;
	proof_end(sn, now, m);
	source_leave(sn, m->source);
	m->source = source_enter(sn, now, &m->sink.endpoint.addr);
	proof_begin(sn, now, m);
	m->proof.acked = answers ? 0 : now;
}

/* why: counted as the refusal of the one that goes. */
static bool evict(struct supernode *sn, uint64_t now, struct member *m, enum supernode_drop why)
{
	sn->info.counts.drops[why]++;
	sn->info.counts.evicted++;
	member_remove(sn, now, m);
	return true;
}

bool member_evict(struct supernode *sn, uint64_t now)
{
	return !list_empty(&sn->claimed)
	       && evict(sn, now, LIST_ITEM(sn->claimed.next, struct member, proof.in_claimed), SUPERNODE_DROP_EDGES_FULL);
}

bool member_evict_of(struct supernode *sn, uint64_t now, const struct community *c)
{
	return !list_empty(&c->claimed)
	       && evict(sn, now, LIST_ITEM(c->claimed.next, struct member, proof.in_community), SUPERNODE_DROP_COMMUNITY_FULL);
}

bool member_evict_of_source(struct supernode *sn, uint64_t now, const struct addr *a)
{
	const struct source *s = source_find(sn, a);
	return s && !list_empty(&s->claimed)
	       && evict(sn, now, LIST_ITEM(s->claimed.next, struct member, proof.in_source), SUPERNODE_DROP_SOURCE_FULL);
}

/* by_age stays sorted, because time only grows and the life is the same for all. */
void member_refreshed(struct supernode *sn, uint64_t now, struct member *m)
{
	m->registered = m->heard = now;
	list_remove(&m->in_age);
	list_append(&sn->by_age, &m->in_age);
}

void member_remove(struct supernode *sn, uint64_t now, struct member *m)
{
	static const struct subnet none;
	struct community *c = m->community;
	contest_forget(m);
	proof_end(sn, now, m);
	source_leave(sn, m->source);
	table_remove(sn->by_mac, m->hash, m);
	member_set_address(sn, m, &none);
	member_set_young_address(sn, m, &none);
	list_remove(&m->in_community);
	list_remove(&m->in_age);
	pool_give(&sn->members, m);
	sn->info.edges--;
	if (--c->edges == 0 && !c->fixed)
		community_remove(sn, now, c);
}

void member_gone(struct supernode *sn, uint64_t now, struct member *m)
{
	if (!m->contested) {
		member_remove(sn, now, m);
		return;
	}
	struct request claim = m->claim;
	member_remove(sn, now, m);
	if (!claim.len)
		return;                 /* it was only asked whether it lives */
	claim.granted = true;
	/* The claimant may have been accepted with something else meanwhile. */
	const struct member *same = member_find(sn, community_find(sn, claim.community), claim.reg.mac);
	if (same && same->registered > claim.at)
		return;
	enum supernode_drop drop = sn_register(sn, now, &claim);
	if (drop != DROP_NONE)
		sn->info.counts.drops[drop]++;
}

uint64_t member_tick(struct supernode *sn, uint64_t now)
{
	while (!list_empty(&sn->by_age)) {
		struct member *m = LIST_ITEM(sn->by_age.next, struct member, in_age);
		if (now - m->registered < MEMBER_LIFE_MS)
			return m->registered + MEMBER_LIFE_MS;
		note_member(sn, now, m, "expired");
		member_gone(sn, now, m);
	}
	return UINT64_MAX;
}

struct addr member_told(const struct supernode *sn, const struct member *m, const struct sink *to)
{
	if (m->sink.trust != TRUST_CONFIRMED)
		return (struct addr){ .family = ADDR_NONE };
	const struct addr *own[] = { &to->local, &sn->outward[to->endpoint.addr.family == ADDR_V6] };
	if (!addr_is_loopback(&m->sink.endpoint.addr))
		return m->sink.endpoint.addr;
	if (addr_is_endpoint(&m->preferred))
		return m->preferred;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct addr told = *own[i];
		told.port = m->sink.endpoint.addr.port;
		if (addr_is_endpoint(&told))
			return told;
	}
	return (struct addr){ .family = ADDR_NONE };
}
