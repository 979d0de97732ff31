#include "state.h"

static uint64_t hash_name(const struct supernode *sn, const uint8_t *name)
{
	return hash_keyed(&sn->key, name, COMMUNITY_LEN);
}

struct community *community_find(const struct supernode *sn, const uint8_t *name)
{
	uint64_t hash = hash_name(sn, name);
	struct community *c;
	for (size_t at = table_first(sn->by_name, hash); (c = table_next(sn->by_name, hash, &at)); )
		if (!memcmp(c->name, name, COMMUNITY_LEN))
			return c;
	return NULL;
}

enum supernode_drop community_refused(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	if (!a->m.community[0])
		return SUPERNODE_DROP_COMMUNITY;
	return !sn->allowed || a->community ? DROP_NONE : lookup_name(sn, now, &a->from->addr, a->m.community);
}

struct community *community_add(struct supernode *sn, const uint8_t *name)
{
	struct community *c = pool_take(&sn->communities);
	if (!c)
		return NULL;
	memcpy(c->name, name, COMMUNITY_LEN);
	list_init(&c->members);
	list_init(&c->confirmed);
	list_init(&c->claimed);
	list_init(&c->everything);
	list_init(&c->asked);
	c->news.of_community = true;
	(void)!table_add(sn->by_name, hash_name(sn, name), c);  /* as large as the pool */
	sn->info.communities++;
	return c;
}

void community_remove(struct supernode *sn, uint64_t now, struct community *c)
{
	c->fixed = true;                /* so that its last member leaves it to us */
	while (!list_empty(&c->members))
		member_remove(sn, now, LIST_ITEM(c->members.next, struct member, in_community));
	push_forget(sn, &c->news);
	network_drop(sn, c);
	table_remove(sn->by_name, hash_name(sn, c->name), c);
	pool_give(&sn->communities, c);
	sn->lately = NULL;
	sn->info.communities--;
}

/* One that nobody has proved to be in gives way, if such a one is found soon. */
void community_evict(struct supernode *sn, uint64_t now)
{
	enum { LOOKED_AT = 64 };
	struct list *at = sn->claimed.next;
	for (unsigned i = 0; i < LOOKED_AT && at != &sn->claimed; i++, at = at->next) {
		struct community *c = LIST_ITEM(at, struct member, proof.in_claimed)->community;
		if (c->confirmed_n || c->fixed)
			continue;
		sn->info.counts.drops[SUPERNODE_DROP_COMMUNITIES_FULL]++;
		community_remove(sn, now, c);
		return;
	}
}

/* Those that exist: which does the new file list?  By name: fixed, with its network. */
static void mark_listed(struct supernode *sn, const struct allowed *a)
{
	struct community *c;
	for (size_t at = 0; (c = pool_each(&sn->communities, &at)); ) {
		c->fixed = false;
		c->keys.n = 0;
		c->listed = allowed_matches(a, c->name);
	}
	for (size_t i = 0; i < a->names; i++)
		if ((c = community_find(sn, a->name[i].name)))
			c->listed = c->fixed = true;
}

static void forget_unlisted(struct supernode *sn, uint64_t now)
{
	struct community *c;
	for (size_t at = 0; (c = pool_each(&sn->communities, &at)); ) {
		if (!c->listed) {
			note_community(sn, c, "is no longer listed: its edges are forgotten");
			community_remove(sn, now, c);
		} else if (!c->fixed && !c->edges) {
			community_remove(sn, now, c);
		}
	}
}

/* There are at most communities_max names, so a name finds room when those only matched give way. */
static struct community *add_fixed(struct supernode *sn, uint64_t now, const uint8_t *name)
{
	struct community *c = community_find(sn, name), *other;
	for (size_t at = 0; !c && !(c = community_add(sn, name)) && (other = pool_each(&sn->communities, &at)); )
		if (!other->fixed)
			community_remove(sn, now, other);
	c->fixed = true;
	return c;
}

/* Networks from the file go first; then those chosen here that are in nobody's way stay as they are. */
static void share_networks(struct supernode *sn, const struct allowed *a)
{
	struct community *c;
	for (size_t at = 0; (c = pool_each(&sn->communities, &at)); )
		if (c->given_network || !network_fits(sn, c))
			network_drop(sn, c);
	for (size_t i = 0; i < a->names; i++)
		if (subnet_is_set(&a->name[i].network))
			network_give(sn, community_find(sn, a->name[i].name), &a->name[i].network);
	for (size_t at = 0; (c = pool_each(&sn->communities, &at)); )
		if (!subnet_is_set(&c->network))
			network_assign(sn, c);
}

bool supernode_load_communities(struct supernode *sn, uint64_t now, const char *text, size_t len, struct text *why)
{
	struct allowed *a = allowed_new(&sn->key, sn->config.communities_max, text, len, why);
	if (!a)
		return false;
	mark_listed(sn, a);
	forget_unlisted(sn, now);
	for (size_t i = 0; i < a->names; i++)
		add_fixed(sn, now, a->name[i].name)->keys = a->name[i].keys;
	allowed_free(sn->allowed);
	sn->allowed = a;
	lookup_forget(sn);
	share_networks(sn, a);
	note_loaded(sn, a);
	return true;
}
