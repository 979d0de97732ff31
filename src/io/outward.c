#include <linux/if_addr.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

enum { CANDIDATES = 64 };       /* links with addresses */
struct candidate {
	struct addr addr;
	unsigned ifindex;
	uint32_t flags;                 /* IFA_F_* */
};
struct search {
	uint8_t family;                 /* AF_* */
	unsigned except;
	struct candidate found[CANDIDATES];     /* the best address of each link */
	size_t n;
};

/* In IPv6 "secondary" means temporary. */
static unsigned address_rank(uint32_t flags)
{
	return (flags & IFA_F_SECONDARY ? 0 : 2u) + (flags & IFA_F_DEPRECATED ? 0 : 1u);
}

static void keep(struct search *s, const struct candidate *c)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->found[i].ifindex != c->ifindex)
			continue;
		if (address_rank(c->flags) > address_rank(s->found[i].flags))
			s->found[i] = *c;
		return;
	}
	if (s->n < CANDIDATES)
		s->found[s->n++] = *c;
}

static void candidate(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));
	bool v6 = s->family == AF_INET6;

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_family != s->family ||
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
	keep(s, &c);
}

/* The link by which far hosts are reached, were it not for the excepted one; 0: none.  A root server of the DNS stands
 * for all of them. */
static unsigned default_link(struct netlink *nl, const struct search *s)
{
	static const struct addr far[] = {
		{ .family = ADDR_V4, .ip = { 198, 41, 0, 4 } },
		{ .family = ADDR_V6, .ip = { 0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, [13] = 2, [15] = 0x30 } },
	};
	const struct addr *to = &far[s->family == AF_INET6];
	struct route_match match, best = { .found = false };

	if (!route_match(nl, 0, to, &match) && match.ifindex != s->except)
		return match.ifindex;
	for (size_t i = 0; i < s->n; i++) {
		if (route_match(nl, s->found[i].ifindex, to, &match))
			continue;
		if (!best.found || match.prefix > best.prefix || (match.prefix == best.prefix && match.metric < best.metric))
			best = match;
	}
	return best.ifindex;
}

/* Of an address that is a candidate by itself; 0: not at all. */
static unsigned rank(struct netlink *nl, unsigned default_ifindex, const struct candidate *c)
{
	struct link_info link;

	if (link_get(nl, c->ifindex, &link) || !link.up || link.loopback)
		return 0;
	return 1 + (c->ifindex == default_ifindex ? 8u : 0) + (link.running ? 4u : 0) + address_rank(c->flags);
}

static bool best(struct netlink *nl, const struct search *s, struct addr *out, unsigned *ifindex)
{
	unsigned top = 0, default_ifindex = default_link(nl, s);

	for (size_t i = 0; i < s->n; i++) {
		unsigned r = rank(nl, default_ifindex, &s->found[i]);
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
	struct ifaddrmsg address = { .ifa_family = s.family };
	struct nl_request q;

	memset(out, 0, sizeof(*out));
	*ifindex = 0;
	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &address, sizeof(address));
	if (nl_dump(nl, &q, candidate, &s, sizeof(s)))
		return false;
	return best(nl, &s, out, ifindex);
}
