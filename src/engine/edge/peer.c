#include "state.h"

#include <stdlib.h>

bool peers_new(struct peers *ps, size_t max)
{
	ps->max = max;
	ps->pool = calloc(max, sizeof(*ps->pool));
	ps->by_mac = table_new(max);
	if (!ps->pool || !ps->by_mac)
		return false;
	for (size_t i = max; i-- > 0; ) {
		ps->pool[i].next_free = ps->free;
		ps->free = &ps->pool[i];
	}
	return true;
}

void peers_free(struct peers *ps)
{
	if (ps->by_mac)
		table_free(ps->by_mac);
	free(ps->pool);
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

void peer_remove(struct edge *e, struct peer *p)
{
	table_remove(e->peers.by_mac, p->hash, p);
	p->used = false;
	p->next_free = e->peers.free;
	e->peers.free = p;
}

/* Makes room: of the next few that have no direct path the longest silent one goes. */
static void replace_one(struct edge *e)
{
	struct peers *ps = &e->peers;
	struct peer *oldest = NULL;
	size_t window = ps->max < REPLACE_WINDOW ? ps->max : REPLACE_WINDOW;
	for (size_t i = 0; i < window; i++) {
		struct peer *p = &ps->pool[ps->replace_at];
		ps->replace_at = (ps->replace_at + 1) % ps->max;
		if (p->used && !p->direct && (!oldest || p->seen < oldest->seen))
			oldest = p;
	}
	drop(e, EDGE_DROP_PEERS_FULL);
	if (oldest)
		peer_remove(e, oldest);
}

struct peer *peer_add(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	if (!e->peers.free)
		replace_one(e);
	struct peer *p = e->peers.free;
	uint64_t hash = hash_keyed(&e->key, mac, MAC_LEN);
	if (!p || !table_add(e->peers.by_mac, hash, p))
		return NULL;
	e->peers.free = p->next_free;
	*p = (struct peer){ .used = true, .hash = hash, .added = now, .backoff = CONTACT_MIN_MS };
	memcpy(p->mac, mac, MAC_LEN);
	fdb_forget(e, mac);
	return p;
}

/* Behind an endpoint is one edge: if it has another MAC now, nothing goes there twice. */
static void leave_endpoint(struct edge *e, uint64_t now, const struct peer *to, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < e->peers.max; i++) {
		struct peer *p = &e->peers.pool[i];
		if (p->used && p != to && p->direct && endpoint_equal(&p->endpoint, endpoint))
			peer_relayed(e, now, p);
	}
}

void peer_direct(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *endpoint, uint32_t cookie)
{
	bool news = !p->direct || !endpoint_equal(&p->endpoint, endpoint);
	if (news)
		leave_endpoint(e, now, p, endpoint);
	p->direct = true;
	p->endpoint = *endpoint;
	p->cookie = cookie;
	if (!news)
		return;
	path_mtu_direct(e, now, p, endpoint);
	note_peer(e, now, p);
}

void peer_relayed(struct edge *e, uint64_t now, struct peer *p)
{
	if (!p->direct)
		return;
	p->direct = false;
	p->cookie = COOKIE_NONE;
	note_peer(e, now, p);
}

/* While no supernode answers, direct paths are all there is: they stay. */
static void peers_age(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->peers.max; i++) {
		struct peer *p = &e->peers.pool[i];
		if (!p->used || (p->direct && !relay_works(e)))
			continue;
		uint64_t since = p->seen ? p->seen : p->added;
		if (now - since >= PEER_AGE_MS)
			peer_remove(e, p);
	}
}

/* Without supernode nobody else keeps the NATs open or finds paths: a few peers per second. */
static void peers_patrol(struct edge *e, uint64_t now)
{
	size_t n = e->peers.max < PATROL_PEERS ? e->peers.max : PATROL_PEERS;
	for (size_t i = 0; i < n; i++) {
		struct peer *p = &e->peers.pool[e->peers.patrol_at];
		e->peers.patrol_at = (e->peers.patrol_at + 1) % e->peers.max;
		if (!p->used || !p->seen)
			continue;
		if (!p->direct)
			contact_again(e, now, p);
		else if (now - p->last_p2p >= PATROL_AFTER_MS)
			contact_probe(e, now, p, &p->endpoint, COOKIE_REGULAR);
	}
}

uint64_t peers_tick(struct edge *e, uint64_t now)
{
	if (now >= e->peers_due) {
		peers_age(e, now);
		fdb_age(e, now);
		e->peers_due = now + PEER_CHECK_MS;
	}
	if (relay_works(e) || !e->reg.ever || !e->config.p2p)
		return e->peers_due;
	if (now >= e->patrol_due) {
		peers_patrol(e, now);
		e->patrol_due = now + PATROL_MS;
	}
	return earlier(e->peers_due, e->patrol_due);
}

bool edge_peer_next(const struct edge *e, size_t *cursor, struct edge_peer_info *out)
{
	while (*cursor < e->peers.max) {
		const struct peer *p = &e->peers.pool[(*cursor)++];
		if (!p->used || !p->seen)
			continue;
		*out = (struct edge_peer_info){
			.address = p->address, .direct = p->direct && (!p->tries || !relay_works(e)), .last_seen = p->seen,
			.endpoint = p->direct ? p->endpoint.addr : p->public_endpoint,
			.path_mtu = p->direct ? (unsigned)p->path_mtu.mtu : 0,
			.frames_in = p->frames_in, .bytes_in = p->bytes_in,
			.frames_out = p->frames_out, .bytes_out = p->bytes_out,
		};
		memcpy(out->mac, p->mac, MAC_LEN);
		memcpy(out->desc, p->desc, DESC_LEN);
		return true;
	}
	return false;
}
