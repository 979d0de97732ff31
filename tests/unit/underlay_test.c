/* What the UDP sockets put on a link and take from it: a TAP in a network namespace plays the LAN, and
 * the test reads the frames. */
#define _GNU_SOURCE
#include "io/udp.h"

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <poll.h>

#include "io/lan.h"
#include "io/netlink.h"
#include "io/nlmsg.h"
#include "io/tap.h"
#include "netns.h"
#include "tap_frame.h"
#include "test.h"
#include "udp_opened.h"

enum { PATIENCE_MS = 5000 };
static struct netlink *nl;
static const uint8_t neighbour_mac[MAC_LEN] = { 2, 0, 0, 0, 0, 7 };

static struct tap *link_with(const char *name, const char *ip)
{
	enum tap_error why;
	struct tap *t = tap_open(name, false, &why);
	struct subnet s = { .prefix = 24 };
	CHECK(t);
	if (!t)
		exit(1);
	CHECK(inet_pton(AF_INET, ip, s.ip) == 1);
	CHECK(!address_add(nl, tap_ifindex(t), &s));
	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	return t;
}

/* So that nobody needs to answer ARP. */
static void add_neighbour(unsigned ifindex, const char *ip)
{
	struct ndmsg body = { .ndm_family = AF_INET, .ndm_ifindex = (int)ifindex, .ndm_state = NUD_PERMANENT };
	uint8_t bytes[4];
	struct nl_request q;
	CHECK(inet_pton(AF_INET, ip, bytes) == 1);
	nl_begin(&q, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof(body));
	nl_put(&q, NDA_DST, bytes, 4);
	nl_put(&q, NDA_LLADDR, neighbour_mac, MAC_LEN);
	CHECK(!nl_talk(nl, &q, NULL, NULL));
}

static struct addr endpoint(const char *ip, uint16_t port)
{
	struct addr a = { .family = ADDR_V4, .port = port };
	CHECK(inet_pton(AF_INET, ip, a.ip) == 1);
	return a;
}

static struct udp *opened(bool pmtu_discovery)
{
	struct udp_config config = { .pmtu_discovery = pmtu_discovery };
	return udp_opened(&config);
}

static struct buf datagram(uint8_t *mem, size_t size, size_t len)
{
	struct buf b = buf_of(mem, size);
	memset(b.data, 0x5a, len);
	b.len = len;
	return b;
}

/* Frames of a TAP one by one. */
struct reader {
	struct tap *tap;
	struct tap_frame *frames;
	size_t n, at;
};

static bool is_udp(const struct tap_frame *f)
{
	return f->len >= 34 && get_be16(f->data + 12) == ETHERTYPE_IPV4 && f->data[14 + 9] == IPPROTO_UDP;
}

/* The next IPv4 frame that carries UDP, without its Ethernet header; len 0: none came. */
static struct tap_frame next_udp(struct reader *r, int patience_ms)
{
	struct pollfd p = { .fd = tap_fd(r->tap), .events = POLLIN };
	struct tap_frame none = { 0 };

	for (;;) {
		while (r->at < r->n) {
			struct tap_frame found = r->frames[r->at++];
			if (!is_udp(&found))
				continue;
			found.data += 14;
			found.len -= 14;
			return found;
		}
		if (poll(&p, 1, patience_ms) != 1)
			return none;
		r->n = tap_read(r->tap, &r->frames);
		r->at = 0;
	}
}

static struct udp_way by_eth(void *ctx, const struct addr *to)
{
	(void)to;
	return (struct udp_way){ .ifindex = *(unsigned *)ctx };
}

static struct udp_way by_none(void *ctx, const struct addr *to)
{
	(void)ctx, (void)to;
	return (struct udp_way){ .refused = true };
}

/* Whatever the routes say; or not at all. */
static void a_way_is_kept(void)
{
	struct tap *eth = link_with("eth0", "192.0.2.1"), *edge = link_with("edge0", "10.9.9.1");
	struct route far = { .to = { { 203, 0, 113, 0 }, 24 }, .ifindex = tap_ifindex(edge) };
	unsigned ifindex = tap_ifindex(eth);
	struct link_info through;
	struct udp *u = opened(false);
	struct reader from_eth = { .tap = eth };
	uint8_t mem[BUF_SIZE];
	struct buf b = datagram(mem, sizeof(mem), 38);
	struct addr to = endpoint("203.0.113.1", 5);

	add_neighbour(ifindex, "203.0.113.1");
	CHECK_INT(route_add(nl, &far, &through), ROUTE_ADDED);
	udp_set_way(u, by_none, NULL);
	udp_send(u, &to, NULL, &b);
	udp_flush(u);
	CHECK_INT(udp_counts(u)[UDP_INTO_TAP], 1);
	CHECK_INT(udp_counts(u)[UDP_MESSAGES_OUT], 0);
	udp_set_way(u, by_eth, &ifindex);
	udp_send(u, &to, NULL, &b);
	udp_flush(u);
	CHECK_INT(udp_counts(u)[UDP_MESSAGES_OUT], 1);
	struct tap_frame got = next_udp(&from_eth, PATIENCE_MS);
	CHECK(got.len && !memcmp(got.data + 12, (uint8_t[]){ 192, 0, 2, 1, 203, 0, 113, 1 }, 8));
	udp_close(u);
	tap_close(eth);
	tap_close(edge);
}

/* The overlay's TAP has the route for all multicast, as the article's users set it; the discovery group
 * must not go there. */
static void discovery_leaves_by_its_interface_only(void)
{
	struct tap *eth = link_with("eth0", "192.0.2.1"), *edge = link_with("edge0", "10.9.9.1");
	struct route multicast = { .to = { { 224, 0, 0, 0 }, 4 }, .ifindex = tap_ifindex(edge) };
	unsigned lan = tap_ifindex(eth), both[2] = { lan, 9999 };
	struct link_info through;
	struct udp *u = opened(false);
	struct reader from_eth = { .tap = eth }, from_edge = { .tap = edge };
	uint8_t mem[BUF_SIZE];
	struct buf b = datagram(mem, sizeof(mem), 38);
	struct addr other_group = endpoint("239.1.1.1", 5);

	CHECK_INT(route_add(nl, &multicast, &through), ROUTE_ADDED);
	udp_send_lan(u, &b);                    /* nowhere yet */
	udp_set_lan(u, both, 2);
	udp_send_lan(u, &b);
	udp_send(u, &other_group, NULL, &b);    /* to have something to await on the TAP */
	udp_flush(u);
	struct tap_frame got = next_udp(&from_eth, PATIENCE_MS);
	CHECK_INT(got.len, 20 + 8 + 38);
	CHECK(got.len && !memcmp(got.data + 12, (uint8_t[]){ 192, 0, 2, 1, 224, 0, 0, 68 }, 8));
	CHECK(got.len && got.data[8] == 1);
	CHECK(got.len && get_be16(got.data + 20) == udp_port(u) && get_be16(got.data + 22) == LAN_PORT);
	got = next_udp(&from_edge, PATIENCE_MS);
	CHECK(got.len && !memcmp(got.data + 16, other_group.ip, 4));
	CHECK_INT(next_udp(&from_edge, 0).len, 0);
	CHECK_INT(udp_counts(u)[UDP_UNREACHABLE], 1);   /* no interface: no way round by another */
	CHECK_INT(udp_counts(u)[UDP_DATAGRAMS_OUT], 2);
	udp_close(u);
	tap_close(eth);
	tap_close(edge);
}

static void put_sum(uint8_t *header, size_t len, size_t at)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i += 2)
		sum += get_be16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	put_be16(header + at, (uint16_t)~(sum + (sum >> 16)));
}

/* A datagram from 192.0.2.7:4000 comes in on the link. */
static void comes_in(struct tap *t, const uint8_t mac[MAC_LEN], const uint8_t to[4], const char *text)
{
	uint8_t mem[BUF_SIZE], *p;
	struct buf b = buf_of(mem, sizeof(mem));
	size_t len = strlen(text);

	p = b.data;
	b.len = 14 + 20 + 8 + len;
	memset(p, 0, b.len);
	memcpy(p, mac, MAC_LEN);
	memcpy(p + 6, neighbour_mac, MAC_LEN);
	put_be16(p + 12, ETHERTYPE_IPV4);
	p += 14;
	p[0] = 0x45;
	put_be16(p + 2, (uint16_t)(20 + 8 + len));
	p[8] = 1;
	p[9] = IPPROTO_UDP;
	memcpy(p + 12, (uint8_t[]){ 192, 0, 2, 7 }, 4);
	memcpy(p + 16, to, 4);
	put_sum(p, 20, 10);
	p += 20;
	put_be16(p, 4000);
	put_be16(p + 2, LAN_PORT);
	put_be16(p + 4, (uint16_t)(8 + len));
	memcpy(p + 8, text, len);
	tap_write_frame(t, b.data, b.len);
}

/* The texts that came in, one after the other. */
static const char *heard(struct lan *l, const char *last)
{
	static char all[256];
	struct pollfd p = { .fd = lan_fd(l), .events = POLLIN };
	struct addr from = endpoint("192.0.2.7", 4000);
	struct udp_message *d;

	all[0] = '\0';
	while (!strstr(all, last) && poll(&p, 1, PATIENCE_MS) == 1) {
		size_t n = lan_receive(l, &d);
		for (size_t i = 0; i < n; i++) {
			CHECK(addr_equal(&d[i].from, &from) && d[i].train.each == d[i].train.len);
			strncat(all, (const char *)d[i].train.data, d[i].train.len);
		}
	}
	return all;
}

static void discovery_is_heard_on_its_interfaces_only(void)
{
	static const uint8_t group_mac[] = { 1, 0, 0x5e, 0, 0, 68 };
	static const uint8_t group[] = { 224, 0, 0, 68 }, own[] = { 192, 0, 2, 1 };
	struct tap *eth = link_with("eth0", "192.0.2.1"), *second = link_with("eth1", "192.0.3.1");
	struct lan *l = lan_open(), *neighbour = lan_open();    /* two edges on one host */
	struct link_info link;
	unsigned both[2] = { tap_ifindex(eth), tap_ifindex(second) };

	CHECK(l && neighbour);
	if (!l || !neighbour)
		exit(1);
	netns_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	netns_write("/proc/sys/net/ipv4/conf/eth1/rp_filter", "0");
	CHECK_INT(lan_set(l, both, 1), 1);
	CHECK_INT(lan_set(l, both, 1), 1);
	CHECK_INT(lan_set(neighbour, both, 2), 2);
	CHECK(!link_get(nl, tap_ifindex(eth), &link));
	comes_in(second, group_mac, group, "x");
	comes_in(eth, link.mac, own, "y");      /* not to the group */
	comes_in(eth, group_mac, group, "1");
	CHECK_STR(heard(l, "1"), "1");
	CHECK_STR(heard(neighbour, "1"), "x1");
	CHECK_INT(lan_set(l, both + 1, 1), 1);
	comes_in(eth, group_mac, group, "2");
	comes_in(second, group_mac, group, "3");
	CHECK_STR(heard(l, "3"), "3");

	tap_close(second);                      /* goes away and comes back with another index */
	second = link_with("eth1", "192.0.3.1");
	unsigned now[2] = { tap_ifindex(eth), tap_ifindex(second) };
	netns_write("/proc/sys/net/ipv4/conf/eth1/rp_filter", "0");
	CHECK_INT(lan_set(l, now, 2), 2);
	comes_in(second, group_mac, group, "4");
	CHECK_STR(heard(l, "4"), "4");
	CHECK_INT(lan_set(l, (unsigned[]){ 9999 }, 1), 0);
	lan_close(l);
	lan_close(neighbour);
	tap_close(eth);
	tap_close(second);
}

static void big_datagrams_are_fragmented(bool pmtu_discovery)
{
	struct tap *eth = link_with("eth0", "192.0.2.1");
	struct reader from_eth = { .tap = eth };
	struct udp *u = opened(pmtu_discovery);
	struct addr to = endpoint("192.0.2.7", 9);
	uint8_t mem[BUF_SIZE];
	struct buf small = datagram(mem, sizeof(mem), 100);
	size_t payload = 0;

	add_neighbour(tap_ifindex(eth), "192.0.2.7");
	udp_send(u, &to, NULL, &small);
	udp_flush(u);
	struct tap_frame got = next_udp(&from_eth, PATIENCE_MS);
	CHECK_INT(got.len, 128);
	CHECK_INT(got.len ? got.data[6] & 0x40 : -1, pmtu_discovery ? 0x40 : 0);       /* DF */
	struct buf big = datagram(mem, sizeof(mem), 4000);
	udp_send(u, &to, NULL, &big);
	udp_flush(u);
	for (size_t i = 0; i < 3 && payload < 4008; i++) {
		got = next_udp(&from_eth, PATIENCE_MS);
		CHECK(got.len > 20 && got.len <= 1500);
		if (got.len <= 20)
			break;
		CHECK_INT((get_be16(got.data + 6) & 0x1fff) * 8, payload);
		payload += got.len - 20;
	}
	CHECK_INT(payload, 4008);
	CHECK_INT(udp_counts(u)[UDP_TOO_BIG], 0);
	udp_close(u);
	tap_close(eth);
}

/* What the kernel cuts out of one message too, or routers would fragment it and never say so. */
static void trains_have_df(void)
{
	struct tap *eth = link_with("eth0", "192.0.2.1");
	struct reader from_eth = { .tap = eth };
	struct udp_config config = { .pmtu_discovery = true, .offload = true };
	struct udp *u = udp_opened(&config);
	struct addr to = endpoint("192.0.2.7", 9);
	uint8_t mem[BUF_SIZE];
	struct buf b = datagram(mem, sizeof(mem), 1200);

	add_neighbour(tap_ifindex(eth), "192.0.2.7");
	for (int i = 0; i < 3; i++)
		udp_send(u, &to, NULL, &b);
	udp_flush(u);
	CHECK(!udp_features(u).segment || udp_counts(u)[UDP_MESSAGES_OUT] == 1);
	for (int i = 0; i < 3; i++) {
		struct tap_frame got = next_udp(&from_eth, PATIENCE_MS);
		CHECK_INT(got.len, 1228);
		CHECK_INT(got.len ? got.data[6] & 0x40 : -1, 0x40);
	}
	udp_close(u);
	tap_close(eth);
}

static void without_pmtu_discovery(void)
{
	big_datagrams_are_fragmented(false);
}

static void with_pmtu_discovery(void)
{
	big_datagrams_are_fragmented(true);
}

/* Datagrams wait for an ARP answer that never comes, until the socket's buffer is full. */
static void a_full_buffer_loses_and_goes_on(void)
{
	struct tap *eth = link_with("eth0", "192.0.2.1");
	struct udp *u = opened(false), *b = opened(false);
	struct addr silent = endpoint("192.0.2.66", 9), local = endpoint("127.0.0.1", udp_port(b));
	uint8_t mem[BUF_SIZE];
	struct buf d = datagram(mem, sizeof(mem), 1400);
	struct udp_message *in;
	int tiny = 1;

	CHECK(!setsockopt(udp_fd(u), SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny)));
	for (int i = 0; i < 50; i++)
		udp_send(u, &silent, NULL, &d);
	udp_flush(u);
	const uint64_t *counts = udp_counts(u);
	CHECK(counts[UDP_NO_BUFFER] > 0);
	CHECK_INT(counts[UDP_NO_BUFFER] + counts[UDP_DATAGRAMS_OUT], 50);

	CHECK(!link_set_up(nl, tap_ifindex(eth), false));       /* the kernel drops what waits */
	d.len = 4;
	udp_send(u, &local, NULL, &d);
	udp_flush(u);
	struct pollfd p = { .fd = udp_fd(b), .events = POLLIN };
	CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
	CHECK_INT(udp_receive(b, &in), 1);
	udp_close(u);
	udp_close(b);
	tap_close(eth);
}

int main(void)
{
	enum tap_error why;
	struct tap *t = netns_enter() ? tap_open("edge0", false, &why) : NULL;

	if (!t || !(nl = netlink_open())) {
		SKIP(underlay, "needs a network namespace and /dev/net/tun");
		return test_done();
	}
	tap_close(t);
	RUN(a_way_is_kept);
	RUN(discovery_leaves_by_its_interface_only);
	RUN(discovery_is_heard_on_its_interfaces_only);
	RUN(without_pmtu_discovery);
	RUN(with_pmtu_discovery);
	RUN(trains_have_df);
	RUN(a_full_buffer_loses_and_goes_on);
	netlink_close(nl);
	return test_done();
}
