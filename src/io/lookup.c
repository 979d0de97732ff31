#include <errno.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

static void read_addr(struct addr *out, const struct nlmsghdr *h, uint8_t family, uint16_t attribute)
{
	size_t len = family == AF_INET6 ? 16 : 4;
	const void *ip = nl_attribute(h, sizeof(struct rtmsg), attribute, len);

	memset(out, 0, sizeof(*out));
	if (!ip)
		return;
	out->family = family == AF_INET6 ? ADDR_V6 : ADDR_V4;
	memcpy(out->ip, ip, len);
}

static unsigned route_mtu(const struct nlmsghdr *h)
{
	size_t len = 0;
	uint32_t mtu = 0;
	const uint8_t *metrics;
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg));

	metrics = nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, RTA_METRICS, 0, &len);
	const void *value = metrics ? nl_find(metrics, len, RTAX_MTU, sizeof(mtu), NULL) : NULL;
	if (value)
		memcpy(&mtu, value, sizeof(mtu));
	return mtu;
}

static void looked_up(void *ctx, const struct nlmsghdr *h)
{
	struct route_info *out = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body ||
	    (body->rtm_type != RTN_UNICAST && body->rtm_type != RTN_LOCAL && body->rtm_type != RTN_MULTICAST &&
	     body->rtm_type != RTN_BROADCAST))
		return;         /* "unreachable" is a route too */
	out->ifindex = nl_u32(h, sizeof(*body), RTA_OIF);
	out->local = body->rtm_type == RTN_LOCAL;
	read_addr(&out->gateway, h, body->rtm_family, RTA_GATEWAY);
	read_addr(&out->source, h, body->rtm_family, RTA_PREFSRC);
	out->mtu = route_mtu(h);
}

static void begin(struct nl_request *q, const struct addr *to, unsigned ifindex, unsigned flags)
{
	bool v6 = to->family == ADDR_V6;
	struct rtmsg body = {
		.rtm_family = v6 ? AF_INET6 : AF_INET, .rtm_dst_len = v6 ? 128 : 32, .rtm_flags = flags
	};

	nl_begin(q, RTM_GETROUTE, 0, &body, sizeof(body));
	nl_put(q, RTA_DST, to->ip, v6 ? 16 : 4);
	if (ifindex)
		nl_put_u32(q, RTA_OIF, ifindex);
}

int route_lookup_by(struct netlink *nl, unsigned ifindex, const struct addr *to, struct route_info *out)
{
	struct nl_request q;

	memset(out, 0, sizeof(*out));
	begin(&q, to, ifindex, 0);
	if (nl_talk(nl, &q, looked_up, out))
		return -1;
	if (out->ifindex)
		return 0;
	errno = ENETUNREACH;
	return -1;
}

int route_lookup(struct netlink *nl, const struct addr *to, struct route_info *out)
{
	struct link_info link;

	if (route_lookup_by(nl, 0, to, out))
		return -1;
	if (!out->mtu && !link_get(nl, out->ifindex, &link))
		out->mtu = link.mtu;
	return 0;
}

unsigned nl_route_link(const struct nlmsghdr *h)
{
	unsigned ifindex = nl_u32(h, sizeof(struct rtmsg), RTA_OIF);
	struct rtnexthop first;
	const void *ways = nl_attribute(h, sizeof(struct rtmsg), RTA_MULTIPATH, sizeof(first));

	if (ifindex || !ways)
		return ifindex;
	memcpy(&first, ways, sizeof(first));
	return (unsigned)first.rtnh_ifindex;
}

static void matched(void *ctx, const struct nlmsghdr *h)
{
	struct route_match *out = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body)
		return;
	out->found = true;
	out->ifindex = nl_route_link(h);
	out->prefix = body->rtm_dst_len;
	out->table = nl_u32(h, sizeof(*body), RTA_TABLE);
	out->metric = nl_u32(h, sizeof(*body), RTA_PRIORITY);
}

int route_match(struct netlink *nl, unsigned ifindex, const struct addr *to, struct route_match *out)
{
	struct nl_request q;

	memset(out, 0, sizeof(*out));
	begin(&q, to, ifindex, RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH);
	if (nl_talk(nl, &q, matched, out))
		return -1;
	if (out->found && (!ifindex || out->ifindex == ifindex))
		return 0;
	errno = ENETUNREACH;
	return -1;
}
