#include <linux/if_addr.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

enum { CANDIDATES = 64 };
struct candidate {
	struct addr addr;
	unsigned ifindex;
	uint32_t flags;                 /* IFA_F_* */
};
struct search {
	uint8_t family;                 /* AF_* */
	unsigned except;
	unsigned default_ifindex;       /* 0: no default route */
	uint32_t default_metric;
	struct candidate found[CANDIDATES];
	size_t n;
};

static void default_route(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body || body->rtm_family != s->family || body->rtm_dst_len ||
	    body->rtm_table != RT_TABLE_MAIN || body->rtm_type != RTN_UNICAST)
		return;
	unsigned ifindex = nl_u32(h, sizeof(*body), RTA_OIF);
	uint32_t metric = nl_u32(h, sizeof(*body), RTA_PRIORITY);
	if (!ifindex || ifindex == s->except || (s->default_ifindex && metric >= s->default_metric))
		return;
	s->default_ifindex = ifindex;
	s->default_metric = metric;
}

static void candidate(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));
	bool v6 = s->family == AF_INET6;

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_family != s->family || s->n == CANDIDATES ||
	    body->ifa_scope != RT_SCOPE_UNIVERSE || body->ifa_index == s->except)
		return;
	struct candidate c = { .ifindex = body->ifa_index, .flags = body->ifa_flags };
	const void *ip = nl_attribute(h, sizeof(*body), IFA_LOCAL, v6 ? 16 : 4);
	if (!ip)
		ip = nl_attribute(h, sizeof(*body), IFA_ADDRESS, v6 ? 16 : 4);
	if (!ip || c.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return;
	c.addr.family = v6 ? ADDR_V6 : ADDR_V4;
	memcpy(c.addr.ip, ip, v6 ? 16 : 4);
	s->found[s->n++] = c;
}

/* Of an address that is a candidate by itself; 0: not at all. */
static unsigned rank(struct netlink *nl, const struct search *s, const struct candidate *c)
{
	struct link_info link;

	if (link_get(nl, c->ifindex, &link) || !link.up || link.loopback)
		return 0;
	return 1 + (c->ifindex == s->default_ifindex ? 8u : 0) + (link.running ? 4u : 0) +
	       (c->flags & IFA_F_SECONDARY ? 0 : 2u) +  /* in IPv6 this flag means temporary */
	       (c->flags & IFA_F_DEPRECATED ? 0 : 1u);
}

static bool best(struct netlink *nl, const struct search *s, struct addr *out, unsigned *ifindex)
{
	unsigned top = 0;

	for (size_t i = 0; i < s->n; i++) {
		unsigned r = rank(nl, s, &s->found[i]);
		if (r <= top)
			continue;
		top = r;
		*out = s->found[i].addr;
		*ifindex = s->found[i].ifindex;
	}
	return top > 0;
}

bool outward_address(struct netlink *nl, bool v6, unsigned except_ifindex, struct addr *out, unsigned *ifindex)
{
	struct search s = { .family = v6 ? AF_INET6 : AF_INET, .except = except_ifindex };
	struct rtmsg route = { .rtm_family = s.family, .rtm_table = RT_TABLE_MAIN };
	struct ifaddrmsg address = { .ifa_family = s.family };
	struct nl_request q;

	memset(out, 0, sizeof(*out));
	*ifindex = 0;
	nl_begin(&q, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route));
	nl_talk(nl, &q, default_route, &s);     /* without an answer there is no default route */
	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &address, sizeof(address));
	nl_talk(nl, &q, candidate, &s);
	return best(nl, &s, out, ifindex);
}
