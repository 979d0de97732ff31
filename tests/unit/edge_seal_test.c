/* A transform that does all that sessions need, through the engine both ways: frames get a counter in front and a tag
 * behind; what is for an edge without a session waits until a handshake is over; groups are sealed once; what does not
 * open is refused with a reason; control messages are no frames.
 */
#include "core/burst.h"
#include "edge_fake.h"

enum { TOY = 3, FRONT = 8, TAG = 8, OVERHEAD = FRONT + TAG, N = 5, HEAD = 42, BODY = 30, LEN = HEAD + BODY, HEADER = 38 };
enum { KIND_FRAME = 1, KIND_HELLO, KIND_WELCOME, KIND_GROUP };
enum { NOT_GENUINE, OLD_COUNTER, NO_SESSION, REFUSALS };
static const char *const refusals[] = { "not_genuine", "old_counter", "no_session", NULL };

struct toy {
	uint64_t counter, seen;
	bool session;                   /* with b */
	bool hello, welcome;            /* to be said */
	bool deaf;                      /* holds what comes in too, until told otherwise */
	size_t seals, opens, most;      /* calls; payloads in one at most */
	size_t held_n, held_in_n;
	uint8_t held[8][LEN], held_in[8][LEN], said[8][LEN + OVERHEAD];
	struct burst_frame frame[8];
};
static struct toy toy;

static uint8_t sum_of(const uint8_t *at, size_t len)
{
	uint8_t sum = 0;
	while (len--)
		sum = (uint8_t)(sum + *at++);
	return sum;
}

/* [kind, 3 zeros, counter (4)] frame ^ 0x5a [sum, 7 zeros] */
static void toy_put(uint8_t *out, uint8_t kind, const struct burst_frame *f)
{
	size_t len = burst_frame_len(f);
	memset(out, 0, FRONT);
	out[0] = kind;
	put_be32(out + 4, (uint32_t)++toy.counter);
	memcpy(out + FRONT, f->head, f->head_len);
	if (f->body_len)
		memcpy(out + FRONT + f->head_len, f->body, f->body_len);
	for (size_t i = 0; i < len; i++)
		out[FRONT + i] ^= 0x5a;
	memset(out + FRONT + len, 0, TAG);
	out[FRONT + len] = sum_of(out, FRONT + len);
}

static enum sealing toy_seal(void *ctx, uint64_t now, struct seal *s)
{
	const struct burst *b = s->frames;
	(void)ctx, (void)now;
	toy.seals++;
	if (s->dst[5] == 0xee)
		return SEAL_REFUSED + NO_SESSION;
	if (!mac_is_group(s->dst) && !toy.session) {
		for (size_t i = 0; i < b->n; i++) {
			memcpy(toy.held[toy.held_n], b->frame[i].head, b->frame[i].head_len);
			memcpy(toy.held[toy.held_n++] + b->frame[i].head_len, b->frame[i].body, b->frame[i].body_len);
		}
		toy.hello = true;
		return SEAL_HELD;
	}
	uint8_t *at = s->room;
	for (size_t i = 0; i < b->n; i++) {
		size_t len = burst_frame_len(&b->frame[i]) + OVERHEAD;
		toy_put(at, mac_is_group(s->dst) ? KIND_GROUP : KIND_FRAME, &b->frame[i]);
		s->frame[s->out.n++] = (struct burst_frame){ .head = at, .head_len = len };
		s->out.bytes += len;
		at += len;
	}
	return SEALED;
}

static uint8_t toy_open_one(struct burst_frame *f)
{
	uint8_t kind = f->head_len ? f->head[0] : 0;
	if (kind == KIND_HELLO || kind == KIND_WELCOME) {
		toy.welcome |= kind == KIND_HELLO;
		toy.session = true;
		return OPEN_CONTROL;
	}
	if (f->head_len < OVERHEAD || f->head[f->head_len - TAG] != sum_of(f->head, f->head_len - TAG))
		return OPEN_REFUSED + NOT_GENUINE;
	if (get_be32(f->head + 4) <= toy.seen)
		return OPEN_REFUSED + OLD_COUNTER;
	toy.seen = get_be32(f->head + 4);
	f->head += FRONT;
	f->head_len -= OVERHEAD;
	for (size_t i = 0; i < f->head_len; i++)
		f->head[i] ^= 0x5a;
	if (!toy.deaf)
		return OPEN_FRAME;
	memcpy(toy.held_in[toy.held_in_n++], f->head, f->head_len);
	return OPEN_HELD;
}

/* All are b's, whatever MAC the header names. */
static void toy_open(void *ctx, uint64_t now, struct opening *o)
{
	(void)ctx, (void)now;
	toy.opens++;
	toy.most = o->n > toy.most ? o->n : toy.most;
	memcpy(o->edge, mac_b, MAC_LEN);
	for (size_t i = 0; i < o->n; i++)
		o->result[i] = toy_open_one(&o->payload[i]);
}

static void say_one(struct transform_say *out, uint8_t kind)
{
	memset(toy.said[0], 0, 16);
	toy.said[0][0] = kind;
	toy.frame[0] = (struct burst_frame){ .head = toy.said[0], .head_len = 16 };
	out->burst = (struct burst){ toy.frame, 1, 16 };
}

static bool toy_next(void *ctx, uint64_t now, struct transform_say *out)
{
	(void)ctx, (void)now;
	memset(out, 0, sizeof(*out));
	memcpy(out->edge, mac_b, MAC_LEN);
	if (toy.hello || toy.welcome) {
		out->how = toy.hello ? SAY_BY_RELAY : SAY_TO_ENDPOINT;
		out->to = endpoint_udp(&addr_b);
		say_one(out, toy.hello ? KIND_HELLO : KIND_WELCOME);
		*(toy.hello ? &toy.hello : &toy.welcome) = false;
		return true;
	}
	size_t n = toy.held_in_n && !toy.deaf ? toy.held_in_n : toy.session ? toy.held_n : 0;
	if (!n)
		return false;
	bool in = n == toy.held_in_n && !toy.deaf;
	out->how = in ? SAY_TO_TAP : SAY_BY_PATH;
	out->frames = true;
	for (size_t i = 0; i < n; i++) {
		toy.frame[i] = (struct burst_frame){ .head = in ? toy.held_in[i] : toy.held[i], .head_len = LEN };
		if (in)
			continue;
		toy_put(toy.said[i], KIND_FRAME, &toy.frame[i]);
		toy.frame[i] = (struct burst_frame){ .head = toy.said[i], .head_len = LEN + OVERHEAD };
	}
	out->burst = (struct burst){ toy.frame, n, n * burst_frame_len(&toy.frame[0]) };
	*(in ? &toy.held_in_n : &toy.held_n) = 0;
	return true;
}

static uint64_t ticked;
static uint64_t toy_tick(void *ctx, uint64_t now)
{
	(void)ctx;
	ticked = now;
	return now + 7;
}

static const struct transform toy_transform = {
	.id = TOY, .name = "toy", .overhead = OVERHEAD, .overhead_max = OVERHEAD, .refusals = refusals,
	.seal = toy_seal, .open = toy_open, .next = toy_next, .tick = toy_tick, .ctx = &toy,
};

static size_t room_asked;
static uint8_t *room(void *ctx, size_t len)
{
	static uint8_t mem[64 * 2048];
	(void)ctx;
	room_asked = len;
	return len <= sizeof(mem) ? mem : NULL;
}
static uint8_t *no_room(void *ctx, size_t len)
{
	(void)ctx, (void)len;
	return NULL;
}

static void direct_peer(struct fake *f, const uint8_t mac[MAC_LEN], const struct addr *at)
{
	fake_register(f, &f->sn[0].addr, mac, mac_a, COOKIE_REGULAR, at);
	fake_register_ack(f, at, mac, COOKIE_REGULAR);
	CHECK(is_direct(f, mac));
}

static struct fake *sealing(void)
{
	struct fake *f = fake_new();
	f->config.transform = &toy_transform;
	f->host.room = room;
	memset(&toy, 0, sizeof(toy));
	fake_registered(f);
	direct_peer(f, mac_b, &addr_b);
	memset(&toy, 0, sizeof(toy));
	f->sent_n = f->answered_n = f->frames_n = 0;
	return f;
}

static uint8_t head[N][HEAD], body[N][BODY];
static void frames_to(const uint8_t dst[MAC_LEN], struct burst_frame frame[N])
{
	for (uint8_t i = 0; i < N; i++) {
		uint8_t whole[FRAME60];
		make_frame(whole, dst, mac_a, ip_a, ip_b);
		put_be16(whole + 16, LEN - 14);
		memcpy(head[i], whole, HEAD);
		memset(body[i], i + 1, BODY);
		frame[i] = (struct burst_frame){ .head = head[i], .head_len = HEAD, .body = body[i], .body_len = BODY };
	}
}

static bool is_sealed(const struct sent *s, uint8_t kind, size_t i)
{
	uint8_t data[LEN + OVERHEAD];
	struct burst_frame f = { .head = data, .head_len = LEN + OVERHEAD };
	uint64_t seen = toy.seen;
	if (s->len != HEADER + LEN + OVERHEAD || s->data[HEADER] != kind)
		return false;
	memcpy(data, s->data + HEADER, sizeof(data));
	toy.seen = 0;
	bool good = toy_open_one(&f) == OPEN_FRAME && !memcmp(f.head, head[i], HEAD) && !memcmp(f.head + HEAD, body[i], BODY);
	toy.seen = seen;
	return good;
}

static const struct edge_counts *counts(const struct fake *f) { return &edge_info(f->e)->counts; }

static void a_burst_is_sealed_in_one_call(void)
{
	struct burst_frame frame[N];
	struct fake *f = sealing();
	toy.session = true;
	frames_to(mac_b, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	CHECK_INT(toy.seals, 1);
	CHECK_INT(room_asked, N * (LEN + OVERHEAD));
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), N);
	for (size_t at = 0, i = 0; at < f->sent_n && i < N; at++)
		if (sent_type(&f->sent[at]) == WIRE_PACKET) {
			CHECK_INT(sent_message(&f->sent[at]).packet.transform, TOY);
			CHECK(is_sealed(&f->sent[at], KIND_FRAME, i++));
		}
	CHECK_INT(counts(f)->frames_out, N);
	CHECK_INT(counts(f)->bytes_out, N * LEN);
	fake_end(f);
}

static void frames_wait_for_a_session(void)
{
	struct burst_frame frame[N];
	struct fake *f = sealing();
	uint64_t out = counts(f)->frames_out;
	frames_to(mac_b, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	memset(body, 0xff, sizeof(body));               /* copied when they were held */
	CHECK_INT(counts(f)->held_out, N);
	CHECK_INT(counts(f)->frames_out, out);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);    /* the handshake, by the relay */
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &f->sn[0].addr));
	CHECK_INT(sent_last(f, WIRE_PACKET)->data[HEADER], KIND_HELLO);
	fake_end(f);
}

/* n payloads, sealed as b would, as one train. */
static void give(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN], uint8_t kind, size_t n, int spoilt)
{
	static uint8_t train[N * (HEADER + LEN + OVERHEAD)];
	size_t each = HEADER + (kind == KIND_FRAME ? LEN + OVERHEAD : 16);
	for (size_t i = 0; i < n; i++) {
		uint8_t mem[BUF_SIZE];
		struct buf b = buf_of(mem, sizeof(mem));
		struct wire_message m = fake_head(f, WIRE_PACKET, 0);
		b.len = each - HEADER;
		memset(b.data, 0, b.len);
		b.data[0] = kind;
		if (kind == KIND_FRAME) {
			uint8_t whole[LEN];
			memcpy(whole, head[i], HEAD);
			memcpy(whole + HEAD, body[i], BODY);
			toy_put(b.data, kind, &(struct burst_frame){ .head = whole, .head_len = LEN });
			b.data[FRONT + LEN] = (uint8_t)(b.data[FRONT + LEN] + ((int)i == spoilt));
		}
		memcpy(m.packet.src, src, MAC_LEN);
		memcpy(m.packet.dst, mac_a, MAC_LEN);
		m.packet.compression = COMPRESSION_NONE;
		m.packet.transform = TOY;
		CHECK(wire_push_packet(&b, &m));
		memcpy(train + i * each, b.data, each);
	}
	edge_train_from_net(f->e, f->now, &(struct endpoint){ .addr = *from }, &(struct train){ train, n * each, each });
}

static void frames_from_b(void)
{
	struct burst_frame frame[N];
	frames_to(mac_a, frame);
	for (uint8_t i = 0; i < N; i++) {
		memcpy(head[i] + MAC_LEN, mac_b, MAC_LEN);
		memcpy(head[i] + 26, (const uint8_t[]){ 10, 9, 8, 2, 10, 9, 8, 1 }, 8);
	}
}

static void held_frames_go_when_the_session_is_there(void)
{
	struct burst_frame frame[N];
	struct fake *f = sealing();
	uint64_t direct = counts(f)->direct_out;
	frames_to(mac_b, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	f->sent_n = f->answered_n = f->frames_n = 0;
	give(f, &addr_b, mac_b, KIND_WELCOME, 1, -1);
	CHECK_INT(f->frames_n, 0);                      /* a control message is no frame */
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), N);
	for (size_t i = 0; i < N; i++) {
		CHECK(addr_equal(&f->sent[i].to, &addr_b));
		CHECK(is_sealed(&f->sent[i], KIND_FRAME, i));
	}
	CHECK_INT(counts(f)->direct_out, direct + N);
	CHECK_INT(counts(f)->drops[EDGE_DROP_NOT_OPENED], 0);
	fake_end(f);
}

static void an_answer_goes_where_the_question_came_from(void)
{
	struct fake *f = sealing();
	give(f, &addr_b, mac_b, KIND_HELLO, 1, -1);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &addr_b));
	CHECK_INT(sent_last(f, WIRE_PACKET)->data[HEADER], KIND_WELCOME);
	CHECK(mac_equal(sent_message(sent_last(f, WIRE_PACKET)).packet.dst, mac_b));
	fake_end(f);
}

static void a_train_is_opened_in_one_call(void)
{
	struct fake *f = sealing();
	frames_from_b();
	give(f, &addr_b, mac_b, KIND_FRAME, N, 2);
	CHECK_INT(toy.opens, 1);
	CHECK_INT(toy.most, N);
	CHECK_INT(f->frames_n, N - 1);
	for (size_t i = 0; i < f->frames_n; i++) {
		size_t at = i < 2 ? i : i + 1;
		CHECK_INT(f->frame[i].len, LEN);
		CHECK(!memcmp(f->frame[i].data, head[at], HEAD) && !memcmp(f->frame[i].data + HEAD, body[at], BODY));
	}
	CHECK_INT(counts(f)->drops[EDGE_DROP_NOT_OPENED], 1);
	CHECK_INT(edge_info(f->e)->refused[NOT_GENUINE], 1);
	toy.counter = 0;                                /* all again */
	give(f, &addr_b, mac_b, KIND_FRAME, N, -1);
	CHECK_INT(f->frames_n, N - 1);
	CHECK_INT(edge_info(f->e)->refused[OLD_COUNTER], N);
	CHECK_INT(counts(f)->drops[EDGE_DROP_NOT_OPENED], N + 1);
	fake_end(f);
}

/* What does not open is no sign of life of anybody, and frames are the session's, not the header's. */
static void who_sent_it_says_the_session(void)
{
	struct edge_peer_info p;
	struct fake *f = sealing();
	CHECK(peer_info(f, mac_b, &p));
	uint64_t seen = p.last_seen, in = p.frames_in;
	f->now += 1500;
	frames_from_b();
	give(f, &addr_b, mac_b, KIND_FRAME, 1, 0);
	CHECK(peer_info(f, mac_b, &p) && p.last_seen == seen);
	give(f, &addr_c, mac_c, KIND_FRAME, 1, 0);
	CHECK(!peer_info(f, mac_c, &p));
	give(f, &addr_b, mac_c, KIND_FRAME, 2, -1);
	CHECK(!peer_info(f, mac_c, &p));
	CHECK(peer_info(f, mac_b, &p) && p.last_seen == f->now);
	CHECK_INT(p.frames_in, in + 2);
	fake_end(f);
}

static void payloads_are_held_and_released(void)
{
	struct fake *f = sealing();
	uint64_t in = counts(f)->frames_in;
	frames_from_b();
	toy.deaf = true;
	give(f, &addr_b, mac_b, KIND_FRAME, N, -1);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(counts(f)->held_in, N);
	toy.deaf = false;
	uint64_t due = edge_tick(f->e, f->now);
	CHECK_INT(ticked, f->now);
	CHECK(due <= f->now + 7);
	CHECK_INT(f->frames_n, N);
	CHECK_INT(counts(f)->frames_in, in + N);
	fake_end(f);
}

/* The supernode is gone: each peer gets a copy. */
static void a_group_is_sealed_once(void)
{
	struct burst_frame frame[N];
	struct fake *f = sealing();
	direct_peer(f, mac_c, &addr_c);
	f->sn[0].up = false;
	edge_network_changed(f->e, f->now);
	fake_run(f, 3000);
	f->sent_n = f->answered_n = toy.seals = 0;
	frames_to(mac_all, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	CHECK_INT(toy.seals, 1);
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, addr_b), N);
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, addr_c), N);
	for (size_t i = 0; i < N; i++)
		CHECK(is_sealed(&f->sent[i], KIND_GROUP, i));
	for (size_t i = 0; i < f->sent_n; i++)
		CHECK_INT(get_be32(f->sent[i].data + HEADER + 4), f->sent[i % N].data[HEADER + 7] + (f->sent[i % N].data[HEADER + 6] << 8));
	fake_end(f);
}

static void refusals_are_counted(void)
{
	static const uint8_t mac_e[MAC_LEN] = { 2, 0, 0, 0, 0, 0xee };
	struct burst_frame frame[N];
	struct fake *f = sealing();
	uint64_t out = counts(f)->frames_out;
	frames_to(mac_e, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	CHECK_INT(counts(f)->drops[EDGE_DROP_NOT_SEALED], N);
	CHECK_INT(edge_info(f->e)->refused[NO_SESSION], N);
	CHECK_INT(counts(f)->frames_out, out);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 0);
	fake_end(f);
}

static void without_room_nothing_goes(void)
{
	struct burst_frame frame[N];
	struct fake *f = fake_new();
	f->config.transform = &toy_transform;
	f->host.room = no_room;
	memset(&toy, 0, sizeof(toy));
	fake_registered(f);
	uint64_t dropped_before = dropped(f, EDGE_DROP_NO_ROOM);
	toy.seals = 0;
	frames_to(mac_b, frame);
	edge_frames_from_tap(f->e, f->now, frame, N);
	CHECK_INT(toy.seals, 0);
	CHECK_INT(dropped(f, EDGE_DROP_NO_ROOM) - dropped_before, N);
	fake_end(f);
}

int main(void)
{
	RUN(a_burst_is_sealed_in_one_call);
	RUN(frames_wait_for_a_session);
	RUN(held_frames_go_when_the_session_is_there);
	RUN(an_answer_goes_where_the_question_came_from);
	RUN(a_train_is_opened_in_one_call);
	RUN(who_sent_it_says_the_session);
	RUN(payloads_are_held_and_released);
	RUN(a_group_is_sealed_once);
	RUN(refusals_are_counted);
	RUN(without_room_nothing_goes);
	return test_done();
}
