/* Who is answered, how often, and who may join. */
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1], *const c = &net.end[2];

static void restarted(struct end *e)
{
	const struct secure_config config = fake_config(e);
	end_start(e, &config);
}

/* Whoever has no key gets no answer, and we do no work for him; whoever has one gets a cookie when there is a session. */
static void strangers_get_no_answer(void)
{
	struct secure_keys others = fake_keys(2);
	struct secure_config config;
	struct secure_info info;
	net_start();
	config = fake_config(c);
	config.keys = &others;
	end_start(c, &config);
	end_send(c, b, 1, 1);
	net_pass(10000);
	secure_info(b->s, &info);
	CHECK_INT(info.counts.handshakes_answered + info.counts.retries_sent, 0);
	CHECK_INT(info.peers, 0);
	CHECK_INT(b->refused[SECURE_REFUSED_INIT], 4);
}

static void a_session_asks_for_cookies(void)
{
	struct secure_info info;
	net_start();
	end_send(a, b, 1, 1);
	net_run();
	restarted(a);
	end_send(a, b, 2, 1);
	net_run();
	secure_info(b->s, &info);
	CHECK_INT(info.counts.retries_sent, 1);
	secure_info(a->s, &info);
	CHECK_INT(info.counts.retries_taken, 1);
	CHECK_INT(got_which(b, b->got_n - 1), 2);
}

/* 64 strangers with the key at once, then 64 a second; the others are given cookies. */
static void handshakes_have_a_budget(void)
{
	struct secure_info info;
	struct noise_psk psk;
	struct secure_keys keys = fake_keys(1);
	net_start();
	noise_psk_init(&psk, keys.psk);
	for (uint32_t i = 0; i < 2000; i++) {
		uint8_t prologue[9 + COMMUNITY_LEN + 2 * MAC_LEN], ephemeral[NOISE_KEY];
		struct datagram d = { .relayed = true, .len = HANDSHAKE_INIT_LEN };
		struct handshake_init m = { .sender = i, .suites = 1 };
		struct noise n;
		memcpy(d.from, (uint8_t[]){ 2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i }, MAC_LEN);
		memcpy(d.to, b->mac, MAC_LEN);
		memcpy(prologue, "castnet 1", 9);
		memcpy(prologue + 9, test_community, COMMUNITY_LEN);
		memcpy(prologue + 9 + COMMUNITY_LEN, d.from, MAC_LEN);
		memcpy(prologue + 9 + COMMUNITY_LEN + MAC_LEN, d.to, MAC_LEN);
		fake_random(NULL, ephemeral, sizeof(ephemeral));
		noise_begin(&n, &psk, prologue, sizeof(prologue));
		handshake_put_init(&n, ephemeral, &m, d.bytes);
		net_deliver(&d);
		net.n = 0;
	}
	secure_info(b->s, &info);
	CHECK_INT(info.counts.handshakes_answered, 64);
	CHECK_INT(info.counts.retries_sent, 1000);
	CHECK_INT(b->refused[SECURE_REFUSED_RATE], 936);
	CHECK_INT(info.answering, 64);
	CHECK_INT(info.peers, 0);
}

/* Whoever has K and not what the trust list asks for. */
static void only_those_listed_may_join(void)
{
	struct secure_trusted listed[2];
	struct secure_config config;
	net_start();
	memset(listed, 0, sizeof(listed));
	memcpy(listed[0].public, a->id.public, SECURE_KEY);
	config = fake_config(b);
	config.trust = (struct secure_trust){ true, listed, 1 };
	end_start(b, &config);
	end_send(a, b, 1, 1);
	end_send(c, b, 1, 1);
	net_pass(1000);
	CHECK_INT(b->got_n, 1);
	CHECK(b->refused[SECURE_REFUSED_NOT_TRUSTED] >= 1);
	CHECK_INT(b->note, SECURE_NOTE_NOT_TRUSTED);
	CHECK_INT(b->notes, 2);
	end_send(b, c, 1, 1);   /* and at RESPONSE */
	net_pass(1000);
	CHECK_INT(c->got_n, 0);
	/* Then he is, and later not any more: his session ends. */
	memcpy(listed[1].public, c->id.public, SECURE_KEY);
	secure_set_trust(b->s, net.now, &(struct secure_trust){ true, listed, 2 });
	net_pass(16000);
	end_send(c, b, 2, 1);
	net_pass(1000);
	CHECK_INT(b->got_n, 2);
	secure_set_trust(b->s, net.now, &(struct secure_trust){ true, listed, 1 });
	CHECK(!info_of(b, c).session);
	CHECK(info_of(b, a).session);
	listed[0].bound = true;
	secure_set_trust(b->s, net.now, &(struct secure_trust){ true, listed, 1 });
	CHECK(!info_of(b, a).session);
}

static void made_macs_belong_to_their_identity(void)
{
	struct secure_config config;
	net_start();
	memcpy(c->mac, a->mac, MAC_LEN);
	config = fake_config(c);
	end_start(c, &config);
	secure_free(a->s);
	a->s = NULL;
	end_send(c, b, 1, 1);
	net_pass(1000);
	CHECK_INT(b->got_n, 0);
	CHECK(b->refused[SECURE_REFUSED_NOT_OWNER] >= 1);
	CHECK_INT(b->note, SECURE_NOTE_NOT_OWNER);
}

/* A MAC of -m stays with who has it, for as long as he lives. */
static void other_macs_stay_with_who_has_them(void)
{
	static const uint8_t mac[MAC_LEN] = { 0x02, 1, 2, 3, 4, 5 };
	struct secure_config config;
	net_start();
	memcpy(a->mac, mac, MAC_LEN);
	config = fake_config(a);
	end_start(a, &config);
	end_send(a, b, 1, 1);
	net_run();
	CHECK_INT(b->got_n, 1);
	/* It lives: it answers. */
	memcpy(c->mac, mac, MAC_LEN);
	config = fake_config(c);
	end_start(c, &config);
	end_send(c, b, 2, 1);
	net_pass(12000);
	CHECK_INT(b->got_n, 1);
	CHECK(b->refused[SECURE_REFUSED_TAKEN] >= 1);
	CHECK(!memcmp(info_of(b, a).public, a->id.public, SECURE_KEY));
	/* It does not: after 3 s it is wiped, and who repeats himself succeeds. */
	secure_free(a->s);
	a->s = NULL;
	net_pass(10000);
	end_send(c, b, 3, 1);
	net_pass(4500);
	end_send(c, b, 4, 1);
	net_run();
	CHECK_INT(b->got_n, 2);
	CHECK(!memcmp(info_of(b, c).public, c->id.public, SECURE_KEY));
}

static void nobody_talks_to_himself(void)
{
	struct secure_config config;
	net_start();
	c->id = a->id;
	memcpy(c->mac, (uint8_t[]){ 2, 0, 0, 0, 0, 1 }, MAC_LEN);
	config = fake_config(c);
	end_start(c, &config);
	end_send(c, a, 1, 1);
	net_pass(20000);
	CHECK_INT(a->got_n, 0);
	CHECK(!info_of(c, a).session && !info_of(a, c).session);
}

/* A responder of our own making, which knows K. */
struct responder {
	struct noise noise;
	struct noise_static own;
	struct handshake_init init;
};

static bool responder_take(struct responder *r, const struct datagram *d)
{
	uint8_t prologue[9 + COMMUNITY_LEN + 2 * MAC_LEN];
	struct secure_keys keys = fake_keys(1);
	struct noise_psk psk;
	noise_psk_init(&psk, keys.psk);
	memcpy(prologue, "castnet 1", 9);
	memcpy(prologue + 9, test_community, COMMUNITY_LEN);
	memcpy(prologue + 9 + COMMUNITY_LEN, d->from, MAC_LEN);
	memcpy(prologue + 9 + COMMUNITY_LEN + MAC_LEN, d->to, MAC_LEN);
	noise_begin(&r->noise, &psk, prologue, sizeof(prologue));
	memcpy(r->own.private, c->id.private, NOISE_KEY);
	memcpy(r->own.public, c->id.public, NOISE_KEY);
	return handshake_get_init(&r->noise, &r->init, d->bytes, d->len);
}

static struct datagram first_sent(void)
{
	struct datagram d = net.flying[net.first];
	net.n = 0;
	return d;
}

/* What c would say to a, to whom this was sent. */
static void say_to_a(const uint8_t *bytes, size_t len)
{
	struct datagram d = { .relayed = true, .len = len };
	memcpy(d.from, c->mac, MAC_LEN);
	memcpy(d.to, a->mac, MAC_LEN);
	memcpy(d.bytes, bytes, len);
	net_deliver(&d);
}

static void another_choice_of_suite_ends_it(void)
{
	static const uint16_t chosen[] = { 0, 2, 7, 0xffff };
	for (size_t i = 0; i < 4; i++) {
		struct responder r;
		uint8_t ephemeral[NOISE_KEY] = { 9 }, out[HANDSHAKE_RESPONSE_LEN];
		struct handshake_response m = { .sender = 77, .suites = 3, .chosen = chosen[i] };
		net_start();
		if (i == 0 && !aead_available(AEAD_AEGIS_128L))
			continue;
		end_send(a, c, 1, 1);
		struct datagram d = first_sent();
		CHECK(responder_take(&r, &d));
		CHECK(handshake_put_response(&r.noise, &r.own, ephemeral, r.init.sender, &m, out));
		say_to_a(out, sizeof(out));
		CHECK_INT(a->refused[SECURE_REFUSED_SUITES], 1);
		CHECK_INT(net.n, 0);
		CHECK(!info_of(a, c).session);
		net_pass(20000);        /* and the next frame begins another */
		end_send(a, c, 2, 1);
		net_run();
		CHECK_INT(c->got_n, 1);
	}
}

static void one_retry_is_taken(void)
{
	struct secure_keys keys = fake_keys(1);
	struct secure_info info;
	net_start();
	end_send(a, c, 1, 1);
	for (uint8_t i = 1; i < 4; i++) {
		struct handshake_retry m = { .cookie = { i } };
		uint8_t out[HANDSHAKE_RETRY_LEN];
		struct datagram d = first_sent();
		struct responder r;
		CHECK(responder_take(&r, &d));
		m.receiver = r.init.sender;
		handshake_proof(m.proof, keys.ck, handshake_ephemeral(d.bytes), m.cookie);
		m.proof[0] ^= i == 1;
		handshake_put_retry(&m, out);
		say_to_a(out, sizeof(out));
		secure_info(a->s, &info);
		CHECK_INT(info.counts.retries_taken, i > 1);
		if (i == 2)             /* another ephemeral key, and the cookie */
			CHECK(memcmp(handshake_ephemeral(net.flying[net.first].bytes), handshake_ephemeral(d.bytes), NOISE_KEY) &&
			      responder_take(&r, &net.flying[net.first]) && r.init.cookie[0] == 2);
		else
			net_put(&d);
	}
	CHECK_INT(a->refused[SECURE_REFUSED_RETRY], 2);
}

/* One that was made for another MAC of ours. */
static void an_init_is_for_one_mac(void)
{
	net_start();
	end_send(a, b, 1, 1);
	struct datagram d = first_sent();
	end_open(c, &d, &d.source, false);
	CHECK_INT(c->refused[SECURE_REFUSED_INIT], 1);
	memcpy(d.to, c->mac, MAC_LEN);  /* and goes to that one alone */
	end_open(b, &d, &d.source, false);
	CHECK_INT(b->refused[SECURE_REFUSED_INIT], 1);
	b->refused[SECURE_REFUSED_INIT] = 0;
	memcpy(d.to, b->mac, MAC_LEN);
	b->mac[0] = 2;
	b->t->mac(b->t->ctx, net.now, b->mac);
	end_open(b, &d, &d.source, false);
	CHECK_INT(b->refused[SECURE_REFUSED_INIT], 1);
	CHECK_INT(net.n, 0);
}

int main(void)
{
	RUN(strangers_get_no_answer);
	RUN(a_session_asks_for_cookies);
	RUN(handshakes_have_a_budget);
	RUN(only_those_listed_may_join);
	RUN(made_macs_belong_to_their_identity);
	RUN(other_macs_stay_with_who_has_them);
	RUN(nobody_talks_to_himself);
	RUN(another_choice_of_suite_ends_it);
	RUN(one_retry_is_taken);
	RUN(an_init_is_for_one_mac);
	net_stop();
	return test_done();
}
