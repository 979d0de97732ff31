/* Batches of datagrams, for mcping_socket.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>

#include "io/sockaddr.h"
#include "app/mcping/socket.h"

enum { CONTROL = 256 };

struct mcping_inbox {
	struct mcping_in in[MCPING_BATCH];
	struct sockaddr_storage from[MCPING_BATCH];
	struct iovec iov[MCPING_BATCH];
	struct mmsghdr msg[MCPING_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[MCPING_BATCH][CONTROL];
};

struct mcping_inbox *mcping_inbox_new(void)
{
	return calloc(1, sizeof(struct mcping_inbox));
}

void mcping_inbox_free(struct mcping_inbox *in)
{
	free(in);
}

static uint64_t real_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Both clocks as at one moment: a pause between the two readings would make arrivals too early. */
static void read_clocks(uint64_t *mono, uint64_t *real)
{
	enum { TRIES = 4, CLOSE_NS = 5000 };
	for (int i = 0; i < TRIES; i++) {
		uint64_t before = mcping_clock();
		*real = real_clock();
		*mono = mcping_clock();
		if (*mono - before < CLOSE_NS)
			return;
	}
}

/* The kernel stamps by the wall clock.  What seems to be older than a second is a step of it. */
static uint64_t arrived(const struct timespec *stamp, uint64_t mono, uint64_t real)
{
	uint64_t at = (uint64_t)stamp->tv_sec * 1000000000u + (uint64_t)stamp->tv_nsec;
	return at < real && real - at < 1000000000u ? mono - (real - at) : mono;
}

static void read_socket_control(struct mcping_in *in, const struct cmsghdr *c, uint64_t mono, uint64_t real)
{
	struct timespec stamp;
	if (c->cmsg_type == SO_TIMESTAMPNS) {
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		in->at = arrived(&stamp, mono, real);
	} else if (c->cmsg_type == SO_RXQ_OVFL) {
		memcpy(&in->overflow, CMSG_DATA(c), sizeof(in->overflow));
		in->overflow_known = true;
	}
}

static void read_ip_control(struct mcping_in *in, const struct cmsghdr *c)
{
	bool v6 = c->cmsg_level == IPPROTO_IPV6;
	struct in_pktinfo by4;
	struct in6_pktinfo by6;
	int ttl;
	if (c->cmsg_type == (v6 ? IPV6_HOPLIMIT : IP_TTL)) {
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		in->ttl = (uint8_t)ttl;
	} else if (v6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&by6, CMSG_DATA(c), sizeof(by6));
		in->ifindex = (unsigned)by6.ipi6_ifindex;
	} else if (!v6 && c->cmsg_type == IP_PKTINFO) {
		memcpy(&by4, CMSG_DATA(c), sizeof(by4));
		in->ifindex = (unsigned)by4.ipi_ifindex;
	}
}

/* musl's CMSG_NXTHDR mixes signs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
static void read_control(struct mcping_in *in, struct msghdr *m, uint64_t mono, uint64_t real)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET)
			read_socket_control(in, c, mono, real);
		else if (c->cmsg_level == IPPROTO_IP || c->cmsg_level == IPPROTO_IPV6)
			read_ip_control(in, c);
	}
}
#pragma GCC diagnostic pop

static void prepare(struct mcping_inbox *in, size_t i)
{
	in->iov[i] = (struct iovec){ in->in[i].data, MCPING_KEPT };
	in->msg[i].msg_hdr = (struct msghdr){
		.msg_name = &in->from[i], .msg_namelen = sizeof(in->from[i]), .msg_iov = &in->iov[i], .msg_iovlen = 1,
		.msg_control = in->control[i], .msg_controllen = CONTROL,
	};
}

size_t mcping_receive(struct mcping_inbox *in, int fd, const struct mcping_in **out)
{
	uint64_t mono, real;
	for (size_t i = 0; i < MCPING_BATCH; i++)
		prepare(in, i);
	/* With MSG_TRUNC the length is the real one, though only the first bytes are kept. */
	int n = recvmmsg(fd, in->msg, MCPING_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	*out = in->in;
	if (n <= 0)
		return 0;
	read_clocks(&mono, &real);
	for (int i = 0; i < n; i++) {
		struct mcping_in *d = &in->in[i];
		struct sockaddr_in6 in6;
		addr_from_sockaddr(&d->from, (struct sockaddr *)&in->from[i]);
		memcpy(&in6, &in->from[i], sizeof(in6));
		d->zone = d->from.family == ADDR_V6 ? in6.sin6_scope_id : 0;
		d->len = in->msg[i].msg_len;
		d->at = mono;
		d->ifindex = 0;
		d->ttl = MCPING_TTL_UNKNOWN;
		d->overflow_known = false;
		read_control(d, &in->msg[i].msg_hdr, mono, real);
	}
	return (size_t)n;
}

struct mcping_outbox {
	int fd;
	size_t size, n;
	uint8_t *zeros;                 /* what is behind the first bytes, of all of them */
	uint8_t head[MCPING_BATCH][MCPING_ANSWER_LEN];
	struct sockaddr_storage to[MCPING_BATCH];
	struct iovec iov[MCPING_BATCH][2];
	struct mmsghdr msg[MCPING_BATCH];
};

struct mcping_outbox *mcping_outbox_new(int fd, size_t size)
{
	struct mcping_outbox *o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->fd = fd;
	o->size = size;
	o->zeros = calloc(1, size);
	if (o->zeros)
		return o;
	free(o);
	return NULL;
}

void mcping_outbox_free(struct mcping_outbox *o)
{
	if (o)
		free(o->zeros);
	free(o);
}

uint8_t *mcping_outbox_add(struct mcping_outbox *o, const struct addr *to, unsigned zone)
{
	size_t i = o->n;
	if (i == MCPING_BATCH)
		return NULL;
	o->n++;
	o->iov[i][0] = (struct iovec){ o->head[i], MCPING_ANSWER_LEN };
	o->iov[i][1] = (struct iovec){ o->zeros, o->size - MCPING_ANSWER_LEN };
	o->msg[i].msg_hdr = (struct msghdr){
		.msg_name = &o->to[i], .msg_namelen = mcping_sockaddr(&o->to[i], to, zone), .msg_iov = o->iov[i], .msg_iovlen = 2,
	};
	return o->head[i];
}

size_t mcping_flush(struct mcping_outbox *o, int *error)
{
	size_t sent = 0, all = o->n;
	*error = 0;
	o->n = 0;
	while (sent < all && !*error) {
		int n = sendmmsg(o->fd, o->msg + sent, (unsigned)(all - sent), MSG_DONTWAIT);
		if (n > 0)
			sent += (size_t)n;
		else if (n == 0 || errno != EINTR)
			*error = n == 0 ? EAGAIN : errno;
	}
	return sent;
}
