#include "state.h"

bool address_is_own(const struct edge *e, const uint8_t ip[static 4])
{
	if (subnet_is_set(&e->address) && !memcmp(e->address.ip, ip, 4))
		return true;
	return own_has(&e->own, ip);
}

/* A datagram to there would come back to us as a frame. */
static bool in_overlay(const struct edge *e, const struct addr *a)
{
	if (addr_in_subnet(a, &e->address) || own_network_has(&e->own, a))
		return true;
	return e->host.reachable && !e->host.reachable(e->host.ctx, a);
}

/* Of a peer.  The supernode's own endpoint is never one: whatever claims so comes from it or is forged. */
bool endpoint_usable(const struct edge *e, const struct endpoint *ep)
{
	return addr_is_endpoint(&ep->addr) && !endpoint_equal(ep, &e->reg.to) && !in_overlay(e, &ep->addr);
}

/* A supernode may run on this very host. */
bool supernode_usable(const struct edge *e, const struct addr *a)
{
	return addr_is_set(a) && a->port && !addr_is_unspecified(a) && !addr_is_multicast(a) && !in_overlay(e, a);
}

void address_taken(struct edge *e, const struct subnet *address)
{
	if (subnet_equal(&e->address, address))
		return;
	e->address = *address;
	e->reg.announce = true;
}
