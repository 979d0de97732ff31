#define _GNU_SOURCE
#include "io/inbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "io/sockaddr.h"

enum {
	CONTROL = 192,          /* bytes: IPv4 and IPv6 packet info, overflow counter, UDP_GRO's length */
	APART = 192             /* bytes between two messages, so that they do not fall on the same cache lines */
};
#ifndef UDP_GRO
#define UDP_GRO 104             /* Linux 5.0 */
#endif

struct slot {
	struct sockaddr_in6 from;       /* the longer one of the two */
	struct iovec iov;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL];
};
struct inbox {
	size_t max, size;
	size_t dirty;                   /* messages that the last call used: to be set anew */
	bool single;                    /* the kernel has no recvmmsg */
	uint32_t overflows;             /* the socket's counter as last seen */
	uint8_t *mem;
	struct slot *slots;
	struct mmsghdr *messages;
	struct udp_message *out;
};

struct inbox *inbox_new(size_t max, size_t size)
{
	struct inbox *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->max = in->dirty = max;
	in->size = size;
	in->mem = calloc(max, size + APART);
	in->slots = calloc(max, sizeof(*in->slots));
	in->messages = calloc(max, sizeof(*in->messages));
	in->out = calloc(max, sizeof(*in->out));
	if (in->mem && in->slots && in->messages && in->out)
		return in;
	inbox_free(in);
	errno = ENOMEM;
	return NULL;
}

void inbox_free(struct inbox *in)
{
	if (!in)
		return;
	free(in->mem);
	free(in->slots);
	free(in->messages);
	free(in->out);
	free(in);
}

/* The kernel writes lengths: what it has used is set anew. */
static void prepare(struct inbox *in)
{
	for (size_t i = 0; i < in->dirty; i++) {
		struct slot *s = &in->slots[i];
		struct msghdr *h = &in->messages[i].msg_hdr;

		s->iov = (struct iovec){ in->mem + i * (in->size + APART), in->size };
		h->msg_name = &s->from;
		h->msg_namelen = sizeof(s->from);
		h->msg_iov = &s->iov;
		h->msg_iovlen = 1;
		h->msg_control = s->control;
		h->msg_controllen = sizeof(s->control);
		h->msg_flags = 0;
	}
	in->dirty = 0;
}

/* recvmmsg(): Linux 2.6.33; MSG_DONTWAIT rather than a time limit, which is broken in all of them. */
static int receive(struct inbox *in, int fd)
{
	if (!in->single) {
		int n = recvmmsg(fd, in->messages, (unsigned)in->max, MSG_DONTWAIT, NULL);
		if (n >= 0 || (errno != ENOSYS && errno != EINVAL && errno != EOPNOTSUPP))
			return n;
		in->single = true;
	}
	ssize_t len = recvmsg(fd, &in->messages[0].msg_hdr, MSG_DONTWAIT);
	if (len < 0)
		return -1;
	in->messages[0].msg_len = (unsigned)len;
	return 1;
}

static void local_from_v4(struct addr *local, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	*local = (struct addr){ .family = ADDR_V4 };
	memcpy(local->ip, &info.ipi_spec_dst, 4);       /* an own one even if it was a broadcast */
}

static void local_from_v6(struct addr *local, const struct cmsghdr *c)
{
	struct in6_pktinfo info;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	in6.sin6_addr = info.ipi6_addr;
	addr_from_sockaddr(local, (const struct sockaddr *)&in6);
}

/* musl's CMSG_NXTHDR mixes signs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static void read_control(struct inbox *in, struct msghdr *h, struct udp_message *d, uint64_t *counts)
{
	uint32_t overflows;
	bool v4 = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			local_from_v4(&d->local, c);
			v4 = true;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO && !v4) {
			local_from_v6(&d->local, c);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&overflows, CMSG_DATA(c), sizeof(overflows));
			counts[UDP_OVERFLOW] += overflows - in->overflows;
			in->overflows = overflows;
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int each;
			memcpy(&each, CMSG_DATA(c), sizeof(each));
			d->train.each = each > 0 ? (size_t)each : d->train.len;
		}
	}
}
#pragma GCC diagnostic pop

static uint64_t datagrams_in(const struct train *t)
{
	return t->each && t->len ? (t->len + t->each - 1) / t->each : 1;
}

/* Message i, as the n-th that goes out; false: it is lost. */
static bool take(struct inbox *in, size_t i, size_t n, uint64_t *counts)
{
	struct msghdr *h = &in->messages[i].msg_hdr;
	size_t len = in->messages[i].msg_len;
	struct udp_message d = { .train = { in->slots[i].iov.iov_base, len, len } };

	counts[UDP_MESSAGES_IN]++;
	if (h->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {          /* or nobody knows where to cut it */
		counts[UDP_TRUNCATED]++;
		return false;
	}
	if (!addr_from_sockaddr(&d.from, h->msg_name)) {
		counts[UDP_RECEIVE_ERROR]++;
		return false;
	}
	read_control(in, h, &d, counts);
	counts[UDP_DATAGRAMS_IN] += datagrams_in(&d.train);
	counts[UDP_BYTES_IN] += len;
	in->out[n] = d;
	return true;
}

size_t inbox_receive(struct inbox *in, int fd, uint64_t *counts, struct udp_message **out)
{
	size_t n = 0;

	prepare(in);
	int got = receive(in, fd);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		counts[UDP_RECEIVE_ERROR]++;
	in->dirty = got > 0 ? (size_t)got : 1;
	for (int i = 0; i < got; i++)
		n += take(in, (size_t)i, n, counts);
	*out = in->out;
	return n;
}

bool inbox_batches(const struct inbox *in)
{
	return !in->single;
}
