/* Two edges get a session, whatever is lost, repeated or restarted on the way; how often things are said. */
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1];

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

static struct datagram first_sent(void)
{
	struct datagram d = net.flying[net.first];
	net.n = 0;
	return d;
}

/* Four times a second at most by either way; never when there is something by the session. */
static void repetitions_have_a_rate(void)
{
	net_start();
	end_send(a, b, 1, 1);
	struct datagram d = first_sent();
	for (int i = 0; i < 5; i++) {
		net_deliver(&d);
		end_open(b, &d, &d.source, false);
	}
	CHECK_INT(net.n, 2);
	CHECK_INT(b->refused[SECURE_REFUSED_RATE], 8);
	struct datagram response = net.flying[net.first];
	net.now += 250;
	net_deliver(&d);
	CHECK_INT(net.n, 3);
	net.n = 0;
	for (int i = 0; i < 5; i++)
		net_deliver(&response);
	CHECK_INT(net.n, 3);            /* FINISH, sender key, frame */
	net.now += 240;
	net_deliver(&response);
	CHECK_INT(net.n, 3);
	net.now += 10;
	net_deliver(&response);
	CHECK_INT(net.n, 4);
	net_run();
	CHECK_INT(b->got_n, 1);
	net.now += 1000;
	net_deliver(&response);
	CHECK_INT(net.n, 0);
}

/* With cookies, which a MAC may have as many of as it likes. */
static void three_handshakes_of_a_mac_are_answered(void)
{
	struct secure_info info;
	net_start();
	for (int i = 0; i < 6; i++) {
		restarted(a);
		end_send(a, b, 1, 1);
		deaf_to = 2;
		net.hook = deaf;
		net_run();
		net.hook = NULL;
	}
	secure_info(b->s, &info);
	CHECK_INT(info.counts.handshakes_answered, 6);
	CHECK_INT(info.answering, 3);
	net_pass(17000);
	end_send(a, b, 2, 1);
	net_run();
	secure_info(b->s, &info);
	CHECK_INT(info.answering, 0);
	CHECK_INT(b->got_n, 2);
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
	RUN(repetitions_have_a_rate);
	RUN(three_handshakes_of_a_mac_are_answered);
	net_stop();
	return test_done();
}
