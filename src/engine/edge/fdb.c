#include "state.h"

#include <stdlib.h>

bool fdb_new(struct fdb *f, size_t max)
{
	f->max = max;
	f->pool = calloc(max, sizeof(*f->pool));
	f->by_mac = table_new(max);
	if (!f->pool || !f->by_mac)
		return false;
	for (size_t i = max; i-- > 0; ) {
		f->pool[i].next_free = f->free;
		f->free = &f->pool[i];
	}
	return true;
}

void fdb_free(struct fdb *f)
{
	if (f->by_mac)
		table_free(f->by_mac);
	free(f->pool);
}

static struct fdb_entry *find(const struct edge *e, const uint8_t mac[static MAC_LEN], uint64_t hash)
{
	struct fdb_entry *entry;
	for (size_t at = table_first(e->fdb.by_mac, hash); (entry = table_next(e->fdb.by_mac, hash, &at)); )
		if (mac_equal(entry->mac, mac))
			return entry;
	return NULL;
}

static void entry_remove(struct fdb *f, struct fdb_entry *entry)
{
	table_remove(f->by_mac, entry->hash, entry);
	entry->used = false;
	entry->next_free = f->free;
	f->free = entry;
}

/* Makes room: the longest silent of the next few goes. */
static void replace_one(struct fdb *f)
{
	struct fdb_entry *oldest = NULL;
	size_t window = f->max < REPLACE_WINDOW ? f->max : REPLACE_WINDOW;
	for (size_t i = 0; i < window; i++) {
		struct fdb_entry *entry = &f->pool[f->replace_at];
		f->replace_at = (f->replace_at + 1) % f->max;
		if (entry->used && (!oldest || entry->seen < oldest->seen))
			oldest = entry;
	}
	if (oldest)
		entry_remove(f, oldest);
}

const uint8_t *fdb_find(const struct edge *e, const uint8_t mac[static MAC_LEN])
{
	if (!table_count(e->fdb.by_mac))
		return NULL;
	struct fdb_entry *entry = find(e, mac, hash_keyed(&e->key, mac, MAC_LEN));
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

/* A MAC that an edge itself uses is not learnt behind another: nobody takes it away like that. */
uint64_t fdb_learn(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN], const uint8_t edge[static MAC_LEN])
{
	struct fdb *f = &e->fdb;
	uint64_t hash = hash_keyed(&e->key, mac, MAC_LEN);
	struct fdb_entry *entry = find(e, mac, hash);
	if (!entry) {
		const struct peer *p = peer_find(e, mac);
		if (mac_is_group(mac) || mac_is_null(mac) || (p && p->seen))
			return 0;
		if (!f->free)
			replace_one(f);
		entry = f->free;
		if (!entry || !table_add(f->by_mac, hash, entry))
			return 0;
		f->free = entry->next_free;
		memcpy(entry->mac, mac, MAC_LEN);
		entry->hash = hash;
		entry->used = true;
		entry->here = false;
		entry->moves = 0;
		entry->moves_since = entry->looped = 0;
	}
	if (entry->here)
		moved(entry, now);
	entry->here = false;
	memcpy(entry->edge, edge, MAC_LEN);
	entry->seen = now;
	return entry->looped;
}

void fdb_forget(struct edge *e, const uint8_t mac[static MAC_LEN])
{
	if (!table_count(e->fdb.by_mac))
		return;
	struct fdb_entry *entry = find(e, mac, hash_keyed(&e->key, mac, MAC_LEN));
	if (entry)
		entry_remove(&e->fdb, entry);
}

bool fdb_here(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	if (!table_count(e->fdb.by_mac))
		return true;
	struct fdb_entry *entry = find(e, mac, hash_keyed(&e->key, mac, MAC_LEN));
	if (!entry)
		return true;
	if (!entry->here)
		moved(entry, now);
	entry->here = true;
	return !within(entry->looped, now, LOOP_MS);
}

void fdb_age(struct edge *e, uint64_t now)
{
	if (!table_count(e->fdb.by_mac))
		return;
	for (size_t i = 0; i < e->fdb.max; i++)
		if (e->fdb.pool[i].used && now - e->fdb.pool[i].seen >= FDB_AGE_MS)
			entry_remove(&e->fdb, &e->fdb.pool[i]);
}
