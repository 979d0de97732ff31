#include "io/monitor.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/nlmsg.h"
#include "io/overlay_routes.h"

enum { RECEIVE = 32768, BATCH = 64, BUFFER = 4 << 20 };
enum { KINDS = MONITOR_RESYNC + 1 };

/* The underlay is remembered as one number, the sum of a hash of each link and address: an event is
 * told only when it is another one, because kernels repeat themselves (wireless statistics, router
 * advertisements). */
struct monitor {
	int fd;
	struct netlink *nl;             /* asks for the state when something was announced */
	unsigned own;                   /* 0: none */
	struct link_info link;          /* of the own one, as told */
	uint64_t underlay;
	uint64_t link_routes;           /* likewise: what came less what went in this batch */
	struct overlay_routes routes;
	bool pending[KINDS];
	_Alignas(struct nlmsghdr) uint8_t mem[RECEIVE];
};

static uint64_t fnv(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3u;
	return hash;
}

struct digest {
	unsigned except;
	uint64_t sum;
};

static void add_link(void *ctx, const struct nlmsghdr *h)
{
	struct digest *d = ctx;
	struct link_info link;

	if (!nl_link(h, &link) || link.ifindex == d->except)
		return;
	uint64_t facts[] = { link.ifindex, link.up, link.running, link.mtu };
	d->sum += fnv(1, facts, sizeof(facts));
}

static void add_address(void *ctx, const struct nlmsghdr *h)
{
	struct digest *d = ctx;
	const struct ifaddrmsg *body = nl_body(h, sizeof(*body));

	if (h->nlmsg_type != RTM_NEWADDR || !body || body->ifa_index == d->except)
		return;
	size_t len = body->ifa_family == AF_INET6 ? 16 : 4;
	uint32_t unusable = body->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED);
	uint64_t facts[] = { body->ifa_index, body->ifa_family, unusable };
	const void *local = nl_attribute(h, sizeof(*body), IFA_LOCAL, len);
	const void *ip = local ? local : nl_attribute(h, sizeof(*body), IFA_ADDRESS, len);
	d->sum += fnv(fnv(2, facts, sizeof(facts)), ip ? ip : "", ip ? len : 0);
}

/* False: the kernel did not answer, the digest is worth nothing. */
static bool underlay_digest(struct monitor *m, uint64_t *out)
{
	struct ifinfomsg links = { .ifi_family = AF_UNSPEC };
	struct ifaddrmsg addresses = { .ifa_family = AF_UNSPEC };
	struct digest d = { .except = m->own };
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, NLM_F_DUMP, &links, sizeof(links));
	if (nl_dump(m->nl, &q, add_link, &d, sizeof(d)))
		return false;
	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &addresses, sizeof(addresses));
	if (nl_dump(m->nl, &q, add_address, &d, sizeof(d)))
		return false;
	*out = d.sum;
	return true;
}

void monitor_learn(struct monitor *m)
{
	overlay_routes_learn(&m->routes, m->nl, m->own);
}

bool monitor_unsure(const struct monitor *m)
{
	return m->routes.unsure;
}

const struct own_links *monitor_own_links(const struct monitor *m)
{
	return &m->routes.links;
}

bool monitor_may_be_own(const struct monitor *m, const struct addr *to)
{
	return m->routes.unsure || prefixes_cover(&m->routes.to, to);
}

struct monitor *monitor_open(unsigned own_ifindex)
{
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		             RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE
	};
	struct monitor *m = calloc(1, sizeof(*m));
	int buffer = BUFFER;

	if (!m)
		return NULL;
	m->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	/* A routing daemon announces whole tables at once; needs CAP_NET_ADMIN, and is only good to have. */
	setsockopt(m->fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	if (m->fd >= 0 && !bind(m->fd, (const struct sockaddr *)&groups, sizeof(groups)))
		m->nl = netlink_open();
	if (m->nl) {
		monitor_watch(m, own_ifindex);
		return m;
	}
	int err = errno;
	monitor_close(m);
	errno = err;
	return NULL;
}

void monitor_close(struct monitor *m)
{
	if (!m)
		return;
	netlink_close(m->nl);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

int monitor_fd(const struct monitor *m)
{
	return m->fd;
}

void monitor_watch(struct monitor *m, unsigned own_ifindex)
{
	m->own = own_ifindex;
	if (!own_ifindex || link_get(m->nl, own_ifindex, &m->link))
		memset(&m->link, 0, sizeof(m->link));
	if (!underlay_digest(m, &m->underlay))
		m->underlay = 0;
	monitor_learn(m);
}

/* What the own link is now, against what was told. */
static void compare(struct monitor *m, const struct link_info *now)
{
	if (now->up != m->link.up) {
		m->pending[MONITOR_LINK_UP] = now->up;
		m->pending[MONITOR_LINK_DOWN] = !now->up;
	}
	if (!mac_equal(now->mac, m->link.mac))
		m->pending[MONITOR_LINK_MAC] = true;
	if (now->master != m->link.master)
		m->pending[MONITOR_LINK_MASTER] = now->master != 0;
	if (now->running && !m->link.running && now->up == m->link.up)
		m->pending[MONITOR_LINK_CARRIER] = true;
	m->link = *now;
}

static void own_link(struct monitor *m, const struct nlmsghdr *h)
{
	struct link_info now;

	if (h->nlmsg_type == RTM_DELLINK) {
		m->pending[MONITOR_LINK_REMOVED] = true;
		m->own = 0;
		return;
	}
	if (!nl_link(h, &now))
		return;
	compare(m, &now);
	if (nl_u32(h, sizeof(struct ifinfomsg), IFLA_EVENT) == IFLA_EVENT_FEATURES)     /* Linux 4.13 */
		m->pending[MONITOR_LINK_FEATURES] = true;
}

/* Hosts behind another port of the own link's bridge can be heard, perhaps again. */
static void port_changed(struct monitor *m, const struct nlmsghdr *h)
{
	struct link_info port;
	if (m->link.master && nl_link(h, &port) && port.master == m->link.master && port.running)
		m->pending[MONITOR_LINK_CARRIER] = true;
}

/* Which link a message is about; 0: none in particular.  A bridge says "deleted" of a link that only
 * leaves it. */
static unsigned about(const struct nlmsghdr *h)
{
	const struct ifinfomsg *link = nl_body(h, sizeof(*link));
	const struct ifaddrmsg *address = nl_body(h, sizeof(*address));

	switch (h->nlmsg_type) {
	case RTM_NEWLINK: case RTM_DELLINK:
		return link && link->ifi_family == AF_UNSPEC ? (unsigned)link->ifi_index : 0;
	case RTM_NEWADDR: case RTM_DELADDR:
		return address ? address->ifa_index : 0;
	default:
		return nl_u32(h, sizeof(struct rtmsg), RTA_OIF);
	}
}

static void route_changed(struct monitor *m, const struct nlmsghdr *h, bool own)
{
	const struct rtmsg *body = nl_body(h, sizeof(*body));

	if (!body || body->rtm_flags & RTM_F_CLONED || body->rtm_table == RT_TABLE_LOCAL)
		return;
	if (!own) {
		m->pending[MONITOR_ROUTES] = true;
		return;
	}
	if (body->rtm_family != AF_INET || body->rtm_table != RT_TABLE_MAIN)
		return;
	const void *to = nl_attribute(h, sizeof(*body), RTA_DST, 4);
	const void *gateway = nl_attribute(h, sizeof(*body), RTA_GATEWAY, 4);
	uint64_t facts[] = { body->rtm_dst_len, body->rtm_tos, nl_u32(h, sizeof(*body), RTA_PRIORITY) };
	uint64_t hash = fnv(3, facts, sizeof(facts));
	hash = fnv(hash, to ? to : "", to ? 4 : 0);
	hash = fnv(hash, gateway ? gateway : "", gateway ? 4 : 0);
	m->link_routes += h->nlmsg_type == RTM_NEWROUTE ? hash : 0 - hash;
}

/* True: the underlay has to be looked at. */
static bool announced(struct monitor *m, const struct nlmsghdr *h)
{
	bool own = m->own && about(h) == m->own;
	const struct ifaddrmsg *address = nl_body(h, sizeof(*address));

	switch (h->nlmsg_type) {
	case RTM_NEWLINK: case RTM_DELLINK:
		if (own)
			own_link(m, h);
		else if (about(h))
			port_changed(m, h);
		return !own || m->pending[MONITOR_LINK_MASTER];
	case RTM_NEWADDR: case RTM_DELADDR:
		if (own && address && address->ifa_family == AF_INET)
			m->pending[MONITOR_ADDRESSES] = true;
		return !own;
	case RTM_NEWROUTE: case RTM_DELROUTE:
		overlay_routes_announced(&m->routes, h);
		route_changed(m, h, own);
		return false;
	default:
		return false;
	}
}

/* Events were lost: what the own link is now is looked up, the rest is the caller's. */
static void resync(struct monitor *m)
{
	struct link_info now;

	m->pending[MONITOR_RESYNC] = true;
	m->routes.unsure = true;
	if (!m->own)
		return;
	m->pending[MONITOR_LINK_FEATURES] = true;
	if (!link_get(m->nl, m->own, &now)) {
		compare(m, &now);
	} else if (errno == ENODEV) {
		m->pending[MONITOR_LINK_REMOVED] = true;
		m->own = 0;
	}
}

void monitor_read(struct monitor *m)
{
	bool look = false, lost = false;
	uint64_t underlay;

	for (int i = 0; i < BATCH; i++) {
		ssize_t len = recv(m->fd, m->mem, sizeof(m->mem), 0);
		const uint8_t *at = m->mem;

		if (len < 0 && errno != ENOBUFS)
			break;
		lost |= len < 0;
		for (const struct nlmsghdr *h; len > 0 && (h = nl_next(&at, m->mem + len)); )
			look |= announced(m, h);
	}
	if (lost)
		resync(m);
	m->pending[MONITOR_LINK_ROUTES] |= m->link_routes != 0;
	m->link_routes = 0;
	if (!look && !lost)
		return;
	overlay_routes_look(&m->routes, m->nl, m->own);
	if (underlay_digest(m, &underlay) && underlay != m->underlay) {
		m->underlay = underlay;
		m->pending[MONITOR_UNDERLAY] = true;
	}
}

bool monitor_next(struct monitor *m, struct monitor_event *event)
{
	for (int kind = 0; kind < KINDS; kind++) {
		if (!m->pending[kind])
			continue;
		m->pending[kind] = false;
		*event = (struct monitor_event){ .kind = (enum monitor_kind)kind };
		if (kind == MONITOR_LINK_MAC)
			memcpy(event->mac, m->link.mac, MAC_LEN);
		return true;
	}
	return false;
}
