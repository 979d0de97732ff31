/* The golden vectors of DATA and CONTROL, and what is sealed by the right keys and to be refused all the same. */
#include "../../src/engine/secure/state.h"
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1];

/* A session of the golden vectors. */
static struct session session_of(uint8_t suite, const uint8_t *key, uint32_t index)
{
	static uint64_t seen[REPLAY_WORDS];
	struct session ss = { .receiver = index, .suite = suite };
	memcpy(ss.seals, key, AEAD_KEY);
	memcpy(ss.opens, key, AEAD_KEY);
	replay_init(&ss.replay, seen, REPLAY_WORDS);
	return ss;
}

static size_t bytes_of(uint8_t *out, size_t room, const char *text)
{
	size_t n = 0;
	for (unsigned byte; n < room && sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (uint8_t)byte;
	return n;
}

static void check_golden(const struct golden *g)
{
	static uint8_t bytes[2048], payload[2048], plain[2048];
	struct hex key = golden_hex(g, "key");
	size_t len = bytes_of(payload, sizeof(payload), golden_text(g, "payload"));
	size_t plain_len = bytes_of(plain, sizeof(plain), golden_text(g, "plain"));
	uint8_t suite = strstr(g->title, "-1-") != NULL, result;
	if (!aead_available(suite)) {
		test_skip(g->title, "no AES instructions");
		return;
	}
	struct session ss = session_of(suite, key.data, get_be32(payload + 4));
	ss.counter = (uint64_t)get_be32(payload + 8) << 32 | get_be32(payload + 12);
	struct aead_frame f = { .data = bytes + SESSION_HEADER, .len = plain_len };
	memcpy(f.data, plain, plain_len);
	CHECK(session_seal(&ss, payload[0], &f, 1));
	CHECK_INT(len, plain_len + SESSION_OVERHEAD);
	CHECK_BYTES(bytes, payload, len);
	struct burst_frame back = { .head = payload, .head_len = len };
	session_open(&ss, &back, &result, 1);
	CHECK_INT(result, OPENED);
	CHECK_INT(back.head_len, plain_len);
	CHECK_BYTES(back.head, plain, plain_len);
}

static void golden_vectors(void)
{
	static struct golden g;
	int n = 0;
	FILE *f = hex_open("secure-data.txt");
	while (golden_next(f, &g)) {
		check_golden(&g);
		n++;
	}
	CHECK(n >= 20);
}

/* One side of a session whose keys are those of both directions. */
static struct session *session_with(struct end *e, const struct end *peer)
{
	struct peer_state *p = secure_peer_find(e->s, peer->mac);
	CHECK(p && p->sealing);
	return p ? p->sealing : NULL;
}

/* What e opens of this peer is by the key and the index of the vectors. */
static void set_golden(struct end *e, const struct end *peer, const uint8_t *key, uint32_t index)
{
	struct session *ss = session_with(e, peer);
	secure_place_remove(e->s, &ss->place);
	ss->place.index = index;
	ss->place.in_table = table_add(e->s->by_index, index * UINT64_C(0x9e3779b97f4a7c15), &ss->place);
	memcpy(ss->opens, key, AEAD_KEY);
	ss->suite = 0;
}

/* A of the vectors, by its MAC; b is B. */
static void refused_start(const struct golden *head)
{
	struct secure_config config;
	struct secure_keys keys = fake_keys(1);
	net_start();
	memcpy(keys.psk, golden_hex(head, "psk").data, SECURE_KEY);
	memcpy(keys.ak, golden_hex(head, "ak").data, SECURE_KEY);
	memcpy(b->id.private, golden_hex(head, "b_private").data, SECURE_KEY);
	CHECK(mac_parse(a->mac, golden_text(head, "a_MAC")));
	CHECK(mac_parse(b->mac, golden_text(head, "b_MAC")));
	config = fake_config(b);
	config.keys = &keys;
	end_start(b, &config);
}

static uint64_t refusals_of(const struct end *e)
{
	uint64_t n = 0;
	for (size_t i = 0; i < SECURE_REFUSED_N; i++)
		n += e->refused[i];
	return n;
}

static void refused_one(const struct golden *g)
{
	struct hex payload = golden_hex(g, "payload");
	struct datagram d = { .relayed = true, .len = payload.len };
	uint64_t before = refusals_of(b);
	struct secure_info old, info;
	secure_info(b->s, &old);
	memcpy(d.from, a->mac, MAC_LEN);
	memcpy(d.to, b->mac, MAC_LEN);
	memcpy(d.bytes, payload.data, payload.len);
	size_t got = b->got_n, sent = net.n;
	net_deliver(&d);
	secure_info(b->s, &info);
	CHECK_INT(b->got_n, got);
	CHECK_INT(net.n, sent);
	CHECK_INT(refusals_of(b), before + 1);
	CHECK_INT(info.answering, old.answering);
	CHECK_INT(info.sessions, old.sessions);
	if (refusals_of(b) != before + 1 || net.n != sent)
		printf("  %s\n", g->title);
}

/* Handshakes: the file's head is before its first vector. */
static struct golden head_of(const char *file)
{
	struct golden g = { .count = 0 };
	char line[HEX_LINE];
	FILE *f = hex_open(file);
	while (fgets(line, sizeof(line), f) && strncmp(line, "VECTOR", 6))
		golden_line(&g, line);
	fclose(f);
	return g;
}

static void refused_handshakes(void)
{
	static struct golden g;
	struct golden head = head_of("secure-refused.txt");
	int n = 0;
	refused_start(&head);
	FILE *f = hex_open("secure-refused.txt");
	while (golden_next(f, &g))
		if (strstr(g.title, "bad-init")) {
			refused_one(&g);
			n++;
		}
	CHECK_INT(n, 10);
}

static void refused_under_a_session(void)
{
	static struct golden g;
	uint8_t key[AEAD_KEY];
	int n = 0;
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	memcpy(b->mac, (uint8_t[]){ 0x06, 0xfd, 0x7a, 0x4e, 0xec, 0xb5 }, MAC_LEN);
	memcpy(b->s->mac, b->mac, MAC_LEN);
	memcpy(key, hex_of("08462575c6340b699f0e42ac78f554012f7a5edc293f1143c120a9e19d1b5dd8").data, sizeof(key));
	set_golden(b, a, key, 16909060);
	FILE *f = hex_open("secure-refused.txt");
	while (golden_next(f, &g))
		if (strstr(g.title, "bad-data") || strstr(g.title, "bad-control") || strstr(g.title, "bad-probe") ||
		    strstr(g.title, "bad-key")) {
			refused_one(&g);
			n++;
		}
	CHECK_INT(n, 8);
	CHECK_INT(b->refused[SECURE_REFUSED_FRAME], 1);
	CHECK_INT(b->refused[SECURE_REFUSED_OWN_SOURCE], 1);
	CHECK_INT(b->refused[SECURE_REFUSED_CONTROL], 4);
	CHECK_INT(b->refused[SECURE_REFUSED_SENDER_KEY], 2);
}

int main(void)
{
	RUN(golden_vectors);
	RUN(refused_handshakes);
	RUN(refused_under_a_session);
	net_stop();
	return test_done();
}
