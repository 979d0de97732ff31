#define _GNU_SOURCE
#include "io/outbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/sockaddr.h"

enum {
	ARENA = 512 * 1024,     /* bytes of datagrams in one batch */
	CONTROL = 64,           /* bytes: one packet info */
	WAIT_MS = 5,            /* for room in the socket's buffer: holds back the TAP instead of losing */
	WAITS = 2               /* per flush: a device that is stuck must not stop the daemon */
};

struct slot {
	struct sockaddr_storage to;
	struct iovec iov;
	bool source_may_go;     /* its source address is a wish, not a must */
	_Alignas(struct cmsghdr) uint8_t control[CONTROL];
};
struct outbox {
	int fd, family;
	bool v4, v6;
	bool single;            /* the kernel has no sendmmsg */
	uint64_t *counts;
	size_t n, used;         /* messages, bytes of the arena */
	const uint8_t *last;    /* where the bytes of the last message came from */
	uint8_t *arena;
	struct slot *slots;
	struct mmsghdr *messages;
};

struct outbox *outbox_new(int fd, int family, bool v4, bool v6, uint64_t *counts)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->fd = fd;
	o->family = family;
	o->v4 = v4;
	o->v6 = v6;
	o->counts = counts;
	o->arena = calloc(1, ARENA);
	o->slots = calloc(UDP_SEND_MAX, sizeof(*o->slots));
	o->messages = calloc(UDP_SEND_MAX, sizeof(*o->messages));
	if (o->arena && o->slots && o->messages)
		return o;
	outbox_free(o);
	errno = ENOMEM;
	return NULL;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	free(o->arena);
	free(o->slots);
	free(o->messages);
	free(o);
}

static void set_control(struct slot *s, struct msghdr *h, int level, int type, const void *info, size_t len)
{
	struct cmsghdr *c;

	memset(s->control, 0, sizeof(s->control));
	h->msg_control = s->control;
	h->msg_controllen = sizeof(s->control);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = (socklen_t)CMSG_LEN(len);
	h->msg_controllen = (socklen_t)CMSG_SPACE(len);
	memcpy(CMSG_DATA(c), info, len);
}

/* To an IPv4 destination IP_PKTINFO is right on a dual-stack socket too. */
static void set_source(struct slot *s, struct msghdr *h, const struct addr *to, const struct addr *local,
                       unsigned ifindex)
{
	static const uint8_t link_local[2] = { 0xfe, 0x80 };    /* useless without its interface */
	bool wish = local && local->family == to->family && !addr_is_unspecified(local);

	h->msg_control = NULL;
	h->msg_controllen = 0;
	s->source_may_go = wish && !ifindex;
	if (to->family == ADDR_V4 && (wish || ifindex)) {
		struct in_pktinfo info = { .ipi_ifindex = (int)ifindex };
		if (wish)
			memcpy(&info.ipi_spec_dst, local->ip, 4);
		set_control(s, h, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else if (wish && memcmp(local->ip, link_local, sizeof(link_local))) {
		struct in6_pktinfo info = { .ipi6_ifindex = 0 };
		memcpy(&info.ipi6_addr, local->ip, 16);
		set_control(s, h, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
}

/* Where these bytes lie in the arena: a flood hands the same buffer over once per member. */
static struct iovec stored(struct outbox *o, const struct buf *datagram)
{
	if (o->n && o->last == datagram->data) {
		struct iovec before = o->slots[o->n - 1].iov;
		if (before.iov_len == datagram->len && !memcmp(before.iov_base, datagram->data, datagram->len))
			return before;
	}
	struct iovec iov = { o->arena + o->used, datagram->len };
	memcpy(iov.iov_base, datagram->data, datagram->len);
	o->used += datagram->len;
	o->last = datagram->data;
	return iov;
}

void outbox_put(struct outbox *o, const struct addr *to, const struct addr *local, unsigned ifindex,
                const struct buf *datagram)
{
	if (to->family == ADDR_V4 ? !o->v4 : to->family != ADDR_V6 || !o->v6) {
		o->counts[UDP_NO_FAMILY]++;
		return;
	}
	if (datagram->len > UINT16_MAX) {
		o->counts[UDP_TOO_BIG]++;
		return;
	}
	if (o->n == UDP_SEND_MAX || datagram->len > ARENA - o->used)
		outbox_flush(o);

	struct slot *s = &o->slots[o->n];
	struct msghdr *h = &o->messages[o->n].msg_hdr;
	h->msg_name = &s->to;
	h->msg_namelen = addr_to_sockaddr(&s->to, to, o->family);
	s->iov = stored(o, datagram);
	h->msg_iov = &s->iov;
	h->msg_iovlen = 1;
	set_source(s, h, to, local, ifindex);
	o->n++;
}

/* Sends some of the batch from message at on: how many, or -1 with errno for that one.
 * Not by the C library: musl's sendmmsg() is a loop.  (Its padding, where the kernel has the upper half of
 * a length, is zero as everything here was at first.) */
static long send_some(struct outbox *o, size_t at)
{
	if (!o->single) {
		long n = syscall(SYS_sendmmsg, o->fd, o->messages + at, (unsigned)(o->n - at),
		                 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0 || errno != ENOSYS)
			return n;
		o->single = true;
	}
	return sendmsg(o->fd, &o->messages[at].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 1;
}

static enum udp_count lost_by(int err)
{
	switch (err) {
	case EAGAIN: case ENOBUFS: case ENOMEM:
		return UDP_NO_BUFFER;
	case ENETUNREACH: case EHOSTUNREACH: case ENETDOWN: case EHOSTDOWN:
	case ENODEV: case ENXIO: case EADDRNOTAVAIL:
		return UDP_UNREACHABLE;
	case ECONNREFUSED: case EPERM: case EACCES:
		return UDP_REFUSED;
	case EMSGSIZE:
		return UDP_TOO_BIG;
	case EAFNOSUPPORT:
		return UDP_NO_FAMILY;
	default:
		return UDP_OTHER;
	}
}

/* The kernel refuses a source address that is gone, or from which there is no way: the answer then
 * leaves from another one, which is better than none.  True: try again. */
static bool without_source(struct outbox *o, size_t at, int err)
{
	struct slot *s = &o->slots[at];

	if (!s->source_may_go || (err != EINVAL && lost_by(err) != UDP_UNREACHABLE))
		return false;
	s->source_may_go = false;
	o->messages[at].msg_hdr.msg_control = NULL;
	o->messages[at].msg_hdr.msg_controllen = 0;
	o->counts[UDP_SOURCE_GONE]++;
	return true;
}

static void count_sent(struct outbox *o, size_t at, size_t n)
{
	o->counts[UDP_DATAGRAMS_OUT] += n;
	for (size_t i = at; i < at + n; i++)
		o->counts[UDP_BYTES_OUT] += o->slots[i].iov.iov_len;
}

void outbox_flush(struct outbox *o)
{
	unsigned waits = 0;

	for (size_t at = 0; at < o->n; ) {
		long sent = send_some(o, at);
		int err = errno;

		if (sent > 0) {
			count_sent(o, at, (size_t)sent);
			at += (size_t)sent;
		} else if (err == EAGAIN && waits < WAITS) {
			struct pollfd p = { .fd = o->fd, .events = POLLOUT };
			waits++;
			poll(&p, 1, WAIT_MS);
		} else if (err != EINTR && !without_source(o, at, err)) {
			o->counts[lost_by(err)]++;
			at++;
		}
	}
	o->n = o->used = 0;
}
