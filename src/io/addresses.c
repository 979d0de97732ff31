#include <errno.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

static int change(struct netlink *nl, uint16_t type, uint16_t flags, unsigned ifindex,
                  const struct subnet *address)
{
	struct ifaddrmsg body = {
		.ifa_family = AF_INET, .ifa_prefixlen = address->prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE, .ifa_index = ifindex
	};
	struct nl_request q;
	uint8_t broadcast[4];

	nl_begin(&q, type, flags, &body, sizeof(body));
	nl_put(&q, IFA_LOCAL, address->ip, 4);
	nl_put(&q, IFA_ADDRESS, address->ip, 4);
	put_be32(broadcast, subnet_ip(address) | ~subnet_mask(address->prefix));
	if (address->prefix < 31)               /* longer prefixes have none (RFC 3021) */
		nl_put(&q, IFA_BROADCAST, broadcast, sizeof(broadcast));
	return nl_talk(nl, &q, NULL, NULL);
}

int address_add(struct netlink *nl, unsigned ifindex, const struct subnet *address)
{
	if (!change(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address))
		return 0;
	return errno == EEXIST ? 0 : -1;
}

int address_delete(struct netlink *nl, unsigned ifindex, const struct subnet *address)
{
	if (!change(nl, RTM_DELADDR, 0, ifindex, address))
		return 0;
	return errno == EADDRNOTAVAIL ? 0 : -1;
}

struct listing {
	unsigned ifindex;
	struct subnet *out;
	size_t n, max;
	uint64_t print;                 /* of all in their order: two lists are the same when it is */
};

static void listed(void *ctx, const struct nlmsghdr *h)
{
	struct listing *l = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_index != l->ifindex ||
	    body->ifa_family != AF_INET)
		return;
	const uint8_t *ip = nl_attribute(h, sizeof(*body), IFA_LOCAL, 4);
	if (!ip)
		return;
	if (l->n < l->max) {
		memcpy(l->out[l->n].ip, ip, 4);
		l->out[l->n].prefix = body->ifa_prefixlen;
	}
	l->n++;
	l->print = (l->print ^ get_be32(ip) ^ (uint64_t)body->ifa_prefixlen << 32) * UINT64_C(0x100000001b3);
}

int address_list(struct netlink *nl, unsigned ifindex, struct subnet *out, size_t max)
{
	/* Of all links: when asked for one alone Linux 6.18 does not say that the list changed meanwhile. */
	struct ifaddrmsg body = { .ifa_family = AF_INET };
	struct listing l = { .ifindex = ifindex, .out = out, .max = max };
	struct nl_request q;

	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
	return nl_dump(nl, &q, listed, &l, sizeof(l)) ? -1 : (int)l.n;
}

struct search {
	unsigned ifindex;
	const struct subnet *address;
	bool found;
};

static void compare(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_index != s->ifindex || body->ifa_family != AF_INET ||
	    body->ifa_prefixlen != s->address->prefix)
		return;
	const uint8_t *ip = nl_attribute(h, sizeof(*body), IFA_LOCAL, 4);
	s->found |= ip && !memcmp(ip, s->address->ip, 4);
}

bool address_has(struct netlink *nl, unsigned ifindex, const struct subnet *address)
{
	struct ifaddrmsg body = { .ifa_family = AF_INET };
	struct search s = { ifindex, address, false };
	struct nl_request q;

	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
	return !nl_talk(nl, &q, compare, &s) && s.found;
}

enum { AROUND_MAX = 16 };
struct around {
	const struct subnet *wanted;
	struct { unsigned ifindex; struct subnet address; } at[AROUND_MAX];
	size_t n;
};

static void note_around(void *ctx, const struct nlmsghdr *h)
{
	struct around *a = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_family != AF_INET || a->n == AROUND_MAX ||
	    body->ifa_prefixlen > a->wanted->prefix || !body->ifa_prefixlen)
		return;
	const uint8_t *ip = nl_attribute(h, sizeof(*body), IFA_LOCAL, 4);
	if (!ip || (get_be32(ip) ^ subnet_ip(a->wanted)) & subnet_mask(body->ifa_prefixlen))
		return;
	a->at[a->n].ifindex = body->ifa_index;
	a->at[a->n].address.prefix = body->ifa_prefixlen;
	memcpy(a->at[a->n++].address.ip, ip, 4);
}

bool address_around(struct netlink *nl, const struct subnet *wanted, const char *except_device, struct subnet *found,
                    struct link_info *link)
{
	struct ifaddrmsg body = { .ifa_family = AF_INET };
	struct around a = { .wanted = wanted };
	struct link_info own;
	struct nl_request q;

	if (link_find(nl, except_device, &own))
		own = (struct link_info){ .ifindex = 0 };
	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
	if (nl_talk(nl, &q, note_around, &a))
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (a.at[i].ifindex == own.ifindex || a.at[i].ifindex == own.master || link_get(nl, a.at[i].ifindex, link) ||
		    link->loopback || link->tun)
			continue;
		*found = a.at[i].address;
		return true;
	}
	return false;
}
