/* What a session carries, for how long, and what it refuses; which of several seals; paths. */
#include "../../src/engine/secure/state.h"
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1], *const c = &net.end[2];

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

static void counters_end_at_2_60(void)
{
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	session_with(a, b)->counter = SEALS_MESSAGES - 2;
	CHECK_INT(end_send(a, b, 2, 2), SEALED);
	net_run();
	CHECK_INT(b->got_n, 3);
	CHECK_INT(end_send(a, b, 4, 1), SEAL_HELD);
	net_run();
	CHECK_INT(b->got_n, 4);
	CHECK(session_with(a, b)->counter < 10);
	/* A burst that does not fit any more goes by the next session as a whole. */
	session_with(a, b)->counter = SEALS_MESSAGES - 2;
	CHECK_INT(end_send(a, b, 5, 3), SEAL_HELD);
	net_run();
	net_pass(6000);
	CHECK_INT(b->got_n, 7);
	/* And nobody opens what cannot have been sealed. */
	struct session *ss = session_with(a, b);
	uint8_t bytes[SESSION_OVERHEAD + 60] = { KIND_DATA };
	struct burst_frame f = { .head = bytes, .head_len = sizeof(bytes) };
	uint8_t result;
	bytes[8] = 0x10;
	session_open(ss, &f, &result, 1);
	CHECK_INT(result, SECURE_REFUSED_EXPIRED);
}

static void window_edges(void)
{
	static const uint64_t counters[] = { 0, 1, 8191, 8192, 1, 8192 + REPLAY_WINDOW, 8192 + 64, 8191, 9000 };
	static const bool good[] = { 1, 1, 1, 1, 0, 1, 1, 0, 1 };
	uint8_t key[AEAD_KEY] = { 1 };
	struct session seals = session_of(0, key, 1), opens = session_of(0, key, 1);
	static uint64_t seen[REPLAY_WORDS];
	replay_init(&seals.replay, seen, REPLAY_WORDS);
	CHECK(REPLAY_WINDOW >= 8192);
	for (size_t i = 0; i < sizeof(good); i++) {
		uint8_t bytes[SESSION_OVERHEAD + 20] = { 0 }, forged[sizeof(bytes)], result;
		struct aead_frame f = { .data = bytes + SESSION_HEADER, .len = 20 };
		struct burst_frame in = { .head = forged, .head_len = sizeof(forged) };
		seals.counter = counters[i];
		CHECK(session_seal(&seals, KIND_DATA, &f, 1));
		/* One that does not open leaves the window as it is. */
		memcpy(forged, bytes, sizeof(forged));
		forged[sizeof(forged) - 1] ^= 1;
		session_open(&opens, &in, &result, 1);
		CHECK(result == SECURE_REFUSED_TAG || !good[i]);
		in = (struct burst_frame){ .head = bytes, .head_len = sizeof(bytes) };
		session_open(&opens, &in, &result, 1);
		CHECK_INT(result == OPENED, good[i]);
	}
}

/* Bursts with anything wrong in between. */
static void bursts_open_what_is_good(void)
{
	uint8_t key[AEAD_KEY] = { 7 };
	static uint8_t bytes[8][SESSION_OVERHEAD + 100];
	struct aead_frame f[8];
	struct burst_frame in[8];
	uint8_t result[8];
	struct session ss = session_of(0, key, 1);
	for (size_t i = 0; i < 8; i++) {
		memset(bytes[i], (int)i, sizeof(bytes[i]));
		f[i] = (struct aead_frame){ .data = bytes[i] + SESSION_HEADER, .len = 100 };
		in[i] = (struct burst_frame){ .head = bytes[i], .head_len = sizeof(bytes[i]) };
	}
	CHECK(session_seal(&ss, KIND_DATA, f, 8));
	memcpy(bytes[3], bytes[2], sizeof(bytes[3]));   /* twice */
	bytes[5][40] ^= 1;
	in[6].head_len = 12;
	session_open(&ss, in, result, 8);
	for (size_t i = 0; i < 8; i++) {
		CHECK_INT(result[i], i == 3 ? SECURE_REFUSED_REPLAYED : i == 5 ? SECURE_REFUSED_TAG
			: i == 6 ? SECURE_REFUSED_MALFORMED : OPENED);
		if (result[i] == OPENED)
			CHECK(in[i].head_len == 100 && in[i].head[99] == i);
	}
}

/* For an hour, both ways, a frame each 50 ms: none is lost or waits, and sessions change in time. */
static void rekeying_loses_nothing(void)
{
	net_start();
	end_send(a, b, 0, 1);
	net_run();
	uint64_t since = net.now;
	size_t sent = 1, held = a->held;
	while (net.now - since < 1800000) {
		struct session *ss = session_with(a, b);
		CHECK(net.now - ss->made <= 125000 + 100);
		end_send(a, b, (uint32_t)sent, 1);
		end_send(b, a, (uint32_t)sent++, 1);
		net_pass(500);
	}
	CHECK_INT(b->got_n, sent);
	CHECK_INT(a->got_n, sent - 1);
	CHECK_INT(a->held, held);
	struct secure_peer_info info = info_of(a, b);
	CHECK(info.rekeys >= 14 && info.rekeys <= 16);
	struct secure_info all;
	secure_info(a->s, &all);
	CHECK(all.sessions <= 2);
}

/* Whoever gets frames and has none to send shows that it is there, so no handshake is begun because of its silence. */
static void one_way_traffic_is_answered(void)
{
	struct secure_info info;
	net_start();
	for (uint32_t i = 0; i < 600; i++) {
		end_send(a, b, i, 1);
		net_pass(100);
	}
	secure_info(a->s, &info);
	CHECK_INT(b->got_n, 600);
	CHECK_INT(info.counts.handshakes_begun, 1);
	CHECK(info.counts.probes_sent >= 20 && info.counts.probes_sent <= 60);
	/* And who is not there is sought every 5 s, by the relay too. */
	secure_free(b->s);
	b->s = NULL;
	for (uint32_t i = 0; i < 300; i++) {
		CHECK_INT(end_send(a, b, i, 1), SEALED);
		net_pass(100);
	}
	secure_info(a->s, &info);
	CHECK(info.counts.handshakes_begun >= 2 && info.counts.handshakes_begun <= 4);
}

static void rekeying_may_be_fast(void)
{
	net_start();
	for (size_t i = 0; i < 2; i++) {
		struct secure_config config = fake_config(&net.end[i]);
		config.rekey_ms = 1000;
		end_start(&net.end[i], &config);
	}
	end_send(a, b, 0, 1);
	net_run();
	for (uint32_t i = 1; i < 1000; i++) {
		CHECK_INT(end_send(a, b, i, 1), SEALED);
		net_pass(20);
	}
	CHECK_INT(b->got_n, 1000);
	CHECK(info_of(a, b).rekeys >= 3);
}

static bool nothing_passes(struct datagram *d) { return (void)d, false; }

/* Nothing seals after 180 s or opens after 195 s. */
static void sessions_end(void)
{
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	net_pass(100000);
	net.hook = nothing_passes;
	while (session_may_seal(session_with(a, b), net.now + 1000)) {
		CHECK_INT(end_send(a, b, 1, 1), SEALED);
		net_pass(1000);
	}
	net_pass(1500);
	CHECK_INT(end_send(a, b, 1, 1), SEAL_HELD);
	net_pass(20000);
	struct secure_info info;
	secure_info(b->s, &info);
	CHECK_INT(info.sessions, 0);
	secure_info(a->s, &info);
	CHECK_INT(info.sessions, 0);
	net.hook = NULL;
	end_send(a, b, 2, 1);
	net_pass(16000);
	end_send(a, b, 3, 1);
	net_run();
	CHECK_INT(got_which(b, b->got_n - 1), 3);
}

static void waiting_is_bounded(void)
{
	struct secure_info info;
	net_start();
	net.hook = nothing_passes;
	for (int i = 0; i < 4; i++)
		CHECK_INT(end_send_from(a, a->mac, b->mac, 0, 60, 60), SEAL_HELD);
	secure_info(a->s, &info);
	CHECK_INT(info.waiting_frames, WAITING_FRAMES);
	for (int i = 0; i < 3; i++)
		CHECK_INT(end_send_from(a, a->mac, c->mac, 0, 64, 1500), SEAL_HELD);
	secure_info(a->s, &info);
	CHECK_INT(info.waiting_frames, WAITING_FRAMES + 64);
	CHECK(info.waiting_bytes <= 2 * WAITING_BYTES);
	/* All peers together, too. */
	for (uint32_t i = 0; i < 2000; i++) {
		const uint8_t mac[MAC_LEN] = { 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };
		(void)end_send_from(a, a->mac, mac, 0, 64, 1500);
	}
	secure_info(a->s, &info);
	CHECK(info.waiting_bytes <= WAITING_ALL);
	CHECK_INT(info.peers, 64);
}

static void sources_of_others_are_refused(void)
{
	net_start();
	end_send(a, b, 1, 1);
	end_send(c, b, 1, 1);
	net_run();
	CHECK_INT(b->got_n, 2);
	end_send_from(a, c->mac, b->mac, 2, 1, 60);
	net_run();
	CHECK_INT(b->refused[SECURE_REFUSED_FOREIGN_SOURCE], 1);
	end_send_from(a, b->mac, b->mac, 2, 1, 60);
	net_run();
	CHECK_INT(b->refused[SECURE_REFUSED_OWN_SOURCE], 1);
	CHECK_INT(b->got_n, 2);
	end_send_from(a, (const uint8_t[]){ 2, 9, 9, 9, 9, 9 }, b->mac, 2, 2, 60);     /* of a bridge's host */
	net_run();
	CHECK_INT(b->got_n, 4);
}

static void everything_is_forgotten(void)
{
	struct secure_info info;
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	secure_wipe_all(a->s, net.now);
	secure_info(a->s, &info);
	CHECK_INT(info.peers + info.sessions + info.answering, 0);
	end_send(b, a, 1, 1);   /* by an index that a does not know any more */
	net_pass(3000);
	end_send(b, a, 2, 1);
	net_run();
	CHECK_INT(got_which(a, a->got_n - 1), 2);
	/* Another MAC of ours, the same. */
	a->mac[5] ^= 1;
	a->mac[0] = 2;
	a->t->mac(a->t->ctx, net.now, a->mac);
	secure_info(a->s, &info);
	CHECK_INT(info.sessions, 0);
	end_send(a, b, 3, 1);
	net_run();
	CHECK_INT(got_which(b, b->got_n - 1), 3);
	CHECK(mac_equal(b->got[b->got_n - 1].edge, a->mac));
}

/* Added as the second everywhere, made the first everywhere, the old one removed: under traffic, and no frame is lost. */
static void keys_change_without_a_loss(void)
{
	const struct secure_keys old = fake_keys(1), new = fake_keys(2);
	const struct secure_keys steps[3][2] = { { old, new }, { new, old }, { new } };
	size_t sent = 0;
	net_start();
	for (size_t step = 0; step < 3; step++) {
		for (size_t who = 0; who < 2; who++) {
			secure_set_keys(net.end[who].s, net.now, steps[step], step < 2 ? 2 : 1);
			for (uint32_t i = 0; i < 100; i++) {
				end_send(a, b, (uint32_t)sent, 1);
				end_send(b, a, (uint32_t)sent++, 1);
				net_pass(2000);
			}
		}
	}
	CHECK_INT(b->got_n, sent);
	CHECK_INT(a->got_n, sent);
}

static void a_key_that_has_gone_takes_its_sessions(void)
{
	const struct secure_keys new = fake_keys(2);
	struct secure_info info;
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	secure_set_keys(b->s, net.now, &new, 1);
	secure_info(b->s, &info);
	CHECK_INT(info.sessions, 0);
	end_send(a, b, 2, 1);
	net_pass(10000);
	CHECK_INT(b->got_n, 1);
}

/* A probe that was asked for before there is a session is sent when there is one; its answer from there makes a path. */
static void probes_make_paths(void)
{
	net_start();
	end_send(a, b, 1, 1);
	a->t->probe(a->t->ctx, net.now, b->mac, &b->at);
	net_run();
	CHECK(endpoint_equal(&a->works, &b->at));
	CHECK(a->works_n >= 1);
	/* b was asked from there, and asks in turn. */
	CHECK(endpoint_equal(&b->works, &a->at));
	/* a moves: the first message from its new place makes b ask there. */
	net_pass(2000);
	a->at.addr.port = 9999;
	size_t works = b->works_n;
	end_send(a, b, 2, 1);
	net_run();
	CHECK_INT(b->works_n, works + 1);
	CHECK(endpoint_equal(&b->works, &a->at));
	/* A message that was caught and is sent on from elsewhere moves nothing: nobody answers there. */
	static struct datagram caught;
	net_pass(2000);
	end_send(a, b, 3, 1);
	caught = net.flying[net.first];
	net.n = 0;
	caught.source.addr.port = 7;
	net_deliver(&caught);
	net_run();
	net_pass(3000);
	CHECK(endpoint_equal(&b->works, &a->at));
}

/* The first of this kind that flies from there. */
static void deliver_first(const struct end *from, uint8_t kind)
{
	static struct datagram d;
	for (size_t i = 0; i < net.n; i++) {
		struct datagram *flying = &net.flying[(net.first + i) % FLYING];
		if (!mac_equal(flying->from, from->mac) || flying->bytes[0] != kind)
			continue;
		d = *flying;
		flying->bytes[0] = 0;   /* an unknown kind: refused when it comes */
		net_deliver(&d);
		return;
	}
	CHECK(false);
}

/* Both began, and each side confirmed the other's session last: they seal by different ones, also after a long silence. */
static void sessions_that_cross_go_on(void)
{
	enum { INIT = 1, RESPONSE, FINISH };
	net_start();
	end_send(a, b, 1, 1);
	deliver_first(a, INIT);
	net.now += 1100;                /* neither side yields any more */
	end_send(b, a, 2, 1);
	deliver_first(b, INIT);
	deliver_first(b, RESPONSE);
	deliver_first(a, RESPONSE);
	deliver_first(b, FINISH);
	deliver_first(a, FINISH);
	net_run();
	CHECK(a->got_n == 1 && b->got_n == 1);
	net_pass(60000);
	a->got_n = b->got_n = 0;
	end_send(a, b, 3, 1);
	end_send(b, a, 4, 1);
	net_run();
	CHECK(b->got_n == 1 && got_which(b, 0) == 3 && a->got_n == 1 && got_which(a, 0) == 4);
	CHECK(!a->refused[SECURE_REFUSED_INDEX] && !b->refused[SECURE_REFUSED_INDEX]);
}

int main(void)
{
	RUN(golden_vectors);
	RUN(refused_handshakes);
	RUN(refused_under_a_session);
	RUN(counters_end_at_2_60);
	RUN(window_edges);
	RUN(bursts_open_what_is_good);
	RUN(rekeying_loses_nothing);
	RUN(one_way_traffic_is_answered);
	RUN(rekeying_may_be_fast);
	RUN(sessions_end);
	RUN(sessions_that_cross_go_on);
	RUN(waiting_is_bounded);
	RUN(sources_of_others_are_refused);
	RUN(everything_is_forgotten);
	RUN(keys_change_without_a_loss);
	RUN(a_key_that_has_gone_takes_its_sessions);
	RUN(probes_make_paths);
	net_stop();
	return test_done();
}
