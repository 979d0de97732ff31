/* Links, addresses, routes and the monitor, in a network namespace of our own with TAPs as links. */
#define _GNU_SOURCE
#include "io/netlink.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <poll.h>
#include <pthread.h>

#include "io/monitor.h"
#include "io/nlmsg.h"
#include "io/tap.h"
#include "netns.h"
#include "test.h"

enum { PATIENCE_MS = 5000 };
static struct netlink *nl;

static struct subnet subnet(const char *ip, uint8_t prefix)
{
	struct subnet s = { .prefix = prefix };
	CHECK(inet_pton(AF_INET, ip, s.ip) == 1);
	return s;
}

static struct addr address(const char *ip)
{
	struct addr a = { .port = 7 };
	a.family = inet_pton(AF_INET, ip, a.ip) == 1 ? ADDR_V4 : ADDR_V6;
	if (a.family == ADDR_V6)
		CHECK(inet_pton(AF_INET6, ip, a.ip) == 1);
	return a;
}

static bool same_ip(const struct addr *a, const char *ip)
{
	struct addr b = address(ip);
	return addr_same_ip(a, &b);
}

/* A link that is up and has an address. */
static struct tap *link_with(const char *name, const char *ip, uint8_t prefix)
{
	enum tap_error why;
	struct tap *t = tap_open(name, false, &why);
	CHECK(t);
	if (!t)
		exit(1);
	struct subnet s = subnet(ip, prefix);
	CHECK(!address_add(nl, tap_ifindex(t), &s));
	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	return t;
}

static void add_v6(unsigned ifindex, const char *ip)
{
	struct ifaddrmsg body = {
		.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_flags = IFA_F_NODAD, .ifa_index = ifindex
	};
	struct addr a = address(ip);
	struct nl_request q;
	nl_begin(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	nl_put(&q, IFA_LOCAL, a.ip, 16);
	CHECK(!nl_talk(nl, &q, NULL, NULL));
}

static void links(void)
{
	static const uint8_t mac[] = { 2, 1, 2, 3, 4, 5 };
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	unsigned i = tap_ifindex(t);
	struct link_info link, same;

	CHECK(!link_set_mac(nl, i, mac) && !link_set_mtu(nl, i, 1234) && !link_set_txqueuelen(nl, i, 777));
	CHECK(!link_get(nl, i, &link) && !link_find(nl, "edge0", &same));
	CHECK(!memcmp(&link, &same, sizeof(link)));
	CHECK_INT(link.ifindex, i);
	CHECK_INT(link.mtu, 1234);
	CHECK_STR(link.name, "edge0");
	CHECK(mac_equal(link.mac, mac) && link.up && link.running && !link.loopback);
	struct ifreq ifr = { .ifr_name = "edge0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(!ioctl(fd, SIOCGIFTXQLEN, &ifr));
	CHECK_INT(ifr.ifr_qlen, 777);
	close(fd);
	CHECK(!link_set_up(nl, i, false) && !link_get(nl, i, &link) && !link.up);
	CHECK(!link_find(nl, "lo", &link) && link.loopback);
	CHECK(link_get(nl, 9999, &link) && errno == ENODEV);
	CHECK(link_find(nl, "nothing", &link) && errno == ENODEV);
	CHECK(link_find(nl, "a-name-that-is-much-too-long", &link) && errno == ENODEV);
	tap_close(t);
}

static void a_failure_keeps_errno_and_words(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	struct subnet bad = subnet("10.9.9.1", 24);
	struct link_info through;
	struct route r = {
		.to = subnet("10.1.0.0", 16), .gateway = { 172, 16, 0, 1 }, .ifindex = tap_ifindex(t)
	};
	uint8_t group[MAC_LEN] = { 1, 2, 3, 4, 5, 6 };

	CHECK(address_add(nl, 9999, &bad) && errno == ENODEV);
	CHECK(link_set_mac(nl, tap_ifindex(t), group) && errno == EADDRNOTAVAIL);
	CHECK(link_set_mtu(nl, tap_ifindex(t), 10) && errno == EINVAL);
	CHECK(strlen(netlink_words(nl)) > 0);           /* "mtu less than device minimum" */
	CHECK_INT(route_add(nl, &r, &through), ROUTE_FAILED);
	CHECK_INT(errno, ENETUNREACH);
	CHECK(strlen(netlink_words(nl)) > 0);
	CHECK(!link_set_mtu(nl, tap_ifindex(t), 1400));
	CHECK_STR(netlink_words(nl), "");
	tap_close(t);
}

static void addresses(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	unsigned i = tap_ifindex(t);
	struct subnet first = subnet("10.9.9.1", 24), second = subnet("192.168.7.7", 30), out[4];
	struct ifreq ifr = { .ifr_name = "edge0" };
	struct sockaddr_in in;

	CHECK(!address_add(nl, i, &first));             /* again: fine */
	CHECK(!address_add(nl, i, &second));
	CHECK_INT(address_list(nl, i, out, 4), 2);
	CHECK(subnet_equal(&out[0], &first) && subnet_equal(&out[1], &second));
	CHECK_INT(address_list(nl, i, out, 1), 2);      /* how many there are */
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(!ioctl(fd, SIOCGIFBRDADDR, &ifr));
	memcpy(&in, &ifr.ifr_broadaddr, sizeof(in));
	CHECK_INT(ntohl(in.sin_addr.s_addr), 0x0a0909ff);
	close(fd);
	CHECK(!address_delete(nl, i, &first) && !address_delete(nl, i, &first));
	CHECK_INT(address_list(nl, i, out, 4), 1);
	CHECK(subnet_equal(&out[0], &second));
	tap_close(t);
}

static void routes(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24), *other = link_with("eth0", "192.0.2.1", 24);
	struct route multicast = { .to = subnet("224.1.2.3", 4), .ifindex = tap_ifindex(t) };
	struct route there = multicast;
	struct route via = {
		.to = subnet("10.50.0.0", 16), .gateway = { 10, 9, 9, 7 }, .ifindex = tap_ifindex(t)
	};
	struct route all = {
		.to = subnet("0.0.0.0", 0), .gateway = { 192, 0, 2, 9 }, .ifindex = tap_ifindex(other)
	};
	struct link_info through;
	struct route_info info;
	struct addr to = address("239.1.2.3");

	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_ADDED);
	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_THERE);
	CHECK(!route_lookup(nl, &to, &info) && info.ifindex == tap_ifindex(t) && !addr_is_set(&info.gateway));
	there.ifindex = tap_ifindex(other);
	CHECK_INT(route_add(nl, &there, &through), ROUTE_TAKEN);
	CHECK_STR(through.name, "edge0");
	CHECK_INT(route_add(nl, &via, &through), ROUTE_ADDED);
	CHECK_INT(route_add(nl, &all, &through), ROUTE_ADDED);
	to = address("10.50.1.1");
	CHECK(!route_lookup(nl, &to, &info));
	CHECK(info.ifindex == tap_ifindex(t) && same_ip(&info.gateway, "10.9.9.7"));
	CHECK(!route_delete(nl, &via) && !route_delete(nl, &via));
	CHECK(!route_lookup(nl, &to, &info) && info.ifindex == tap_ifindex(other));
	CHECK(!route_delete(nl, &there));               /* not this one: it goes through another link */
	to = address("239.1.2.3");
	CHECK(!route_lookup(nl, &to, &info) && info.ifindex == tap_ifindex(t));
	CHECK(!link_set_up(nl, tap_ifindex(t), false));
	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_FAILED);
	CHECK_INT(errno, ENETDOWN);
	tap_close(t);
	tap_close(other);
}

/* A longer route to its first address hides a route, but not who has it. */
static void a_route_that_a_longer_one_hides(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24), *other = link_with("eth0", "192.0.2.1", 24);
	struct route wide = { .to = subnet("10.50.0.0", 16), .ifindex = tap_ifindex(t) }, same = wide;
	struct route longer = { .to = subnet("10.50.0.0", 24), .ifindex = tap_ifindex(other) };
	struct link_info through;

	CHECK_INT(route_add(nl, &wide, &through), ROUTE_ADDED);
	CHECK_INT(route_add(nl, &longer, &through), ROUTE_ADDED);
	CHECK_INT(route_add(nl, &wide, &through), ROUTE_THERE);
	same.ifindex = tap_ifindex(other);
	CHECK_INT(route_add(nl, &same, &through), ROUTE_TAKEN);
	CHECK_STR(through.name, "edge0");
	tap_close(t);
	tap_close(other);
}

enum { STABLE = 1500, PASSING = 1500, LO = 1 };

static struct subnet one_of(uint32_t first, uint32_t i)
{
	struct subnet s = { .prefix = 32 };
	put_be32(s.ip, first + i);
	return s;
}

/* Those that stand before the stable ones go, one by one. */
static void *take_away(void *arg)
{
	struct netlink *own = netlink_open();
	for (uint32_t i = 0; own && i < PASSING; i++) {
		struct subnet s = one_of(0x0a080000, i);
		CHECK(!address_delete(own, LO, &s));
	}
	netlink_close(own);
	*(volatile bool *)arg = true;
	return NULL;
}

/* The kernel says when a list changed while it was read: it is read again then. */
static void a_list_is_whole(void)
{
	static struct subnet out[STABLE + PASSING + 8];
	volatile bool done = false;
	pthread_t thread;
	unsigned lists = 0, short_ones = 0;

	for (uint32_t i = 0; i < STABLE + PASSING; i++) {
		struct subnet s = i < PASSING ? one_of(0x0a080000, i) : one_of(0x0a070000, i - PASSING);
		CHECK(!address_add(nl, LO, &s));
	}
	CHECK(!pthread_create(&thread, NULL, take_away, (void *)(uintptr_t)&done));
	while (!done || !lists) {
		int n = address_list(nl, LO, out, STABLE + PASSING + 8), stable = 0;
		for (int j = 0; j < n; j++)
			stable += get_be32(out[j].ip) >> 16 == 0x0a07;
		lists += n >= 0;
		short_ones += n >= 0 && stable != STABLE;
	}
	pthread_join(thread, NULL);
	CHECK_INT(short_ones, 0);
	for (uint32_t i = 0; i < STABLE; i++) {
		struct subnet s = one_of(0x0a070000, i);
		CHECK(!address_delete(nl, LO, &s));
	}
}

static void lookups(void)
{
	struct tap *t = link_with("eth0", "192.0.2.1", 24);
	struct addr to = address("192.0.2.77"), local = address("192.0.2.1"), far = address("203.0.113.1");
	struct addr v6 = address("2001:db8::9"), loopback = address("127.0.0.1");
	struct route_info info;

	CHECK(!link_set_mtu(nl, tap_ifindex(t), 8999));
	CHECK(!route_lookup(nl, &to, &info));
	CHECK_INT(info.ifindex, tap_ifindex(t));
	CHECK_INT(info.mtu, 8999);
	CHECK(!info.local && same_ip(&info.source, "192.0.2.1") && info.source.port == 0);
	CHECK(!route_lookup(nl, &local, &info) && info.local && same_ip(&info.source, "192.0.2.1"));
	CHECK(!route_lookup(nl, &loopback, &info) && info.local);
	CHECK(route_lookup(nl, &far, &info) && errno == ENETUNREACH);
	CHECK(route_lookup(nl, &v6, &info) && errno == ENETUNREACH);
	add_v6(tap_ifindex(t), "2001:db8::1");
	CHECK(!route_lookup(nl, &v6, &info));
	CHECK_INT(info.ifindex, tap_ifindex(t));
	CHECK_INT(info.mtu, 8999);
	CHECK(same_ip(&info.source, "2001:db8::1"));
	tap_close(t);
}

static void outward(void)
{
	struct addr a;
	unsigned i;

	CHECK(!outward_address(nl, false, 0, &a, &i) && !addr_is_set(&a) && i == 0);
	struct tap *t = link_with("edge0", "10.9.9.1", 24), *one = link_with("eth0", "192.0.2.1", 24);
	struct tap *two = link_with("eth1", "198.51.100.2", 24);
	struct route all = { .gateway = { 198, 51, 100, 9 }, .ifindex = tap_ifindex(two) };
	struct route own = { .to = subnet("0.0.0.0", 0), .ifindex = tap_ifindex(t) };
	struct link_info through;

	CHECK(outward_address(nl, false, tap_ifindex(t), &a, &i));      /* no default route: the first */
	CHECK(same_ip(&a, "192.0.2.1") && i == tap_ifindex(one) && a.port == 0);
	CHECK_INT(route_add(nl, &all, &through), ROUTE_ADDED);
	CHECK(outward_address(nl, false, tap_ifindex(t), &a, &i));
	CHECK(same_ip(&a, "198.51.100.2") && i == tap_ifindex(two));
	CHECK(!route_delete(nl, &all));
	CHECK_INT(route_add(nl, &own, &through), ROUTE_ADDED);          /* edge -n 0.0.0.0/0 */
	CHECK(!link_set_up(nl, tap_ifindex(one), false));
	CHECK(outward_address(nl, false, tap_ifindex(t), &a, &i));      /* up, and not the TAP */
	CHECK(same_ip(&a, "198.51.100.2") && i == tap_ifindex(two));
	CHECK(!outward_address(nl, true, tap_ifindex(t), &a, &i));      /* link-local does not count */
	add_v6(tap_ifindex(two), "2001:db8::2");
	CHECK(outward_address(nl, true, tap_ifindex(t), &a, &i) && same_ip(&a, "2001:db8::2"));
	tap_close(t);
	tap_close(one);
	tap_close(two);
}

/* As the loop does, turn after turn until nothing waits. */
static bool next_event(struct monitor *m, struct monitor_event *ev)
{
	struct pollfd p = { .fd = monitor_fd(m), .events = POLLIN };

	while (!monitor_next(m, ev)) {
		if (poll(&p, 1, 0) != 1)
			return false;
		monitor_read(m);
	}
	return true;
}

/* Awaits an event of that kind and says whether another one of the kinds in not (bits) came before. */
static bool await_event(struct monitor *m, enum monitor_kind kind, unsigned not, struct monitor_event *ev)
{
	struct pollfd p = { .fd = monitor_fd(m), .events = POLLIN };
	bool good = true;

	for (;;) {
		while (next_event(m, ev)) {
			if (ev->kind == kind)
				return good;
			good &= !(not & 1u << ev->kind);
		}
		if (poll(&p, 1, PATIENCE_MS) != 1)
			return false;
	}
}

static void drain(struct monitor *m)
{
	struct monitor_event ev;
	while (next_event(m, &ev))
		;
}

enum {
	OWN = 1 << MONITOR_LINK_UP | 1 << MONITOR_LINK_DOWN | 1 << MONITOR_LINK_REMOVED |
	      1 << MONITOR_LINK_MAC
};

static void own_link_events(void)
{
	static const uint8_t mac[] = { 2, 1, 2, 3, 4, 6 };
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	struct monitor *m = monitor_open(tap_ifindex(t));
	struct subnet more = subnet("10.9.9.200", 24);
	struct monitor_event ev;
	unsigned i = tap_ifindex(t);

	CHECK(m);
	if (!m)
		return;
	CHECK(!link_set_up(nl, i, false));
	CHECK(await_event(m, MONITOR_LINK_DOWN, 1u << MONITOR_LINK_UP | 1u << MONITOR_UNDERLAY, &ev));
	CHECK(!link_set_up(nl, i, true));
	CHECK(await_event(m, MONITOR_LINK_UP, 1u << MONITOR_LINK_DOWN | 1u << MONITOR_UNDERLAY, &ev));
	CHECK(!link_set_up(nl, i, false) && !link_set_up(nl, i, true)); /* seen together: routes are gone */
	CHECK(await_event(m, MONITOR_LINK_UP, 1u << MONITOR_LINK_DOWN, &ev));
	CHECK(!link_set_mac(nl, i, mac));
	CHECK(await_event(m, MONITOR_LINK_MAC, 1u << MONITOR_UNDERLAY, &ev) && mac_equal(ev.mac, mac));
	CHECK(!address_add(nl, i, &more));
	CHECK(await_event(m, MONITOR_ADDRESSES, OWN | 1u << MONITOR_UNDERLAY, &ev));
	tap_close(t);
	CHECK(await_event(m, MONITOR_LINK_REMOVED, 1u << MONITOR_UNDERLAY, &ev));
	drain(m);
	t = link_with("edge0", "10.9.9.1", 24);
	monitor_watch(m, tap_ifindex(t));
	CHECK(!link_set_up(nl, tap_ifindex(t), false));
	CHECK(await_event(m, MONITOR_LINK_DOWN, 1u << MONITOR_LINK_REMOVED, &ev));
	monitor_close(m);
	tap_close(t);
}

static void own_route_events(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	struct route multicast = { .to = subnet("224.0.0.0", 4), .ifindex = tap_ifindex(t) };
	struct monitor *m = monitor_open(tap_ifindex(t));
	const unsigned underlay = 1u << MONITOR_UNDERLAY | 1u << MONITOR_ROUTES;
	struct link_info through;
	struct monitor_event ev;

	CHECK(m);
	if (!m)
		return;
	drain(m);
	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_ADDED);
	CHECK(await_event(m, MONITOR_LINK_ROUTES, OWN | underlay, &ev));
	CHECK(!route_delete(nl, &multicast));
	CHECK(await_event(m, MONITOR_LINK_ROUTES, OWN | underlay, &ev));
	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_ADDED);
	drain(m);
	CHECK(!route_delete(nl, &multicast));           /* taken away and put back: no news */
	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_ADDED);
	CHECK(!link_set_mtu(nl, tap_ifindex(t), 1300) && !link_set_up(nl, tap_ifindex(t), false));
	CHECK(await_event(m, MONITOR_LINK_DOWN, 1u << MONITOR_LINK_ROUTES | underlay, &ev));
	CHECK(!next_event(m, &ev));
	monitor_close(m);
	tap_close(t);
}

static void underlay_events(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24), *eth = link_with("eth0", "192.0.2.1", 24);
	struct route all = { .gateway = { 192, 0, 2, 9 }, .ifindex = tap_ifindex(eth) };
	struct route own = { .to = subnet("224.0.0.0", 4), .ifindex = tap_ifindex(t) };
	struct monitor *m = monitor_open(tap_ifindex(t));
	struct subnet more = subnet("192.0.2.200", 24);
	struct link_info through;
	struct monitor_event ev;

	CHECK(m);
	if (!m)
		return;
	drain(m);
	CHECK(!address_add(nl, tap_ifindex(eth), &more));
	CHECK(await_event(m, MONITOR_UNDERLAY, OWN | 1u << MONITOR_ADDRESSES, &ev));
	CHECK_INT(route_add(nl, &all, &through), ROUTE_ADDED);
	CHECK(await_event(m, MONITOR_ROUTES, OWN | 1u << MONITOR_UNDERLAY, &ev));
	CHECK(!link_set_up(nl, tap_ifindex(eth), false));
	CHECK(await_event(m, MONITOR_UNDERLAY, OWN, &ev));
	drain(m);
	CHECK_INT(route_add(nl, &own, &through), ROUTE_ADDED);  /* our own: no news */
	CHECK(!link_set_txqueuelen(nl, tap_ifindex(eth), 55));  /* announced, but it does not matter */
	CHECK(!link_set_up(nl, tap_ifindex(eth), true));
	CHECK(await_event(m, MONITOR_UNDERLAY, OWN, &ev));
	drain(m);
	CHECK(!link_set_txqueuelen(nl, tap_ifindex(eth), 56));
	CHECK(!link_set_up(nl, tap_ifindex(t), false));
	CHECK(await_event(m, MONITOR_LINK_DOWN, 1u << MONITOR_UNDERLAY, &ev));
	tap_close(eth);
	CHECK(await_event(m, MONITOR_UNDERLAY, OWN, &ev));
	monitor_close(m);
	tap_close(t);
}

static bool may_be_own(struct monitor *m, const char *ip)
{
	struct monitor_event ev;
	struct addr a = address(ip);
	while (next_event(m, &ev))
		;
	return monitor_may_be_own(m, &a);
}

/* Which destinations may lie behind the own link, without a question: as routes come and go. */
static void routes_into_the_overlay(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24), *eth = link_with("eth0", "192.0.2.1", 24);
	struct route wide = { .to = subnet("10.50.0.0", 16), .ifindex = tap_ifindex(t) }, all = { .ifindex = tap_ifindex(t) };
	struct route before = { .to = subnet("10.60.0.0", 16), .ifindex = tap_ifindex(t) };
	struct link_info through;

	CHECK_INT(route_add(nl, &before, &through), ROUTE_ADDED);
	struct monitor *m = monitor_open(tap_ifindex(t));
	CHECK(m);
	if (!m)
		return;
	CHECK(may_be_own(m, "10.9.9.7") && may_be_own(m, "10.60.1.1"));
	CHECK(!may_be_own(m, "192.0.2.7") && !may_be_own(m, "10.50.1.1") && !may_be_own(m, "2001:db8::1"));
	CHECK_INT(route_add(nl, &wide, &through), ROUTE_ADDED);
	CHECK(may_be_own(m, "10.50.1.1"));
	CHECK(!route_delete(nl, &wide));
	CHECK(!may_be_own(m, "10.50.1.1"));
	CHECK_INT(route_add(nl, &all, &through), ROUTE_ADDED);
	CHECK(may_be_own(m, "203.0.113.1") && !may_be_own(m, "2001:db8::1"));
	CHECK(!route_delete(nl, &all));
	CHECK(!may_be_own(m, "203.0.113.1"));
	monitor_close(m);
	tap_close(t);
	tap_close(eth);
}

static void lost_events_are_told(void)
{
	struct tap *t = link_with("edge0", "10.9.9.1", 24);
	struct monitor *m = monitor_open(tap_ifindex(t));
	struct monitor_event ev;
	int small = 1;

	CHECK(m && !setsockopt(monitor_fd(m), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	drain(m);
	for (unsigned i = 0; i < 50; i++)
		CHECK(!link_set_up(nl, tap_ifindex(t), i % 2));
	CHECK(!link_set_up(nl, tap_ifindex(t), false));
	bool down = false, resync = false;
	while (next_event(m, &ev)) {
		down |= ev.kind == MONITOR_LINK_DOWN;
		resync |= ev.kind == MONITOR_RESYNC;
	}
	CHECK(down && resync);
	monitor_close(m);
	tap_close(t);
}

int main(void)
{
	enum tap_error why;
	struct tap *t = netns_enter() ? tap_open("edge0", false, &why) : NULL;

	if (!t || !(nl = netlink_open())) {
		SKIP(netlink, "needs a network namespace and /dev/net/tun");
		return test_done();
	}
	tap_close(t);
	RUN(links);
	RUN(a_failure_keeps_errno_and_words);
	RUN(addresses);
	RUN(routes);
	RUN(a_route_that_a_longer_one_hides);
	RUN(a_list_is_whole);
	RUN(lookups);
	RUN(outward);
	RUN(own_link_events);
	RUN(own_route_events);
	RUN(underlay_events);
	RUN(routes_into_the_overlay);
	RUN(lost_events_are_told);
	netlink_close(nl);
	return test_done();
}
