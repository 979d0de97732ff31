#include "io/own_links.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#include "io/nlmsg.h"

enum { DEPTH = 8 };             /* VLAN on a bond on a bridge ...: no one stacks more */

const struct own_link *own_links_get(const struct own_links *ls, unsigned ifindex)
{
	for (size_t i = 0; ifindex && i < ls->n; i++)
		if (ls->at[i].ifindex == ifindex)
			return &ls->at[i];
	return NULL;
}

static void add(struct own_links *ls, unsigned ifindex, bool shared)
{
	if (!own_links_get(ls, ifindex) && ls->n < OWN_LINKS_MAX)
		ls->at[ls->n++] = (struct own_link){ ifindex, shared };
}

/* The link that it is stacked on, in this network namespace; of a veth that is its other end. */
static unsigned lower_of(const struct nlmsghdr *h)
{
	if (nl_attribute(h, sizeof(struct ifinfomsg), IFLA_LINK_NETNSID, 4))
		return 0;
	return nl_u32(h, sizeof(struct ifinfomsg), IFLA_LINK);
}

static void grow(void *ctx, const struct nlmsghdr *h)
{
	struct own_links *ls = ctx;
	struct link_info link;

	if (!nl_link(h, &link))
		return;
	const struct own_link *lower = own_links_get(ls, lower_of(h));
	if (lower)
		add(ls, link.ifindex, lower->shared);
	if (link.master && own_links_get(ls, link.ifindex))
		add(ls, link.master, false);
}

/* A master with a port that is none of them is shared, and what stands on it. */
static void share(void *ctx, const struct nlmsghdr *h)
{
	struct own_links *ls = ctx;
	struct link_info link;

	if (!nl_link(h, &link))
		return;
	const struct own_link *lower = own_links_get(ls, lower_of(h));
	bool is_own = own_links_get(ls, link.ifindex) != NULL;
	for (size_t i = 0; i < ls->n; i++) {
		bool foreign_port = !is_own && link.master == ls->at[i].ifindex;
		bool on_shared = lower && lower->shared && link.ifindex == ls->at[i].ifindex;
		ls->at[i].shared |= foreign_port || on_shared;
	}
}

static int look_through(struct netlink *nl, void (*each)(void *ctx, const struct nlmsghdr *h), struct own_links *ls)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, NLM_F_DUMP, &body, sizeof(body));
	return nl_dump(nl, &q, each, ls, sizeof(*ls));
}

int own_links_find(struct netlink *nl, unsigned own_ifindex, struct own_links *out)
{
	struct own_links ls = { .n = 0 };
	size_t before = 0;

	if (own_ifindex)
		add(&ls, own_ifindex, false);
	for (int i = 0; i < DEPTH && ls.n > before; i++) {
		before = ls.n;
		if (look_through(nl, grow, &ls))
			return -1;
	}
	for (int i = 0; i < 2 && ls.n > 1; i++)         /* twice: what stands on a master may be listed before its ports */
		if (look_through(nl, share, &ls))
			return -1;
	*out = ls;
	return 0;
}

struct entry {
	unsigned ifindex;
	uint8_t mac[MAC_LEN];
	bool found;
};

static void entry(void *ctx, const struct nlmsghdr *h)
{
	struct entry *e = ctx;
	const struct ndmsg *body = nl_body(h, sizeof(*body));
	const void *mac = body ? nl_attribute(h, sizeof(*body), NDA_LLADDR, MAC_LEN) : NULL;

	if (h->nlmsg_type != RTM_NEWNEIGH || !body || !mac)
		return;
	e->ifindex = (unsigned)body->ndm_ifindex;
	memcpy(e->mac, mac, MAC_LEN);
	e->found = true;
}

/* Its neighbour entry, then the port that the bridge has learnt it on.  Linux 5.0. */
bool own_links_behind(struct netlink *nl, const struct own_links *ls, unsigned ifindex, const struct addr *next_hop)
{
	bool v6 = next_hop->family == ADDR_V6;
	struct ndmsg neighbour = { .ndm_family = v6 ? AF_INET6 : AF_INET, .ndm_ifindex = (int)ifindex };
	struct ndmsg port = { .ndm_family = AF_BRIDGE };
	struct entry e = { .found = false };
	struct nl_request q;

	nl_begin(&q, RTM_GETNEIGH, 0, &neighbour, sizeof(neighbour));
	nl_put(&q, NDA_DST, next_hop->ip, v6 ? 16 : 4);
	if (nl_talk(nl, &q, entry, &e) || !e.found)
		return false;
	e.found = false;
	nl_begin(&q, RTM_GETNEIGH, 0, &port, sizeof(port));
	nl_put(&q, NDA_LLADDR, e.mac, MAC_LEN);
	nl_put_u32(&q, NDA_MASTER, ifindex);
	return !nl_talk(nl, &q, entry, &e) && e.found && own_links_get(ls, e.ifindex);
}
