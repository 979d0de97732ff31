/* GROUP and CALL: golden vectors both ways, epochs, windows, who is told what, what waits and what is asked for. */
#include "hex.h"
#include "secure_group_fake.h"

enum { VECTOR_BYTES = 2048 };
struct bytes { uint8_t data[VECTOR_BYTES]; size_t len; };

/* What the lines of a file of vectors have said so far. */
struct said {
	char title[80];
	struct bytes chain, run, ak, plain, call_key;
	uint16_t epoch;
	int vectors;
};

static struct bytes bytes_of(const char *text)
{
	struct bytes b = { .len = 0 };
	unsigned byte;
	for (; b.len < VECTOR_BYTES && sscanf(text, "%2x", &byte) == 1; text += 2)
		b.data[b.len++] = (uint8_t)byte;
	return b;
}

static void check_seals(const struct said *said, const char *name, const char *text)
{
	struct sender_seals seals;
	uint8_t next[SENDER_CHAIN];
	sender_seals_of(&seals, said->chain.data);
	sender_chain_next(next, said->chain.data);
	CHECK_HEX(!strcmp(name, "next") ? next : seals.key[name[5] - '0'], text);
}

static struct source *source_of(const struct said *said)
{
	static struct source s;
	struct sender_key told = { .epoch = said->epoch };
	memcpy(told.run, said->run.data, SENDER_RUN);
	memcpy(told.chain, said->chain.data, SENDER_CHAIN);
	memset(&s, 0, sizeof(s));
	CHECK(source_told(&s, 1000, 1, &told));
	return &s;
}

static struct sender *sender_of(const struct said *said)
{
	static struct sender s;
	memset(&s, 0, sizeof(s));
	sender_draw(&s, 1000, said->run.data, said->chain.data, BOTH_SUITES);
	s.key.epoch = said->epoch;
	return &s;
}

/* The frame in one piece or two. */
static void check_sealed(struct sender *s, const struct said *said, const struct bytes *payload, size_t head, bool call)
{
	static struct seal seal;
	static uint8_t room[VECTOR_BYTES];
	struct bytes plain = said->plain;
	struct burst_frame frame = { plain.data, plain.data + head, head, plain.len - head };
	const struct burst burst = { &frame, 1, plain.len };
	seal.frames = &burst;
	seal.room = room;
	if (call)
		sender_seal_call(s, &seal);
	else
		sender_seal(s, 1000, &seal);
	CHECK(seal.out.n == 1 && seal.out.bytes == payload->len && seal.frame[0].head == room);
	CHECK_BYTES(room, payload->data, payload->len);
}

static void check_group(const struct said *said, struct bytes payload)
{
	struct group_header header;
	CHECK(group_header_get(&header, payload.data, payload.len));
	CHECK_INT(header.epoch, said->epoch);
	if (!aead_available(header.suite))
		return;
	for (size_t head = 14; head <= said->plain.len; head += said->plain.len - 14) {
		struct sender *s = sender_of(said);
		s->next = header.counter;
		s->given = header.suite;
		check_sealed(s, said, &payload, head, false);
		CHECK(s->next == header.counter + 1);
	}
	struct source *s = source_of(said);
	struct burst_frame frame = { .head = payload.data, .head_len = payload.len };
	uint8_t result;
	CHECK(source_has(s, 1000, &header));
	source_open(s, 1000, &header, &frame, 1, &result);
	CHECK_INT(result, OPEN_FRAME);
	CHECK_INT(frame.head_len, said->plain.len);
	CHECK_BYTES(frame.head, said->plain.data, said->plain.len);
}

static void check_call(const struct said *said, struct bytes payload)
{
	struct call_header header;
	struct sender *s = sender_of(said);
	struct burst_frame frame = { .head = payload.data, .head_len = payload.len };
	uint8_t key[AEAD_KEY];
	CHECK(call_header_get(&header, payload.data, payload.len));
	CHECK(call_carries(said->plain.data, said->plain.len));
	sender_set_call_key(s, said->ak.data, MAC_A);
	s->calls = header.counter;
	check_sealed(s, said, &payload, said->plain.len, true);
	call_key_of(key, said->ak.data, header.run, MAC_A);
	CHECK_BYTES(key, said->call_key.data, AEAD_KEY);
	CHECK(call_open(&frame, key, header.counter));
	CHECK_INT(frame.head_len, said->plain.len);
	CHECK_BYTES(frame.head, said->plain.data, said->plain.len);
}

static void hear(struct said *said, const char *name, const char *value)
{
	struct bytes bytes = bytes_of(value);
	if (!strncmp(name, "seal_", 5) || !strcmp(name, "next"))
		check_seals(said, name, value);
	else if (!strcmp(name, "chain"))
		said->chain = bytes;
	else if (!strcmp(name, "run"))
		said->run = bytes;
	else if (!strcmp(name, "ak"))
		said->ak = bytes;
	else if (!strcmp(name, "call_key"))
		said->call_key = bytes;
	else if (!strcmp(name, "plain"))
		said->plain = bytes;
	if (strcmp(name, "payload"))
		return;
	said->vectors++;
	if (bytes.data[0] == GROUP_KIND)
		check_group(said, bytes);
	else
		check_call(said, bytes);
}

static void golden_vectors_both_ways(void)
{
	static struct said said;
	static char line[2 * VECTOR_BYTES + 64], name[32], value[2 * VECTOR_BYTES + 64];
	unsigned epoch;
	FILE *f = hex_open("secure-group.txt");
	memset(&said, 0, sizeof(said));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "EPOCH %u", &epoch) == 1)
			said.epoch = (uint16_t)epoch;
		else if (*line != ' ' && sscanf(line, "%31[a-z_0-9] = %4159s", name, value) == 2)
			hear(&said, name, value);
	}
	fclose(f);
	CHECK_INT(said.vectors, 10);
}

/* Of the file of messages that open and are to be refused, those of groups. */
static uint8_t result_of(struct secure_groups *g, const struct bytes *payload)
{
	static struct opening_of_one one;
	struct message m = { .len = payload->len };
	memcpy(m.data, payload->data, payload->len);
	return fake_open(g, 1000, MAC_A, false, &m, &one);
}

static uint8_t refused_why(const char *title)
{
	return refused(!strcmp(title, "bad-group-unicast") ? SECURE_REFUSED_GROUP_UNICAST :
	               !strcmp(title, "bad-group-suite") ? SECURE_REFUSED_GROUP_SUITE : SECURE_REFUSED_CALL);
}

static struct secure_groups *edge_of(const struct said *said)
{
	struct secure_groups *g = fake_edge(MAC_B, fake_suites(), 1000);
	struct sender_key told = { .epoch = 0 };
	struct secure_keys keys = { .ak = { 0 } };
	uint8_t body[SENDER_KEY_LEN];
	memcpy(told.run, said->run.data, SENDER_RUN);
	memcpy(told.chain, said->chain.data, SENDER_CHAIN);
	memcpy(keys.ak, said->ak.data, AEAD_KEY);
	sender_key_put(body, &told);
	secure_groups_set_keys(g, &keys, 1);
	CHECK(secure_groups_told(g, 1000, MAC_A, 1, body, sizeof(body)));
	return g;
}

static void golden_refusals(void)
{
	static struct said said;
	static char line[2 * VECTOR_BYTES + 64], name[32], value[2 * VECTOR_BYTES + 64];
	FILE *f = hex_open("secure-refused.txt");
	memset(&said, 0, sizeof(said));
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "VECTOR %79[^:]", said.title);
		if (*line == ' ' || sscanf(line, "%31[a-z_0-9] = %4159s", name, value) != 2)
			continue;
		if (!strcmp(name, "payload") && (!strncmp(said.title, "bad-group", 9) || !strncmp(said.title, "bad-call", 8))) {
			struct secure_groups *g = edge_of(&said);
			struct bytes payload = bytes_of(value);
			CHECK_INT(result_of(g, &payload), refused_why(said.title));
			secure_groups_free(g);
			said.vectors++;
		} else if (strcmp(name, "payload")) {
			hear(&said, name, value);
		}
	}
	fclose(f);
	CHECK_INT(said.vectors, 6);
}

static struct opening_of_one one;

/* A sealed frame to the group, of the n-th byte. */
static struct message to_group(struct secure_groups *g, uint64_t now, uint8_t n)
{
	struct message m;
	uint8_t frame[FRAME_MAX];
	fake_seal(g, now, frame, fake_frame(frame, GROUP_MAC, 60, n), &m);
	return m;
}

static uint8_t open_at_b(struct secure_groups *b, uint64_t now, const struct message *m)
{
	return fake_open(b, now, MAC_A, true, m, &one);
}

static uint16_t epoch_of(const struct message *m) { return get_be16(m->data + 2); }

struct pair { struct secure_groups *a, *b; };

/* b was told a's sender key by session 1. */
static struct pair pair_at(uint64_t now)
{
	struct pair p = { fake_edge(MAC_A, fake_suites(), now), fake_edge(MAC_B, fake_suites(), now) };
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, now, 1, fake_suites()));
	return p;
}
static void pair_free(struct pair *p)
{
	secure_groups_free(p->a);
	secure_groups_free(p->b);
}

static void a_burst_is_sealed_and_opened_at_once(void)
{
	static uint8_t room[ROOM], frames[BURST_MAX][FRAME_MAX];
	static struct seal s;
	struct pair p = pair_at(1000);
	struct burst_frame in[BURST_MAX], out[BURST_MAX];
	for (size_t i = 0; i < BURST_MAX; i++)
		in[i] = (struct burst_frame){ .head = frames[i], .head_len = fake_frame(frames[i], GROUP_MAC, 1400, (uint8_t)i) };
	in[BURST_MAX - 1].head_len = 300;
	const struct burst burst = { in, BURST_MAX, 1400 * (BURST_MAX - 1) + 300 };
	s.dst = GROUP_MAC;
	s.frames = &burst;
	s.room = room;
	CHECK(secure_groups_seal(p.a, 1000, &s) == SEALED);
	CHECK_INT(s.out.n, BURST_MAX);
	CHECK_INT(s.out.bytes, burst.bytes + BURST_MAX * 32);
	memcpy(out, s.frame, sizeof(out));
	struct opening o = { .src = MAC_A, .payload = out, .n = BURST_MAX };
	struct group_opening opening = { .o = &o, .session = true, .wanted = true };
	secure_groups_open(p.b, 1000, &opening);
	for (size_t i = 0; i < BURST_MAX; i++) {
		CHECK_INT(o.result[i], OPEN_FRAME);
		CHECK(out[i].head_len == in[i].head_len && !memcmp(out[i].head, frames[i], in[i].head_len));
	}
	CHECK(!opening.ask);
	pair_free(&p);
}

static void each_message_opens_once(void)
{
	struct pair p = pair_at(1000);
	struct message m = to_group(p.a, 1000, 1), other = m;
	CHECK_INT(open_at_b(p.b, 1000, &m), OPEN_FRAME);
	CHECK_INT(one.frame.head_len, 60);
	CHECK_INT(open_at_b(p.b, 1000, &m), refused(SECURE_REFUSED_REPLAYED));
	/* Twice in one train. */
	m = other = to_group(p.a, 1000, 2);
	struct burst_frame twice[2] = { { .head = m.data, .head_len = m.len }, { .head = other.data, .head_len = other.len } };
	struct opening o = { .src = MAC_A, .payload = twice, .n = 2 };
	struct group_opening in = { .o = &o, .session = true, .wanted = true };
	secure_groups_open(p.b, 1000, &in);
	CHECK_INT(o.result[0], OPEN_FRAME);
	CHECK_INT(o.result[1], refused(SECURE_REFUSED_REPLAYED));
	pair_free(&p);
}

/* Whatever is changed, cut off or added: it does not open, and what is genuine opens afterwards. */
static void nothing_forged_opens(void)
{
	struct pair p = pair_at(1000);
	struct message m = to_group(p.a, 1000, 1);
	for (size_t bit = 8; bit < 8 * m.len; bit++) {
		struct message bad = m;
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		uint8_t result = open_at_b(p.b, 1000, &bad);
		CHECK(result >= OPEN_REFUSED || result == OPEN_HELD);
	}
	for (size_t len = 1; len < m.len; len++) {
		struct message bad = m;
		bad.len = len;
		CHECK_INT(open_at_b(p.b, 1000, &bad), refused(len < 46 ? SECURE_REFUSED_MALFORMED : SECURE_REFUSED_TAG));
	}
	CHECK_INT(open_at_b(p.b, 1000, &m), OPEN_FRAME);
	struct message from_another = to_group(p.a, 1000, 2);
	CHECK_INT(fake_open(p.b, 1000, GROUP_MAC, true, &from_another, &one), OPEN_HELD);
	pair_free(&p);
}

/* Suite 0 until it was given to somebody, then 1 as long as all offer it, then 0 for good. */
static void suite_is_what_all_can(void)
{
	struct secure_groups *g = fake_edge(MAC_A, BOTH_SUITES, 1000);
	uint8_t body[SENDER_KEY_LEN];
	struct secure_group_info info;
	const struct { uint8_t mac[MAC_LEN]; uint16_t suites; uint8_t suite; size_t receivers; } given[] = {
		{ { 2, 1 }, BOTH_SUITES, 1, 1 }, { { 2, 2 }, 0xffff, 1, 2 }, { { 2, 2 }, BOTH_SUITES, 1, 2 },
		{ { 2, 3 }, 1, 0, 3 }, { { 2, 1 }, BOTH_SUITES, 0, 3 },
	};
	secure_groups_info(g, &info);
	CHECK(info.suite == 0 && info.receivers == 0);
	for (size_t i = 0; i < 5; i++) {
		secure_groups_tell(g, 1000, given[i].mac, given[i].suites, body);
		secure_groups_info(g, &info);
		CHECK_INT(info.suite, given[i].suite);
		CHECK_INT(info.receivers, given[i].receivers);
	}
	secure_groups_forget(g, given[3].mac);
	secure_groups_info(g, &info);
	CHECK(info.suite == 0 && info.receivers == 2);
	CHECK_INT(secure_groups_drawn(g), 1);
	secure_groups_draw(g, 1000);
	CHECK_INT(secure_groups_drawn(g), 2);
	secure_groups_tell(g, 1000, given[0].mac, BOTH_SUITES, body);
	secure_groups_info(g, &info);
	CHECK(info.suite == 1 && info.receivers == 1);
	secure_groups_free(g);
}

static void a_suite_that_we_lack_is_asked_about(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	CHECK(fake_tell(a, MAC_A, b, MAC_B, 1000, 1, 1));
	struct message m = to_group(a, 1000, 1);
	m.data[1] = 1;
	CHECK_INT(open_at_b(b, 1000, &m), refused(SECURE_REFUSED_GROUP_SUITE));
	CHECK(one.in.ask);
	CHECK_INT(open_at_b(b, 1999, &m), refused(SECURE_REFUSED_GROUP_SUITE));
	CHECK(!one.in.ask);
	CHECK_INT(open_at_b(b, 2000, &m), refused(SECURE_REFUSED_GROUP_SUITE));
	CHECK(one.in.ask);
	secure_groups_free(a);
	secure_groups_free(b);
}

/* Both step when the epoch is over; over the highest epoch too, which the counters do not notice. */
static void epochs_go_round(void)
{
	uint64_t now = 1000;
	struct sender_key told = { .run = { 1 }, .chain = { 2 }, .epoch = 65534 };
	static struct sender s;
	static struct source r;
	memset(&s, 0, sizeof(s));
	memset(&r, 0, sizeof(r));
	sender_draw(&s, now, told.run, told.chain, 1);
	s.key.epoch = 65534;
	CHECK(source_told(&r, now, 1, &told));
	for (int i = 0; i < 6; i++, now += SENDER_EPOCH_MS / 2) {
		static const uint16_t epochs[] = { 65534, 65534, 65535, 65535, 0, 0 };
		uint8_t room[256], frame[64], result;
		struct seal seal;
		struct burst_frame f = { .head = frame, .head_len = fake_frame(frame, GROUP_MAC, 64, 7) };
		const struct burst burst = { &f, 1, 64 };
		struct group_header header;
		seal.frames = &burst;
		seal.room = room;
		sender_seal(&s, now, &seal);
		source_turn(&r, now);
		struct burst_frame payload = seal.frame[0];
		CHECK(group_header_get(&header, payload.head, payload.head_len));
		CHECK_INT(header.epoch, epochs[i]);
		CHECK_INT(header.counter, i);
		CHECK_INT(r.key.epoch, epochs[i]);
		CHECK(source_has(&r, now, &header));
		source_open(&r, now, &header, &payload, 1, &result);
		CHECK_INT(result, OPEN_FRAME);
	}
}

/* A receiver whose clock is behind steps by the message; what it has of the epoch before goes on for 15 s. */
static void the_next_epoch_begins_with_its_first_message(void)
{
	struct pair p = pair_at(1000);
	struct message last[4], first = { .len = 0 };
	for (uint8_t i = 0; i < 4; i++)
		last[i] = to_group(p.a, 120999, i);
	first = to_group(p.a, 121000, 9);
	CHECK(epoch_of(&last[0]) == 0 && epoch_of(&first) == 1);
	CHECK_INT(open_at_b(p.b, 120900, &last[0]), OPEN_FRAME);
	CHECK_INT(open_at_b(p.b, 120950, &first), OPEN_FRAME);
	CHECK_INT(open_at_b(p.b, 121000, &last[1]), OPEN_FRAME);
	CHECK_INT(open_at_b(p.b, 120950 + SOURCE_PAST_MS - 1, &last[2]), OPEN_FRAME);
	CHECK_INT(open_at_b(p.b, 120950 + SOURCE_PAST_MS, &last[3]), OPEN_HELD);
	CHECK(one.in.ask);
	pair_free(&p);
}

static void a_forged_next_epoch_changes_nothing(void)
{
	struct pair p = pair_at(1000);
	struct message m = to_group(p.a, 1000, 1), next = m;
	put_be16(next.data + 2, 1);
	CHECK_INT(open_at_b(p.b, 1000, &next), refused(SECURE_REFUSED_TAG));
	CHECK_INT(open_at_b(p.b, 1000, &m), OPEN_FRAME);
	pair_free(&p);
}

/* A receiver learns how old the epoch is, and steps with the sender. */
static void age_is_told(void)
{
	struct pair p = { fake_edge(MAC_A, 1, 1000), fake_edge(MAC_B, 1, 1000) };
	uint8_t body[SENDER_KEY_LEN];
	struct sender_key told;
	secure_groups_tell(p.a, 1000 + 3 * SENDER_EPOCH_MS - 1, MAC_B, 1, body);
	CHECK(sender_key_get(&told, body, sizeof(body)));
	CHECK(told.epoch == 2 && told.age == 11999);
	CHECK(secure_groups_told(p.b, 1000000, MAC_A, 1, body, sizeof(body)));
	struct message m = to_group(p.a, 1000 + 5 * SENDER_EPOCH_MS, 1);
	CHECK_INT(epoch_of(&m), 5);
	CHECK_INT(open_at_b(p.b, 1000000, &m), OPEN_HELD);
	/* It would be the next but one: not before the age of the third says so. */
	CHECK_INT(open_at_b(p.b, 1000000 + 10 + SENDER_EPOCH_MS, &m), OPEN_FRAME);
	CHECK(!secure_groups_told(p.b, 1000000, MAC_A, 2, body, sizeof(body) - 1));
	put_be16(body + SENDER_RUN + SENDER_CHAIN + 2, 12000);
	CHECK(!secure_groups_told(p.b, 1000000, MAC_A, 2, body, sizeof(body)));
	pair_free(&p);
}

/* What the sender had sealed 2 to 4 s before the key was told stays closed to a receiver that learns the run from it. */
static void least_counter_is_of_a_few_seconds_ago(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000);
	struct message m[100];
	for (uint8_t i = 0; i < 100; i++)
		m[i] = to_group(a, 1000 + i * 100u, i);
	for (uint64_t now = 10900; now < 17000; now += 500) {
		struct secure_groups *b = fake_edge(MAC_B, 1, now);
		uint8_t body[SENDER_KEY_LEN];
		struct sender_key told;
		secure_groups_tell(a, now, MAC_B, 1, body);
		CHECK(sender_key_get(&told, body, sizeof(body)));
		uint64_t before_2s = (now - 1000 - 2000) / 100 + 1, before_4s = (now - 1000 - 4000) / 100;
		CHECK(told.least >= smaller(before_4s, 100) && told.least <= smaller(before_2s, 100));
		CHECK(secure_groups_told(b, now, MAC_A, 1, body, sizeof(body)));
		for (uint8_t i = 0; i < 100; i++)
			CHECK_INT(open_at_b(b, now, &m[i]), i < told.least ? refused(SECURE_REFUSED_GROUP_OLD) : OPEN_FRAME);
		secure_groups_free(b);
	}
	secure_groups_free(a);
}

/* How many of these times are so long ago. */
static uint64_t sealed_until(const uint64_t *times, size_t n, uint64_t until)
{
	uint64_t before = 0;
	while (before < n && times[before] <= until)
		before++;
	return before;
}

/* However irregularly it is asked and sealed. */
static void least_counter_lies_2_to_4_s_back(void)
{
	enum { N = 3000 };
	static uint64_t times[N];
	struct secure_groups *a = fake_edge(MAC_A, 1, 10000);
	uint64_t now = 10000;
	size_t n = 0;
	for (int i = 0; i < N; i++) {
		uint8_t body[SENDER_KEY_LEN];
		struct sender_key told;
		now += test_random() % (test_random() % 4 ? 300 : 9000);
		if (test_random() % 3) {
			(void)to_group(a, now, 1);
			times[n++] = now;
			continue;
		}
		secure_groups_tell(a, now, MAC_B, 1, body);
		CHECK(sender_key_get(&told, body, sizeof(body)));
		CHECK(told.least >= sealed_until(times, n, now - 4000) && told.least <= sealed_until(times, n, now - 2000));
	}
	secure_groups_free(a);
}

/* Who knew the run keeps his window when he is told again. */
static void a_run_that_goes_on_keeps_its_window(void)
{
	struct pair p = pair_at(1000);
	struct message early = to_group(p.a, 1000, 1), late = to_group(p.a, 1000, 2);
	CHECK_INT(open_at_b(p.b, 1000, &late), OPEN_FRAME);
	for (int i = 0; i < 100; i++)
		(void)to_group(p.a, 10000, 3);
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, 20000, 2, 1));
	CHECK_INT(open_at_b(p.b, 20000, &late), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(open_at_b(p.b, 20000, &early), OPEN_FRAME);
	CHECK_INT(open_at_b(p.b, 20000, &early), refused(SECURE_REFUSED_REPLAYED));
	pair_free(&p);
}

static void another_run_needs_a_younger_session(void)
{
	struct pair p = pair_at(1000);
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, 1000, 5, 1));
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, 1000, 3, 1));   /* the same run by an old session */
	struct message old = to_group(p.a, 1000, 1);
	secure_groups_draw(p.a, 1000);
	struct message new = to_group(p.a, 1000, 2);
	CHECK(!fake_tell(p.a, MAC_A, p.b, MAC_B, 1000, 5, 1));
	CHECK_INT(open_at_b(p.b, 1000, &new), OPEN_HELD);
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, 1000, 6, 1));
	CHECK_INT(open_at_b(p.b, 1000, &old), OPEN_HELD);
	CHECK_INT(open_at_b(p.b, 1000, &new), OPEN_FRAME);
	pair_free(&p);
}

static void sources_are_kept_for_600_s_after_use(void)
{
	struct pair p = pair_at(1000);
	struct secure_group_info info;
	uint64_t now = 1000;
	for (int i = 0; i < 3; i++) {
		struct message m = to_group(p.a, now, 1);
		CHECK_INT(open_at_b(p.b, now, &m), OPEN_FRAME);
		now += SOURCE_KEEP_MS - 1;
		while (secure_groups_tick(p.b, now) <= now)
			;
		CHECK(secure_groups_knows(p.b, MAC_A));
	}
	now += 1;
	secure_groups_tick(p.b, now + 250);
	CHECK(!secure_groups_knows(p.b, MAC_A));
	secure_groups_info(p.b, &info);
	CHECK(info.sources == 0);
	pair_free(&p);
}

/* Chains and seals of epochs that are over are gone without any message. */
static void what_is_over_is_wiped(void)
{
	static struct sender s;
	static struct source r;
	struct sender_key told = { .run = { 1 }, .chain = { 2 } };
	memset(&s, 0, sizeof(s));
	memset(&r, 0, sizeof(r));
	sender_draw(&s, 1000, told.run, told.chain, 1);
	CHECK(source_told(&r, 1000, 1, &told));
	struct sender_seals seals = s.seals;
	CHECK(sender_turn(&s, 1000) == 1000 + SENDER_EPOCH_MS);
	CHECK(source_turn(&r, 1000) == 1000 + SENDER_EPOCH_MS);
	CHECK(sender_turn(&s, 1000 + SENDER_EPOCH_MS) == 1000 + 2 * SENDER_EPOCH_MS);
	CHECK(source_turn(&r, 1000 + SENDER_EPOCH_MS) == 1000 + SENDER_EPOCH_MS + SOURCE_PAST_MS);
	CHECK(memcmp(s.key.chain, told.chain, SENDER_CHAIN) && memcmp(&s.seals, &seals, sizeof(seals)));
	CHECK(memcmp(r.key.chain, told.chain, SENDER_CHAIN) && !memcmp(&r.past, &seals, sizeof(seals)));
	CHECK(!memcmp(r.key.chain, s.key.chain, SENDER_CHAIN));
	static const struct sender_seals none;
	CHECK(source_turn(&r, 1000 + SENDER_EPOCH_MS + SOURCE_PAST_MS) == 1000 + 2 * SENDER_EPOCH_MS);
	CHECK(!memcmp(&r.past, &none, sizeof(none)));
	source_forget_key(&r);
	CHECK(!memcmp(&r.present, &none, sizeof(none)) && !memcmp(&r.next, &none, sizeof(none)));
}

static void no_run_seals_more_than_2_to_60(void)
{
	static struct sender s;
	const uint8_t run[SENDER_RUN] = { 1 }, chain[SENDER_CHAIN] = { 2 };
	memset(&s, 0, sizeof(s));
	sender_draw(&s, 1000, run, chain, 1);
	s.next = ((uint64_t)1 << 60) - 64;
	CHECK(sender_lasts(&s, 64));
	CHECK(!sender_lasts(&s, 65));
	s.next = 0;
	s.calls = (uint64_t)1 << 60;
	CHECK(!sender_lasts(&s, 1));
}

/* The window's edges, at low counters and at 2^60. */
static void window_edges(void)
{
	static const uint64_t tops[] = { 5000, (uint64_t)1 << 32, ((uint64_t)1 << 60) - 1 };
	enum { WINDOW = (SOURCE_WORDS - 1) * 64 };
	for (size_t i = 0; i < 3; i++) {
		struct sender_key told = { .run = { 1 }, .chain = { 2 } };
		static struct sender s;
		static struct source r;
		memset(&s, 0, sizeof(s));
		memset(&r, 0, sizeof(r));
		sender_draw(&s, 1000, told.run, told.chain, 1);
		CHECK(WINDOW >= 1024 && source_told(&r, 1000, 1, &told));
		const struct { uint64_t counter; uint8_t result; } steps[] = {
			{ tops[i], OPEN_FRAME }, { tops[i], refused(SECURE_REFUSED_REPLAYED) },
			{ tops[i] - WINDOW, refused(SECURE_REFUSED_REPLAYED) }, { tops[i] - WINDOW + 1, OPEN_FRAME },
			{ tops[i] - WINDOW + 1, refused(SECURE_REFUSED_REPLAYED) }, { tops[i] - 1, OPEN_FRAME },
		};
		for (size_t k = 0; k < 6; k++) {
			uint8_t room[256], frame[64], result;
			struct seal seal;
			struct burst_frame f = { .head = frame, .head_len = fake_frame(frame, GROUP_MAC, 64, 7) };
			const struct burst burst = { &f, 1, 64 };
			struct group_header header;
			seal.frames = &burst;
			seal.room = room;
			s.next = steps[k].counter;
			sender_seal(&s, 1000, &seal);
			struct burst_frame payload = seal.frame[0];
			CHECK(group_header_get(&header, payload.head, payload.head_len));
			source_open(&r, 1000, &header, &payload, 1, &result);
			CHECK_INT(result, steps[k].result);
		}
	}
}

/* In order, once, and nothing after that. */
static void what_waited_opens_when_the_key_comes(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct burst_frame frame;
	struct secure_group_info info;
	uint8_t edge[MAC_LEN];
	struct message m[3];
	for (uint8_t i = 0; i < 3; i++) {
		m[i] = to_group(a, 1000, i);
		CHECK_INT(fake_open(b, 1000, MAC_A, false, &m[i], &one), OPEN_HELD);
		CHECK_INT(one.in.ask, i == 0);
	}
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m[1], &one), OPEN_HELD);   /* a copy, by another way */
	CHECK(!secure_groups_next(b, 1000, edge, &frame));
	secure_groups_info(b, &info);
	CHECK(info.held_messages == 4 && info.held_bytes == 4 * 92);
	CHECK(fake_tell(a, MAC_A, b, MAC_B, 1500, 1, 1));
	for (uint8_t i = 0; i < 3; i++) {
		CHECK(secure_groups_next(b, 1500, edge, &frame));
		CHECK(mac_equal(edge, MAC_A) && frame.head_len == 60 && frame.head[20] == i);
	}
	CHECK(!secure_groups_next(b, 1500, edge, &frame));
	secure_groups_info(b, &info);
	CHECK(info.held_messages == 0 && info.held_bytes == 0 && info.held_dropped == 1);
	CHECK_INT(open_at_b(b, 1500, &m[0]), refused(SECURE_REFUSED_REPLAYED));
	secure_groups_free(a);
	secure_groups_free(b);
}

static void nothing_waits_for_more_than_3_s(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct burst_frame frame;
	struct secure_group_info info;
	uint8_t edge[MAC_LEN];
	struct message m = to_group(a, 1000, 1), late = to_group(a, 1000, 2);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), OPEN_HELD);
	CHECK_INT(fake_open(b, 1001, MAC_A, false, &late, &one), OPEN_HELD);
	for (uint64_t now = 1001, due; now < 4000; now = due)
		CHECK((due = secure_groups_tick(b, now)) > now && due <= 4000);
	CHECK_INT(secure_groups_tick(b, 4000), 4001);
	secure_groups_info(b, &info);
	CHECK(info.held_messages == 1 && info.held_dropped == 1);
	CHECK(fake_tell(a, MAC_A, b, MAC_B, 4000, 1, 1));
	CHECK(secure_groups_next(b, 4000, edge, &frame) && frame.head[20] == 2);
	CHECK(!secure_groups_next(b, 4000, edge, &frame));
	secure_groups_free(a);
	secure_groups_free(b);
}

static void what_nobody_wants_is_not_asked_for(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct message m = to_group(a, 1000, 1);
	struct burst_frame frame = { .head = m.data, .head_len = m.len };
	struct opening o = { .src = MAC_A, .payload = &frame, .n = 1 };
	struct group_opening in = { .o = &o, .wanted = false };
	secure_groups_open(b, 1000, &in);
	CHECK(!in.ask && o.result[0] == refused(SECURE_REFUSED_GROUP_KEY));
	m.data[1] = 1;
	secure_groups_open(b, 1000, &in);
	CHECK(!in.ask && o.result[0] == refused(SECURE_REFUSED_GROUP_SUITE));
	secure_groups_free(a);
	secure_groups_free(b);
}

/* Once a second for each source; strangers 100 in all; none of that keeps those with a session from being asked. */
static void asking_has_limits(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct message m = to_group(a, 1000, 1);
	size_t asked = 0;
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 2000; i++) {
			uint8_t mac[MAC_LEN] = { 2 };
			put_be32(mac + 2, i);
			(void)fake_open(b, 1000, mac, false, &m, &one);
			asked += one.in.ask;
		}
	CHECK_INT(asked, 100);
	for (int i = 0; i < 20; i++) {
		uint8_t mac[MAC_LEN] = { 2 };
		CHECK_INT(fake_open(b, 1000 + (uint64_t)i * 100, mac, true, &m, &one), OPEN_HELD);
		CHECK_INT(one.in.ask, i == 10);
	}
	secure_groups_free(a);
	secure_groups_free(b);
}

/* 64 messages and 128 KiB of a source, 4 MiB in all; then room again. */
static void what_waits_has_limits(void)
{
	struct secure_groups *b = fake_edge(MAC_B, 1, 1000);
	static struct message m = { .data = { GROUP_KIND }, .len = 60 };
	struct secure_group_info info;
	size_t n = 0;
	while (fake_open(b, 1000, MAC_A, false, &m, &one) == OPEN_HELD)
		n++;
	CHECK_INT(n, HELD_SOURCE_N);
	CHECK_INT(one.o.result[0], refused(SECURE_REFUSED_GROUP_FULL));
	m.len = 2040;
	for (uint32_t i = 0; i < 100 * 60; i++) {
		uint8_t mac[MAC_LEN] = { 2 };
		put_be32(mac + 2, i / 60);
		(void)fake_open(b, 2000, mac, false, &m, &one);
	}
	secure_groups_info(b, &info);
	CHECK(info.held_bytes > HELD_BYTES - HELD_BYTES / 10 && info.held_bytes <= HELD_BYTES);
	secure_groups_tick(b, 4000);
	secure_groups_info(b, &info);
	CHECK_INT(info.held_messages * 2040, info.held_bytes);
	secure_groups_tick(b, 5000);
	secure_groups_info(b, &info);
	CHECK(info.held_messages == 0 && info.held_bytes == 0);
	CHECK_INT(fake_open(b, 5000, MAC_A, false, &m, &one), OPEN_HELD);
	secure_groups_free(b);
}

static void bytes_of_a_source_have_a_limit(void)
{
	struct hash_key key = { 1, 2 };
	struct held h;
	static uint8_t big[9000];
	size_t n = 0;
	CHECK(held_new(&h, &key));
	struct held_source *s = held_source(&h, 1000, MAC_A);
	while (held_add(&h, s, 1000, big, sizeof(big)))
		n++;
	CHECK_INT(n, HELD_SOURCE_BYTES / sizeof(big));
	held_free(&h);
}

static size_t arp(uint8_t *frame, const uint8_t dst[static MAC_LEN])
{
	fake_frame(frame, dst, 42, 0);
	put_be16(frame + 2 * MAC_LEN, ETHERTYPE_ARP);
	return 42;
}

static struct message call(struct secure_groups *g)
{
	struct message m;
	uint8_t frame[64];
	static const uint8_t everybody[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	fake_seal(g, 1000, frame, arp(frame, everybody), &m);
	CHECK(m.data[0] == CALL_KIND && m.len == 42 + SECURE_OVERHEAD);
	return m;
}

/* What a call may be, and what must not be one. */
static void calls_carry_no_more_than_they_must(void)
{
	uint8_t f[256] = { 0 };
	CHECK(call_carries(f, arp(f, GROUP_MAC)));
	CHECK(call_carries(f, CALL_FRAME_MAX));
	CHECK(!call_carries(f, CALL_FRAME_MAX + 1));
	CHECK(!call_carries(f, 13));
	CHECK(!call_carries(f, arp(f, MAC_B)));
	fake_frame(f, GROUP_MAC, 128, 0);
	CHECK(!call_carries(f, 128));
	put_be16(f + 12, ETHERTYPE_IPV6);
	f[14] = 0x60;
	f[14 + 6] = PROTOCOL_ICMP6;
	for (unsigned type = 0; type < 256; type++) {
		f[54] = (uint8_t)type;
		CHECK_INT(call_carries(f, 128), type == 135 || type == 136);
	}
	f[54] = 135;
	CHECK(call_carries(f, 55) && !call_carries(f, 54));
	f[14 + 6] = PROTOCOL_UDP;
	CHECK(!call_carries(f, 128));
	for (size_t tags = 0; tags < 4; tags++) {
		fake_frame(f, GROUP_MAC, 128, 0);
		for (size_t i = 0; i < tags; i++)
			put_be32(f + 12 + 4 * i, 0x81000007);
		put_be16(f + 12 + 4 * tags, ETHERTYPE_ARP);
		CHECK_INT(call_carries(f, 100), tags <= 2);
	}
}

static void a_call_is_heard_once_without_a_session(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct message m = call(a), next = call(a);
	for (size_t bit = 8; bit < 8 * m.len; bit++) {
		struct message bad = m;
		bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_INT(fake_open(b, 1000, MAC_A, false, &bad, &one),
		          refused(bit < 32 ? SECURE_REFUSED_MALFORMED : SECURE_REFUSED_TAG));
	}
	CHECK_INT(fake_open(b, 1000, MAC_B, false, &m, &one), refused(SECURE_REFUSED_TAG));
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), OPEN_FRAME);
	CHECK_INT(one.frame.head_len, 42);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &next, &one), OPEN_FRAME);
	CHECK(!one.in.ask && !one.in.restarted);
	secure_groups_free(a);
	secure_groups_free(b);
}

/* A third run takes the place of the one unused longest, whose calls may then come again. */
static void two_runs_of_a_source_are_remembered(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct message m[3], again;
	for (uint64_t i = 0; i < 2; i++) {
		m[i] = call(a);
		if (!i)
			again = call(a);
		CHECK_INT(fake_open(b, 1000 + i, MAC_A, false, &m[i], &one), OPEN_FRAME);
		secure_groups_draw(a, 1000);
	}
	CHECK_INT(fake_open(b, 1002, MAC_A, false, &m[0], &one), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(fake_open(b, 1002, MAC_A, false, &m[1], &one), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(fake_open(b, 1002, MAC_A, false, &again, &one), OPEN_FRAME);
	m[2] = call(a);
	CHECK_INT(fake_open(b, 1003, MAC_A, false, &m[2], &one), OPEN_FRAME);
	CHECK_INT(fake_open(b, 1004, MAC_A, false, &m[0], &one), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(fake_open(b, 1004, MAC_A, false, &m[1], &one), OPEN_FRAME);
	secure_groups_free(a);
	secure_groups_free(b);
}

static void with_a_session_only_its_run_calls(void)
{
	struct pair p = pair_at(1000);
	struct message m = call(p.a), other;
	CHECK_INT(fake_open(p.b, 1000, MAC_A, true, &m, &one), OPEN_FRAME);
	secure_groups_draw(p.a, 1000);
	m = other = call(p.a);
	CHECK_INT(fake_open(p.b, 1000, MAC_A, true, &m, &one), refused(SECURE_REFUSED_CALL_RUN));
	CHECK(one.in.restarted);
	other.data[40] ^= 1;
	CHECK_INT(fake_open(p.b, 1000, MAC_A, true, &other, &one), refused(SECURE_REFUSED_TAG));
	CHECK(!one.in.restarted);
	CHECK(fake_tell(p.a, MAC_A, p.b, MAC_B, 1000, 2, 1));
	CHECK_INT(fake_open(p.b, 1000, MAC_A, true, &m, &one), OPEN_FRAME);
	pair_free(&p);
}

/* A session that has not yet told its run: the call waits for it. */
static void calls_wait_for_their_run(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	struct message m = call(a);
	struct burst_frame frame;
	uint8_t edge[MAC_LEN];
	CHECK_INT(fake_open(b, 1000, MAC_A, true, &m, &one), OPEN_HELD);
	CHECK(one.in.ask);
	CHECK(fake_tell(a, MAC_A, b, MAC_B, 1000, 1, 1));
	CHECK(secure_groups_next(b, 1000, edge, &frame) && frame.head_len == 42);
	CHECK(!secure_groups_next(b, 1000, edge, &frame));
	CHECK_INT(fake_open(b, 1000, MAC_A, true, &m, &one), refused(SECURE_REFUSED_REPLAYED));
	secure_groups_free(a);
	secure_groups_free(b);
}

/* Old key first, both, new key first, new key alone: no call is lost, and none comes twice. */
static void community_key_changes_under_calls(void)
{
	struct secure_groups *a = fake_edge(MAC_A, 1, 1000), *b = fake_edge(MAC_B, 1, 1000);
	const struct secure_keys old = { .ak = { 1 } }, new = { .ak = { 2 } }, both[2] = { old, new }, turned[2] = { new, old };
	secure_groups_set_keys(a, &old, 1);
	secure_groups_set_keys(b, &old, 1);
	struct message first = call(a);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &first, &one), OPEN_FRAME);
	secure_groups_set_keys(b, both, 2);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &first, &one), refused(SECURE_REFUSED_REPLAYED));
	secure_groups_set_keys(a, turned, 2);
	struct message m = call(a);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), OPEN_FRAME);
	secure_groups_set_keys(b, &new, 1);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), refused(SECURE_REFUSED_REPLAYED));
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &first, &one), refused(SECURE_REFUSED_REPLAYED));
	m = call(a);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), OPEN_FRAME);
	secure_groups_set_keys(b, &old, 1);
	m = call(a);
	CHECK_INT(fake_open(b, 1000, MAC_A, false, &m, &one), refused(SECURE_REFUSED_TAG));
	secure_groups_free(a);
	secure_groups_free(b);
}

static void wiped_is_as_new(void)
{
	struct pair p = pair_at(1000);
	struct secure_group_info info;
	struct message m = to_group(p.a, 1000, 1), stranger = m;
	CHECK_INT(fake_open(p.b, 1000, MAC_B, false, &stranger, &one), OPEN_HELD);
	secure_groups_wipe(p.b, 2000, MAC_B);
	secure_groups_info(p.b, &info);
	CHECK(info.sources == 0 && info.held_messages == 0 && info.receivers == 0 && secure_groups_drawn(p.b) == 2);
	CHECK(!secure_groups_knows(p.b, MAC_A));
	CHECK_INT(open_at_b(p.b, 2000, &m), OPEN_HELD);
	secure_groups_wipe(p.a, 2000, MAC_A);
	struct message after = to_group(p.a, 2000, 1);
	CHECK(memcmp(after.data + 4, m.data + 4, 4));
	pair_free(&p);
}

/* More sources than there is room for: those that have told their key stay before those that only called. */
static void sources_make_room(void)
{
	struct secure_groups *b = fake_edge(MAC_B, 1, 1000);
	struct secure_group_info info;
	for (uint8_t i = 0; i < 3 * FAKE_SOURCES; i++) {
		uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 0, i };
		struct secure_groups *a = fake_edge(mac, 1, 1000);
		struct message m = call(a);
		if (i < FAKE_SOURCES / 2)
			CHECK(fake_tell(a, mac, b, MAC_B, 1000 + i, 1, 1));
		CHECK_INT(fake_open(b, 1000 + i, mac, false, &m, &one), OPEN_FRAME);
		secure_groups_free(a);
	}
	secure_groups_info(b, &info);
	CHECK_INT(info.sources, FAKE_SOURCES / 2);
	secure_groups_free(b);
}

int main(void)
{
	RUN(golden_vectors_both_ways);
	RUN(golden_refusals);
	RUN(a_burst_is_sealed_and_opened_at_once);
	RUN(each_message_opens_once);
	RUN(nothing_forged_opens);
	RUN(suite_is_what_all_can);
	RUN(a_suite_that_we_lack_is_asked_about);
	RUN(epochs_go_round);
	RUN(the_next_epoch_begins_with_its_first_message);
	RUN(a_forged_next_epoch_changes_nothing);
	RUN(age_is_told);
	RUN(least_counter_is_of_a_few_seconds_ago);
	RUN(least_counter_lies_2_to_4_s_back);
	RUN(a_run_that_goes_on_keeps_its_window);
	RUN(another_run_needs_a_younger_session);
	RUN(sources_are_kept_for_600_s_after_use);
	RUN(what_is_over_is_wiped);
	RUN(no_run_seals_more_than_2_to_60);
	RUN(window_edges);
	RUN(what_waited_opens_when_the_key_comes);
	RUN(nothing_waits_for_more_than_3_s);
	RUN(what_nobody_wants_is_not_asked_for);
	RUN(asking_has_limits);
	RUN(what_waits_has_limits);
	RUN(bytes_of_a_source_have_a_limit);
	RUN(calls_carry_no_more_than_they_must);
	RUN(a_call_is_heard_once_without_a_session);
	RUN(two_runs_of_a_source_are_remembered);
	RUN(with_a_session_only_its_run_calls);
	RUN(calls_wait_for_their_run);
	RUN(community_key_changes_under_calls);
	RUN(wiped_is_as_new);
	RUN(sources_make_room);
	return test_done();
}
