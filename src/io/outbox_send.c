/* Sends what io/outbox.c has gathered.  UDP_SEGMENT (Linux 4.18) refuses what is longer than the device's MTU, and may
 * be refused by a device at all; then the same datagrams go one by one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "outbox_state.h"

enum {
	WAIT_MS = 5,            /* for room in the socket's buffer: holds back the TAP instead of losing */
	WAITS = 2,              /* per flush: a device that is stuck must not stop the daemon */
	VECTOR = 256,           /* messages in one sendmmsg() */
	SLICE = 4,              /* pieces of one datagram: header and head, body, and a cut on each side */
	NOTHING_WHOLE = 1,      /* whole_max: every length is refused */
	REFUSALS_MAX = 64       /* in a row, whatever the destination: then UDP_SEGMENT is for nobody here */
};
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103         /* Linux 4.18 */
#endif

/* One call's worth: either whole messages, or single datagrams. */
struct vector {
	size_t n;
	struct mmsghdr header[VECTOR];
	struct message *of[VECTOR];
	size_t datagrams[VECTOR];
};

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

/* The pieces of all parts in one row. */
static const struct iovec *pieces_of(struct outbox *o, const struct message *m, size_t *n)
{
	const struct part *p = &o->part[o->link[m->first - 1].part];
	const struct iovec *all = &o->piece[o->pieces];

	*n = p->pieces;
	if (m->first == m->last)
		return p->piece;
	*n = 0;
	for (uint16_t at = m->first; at; at = o->link[at - 1].next) {
		p = &o->part[o->link[at - 1].part];
		memcpy(&o->piece[o->pieces], p->piece, p->pieces * sizeof(*p->piece));
		o->pieces += p->pieces;
		*n += p->pieces;
	}
	return all;
}

static void add(struct vector *v, struct message *m, const struct iovec *iov, size_t pieces, size_t datagrams)
{
	struct msghdr *h = &v->header[v->n].msg_hdr;

	memset(h, 0, sizeof(*h));
	h->msg_name = &m->to;
	h->msg_namelen = m->to_len;
	h->msg_iov = (struct iovec *)(uintptr_t)iov;
	h->msg_iovlen = (__typeof__(h->msg_iovlen))pieces;
	h->msg_control = m->control_len ? m->control : NULL;
	h->msg_controllen = (socklen_t)m->control_len;
	v->of[v->n] = m;
	v->datagrams[v->n++] = datagrams;
}

/* Sends some of the vector from at on: how many, or -1 with errno for that one.
 * Not by the C library: musl's sendmmsg() is a loop.  Linux 3.0. */
static long send_some(struct outbox *o, struct vector *v, size_t at)
{
	if (!o->single) {
		long n = syscall(SYS_sendmmsg, o->fd, v->header + at, (unsigned)(v->n - at), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0 || errno != ENOSYS)
			return n;
		o->single = true;
	}
	ssize_t sent = sendmsg(o->fd, &v->header[at].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return -1;
	v->header[at].msg_len = (unsigned)sent;
	return 1;
}

/* The kernel refuses a source address that is gone, or from which there is no way: the answer then
 * leaves from another one, which is better than none.  True: try again. */
static bool source_refused(const struct message *m, int err)
{
	return m->source_may_go && (err == EINVAL || lost_by(err) == UDP_UNREACHABLE);
}

static bool without_source(struct outbox *o, struct vector *v, size_t at, int err)
{
	struct message *m = v->of[at];

	if (!source_refused(m, err))
		return false;
	m->source_may_go = false;
	m->control_len = 0;
	o->counts[UDP_SOURCE_GONE]++;
	for (size_t i = at; i < v->n && v->of[i] == m; i++) {
		v->header[i].msg_hdr.msg_control = NULL;
		v->header[i].msg_hdr.msg_controllen = 0;
	}
	return true;
}

static void count_sent(struct outbox *o, const struct vector *v, size_t at, size_t n)
{
	o->counts[UDP_MESSAGES_OUT] += n;
	for (size_t i = at; i < at + n; i++) {
		o->counts[UDP_DATAGRAMS_OUT] += v->datagrams[i];
		o->counts[UDP_BYTES_OUT] += v->header[i].msg_len;
		if (v->datagrams[i] > 1)
			o->refusals = 0;
	}
}

/* Could be about UDP_SEGMENT rather than the datagrams? */
static bool blames_segment(int err)
{
	return err == EINVAL || err == EMSGSIZE || err == EIO || err == EOPNOTSUPP || err == ENOPROTOOPT || err == EPROTO;
}

/* A datagram that is longer than the path carries, as the kernel knows it: in fragments, without DF.  True: it went. */
static bool send_in_fragments(struct outbox *o, struct vector *v, size_t at)
{
	const int none = IP_PMTUDISC_DONT, always = IP_PMTUDISC_DO;

	if (!o->fragments || v->datagrams[at] > 1)
		return false;
	setsockopt(o->fd, IPPROTO_IP, IP_MTU_DISCOVER, &none, sizeof(none));
	ssize_t sent = sendmsg(o->fd, &v->header[at].msg_hdr, MSG_NOSIGNAL | MSG_DONTWAIT);
	setsockopt(o->fd, IPPROTO_IP, IP_MTU_DISCOVER, &always, sizeof(always));
	if (sent < 0)
		return false;
	v->header[at].msg_len = (unsigned)sent;
	count_sent(o, v, at, 1);
	return true;
}

/* Everything in the vector, or what can be of it.  Stops before a message that the kernel does not cut:
 * its index, else v->n; *why: its errno. */
static size_t send_vector(struct outbox *o, struct vector *v, size_t at, int *why)
{
	while (at < v->n) {
		long sent = send_some(o, v, at);
		int err = errno;

		if (sent > 0) {
			count_sent(o, v, at, (size_t)sent);
			at += (size_t)sent;
		} else if (err == EAGAIN && o->waits < WAITS) {
			struct pollfd p = { .fd = o->fd, .events = POLLOUT };
			o->waits++;
			poll(&p, 1, WAIT_MS);
		} else if (v->datagrams[at] > 1 && (blames_segment(err) || source_refused(v->of[at], err))) {
			*why = err;
			return at;
		} else if (err == EMSGSIZE && send_in_fragments(o, v, at)) {
			at++;
		} else if (err != EINTR && !without_source(o, v, at, err)) {
			o->counts[lost_by(err)] += v->datagrams[at];
			at++;
		}
	}
	return at;
}

/* The next len bytes of the pieces: how many of slice they take. */
static size_t cut(const struct iovec **at, size_t *done, size_t len, struct iovec slice[static SLICE])
{
	size_t n = 0;

	while (len && n < SLICE) {
		size_t left = (*at)->iov_len - *done, take = left < len ? left : len;
		slice[n++] = (struct iovec){ (uint8_t *)(*at)->iov_base + *done, take };
		len -= take;
		*done += take;
		if (*done == (*at)->iov_len) {
			(*at)++;
			*done = 0;
		}
	}
	return n;
}

/* Datagram by datagram.  True: at least one went. */
static bool send_plainly(struct outbox *o, struct message *m, const struct iovec *at)
{
	struct vector v = { .n = 0 };
	struct iovec slice[BURST_MAX][SLICE];
	size_t done = 0, left = m->bytes;
	uint64_t before = o->counts[UDP_DATAGRAMS_OUT];
	int why;

	for (size_t i = 0; i < m->n; i++) {
		size_t len = left < m->each ? left : m->each;
		add(&v, m, slice[i], cut(&at, &done, len, slice[i]), 1);
		left -= len;
	}
	send_vector(o, &v, 0, &why);
	return o->counts[UDP_DATAGRAMS_OUT] > before;
}

/* Too long for the device is about this destination and length.  EIO is about this destination: its device computes no
 * checksums, or IPsec is in the way; others go on.  What the kernel says of itself is about all. */
static void segment_refused(struct outbox *o, const struct message *m, int why)
{
	struct destination *d = m->destination;
	bool too_long = why == EMSGSIZE || (why == EINVAL && m->each > 576);    /* which of the two depends on the kernel */
	bool unknown = why == EOPNOTSUPP || why == ENOPROTOOPT || why == EPROTO;

	d->whole_max = too_long ? m->each - 1 : NOTHING_WHOLE;
	d->plain = 0;
	if (too_long)
		return;
	o->counts[UDP_SEGMENT_REFUSED]++;
	if (++o->refusals < REFUSALS_MAX && !unknown)
		return;
	o->counts[UDP_SEGMENT_GIVEN_UP] += o->segment;  /* others in the same batch may be refused too */
	o->segment = false;
}

static bool must_go_plainly(const struct outbox *o, const struct message *m)
{
	struct destination *d = m->destination;

	if (m->n == 1)
		return false;
	if (!o->segment)
		return true;
	if (!d->whole_max || m->each <= d->whole_max)
		return false;
	if (++d->plain < PLAIN_RETRY)
		return true;
	d->whole_max = 0;
	return false;
}

static void send_whole(struct outbox *o, struct vector *v)
{
	int why = 0;

	for (size_t at = 0; (at = send_vector(o, v, at, &why)) < v->n; at++) {
		struct message *m = v->of[at];
		bool with_source = m->source_may_go;
		m->control_len -= CMSG_SPACE(sizeof(uint16_t));
		if (send_plainly(o, m, v->header[at].msg_hdr.msg_iov) && with_source == m->source_may_go)
			segment_refused(o, m, why);
	}
	v->n = 0;
}

void outbox_flush(struct outbox *o)
{
	struct vector v;
	size_t gathered = o->pieces;

	if (!o->messages)
		return;
	v.n = 0;
	o->waits = 0;
	for (size_t i = 0; i < o->messages; i++) {
		struct message *m = &o->message[i];
		bool plainly = must_go_plainly(o, m);
		if (plainly || v.n == VECTOR || PIECES_OF_ONE > PIECES - o->pieces) {
			send_whole(o, &v);
			o->pieces = gathered;
		}
		size_t pieces;
		const struct iovec *iov = pieces_of(o, m, &pieces);
		if (plainly) {
			send_plainly(o, m, iov);
			continue;
		}
		if (m->n > 1)
			outbox_control(m, IPPROTO_UDP, UDP_SEGMENT, &(uint16_t){ (uint16_t)m->each }, sizeof(uint16_t));
		add(&v, m, iov, pieces, m->n);
	}
	send_whole(o, &v);
	o->turn++;
	o->used = o->parts = o->links = o->pieces = o->messages = 0;
}
