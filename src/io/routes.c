#include <errno.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

static uint32_t network(const struct subnet *s)
{
	return subnet_ip(s) & subnet_mask(s->prefix);
}

static int change(struct netlink *nl, uint16_t type, uint16_t flags, const struct route *r)
{
	bool direct = !get_be32(r->gateway);
	struct rtmsg body = {
		.rtm_family = AF_INET, .rtm_dst_len = r->to.prefix, .rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = ROUTE_PROTOCOL, .rtm_type = RTN_UNICAST,
		.rtm_scope = direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
	};
	struct nl_request q;
	uint8_t to[4];

	put_be32(to, network(&r->to));
	nl_begin(&q, type, flags, &body, sizeof(body));
	nl_put(&q, RTA_DST, to, sizeof(to));
	nl_put_u32(&q, RTA_OIF, r->ifindex);
	if (!direct)
		nl_put(&q, RTA_GATEWAY, r->gateway, sizeof(r->gateway));
	if (r->metric)
		nl_put_u32(&q, RTA_PRIORITY, r->metric);
	if (get_be32(r->source))
		nl_put(&q, RTA_PREFSRC, r->source, sizeof(r->source));
	return nl_talk(nl, &q, NULL, NULL);
}

/* Whose is the destination in the main table?  Asked by the addresses in it, because a table may have hundreds of
 * thousands of routes: a longer route hides it from some of them only. */
static bool holder(struct netlink *nl, const struct route *r, struct route_match *out)
{
	uint32_t first = network(&r->to), last = first | ~subnet_mask(r->to.prefix);
	const uint32_t probes[] = { first, first + 1, last - 1, last, first + (last - first) / 2 };

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		struct addr to = { .family = ADDR_V4 };
		put_be32(to.ip, probes[i]);
		if (probes[i] >= first && probes[i] <= last && !route_match(nl, 0, &to, out) &&
		    out->table == RT_TABLE_MAIN && out->prefix == r->to.prefix && out->metric == r->metric)
			return true;
	}
	return false;
}

enum route_result route_add(struct netlink *nl, const struct route *r, struct link_info *through)
{
	struct route_match match;

	memset(through, 0, sizeof(*through));
	if (!change(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r))
		return ROUTE_ADDED;
	if (errno != EEXIST)
		return ROUTE_FAILED;
	if (!holder(nl, r, &match))
		return ROUTE_TAKEN;
	if (match.ifindex == r->ifindex)
		return ROUTE_THERE;
	if (!match.ifindex || link_get(nl, match.ifindex, through))
		memset(through, 0, sizeof(*through));   /* a blackhole, or gone since */
	return ROUTE_TAKEN;
}

int route_delete(struct netlink *nl, const struct route *r)
{
	if (!change(nl, RTM_DELROUTE, 0, r))
		return 0;
	return errno == ESRCH || errno == ENODEV ? 0 : -1;
}

int route_replace(struct netlink *nl, const struct route *r)
{
	return change(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
}
