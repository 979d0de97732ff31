/* Automatic addresses that were told to somebody and not yet claimed: for a moment nobody else is told them, so that
 * edges with one description that ask at the same time do not all get the same.  There are few places: when all are
 * used the oldest offer is forgotten.
 */
#include "state.h"

struct offer {
	struct list in_age;             /* sn->offers.by_age: the first ends first */
	uint64_t set, who;
	uint64_t place_hash, until;
	uint32_t ip;
};

bool offers_new(struct supernode *sn)
{
	list_init(&sn->offers.by_age);
	sn->offers.by_who = table_new(OFFERS_MAX);
	sn->offers.by_place = table_new(OFFERS_MAX);
	return pool_new(&sn->offers.pool, sizeof(struct offer), OFFERS_MAX) && sn->offers.by_who && sn->offers.by_place;
}

void offers_free(struct supernode *sn)
{
	table_free(sn->offers.by_who);
	table_free(sn->offers.by_place);
	pool_free(&sn->offers.pool);
}

static uint64_t hash_place(const struct supernode *sn, uint64_t set, uint32_t ip)
{
	return hash_keyed(&sn->key, (const uint64_t[]){ set, ip }, 16);
}

static uint64_t hash_who(const struct supernode *sn, uint64_t set, const struct endpoint *who)
{
	return endpoint_hash(&sn->key, who) ^ set;
}

static void forget(struct supernode *sn, struct offer *o)
{
	table_remove(sn->offers.by_who, o->who, o);
	table_remove(sn->offers.by_place, o->place_hash, o);
	list_remove(&o->in_age);
	pool_give(&sn->offers.pool, o);
}

/* Nobody has claimed it. */
static void withdraw(struct supernode *sn, struct offer *o)
{
	vacancy_leave(sn->addresses, o->set, o->ip);
	forget(sn, o);
}

void offer_claimed(struct supernode *sn, uint64_t set, uint32_t ip)
{
	uint64_t hash = hash_place(sn, set, ip);
	struct offer *o;
	for (size_t at = table_first(sn->offers.by_place, hash); (o = table_next(sn->offers.by_place, hash, &at)); )
		if (o->set == set && o->ip == ip) {
			forget(sn, o);
			return;
		}
}

uint32_t offer_of(struct supernode *sn, uint64_t now, uint64_t set, const struct endpoint *who)
{
	uint64_t hash = hash_who(sn, set, who);
	struct offer *o;
	while (!list_empty(&sn->offers.by_age)) {
		o = LIST_ITEM(sn->offers.by_age.next, struct offer, in_age);
		if (now < o->until)
			break;
		withdraw(sn, o);
	}
	size_t at = table_first(sn->offers.by_who, hash);
	if (!(o = table_next(sn->offers.by_who, hash, &at)))
		return 0;
	o->until = now + OFFER_MS;
	list_remove(&o->in_age);
	list_append(&sn->offers.by_age, &o->in_age);
	return o->ip;
}

void offer_make(struct supernode *sn, uint64_t now, uint64_t set, const struct endpoint *who, uint32_t ip)
{
	struct offer *o = pool_take(&sn->offers.pool);
	if (!o) {
		withdraw(sn, LIST_ITEM(sn->offers.by_age.next, struct offer, in_age));
		o = pool_take(&sn->offers.pool);
	}
	*o = (struct offer){ .set = set, .who = hash_who(sn, set, who), .place_hash = hash_place(sn, set, ip),
	                     .until = now + OFFER_MS, .ip = ip };
	(void)!table_add(sn->offers.by_who, o->who, o);         /* as large as the pool */
	(void)!table_add(sn->offers.by_place, o->place_hash, o);
	list_append(&sn->offers.by_age, &o->in_age);
	(void)!vacancy_take(sn->addresses, set, ip);            /* there is room for all members and offers */
}

uint32_t offer_steal(struct supernode *sn, uint64_t set)
{
	struct list *at = sn->offers.by_age.next;
	for (size_t n = 0; n < OFFERS_SEEN && at != &sn->offers.by_age; n++, at = at->next) {
		struct offer *o = LIST_ITEM(at, struct offer, in_age);
		if (o->set != set)
			continue;
		uint32_t ip = o->ip;
		withdraw(sn, o);
		return ip;
	}
	return 0;
}
