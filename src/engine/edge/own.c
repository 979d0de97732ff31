/* The IPv4 addresses of the TAP: frames from and to them are our own.  Hosts with hundreds of virtual addresses are real, so
 * each frame's look-up is one in a hash table.
 */
#include <stdlib.h>

#include "state.h"

static size_t slot(const struct own *own, const uint8_t ip[static 4])
{
	return (size_t)(get_be32(ip) * 0x9e3779b1u >> 7) & own->mask;
}

bool own_new(struct own *own, size_t max)
{
	size_t slots = 2;
	while (slots < 2 * max)
		slots *= 2;
	own->slot = calloc(slots, sizeof(*own->slot));
	own->mask = slots - 1;
	own->max = max;
	return own->slot != NULL;
}

void own_free(struct own *own)
{
	free(own->slot);
}

bool own_has(const struct own *own, const uint8_t ip[static 4])
{
	for (size_t at = slot(own, ip); get_be32(own->slot[at]); at = (at + 1) & own->mask)
		if (!memcmp(own->slot[at], ip, 4))
			return true;
	return false;
}

bool own_network_has(const struct own *own, const struct addr *a)
{
	for (size_t i = 0; i < own->networks_n; i++)
		if (addr_in_subnet(a, &own->network[i]))
			return true;
	return a->family == ADDR_V4 && own_has(own, a->ip);
}

/* When there are more networks than places, the host knows all the same that they are on the TAP. */
static void add_network(struct own *own, const struct subnet *address)
{
	struct addr a = { .family = ADDR_V4 };
	memcpy(a.ip, address->ip, 4);
	for (size_t i = 0; i < own->networks_n; i++)
		if (own->network[i].prefix == address->prefix && addr_in_subnet(&a, &own->network[i]))
			return;
	if (address->prefix < 32 && own->networks_n < OWN_NETWORKS_MAX)
		own->network[own->networks_n++] = *address;
}

void own_set(struct own *own, const struct subnet *addresses, size_t n)
{
	memset(own->slot, 0, (own->mask + 1) * sizeof(*own->slot));
	own->n = own->networks_n = 0;
	for (size_t i = 0; i < n && own->n < own->max; i++) {
		size_t at = slot(own, addresses[i].ip);
		if (!get_be32(addresses[i].ip) || own_has(own, addresses[i].ip))
			continue;
		while (get_be32(own->slot[at]))
			at = (at + 1) & own->mask;
		memcpy(own->slot[at], addresses[i].ip, 4);
		own->n++;
		add_network(own, &addresses[i]);
	}
}
