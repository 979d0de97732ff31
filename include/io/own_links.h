/* Which links lead into the overlay: the TAP, the bridge or bond that it is a port of, and what is stacked on either
 * (VLANs, macvlans).
 */
#ifndef IO_OWN_LINKS_H
#define IO_OWN_LINKS_H

#include "io/netlink.h"

enum { OWN_LINKS_MAX = 64 };
struct own_links {
	size_t n;
	struct own_link {
		unsigned ifindex;
		bool shared;            /* it has other ports too: some of what it sends goes elsewhere */
	} at[OWN_LINKS_MAX];
};

/* own_ifindex 0: none.  -1 with errno: the kernel did not answer, *out is what it was. */
int own_links_find(struct netlink *nl, unsigned own_ifindex, struct own_links *out);
const struct own_link *own_links_get(const struct own_links *ls, unsigned ifindex);     /* NULL: none of them */
/* Is the next hop there behind the overlay's port of that shared link?  False where it is not known. */
bool own_links_behind(struct netlink *nl, const struct own_links *ls, unsigned ifindex, const struct addr *next_hop);

#endif
