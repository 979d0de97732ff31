#define _GNU_SOURCE
#include "app/mcping/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "io/sockaddr.h"

enum { ROOM = 8 << 20, FDS_MAX = 4 };

uint64_t mcping_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int family_of(const struct addr *a)
{
	return a->family == ADDR_V6 ? AF_INET6 : AF_INET;
}

socklen_t mcping_sockaddr(struct sockaddr_storage *ss, const struct addr *a, unsigned zone)
{
	socklen_t len = addr_to_sockaddr(ss, a, family_of(a));
	bool link_local = (a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80) || (a->ip[0] == 0xff && (a->ip[1] & 15) <= 2);
	if (a->family == ADDR_V6 && link_local) {
		struct sockaddr_in6 in6;
		memcpy(&in6, ss, sizeof(in6));
		in6.sin6_scope_id = zone;
		memcpy(ss, &in6, sizeof(in6));
	}
	return len;
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

int mcping_set_interface(int fd, int family, unsigned ifindex)
{
	struct ip_mreqn by = { .imr_ifindex = (int)ifindex };
	if (family == AF_INET6)
		return set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex);
	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by));
}

/* What is only good to have may fail: older kernels, and no right to a large buffer. */
static int udp_socket(const struct addr *group)
{
	bool v6 = group->family == ADDR_V6;
	int fd = socket(family_of(group), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, ROOM) < 0)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, ROOM);
	set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (v6) {
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	} else {
		set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
		set_int(fd, IPPROTO_IP, IP_RECVTTL, 1);
	}
	return fd;
}

static int closed(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int bind_to(int fd, const struct addr *a, unsigned zone)
{
	struct sockaddr_storage ss;
	socklen_t len = mcping_sockaddr(&ss, a, zone);
	return bind(fd, (struct sockaddr *)&ss, len);
}

int mcping_unicast_socket(const struct mcping_conf *conf)
{
	struct addr any = { .family = conf->group.family, .port = conf->local_port };
	int fd = udp_socket(&conf->group);
	if (fd < 0)
		return -1;
	return bind_to(fd, &any, 0) < 0 ? closed(fd) : fd;
}

int mcping_set_sending(int fd, const struct mcping_conf *conf, unsigned ifindex)
{
	int family = family_of(&conf->group), ttl = (int)conf->ttl;
	if (mcping_set_interface(fd, family, ifindex) < 0)
		return -1;
	if (family == AF_INET6)
		return set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
	return set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
}

static int join(int fd, const struct mcping_conf *conf, unsigned ifindex)
{
	int level = conf->group.family == ADDR_V6 ? IPPROTO_IPV6 : IPPROTO_IP;
	struct group_req any = { .gr_interface = ifindex };
	struct group_source_req some = { .gsr_interface = ifindex };
	mcping_sockaddr(&any.gr_group, &conf->group, ifindex);
	if (!conf->sources_n)
		return setsockopt(fd, level, MCAST_JOIN_GROUP, &any, sizeof(any));
	some.gsr_group = any.gr_group;
	for (size_t i = 0; i < conf->sources_n; i++) {
		mcping_sockaddr(&some.gsr_source, &conf->sources[i], ifindex);
		if (setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &some, sizeof(some)) < 0)
			return -1;
	}
	return 0;
}

/* Bound to the group, it gets nothing else; and not what others on this host joined on other interfaces. */
int mcping_group_socket(const struct mcping_conf *conf, unsigned ifindex, const char **what)
{
	int fd = udp_socket(&conf->group);
	*what = "open a UDP socket";
	if (fd < 0)
		return -1;
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (conf->group.family == ADDR_V4)
		set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
#ifdef IPV6_MULTICAST_ALL
	else
		set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
	*what = "use the port";
	if (bind_to(fd, &conf->group, ifindex) < 0)
		return closed(fd);
	*what = "join";
	return join(fd, conf, ifindex) < 0 ? closed(fd) : fd;
}

uint16_t mcping_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr a;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 || !addr_from_sockaddr(&a, (struct sockaddr *)&ss))
		return 0;
	return a.port;
}

int mcping_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool mcping_signalled(int signals)
{
	struct signalfd_siginfo info;
	return read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

void mcping_wait(const int *fd, size_t n, uint64_t due)
{
	struct pollfd at[FDS_MAX];
	uint64_t now = mcping_clock(), left = due > now ? due - now : 0;
	struct timespec t = { .tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u) };
	for (size_t i = 0; i < n && i < FDS_MAX; i++)
		at[i] = (struct pollfd){ .fd = fd[i], .events = POLLIN };
	ppoll(at, n < FDS_MAX ? n : FDS_MAX, due == UINT64_MAX ? NULL : &t, NULL);
}
