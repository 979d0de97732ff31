#define _GNU_SOURCE
#include "io/lan.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/inbox.h"
#include "io/sockaddr.h"

static const struct addr group = { .family = ADDR_V4, .port = LAN_PORT, .ip = LAN_GROUP };

struct lan {
	int fd;
	unsigned joined[UDP_LAN_MAX];
	size_t joined_n;
	struct inbox *in;
	uint64_t counts[UDP_COUNT_MAX];
};

/* Bound to the group, so that nothing sent to an address of this host comes in here. */
static int bound(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, &group, AF_INET);
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return -1;
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
	return bind(fd, (const struct sockaddr *)&ss, len);
}

struct lan *lan_open(void)
{
	struct lan *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd >= 0 && !bound(l->fd)) {
		l->in = inbox_new(LAN_RECEIVE_MAX, LAN_DATAGRAM_MAX);
		if (l->in)
			return l;
	}
	int err = errno;
	lan_close(l);
	errno = err;
	return NULL;
}

void lan_close(struct lan *l)
{
	if (!l)
		return;
	inbox_free(l->in);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

int lan_fd(const struct lan *l)
{
	return l->fd;
}

static int membership(const struct lan *l, int option, unsigned ifindex)
{
	struct ip_mreqn m = { .imr_ifindex = (int)ifindex };

	memcpy(&m.imr_multiaddr, group.ip, 4);
	return setsockopt(l->fd, IPPROTO_IP, option, &m, sizeof(m));
}

static bool among(unsigned ifindex, const unsigned *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == ifindex)
			return true;
	return false;
}

size_t lan_set(struct lan *l, const unsigned *ifindex, size_t n)
{
	size_t joined = 0;

	n = n < UDP_LAN_MAX ? n : UDP_LAN_MAX;
	for (size_t i = 0; i < l->joined_n; i++)
		if (!among(l->joined[i], ifindex, n))
			membership(l, IP_DROP_MEMBERSHIP, l->joined[i]);
	for (size_t i = 0; i < n; i++)
		if (!membership(l, IP_ADD_MEMBERSHIP, ifindex[i]) || errno == EADDRINUSE)
			l->joined[joined++] = ifindex[i];
	l->joined_n = joined;
	return joined;
}

size_t lan_receive(struct lan *l, struct udp_message **out)
{
	return inbox_receive(l->in, l->fd, l->counts, out);
}
