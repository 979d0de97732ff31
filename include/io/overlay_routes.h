/* Where routes lead by links that lead into the overlay: learnt once, then kept up to date by what the kernel announces,
 * for io/monitor.h.
 */
#ifndef IO_OVERLAY_ROUTES_H
#define IO_OVERLAY_ROUTES_H

#include "io/nlmsg.h"
#include "io/own_links.h"
#include "io/prefixes.h"

struct overlay_routes {                     /* all zero: none */
	struct own_links links;
	struct prefixes to;             /* in any table but that of the host's own addresses */
	bool unsure;                    /* some of them may be missing */
};

void overlay_routes_learn(struct overlay_routes *r, struct netlink *nl, unsigned own_ifindex);
void overlay_routes_announced(struct overlay_routes *r, const struct nlmsghdr *h);      /* RTM_NEWROUTE, RTM_DELROUTE */
/* Some link changed: learns anew if it is another set of links now. */
void overlay_routes_look(struct overlay_routes *r, struct netlink *nl, unsigned own_ifindex);

#endif
