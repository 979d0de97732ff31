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

struct holder {
	const struct route *wanted;
	bool here;                      /* on the wanted link */
	unsigned elsewhere;
};

/* The link of a route, of its first way when it has several. */
static unsigned link_of(const struct nlmsghdr *h)
{
	unsigned ifindex = nl_u32(h, sizeof(struct rtmsg), RTA_OIF);
	struct rtnexthop first;
	const void *ways = nl_attribute(h, sizeof(struct rtmsg), RTA_MULTIPATH, sizeof(first));

	if (ifindex || !ways)
		return ifindex;
	memcpy(&first, ways, sizeof(first));
	return (unsigned)first.rtnh_ifindex;
}

static void compare(void *ctx, const struct nlmsghdr *h)
{
	struct holder *holder = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body || body->rtm_family != AF_INET ||
	    body->rtm_table != RT_TABLE_MAIN || body->rtm_dst_len != holder->wanted->to.prefix ||
	    body->rtm_tos || nl_u32(h, sizeof(*body), RTA_PRIORITY))
		return;
	const uint8_t *to = nl_attribute(h, sizeof(*body), RTA_DST, 4);
	if ((to ? get_be32(to) : 0) != network(&holder->wanted->to))
		return;
	unsigned ifindex = link_of(h);
	if (ifindex == holder->wanted->ifindex)
		holder->here = true;
	else
		holder->elsewhere = ifindex;
}

enum route_result route_add(struct netlink *nl, const struct route *r, struct link_info *through)
{
	struct rtmsg body = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN };
	struct holder holder = { .wanted = r };
	struct nl_request q;

	memset(through, 0, sizeof(*through));
	if (!change(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, r))
		return ROUTE_ADDED;
	if (errno != EEXIST)
		return ROUTE_FAILED;
	nl_begin(&q, RTM_GETROUTE, NLM_F_DUMP, &body, sizeof(body));
	if (nl_talk(nl, &q, compare, &holder))
		return ROUTE_FAILED;
	if (holder.here)
		return ROUTE_THERE;
	if (!holder.elsewhere || link_get(nl, holder.elsewhere, through))
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

int route_lookup(struct netlink *nl, const struct addr *to, struct route_info *out)
{
	bool v6 = to->family == ADDR_V6;
	struct rtmsg body = { .rtm_family = v6 ? AF_INET6 : AF_INET, .rtm_dst_len = v6 ? 128 : 32 };
	struct nl_request q;
	struct link_info link;

	memset(out, 0, sizeof(*out));
	nl_begin(&q, RTM_GETROUTE, 0, &body, sizeof(body));
	nl_put(&q, RTA_DST, to->ip, v6 ? 16 : 4);
	if (nl_talk(nl, &q, looked_up, out))
		return -1;
	if (!out->ifindex) {
		errno = ENETUNREACH;
		return -1;
	}
	if (!out->mtu && !link_get(nl, out->ifindex, &link))
		out->mtu = link.mtu;
	return 0;
}
