/* Super-frames through the TAP device: read, written, refused, and what stays behind on a persistent one. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>

#include "core/checksum.h"
#include "io/netlink.h"
#include "io/nlmsg.h"
#include "netns.h"
#include "tap_frame.h"
#include "test.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
enum { PATIENCE_MS = 5000, PORT = 4000, HEADERS = 14 + 20 + 8, EACH = 1000 };
static struct netlink *nl;

static struct tap *opened(const char *name, bool offload)
{
	enum tap_error why;
	struct tap *t = tap_open(name, offload, &why);
	CHECK(t);
	if (!t)
		exit(1);
	return t;
}

static struct tap *link_up(const char *name)
{
	struct tap *t = opened(name, true);
	struct subnet s = { { 192, 0, 2, 1 }, 24 };
	CHECK(!address_add(nl, tap_ifindex(t), &s));
	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	return t;
}

static int udp_socket(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(!bind(fd, (struct sockaddr *)&in, sizeof(in)));
	return fd;
}

/* From 192.0.2.7 to 192.0.2.1, n datagrams of EACH bytes of the value 1, 2, ... */
static size_t super_frame(struct tap *t, uint8_t *frame, struct offload *o, uint8_t n)
{
	struct link_info link;
	uint8_t *ip = frame + 14, *udp = ip + 20;
	uint16_t udp_len = (uint16_t)(8 + n * EACH);
	CHECK(!link_get(nl, tap_ifindex(t), &link));
	memset(frame, 0, HEADERS);
	memcpy(frame, link.mac, MAC_LEN);
	memcpy(frame + 6, (uint8_t[]){ 2, 0, 0, 0, 0, 7, 8, 0 }, 8);
	memcpy(ip, (uint8_t[]){ 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, IPPROTO_UDP, 0, 0, 192, 0, 2, 7, 192, 0, 2, 1 }, 20);
	put_be16(ip + 2, (uint16_t)(20 + udp_len));
	put_be16(ip + 10, checksum_fold(checksum_add(0, ip, 20)));
	put_be16(udp, 9);
	put_be16(udp + 2, PORT);
	put_be16(udp + 4, udp_len);
	put_be16(udp + 6, (uint16_t)~checksum_fold(checksum_pseudo(ip + 12, 8, IPPROTO_UDP, udp_len)));
	for (uint8_t i = 0; i < n; i++)
		memset(udp + 8 + i * EACH, i + 1, EACH);
	*o = (struct offload){ .kind = OFFLOAD_UDP, .checksum = true, .header_len = HEADERS, .segment_len = EACH,
	                       .csum_start = 34, .csum_offset = 6 };
	return HEADERS + (size_t)n * EACH;
}

/* In three pieces, as coalesce may give it. */
static void write_super(struct tap *t, uint8_t *frame, size_t len, const struct offload *o)
{
	struct coalesced f = {
		.offload = *o, .frames = (len - HEADERS) / EACH, .pieces = 3, .len = len,
		.piece = { { frame, HEADERS }, { frame + HEADERS, EACH }, { frame + HEADERS + EACH, len - HEADERS - EACH } }
	};
	tap_write(t, &f);
}

static void datagrams_arrive(int fd, uint8_t n)
{
	uint8_t got[2 * EACH], want[EACH];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	for (uint8_t i = 0; i < n; i++) {
		CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
		memset(want, i + 1, EACH);
		CHECK_INT(recv(fd, got, sizeof(got), MSG_DONTWAIT), EACH);
		CHECK(!memcmp(got, want, EACH));
	}
	CHECK_INT(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
}

static void a_super_frame_is_written(void)
{
	static uint8_t frame[65536];
	struct tap *t = link_up("edge0");
	struct offload o;
	int fd = udp_socket(PORT);
	size_t len = super_frame(t, frame, &o, 30);
	write_super(t, frame, len, &o);
	datagrams_arrive(fd, 30);
	CHECK_INT(tap_counts(t)[TAP_COUNT_SUPER_WRITTEN], 1);
	CHECK_INT(tap_counts(t)[TAP_COUNT_FRAMES_WRITTEN], 30);
	CHECK(tap_features(t).uso && tap_features(t).tso && tap_features(t).vnet_hdr);
	close(fd);
	tap_close(t);
}

/* The super-frame that a socket puts into the device. */
static const struct tap_frame *next_super(struct tap *t)
{
	struct pollfd p = { .fd = tap_fd(t), .events = POLLIN };
	struct tap_frame *frames;
	for (int i = 0; i < 100 && poll(&p, 1, PATIENCE_MS) == 1; i++) {
		size_t n = tap_read(t, &frames);
		for (size_t k = 0; k < n; k++)
			if (frames[k].offload.kind != OFFLOAD_NONE)
				return &frames[k];
	}
	return NULL;
}

static void send_super(struct tap *t, const uint8_t *bytes, size_t len, int each)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0xef010101) };
	struct ip_mreqn by = { .imr_ifindex = (int)tap_ifindex(t) };
	int fd = udp_socket(0);
	CHECK(!setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)));
	CHECK(!setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &each, sizeof(each)));
	CHECK_INT(sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), (int)len);
	close(fd);
}

static void read_super(struct tap *t)
{
	static uint8_t bytes[40 * 1400];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	send_super(t, bytes, sizeof(bytes), 1400);
	const struct tap_frame *f = next_super(t);
	CHECK(f);
	if (!f)
		return;
	CHECK(f->offload.kind == OFFLOAD_UDP && f->offload.checksum);
	CHECK_INT(f->offload.segment_len, 1400);
	CHECK_INT(f->len, HEADERS + sizeof(bytes));
	CHECK(f->len == HEADERS + sizeof(bytes) && !memcmp(f->data + HEADERS, bytes, sizeof(bytes)));
}

static void a_super_frame_is_read(void)
{
	struct tap *t = link_up("edge0");
	read_super(t);
	CHECK_INT(tap_counts(t)[TAP_COUNT_SUPER_READ], 1);
	tap_close(t);
}

/* A length of headers beyond the frame, which is a hint only, is what the kernel refuses. */
static void a_refused_super_frame_is_cut(void)
{
	static uint8_t frame[65536];
	struct tap *t = link_up("edge0");
	struct offload o;
	int fd = udp_socket(PORT);
	size_t len = super_frame(t, frame, &o, 30);
	o.header_len = UINT16_MAX;
	write_super(t, frame, len, &o);
	datagrams_arrive(fd, 30);
	CHECK_INT(tap_counts(t)[TAP_COUNT_SUPER_WRITTEN], 0);
	CHECK_INT(tap_counts(t)[TAP_COUNT_FRAMES_WRITTEN], 30);
	CHECK_INT(tap_counts(t)[TAP_COUNT_GIVEN_UP], 0);        /* one is no reason to */
	CHECK(tap_features(t).uso && tap_features(t).tso);
	for (int i = 0; i < 7; i++) {
		CHECK(tap_features(t).uso);
		write_super(t, frame, len, &o);
	}
	CHECK_INT(tap_counts(t)[TAP_COUNT_GIVEN_UP], 1);
	CHECK(!tap_features(t).uso && tap_features(t).tso);
	read_super(t);                          /* the kernel goes on with them */
	o.kind = OFFLOAD_NONE;
	for (int i = 0; i < 20000 && !tap_features(t).uso; i++)
		write_super(t, frame, HEADERS + 2 * EACH, &o);
	CHECK(tap_features(t).uso);             /* not for ever */
	close(fd);
	tap_close(t);
}

static void what_cannot_be_cut_is_counted_and_not_given_up(void)
{
	static uint8_t frame[65536];
	struct tap *t = link_up("edge0");
	struct offload o;
	size_t len = super_frame(t, frame, &o, 30);
	o.csum_start = 60000;
	write_super(t, frame, len, &o);
	CHECK_INT(tap_counts(t)[TAP_COUNT_REFUSED], 30);
	CHECK_INT(tap_counts(t)[TAP_COUNT_GIVEN_UP], 0);
	CHECK(tap_features(t).uso);
	tap_close(t);
}

/* Does the kernel hand super-frames of TCP to whoever opens the device? */
static bool device_has_tso(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GTSO };
	struct ifreq ifr = { .ifr_data = (char *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	CHECK(!ioctl(fd, SIOCETHTOOL, &ifr));
	close(fd);
	return value.data;
}

static void nothing_stays_behind_on_a_persistent_device(void)
{
	struct tap *t = opened("keep0", true);
	CHECK(!ioctl(tap_fd(t), TUNSETPERSIST, 1));
	CHECK(device_has_tso("keep0"));
	tap_close(t);
	CHECK(!device_has_tso("keep0"));
	t = opened("keep0", true);
	CHECK(device_has_tso("keep0") && tap_existed(t) && tap_features(t).tso);
	tap_close(t);

	struct ifreq ifr = { .ifr_name = "keep0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);      /* a program that is killed */
	CHECK(!ioctl(fd, TUNSETIFF, &ifr) && !ioctl(fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4)));
	close(fd);
	CHECK(device_has_tso("keep0"));
	t = opened("keep0", false);
	CHECK(!device_has_tso("keep0"));
	CHECK(!tap_features(t).vnet_hdr && !tap_features(t).tso && !tap_features(t).uso);
	CHECK(!ioctl(tap_fd(t), TUNSETPERSIST, 0));
	tap_close(t);
}

static void a_device_made_again_has_it_again(void)
{
	struct tap *t = opened("edge0", true);
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = (int)tap_ifindex(t) };
	struct pollfd p = { .fd = tap_fd(t), .events = POLLIN };
	struct tap_frame *frames;
	struct nl_request q;
	nl_begin(&q, RTM_DELLINK, 0, &body, sizeof(body));
	CHECK(!nl_talk(nl, &q, NULL, NULL));
	for (int i = 0; i < 100 && !tap_gone(t); i++) {
		CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
		tap_read(t, &frames);
	}
	CHECK(!tap_reopen(t) && device_has_tso("edge0"));
	CHECK(tap_features(t).vnet_hdr && tap_features(t).tso);
	tap_close(t);
}

int main(void)
{
	enum tap_error why;
	struct tap *t = netns_enter() ? tap_open("edge0", true, &why) : NULL;
	struct tap_features have = t ? tap_features(t) : (struct tap_features){ false, false, false };

	tap_close(t);
	if (!have.tso || !(nl = netlink_open())) {
		SKIP(tap_offload, "needs a network namespace, and /dev/net/tun with TUN_F_TSO4");
		return test_done();
	}
	RUN(nothing_stays_behind_on_a_persistent_device);
	RUN(a_device_made_again_has_it_again);
	if (have.uso) {
		RUN(a_super_frame_is_written);
		RUN(a_super_frame_is_read);
		RUN(a_refused_super_frame_is_cut);
		RUN(what_cannot_be_cut_is_counted_and_not_given_up);
	} else {
		SKIP(super_frames, "needs TUN_F_USO4 (Linux 6.2)");
	}
	netlink_close(nl);
	return test_done();
}
