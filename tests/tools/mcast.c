/* Does multicast arrive?  Test tool of the demo and the namespace tests.
 *
 *	mcast listen GROUP:PORT IF [-n COUNT]
 *	mcast send GROUP:PORT IF COUNT INTERVAL_MS [-r RECEIVERS]
 *
 * A listener joins the group on the interface ("-": where the routing table says), prints "listening",
 * and answers each datagram to its sender by unicast; with -n it ends after that many.  The sender
 * prints one line per receiver that answered:
 *
 *	receiver 10.9.9.2 sent=20 received=20 missing=0 duplicates=0 one_way_us=90/120/300 round_trip_us=...
 *
 * with the least, mean and greatest time.  Times are of CLOCK_MONOTONIC, which all namespaces of one
 * machine share.  With -r the sender ends as soon as that many receivers have answered everything, and
 * its exit status is 0 only if each of them got each datagram exactly once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	MAGIC = 0x6d636173,
	COUNT_MAX = 100000,
	RECEIVERS_MAX = 256,
	PATIENCE_MS = 1500,             /* after the last datagram: answers may still come */
	LINGER_MS = 200                 /* after the last answer that is missing: duplicates may still come */
};

/* What is on the wire, both ways; only ever read by the same program on the same machine. */
struct probe {
	uint32_t magic, run, seq, answer;
	uint64_t sent_us, received_us;
};

struct times { uint64_t least, most, sum; };

struct receiver {
	struct in_addr addr;
	uint8_t *seen;                  /* by seq */
	unsigned received, duplicates;
	struct times one_way, round_trip;
};

struct sender {
	int fd;
	uint32_t run;
	unsigned count, sent, interval_ms, wanted;
	uint64_t first_us;
	struct sockaddr_in group;
	struct receiver receivers[RECEIVERS_MAX];
	unsigned n;
};

static void fatal(const char *what, const char *value)
{
	fprintf(stderr, "mcast: %s %s%s%s\n", what, value, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(2);
}

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static unsigned number(const char *text, unsigned most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*end || end == text || n > most)
		fatal("not a number in range:", text);
	return (unsigned)n;
}

static struct sockaddr_in endpoint(const char *text)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	const char *colon = strchr(text, ':');
	char host[INET_ADDRSTRLEN] = "";
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		fatal("not GROUP:PORT:", text);
	memcpy(host, text, (size_t)(colon - text));
	if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		fatal("not an IPv4 address:", host);
	sin.sin_port = htons((uint16_t)number(colon + 1, 65535));
	return sin;
}

static int interface_index(const char *name)
{
	if (!strcmp(name, "-"))
		return 0;
	unsigned i = if_nametoindex(name);
	if (!i)
		fatal("no interface", name);
	return (int)i;
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;
	if (fd < 0)
		fatal("no UDP socket", "");
	/* Many receivers answer at the same time. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

static int run_listen(const char *group, const char *ifname, unsigned count)
{
	struct sockaddr_in at = endpoint(group), from;
	struct ip_mreqn join = { .imr_multiaddr = at.sin_addr, .imr_ifindex = interface_index(ifname) };
	int fd = udp_socket(), off = 0;
	struct probe p;

	at.sin_addr.s_addr = INADDR_ANY;        /* the answers' source must not be the group */
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fatal("cannot bind", group);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)) < 0)
		fatal("cannot join", group);
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
	puts("listening");
	fflush(stdout);
	for (uint32_t answer = 0; !count || answer < count; ) {
		socklen_t len = sizeof(from);
		ssize_t got = recvfrom(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, &len);
		if (got != (ssize_t)sizeof(p) || p.magic != MAGIC)
			continue;
		p.received_us = now_us();
		p.answer = answer++;
		sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, len);
	}
	return 0;
}

static struct receiver *receiver_of(struct sender *s, struct in_addr addr)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->receivers[i].addr.s_addr == addr.s_addr)
			return &s->receivers[i];
	if (s->n == RECEIVERS_MAX)
		return NULL;
	struct receiver *r = &s->receivers[s->n++];
	r->addr = addr;
	r->seen = calloc(s->count, 1);
	if (!r->seen)
		fatal("no memory", "");
	return r;
}

static void times_add(struct times *t, uint64_t us, bool first)
{
	if (first || us < t->least)
		t->least = us;
	if (first || us > t->most)
		t->most = us;
	t->sum += us;
}

static void answered(struct sender *s)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct probe p;
	ssize_t got = recvfrom(s->fd, &p, sizeof(p), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	uint64_t now = now_us();

	if (got != (ssize_t)sizeof(p) || p.magic != MAGIC || p.run != s->run || p.seq >= s->count)
		return;
	struct receiver *r = receiver_of(s, from.sin_addr);
	if (!r)
		return;
	if (r->seen[p.seq]) {
		r->duplicates++;
		return;
	}
	r->seen[p.seq] = 1;
	times_add(&r->one_way, p.received_us - p.sent_us, !r->received);
	times_add(&r->round_trip, now - p.sent_us, !r->received);
	r->received++;
}

static bool complete(const struct sender *s)
{
	if (!s->wanted || s->sent < s->count || s->n < s->wanted)
		return false;
	for (unsigned i = 0; i < s->n; i++)
		if (s->receivers[i].received < s->count)
			return false;
	return true;
}

static void send_next(struct sender *s)
{
	struct probe p = { .magic = MAGIC, .run = s->run, .seq = s->sent++, .sent_us = now_us() };
	if (sendto(s->fd, &p, sizeof(p), 0, (struct sockaddr *)&s->group, sizeof(s->group)) < 0 && s->sent == 1)
		fprintf(stderr, "mcast: cannot send: %s\n", strerror(errno));
}

static void exchange(struct sender *s)
{
	uint64_t gap = (uint64_t)s->interval_ms * 1000u, next = now_us(), end = UINT64_MAX;
	bool done = false;

	for (uint64_t now; (now = now_us()) < end; ) {
		if (s->sent < s->count && now >= next) {
			send_next(s);
			next += gap;
			if (s->sent == s->count)
				end = now + PATIENCE_MS * 1000u;
		}
		if (!done && complete(s)) {
			done = true;
			end = now + LINGER_MS * 1000u;
		}
		uint64_t until = s->sent < s->count ? next : end;
		struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
		if (poll(&pfd, 1, until > now ? (int)((until - now + 999u) / 1000u) : 0) > 0)
			answered(s);
	}
}

static void print_times(const char *name, const struct times *t, unsigned n)
{
	printf(" %s=%llu/%llu/%llu", name, (unsigned long long)t->least,
	       (unsigned long long)(n ? t->sum / n : 0), (unsigned long long)t->most);
}

static int report(const struct sender *s)
{
	bool good = s->n == s->wanted;
	for (unsigned i = 0; i < s->n; i++) {
		const struct receiver *r = &s->receivers[i];
		good = good && r->received == s->count && !r->duplicates;
		printf("receiver %s sent=%u received=%u missing=%u duplicates=%u", inet_ntoa(r->addr), s->count,
		       r->received, s->count - r->received, r->duplicates);
		print_times("one_way_us", &r->one_way, r->received);
		print_times("round_trip_us", &r->round_trip, r->received);
		putchar('\n');
		free(r->seen);
	}
	return s->wanted && !good;
}

static int run_send(const char *group, const char *ifname, unsigned count, unsigned interval_ms, unsigned wanted)
{
	struct ip_mreqn out = { .imr_ifindex = interface_index(ifname) };
	struct sender s = {
		.fd = udp_socket(), .run = (uint32_t)now_us() ^ (uint32_t)getpid() << 20,
		.count = count, .interval_ms = interval_ms, .wanted = wanted, .group = endpoint(group),
	};
	int off = 0, on = 1;
	if (out.imr_ifindex && setsockopt(s.fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) < 0)
		fatal("cannot send by", ifname);
	setsockopt(s.fd, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof(off));
	setsockopt(s.fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	exchange(&s);
	return report(&s);
}

static void usage(void)
{
	fputs("usage: mcast listen GROUP:PORT IF [-n COUNT]\n"
	      "       mcast send GROUP:PORT IF COUNT INTERVAL_MS [-r RECEIVERS]\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	bool listening = argc > 3 && !strcmp(argv[1], "listen");
	int words = listening ? 4 : 6;
	unsigned option = 0;

	if (argc != words && argc != words + 2)
		usage();
	if (argc == words + 2) {
		if (strcmp(argv[words], listening ? "-n" : "-r"))
			usage();
		option = number(argv[words + 1], listening ? COUNT_MAX : RECEIVERS_MAX);
	}
	if (listening)
		return run_listen(argv[2], argv[3], option);
	if (strcmp(argv[1], "send"))
		usage();
	return run_send(argv[2], argv[3], number(argv[4], COUNT_MAX), number(argv[5], 60000), option);
}
