/* Automatic overlay addresses (specification 13.6): a network per community, an address per edge. */
#include "state.h"

static struct subnet subnet_of(uint32_t ip, uint8_t prefix)
{
	struct subnet s = { .prefix = prefix };
	put_be32(s.ip, ip);
	return s;
}

enum { CHOSEN = 0, LOOKS_MAX = 64 };      /* the set of networks chosen here; blocks that the file may be in the way of */

/* The networks of the file that lie between these addresses, as one range; NULL: none. */
static const struct given_range *given_between(const struct supernode *sn, uint32_t first, uint32_t last)
{
	const struct given_range *given = sn->allowed ? sn->allowed->given : NULL;
	size_t low = 0, high = given ? sn->allowed->given_n : 0;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (given[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	return given && low < sn->allowed->given_n && given[low].first <= last ? &given[low] : NULL;
}

/* The range of networks for automatic addresses, counted in blocks of one size. */
struct blocks { unsigned shift; uint32_t min, max; };

static struct blocks blocks_of(const struct supernode *sn)
{
	unsigned shift = 32u - sn->config.auto_prefix;
	return (struct blocks){ shift, sn->config.auto_min >> shift, sn->config.auto_max >> shift };
}

static const struct given_range *given_block(const struct supernode *sn, const struct blocks *all, uint32_t block)
{
	uint32_t first = block << all->shift;
	return given_between(sn, first, first | ((1u << all->shift) - 1));
}

/* The first free one from start on, downwards or upwards.  All that were chosen here are blocks of one size: one of
 * them is in the way of another only if they are equal. */
static bool block_find(struct supernode *sn, const struct blocks *all, uint32_t start, bool up, uint32_t *block)
{
	for (unsigned looks = 0; looks < LOOKS_MAX; looks++) {
		if (up ? !vacancy_above(sn->networks, CHOSEN, start, all->max, block)
		       : !vacancy_below(sn->networks, CHOSEN, start, all->min, block))
			return false;
		const struct given_range *way = given_block(sn, all, *block);
		if (!way)
			return true;
		uint32_t edge = (up ? way->last : way->first) >> all->shift;
		if (up ? edge >= all->max : edge <= all->min)
			return false;
		start = up ? edge + 1 : edge - 1;
	}
	return false;
}

/* The start by the name's hash; if taken the first free one below, else above. */
static struct subnet network_choose(struct supernode *sn, const uint8_t *name)
{
	struct blocks all = blocks_of(sn);
	uint32_t start = all.min + (uint32_t)(pearson32(name, COMMUNITY_LEN) % ((uint64_t)all.max - all.min + 1)), block;
	if (block_find(sn, &all, start, false, &block) || block_find(sn, &all, start, true, &block))
		return subnet_of(block << all.shift, sn->config.auto_prefix);
	return (struct subnet){ .prefix = 0 };
}

void network_assign(struct supernode *sn, struct community *c)
{
	c->network = network_choose(sn, c->name);
	if (subnet_is_set(&c->network))
		(void)!vacancy_take(sn->networks, CHOSEN, subnet_ip(&c->network) >> blocks_of(sn).shift);
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
		vacancy_leave(sn->networks, CHOSEN, subnet_ip(&c->network) >> blocks_of(sn).shift);
	c->network = (struct subnet){ .prefix = 0 };
	c->given_network = false;
}

bool network_fits(const struct supernode *sn, const struct community *c)
{
	uint32_t first = subnet_ip(&c->network);
	return !given_between(sn, first, first | ~subnet_mask(c->network.prefix));
}

bool address_wanted(const struct subnet *address)
{
	uint32_t ip = subnet_ip(address);
	return !address->prefix || !ip || ip == 0xffffffff || ip >> 16 == 0xa9fe;
}

/* The addresses of a community, members' and offered ones, are a set; it need not exist yet. */
uint64_t address_set(const struct supernode *sn, const uint8_t *community)
{
	return hash_keyed(&sn->key, community, COMMUNITY_LEN);
}

/* 0: none.  From the start by the description's hash the first free one below, else above. */
static uint32_t free_host(struct supernode *sn, uint64_t set, const struct request *rq, const struct subnet *network)
{
	uint32_t mask = ~subnet_mask(network->prefix), base = subnet_ip(network), found;
	uint32_t start = pearson32(rq->reg.desc, DESC_LEN) & mask;
	start = start == 0 ? 1 : start == mask ? mask - 1 : start;
	if (vacancy_below(sn->addresses, set, base | start, base | 1, &found)
	    || vacancy_above(sn->addresses, set, base | start, base | (mask - 1), &found))
		return found;
	found = offer_steal(sn, set);
	return (found ^ base) & ~mask ? 0 : found;
}

struct subnet address_offer(struct supernode *sn, uint64_t now, const struct request *rq)
{
	const struct community *c = community_find(sn, rq->community);
	struct subnet network = c ? c->network : network_choose(sn, rq->community);
	if (!subnet_is_set(&network))
		return network;
	uint64_t set = address_set(sn, rq->community);
	uint32_t ip = offer_of(sn, now, set, &rq->from);
	if (ip && !((ip ^ subnet_ip(&network)) & subnet_mask(network.prefix)))
		return subnet_of(ip, network.prefix);
	ip = free_host(sn, set, rq, &network);
	if (!ip)
		return (struct subnet){ .prefix = 0 };
	offer_make(sn, now, set, &rq->from, ip);
	return subnet_of(ip, network.prefix);
}
