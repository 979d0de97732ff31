/* The UDP socket on loopback: batches, addresses, and every loss that can be provoked here. */
#define _GNU_SOURCE
#include "io/udp.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "io/inbox.h"
#include "io/sockaddr.h"
#include "netns.h"
#include "test.h"
#include "udp_opened.h"

enum { PATIENCE_MS = 5000 };
static const struct udp_config any;

static struct addr endpoint(const char *ip, uint16_t port)
{
	struct addr a = { .port = port };
	a.family = inet_pton(AF_INET, ip, a.ip) == 1 ? ADDR_V4 : ADDR_V6;
	if (a.family == ADDR_V6)
		CHECK(inet_pton(AF_INET6, ip, a.ip) == 1);
	return a;
}

static struct udp *opened(void)
{
	return udp_opened(&any);
}

static void send_bytes(struct udp *u, const struct addr *to, const struct addr *local,
                       const void *bytes, size_t len)
{
	uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	memcpy(b.data, bytes, len);
	b.len = len;
	udp_send(u, to, local, &b);
}

/* The next batch, awaited. */
static size_t await(struct udp *u, struct udp_message **d)
{
	struct pollfd p = { .fd = udp_fd(u), .events = POLLIN };
	CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
	return udp_receive(u, d);
}

static bool is(const struct train *t, const char *text)
{
	return t->len == strlen(text) && t->each == t->len && !memcmp(t->data, text, t->len);
}

static void both_ends_are_told(const char *ip)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint(ip, udp_port(b)), from = endpoint(ip, udp_port(a));
	struct udp_message *d;

	CHECK(udp_port(a) && udp_port(b) && udp_port(a) != udp_port(b));
	send_bytes(a, &to, NULL, "hello", 5);
	CHECK_INT(udp_receive(b, &d), 0);       /* nothing leaves before the flush */
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);
	CHECK(is(&d->train, "hello"));
	CHECK(addr_equal(&d->from, &from));
	CHECK(addr_equal(&d->local, &to));
	struct addr back = d->from, local = d->local;
	send_bytes(b, &back, &local, "answer", 6);
	udp_flush(b);
	CHECK_INT(await(a, &d), 1);
	CHECK(is(&d->train, "answer") && addr_equal(&d->from, &to));
	CHECK_INT(udp_counts(b)[UDP_DATAGRAMS_OUT], 1);
	CHECK_INT(udp_counts(b)[UDP_BYTES_OUT], 6);
	CHECK_INT(udp_counts(a)[UDP_BYTES_IN], 6);
	CHECK_INT(udp_counts(b)[UDP_SOURCE_GONE], 0);
	udp_close(a);
	udp_close(b);
}

static void v4_on_the_dual_stack_socket(void)
{
	both_ends_are_told("127.0.0.1");
}

static void v6_on_the_dual_stack_socket(void)
{
	both_ends_are_told("::1");
}

static void a_batch_keeps_order_and_contents(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b));
	struct udp_message *d;
	size_t got = 0;

	for (uint32_t i = 0; i < 100; i++)
		send_bytes(a, &to, NULL, &i, sizeof(i));
	udp_flush(a);
	while (got < 100) {
		size_t n = await(b, &d);
		CHECK(n > 0 && n <= UDP_RECEIVE_MAX);
		if (!n)
			break;
		for (size_t i = 0; i < n; i++, got++) {
			uint32_t value = (uint32_t)got;
			CHECK(d[i].train.len == 4 && !memcmp(d[i].train.data, &value, 4));
		}
	}
	CHECK_INT(udp_counts(a)[UDP_DATAGRAMS_OUT], 100);
	CHECK_INT(udp_counts(b)[UDP_DATAGRAMS_IN], 100);
	udp_close(a);
	udp_close(b);
}

/* Sent as it was at each call, though its bytes are stored once while they do not change. */
static void a_buffer_that_changes_between_two_sends(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b));
	uint8_t mem[BUF_SIZE];
	struct buf buf = buf_of(mem, sizeof(mem));
	struct udp_message *d;
	const char *want[] = { "one", "one", "two", "tw" };

	for (size_t i = 0; i < 4; i++) {
		buf.len = strlen(want[i]);
		memcpy(buf.data, want[i], buf.len);
		udp_send(a, &to, NULL, &buf);
	}
	memset(buf.data, 'x', 3);
	udp_flush(a);
	CHECK_INT(await(b, &d), 4);
	for (size_t i = 0; i < 4; i++)
		CHECK(is(&d[i].train, want[i]));
	buf.len = 3;
	udp_send(a, &to, NULL, &buf);           /* after a flush nothing is remembered */
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);
	CHECK(is(&d->train, "xxx"));
	udp_close(a);
	udp_close(b);
}

/* More than a batch and more than the arena holds; nothing is lost uncounted. */
static void a_big_burst(void)
{
	enum { BURST = 3000, LEN = 1400 };
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b));
	uint8_t bytes[LEN];
	struct udp_message *d;
	uint64_t in = 0;
	uint32_t last = 0;

	for (uint32_t i = 1; i <= BURST; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		memcpy(bytes, &i, sizeof(i));
		send_bytes(a, &to, NULL, bytes, sizeof(bytes));
	}
	udp_flush(a);
	const uint64_t *out = udp_counts(a);
	CHECK_INT(out[UDP_DATAGRAMS_OUT] + out[UDP_NO_BUFFER], BURST);
	for (size_t n; (n = udp_receive(b, &d)) > 0; in += n)
		for (size_t i = 0; i < n; i++) {
			uint32_t number;
			memcpy(&number, d[i].train.data, sizeof(number));
			CHECK(number > last && d[i].train.len == LEN);
			CHECK(d[i].train.data[LEN - 1] == (uint8_t)number);
			last = number;
		}
	CHECK(in > 0 && in <= out[UDP_DATAGRAMS_OUT]);
	send_bytes(a, &to, NULL, "end", 3);     /* the next one carries the overflow counter */
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);
	CHECK_INT(in + udp_counts(b)[UDP_OVERFLOW], out[UDP_DATAGRAMS_OUT] - 1);
	udp_close(a);
	udp_close(b);
}

static void the_longest_datagram_fits(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b));
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&ss, &to, AF_INET);
	int raw = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static uint8_t big[65507];
	struct udp_message *d;

	memset(big, 7, sizeof(big));
	CHECK(sendto(raw, big, sizeof(big), 0, (struct sockaddr *)&ss, len) == (ssize_t)sizeof(big));
	CHECK(sendto(raw, "", 0, 0, (struct sockaddr *)&ss, len) == 0);
	CHECK_INT(await(b, &d), 2);
	CHECK(d[0].train.len == sizeof(big) && d[0].train.data[sizeof(big) - 1] == 7);
	CHECK_INT(d[1].train.len, 0);
	CHECK_INT(udp_counts(b)[UDP_TRUNCATED], 0);
	CHECK_INT(udp_counts(b)[UDP_DATAGRAMS_IN], 2);
	CHECK_INT(udp_receive(b, &d), 0);
	CHECK_INT(udp_counts(b)[UDP_RECEIVE_ERROR], 0);
	close(raw);
	udp_close(a);
	udp_close(b);
}

/* As in the small inbox of local discovery. */
static void a_datagram_that_is_too_long_is_counted(void)
{
	struct udp *a = opened(), *b = opened();
	struct inbox *in = inbox_new(4, 2048);
	struct addr to = endpoint("127.0.0.1", udp_port(b));
	struct pollfd p = { .fd = udp_fd(b), .events = POLLIN };
	uint64_t counts[UDP_COUNT_MAX] = { 0 };
	static uint8_t bytes[2049];
	struct udp_message *d;

	CHECK(in);
	if (!in)
		exit(1);
	memset(bytes, 7, sizeof(bytes));
	send_bytes(a, &to, NULL, bytes, 2048);
	send_bytes(a, &to, NULL, bytes, 2049);
	send_bytes(a, &to, NULL, "good", 4);
	udp_flush(a);
	CHECK_INT(poll(&p, 1, PATIENCE_MS), 1);
	CHECK_INT(inbox_receive(in, udp_fd(b), counts, &d), 2);
	CHECK(d[0].train.len == 2048 && d[0].train.data[2047] == 7);
	CHECK(is(&d[1].train, "good"));
	CHECK_INT(counts[UDP_TRUNCATED], 1);
	CHECK_INT(counts[UDP_MESSAGES_IN], 3);
	CHECK_INT(counts[UDP_DATAGRAMS_IN], 2);
	inbox_free(in);
	udp_close(a);
	udp_close(b);
}

static void the_source_address_is_chosen(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b)), local = endpoint("127.0.0.9", 1);
	struct addr gone = endpoint("203.0.113.7", 0), other_family = endpoint("::1", 0);
	struct udp_message *d;

	send_bytes(a, &to, &local, "1", 1);
	send_bytes(a, &to, &gone, "2", 1);
	send_bytes(a, &to, &other_family, "3", 1);
	send_bytes(a, &to, &local, "4", 1);
	udp_flush(a);
	CHECK_INT(await(b, &d), 4);
	local.port = udp_port(a);
	struct addr usual = endpoint("127.0.0.1", udp_port(a));
	CHECK(is(&d[0].train, "1") && addr_equal(&d[0].from, &local));
	CHECK(is(&d[1].train, "2") && addr_equal(&d[1].from, &usual));
	CHECK(is(&d[2].train, "3") && addr_equal(&d[2].from, &usual));
	CHECK(is(&d[3].train, "4") && addr_equal(&d[3].from, &local));
	CHECK_INT(udp_counts(a)[UDP_SOURCE_GONE], 1);
	CHECK_INT(udp_counts(a)[UDP_DATAGRAMS_OUT], 4);
	udp_close(a);
	udp_close(b);
}

static void a_port_in_use_is_refused(void)
{
	struct udp *a = opened();
	struct udp_config same = { .bind = { .port = udp_port(a) } };
	struct udp_config v4 = { .bind = endpoint("127.0.0.1", udp_port(a)) };
	struct udp_config nowhere = { .bind = endpoint("203.0.113.7", 0) };

	errno = 0;
	CHECK(!udp_open(&same) && errno == EADDRINUSE);
	errno = 0;
	CHECK(!udp_open(&v4) && errno == EADDRINUSE);
	struct udp *early = udp_open(&nowhere);         /* the address may come */
	CHECK(early && udp_early(early) && !udp_early(a));
	udp_close(early);
	uint16_t port = udp_port(a);
	udp_close(a);
	same.bind = endpoint("0.0.0.0", port);
	a = udp_open(&same);
	CHECK(a && udp_port(a) == port);
	udp_close(a);
}

static void a_bound_address_limits_the_family(void)
{
	struct udp_config v4 = { .bind = endpoint("127.0.0.5", 0) };
	struct udp *a = udp_open(&v4), *b = opened();
	struct udp_message *d;
	CHECK(a);
	if (!a)
		return;
	struct addr to4 = endpoint("127.0.0.1", udp_port(b)), to6 = endpoint("::1", udp_port(b)), none = { 0 };
	struct addr from = endpoint("127.0.0.5", udp_port(a));

	CHECK(udp_has_v4(a) && !udp_has_v6(a));
	send_bytes(a, &to6, NULL, "6", 1);
	send_bytes(a, &none, NULL, "0", 1);
	send_bytes(a, &to4, NULL, "4", 1);
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);
	CHECK(is(&d->train, "4") && addr_equal(&d->from, &from));
	CHECK_INT(udp_counts(a)[UDP_NO_FAMILY], 2);
	udp_close(a);
	udp_close(b);
}

static int option(const struct udp *u, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	CHECK(!getsockopt(udp_fd(u), level, name, &value, &len));
	return value;
}

/* Trains come faster than they can be read for a moment. */
static void there_is_room_for_a_burst(void)
{
	struct udp *u = opened();
	int room = 0;
	socklen_t len = sizeof(room);
	CHECK(!getsockopt(udp_fd(u), SOL_SOCKET, SO_RCVBUF, &room, &len));
	CHECK(room >= 2 * (16 << 20));          /* the kernel counts twice what it is asked for */
	udp_close(u);
}

static void options_of_the_socket(void)
{
	struct udp_config config = { .tos = 0x10, .pmtu_discovery = true };
	struct udp *plain = opened(), *set = udp_open(&config);
	CHECK(set);
	if (!set)
		return;
	CHECK_INT(option(plain, SOL_SOCKET, SO_REUSEADDR), 0);
	CHECK_INT(option(plain, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
	CHECK_INT(option(plain, IPPROTO_IP, IP_TOS), 0);
	CHECK_INT(option(set, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
	CHECK_INT(option(set, IPPROTO_IP, IP_TOS), 0x10);
	if (udp_has_v6(plain)) {
		CHECK_INT(option(plain, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DONT);
		CHECK_INT(option(set, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_WANT);
		CHECK_INT(option(set, IPPROTO_IPV6, IPV6_TCLASS), 0x10);
	}
	udp_close(plain);
	udp_close(set);
}

/* The TTL of the next datagram at a plain socket. */
static int received_ttl(int fd)
{
	char byte, control[64];
	struct iovec iov = { &byte, 1 };
	struct msghdr h = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int ttl = -1;

	if (poll(&p, 1, PATIENCE_MS) == 1 && recvmsg(fd, &h, 0) == 1 && CMSG_FIRSTHDR(&h))
		memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(ttl));
	return ttl;
}

static void one_datagram_with_another_ttl(void)
{
	struct udp *a = opened();
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));

	CHECK(!bind(fd, (struct sockaddr *)&in, len) && !getsockname(fd, (struct sockaddr *)&in, &len));
	CHECK(!setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on)));
	struct addr to = endpoint("127.0.0.1", ntohs(in.sin_port));
	*b.data = 'x';
	b.len = 1;
	udp_send(a, &to, NULL, &b);
	udp_send_ttl(a, &to, 3, &b);
	udp_send_ttl(a, &to, 0, &b);
	udp_send(a, &to, NULL, &b);
	udp_flush(a);
	int usual = received_ttl(fd);
	CHECK(usual > 3);
	CHECK_INT(received_ttl(fd), 3);
	CHECK_INT(received_ttl(fd), usual);
	CHECK_INT(received_ttl(fd), usual);
	close(fd);
	udp_close(a);
}

/* With loopback only: nothing of this can leave the machine. */
static void losses_are_counted_by_cause(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr far = endpoint("203.0.113.1", 7), near = endpoint("127.0.0.1", udp_port(b));
	struct addr zero = endpoint("127.0.0.1", 0), local = endpoint("127.0.0.1", 0);
	static uint8_t mem[70000];
	struct buf b_big = { mem, 65530, mem, mem + sizeof(mem) };
	struct buf b_huge = { mem, 69000, mem, mem + sizeof(mem) };
	struct udp_message *d;

	send_bytes(a, &far, NULL, "x", 1);
	send_bytes(a, &far, &local, "x", 1);
	udp_send(a, &near, NULL, &b_big);
	udp_send(a, &near, NULL, &b_huge);
	send_bytes(a, &zero, NULL, "x", 1);
	send_bytes(a, &near, NULL, "good", 4);
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);             /* what is behind the lost ones is not lost */
	CHECK(is(&d->train, "good"));
	const uint64_t *counts = udp_counts(a);
	CHECK_INT(counts[UDP_UNREACHABLE], 2);
	CHECK_INT(counts[UDP_TOO_BIG], 2);
	CHECK_INT(counts[UDP_OTHER], 1);
	CHECK_INT(counts[UDP_DATAGRAMS_OUT], 1);
	udp_close(a);
	udp_close(b);
}

/* From here on the kernel has neither recvmmsg nor sendmmsg. */
static bool forget_batch_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_recvmmsg, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmmsg, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void one_by_one(void)
{
	struct udp *a = opened(), *b = opened();
	struct addr to = endpoint("127.0.0.1", udp_port(b)), gone = endpoint("203.0.113.7", 0);
	struct udp_message *d;

	send_bytes(a, &to, NULL, "first", 5);
	send_bytes(a, &to, &gone, "second", 6);
	udp_flush(a);
	CHECK_INT(await(b, &d), 1);
	CHECK(is(&d->train, "first") && d->local.port == udp_port(b));
	CHECK_INT(await(b, &d), 1);
	CHECK(is(&d->train, "second"));
	CHECK_INT(udp_receive(b, &d), 0);
	CHECK_INT(udp_counts(b)[UDP_RECEIVE_ERROR], 0);
	CHECK_INT(udp_counts(a)[UDP_DATAGRAMS_OUT], 2);
	udp_close(a);
	udp_close(b);
}

static void a_kernel_without_batch_calls(void)
{
	fflush(stdout);
	pid_t child = fork();
	int status = -1;

	if (!child) {
		unsigned before = test_failed_checks;
		if (forget_batch_calls())
			one_by_one();
		else
			printf("skip a_kernel_without_batch_calls: no seccomp here\n");
		fflush(stdout);
		_exit(test_failed_checks != before);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

int main(void)
{
	bool alone = netns_enter();     /* there loopback is as it should be, and nothing else is */
	struct udp *probe = opened();
	int v6 = udp_has_v6(probe) ? socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool has_v6 = v6 >= 0 && !bind(v6, (struct sockaddr *)&loopback, sizeof(loopback));
	udp_close(probe);

	RUN(v4_on_the_dual_stack_socket);
	if (has_v6)
		RUN(v6_on_the_dual_stack_socket);
	else
		SKIP(v6_on_the_dual_stack_socket, "no IPv6 on loopback");
	RUN(a_batch_keeps_order_and_contents);
	RUN(a_buffer_that_changes_between_two_sends);
	RUN(a_big_burst);
	RUN(the_longest_datagram_fits);
	RUN(a_datagram_that_is_too_long_is_counted);
	RUN(the_source_address_is_chosen);
	RUN(a_port_in_use_is_refused);
	RUN(a_bound_address_limits_the_family);
	RUN(options_of_the_socket);
	RUN(one_datagram_with_another_ttl);
	RUN(a_kernel_without_batch_calls);
	if (alone)
		RUN(there_is_room_for_a_burst);
	else
		SKIP(there_is_room_for_a_burst, "needs CAP_NET_ADMIN");
	if (alone)
		RUN(losses_are_counted_by_cause);
	else
		SKIP(losses_are_counted_by_cause, "needs a network namespace");
	return test_done();
}
