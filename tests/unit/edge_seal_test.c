/* A transform that changes bytes: bursts are sealed frame by frame in copies, and opened one by one. */
#include "core/burst.h"
#include "edge_fake.h"

enum { TOY = 3, N = 5, HEAD = 42, BODY = 30, LEN = HEAD + BODY, HEADER = 38 };

/* All bytes changed, and one more at the end that is their sum. */
static uint8_t turn(struct buf *b)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < b->len; i++)
		sum = (uint8_t)(sum + (b->data[i] ^= 0x5a));
	return sum;
}
static bool toy_seal(void *ctx, struct buf *b)
{
	++*(size_t *)ctx;
	if (!buf_tailroom(b))
		return false;
	uint8_t sum = turn(b);
	b->data[b->len++] = sum;
	return true;
}
static bool toy_open(void *ctx, struct buf *b)
{
	++*(size_t *)ctx;
	if (!b->len--)
		return false;
	uint8_t want = b->data[b->len], sum = 0;
	for (size_t i = 0; i < b->len; i++)
		sum = (uint8_t)(sum + b->data[i]);
	turn(b);
	return sum == want;
}

static size_t calls, bursts;
static const struct transform toy = { TOY, "toy", 1, toy_seal, toy_open, &calls };

static void burst_sent(void *ctx, const struct endpoint *to, const struct addr *local, const struct burst_header *header,
                       const struct burst *burst)
{
	(void)ctx, (void)to, (void)local, (void)header, (void)burst;
	bursts++;
}

static struct fake *sealing(void)
{
	struct fake *f = fake_new();
	f->config.transform = &toy;
	f->host.send_burst = burst_sent;
	fake_registered(f);
	f->sent_n = f->answered_n = f->frames_n = 0;
	calls = bursts = 0;
	return f;
}

static void frames_of(uint8_t head[N][HEAD], uint8_t body[N][BODY], struct burst_frame frame[N])
{
	for (uint8_t i = 0; i < N; i++) {
		uint8_t whole[FRAME60];
		make_frame(whole, mac_b, mac_a, ip_a, ip_b);
		put_be16(whole + 16, LEN - 14);
		memcpy(head[i], whole, HEAD);
		memset(body[i], i + 1, BODY);
		frame[i] = (struct burst_frame){ .head = head[i], .head_len = HEAD, .body = body[i], .body_len = BODY };
	}
}

static void a_burst_is_sealed_in_copies(void)
{
	uint8_t head[N][HEAD], body[N][BODY], head_before[N][HEAD], body_before[N][BODY];
	struct burst_frame frame[N];
	struct fake *f = sealing();
	frames_of(head, body, frame);
	memcpy(head_before, head, sizeof(head));
	memcpy(body_before, body, sizeof(body));
	edge_frames_from_tap(f->e, f->now, frame, N);
	CHECK_INT(calls, N);
	CHECK_INT(bursts, 0);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), N);
	CHECK(!memcmp(head, head_before, sizeof(head)) && !memcmp(body, body_before, sizeof(body)));
	for (size_t at = 0, i = 0; at < f->sent_n; at++) {
		struct sent *s = &f->sent[at];
		if (sent_type(s) != WIRE_PACKET)
			continue;
		CHECK_INT(sent_message(s).packet.transform, TOY);
		CHECK_INT(s->len, HEADER + LEN + 1);
		struct buf b = { s->data + HEADER, LEN + 1, s->data, s->data + sizeof(s->data) };
		CHECK(toy_open(&calls, &b) && b.len == LEN);
		CHECK(!memcmp(b.data, head[i], HEAD) && !memcmp(b.data + HEAD, body[i], BODY));
		i++;
	}
	CHECK_INT(edge_info(f->e)->counts.frames_out, N);
	fake_end(f);
}

static void a_train_is_opened_one_by_one(void)
{
	static uint8_t train[N * (HEADER + LEN + 1)];
	uint8_t head[N][HEAD], body[N][BODY];
	struct burst_frame frame[N];
	struct fake *f = sealing();
	uint64_t dropped = edge_info(f->e)->counts.drops[EDGE_DROP_TRANSFORM];
	frames_of(head, body, frame);
	for (size_t i = 0; i < N; i++) {
		uint8_t mem[BUF_SIZE];
		struct buf b = buf_of(mem, sizeof(mem));
		struct wire_message m = fake_head(f, WIRE_PACKET, 0);
		memcpy(head[i], mac_a, MAC_LEN);
		memcpy(head[i] + MAC_LEN, mac_b, MAC_LEN);
		memcpy(head[i] + 26, (const uint8_t[]){ 10, 9, 8, 2, 10, 9, 8, 1 }, 8);
		memcpy(b.data, head[i], HEAD);
		memcpy(b.data + HEAD, body[i], BODY);
		b.len = LEN;
		CHECK(toy_seal(&calls, &b));
		b.data[LEN] = (uint8_t)(b.data[LEN] + (i == 2));        /* not genuine */
		memcpy(m.packet.src, mac_b, MAC_LEN);
		memcpy(m.packet.dst, mac_a, MAC_LEN);
		m.packet.compression = COMPRESSION_NONE;
		m.packet.transform = TOY;
		CHECK(wire_push_packet(&b, &m));
		memcpy(train + i * (HEADER + LEN + 1), b.data, HEADER + LEN + 1);
	}
	fake_register(f, &f->sn[0].addr, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);
	calls = 0;
	struct endpoint from = endpoint_udp(&addr_b);
	edge_train_from_net(f->e, f->now, &from, &(struct train){ train, sizeof(train), HEADER + LEN + 1 });
	CHECK_INT(calls, N);
	CHECK_INT(f->frames_n, N - 1);
	CHECK_INT(edge_info(f->e)->counts.drops[EDGE_DROP_TRANSFORM] - dropped, 1);
	for (size_t i = 0; i < f->frames_n; i++) {
		size_t at = i < 2 ? i : i + 1;
		CHECK_INT(f->frame[i].len, LEN);
		CHECK(!memcmp(f->frame[i].data, head[at], HEAD) && !memcmp(f->frame[i].data + HEAD, body[at], BODY));
	}
	fake_end(f);
}

int main(void)
{
	RUN(a_burst_is_sealed_in_copies);
	RUN(a_train_is_opened_one_by_one);
	return test_done();
}
