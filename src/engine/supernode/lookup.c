/* May there be a community of this name?  An unknown name costs the more the more expressions the community file has, and
 * strangers say what they like.  So names that were refused are remembered for a while, a source has so many new names a
 * second, and all together take no more than a small share of the time.
 */
#include "state.h"

void lookup_new(struct supernode *sn, uint64_t now)
{
	sn->lookup.words = bucket_of(LOOKUP_WORDS_MS, 1, LOOKUP_WORDS_BURST, now);
}

/* What was refused may be right by another file. */
void lookup_forget(struct supernode *sn)
{
	memset(sn->lookup.refused, 0, sizeof(sn->lookup.refused));
}

/* All behind one address, or an IPv6 network of /64.  Whoever is pushed out of the slot begins anew. */
static struct bucket *names_of(struct supernode *sn, uint64_t now, const struct addr *from)
{
	uint64_t who = hash_keyed(&sn->key, from->ip, from->family == ADDR_V6 ? 8 : 4);
	struct lookup_source *s = &sn->lookup.source[who % LOOKUP_SOURCES];
	if (s->who != who)
		*s = (struct lookup_source){ who, bucket_of(LOOKUP_NAMES_S, 1000, LOOKUP_NAMES_BURST, now) };
	return &s->names;
}

enum supernode_drop lookup_name(struct supernode *sn, uint64_t now, const struct addr *from, const uint8_t *name)
{
	uint64_t hash = hash_keyed(&sn->key, name, COMMUNITY_LEN);
	uint64_t *refused = &sn->lookup.refused[hash % LOOKUP_REFUSED];
	size_t words = patterns_words(sn->allowed->all);
	if (*refused == hash)
		return SUPERNODE_DROP_COMMUNITY;
	if (!bucket_take(names_of(sn, now, from), now, 1) || !bucket_take_all(&sn->lookup.words, now, words))
		return SUPERNODE_DROP_COMMUNITY_BUSY;
	if (allowed_matches(sn->allowed, name))
		return DROP_NONE;
	*refused = hash;
	return SUPERNODE_DROP_COMMUNITY;
}
