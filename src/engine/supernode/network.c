/* Automatic overlay addresses (specification 13.6): a network per community, an address per edge. */
#include "state.h"

static uint64_t hash_network(const struct supernode *sn, const struct subnet *network)
{
	return hash_keyed(&sn->key, network->ip, 4);
}

static struct subnet subnet_of(uint32_t ip, uint8_t prefix)
{
	struct subnet s = { .prefix = prefix };
	put_be32(s.ip, ip);
	return s;
}

/* A network of the file that overlaps, or NULL. */
static const struct subnet *given_overlap(const struct supernode *sn, const struct subnet *network)
{
	for (size_t i = 0; sn->allowed && i < sn->allowed->names; i++) {
		const struct subnet *given = &sn->allowed->name[i].network;
		uint32_t mask = subnet_mask(given->prefix < network->prefix ? given->prefix : network->prefix);
		if (subnet_is_set(given) && !((subnet_ip(given) ^ subnet_ip(network)) & mask))
			return given;
	}
	return NULL;
}

/* The network that is in the way, or NULL.  All that were chosen here are blocks of one size: one of
 * them is in the way of another only if they are equal. */
static const struct subnet *overlap(const struct supernode *sn, const struct subnet *network)
{
	uint64_t hash = hash_network(sn, network);
	const struct community *c;
	for (size_t at = table_first(sn->by_network, hash); (c = table_next(sn->by_network, hash, &at)); )
		if (subnet_equal(&c->network, network))
			return &c->network;
	return given_overlap(sn, network);
}

/* Next to what is in the way, on its lower or upper side: so no network is looked at twice. */
static int64_t step(const struct subnet *network, const struct subnet *way, bool up)
{
	uint8_t prefix = way->prefix < network->prefix ? way->prefix : network->prefix;
	int64_t first = subnet_ip(way) & subnet_mask(prefix);
	int64_t block = (int64_t)1 << (32 - network->prefix);
	return up ? first + ((int64_t)1 << (32 - prefix)) : first - block;
}

/* The start by the name's hash; if taken the first free one below, else above. */
static struct subnet network_choose(const struct supernode *sn, const uint8_t *name)
{
	uint8_t prefix = sn->config.auto_prefix;
	int64_t min = sn->config.auto_min & subnet_mask(prefix), max = sn->config.auto_max & subnet_mask(prefix);
	uint64_t count = ((uint64_t)(max - min) >> (32 - prefix)) + 1;
	int64_t start = min + (int64_t)(pearson32(name, COMMUNITY_LEN) % count << (32 - prefix));
	for (int up = 0; up <= 1; up++) {
		for (int64_t at = start; min <= at && at <= max; ) {
			struct subnet network = subnet_of((uint32_t)at, prefix);
			const struct subnet *way = overlap(sn, &network);
			if (!way)
				return network;
			at = step(&network, way, up);
		}
	}
	return (struct subnet){ .prefix = 0 };
}

void network_assign(struct supernode *sn, struct community *c)
{
	c->network = network_choose(sn, c->name);
	if (subnet_is_set(&c->network))
		(void)!table_add(sn->by_network, hash_network(sn, &c->network), c);     /* as large as communities */
}

void network_give(struct supernode *sn, struct community *c, const struct subnet *network)
{
	network_drop(sn, c);
	c->network = *network;
	c->given_network = true;
}

void network_drop(struct supernode *sn, struct community *c)
{
	if (subnet_is_set(&c->network) && !c->given_network)
		table_remove(sn->by_network, hash_network(sn, &c->network), c);
	c->network = (struct subnet){ .prefix = 0 };
	c->given_network = false;
}

bool network_fits(const struct supernode *sn, const struct community *c)
{
	return !given_overlap(sn, &c->network);
}

bool address_wanted(const struct subnet *address)
{
	uint32_t ip = subnet_ip(address);
	return !address->prefix || !ip || ip == 0xffffffff || ip >> 16 == 0xa9fe;
}

/* Offers are remembered for a moment, so that edges with one description that ask at the same time do not all
 * get the same address.  A slot per hash: what is pushed out is merely forgotten. */
static struct offer *offer_slot(struct supernode *sn, const uint8_t *community, uint32_t ip, uint64_t *what)
{
	uint8_t key[COMMUNITY_LEN + 4];
	memcpy(key, community, COMMUNITY_LEN);
	put_be32(key + COMMUNITY_LEN, ip);
	*what = hash_keyed(&sn->key, key, sizeof(key));
	return &sn->offer[*what % OFFER_SLOTS];
}

static bool offered_to_another(struct supernode *sn, uint64_t now, const struct request *rq, uint32_t ip)
{
	uint64_t what;
	const struct offer *o = offer_slot(sn, rq->community, ip, &what);
	return o->what == what && now < o->until && o->who != endpoint_hash(&sn->key, &rq->from);
}

static bool address_is_free(struct supernode *sn, uint64_t now, const struct request *rq, uint32_t ip, bool offered_too)
{
	struct subnet s = subnet_of(ip, 32);
	return !member_with_address(sn, community_find(sn, rq->community), s.ip)
	       && (offered_too || !offered_to_another(sn, now, rq, ip));
}

/* 0: none.  Each step but the last meets a member or an offer, so their number bounds the walk. */
static uint32_t free_host(struct supernode *sn, uint64_t now, const struct request *rq, const struct subnet *network,
                          bool offered_too)
{
	uint32_t mask = ~subnet_mask(network->prefix), base = subnet_ip(network);
	uint32_t start = pearson32(rq->reg.desc, DESC_LEN) & mask;
	start = start == 0 ? 1 : start == mask ? mask - 1 : start;
	for (uint32_t host = start; host >= 1; host--)
		if (address_is_free(sn, now, rq, base | host, offered_too))
			return base | host;
	for (uint32_t host = start + 1; host < mask; host++)
		if (address_is_free(sn, now, rq, base | host, offered_too))
			return base | host;
	return 0;
}

struct subnet address_offer(struct supernode *sn, uint64_t now, const struct request *rq)
{
	const struct community *c = community_find(sn, rq->community);
	struct subnet network = c ? c->network : network_choose(sn, rq->community);
	if (!subnet_is_set(&network))
		return network;
	uint32_t ip = free_host(sn, now, rq, &network, false);
	if (!ip)
		ip = free_host(sn, now, rq, &network, true);
	if (!ip)
		return (struct subnet){ .prefix = 0 };
	uint64_t what;
	struct offer *o = offer_slot(sn, rq->community, ip, &what);
	*o = (struct offer){ what, endpoint_hash(&sn->key, &rq->from), now + OFFER_MS };
	return subnet_of(ip, network.prefix);
}
