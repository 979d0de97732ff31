/* Which way a datagram has to leave so that it does not come back as a frame of the own TAP.
 */
#ifndef IO_WAY_H
#define IO_WAY_H

#include "io/own_links.h"

enum way_kind {
	WAY_OPEN,               /* as the routes say; there may be none at all */
	WAY_BOUND,              /* the best route leads into the overlay: by the best other link instead */
	WAY_NONE                /* it leads into the overlay, and no other one leads there */
};
struct way {
	enum way_kind kind;
	unsigned ifindex;       /* WAY_BOUND */
};

struct way way_find(struct netlink *nl, const struct own_links *own, const struct addr *to);
/* The route that such a datagram takes.  -1 with errno: none. */
MUST_CHECK int way_route(struct netlink *nl, const struct way *way, const struct addr *to, struct route_info *out);

#endif
