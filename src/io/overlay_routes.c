#include "io/overlay_routes.h"

#include <errno.h>
#include <sys/socket.h>

static uint64_t hash(uint64_t h, const void *bytes, size_t len)       /* FNV */
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

static struct prefix prefix_of(const struct nlmsghdr *h, const struct rtmsg *body)
{
	bool v6 = body->rtm_family == AF_INET6;
	struct prefix p = { .to.family = v6 ? ADDR_V6 : ADDR_V4, .len = body->rtm_dst_len };
	const void *to = nl_attribute(h, sizeof(*body), RTA_DST, v6 ? 16 : 4);
	uint32_t facts[] = {
		nl_u32(h, sizeof(*body), RTA_TABLE), nl_u32(h, sizeof(*body), RTA_PRIORITY), body->rtm_tos
	};

	if (to)
		memcpy(p.to.ip, to, v6 ? 16 : 4);
	p.route = hash(4, facts, sizeof(facts));
	return p;
}

static bool is_way_known(const struct nlmsghdr *h, const struct rtmsg *body)
{
	return nl_attribute(h, sizeof(*body), RTA_OIF, 4) || nl_attribute(h, sizeof(*body), RTA_MULTIPATH, 0);
}

static void change_prefix(struct overlay_routes *r, struct prefix *p, bool there, unsigned ifindex, const void *gateway, size_t len)
{
	if (!own_links_get(&r->links, ifindex))
		return;
	p->way = hash(hash(5, &ifindex, sizeof(ifindex)), gateway ? gateway : "", gateway ? len : 0);
	if (there)
		prefixes_add(&r->to, p);
	else
		prefixes_remove(&r->to, p);
}

/* Each way of a route that has several. */
static void change_ways(struct overlay_routes *r, struct prefix *p, bool there, const uint8_t *ways, size_t len)
{
	size_t ip = p->to.family == ADDR_V6 ? 16 : 4;
	struct rtnexthop way;

	for (size_t step; len >= sizeof(way); ways += step, len -= step) {
		memcpy(&way, ways, sizeof(way));
		step = (way.rtnh_len + 3u) & ~3u;
		if (way.rtnh_len < sizeof(way) || step > len)
			return;
		const void *gateway = nl_find(ways + sizeof(way), way.rtnh_len - sizeof(way), RTA_GATEWAY, ip, NULL);
		change_prefix(r, p, there, (unsigned)way.rtnh_ifindex, gateway, ip);
	}
}

void overlay_routes_announced(struct overlay_routes *r, const struct nlmsghdr *h)
{
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (!body || (h->nlmsg_type != RTM_NEWROUTE && h->nlmsg_type != RTM_DELROUTE) || body->rtm_table == RT_TABLE_LOCAL ||
	    body->rtm_flags & RTM_F_CLONED || (body->rtm_family != AF_INET && body->rtm_family != AF_INET6))
		return;
	bool there = h->nlmsg_type == RTM_NEWROUTE;
	struct prefix p = prefix_of(h, body);
	size_t ip = p.to.family == ADDR_V6 ? 16 : 4, len = 0;
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(*body));
	if (there && h->nlmsg_flags & NLM_F_REPLACE)
		prefixes_replaced(&r->to, &p);
	const uint8_t *ways = nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, RTA_MULTIPATH, 0, &len);
	if (ways)
		change_ways(r, &p, there, ways, len);
	else
		change_prefix(r, &p, there, nl_u32(h, sizeof(*body), RTA_OIF),
		              nl_attribute(h, sizeof(*body), RTA_GATEWAY, ip), ip);
	r->unsure |= there && body->rtm_type == RTN_UNICAST && !is_way_known(h, body);
}

static void announced(void *ctx, const struct nlmsghdr *h)
{
	overlay_routes_announced(ctx, h);
}

static bool dump_routes(struct overlay_routes *r, struct netlink *nl, uint8_t family, unsigned ifindex)
{
	struct rtmsg body = { .rtm_family = family };
	struct nl_request q;

	nl_begin(&q, RTM_GETROUTE, NLM_F_DUMP, &body, sizeof(body));
	nl_put_u32(&q, RTA_OIF, ifindex);
	return !nl_talk(nl, &q, announced, r) || errno == EAFNOSUPPORT;
}

void overlay_routes_learn(struct overlay_routes *r, struct netlink *nl, unsigned own_ifindex)
{
	r->to.n = 0;
	r->to.overflowed = false;
	r->unsure = own_links_find(nl, own_ifindex, &r->links) < 0;
	for (size_t i = 0; i < r->links.n; i++)
		for (int v6 = 0; v6 < 2; v6++)
			if (!dump_routes(r, nl, v6 ? AF_INET6 : AF_INET, r->links.at[i].ifindex))
				r->unsure = true;
}

/* A VLAN was put on the TAP, or it into a bridge. */
void overlay_routes_look(struct overlay_routes *r, struct netlink *nl, unsigned own_ifindex)
{
	struct own_links now;

	if (own_links_find(nl, own_ifindex, &now))
		r->unsure = true;
	else if (now.n != r->links.n || memcmp(now.at, r->links.at, now.n * sizeof(now.at[0])))
		overlay_routes_learn(r, nl, own_ifindex);
}
