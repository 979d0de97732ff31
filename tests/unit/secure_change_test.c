/* Keys, trust, MACs and paths that change, and what they do to sessions; what is spent on strangers. */
#include "../../src/engine/secure/state.h"
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1], *const c = &net.end[2];

static bool nothing_passes(struct datagram *d) { return (void)d, false; }

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

/* What waits when keys change waits on: the next handshake is by the new ones. */
static void what_waits_outlives_a_change_of_keys(void)
{
	const struct secure_keys new = fake_keys(2);
	net_start();
	net.hook = nothing_passes;
	end_send(a, b, 1, 1);
	net_run();
	net.hook = NULL;
	secure_set_keys(a->s, net.now, &new, 1);
	secure_set_keys(b->s, net.now, &new, 1);
	net_pass(2000);
	CHECK_INT(b->got_n, 1);
}

/* Made-up messages make an edge begin ten handshakes a second, one each 5 s with a MAC. */
static void unknown_indices_have_a_budget(void)
{
	struct secure_info info;
	net_start();
	for (uint32_t i = 0; i < 1000; i++) {
		struct datagram d = { .relayed = true, .len = 100 };
		d.bytes[0] = i & 1 ? KIND_DATA : KIND_CONTROL;
		put_be32(d.bytes + 4, i);
		memcpy(d.from, (uint8_t[]){ 2, 0, 0, 0, 1, (uint8_t)(i < 500 ? 0 : i) }, MAC_LEN);
		memcpy(d.to, b->mac, MAC_LEN);
		net_deliver(&d);
		if (i == 499) {
			secure_info(b->s, &info);
			CHECK_INT(info.counts.handshakes_begun, 1);
		}
	}
	secure_info(b->s, &info);
	CHECK_INT(info.counts.handshakes_begun, 10);
	CHECK_INT(b->refused[SECURE_REFUSED_INDEX], 1000);
	/* Of a MAC that is heard nothing is believed but what opens. */
	net_start();
	end_send(b, a, 1, 1);
	net_run();
	net_pass(6000);
	end_send(a, b, 1, 1);
	net_run();
	struct datagram d = { .relayed = true, .len = 100, .bytes = { KIND_DATA, 0, 0, 0, 1, 2, 3, 4 } };
	memcpy(d.from, a->mac, MAC_LEN);
	memcpy(d.to, b->mac, MAC_LEN);
	net_deliver(&d);
	CHECK_INT(b->refused[SECURE_REFUSED_INDEX], 1);
	CHECK_INT(net.n, 0);
}

/* 64 messages before FINISH, for 3 s. */
static bool no_finish(struct datagram *d) { return d->bytes[0] != KIND_FINISH; }
static void early_messages_are_bounded(void)
{
	net_start();
	net.hook = no_finish;
	end_send(a, b, 0, 60);
	net_run();
	for (uint32_t i = 0; i < 10; i++)
		end_send(a, b, 100 + i, 1);
	net_run();
	CHECK(b->refused[SECURE_REFUSED_EARLY_FULL] >= 6);
	net.hook = NULL;
	net_pass(1000);
	CHECK_INT(b->got_n, 63);        /* and the sender key */
	net_start();
	net.hook = no_finish;
	end_send(a, b, 0, 60);
	net_pass(3200);
	net.hook = NULL;
	net_pass(1000);
	CHECK_INT(b->got_n, 0);
	CHECK(info_of(b, a).session);
}

/* A cookie is good for one to two minutes. */
static void cookies_age(void)
{
	uint8_t cookie[HANDSHAKE_COOKIE] = { 1 };
	net_start();
	for (int minutes = 0; minutes < 4; minutes++) {
		net.now += 1000 * COOKIE_MS;
		CHECK(!retry_is_right(b->s, net.now, a->mac, cookie));
		handshake_cookie(cookie, b->s->retry.secret[0], a->mac);
		CHECK(retry_is_right(b->s, net.now, a->mac, cookie));
		CHECK(!retry_is_right(b->s, net.now, c->mac, cookie));
		net.now += COOKIE_MS;
		CHECK(retry_is_right(b->s, net.now, a->mac, cookie));
		net.now += COOKIE_MS;
		CHECK(!retry_is_right(b->s, net.now, a->mac, cookie));
	}
}

/* Who may not join any more cannot read what is sent to all either. */
static void who_has_gone_gets_no_group_either(void)
{
	static const uint8_t all[MAC_LEN] = { 255, 255, 255, 255, 255, 255 };
	struct secure_trusted listed[2];
	struct secure_config config;
	net_start();
	memset(listed, 0, sizeof(listed));
	memcpy(listed[0].public, a->id.public, SECURE_KEY);
	memcpy(listed[1].public, c->id.public, SECURE_KEY);
	config = fake_config(b);
	config.trust = (struct secure_trust){ true, listed, 2 };
	end_start(b, &config);
	end_send(a, b, 1, 1);
	end_send(c, b, 1, 1);
	net_run();
	end_send_from(b, b->mac, all, 1, 1, 60);
	net_run();
	CHECK_INT(a->got_n, 1);
	CHECK_INT(c->got_n, 1);
	secure_set_trust(b->s, net.now, &(struct secure_trust){ true, listed, 1 });
	net_pass(100);
	end_send_from(b, b->mac, all, 2, 1, 60);
	net_run();
	net_pass(5000);
	CHECK_INT(a->got_n, 2);
	CHECK_INT(c->got_n, 1);
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
	RUN(sessions_that_cross_go_on);
	RUN(everything_is_forgotten);
	RUN(keys_change_without_a_loss);
	RUN(a_key_that_has_gone_takes_its_sessions);
	RUN(what_waits_outlives_a_change_of_keys);
	RUN(unknown_indices_have_a_budget);
	RUN(early_messages_are_bounded);
	RUN(cookies_age);
	RUN(who_has_gone_gets_no_group_either);
	RUN(probes_make_paths);
	net_stop();
	return test_done();
}
