/* Routes of castnet's own making, known by their protocol: what is left of them, and the way past them. */
#include <errno.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

enum { LINKS_MAX = 256, NEIGHBOURS = 3 };
#ifndef RTM_F_FIB_MATCH
#define RTM_F_FIB_MATCH 0x2000
#endif

struct links {
	unsigned ifindex[LINKS_MAX];
	size_t n;
};

static void note_link(void *ctx, const struct nlmsghdr *h)
{
	struct links *links = ctx;
	struct link_info link;

	if (nl_link(h, &link) && link.up && links->n < LINKS_MAX)
		links->ifindex[links->n++] = link.ifindex;
}

/* An entry of the table that would be used by one link. */
struct entry {
	bool found;
	uint8_t prefix;
	uint32_t metric;
	struct route way;
};

/* The gateway of a route with several ways: that of the first by this link. */
static const void *gateway_among(const struct nlmsghdr *h, unsigned ifindex)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg)), total = 0;
	const uint8_t *at = nl_find((const uint8_t *)h + skip, h->nlmsg_len - skip, RTA_MULTIPATH, 0, &total);
	struct rtnexthop hop;

	for (; at && total >= sizeof(hop); total -= hop.rtnh_len, at += hop.rtnh_len) {
		memcpy(&hop, at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > total)
			return NULL;
		if ((unsigned)hop.rtnh_ifindex == ifindex)
			return nl_find(at + sizeof(hop), hop.rtnh_len - sizeof(hop), RTA_GATEWAY, 4, NULL);
		hop.rtnh_len = (uint16_t)NLMSG_ALIGN(hop.rtnh_len);
		if (hop.rtnh_len > total)
			return NULL;
	}
	return NULL;
}

static void read_entry(void *ctx, const struct nlmsghdr *h)
{
	struct entry *e = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body || body->rtm_type != RTN_UNICAST ||
	    body->rtm_protocol == ROUTE_PROTOCOL || body->rtm_table == RT_TABLE_UNSPEC)
		return;
	const void *gateway = nl_attribute(h, sizeof(*body), RTA_GATEWAY, 4);
	const void *source = nl_attribute(h, sizeof(*body), RTA_PREFSRC, 4);
	if (!gateway)
		gateway = gateway_among(h, e->way.ifindex);
	if (gateway)
		memcpy(e->way.gateway, gateway, 4);
	if (source)
		memcpy(e->way.source, source, 4);
	e->prefix = body->rtm_dst_len;
	e->metric = nl_u32(h, sizeof(*body), RTA_PRIORITY);
	e->found = true;
}

/* What the table has by that link for an address next to the one that matters, so that a host route to it is not met:
 * as good as long as the entry holds both. */
static bool entry_beside(struct netlink *nl, const uint8_t ip[static 4], unsigned bit, unsigned ifindex, struct entry *e)
{
	struct rtmsg body = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_flags = RTM_F_FIB_MATCH };
	struct nl_request q;
	uint8_t beside[4];

	*e = (struct entry){ .way.ifindex = ifindex };
	put_be32(beside, get_be32(ip) ^ 1u << bit);
	nl_begin(&q, RTM_GETROUTE, 0, &body, sizeof(body));
	nl_put(&q, RTA_DST, beside, sizeof(beside));
	nl_put_u32(&q, RTA_OIF, ifindex);
	return !nl_talk(nl, &q, read_entry, e) && e->found && e->prefix < 32 - bit;
}

static bool better(const struct entry *a, const struct entry *b)
{
	return !b->found || a->prefix > b->prefix || (a->prefix == b->prefix && a->metric < b->metric);
}

bool route_past_own(struct netlink *nl, const struct addr *to, unsigned except_ifindex, struct route *out)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	struct links links = { .n = 0 };
	struct entry e, best = { .found = false };
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, NLM_F_DUMP, &body, sizeof(body));
	if (to->family != ADDR_V4 || nl_talk(nl, &q, note_link, &links))
		return false;
	for (size_t i = 0; i < links.n; i++) {
		bool found = false;
		for (unsigned bit = 0; links.ifindex[i] != except_ifindex && bit < NEIGHBOURS && !found; bit++)
			found = entry_beside(nl, to->ip, bit, links.ifindex[i], &e);
		if (found && better(&e, &best))
			best = e;
	}
	*out = best.way;
	out->to.prefix = 32;
	memcpy(out->to.ip, to->ip, 4);
	return best.found;
}

uint32_t route_tag(const char *device)
{
	uint32_t hash = 0x811c9dc5u;

	for (; *device; device++)
		hash = (hash ^ (uint8_t)*device) * 0x01000193u;
	return ROUTE_TAG | ((hash ^ hash >> 24) & 0xffffffu);
}

enum { LEFTOVERS_MAX = 256 };
struct leftovers {
	unsigned own;
	uint32_t tag;
	uint32_t living[LINKS_MAX];     /* tags of the links that are there */
	size_t living_n;
	struct route route[LEFTOVERS_MAX];
	size_t n;
};

static void note_tag(void *ctx, const struct nlmsghdr *h)
{
	struct leftovers *l = ctx;
	struct link_info link;

	if (nl_link(h, &link) && l->living_n < LINKS_MAX)
		l->living[l->living_n++] = route_tag(link.name);
}

static bool is_left(const struct leftovers *l, const struct route *r)
{
	if (r->ifindex == l->own || r->metric == l->tag)
		return true;
	for (size_t i = 0; i < l->living_n; i++)
		if (l->living[i] == r->metric)
			return false;
	return (r->metric & ~0xffffffu) == ROUTE_TAG;
}

static void note_leftover(void *ctx, const struct nlmsghdr *h)
{
	struct leftovers *l = ctx;
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWROUTE || !body || body->rtm_family != AF_INET ||
	    body->rtm_protocol != ROUTE_PROTOCOL || body->rtm_table != RT_TABLE_MAIN || l->n == LEFTOVERS_MAX)
		return;
	struct route r = {
		.to.prefix = body->rtm_dst_len, .ifindex = nl_u32(h, sizeof(*body), RTA_OIF),
		.metric = nl_u32(h, sizeof(*body), RTA_PRIORITY),
	};
	const void *to = nl_attribute(h, sizeof(*body), RTA_DST, 4);
	const void *gateway = nl_attribute(h, sizeof(*body), RTA_GATEWAY, 4);
	if (to)
		memcpy(r.to.ip, to, 4);
	if (gateway)
		memcpy(r.gateway, gateway, 4);
	if (is_left(l, &r))
		l->route[l->n++] = r;
}

size_t route_sweep(struct netlink *nl, unsigned own_ifindex, const char *device)
{
	struct ifinfomsg links = { .ifi_family = AF_UNSPEC };
	struct rtmsg routes = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = ROUTE_PROTOCOL };
	struct leftovers l = { .own = own_ifindex, .tag = route_tag(device) };
	struct nl_request q;
	size_t gone = 0;

	nl_begin(&q, RTM_GETLINK, NLM_F_DUMP, &links, sizeof(links));
	if (nl_talk(nl, &q, note_tag, &l))
		return 0;
	nl_begin(&q, RTM_GETROUTE, NLM_F_DUMP, &routes, sizeof(routes));
	if (nl_talk(nl, &q, note_leftover, &l))
		return 0;
	for (size_t i = 0; i < l.n; i++)
		gone += !route_delete(nl, &l.route[i]);
	return gone;
}
