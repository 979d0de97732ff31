/* Two edges get a session, whatever is lost, repeated, changed or sent elsewhere on the way. */
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1], *const c = &net.end[2];

static void frames_wait_for_a_session(void)
{
	net_start();
	CHECK_INT(end_send(a, b, 1, 3), SEAL_HELD);
	net_run();
	CHECK_INT(b->got_n, 3);
	for (size_t i = 0; i < b->got_n; i++)
		CHECK_INT(got_which(b, i), 1 + i);
	CHECK(mac_equal(b->got[0].edge, a->mac));
	CHECK(info_of(a, b).session && info_of(b, a).session);
	CHECK_INT(end_send(a, b, 4, 64), SEALED);
	CHECK_INT(end_send(b, a, 1, 1), SEALED);
	net_run();
	CHECK_INT(b->got_n, 67);
	CHECK_INT(a->got_n, 1);
	CHECK_INT(a->notes, 1);
	CHECK_INT(b->note, SECURE_NOTE_SESSION);
	CHECK_INT(info_of(a, b).suite, aead_available(AEAD_AEGIS_128L));
	CHECK(!memcmp(info_of(a, b).public, b->id.public, SECURE_KEY));
}

/* The how-many-th of a kind is lost. */
static struct { uint8_t kind; int nth, seen; } losing;
static bool lose(struct datagram *d)
{
	return d->bytes[0] != losing.kind || ++losing.seen != losing.nth;
}

static void each_message_may_be_lost(void)
{
	for (uint8_t kind = 1; kind <= 5; kind++) {
		for (int nth = 1; nth <= 3; nth++) {
			net_start();
			losing.kind = kind;
			losing.nth = nth;
			losing.seen = 0;
			net.hook = lose;
			end_send(a, b, 1, 2);
			net_pass(3000);
			end_send(a, b, 3, 2);
			end_send(b, a, 1, 2);
			net_pass(4000);
			CHECK(b->got_n >= 3 && a->got_n >= 1);  /* a frame itself may be what was lost */
			CHECK(info_of(a, b).session && info_of(b, a).session);
		}
	}
}

/* All of a kind, until further notice. */
static uint8_t deaf_to;
static bool deaf(struct datagram *d) { return d->bytes[0] != deaf_to; }

static void what_is_not_answered_is_given_up(void)
{
	struct secure_info info;
	net_start();
	deaf_to = 2;
	net.hook = deaf;
	end_send(a, b, 1, 5);
	net_pass(14000);
	secure_info(a->s, &info);
	CHECK_INT(info.waiting_frames, 5);
	CHECK_INT(info.counts.handshakes_begun, 1);
	CHECK_INT(net.sent, 4 + 4);             /* INIT at 0, 1, 3 and 7 s, and RESPONSEs */
	net_pass(2000);
	secure_info(a->s, &info);
	CHECK_INT(info.waiting_frames, 0);
	CHECK_INT(info.counts.waiting_dropped, 5);
	CHECK_INT(info.counts.handshakes_given_up, 1);
	net.hook = NULL;
	end_send(a, b, 6, 1);
	net_run();
	CHECK_INT(b->got_n, 1);
}

/* FINISH at 0, 0.25, 0.5, 1, 2 and 4 s; what comes without it is answered by RESPONSE, and kept. */
static void data_before_finish_waits(void)
{
	net_start();
	deaf_to = 3;
	net.hook = deaf;
	end_send(a, b, 1, 2);
	net_run();
	CHECK_INT(b->got_n, 0);
	net.hook = NULL;
	net_pass(300);
	CHECK_INT(b->got_n, 2);
	CHECK_INT(end_send(b, a, 1, 1), SEALED);
	net_run();
	CHECK_INT(a->got_n, 1);
	/* never: dropped after 8 s */
	net_start();
	net.hook = deaf;
	end_send(a, b, 1, 2);
	net_pass(9000);
	CHECK(!info_of(a, b).session);
}

static void both_at_once(void)
{
	net_start();
	end_send(a, b, 1, 1);
	end_send(b, a, 1, 1);
	net_run();
	CHECK_INT(a->got_n, 1);
	CHECK_INT(b->got_n, 1);
	net_pass(10000);
	struct secure_info ia, ib;
	secure_info(a->s, &ia);
	secure_info(b->s, &ib);
	CHECK_INT(ia.counts.handshakes_done + ib.counts.handshakes_done, 2);    /* one session, two sides */
}

/* The one that answers is the other that asked: both handshakes finish, both sessions open. */
static struct datagram kept[64];
static size_t kept_n;
static bool keep(struct datagram *d)
{
	if (kept_n < 64)
		kept[kept_n++] = *d;
	return true;
}

static void both_sessions_open(void)
{
	net_start();
	end_send(a, b, 1, 1);
	net.n = 0;
	net_pass(1500);         /* its second INIT is lost too */
	net.n = 0;
	end_send(b, a, 1, 1);
	net_run();
	net_pass(10000);
	CHECK_INT(b->got_n, 1);
	CHECK_INT(a->got_n, 1);
}

static void restarted(struct end *e)
{
	const struct secure_config config = fake_config(e);
	end_start(e, &config);
}

/* Either side forgets everything after the first n messages. */
static int forget_after, forget_count;
static struct end *forgetful;
static bool forget(struct datagram *d)
{
	(void)d;
	if (++forget_count == forget_after)
		restarted(forgetful);
	return true;
}

static void restarts_at_each_step(void)
{
	for (int side = 0; side < 2; side++) {
		for (forget_after = 1; forget_after <= 10; forget_after++) {
			net_start();
			forgetful = side ? b : a;
			forget_count = 0;
			net.hook = forget;
			end_send(a, b, 1, 1);
			net_run();
			/* Both have something to say from time to time. */
			for (uint32_t i = 0; i < 20; i++) {
				end_send(a, b, 100 + i, 1);
				end_send(b, a, 100 + i, 1);
				net_pass(1000);
			}
			CHECK(a->got_n && got_which(a, a->got_n - 1) == 119);
			CHECK(b->got_n && got_which(b, b->got_n - 1) == 119);
		}
	}
}

/* Everything that was ever said, again: nothing is delivered, no session, and no more than cookies are made of it. */
static void replayed_to(struct end *to, uint64_t after)
{
	struct secure_info before, info;
	net.hook = NULL;
	net.now += after;
	secure_info(to->s, &before);
	size_t got = to->got_n;
	for (size_t i = 0; i < kept_n; i++) {
		net_deliver(&kept[i]);
		net.n = 0;
	}
	secure_info(to->s, &info);
	CHECK_INT(to->got_n, got);
	CHECK_INT(info.sessions, before.sessions);
}

static void what_is_replayed_changes_nothing(void)
{
	net_start();
	kept_n = 0;
	net.hook = keep;
	end_send(a, b, 1, 3);
	net_run();
	end_send(b, a, 1, 3);
	net_run();
	CHECK(kept_n > 8);
	replayed_to(b, 0);
	replayed_to(a, 20000);
	replayed_to(b, 0);
	CHECK(b->refused[SECURE_REFUSED_REPLAYED] >= 6);
	CHECK_INT(end_send(a, b, 9, 1), SEALED);
	net_run();
	CHECK_INT(got_which(b, b->got_n - 1), 9);
}

/* Each bit of each message of a handshake, and each length: nothing comes of it, and the right one does after it. */
static bool mutate(struct datagram *d)
{
	static struct datagram changed;
	if (d->bytes[0] > 3)
		return true;
	for (size_t bit = 0; bit < 8 * d->len; bit++) {
		changed = *d;
		changed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		net_deliver(&changed);
	}
	for (size_t len = 0; len < d->len + 4; len++) {
		changed = *d;
		changed.len = len;
		if (len != d->len)
			net_deliver(&changed);
	}
	return true;
}

static void what_is_changed_changes_nothing(void)
{
	net_start();
	net.hook = mutate;
	end_send(a, b, 1, 3);
	net_run();
	CHECK_INT(b->got_n, 3);
	struct secure_info info;
	secure_info(b->s, &info);
	CHECK_INT(info.counts.handshakes_done, 1);
	secure_info(a->s, &info);
	CHECK_INT(info.counts.handshakes_done, 1);
}

/* To another edge, by another's MAC, in another community: refused.  (What is for an index that is not known makes an edge
 * begin a handshake of its own.) */
static bool misdirect(struct datagram *d)
{
	struct datagram other = *d;
	if (mac_equal(d->to, c->mac) || mac_equal(d->from, c->mac))
		return true;
	memcpy(other.to, c->mac, MAC_LEN);
	net_deliver(&other);
	end_open(c, d, &d->source, false);
	memcpy(other.to, d->to, MAC_LEN);
	memcpy(other.from, c->mac, MAC_LEN);
	net_deliver(&other);
	return true;
}

static void what_is_for_others_changes_nothing(void)
{
	struct secure_info info;
	net_start();
	net.hook = misdirect;
	end_send(a, b, 1, 3);
	net_run();
	CHECK_INT(b->got_n, 3);
	CHECK_INT(c->got_n, 0);
	secure_info(c->s, &info);
	CHECK_INT(info.counts.handshakes_answered, 0);
	struct secure_config config = fake_config(c);
	config.community[0] ^= 1;
	end_start(c, &config);
	end_send(c, b, 1, 1);
	net_pass(20000);
	CHECK_INT(b->got_n, 3);
	CHECK(b->refused[SECURE_REFUSED_INIT] > 0);
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
	b->mac[0] = 2;
	b->t->mac(b->t->ctx, net.now, b->mac);
	end_open(b, &d, &d.source, false);
	CHECK_INT(b->refused[SECURE_REFUSED_INIT], 1);
	CHECK_INT(net.n, 0);
}

int main(void)
{
	RUN(frames_wait_for_a_session);
	RUN(each_message_may_be_lost);
	RUN(what_is_not_answered_is_given_up);
	RUN(data_before_finish_waits);
	RUN(both_at_once);
	RUN(both_sessions_open);
	RUN(restarts_at_each_step);
	RUN(what_is_replayed_changes_nothing);
	RUN(what_is_changed_changes_nothing);
	RUN(what_is_for_others_changes_nothing);
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
