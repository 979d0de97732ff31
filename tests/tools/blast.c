/* A steady stream of small UDP datagrams, and who got it: the generator of tests/bench.
 *
 *	blast send ADDRESS:PORT IF RATE COUNT SIZE [BATCH_MAX]
 *	blast sink ADDRESS:PORT IF COUNT NAMESPACE...
 *	blast join GROUP:PORT IF TIMES
 *
 * "send" sends COUNT datagrams of SIZE bytes at RATE a second, in bursts of what 200 us ask for (RATE 50000: 10):
 * one send() a datagram as applications do, or BATCH at a time by sendmmsg; never UDP_SEGMENT.  Where it was held
 * up for more than 1 ms the rest is not made up for, so that it never bursts: it prints the time it took.
 *
 * "sink" in one namespace (of `ip netns`) reads as applications do: blocked in recv(), one datagram each time.  With
 * several it is one process with a socket in each, in the group on IF, that empties all by recvmmsg and then naps
 * 1 ms, so that it takes little of the processor from what is measured; the buffers have room for much more than a
 * nap.  Datagrams of 16 bytes are probes: it prints "reached" when one has come to each namespace, and does not count
 * them.  After SIGTERM it prints, once nothing has come for 200 ms, a line for each namespace: what came once, and
 * again.
 *
 * "join" joins a group to which somebody sends, TIMES times, and prints how many microseconds it took from joining
 * to the first datagram, and from leaving to the last frame seen on IF (-1: they go on after 5 s).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	MAGIC = 0x626c6173,
	SIZE_MAX_BYTES = 9000,
	BATCH_MAX = 64,
	SLOT_NS = 200000,
	HELD_UP_NS = 1000000,
	NAP_NS = 1000000,
	DRAIN_NS = 200000000,
	ROOM = 16 << 20,                /* receive buffer */
	NAMESPACES_MAX = 64,
	QUIET_MS = 200,                 /* after a leave: nothing for so long means no more */
	LEAVE_MS = 5000,
	JOIN_MS = 60000,
};

/* At the start of each datagram; only ever read by the same program on the same machine. */
struct head { uint32_t magic, run; uint64_t seq; };

struct batch {
	struct mmsghdr msg[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	uint8_t bytes[BATCH_MAX][SIZE_MAX_BYTES];
};

struct sink {
	const char *name;
	int fd;
	bool reached;
	uint8_t *seen;                  /* a bit for each sequence number */
	uint64_t received, duplicates;
};

static struct batch batch;
static volatile sig_atomic_t stopped;

static void fatal(const char *what, const char *value)
{
	fprintf(stderr, "blast: %s %s%s%s\n", what, value, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	if (*end || end == text || n < least || n > most)
		fatal("not a number in range:", text);
	return n;
}

static struct sockaddr_in endpoint(const char *text)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	const char *colon = strchr(text, ':');
	char host[INET_ADDRSTRLEN] = "";
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		fatal("not ADDRESS:PORT:", text);
	memcpy(host, text, (size_t)(colon - text));
	if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		fatal("not an IPv4 address:", host);
	sin.sin_port = htons((uint16_t)number(colon + 1, 1, 65535));
	return sin;
}

static bool is_group(const struct sockaddr_in *sin) { return IN_MULTICAST(ntohl(sin->sin_addr.s_addr)); }

static struct ip_mreqn on_interface(const char *name, const struct sockaddr_in *group)
{
	struct ip_mreqn m = { .imr_multiaddr = group->sin_addr, .imr_ifindex = (int)if_nametoindex(name) };
	if (!m.imr_ifindex)
		fatal("no interface", name);
	return m;
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = ROOM, one = 1;
	if (fd < 0)
		fatal("no UDP socket", "");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

static void batch_sizes(size_t size)
{
	for (int i = 0; i < BATCH_MAX; i++) {
		batch.iov[i] = (struct iovec){ batch.bytes[i], size };
		batch.msg[i].msg_hdr = (struct msghdr){ .msg_iov = &batch.iov[i], .msg_iovlen = 1 };
	}
}

/* ---- send */

/* A full queue that says so (ENOBUFS) loses the datagram, as it would an application's. */
static void send_batch(int fd, struct head *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++, h->seq++)
		memcpy(batch.bytes[i], h, sizeof(*h));
	if (n == 1)
		send(fd, batch.bytes[0], batch.iov[0].iov_len, 0);
	for (unsigned done = 0; n > 1 && done < n; ) {
		int sent = sendmmsg(fd, batch.msg + done, n - done, 0);
		done += sent > 0 ? (unsigned)sent : 1;
	}
}

static int run_send(const char *to, const char *ifname, uint64_t rate, uint64_t count, size_t size,
                    unsigned at_once)
{
	struct sockaddr_in at = endpoint(to);
	struct ip_mreqn out = on_interface(ifname, &at);
	struct head h = { MAGIC, (uint32_t)now_ns() ^ (uint32_t)getpid() << 20, 0 };
	int fd = udp_socket(), off = 0, hops = 16;

	if (is_group(&at)) {
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out));
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off));
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops));
	}
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fatal("cannot send to", to);
	batch_sizes(size);

	uint64_t begin = now_ns(), start = begin, now = begin;
	for (uint64_t slot = begin; h.seq < count; now = now_ns()) {
		if (now > slot + HELD_UP_NS) {
			start += now - slot;
			slot = now;
		}
		uint64_t due = (uint64_t)((double)(slot - start + SLOT_NS) * (double)rate / 1e9);
		if (due > count)
			due = count;
		while (h.seq < due)
			send_batch(fd, &h, due - h.seq < at_once ? (unsigned)(due - h.seq) : at_once);
		slot += SLOT_NS;
		sleep_until(slot);
	}
	printf("{\"sent\": %llu, \"seconds\": %.6f}\n", (unsigned long long)h.seq, (double)(now - begin) / 1e9);
	return 0;
}

/* ---- sink */

static void sink_open(struct sink *s, const char *at_text, const char *ifname, uint64_t count)
{
	char path[256];
	struct sockaddr_in at = endpoint(at_text), any = at;

	snprintf(path, sizeof(path), "/run/netns/%s", s->name);
	int ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		fatal("no namespace", s->name);
	close(ns);
	s->fd = udp_socket();
	any.sin_addr.s_addr = INADDR_ANY;
	if (is_group(&at)) {
		struct ip_mreqn join = on_interface(ifname, &at);
		if (setsockopt(s->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) < 0)
			fatal("cannot join in", s->name);
	}
	if (bind(s->fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		fatal("cannot bind in", s->name);
	s->seen = calloc(count / 8 + 1, 1);
	if (!s->seen)
		fatal("no memory for", s->name);
}

static void sink_count(struct sink *s, const uint8_t *bytes, size_t len, uint64_t count)
{
	struct head h;
	if (len < sizeof(h))
		return;
	memcpy(&h, bytes, sizeof(h));
	s->reached |= h.magic == MAGIC;
	if (len == sizeof(h) || h.magic != MAGIC || h.seq >= count)
		return;
	uint8_t bit = (uint8_t)(1u << (h.seq % 8));
	if (s->seen[h.seq / 8] & bit) {
		s->duplicates++;
		return;
	}
	s->seen[h.seq / 8] |= bit;
	s->received++;
}

static bool sink_drain(struct sink *s, uint64_t count)
{
	int total = 0;
	for (int got; (got = recvmmsg(s->fd, batch.msg, BATCH_MAX, MSG_DONTWAIT, NULL)) > 0; total += got)
		for (int i = 0; i < got; i++)
			sink_count(s, batch.bytes[i], batch.msg[i].msg_len, count);
	return total > 0;
}

static void sink_print(const struct sink *s)
{
	printf("{\"host\": \"%s\", \"received\": %llu, \"duplicates\": %llu}\n", s->name,
	       (unsigned long long)s->received, (unsigned long long)s->duplicates);
}

static void on_term(int sig)
{
	(void)sig;
	stopped = 1;
}

static void say_reached(const struct sink *sinks, unsigned n)
{
	static bool said;
	for (unsigned i = 0; i < n; i++)
		if (said || !sinks[i].reached)
			return;
	said = true;
	puts("reached");
	fflush(stdout);
}

static int run_sink(const char *at, const char *ifname, uint64_t count, char **names, unsigned n)
{
	static struct sink sinks[NAMESPACES_MAX];

	if (n > NAMESPACES_MAX)
		fatal("too many namespaces", "");
	for (unsigned i = 0; i < n; i++) {
		sinks[i].name = names[i];
		sink_open(&sinks[i], at, ifname, count);
	}
	batch_sizes(SIZE_MAX_BYTES);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = on_term }, NULL);  /* without SA_RESTART: ends recv() */
	puts("listening");
	fflush(stdout);
	while (n == 1 && !stopped) {
		ssize_t len = recv(sinks[0].fd, batch.bytes[0], SIZE_MAX_BYTES, 0);
		if (len > 0)
			sink_count(&sinks[0], batch.bytes[0], (size_t)len, count);
		say_reached(sinks, n);
	}
	for (uint64_t last = now_ns(); !stopped || now_ns() < last + DRAIN_NS; ) {
		bool any = false;
		for (unsigned i = 0; i < n; i++)
			any |= sink_drain(&sinks[i], count);
		if (any || !stopped)
			last = now_ns();
		say_reached(sinks, n);
		sleep_until(now_ns() + NAP_NS);
	}
	for (unsigned i = 0; i < n; i++)
		sink_print(&sinks[i]);
	return 0;
}

/* ---- join */

static int tap_watch(int ifindex)
{
	struct sockaddr_ll on = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_IP));
	if (fd < 0 || bind(fd, (struct sockaddr *)&on, sizeof(on)) < 0)
		fatal("cannot watch", "the interface");
	return fd;
}

static void empty(int fd)
{
	uint8_t byte;
	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0)
		continue;
}

/* The next datagram (a querier asks by IGMP) to the group: false when none comes in time. */
static bool next_frame(int fd, struct in_addr group, uint64_t until)
{
	uint8_t frame[ETH_HLEN + 20];
	for (uint64_t now; (now = now_ns()) < until; ) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		if (poll(&pfd, 1, (int)((until - now) / 1000000u) + 1) <= 0)
			continue;
		ssize_t len = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);
		if (len == (ssize_t)sizeof(frame) && frame[ETH_HLEN + 9] == IPPROTO_UDP &&
		    !memcmp(frame + ETH_HLEN + 16, &group, sizeof(group)))
			return true;
	}
	return false;
}

static long long join_once(int fd, struct ip_mreqn *group)
{
	uint64_t start = now_ns();
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, group, sizeof(*group)) < 0)
		fatal("cannot join", "");
	if (poll(&pfd, 1, JOIN_MS) <= 0)
		return -1;
	long long us = (long long)(now_ns() - start) / 1000;
	empty(fd);
	return us;
}

static long long leave_once(int fd, int watch, struct ip_mreqn *group)
{
	uint64_t start = now_ns(), last = start;

	setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, group, sizeof(*group));
	empty(watch);
	while (next_frame(watch, group->imr_multiaddr, last + QUIET_MS * 1000000u)) {
		last = now_ns();
		if (last > start + LEAVE_MS * 1000000ull)
			return -1;
	}
	empty(fd);
	return (long long)(last - start) / 1000;
}

static int run_join(const char *at, const char *ifname, uint64_t times)
{
	struct sockaddr_in group = endpoint(at);
	struct ip_mreqn join = on_interface(ifname, &group);
	int fd = udp_socket(), off = 0, watch = tap_watch(join.imr_ifindex);

	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&group, sizeof(group)) < 0)
		fatal("cannot bind", at);
	for (uint64_t i = 0; i < times; i++) {
		long long join_us = join_once(fd, &join), leave_us = leave_once(fd, watch, &join);
		printf("{\"join_us\": %lld, \"leave_us\": %lld}\n", join_us, leave_us);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if ((argc == 7 || argc == 8) && !strcmp(argv[1], "send"))
		return run_send(argv[2], argv[3], number(argv[4], 1, 10000000), number(argv[5], 1, 1000000000),
		                number(argv[6], sizeof(struct head), SIZE_MAX_BYTES),
		                argc == 8 ? (unsigned)number(argv[7], 1, BATCH_MAX) : 1);
	if (argc > 5 && !strcmp(argv[1], "sink"))
		return run_sink(argv[2], argv[3], number(argv[4], 1, 1000000000), argv + 5, (unsigned)argc - 5);
	if (argc == 5 && !strcmp(argv[1], "join"))
		return run_join(argv[2], argv[3], number(argv[4], 1, 1000));
	fputs("usage: blast send ADDRESS:PORT IF RATE COUNT SIZE [BATCH]\n"
	      "       blast sink ADDRESS:PORT IF COUNT NAMESPACE...\n"
	      "       blast join GROUP:PORT IF TIMES\n", stderr);
	return 2;
}
