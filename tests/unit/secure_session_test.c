/* What a session carries, for how long, and what it refuses. */
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

/* One side of a session whose keys are those of both directions. */
static struct session *session_with(struct end *e, const struct end *peer)
{
	struct peer_state *p = secure_peer_find(e->s, peer->mac);
	CHECK(p && p->sealing);
	return p ? p->sealing : NULL;
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

int main(void)
{
	RUN(counters_end_at_2_60);
	RUN(window_edges);
	RUN(bursts_open_what_is_good);
	RUN(rekeying_loses_nothing);
	RUN(one_way_traffic_is_answered);
	RUN(rekeying_may_be_fast);
	RUN(sessions_end);
	RUN(waiting_is_bounded);
	RUN(sources_of_others_are_refused);
	net_stop();
	return test_done();
}
