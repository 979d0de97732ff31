/* --arp-suppress: questions for the MAC of an address are answered here, out of what the overlay has said lately, and do
 * not go to everybody.  What is not known for sure goes out as ever: not answering is always right.
 *
 * A host checks a neighbour now and then by asking its MAC alone.  That goes out, and its answer confirms the binding;
 * until then it is doubted, so that a host that has lost a neighbour asks everybody.
 */
#include "core/neighbour.h"
#include "state.h"

bool bindings_new(struct bindings *b, size_t max)
{
	if (!max)
		return true;
	b->by_address = table_new(max);
	return pool_new(&b->pool, sizeof(struct binding), max) && b->by_address;
}

void bindings_free(struct bindings *b)
{
	if (b->by_address)
		table_free(b->by_address);
	pool_free(&b->pool);
}

static struct binding *find(const struct edge *e, const struct addr *address)
{
	uint64_t hash = addr_hash(&e->key, address);
	struct binding *b;
	for (size_t at = table_first(e->bindings.by_address, hash); (b = table_next(e->bindings.by_address, hash, &at)); )
		if (addr_equal(&b->address, address))
			return b;
	return NULL;
}

static void forget(struct edge *e, struct binding *b)
{
	if (!b)
		return;
	table_remove(e->bindings.by_address, b->hash, b);
	pool_give(&e->bindings.pool, b);
}

static uint64_t binding_worth(const void *item, const void *ctx)
{
	(void)ctx;
	return ((const struct binding *)item)->seen;
}

static struct binding *add(struct edge *e, const struct addr *address)
{
	struct bindings *bs = &e->bindings;
	if (!pool_left(&bs->pool))
		forget(e, pool_victim(&bs->pool, binding_worth, NULL));
	struct binding *b = pool_take(&bs->pool);
	if (!b)
		return NULL;
	b->address = *address;
	b->hash = addr_hash(&e->key, address);
	(void)!table_add(bs->by_address, b->hash, b);   /* as large as the pool */
	return b;
}

static void confirm(struct binding *b, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	memcpy(b->mac, mac, MAC_LEN);
	b->seen = now;
	b->doubted = false;
}

/* A MAC that is not that of the frame (a proxy, a cluster of which each member answers) is left to those who ask.  That
 * an IPv6 neighbour is a router only its advertisements tell, and a host that were told wrong would lose its route. */
void suppress_heard(struct edge *e, uint64_t now, const struct layers *frame)
{
	struct neighbour n;
	neighbour_view(&n, frame);
	if (n.kind != NEIGHBOUR_ASKS && n.kind != NEIGHBOUR_TELLS)
		return;
	struct binding *b = find(e, &n.address);
	bool plain = !n.mac || mac_equal(n.mac, frame->src);
	if (!plain || mac_is_group(frame->src) || mac_is_null(frame->src) ||
	    (b && !n.final && !mac_equal(b->mac, frame->src))) {
		forget(e, b);
		return;
	}
	if (!b && n.final)
		b = add(e, &n.address);
	if (!b)
		return;
	confirm(b, now, frame->src);
	if (n.advert)
		b->router = n.router;
}

/* What frames have said lately goes before it. */
void suppress_peer(struct edge *e, uint64_t now, const struct peer *p)
{
	struct addr address = { .family = ADDR_V4 };
	if (!subnet_is_host(&p->address))
		return;
	memcpy(address.ip, p->address.ip, sizeof(p->address.ip));
	struct binding *b = find(e, &address);
	if (b && within(b->seen, now, BINDING_AGE_MS) && !mac_equal(b->mac, p->mac))
		return;
	if (!b)
		b = add(e, &address);
	if (b)
		confirm(b, now, p->mac);
}

static bool is_elsewhere(const struct edge *e, uint16_t vlan, const uint8_t mac[static MAC_LEN])
{
	const struct peer *p = peer_find(e, mac);
	return !mac_equal(mac, e->mac) && ((p && p->seen) || fdb_find(e, vlan, mac));
}

static bool may_answer(const struct edge *e, uint64_t now, const struct layers *frame, const struct neighbour *n,
                       const struct binding *b)
{
	if (b->doubted || !within(b->seen, now, BINDING_AGE_MS) || !e->host.inject)
		return false;
	if (n->target.family == ADDR_V4 && address_is_own(e, n->target.ip))
		return false;
	return n->mac && mac_equal(n->mac, frame->src) && !mac_is_group(frame->src) && is_elsewhere(e, b->address.port, b->mac);
}

/* What says or asks something is here: its address is not elsewhere. */
bool suppress_answers(struct edge *e, uint64_t now, const struct layers *frame)
{
	struct neighbour n;
	uint8_t answer[NEIGHBOUR_ANSWER_MAX];
	neighbour_view(&n, frame);
	if (n.kind == NEIGHBOUR_ASKS || n.kind == NEIGHBOUR_TELLS)
		forget(e, find(e, &n.address));
	struct binding *b = n.kind == NEIGHBOUR_ASKS ? find(e, &n.target) : NULL;
	if (!b)
		return false;
	if (!mac_is_group(frame->dst)) {
		b->doubted = true;
		return false;
	}
	if (!may_answer(e, now, frame, &n, b))
		return false;
	size_t len = neighbour_answer(answer, frame, &n, b->mac, b->router);
	const struct buf out = { .data = answer, .len = len, .start = answer, .end = answer + sizeof(answer) };
	e->host.inject(e->host.ctx, &out);
	return true;
}
