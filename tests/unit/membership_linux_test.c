/* Membership and the kernel's own hosts, forced to each version of IGMP and MLD: they answer our queries in time and
 * stay members, and are gone when they leave.  In a network namespace of our own, a TAP for each version.  The clock
 * of membership is stepped from deadline to deadline; after each the kernel's answer is awaited, which for IGMPv1
 * takes it up to 10 s, whatever it is asked.
 */
#define _GNU_SOURCE
#include "core/membership.h"

#include <netinet/in.h>
#include <poll.h>
#include <time.h>

#include "igmp_frames.h"
#include "io/tap.h"
#include "netns.h"
#include "tap_frame.h"

enum { ROUNDS = 3, PATIENCE_MS = 20000, AGE_MS = 75000, KINDS = 5 };

struct link {
	const char *name, *sysctl, *version, *group;
	struct tap *tap;
	struct membership *m;
	uint64_t now;
	int socket;
};
static struct link links[KINDS] = {
	{ .name = "igmp1", .sysctl = "ipv4/conf/igmp1/force_igmp_version", .version = "1", .group = "239.1.2.3" },
	{ .name = "igmp2", .sysctl = "ipv4/conf/igmp2/force_igmp_version", .version = "2", .group = "239.1.2.3" },
	{ .name = "igmp3", .sysctl = "ipv4/conf/igmp3/force_igmp_version", .version = "3", .group = "239.1.2.3" },
	{ .name = "mld1", .sysctl = "ipv6/conf/mld1/force_mld_version", .version = "1", .group = "ff15::1:3" },
	{ .name = "mld2", .sysctl = "ipv6/conf/mld2/force_mld_version", .version = "2", .group = "ff15::1:3" },
};

static void to_tap(void *ctx, const struct buf *frame)
{
	struct link *l = ctx;
	tap_write_frame(l->tap, frame->data, frame->len);
}

static void fixed_random(void *ctx, void *bytes, size_t len)
{
	(void)ctx;
	memset(bytes, 5, len);
}

static void listen_to(struct link *l)
{
	struct tap_frame *frames;
	size_t n = tap_read(l->tap, &frames);
	for (size_t i = 0; i < n; i++) {
		struct layers e;
		if (layers_view(&e, frames[i].data, frames[i].len) && mac_is_group(e.dst))
			CHECK(membership_from_tap(l->m, l->now, &e) || true);
	}
	membership_tick(l->m, l->now);
}

/* The group in question as membership has it; expires is 0 when it does not. */
static struct membership_group group_of(const struct link *l)
{
	struct membership_group g;
	struct addr ip = ip_of(l->group);
	for (size_t at = 0; membership_next(l->m, &at, &g); )
		if (addr_equal(&g.group, &ip))
			return g;
	return (struct membership_group){ .expires = 0 };
}

static bool is_fresh(const struct link *l) { return group_of(l).expires == l->now + AGE_MS; }
static bool is_leaving(const struct link *l) { return group_of(l).leaving; }

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static bool all_are(bool (*good)(const struct link *), size_t first)
{
	for (size_t i = first; i < KINDS; i++)
		if (!good(&links[i]))
			return false;
	return true;
}

/* Listens to what the kernel sends until the links from the first on are as they should be. */
static void await(bool (*good)(const struct link *), size_t first)
{
	struct pollfd fds[KINDS];
	for (uint64_t end = now_ms() + PATIENCE_MS; !all_are(good, first) && now_ms() < end; ) {
		for (size_t i = 0; i < KINDS; i++)
			fds[i] = (struct pollfd){ .fd = tap_fd(links[i].tap), .events = POLLIN };
		poll(fds, KINDS, 100);
		for (size_t i = 0; i < KINDS; i++)
			if (fds[i].revents)
				listen_to(&links[i]);
	}
	for (size_t i = first; i < KINDS; i++)
		if (!good(&links[i]))
			printf("  %s did not answer\n", links[i].name);
	CHECK(all_are(good, first));
}

static void link_up(struct link *l)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	char path[128];
	enum tap_error why;
	l->tap = tap_open(l->name, false, &why);
	CHECK(l->tap != NULL);
	if (!l->tap)
		exit(1);
	snprintf(path, sizeof(path), "/proc/sys/net/%s", l->sysctl);
	CHECK(netns_write(path, l->version));
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", l->name);
	netns_write(path, "0");
	l->socket = socket(strchr(l->group, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", l->name);
	CHECK(l->socket >= 0 && !ioctl(l->socket, SIOCSIFFLAGS, &ifr));
}

static void member(struct link *l, bool join)
{
	struct addr ip = ip_of(l->group);
	struct ip_mreqn v4 = { .imr_ifindex = (int)tap_ifindex(l->tap) };
	struct ipv6_mreq v6 = { .ipv6mr_interface = tap_ifindex(l->tap) };
	memcpy(&v4.imr_multiaddr, ip.ip, 4);
	memcpy(&v6.ipv6mr_multiaddr, ip.ip, 16);
	if (ip.family == ADDR_V4)
		CHECK(!setsockopt(l->socket, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &v4, sizeof(v4)));
	else
		CHECK(!setsockopt(l->socket, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &v6, sizeof(v6)));
}

static void start(void)
{
	static const struct membership_config config = { .fast_leave = false };
	for (size_t i = 0; i < KINDS; i++) {
		struct link *l = &links[i];
		struct host host = { .ctx = l, .inject = to_tap, .random = fixed_random };
		link_up(l);
		l->now = 1000;
		l->m = membership_new(&config, &host, l->now);
		if (!l->m)
			exit(1);
		member(l, true);
	}
}

static void hosts_join(void)
{
	start();
	await(is_fresh, 0);
	for (size_t i = 0; i < KINDS; i++)
		CHECK_INT(group_of(&links[i]).version, atoi(links[i].version));
}

/* The next general query goes out. */
static void ask(struct link *l)
{
	uint64_t before = membership_info(l->m)->counts[MEMBERSHIP_INJECTED];
	while (membership_info(l->m)->counts[MEMBERSHIP_INJECTED] == before) {
		l->now++;
		l->now = membership_tick(l->m, l->now);
		membership_tick(l->m, l->now);
	}
}

static void hosts_stay_while_they_are_asked(void)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < KINDS; i++)
			ask(&links[i]);
		await(is_fresh, 0);
		for (size_t i = 0; i < KINDS; i++)
			CHECK_INT(group_of(&links[i]).version, atoi(links[i].version));
	}
}

/* The kernel's host still wants the group that another one behind the same TAP has left, and says so. */
static void hosts_stay_when_another_leaves(void)
{
	for (size_t i = 1; i < KINDS; i++) {
		struct addr ip = ip_of(links[i].group);
		struct igmp_frame f = frame_plain(ip.family == ADDR_V4 ? 0x17 : 132, &ip);
		struct layers e;
		CHECK(layers_view(&e, f.data, f.len));
		CHECK(!membership_from_tap(links[i].m, links[i].now, &e));
		CHECK(is_leaving(&links[i]));
		membership_tick(links[i].m, links[i].now);
	}
	await(is_fresh, 1);
}

/* All but IGMPv1 say so; that one is forgotten. */
static void hosts_leave(void)
{
	for (size_t i = 0; i < KINDS; i++)
		member(&links[i], false);
	await(is_leaving, 1);
	for (size_t i = 0; i < KINDS; i++) {
		struct link *l = &links[i];
		for (uint64_t then = l->now + (i ? 1000 : AGE_MS); l->now < then; ) {
			uint64_t due = membership_tick(l->m, l->now);
			l->now = due < then ? due : then;
		}
		membership_tick(l->m, l->now);
		CHECK_INT(group_of(l).expires, 0);
	}
}

int main(void)
{
	enum tap_error why;
	struct tap *probe;
	if (!netns_enter() || !(probe = tap_open("probe", false, &why))) {
		SKIP(hosts, "needs network namespaces and /dev/net/tun");
		printf("0 passed, 0 failed, 1 skipped\n");
		return 0;
	}
	tap_close(probe);
	RUN(hosts_join);
	RUN(hosts_stay_while_they_are_asked);
	RUN(hosts_stay_when_another_leaves);
	RUN(hosts_leave);
	return test_done();
}
