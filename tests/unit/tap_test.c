/* The TAP device, in a network namespace of our own: how it opens, fails, carries frames and comes back. */
#define _GNU_SOURCE
#include "io/tap.h"

#include <linux/capability.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "io/netlink.h"
#include "io/nlmsg.h"
#include "netns.h"
#include "tap_frame.h"
#include "test.h"

enum { PATIENCE_MS = 5000 };
static struct netlink *nl;

static struct tap *opened(const char *name)
{
	enum tap_error why;
	struct tap *t = tap_open(name, false, &why);
	CHECK(t && why == TAP_OK);
	if (!t)
		exit(1);
	return t;
}

static void delete_link(unsigned ifindex)
{
	struct ifinfomsg body = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	struct nl_request q;
	nl_begin(&q, RTM_DELLINK, 0, &body, sizeof(body));
	CHECK(!nl_talk(nl, &q, NULL, NULL));
}

static void names_are_checked(void)
{
	static const char *const bad[] = {
		"", ".", "..", "a/b", "a:b", "a b", "a\tb", "sixteen-letters!", "%d%d"
	};
	enum tap_error why;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!tap_open(bad[i], false, &why));
		CHECK_INT(why, TAP_BAD_NAME);
		CHECK_INT(errno, EINVAL);
	}
}

static void reasons_are_told_apart(void)
{
	enum tap_error why;
	struct ifreq ifr = { .ifr_name = "ours", .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct tap *t = opened("edge0");
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	CHECK(!tap_existed(t) && tap_ifindex(t) == if_nametoindex("edge0"));
	CHECK(!tap_open("edge0", false, &why));
	CHECK(why == TAP_BUSY && errno == EBUSY);
	CHECK(!tap_open("lo", false, &why));
	CHECK_INT(why, TAP_OTHER_KIND);
	CHECK(!ioctl(tun, TUNSETIFF, &ifr));
	CHECK(!tap_open("ours", false, &why));
	CHECK_INT(why, TAP_OTHER_KIND);
	close(tun);
	tap_close(t);
	CHECK_INT(if_nametoindex("edge0"), 0);
}

static void a_pattern_becomes_a_name(void)
{
	struct tap *t = opened("edge%d");
	CHECK_STR(tap_name(t), "edge0");
	CHECK_INT(tap_ifindex(t), if_nametoindex("edge0"));
	tap_close(t);
}

static void a_persistent_device_stays(void)
{
	struct tap *t = opened("keep0");
	CHECK(!ioctl(tap_fd(t), TUNSETPERSIST, 1));
	tap_close(t);
	unsigned ifindex = if_nametoindex("keep0");
	CHECK(ifindex);
	t = opened("keep0");
	CHECK(tap_existed(t) && tap_ifindex(t) == ifindex);
	tap_close(t);
	CHECK_INT(if_nametoindex("keep0"), ifindex);
	delete_link(ifindex);
}

/* The kernel announces itself on a new link: skips to the frame whose type is the test's. */
static const struct tap_frame *await_frame(struct tap *t)
{
	struct pollfd p = { .fd = tap_fd(t), .events = POLLIN };
	struct tap_frame *frames;

	for (int i = 0; i < 100 && poll(&p, 1, PATIENCE_MS) == 1; i++) {
		size_t n = tap_read(t, &frames);
		for (size_t k = 0; k < n; k++)
			if (frames[k].len > 14 && get_be16(frames[k].data + 12) == 0x88b5)
				return &frames[k];
	}
	return NULL;
}

static int packet_socket(unsigned ifindex)
{
	/* struct sockaddr_ll by hand, because <linux/if_packet.h> and <net/if.h> do not always agree */
	struct { uint16_t family, protocol; int32_t ifindex; uint8_t rest[12]; } ll = {
		.family = AF_PACKET, .ifindex = (int32_t)ifindex
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	put_be16((uint8_t *)&ll.protocol, 0x88b5);
	CHECK(!bind(fd, (struct sockaddr *)&ll, sizeof(ll)));
	return fd;
}

static void frames_go_both_ways(void)
{
	struct tap *t = opened("edge0");
	uint8_t frame[1514], got[2000];
	struct tap_frame *none;

	memset(frame, 0xff, 12);
	put_be16(frame + 12, 0x88b5);
	for (size_t i = 14; i < sizeof(frame); i++)
		frame[i] = (uint8_t)i;

	tap_write_frame(t, frame, sizeof(frame));       /* not up yet */
	CHECK_INT(tap_counts(t)[TAP_COUNT_DOWN], 1);
	CHECK_INT(tap_read(t, &none), 0);
	CHECK(!tap_gone(t));

	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	int fd = packet_socket(tap_ifindex(t));
	tap_write_frame(t, frame, sizeof(frame));
	CHECK_INT(recv(fd, got, sizeof(got), 0), (int)sizeof(frame));
	CHECK(!memcmp(got, frame, sizeof(frame)));
	tap_write_frame(t, frame, 5);
	CHECK_INT(tap_counts(t)[TAP_COUNT_REFUSED], 1);
	CHECK_INT(tap_counts(t)[TAP_COUNT_FRAMES_WRITTEN], 1);

	CHECK_INT(send(fd, frame, sizeof(frame), 0), (int)sizeof(frame));
	const struct tap_frame *in = await_frame(t);
	CHECK(in && in->len == sizeof(frame) && !memcmp(in->data, frame, sizeof(frame)));
	CHECK(in && in->offload.kind == OFFLOAD_NONE && !in->offload.checksum);
	close(fd);
	tap_close(t);
}

/* What the kernel hands over in one turn is bounded, keeps its order, and nothing is lost. */
static void a_burst_comes_in_batches(void)
{
	struct tap *t = opened("edge0");
	struct pollfd p = { .fd = tap_fd(t), .events = POLLIN };
	uint8_t frame[60] = { 0 };
	uint8_t next = 0;

	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	int fd = packet_socket(tap_ifindex(t));
	memset(frame, 0xff, 6);
	put_be16(frame + 12, 0x88b5);
	for (uint8_t i = 0; i < 100; i++) {
		frame[20] = i;
		CHECK_INT(send(fd, frame, sizeof(frame), 0), (int)sizeof(frame));
	}
	while (next < 100 && poll(&p, 1, PATIENCE_MS) == 1) {
		struct tap_frame *frames;
		size_t n = tap_read(t, &frames);
		CHECK(n <= TAP_READ_MAX);
		for (size_t i = 0; i < n; i++)
			if (get_be16(frames[i].data + 12) == 0x88b5)
				CHECK_INT(frames[i].data[20], next++);
	}
	CHECK_INT(next, 100);
	close(fd);
	tap_close(t);
}

static void a_frame_that_is_too_long_is_counted(void)
{
	struct tap *t = opened("edge0");
	static uint8_t frame[BUF_FRAME_MAX + 1];
	uint8_t small[60];

	CHECK(!link_set_mtu(nl, tap_ifindex(t), 20000));
	CHECK(!link_set_up(nl, tap_ifindex(t), true));
	int fd = packet_socket(tap_ifindex(t));
	memset(frame, 0xff, 12);
	put_be16(frame + 12, 0x88b5);
	memcpy(small, frame, sizeof(small));
	CHECK_INT(send(fd, frame, BUF_FRAME_MAX, 0), BUF_FRAME_MAX);
	CHECK_INT(send(fd, frame, BUF_FRAME_MAX + 1, 0), BUF_FRAME_MAX + 1);
	CHECK_INT(send(fd, small, sizeof(small), 0), (int)sizeof(small));
	const struct tap_frame *in = await_frame(t);
	CHECK(in && in->len == BUF_FRAME_MAX);
	in = await_frame(t);
	CHECK(in && in->len == sizeof(small));
	CHECK_INT(tap_counts(t)[TAP_COUNT_TOO_LONG], 1);
	close(fd);
	tap_close(t);
}

static bool keep_only_net_admin(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1u << CAP_NET_ADMIN, .permitted = 1u << CAP_NET_ADMIN }
	};

	return !prctl(PR_SET_KEEPCAPS, 1) && !setresgid(65534, 65534, 65534) &&
	       !setresuid(65534, 65534, 65534) && !syscall(SYS_capset, &head, data);
}

static void await_gone(struct tap *t)
{
	struct pollfd p = { .fd = tap_fd(t), .events = POLLIN };
	struct tap_frame *frames;

	for (int i = 0; i < 100 && !tap_gone(t); i++) {
		CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
		tap_read(t, &frames);
	}
	CHECK(tap_gone(t));
}

static void a_deleted_device_is_seen_and_made_again(void)
{
	struct tap *t = opened("edge0");
	uint8_t frame[60] = { 0 };
	struct tap_frame *frames;
	unsigned before = tap_ifindex(t);

	delete_link(before);
	await_gone(t);
	CHECK_INT(tap_read(t, &frames), 0);
	tap_write_frame(t, frame, sizeof(frame));
	CHECK_INT(tap_counts(t)[TAP_COUNT_GONE], 1);
	struct tap *thief = opened("edge0");
	CHECK(tap_reopen(t) && errno == EBUSY && tap_gone(t));
	tap_close(thief);
	CHECK(!tap_reopen(t));
	CHECK(!tap_gone(t) && tap_ifindex(t) == if_nametoindex("edge0") && tap_ifindex(t) != before);
	tap_close(t);
	CHECK_INT(if_nametoindex("edge0"), 0);
}

/* As the edge does it after it has become nobody. */
static void reopened_without_root(void)
{
	struct tap *t = opened("edge0");
	fflush(stdout);
	pid_t child = fork();
	int status = -1;

	if (!child) {
		delete_link(tap_ifindex(t));
		await_gone(t);
		if (!keep_only_net_admin())
			_exit(2);
		_exit(getuid() == 0 || tap_reopen(t) || tap_ifindex(t) != if_nametoindex("edge0"));
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	tap_close(t);
}

static void not_permitted(void)
{
	fflush(stdout);
	pid_t child = fork();
	int status = -1;

	if (!child) {
		enum tap_error why;
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(tap_open("edge0", false, &why) != NULL || why != TAP_NOT_PERMITTED);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* Not in a user namespace that knows one user only. */
static bool can_become_nobody(void)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		_exit(setresuid(65534, 65534, 65534) != 0);
	return waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
	bool root = getuid() == 0 && can_become_nobody();
	enum tap_error why = TAP_OK;
	struct tap *t = netns_enter() ? tap_open("edge0", false, &why) : NULL;

	if (!t || !(nl = netlink_open())) {
		SKIP(tap, "needs a network namespace and /dev/net/tun");
		return test_done();
	}
	tap_close(t);
	RUN(names_are_checked);
	RUN(reasons_are_told_apart);
	RUN(a_pattern_becomes_a_name);
	RUN(a_persistent_device_stays);
	RUN(frames_go_both_ways);
	RUN(a_burst_comes_in_batches);
	RUN(a_frame_that_is_too_long_is_counted);
	RUN(a_deleted_device_is_seen_and_made_again);
	if (root) {
		RUN(reopened_without_root);
		RUN(not_permitted);
	} else {
		SKIP(reopened_without_root, "needs root");
		SKIP(not_permitted, "needs root");
	}
	netlink_close(nl);
	return test_done();
}
