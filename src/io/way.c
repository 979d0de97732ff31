#include "io/way.h"

#include <errno.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

enum { CANDIDATES = 256 };

struct candidates {
	const struct own_links *own;
	size_t n;
	unsigned ifindex[CANDIDATES];
};

static void candidate(void *ctx, const struct nlmsghdr *h)
{
	struct candidates *c = ctx;
	struct link_info link;

	if (nl_link(h, &link) && link.up && !link.loopback && !own_links_get(c->own, link.ifindex) && c->n < CANDIDATES)
		c->ifindex[c->n++] = link.ifindex;
}

/* By the tables' best entry of another link; 0: there is none. */
static unsigned another_link(struct netlink *nl, const struct own_links *own, const struct addr *to)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	struct candidates c = { .own = own };
	struct route_match match, best = { .found = false };
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, NLM_F_DUMP, &body, sizeof(body));
	if (nl_dump(nl, &q, candidate, &c, sizeof(c)))
		return 0;
	for (size_t i = 0; i < c.n; i++) {
		if (route_match(nl, c.ifindex[i], to, &match))
			continue;
		if (!best.found || match.prefix > best.prefix || (match.prefix == best.prefix && match.metric < best.metric))
			best = match;
	}
	return best.ifindex;
}

struct way way_find(struct netlink *nl, const struct own_links *own, const struct addr *to)
{
	struct way way = { .kind = WAY_OPEN };
	struct route_info info;

	if (route_lookup_by(nl, 0, to, &info) || info.local)
		return way;
	const struct own_link *link = own_links_get(own, info.ifindex);
	if (!link)
		return way;
	const struct addr *next_hop = addr_is_set(&info.gateway) ? &info.gateway : to;
	if (link->shared && !own_links_behind(nl, own, info.ifindex, next_hop))
		return way;
	way.ifindex = another_link(nl, own, to);
	way.kind = way.ifindex ? WAY_BOUND : WAY_NONE;
	return way;
}

int way_route(struct netlink *nl, const struct way *way, const struct addr *to, struct route_info *out)
{
	struct link_info link;

	if (way->kind == WAY_NONE) {
		memset(out, 0, sizeof(*out));
		errno = ENETUNREACH;
		return -1;
	}
	if (route_lookup_by(nl, way->ifindex, to, out))
		return -1;
	if (!out->mtu && !link_get(nl, out->ifindex, &link))
		out->mtu = link.mtu;
	return 0;
}
