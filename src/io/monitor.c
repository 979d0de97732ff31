#include "io/monitor.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/nlmsg.h"

enum { RECEIVE = 32768, BATCH = 64 };
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
	if (nl_talk(m->nl, &q, add_link, &d))
		return false;
	nl_begin(&q, RTM_GETADDR, NLM_F_DUMP, &addresses, sizeof(addresses));
	if (nl_talk(m->nl, &q, add_address, &d))
		return false;
	*out = d.sum;
	return true;
}

struct monitor *monitor_open(unsigned own_ifindex)
{
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
		             RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE
	};
	struct monitor *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
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
	if (now.up != m->link.up) {
		m->pending[MONITOR_LINK_UP] = now.up;
		m->pending[MONITOR_LINK_DOWN] = !now.up;
	}
	if (!mac_equal(now.mac, m->link.mac))
		m->pending[MONITOR_LINK_MAC] = true;
	if (now.master != m->link.master)
		m->pending[MONITOR_LINK_MASTER] = now.master != 0;
	if (now.running && !m->link.running && now.up == m->link.up)
		m->pending[MONITOR_LINK_CARRIER] = true;
	if (nl_u32(h, sizeof(struct ifinfomsg), IFLA_EVENT) == IFLA_EVENT_FEATURES)     /* Linux 4.13 */
		m->pending[MONITOR_LINK_FEATURES] = true;
	m->link = now;
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
		return !own;
	case RTM_NEWADDR: case RTM_DELADDR:
		if (own && address && address->ifa_family == AF_INET)
			m->pending[MONITOR_ADDRESSES] = true;
		return !own;
	case RTM_NEWROUTE: case RTM_DELROUTE:
		route_changed(m, h, own);
		return false;
	default:
		return false;
	}
}

/* Events were lost: what the own link is now is looked up, the rest is the caller's. */
static void resync(struct monitor *m)
{
	struct link_info before = m->link, now;

	m->pending[MONITOR_RESYNC] = true;
	if (!m->own)
		return;
	m->pending[MONITOR_LINK_FEATURES] = true;
	if (link_get(m->nl, m->own, &now)) {
		m->pending[MONITOR_LINK_REMOVED] = errno == ENODEV;
		m->own = errno == ENODEV ? 0 : m->own;
		return;
	}
	m->pending[MONITOR_LINK_UP] = now.up && !before.up;
	m->pending[MONITOR_LINK_DOWN] = !now.up && before.up;
	m->pending[MONITOR_LINK_MAC] |= !mac_equal(now.mac, before.mac);
	m->pending[MONITOR_LINK_MASTER] = now.master && now.master != before.master;
	m->link = now;
}

/* Reads what waits, at most BATCH times: the rest is found in the next turn of the loop. */
static void collect(struct monitor *m)
{
	bool look = false;
	uint64_t underlay;

	for (int i = 0; i < BATCH; i++) {
		ssize_t len = recv(m->fd, m->mem, sizeof(m->mem), 0);
		const uint8_t *at = m->mem;

		if (len < 0 && errno == ENOBUFS) {
			resync(m);
			look = true;
			continue;
		}
		if (len <= 0)
			break;
		for (const struct nlmsghdr *h; (h = nl_next(&at, m->mem + len)); )
			look |= announced(m, h);
	}
	m->pending[MONITOR_LINK_ROUTES] |= m->link_routes != 0;
	m->link_routes = 0;
	if (look && underlay_digest(m, &underlay) && underlay != m->underlay) {
		m->underlay = underlay;
		m->pending[MONITOR_UNDERLAY] = true;
	}
}

static bool told(struct monitor *m, struct monitor_event *event)
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

bool monitor_next(struct monitor *m, struct monitor_event *event)
{
	if (told(m, event))
		return true;
	collect(m);
	return told(m, event);
}
