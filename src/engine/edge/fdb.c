#include "state.h"

#include <stdlib.h>

bool fdb_new(struct fdb *f, size_t max)
{
	f->by_mac = table_new(max);
	f->held = calloc(FDB_COUNTS, sizeof(*f->held));
	return pool_new(&f->pool, sizeof(struct fdb_entry), max) && f->by_mac && f->held;
}

void fdb_free(struct fdb *f)
{
	if (f->by_mac)
		table_free(f->by_mac);
	free(f->held);
	pool_free(&f->pool);
}

static uint64_t key_hash(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	uint8_t key[2 + MAC_LEN];
	put_be16(key, vlan);
	memcpy(key + 2, mac, MAC_LEN);
	return hash_keyed(&e->key, key, sizeof(key));
}

static struct fdb_entry *find(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN], uint64_t hash)
{
	struct fdb_entry *entry;
	for (size_t at = table_first(e->fdb.by_mac, hash); (entry = table_next(e->fdb.by_mac, hash, &at)); )
		if (entry->vlan == vlan && mac_equal(entry->mac, mac))
			return entry;
	return NULL;
}

static struct fdb_entry *find_any(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	return table_count(e->fdb.by_mac) ? find(e, vlan, mac, key_hash(e, vlan, mac)) : NULL;
}

/* How many entries the edge has.  Two edges may share a count: the key is drawn, so nobody can choose with whom. */
static uint32_t *held_by(const struct edge *e, const uint8_t edge[static MAC_LEN])
{
	return &e->fdb.held[hash_keyed(&e->key, edge, MAC_LEN) % FDB_COUNTS];
}

static bool share_is_full(const struct edge *e, const uint8_t edge[static MAC_LEN])
{
	return *held_by(e, edge) >= (e->fdb.pool.max + FDB_SHARES - 1) / FDB_SHARES;
}

static void entry_remove(struct edge *e, struct fdb_entry *entry)
{
	struct fdb *f = &e->fdb;
	--*held_by(e, entry->edge);
	table_remove(f->by_mac, entry->hash, entry);
	pool_give(&f->pool, entry);
}

/* The longest silent goes first.  edge: only one of its own; NULL: whoever's. */
static uint64_t entry_worth(const void *item, const void *edge)
{
	const struct fdb_entry *entry = item;
	return !edge || mac_equal(entry->edge, edge) ? entry->seen : POOL_KEEP;
}

static void replace_one(struct edge *e, const uint8_t *edge)
{
	struct fdb_entry *oldest = pool_victim(&e->fdb.pool, entry_worth, edge);
	if (oldest)
		entry_remove(e, oldest);
}

const uint8_t *fdb_find(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	const struct fdb_entry *entry = find_any(e, vlan, mac);
	return entry && !entry->here ? entry->edge : NULL;
}

/* Counts: a host that moves does so now and then; what moves again and again is a frame that goes round. */
static void moved(struct fdb_entry *entry, uint64_t now)
{
	if (!within(entry->moves_since, now, MOVES_MS)) {
		entry->moves_since = now;
		entry->moves = 0;
	}
	if (++entry->moves >= MOVES_MAX)
		entry->looped = now;
}

/* An edge that has its share pushes out its own. */
static bool share_leaves_room(struct edge *e, const uint8_t edge[static MAC_LEN])
{
	if (!share_is_full(e, edge))
		return true;
	drop(e, EDGE_DROP_FDB_SHARE);
	replace_one(e, edge);
	return !share_is_full(e, edge);
}

/* NULL: no room. */
static struct fdb_entry *entry_add(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN],
                                   const uint8_t edge[static MAC_LEN])
{
	struct fdb *f = &e->fdb;
	uint64_t hash = key_hash(e, vlan, mac);
	if (!share_leaves_room(e, edge))
		return NULL;
	if (!pool_left(&f->pool))
		replace_one(e, NULL);
	struct fdb_entry *entry = pool_take(&f->pool);
	if (!entry)
		return NULL;
	(void)!table_add(f->by_mac, hash, entry);       /* as large as the pool */
	entry->vlan = vlan;
	entry->hash = hash;
	memcpy(entry->mac, mac, MAC_LEN);
	memcpy(entry->edge, edge, MAC_LEN);
	++*held_by(e, edge);
	return entry;
}

/* False: its new edge has its share, and the entry is gone. */
static bool entry_moves(struct edge *e, struct fdb_entry *entry, const uint8_t edge[static MAC_LEN])
{
	if (mac_equal(entry->edge, edge))
		return true;
	if (!share_leaves_room(e, edge)) {
		entry_remove(e, entry);
		return false;
	}
	--*held_by(e, entry->edge);
	++*held_by(e, edge);
	memcpy(entry->edge, edge, MAC_LEN);
	return true;
}

/* A MAC that an edge itself uses is not learnt behind another: nobody takes it away like that. */
void fdb_learn(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN],
               const uint8_t edge[static MAC_LEN])
{
	struct fdb_entry *entry = find_any(e, vlan, mac);
	if (!entry) {
		const struct peer *p = peer_find(e, mac);
		entry = p && p->seen ? NULL : entry_add(e, vlan, mac, edge);
	}
	if (!entry)
		return;
	if (entry->here)
		moved(entry, now);
	entry->here = false;
	if (entry_moves(e, entry, edge))
		entry->seen = now;
}

void fdb_forget(struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	struct fdb_entry *entry = find_any(e, vlan, mac);
	if (entry)
		entry_remove(e, entry);
}

void fdb_here(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	struct fdb_entry *entry = find_any(e, vlan, mac);
	if (!entry)
		return;
	if (!entry->here)
		moved(entry, now);
	entry->here = true;
}

/* With the move that is to be counted. */
static uint64_t looped(const struct fdb_entry *entry, uint64_t now)
{
	bool again = within(entry->moves_since, now, MOVES_MS) && entry->moves + 1 >= MOVES_MAX;
	return again ? now : entry->looped;
}

uint64_t fdb_heard(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN],
                   const uint8_t edge[static MAC_LEN])
{
	struct fdb_entry *entry = find_any(e, vlan, mac);
	bool itself = mac_equal(mac, edge);
	if (!entry) {
		if (!itself && !mac_is_group(mac) && !mac_is_null(mac))
			errand_learn(e, vlan, mac, edge);
		return 0;
	}
	if (itself || entry->here || !mac_equal(entry->edge, edge)) {
		errand_learn(e, vlan, mac, edge);
		return entry->here ? looped(entry, now) : entry->looped;
	}
	entry->seen = now;
	return entry->looped;
}

bool fdb_sent(struct edge *e, uint64_t now, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	const struct fdb_entry *entry = find_any(e, vlan, mac);
	if (!entry)
		return true;
	if (entry->here)
		return !within(entry->looped, now, LOOP_MS);
	errand_here(e, vlan, mac);
	return !within(looped(entry, now), now, LOOP_MS);
}

void fdb_age(struct edge *e, uint64_t now)
{
	if (!table_count(e->fdb.by_mac))
		return;
	for (size_t n = age_part(e->fdb.pool.top); n; n--) {
		struct fdb_entry *entry = pool_round(&e->fdb.pool, &e->fdb.age_at);
		if (entry && now - entry->seen >= FDB_AGE_MS)
			entry_remove(e, entry);
	}
}
