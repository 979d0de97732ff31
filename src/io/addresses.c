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
};

static void listed(void *ctx, const struct nlmsghdr *h)
{
	struct listing *l = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_index != l->ifindex ||
	    body->ifa_family != AF_INET || l->n == l->max)
		return;
	const uint8_t *ip = nl_attribute(h, sizeof(*body), IFA_LOCAL, 4);
	if (!ip)
		return;
	memcpy(l->out[l->n].ip, ip, 4);
	l->out[l->n++].prefix = body->ifa_prefixlen;
}

int address_list(struct netlink *nl, unsigned ifindex, struct subnet *out, size_t max)
{
	/* Of all links: when asked for one alone Linux 6.18 does not say that the list changed meanwhile. */
	struct ifaddrmsg body = { .ifa_family = AF_INET };
	struct listing l = { ifindex, out, 0, max };
	struct nl_request q;

	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &body, sizeof(body));
	return nl_dump(nl, &q, listed, &l, sizeof(l)) ? -1 : (int)l.n;
}
