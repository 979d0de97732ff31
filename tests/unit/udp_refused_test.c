/* UDP_SEGMENT that is refused: of some destinations, now and then, or of all.  Nothing is lost, and what could go in
 * one message goes on doing so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "io/udp.h"
#include "netns.h"
#include "test.h"
#include "udp_opened.h"

enum { PATIENCE_MS = 5000, RECEIVERS = 100, N = 4, LEN = 700 };

static struct udp *tx, *rx[RECEIVERS];
static struct addr at[RECEIVERS];
static struct {
	int err;                        /* 0: nothing is refused */
	uint16_t port;                  /* to that one; 0: to all */
} refuse;

static bool is_refused(const struct mmsghdr *m)
{
	uint16_t port;
	if (m->msg_hdr.msg_name)        /* the port stands at the same place in sockaddr_in and sockaddr_in6 */
		memcpy(&port, (const uint8_t *)m->msg_hdr.msg_name + 2, sizeof(port));
	return refuse.err && m->msg_hdr.msg_control && (!refuse.port || ntohs(port) == refuse.port);
}

/* The C library's, for what io/outbox_send.c asks of it. */
long syscall(long number, ...)
{
	va_list args;
	CHECK_INT(number, SYS_sendmmsg);
	va_start(args, number);
	int fd = va_arg(args, int);
	struct mmsghdr *m = va_arg(args, struct mmsghdr *);
	unsigned n = va_arg(args, unsigned), whole = 0;
	int flags = va_arg(args, int);
	va_end(args);
	while (whole < n && !is_refused(&m[whole]))
		whole++;
	if (whole)
		return sendmmsg(fd, m, whole, flags);
	errno = refuse.err;
	return -1;
}

static struct udp *opened(void)
{
	struct udp_config config = { .offload = true };
	return udp_opened(&config);
}

static void start(size_t n)
{
	tx = opened();
	for (size_t i = 0; i < n; i++) {
		rx[i] = opened();
		at[i] = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 }, .port = udp_port(rx[i]) };
	}
	refuse.err = refuse.port = 0;
}

static void end(size_t n)
{
	refuse.err = 0;
	udp_close(tx);
	for (size_t i = 0; i < n; i++)
		udp_close(rx[i]);
}

/* N datagrams, each once; how many messages they were. */
static uint64_t messages_to(size_t i)
{
	static uint8_t bytes[N][LEN];
	struct burst_frame frame[N];
	const struct burst burst = { frame, N, N * LEN };
	const struct burst_header none = { 0 };
	struct pollfd p = { .fd = udp_fd(rx[i]), .events = POLLIN };
	uint64_t before = udp_counts(tx)[UDP_MESSAGES_OUT], had = udp_counts(rx[i])[UDP_DATAGRAMS_IN];
	for (size_t k = 0; k < N; k++)
		frame[k] = (struct burst_frame){ .head = bytes[k], .head_len = LEN };
	udp_send_burst(tx, &at[i], NULL, &none, &burst);
	udp_flush(tx);
	while (udp_counts(rx[i])[UDP_DATAGRAMS_IN] < had + N && poll(&p, 1, PATIENCE_MS) == 1) {
		struct udp_message *in;
		udp_receive(rx[i], &in);
	}
	CHECK_INT(udp_counts(rx[i])[UDP_DATAGRAMS_IN], had + N);
	return udp_counts(tx)[UDP_MESSAGES_OUT] - before;
}

/* One of two has no device for it, or IPsec in its way. */
static void one_destination_is_not_all(void)
{
	start(2);
	refuse.err = EIO;
	refuse.port = at[0].port;
	for (int i = 0; i < 10; i++)
		CHECK_INT(messages_to(0), N);
	CHECK_INT(messages_to(1), 1);
	CHECK(udp_features(tx).segment);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_REFUSED], 1);      /* the kernel is not asked each time */
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 0);
	refuse.err = 0;
	uint64_t sent = N;
	for (int i = 0; i < 2000 && sent != 1; i++)             /* tried again before long */
		sent = messages_to(0);
	CHECK_INT(sent, 1);
	end(2);
}

static void when_all_refuse_it_is_given_up(void)
{
	start(RECEIVERS);
	refuse.err = EIO;
	for (size_t i = 0; i < RECEIVERS; i++)
		CHECK_INT(messages_to(i), N);
	CHECK(!udp_features(tx).segment);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 1);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_REFUSED], 64);
	end(RECEIVERS);
}

/* As many as that, but in between one was taken. */
static void not_for_a_refusal_now_and_then(void)
{
	start(RECEIVERS);
	for (size_t i = 0; i < RECEIVERS; i++) {
		refuse.err = i == RECEIVERS / 2 ? 0 : EIO;
		messages_to(i);
	}
	CHECK(udp_features(tx).segment);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 0);
	end(RECEIVERS);
}

static void the_kernel_does_not_know_it(void)
{
	start(1);
	refuse.err = EOPNOTSUPP;
	CHECK_INT(messages_to(0), N);
	CHECK(!udp_features(tx).segment);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 1);
	end(1);
}

int main(void)
{
	bool world = netns_enter(), segment;
	tx = opened();
	segment = udp_features(tx).segment;
	udp_close(tx);
	if (!world || !segment) {
		SKIP(udp_refused, "needs a network namespace, and UDP_SEGMENT (Linux 4.18)");
		return test_done();
	}
	RUN(one_destination_is_not_all);
	RUN(when_all_refuse_it_is_given_up);
	RUN(not_for_a_refusal_now_and_then);
	RUN(the_kernel_does_not_know_it);
	return test_done();
}
