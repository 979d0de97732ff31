/* Groups against a model that is slow and obvious: random messages of several sources, late, twice, in any order, with
 * sender keys that come early, late or not at all, over epochs and runs.  And fast tables of what waits.
 */
#include "secure_group_fake.h"

enum { EDGES = 3, MESSAGES = 600, BODIES = 40, STEPS = 60000, WINDOW = (SOURCE_WORDS - 1) * 64 };

struct sent {
	struct message message;
	uint8_t run[GROUP_KEY_ID];
	uint16_t epoch;
	uint64_t counter;
	int from;
	uint32_t id;
};
struct body {
	uint8_t bytes[SENDER_KEY_LEN];
	struct sender_key truth;
	int from;
};
struct waits { uint32_t id; uint64_t since; size_t sent; };

/* What the receiver ought to know of a source. */
struct model {
	bool known;
	uint8_t run[SENDER_RUN];
	uint16_t epoch;
	uint64_t since, past_until, used, session, least, next, asked;
	uint64_t seen[4 * WINDOW];      /* a plain list of the last that opened */
	size_t seen_n;
	struct waits waits[HELD_SOURCE_N];
	size_t waits_n;
	bool released;
};

static struct world {
	uint64_t now, session;
	uint8_t mac[EDGES][MAC_LEN];
	struct secure_groups *edge[EDGES], *receiver;
	struct model model[EDGES];
	struct sent sent[MESSAGES];
	size_t sent_n;
	struct body body[BODIES];
	size_t body_n;
	uint32_t ids;
	size_t opened, held, replayed, old, released;
} w;

static void model_turn(struct model *m)
{
	if (m->known && w.now - m->used >= 600000)
		m->known = false;
	while (m->known && w.now - m->since >= 120000) {
		m->since += 120000;
		m->past_until = m->since + 15000;
		m->epoch++;
	}
	if (m->known && m->past_until && w.now >= m->past_until)
		m->past_until = 0;
}

static bool model_has(const struct model *m, const struct sent *s)
{
	uint16_t ahead = (uint16_t)(s->epoch - m->epoch);
	return m->known && !memcmp(m->run, s->run, GROUP_KEY_ID) &&
	       (ahead <= 1 || (ahead == UINT16_MAX && m->past_until));
}

static bool model_seen(const struct model *m, uint64_t counter)
{
	for (size_t i = 0; i < m->seen_n; i++)
		if (m->seen[i] == counter)
			return true;
	return false;
}

static uint8_t model_open(struct model *m, const struct sent *s)
{
	if (s->counter < m->least)
		return refused(SECURE_REFUSED_GROUP_OLD);
	if ((s->counter < m->next && m->next - s->counter > WINDOW) || model_seen(m, s->counter))
		return refused(SECURE_REFUSED_REPLAYED);
	if (s->epoch == (uint16_t)(m->epoch + 1)) {
		m->epoch++;
		m->since = w.now;
		m->past_until = w.now + 15000;
	}
	m->used = w.now;
	if (m->seen_n == 4 * WINDOW)
		memmove(m->seen, m->seen + 1, --m->seen_n * sizeof(m->seen[0]));
	m->seen[m->seen_n++] = s->counter;
	m->next = s->counter >= m->next ? s->counter + 1 : m->next;
	return OPEN_FRAME;
}

static uint8_t model_hold(struct model *m, size_t sent, bool *ask)
{
	*ask = !m->asked || w.now - m->asked >= 1000;
	m->asked = *ask ? w.now : m->asked;
	if (m->waits_n == HELD_SOURCE_N)
		return refused(SECURE_REFUSED_GROUP_FULL);
	m->waits[m->waits_n++] = (struct waits){ w.sent[sent].id, w.now, sent };
	return OPEN_HELD;
}

static uint32_t id_of(const struct burst_frame *f) { return get_be32(f->head + 20); }

static void deliver(size_t i)
{
	static struct opening_of_one one;
	const struct sent *s = &w.sent[i];
	struct model *m = &w.model[s->from];
	bool ask = false;
	model_turn(m);
	uint8_t want = model_has(m, s) ? model_open(m, s) : model_hold(m, i, &ask);
	uint8_t got = fake_open(w.receiver, w.now, w.mac[s->from], true, &s->message, &one);
	CHECK_INT(got, want);
	CHECK_INT(one.in.ask, ask);
	if (got == OPEN_FRAME)
		CHECK_INT(id_of(&one.frame), s->id);
	w.opened += got == OPEN_FRAME;
	w.held += got == OPEN_HELD;
	w.replayed += got == refused(SECURE_REFUSED_REPLAYED);
	w.old += got == refused(SECURE_REFUSED_GROUP_OLD);
}

/* What still waits may point at a message that is to be forgotten. */
static bool waits_for(size_t i)
{
	for (int e = 0; e < EDGES; e++)
		for (size_t k = 0; k < w.model[e].waits_n; k++)
			if (w.model[e].waits[k].sent == i)
				return true;
	return false;
}

static void seal_one(int from)
{
	size_t i = w.sent_n < MESSAGES ? w.sent_n++ : (size_t)test_random() % MESSAGES;
	struct sent *s = &w.sent[i];
	struct group_header header;
	uint8_t frame[64];
	if (waits_for(i))
		return;
	fake_frame(frame, GROUP_MAC, sizeof(frame), 0);
	put_be32(frame + 20, ++w.ids);
	fake_seal(w.edge[from], w.now, frame, sizeof(frame), &s->message);
	CHECK(group_header_get(&header, s->message.data, s->message.len));
	memcpy(s->run, header.key_id, sizeof(s->run));
	s->epoch = header.epoch;
	s->counter = header.counter;
	s->from = from;
	s->id = w.ids;
	if (test_random() % 3)
		deliver(i);
}

static bool model_told(struct model *m, const struct sender_key *told, uint64_t session)
{
	bool again = m->known && !memcmp(m->run, told->run, SENDER_RUN);
	if (m->known && !again && session <= m->session)
		return false;
	if (!again) {
		m->least = told->least;
		m->seen_n = m->next = m->past_until = m->session = 0;
	} else if (told->epoch == (uint16_t)(m->epoch + 1)) {
		m->past_until = w.now + 15000;
	} else if (told->epoch != m->epoch) {
		m->past_until = 0;
	}
	m->known = true;
	memcpy(m->run, told->run, SENDER_RUN);
	m->epoch = told->epoch;
	m->since = w.now - told->age * 10u;
	m->session = session > m->session ? session : m->session;
	m->used = w.now;
	return true;
}

/* In order, those that open; none of the others is seen. */
static void release(void)
{
	struct burst_frame frame;
	uint8_t edge[MAC_LEN];
	while (secure_groups_next(w.receiver, w.now, edge, &frame)) {
		struct model *m = &w.model[edge[5]];
		bool found = false;
		CHECK(m->released);
		while (m->waits_n && !found) {
			const struct sent *s = &w.sent[m->waits[0].sent];
			model_turn(m);
			found = model_has(m, s) && model_open(m, s) == OPEN_FRAME;
			if (found)
				CHECK_INT(id_of(&frame), s->id);
			memmove(m->waits, m->waits + 1, --m->waits_n * sizeof(m->waits[0]));
		}
		CHECK(found);
		w.released++;
	}
	for (int i = 0; i < EDGES; i++) {
		struct model *m = &w.model[i];
		for (size_t k = 0; m->released && k < m->waits_n; k++) {
			const struct sent *s = &w.sent[m->waits[k].sent];
			CHECK(!(model_has(m, s) && model_open(m, s) == OPEN_FRAME));
		}
		if (m->released)
			m->waits_n = 0;
		m->released = false;
	}
}

static void tell_one(size_t i, uint64_t session)
{
	struct body *b = &w.body[i];
	struct model *m = &w.model[b->from];
	model_turn(m);
	bool want = model_told(m, &b->truth, session);
	CHECK_INT(secure_groups_told(w.receiver, w.now, w.mac[b->from], session, b->bytes, SENDER_KEY_LEN), want);
	m->released = true;
	release();
}

static void write_body(int from)
{
	size_t i = w.body_n < BODIES ? w.body_n++ : (size_t)test_random() % BODIES;
	struct body *b = &w.body[i];
	b->from = from;
	secure_groups_tell(w.edge[from], w.now, w.mac[0], 1, b->bytes);
	CHECK(sender_key_get(&b->truth, b->bytes, SENDER_KEY_LEN));
	if (test_random() % 2)
		tell_one(i, ++w.session);
}

static void pass(uint64_t ms)
{
	w.now += ms;
	secure_groups_tick(w.receiver, w.now);
	for (int i = 0; i < EDGES; i++) {
		struct model *m = &w.model[i];
		while (m->waits_n && w.now - m->waits[0].since >= 3000)
			memmove(m->waits, m->waits + 1, --m->waits_n * sizeof(m->waits[0]));
	}
}

static void forget(int i)
{
	struct model *m = &w.model[i];
	secure_groups_forget(w.receiver, w.mac[i]);
	m->known = false;
	m->waits_n = 0;
}

static void compare(void)
{
	struct secure_group_info info;
	size_t waiting = 0, known = 0;
	for (int i = 0; i < EDGES; i++) {
		model_turn(&w.model[i]);
		waiting += w.model[i].waits_n;
		known += w.model[i].known;
	}
	secure_groups_info(w.receiver, &info);
	CHECK_INT(info.held_messages, waiting);
	CHECK(info.sources >= known);   /* one that is over is forgotten a little later */
}

static void step(void)
{
	int from = (int)(test_random() % EDGES);
	uint64_t what = test_random() % 1000;
	if (what < 400)
		seal_one(from);
	else if (what < 650 && w.sent_n)
		deliver((size_t)(test_random() % w.sent_n));
	else if (what < 900)
		pass(test_random() % 40);
	else if (what < 940)
		pass(test_random() % 1500);
	else if (what < 943)
		pass(test_random() % 20000);
	else if (what < 944)
		pass(test_random() % 20 ? test_random() % 130000 : test_random() % 700000);
	else if (what < 970)
		write_body(from);
	else if (what < 995 && w.body_n)
		tell_one((size_t)(test_random() % w.body_n), test_random() % 2 ? ++w.session : test_random() % (w.session + 1));
	else if (what < 998)
		secure_groups_draw(w.edge[from], w.now);
	else if (what == 998)
		forget(from);
	compare();
}

static void as_the_model(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1000;
	for (uint8_t i = 0; i < EDGES; i++) {
		w.mac[i][0] = 2;
		w.mac[i][5] = i;
		w.edge[i] = fake_edge(w.mac[i], 1, w.now);
	}
	w.receiver = fake_edge(MAC_B, 1, w.now);
	for (int i = 0; i < STEPS; i++)
		step();
	CHECK(w.opened > 1000 && w.held > 1000 && w.replayed > 1000 && w.old > 10 && w.released > 100);
	for (int i = 0; i < EDGES; i++)
		secure_groups_free(w.edge[i]);
	secure_groups_free(w.receiver);
}

/* What was handed out is read until the turn ends, in which one tick may come. */
static void what_was_let_go_stays_over_one_tick(void)
{
	const struct hash_key key = { 1, 2 };
	static const uint8_t secret[] = "secret", zero[sizeof(secret)];
	struct held h;
	uint8_t mac[MAC_LEN], *message;
	uint64_t due;
	size_t len;
	CHECK(held_new(&h, &key));
	CHECK(held_add(&h, held_source(&h, 1000, MAC_A), 1000, secret, sizeof(secret)));
	held_release(&h, MAC_A);
	CHECK(held_next(&h, mac, &message, &len) && len == sizeof(secret));
	CHECK(held_tick(&h, 1001, &due) == 0 && due <= 1101);
	CHECK(!memcmp(message, secret, len));
	CHECK(held_tick(&h, due, &due) == 0);
	CHECK(!memcmp(message, zero, len));
	held_free(&h);
}

/* Messages of all lengths, taken and left, through many rounds of the ring: each is as it came, in order. */
struct written { uint8_t source; uint32_t id; size_t len; uint64_t since; };
static struct { struct written at[4 * HELD_SOURCE_N * 64]; size_t n; } list;

static void list_drop(size_t i)
{
	memmove(&list.at[i], &list.at[i + 1], (--list.n - i) * sizeof(list.at[0]));
}

static void check_next(struct held *h)
{
	uint8_t mac[MAC_LEN], *message;
	size_t len, i = 0;
	while (held_next(h, mac, &message, &len)) {
		for (i = 0; i < list.n && list.at[i].source != mac[5]; i++)
			;
		CHECK(i < list.n && list.at[i].len == len && get_be32(message) == list.at[i].id);
		CHECK(message[len - 1] == (uint8_t)list.at[i].id);
		list_drop(i);
	}
}

static void what_waits_is_kept_as_it_came(void)
{
	const struct hash_key key = { 1, 2 };
	static uint8_t message[9270];
	struct held h;
	uint64_t now = 1000, due;
	uint32_t id = 0;
	list.n = 0;
	CHECK(held_new(&h, &key));
	for (int i = 0; i < 100000; i++) {
		uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, 0, (uint8_t)(test_random() % 64) };
		struct held_source *s = held_source(&h, now, mac);
		size_t len = 46 + test_random() % (test_random() % 4 ? 1500 : sizeof(message) - 46);
		put_be32(message, ++id);
		message[len - 1] = (uint8_t)id;
		if (s && held_add(&h, s, now, message, len))
			list.at[list.n++] = (struct written){ mac[5], id, len, now };
		if (test_random() % 200 == 0) {
			mac[5] = (uint8_t)(test_random() % 64);
			held_release(&h, mac);
			check_next(&h);
		}
		now += test_random() % 3;
		held_tick(&h, now, &due);
		while (list.n && now - list.at[0].since >= HELD_MS)
			list_drop(0);
		CHECK_INT(h.n, list.n);
		CHECK(h.bytes <= HELD_BYTES && due > now);
	}
	held_wipe(&h);
	CHECK(h.n == 0 && h.bytes == 0 && held_tick(&h, now, &due) == 0 && due == UINT64_MAX);
	held_free(&h);
}

int main(void)
{
	RUN(as_the_model);
	RUN(what_was_let_go_stays_over_one_tick);
	RUN(what_waits_is_kept_as_it_came);
	return test_done();
}
