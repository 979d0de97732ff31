/* Bursts on loopback: what is gathered into few messages arrives as the same datagrams, each once, in order. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>

#include "io/netlink.h"
#include "io/udp.h"
#include "netns.h"
#include "test.h"
#include "udp_opened.h"

enum { PATIENCE_MS = 5000, RECEIVERS = 16, EXPECTED = 4096, ARENA = 4 << 20, FRAMES = 200 };

/* What was put for one destination, and how much of it has come. */
struct receiver {
	struct udp *u;
	struct addr at;
	size_t expected_n, got;
	struct { const uint8_t *bytes; size_t len; } expected[EXPECTED];
};
static struct receiver receivers[RECEIVERS];
static struct udp *tx;
static uint8_t arena[ARENA], copies[2 * ARENA];
static size_t used, copied;
static struct burst_frame frames[FRAMES];

static struct udp *opened(bool offload)
{
	struct udp_config config = { .offload = offload };
	return udp_opened(&config);
}

static void start(bool offload_out, bool offload_in, size_t n)
{
	tx = opened(offload_out);
	for (size_t i = 0; i < n; i++) {
		struct receiver *r = &receivers[i];
		r->u = opened(offload_in);
		r->at = (struct addr){ .family = ADDR_V4, .ip = { 127, 0, 0, 1 }, .port = udp_port(r->u) };
		r->expected_n = r->got = 0;
	}
	used = copied = 0;
}

static void check_datagram(struct receiver *r, const uint8_t *bytes, size_t len)
{
	CHECK(r->got < r->expected_n);
	if (r->got >= r->expected_n)
		return;
	CHECK_INT(len, r->expected[r->got].len);
	CHECK(len == r->expected[r->got].len && !memcmp(bytes, r->expected[r->got].bytes, len));
	r->got++;
}

static void receive(struct receiver *r)
{
	struct udp_message *in;
	size_t n = udp_receive(r->u, &in);
	for (size_t i = 0; i < n; i++) {
		const struct train *t = &in[i].train;
		size_t at = 0;
		do {
			size_t left = t->len - at, len = left < t->each ? left : t->each;
			check_datagram(r, t->data + at, len);
			at += len;
		} while (at < t->len);
	}
}

/* All that was put has come, once, and nothing else. */
static void arrives(size_t n)
{
	udp_flush(tx);
	for (size_t i = 0; i < n; i++) {
		struct receiver *r = &receivers[i];
		struct pollfd p = { .fd = udp_fd(r->u), .events = POLLIN };
		while (r->got < r->expected_n && poll(&p, 1, PATIENCE_MS) == 1)
			receive(r);
		receive(r);
		CHECK_INT(r->got, r->expected_n);
		r->expected_n = r->got = 0;
	}
	used = copied = 0;
}

static void end(size_t n)
{
	arrives(n);
	for (size_t i = 0; i < n; i++)
		udp_close(receivers[i].u);
	udp_close(tx);
}

static uint8_t *random_bytes(size_t len)
{
	uint8_t *at = arena + used;
	used += len;
	if (used > ARENA)
		abort();
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)test_random();
	return at;
}

static uint8_t *expect(struct receiver *r, size_t len)
{
	uint8_t *at = copies + copied;
	copied += len;
	if (copied > sizeof(copies) || r->expected_n == EXPECTED)
		abort();
	r->expected[r->expected_n].bytes = at;
	r->expected[r->expected_n++].len = len;
	return at;
}

static void put_one(size_t to, size_t len)
{
	struct receiver *r = &receivers[to];
	uint8_t mem[BUF_SIZE];
	struct buf b = buf_of(mem, sizeof(mem));
	for (b.len = 0; b.len < len; b.len++)
		b.data[b.len] = (uint8_t)test_random();
	memcpy(expect(r, len), b.data, len);
	udp_send(tx, &r->at, NULL, &b);
	memset(mem, 0, sizeof(mem));            /* it was copied */
}

/* n frames of each bytes, the last of last bytes; head_len: of those that are in two pieces, 0: none. */
static struct burst burst_of(size_t n, size_t each, size_t last, size_t head_len)
{
	struct burst b = { frames, n, (n - 1) * each + last };
	for (size_t i = 0; i < n; i++) {
		size_t len = i < n - 1 ? each : last;
		bool whole = !head_len || head_len >= len;
		frames[i] = (struct burst_frame){ .head = random_bytes(whole ? len : head_len),
		                                  .head_len = whole ? len : head_len };
		used += 3;              /* pieces do not happen to lie one behind the other */
		if (!whole) {
			frames[i].body = random_bytes(len - head_len);
			frames[i].body_len = len - head_len;
		}
	}
	return b;
}

static struct burst_header header_of(size_t len)
{
	struct burst_header h = { .len = len };
	for (size_t i = 0; i < len; i++)
		h.bytes[i] = (uint8_t)test_random();
	return h;
}

static void put_burst(size_t to, const struct burst_header *h, const struct burst *b)
{
	struct receiver *r = &receivers[to];
	for (size_t i = 0; i < b->n; i++) {
		const struct burst_frame *f = &b->frame[i];
		uint8_t *at = expect(r, h->len + burst_frame_len(f));
		memcpy(at, h->bytes, h->len);
		memcpy(at + h->len, f->head, f->head_len);
		if (f->body_len)
			memcpy(at + h->len + f->head_len, f->body, f->body_len);
	}
	udp_send_burst(tx, &r->at, NULL, h, b);
}

static void put(size_t to, size_t n, size_t each, size_t last, size_t head_len)
{
	struct burst_header h = header_of(42);
	struct burst b = burst_of(n, each, last, head_len);
	put_burst(to, &h, &b);
}

/* Messages to the kernel since the last call. */
static long long messages(void)
{
	static const struct udp *of;
	static uint64_t before;
	uint64_t now = udp_counts(tx)[UDP_MESSAGES_OUT], n = now - (of == tx && now >= before ? before : 0);
	of = tx;
	before = now;
	return (long long)n;
}

/* n datagrams that can leave as that many messages; one by one where the kernel has no UDP_SEGMENT. */
static void left_in(size_t datagrams, size_t count)
{
	CHECK_INT(messages(), udp_features(tx).segment ? count : datagrams);
}

static void one_length_is_one_message(void)
{
	start(true, true, 1);
	messages();
	put(0, 40, 1400, 1400, 0);
	arrives(1);
	left_in(40, 1);
	CHECK_INT(udp_counts(tx)[UDP_DATAGRAMS_OUT], 40);
	CHECK_INT(udp_counts(tx)[UDP_BYTES_OUT], 40 * 1442);
	CHECK_INT(udp_counts(receivers[0].u)[UDP_DATAGRAMS_IN], 40);
	CHECK_INT(udp_counts(receivers[0].u)[UDP_BYTES_IN], 40 * 1442);
	if (udp_features(receivers[0].u).gro && udp_features(tx).segment)
		CHECK_INT(udp_counts(receivers[0].u)[UDP_MESSAGES_IN], 1);
	end(1);
}

static void the_last_may_be_shorter(void)
{
	start(true, true, 1);
	messages();
	put(0, 10, 1000, 1, 0);
	arrives(1);
	left_in(10, 1);
	put(0, 10, 1000, 999, 0);       /* what follows a shorter one is another message */
	put(0, 10, 1000, 1000, 0);
	put(0, 1, 500, 500, 0);
	put(0, 1, 500, 500, 0);
	arrives(1);
	left_in(22, 3);
	end(1);
}

static void other_lengths_are_other_messages(void)
{
	start(true, true, 1);
	messages();
	put(0, 5, 700, 700, 0);
	put(0, 5, 800, 800, 0);
	put(0, 5, 700, 700, 0);
	arrives(1);
	left_in(15, 3);
	end(1);
}

static void destinations_do_not_part_each_other(void)
{
	start(true, true, 2);
	messages();
	for (size_t i = 0; i < 10; i++) {
		put(0, 2, 600, 600, 0);
		put(1, 3, 900, 900, 54);
	}
	arrives(2);
	left_in(50, 2);
	end(2);
}

static void pieces_long_and_short(void)
{
	start(true, true, 1);
	put(0, 30, 1400, 77, 54);       /* body where it is; the last one copied */
	put(0, 30, 300, 300, 54);       /* copied */
	put(0, 30, 1400, 1400, 0);
	put(0, 30, 512, 512, 66);
	put(0, 30, 513, 513, 66);
	arrives(1);
	struct burst_header none = { 0 };
	struct burst b = burst_of(20, 1300, 1300, 0);
	put_burst(0, &none, &b);
	end(1);
}

static void more_than_a_message_holds(void)
{
	start(true, true, 1);
	messages();
	put(0, 150, 100, 50, 0);        /* 64 datagrams */
	arrives(1);
	left_in(150, 3);
	put(0, 60, 1400, 1400, 54);     /* 65507 bytes: 45 of 1442 */
	arrives(1);
	left_in(60, 2);
	put(0, 3, 40000, 40000, 54);
	put(0, 1, 65507 - 42, 65507 - 42, 0);
	arrives(1);
	left_in(4, 4);
	struct burst b = burst_of(2, 65508 - 42, 65508 - 42, 0);
	struct burst_header h = header_of(42);
	udp_send_burst(tx, &receivers[0].at, NULL, &h, &b);
	udp_flush(tx);
	CHECK_INT(udp_counts(tx)[UDP_TOO_BIG], 2);
	end(1);
}

static void nothing_at_all_is_a_datagram_too(void)
{
	start(true, true, 1);
	struct burst_header none = { 0 };
	struct burst b = burst_of(3, 0, 0, 0);
	put_burst(0, &none, &b);
	put_one(0, 0);
	put(0, 2, 0, 0, 0);             /* header only */
	put_one(0, 5);
	end(1);
}

static void many_share_a_burst(void)
{
	start(true, true, RECEIVERS);
	messages();
	for (int turn = 0; turn < 3; turn++) {
		struct burst_header h = header_of(60);
		struct burst b = burst_of(32, 1000, 900, 54);
		for (size_t i = 0; i < RECEIVERS; i++)
			put_burst(i, &h, &b);
		arrives(RECEIVERS);
		left_in(32 * RECEIVERS, RECEIVERS);
	}
	struct burst b = burst_of(32, 1000, 900, 54);
	for (size_t i = 0; i < RECEIVERS; i++) {        /* the same frames behind different headers */
		struct burst_header h = header_of(60);
		put_burst(i, &h, &b);
	}
	end(RECEIVERS);
}

static void single_ones_and_bursts_keep_their_order(void)
{
	start(true, true, 1);
	put_one(0, 1042);
	put(0, 4, 1000, 1000, 54);
	put_one(0, 1042);
	put_one(0, 30);
	put(0, 4, 1000, 30, 0);
	put_one(0, 31);
	end(1);
}

/* A datagram with a TTL of its own flushes: after that the memory may be used again. */
static void the_same_memory_after_a_flush(void)
{
	struct burst_header h = header_of(42);
	uint8_t mem[BUF_SIZE];
	struct buf ttl = buf_of(mem, sizeof(mem));
	start(true, true, 1);
	struct burst b = burst_of(4, 1000, 1000, 54);
	put_burst(0, &h, &b);
	memset(ttl.data, 5, 9);
	ttl.len = 9;
	memset(expect(&receivers[0], 9), 5, 9);
	udp_send_ttl(tx, &receivers[0].at, 7, &ttl);
	for (size_t i = 0; i < b.n; i++)
		frames[i].head[53] ^= 0xff;
	put_burst(0, &h, &b);
	end(1);
}

static void a_source_that_is_gone(void)
{
	struct addr gone = { .family = ADDR_V4, .ip = { 203, 0, 113, 7 } };
	struct burst_header none = { 0 };
	start(true, true, 1);
	for (int i = 0; i < 2; i++) {
		struct receiver *r = &receivers[0];
		struct burst b = burst_of(20, 1000, 1000, 0);
		for (size_t k = 0; k < b.n; k++)
			memcpy(expect(r, 1000), frames[k].head, 1000);
		udp_send_burst(tx, &r->at, &gone, &none, &b);
		arrives(1);
	}
	CHECK_INT(udp_counts(tx)[UDP_SOURCE_GONE] > 0, 1);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 0);
	put(0, 20, 1000, 1000, 0);
	messages();
	arrives(1);
	left_in(20, 1);
	end(1);
}

/* Longer than the device takes: UDP_SEGMENT is refused, IP fragments. */
static void a_small_device(void)
{
	struct netlink *nl = netlink_open();
	unsigned lo = if_nametoindex("lo");
	CHECK(nl);
	if (!nl)
		return;
	start(true, true, 1);
	bool segment = udp_features(tx).segment;
	CHECK(!link_set_mtu(nl, lo, 1300));
	messages();
	for (int i = 0; i < 3; i++) {
		put(0, 20, 1400, 1000, 54);
		arrives(1);
		CHECK_INT(messages(), 20);
	}
	put(0, 20, 1000, 1000, 54);
	arrives(1);
	left_in(20, 1);
	CHECK_INT(udp_counts(tx)[UDP_SEGMENT_GIVEN_UP], 0);
	CHECK_INT(udp_features(tx).segment, segment);
	CHECK(!link_set_mtu(nl, lo, 65536));
	long long sent = 2;
	for (int i = 0; i < 2000 && segment && sent != 1; i++) {        /* tried again before long */
		messages();
		put(0, 2, 1400, 1400, 54);
		arrives(1);
		sent = messages();
	}
	CHECK(!segment || sent == 1);
	end(1);
	netlink_close(nl);
}

static size_t below(size_t n) { return (size_t)(test_random() % n); }

static size_t random_len(void)
{
	static const size_t usual[] = { 0, 1, 64, 470, 471, 512, 513, 1200, 1400 };
	return below(3) ? usual[below(sizeof(usual) / sizeof(usual[0]))] : below(3000);
}

static void random_put(size_t n)
{
	size_t to = below(n);
	if (!below(3)) {
		put_one(to, random_len());
		return;
	}
	size_t each = random_len(), last = below(2) ? each : below(each + 1);
	struct burst_header h = header_of(below(3) ? 42 : below(BURST_HEADER_MAX + 1));
	struct burst b = burst_of(1 + (below(4) ? below(8) : below(90)), each, last, below(2) ? 0 : 1 + below(100));
	size_t others = below(4) ? 0 : below(n);
	for (size_t i = 0; i <= others; i++)
		put_burst((to + i) % n, &h, &b);
}

static void random_turns(bool offload_out, bool offload_in)
{
	enum { N = 4 };
	start(offload_out, offload_in, N);
	for (int turn = 0; turn < 150; turn++) {
		for (size_t puts = 1 + below(30); puts && used < 300000 && copied < 500000; puts--)
			random_put(N);
		if (!below(4)) {                /* messages and pieces of their own for each */
			for (size_t i = 0; i < 600 && copied < 500000; i++)
				put_one(below(N), 1 + below(40));
		}
		arrives(N);
	}
	const uint64_t *counts = udp_counts(tx);
	CHECK_INT(counts[UDP_TOO_BIG] + counts[UDP_NO_BUFFER] + counts[UDP_OTHER] + counts[UDP_SEGMENT_GIVEN_UP], 0);
	CHECK(counts[UDP_MESSAGES_OUT] <= counts[UDP_DATAGRAMS_OUT]);
	end(N);
}

static void random_bursts(void) { random_turns(true, true); }
static void random_bursts_plainly_received(void) { random_turns(true, false); }
static void random_bursts_plainly_sent(void) { random_turns(false, true); }

int main(void)
{
	if (!netns_enter()) {
		SKIP(udp_burst, "needs a network namespace");
		return test_done();
	}
	RUN(one_length_is_one_message);
	RUN(the_last_may_be_shorter);
	RUN(other_lengths_are_other_messages);
	RUN(destinations_do_not_part_each_other);
	RUN(pieces_long_and_short);
	RUN(more_than_a_message_holds);
	RUN(nothing_at_all_is_a_datagram_too);
	RUN(many_share_a_burst);
	RUN(single_ones_and_bursts_keep_their_order);
	RUN(the_same_memory_after_a_flush);
	RUN(a_source_that_is_gone);
	RUN(a_small_device);
	RUN(random_bursts);
	RUN(random_bursts_plainly_received);
	RUN(random_bursts_plainly_sent);
	return test_done();
}
