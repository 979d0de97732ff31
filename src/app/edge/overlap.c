#include "app/edge/overlap.h"

#include "app/edge/daemon.h"
#include "io/log.h"

static bool routes_only(const struct route *r, const struct addr *a)
{
	return r->to.prefix == 32 && a->family == ADDR_V4 && !memcmp(r->to.ip, a->ip, 4);
}

bool edge_overlap_with(const struct edge_daemon *d, const struct addr *supernode)
{
	char a[ADDR_TEXT], s[SUBNET_TEXT];
	const struct subnet *own = &d->conf.address;
	if (d->conf.mode == ADDRESS_STATIC && addr_in_subnet(supernode, own)) {
		log_errx("-a %s: the supernode %s lies inside that network; choose another network for the overlay",
		         subnet_print(s, own), addr_print(a, supernode));
		return true;
	}
	for (size_t i = 0; i < d->conf.routes_n; i++) {
		const struct route *r = &d->conf.routes[i];
		if (!routes_only(r, supernode))
			continue;
		log_errx("-n %s: that is the supernode %s itself, which cannot be reached through the overlay; leave it out",
		         subnet_print(s, &r->to), addr_print(a, supernode));
		return true;
	}
	return false;
}

/* Inside a network that another link is in: its hosts would be looked for in the overlay, or ours there.  The very address
 * of another link has a sentence of its own. */
static bool inside_another(struct edge_daemon *d)
{
	char a[SUBNET_TEXT], s[SUBNET_TEXT];
	const struct subnet *wanted = &d->conf.address;
	struct subnet found;
	struct link_info link;
	if (!address_around(d->nl, wanted, d->conf.device, &found, &link) || !memcmp(found.ip, wanted->ip, 4))
		return false;
	log_errx("-a %s: that is inside the network of %s, which has %s; choose another network for the overlay",
	         subnet_print(a, wanted), link.name, subnet_print(s, &found));
	return true;
}

bool edge_overlap_refused(struct edge_daemon *d)
{
	for (size_t i = 0; i < d->conf.supernodes_n; i++) {
		struct addr a;
		const struct conf_endpoint *ep = &d->conf.supernodes[i];
		if (addr_parse(&a, ep->host, ep->port ? ep->port : 1) && edge_overlap_with(d, &a))
			return true;
	}
	return d->conf.mode == ADDRESS_STATIC && inside_another(d);
}
