#define _GNU_SOURCE
#include "io/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/inbox.h"
#include "io/lan.h"
#include "io/outbox.h"
#include "io/sockaddr.h"

/* Bytes asked for.  What comes in trains comes faster than it can be read for a moment: 50 ms of 2.5 Gbit/s. */
enum { RECEIVE_BUFFER = 16 << 20, SEND_BUFFER = 2 << 20 };
enum { MESSAGE_MAX = 65536 };   /* bytes: the longest datagram, and what UDP_GRO joins at most */
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif
#ifndef UDP_GRO
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

struct udp {
	int fd, family;
	bool v4, v6, gro, segment;
	bool early;                     /* bound to an address that was not there */
	uint16_t port;
	unsigned lan[UDP_LAN_MAX];
	size_t lan_n;
	udp_find_way *find_way;         /* NULL: as the routes say */
	void *find_ctx;
	struct inbox *in;
	struct outbox *out;
	uint64_t counts[UDP_COUNT_MAX];
};

const char *const udp_count_names[UDP_COUNT_MAX] = {
#define X(name, text) text,
	UDP_COUNTS(X)
#undef X
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* early: also to an address that this host does not have yet, Linux 2.4; IPv6: 4.15. */
static int bound(int family, bool v6only, bool early, const struct addr *to)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, to, family);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (early)
		set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (early && family == AF_INET6)
		set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	if ((family == AF_INET6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only)) ||
	    bind(fd, (const struct sockaddr *)&ss, len)) {
		int err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* An address decides the family; any address means both families, or IPv4 on a host without IPv6. */
static int open_socket(struct udp *u, const struct addr *to)
{
	bool any = !addr_is_set(to) || addr_is_unspecified(to);
	struct addr all = { .family = ADDR_NONE, .port = to->port };

	u->v4 = any || to->family == ADDR_V4;
	u->v6 = any || to->family == ADDR_V6;
	u->family = u->v6 ? AF_INET6 : AF_INET;
	u->fd = bound(u->family, !any, false, any ? &all : to);
	if (u->fd < 0 && !any && errno == EADDRNOTAVAIL) {
		u->fd = bound(u->family, true, true, to);
		u->early = u->fd >= 0;
	}
	if (u->fd < 0 && any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL || errno == EINVAL)) {
		u->v6 = false;
		u->family = AF_INET;
		u->fd = bound(AF_INET, false, false, &all);
	}
	return u->fd;
}

static void set_buffers(int fd)
{
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER))
		set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
}

/* None of these is worth a refused start: without one the rest still works. */
static void set_options(struct udp *u, const struct udp_config *config)
{
	set_buffers(u->fd);
	u->gro = config->offload && !set(u->fd, IPPROTO_UDP, UDP_GRO, 1);
	u->segment = config->offload && !set(u->fd, IPPROTO_UDP, UDP_SEGMENT, 0);
	if (config->busy_poll_us)
		set(u->fd, SOL_SOCKET, SO_BUSY_POLL, (int)config->busy_poll_us);
	set(u->fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (u->v4) {
		set(u->fd, IPPROTO_IP, IP_PKTINFO, 1);
		/* Not IP_PMTUDISC_WANT: that looks at the length of a whole train, and lets all of it go without DF. */
		set(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, config->pmtu_discovery ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
		if (config->tos)
			set(u->fd, IPPROTO_IP, IP_TOS, config->tos);
	}
	if (u->v6) {
		set(u->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		set(u->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
		    config->pmtu_discovery ? IPV6_PMTUDISC_WANT : IPV6_PMTUDISC_DONT);
		if (config->tos)
			set(u->fd, IPPROTO_IPV6, IPV6_TCLASS, config->tos);
	}
}

bool udp_early(const struct udp *u)
{
	return u->early;
}

static uint16_t own_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr a = { .family = ADDR_NONE };

	if (!getsockname(fd, (struct sockaddr *)&ss, &len))
		addr_from_sockaddr(&a, (const struct sockaddr *)&ss);
	return a.port;
}

struct udp *udp_open(const struct udp_config *config)
{
	struct udp *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	if (open_socket(u, &config->bind) >= 0) {
		set_options(u, config);
		u->port = own_port(u->fd);
		u->in = inbox_new(UDP_RECEIVE_MAX, MESSAGE_MAX);
		u->out = outbox_new(u->fd, u->family, u->v4, u->v6, u->segment, u->counts);
		if (u->out && config->pmtu_discovery)
			outbox_fragments_itself(u->out);
		if (u->in && u->out)
			return u;
	}
	int err = errno;
	udp_close(u);
	errno = err;
	return NULL;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	inbox_free(u->in);
	outbox_free(u->out);
	if (u->fd >= 0)
		close(u->fd);
	free(u);
}

int udp_fd(const struct udp *u)
{
	return u->fd;
}

uint16_t udp_port(const struct udp *u)
{
	return u->port;
}

bool udp_has_v4(const struct udp *u)
{
	return u->v4;
}

bool udp_has_v6(const struct udp *u)
{
	return u->v6;
}

size_t udp_receive(struct udp *u, struct udp_message **out)
{
	size_t n = inbox_receive(u->in, u->fd, u->counts, out);

	for (size_t i = 0; i < n; i++)
		if (addr_is_set(&(*out)[i].local))
			(*out)[i].local.port = u->port;
	return n;
}

void udp_set_way(struct udp *u, udp_find_way *find, void *ctx)
{
	u->find_way = find;
	u->find_ctx = ctx;
}

/* False: n datagrams go nowhere. */
static bool find_way(struct udp *u, const struct addr *to, size_t n, unsigned *ifindex)
{
	struct udp_way way = u->find_way ? u->find_way(u->find_ctx, to) : (struct udp_way){ .ifindex = 0 };

	*ifindex = way.ifindex;
	if (way.refused)
		u->counts[UDP_INTO_TAP] += n;
	return !way.refused;
}

void udp_send(struct udp *u, const struct addr *to, const struct addr *local, const struct buf *datagram)
{
	unsigned ifindex;

	if (find_way(u, to, 1, &ifindex))
		outbox_put(u->out, to, local, ifindex, datagram);
}

void udp_send_burst(struct udp *u, const struct addr *to, const struct addr *local, const struct burst_header *header,
                    const struct burst *burst)
{
	unsigned ifindex;

	if (find_way(u, to, burst->n, &ifindex))
		outbox_put_burst(u->out, to, local, ifindex, header, burst);
}

void udp_send_ttl(struct udp *u, const struct addr *to, uint8_t ttl, const struct buf *datagram)
{
	bool v6 = to->family == ADDR_V6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int option = v6 ? IPV6_UNICAST_HOPS : IP_TTL;

	if (!ttl) {
		udp_send(u, to, NULL, datagram);
		return;
	}
	udp_flush(u);
	set(u->fd, level, option, ttl);
	udp_send(u, to, NULL, datagram);
	udp_flush(u);
	set(u->fd, level, option, -1);          /* the system's default again */
}

void udp_send_lan(struct udp *u, const struct buf *datagram)
{
	static const struct addr group = { .family = ADDR_V4, .port = LAN_PORT, .ip = LAN_GROUP };

	for (size_t i = 0; u->v4 && i < u->lan_n; i++)
		outbox_put(u->out, &group, NULL, u->lan[i], datagram);
}

void udp_set_lan(struct udp *u, const unsigned *ifindex, size_t n)
{
	u->lan_n = n < UDP_LAN_MAX ? n : UDP_LAN_MAX;
	if (u->lan_n)
		memcpy(u->lan, ifindex, u->lan_n * sizeof(*ifindex));
}

void udp_flush(struct udp *u)
{
	outbox_flush(u->out);
}

struct udp_features udp_features(const struct udp *u)
{
	return (struct udp_features){
		.gro = u->gro, .segment = outbox_segments(u->out), .recvmmsg = inbox_batches(u->in),
		.sendmmsg = outbox_batches(u->out),
	};
}

const uint64_t *udp_counts(const struct udp *u)
{
	return u->counts;
}
