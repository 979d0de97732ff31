#include "state.h"

bool peers_new(struct peers *ps, size_t max)
{
	ps->by_mac = table_new(max);
	ps->by_endpoint = table_new(max);
	return pool_new(&ps->pool, sizeof(struct peer), max) && ps->by_mac && ps->by_endpoint;
}

void peers_free(struct peers *ps)
{
	if (ps->by_mac)
		table_free(ps->by_mac);
	if (ps->by_endpoint)
		table_free(ps->by_endpoint);
	pool_free(&ps->pool);
}

struct peer *peer_find(const struct edge *e, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_keyed(&e->key, mac, MAC_LEN);
	struct peer *p;
	for (size_t at = table_first(e->peers.by_mac, hash); (p = table_next(e->peers.by_mac, hash, &at)); )
		if (mac_equal(p->mac, mac))
			return p;
	return NULL;
}

static uint64_t endpoint_key(const struct edge *e, const struct peer *p)
{
	return endpoint_hash(&e->key, &p->path.endpoint);
}

/* The list is in the order in which paths were confirmed, or looked at again after our network changed. */
static void direct_append(struct peers *ps, struct peer *p)
{
	p->next_direct = NULL;
	p->prev_direct = ps->last_direct;
	*(p->prev_direct ? &p->prev_direct->next_direct : &ps->direct) = p;
	ps->last_direct = p;
}

static void direct_unlink(struct peers *ps, struct peer *p)
{
	*(p->prev_direct ? &p->prev_direct->next_direct : &ps->direct) = p->next_direct;
	*(p->next_direct ? &p->next_direct->prev_direct : &ps->last_direct) = p->prev_direct;
}

void peer_direct_last(struct edge *e, struct peer *p)
{
	direct_unlink(&e->peers, p);
	direct_append(&e->peers, p);
}

static void direct_remove(struct edge *e, struct peer *p)
{
	table_remove(e->peers.by_endpoint, endpoint_key(e, p), p);
	direct_unlink(&e->peers, p);
}

void peer_remove(struct edge *e, struct peer *p)
{
	if (path_is_direct(&p->path))
		direct_remove(e, p);
	table_remove(e->peers.by_mac, p->hash, p);
	pool_give(&e->peers.pool, p);
}

/* Of those that have no direct path the longest silent one goes first. */
static uint64_t peer_worth(const void *item, const void *ctx)
{
	const struct peer *p = item;
	(void)ctx;
	return path_is_direct(&p->path) ? POOL_KEEP : p->seen;
}

static void replace_one(struct edge *e)
{
	struct peer *oldest = pool_victim(&e->peers.pool, peer_worth, NULL);
	drop(e, EDGE_DROP_PEERS_FULL);
	if (oldest)
		peer_remove(e, oldest);
}

struct peer *peer_add(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	if (!pool_left(&e->peers.pool))
		replace_one(e);
	struct peer *p = pool_take(&e->peers.pool);
	if (!p)
		return NULL;
	p->hash = hash_keyed(&e->key, mac, MAC_LEN);
	(void)!table_add(e->peers.by_mac, p->hash, p);  /* as large as the pool */
	p->added = now;
	path_afresh(&p->path, now);
	p->path.network = e->peers.network;
	memcpy(p->mac, mac, MAC_LEN);
	fdb_forget(e, 0, mac);
	groups_newcomer(e);
	return p;
}

static struct peer *direct_at(const struct edge *e, const struct endpoint *endpoint)
{
	uint64_t hash = endpoint_hash(&e->key, endpoint);
	struct peer *p;
	for (size_t at = table_first(e->peers.by_endpoint, hash); (p = table_next(e->peers.by_endpoint, hash, &at)); )
		if (endpoint_equal(&p->path.endpoint, endpoint))
			return p;
	return NULL;
}

/* Behind an endpoint is one edge: if it has another MAC now, nothing goes there twice. */
void peer_direct(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *endpoint, uint32_t class)
{
	struct peer *there = direct_at(e, endpoint);
	if (there == p) {
		path_confirmed(&p->path, now, endpoint, class);
		return;
	}
	if (there)
		peer_relayed(e, now, there);
	if (path_is_direct(&p->path))
		direct_remove(e, p);
	path_confirmed(&p->path, now, endpoint, class);
	p->path.network = e->peers.network;
	direct_append(&e->peers, p);
	if (!table_add(e->peers.by_endpoint, endpoint_key(e, p), p)) {
		direct_unlink(&e->peers, p);
		path_lost(&p->path);
		return;
	}
	path_mtu_direct(e, now, p, endpoint);
	note_peer(e, now, p);
}

void peer_relayed(struct edge *e, uint64_t now, struct peer *p)
{
	if (!path_is_direct(&p->path))
		return;
	direct_remove(e, p);
	path_lost(&p->path);
	note_peer(e, now, p);
}

/* The next part of the pool.  While no supernode answers, direct paths are all there is: they stay. */
static void peers_age(struct edge *e, uint64_t now)
{
	for (size_t n = age_part(e->peers.pool.top); n; n--) {
		struct peer *p = pool_round(&e->peers.pool, &e->peers.age_at);
		if (!p || (path_is_direct(&p->path) && !relay_works(e)))
			continue;
		uint64_t since = p->seen ? p->seen : p->added;
		if (now - since >= PEER_AGE_MS)
			peer_remove(e, p);
	}
}

/* Without supernode nobody else keeps the NATs open or finds paths: a few peers per second. */
static void peers_patrol(struct edge *e, uint64_t now)
{
	for (size_t n = smaller(e->peers.pool.top, PATROL_PEERS); n; n--) {
		struct peer *p = pool_round(&e->peers.pool, &e->peers.patrol_at);
		if (!p || !p->seen)
			continue;
		if (!path_is_direct(&p->path))
			contact_again(e, now, p);
		else if (now - p->path.heard >= PATROL_AFTER_MS)
			contact_probe(e, now, p, &p->path.endpoint, COOKIE_REGULAR);
	}
}

uint64_t peers_tick(struct edge *e, uint64_t now)
{
	if (now >= e->peers_due) {
		peers_age(e, now);
		fdb_age(e, now);
		e->peers_due = now + PEER_CHECK_MS;
	}
	uint64_t due = earlier(e->peers_due, contact_recheck(e, now));
	if (relay_works(e) || !e->reg.ever || !e->config.p2p)
		return due;
	if (now >= e->patrol_due) {
		peers_patrol(e, now);
		e->patrol_due = now + PATROL_MS;
	}
	return earlier(due, e->patrol_due);
}

bool edge_peer_next(const struct edge *e, size_t *cursor, struct edge_peer_info *out)
{
	for (const struct peer *p; (p = pool_each(&e->peers.pool, cursor)); ) {
		if (!p->seen)
			continue;
		bool direct = path_is_direct(&p->path);
		*out = (struct edge_peer_info){
			.address = p->address, .direct = direct && (!p->path.tries || !relay_works(e)), .last_seen = p->seen,
			.heard = p->path.heard, .asked = p->path.asked,
			.endpoint = direct ? p->path.endpoint.addr : p->path.public_endpoint,
			.path_mtu = direct ? (unsigned)p->path.mtu.mtu : 0,
			.frames_in = p->frames_in, .bytes_in = p->bytes_in,
			.frames_out = p->frames_out, .bytes_out = p->bytes_out,
		};
		memcpy(out->mac, p->mac, MAC_LEN);
		memcpy(out->desc, p->desc, DESC_LEN);
		return true;
	}
	return false;
}
