/* Who shares an address: an IPv4 address, or an IPv6 network of /64, which is as easy to have.  What one of them may take
 * of the tables is limited, so that nobody fills them alone; and of what members there that prove nothing are flooded,
 * since all of it may be meant for one victim.
 */
#include "state.h"

enum { TRICKLE_BYTES = 32768 };         /* a second, and at once */

static struct addr prefix_of(const struct addr *a)
{
	struct addr p = { .family = a->family };
	memcpy(p.ip, a->ip, a->family == ADDR_V6 ? 8 : 4);
	return p;
}

static struct source *find(const struct supernode *sn, const struct addr *prefix, uint64_t hash)
{
	struct source *s;
	for (size_t at = table_first(sn->by_source, hash); (s = table_next(sn->by_source, hash, &at)); )
		if (addr_equal(&s->prefix, prefix))
			return s;
	return NULL;
}

struct source *source_find(const struct supernode *sn, const struct addr *a)
{
	struct addr prefix = prefix_of(a);
	return find(sn, &prefix, addr_hash(&sn->key, &prefix));
}

bool source_is_full(const struct supernode *sn, const struct addr *a)
{
	const struct source *s = source_find(sn, a);
	return s && sn->config.source_edges_max && s->members >= sn->config.source_edges_max && !addr_is_loopback(a);
}

struct source *source_enter(struct supernode *sn, uint64_t now, const struct addr *a)
{
	struct addr prefix = prefix_of(a);
	uint64_t hash = addr_hash(&sn->key, &prefix);
	struct source *s = find(sn, &prefix, hash);
	if (!s) {
		s = pool_take(&sn->sources);    /* as many as members */
		s->prefix = prefix;
		s->hash = hash;
		s->trickle = bucket_of(TRICKLE_BYTES, 1000, TRICKLE_BYTES, now);
		list_init(&s->claimed);
		(void)!table_add(sn->by_source, hash, s);
	}
	s->members++;
	return s;
}

void source_leave(struct supernode *sn, struct source *s)
{
	if (--s->members)
		return;
	table_remove(sn->by_source, s->hash, s);
	pool_give(&sn->sources, s);
}

bool source_lets(struct source *s, uint64_t now, size_t bytes)
{
	return bucket_take_all(&s->trickle, now, bytes);
}
