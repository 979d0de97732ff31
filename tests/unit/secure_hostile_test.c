/* Messages of handshakes that were replayed, changed or sent elsewhere change nothing. */
#include "secure_fake.h"

static struct end *const a = &net.end[0], *const b = &net.end[1], *const c = &net.end[2];

/* The one that answers is the other that asked: both handshakes finish, both sessions open. */
static struct datagram kept[64];
static size_t kept_n;
static bool keep(struct datagram *d)
{
	if (kept_n < 64)
		kept[kept_n++] = *d;
	return true;
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

int main(void)
{
	RUN(what_is_replayed_changes_nothing);
	RUN(what_is_changed_changes_nothing);
	RUN(what_is_for_others_changes_nothing);
	net_stop();
	return test_done();
}
