/* Secure sessions with somebody in between who may do anything to any datagram: keep it, drop it, double it, change it, cut
 * it, send it again, later, elsewhere, from elsewhere, to another edge or in another's name, and put pieces of it together.
 * Nothing forged is delivered, nothing twice, memory stays bounded, and when he stops traffic goes on.  Then whole edges
 * behind NATs, with loss, restarts and every other evil deed.
 */
#include "../unit/secure_fake.h"
#include "lib/evil.h"

enum { KEPT = 512, STEPS = 4000, NUMBERS = 1 << 16 };

static struct datagram kept[KEPT];
static size_t kept_n;
static bool evil_is_on;
static uint32_t numbers;
static uint8_t delivered[ENDS][NUMBERS];
static bool restarted[ENDS];

static size_t below(size_t n) { return (size_t)(test_random() % n); }

static void damage(struct datagram *d)
{
	const struct datagram *other = &kept[below(kept_n)];
	size_t at = below(d->len + 1);
	switch (below(5)) {
	case 0:
		d->len = at;
		break;
	case 1:
		d->bytes[below(d->len ? d->len : 1)] ^= (uint8_t)(1 << below(8));
		break;
	case 2:                         /* the end of another */
		if (other->len > at)
			memcpy(d->bytes + at, other->bytes + at, other->len - at);
		d->len = other->len > at ? other->len : at;
		break;
	case 3:
		d->bytes[0] = (uint8_t)below(10);
		break;
	default:
		memcpy(d->bytes + 4, other->bytes + 4, 12);
	}
}

static void misdirect(struct datagram *d)
{
	const struct end *e = &net.end[below(ENDS)], *other = &net.end[below(ENDS)];
	if (below(2))
		memcpy(d->to, e->mac, MAC_LEN);
	if (below(2))
		memcpy(d->from, other->mac, MAC_LEN);
	if (below(2))
		d->source.addr.port = (uint16_t)(1 + below(65535));
	d->relayed = below(2);
	d->target = e->at;
}

static bool deed(struct datagram *d)
{
	if (!evil_is_on)
		return true;
	kept[kept_n < KEPT ? kept_n++ : below(KEPT)] = *d;
	if (!below(3))
		return false;
	for (size_t again = below(3); again; again--) {
		static struct datagram other;
		other = kept[below(kept_n)];
		if (below(2))
			damage(&other);
		if (below(2))
			misdirect(&other);
		net_deliver(&other);
	}
	if (!below(4))
		damage(d);
	if (!below(8))
		misdirect(d);
	return true;
}

/* What has come is what was sent, by whom it was sent, and once. */
static void look(size_t i)
{
	struct end *e = &net.end[i];
	for (size_t k = 0; k < e->got_n; k++) {
		uint32_t which = got_which(e, k), from = which >> 24, to = which >> 20 & 15;
		CHECK(e->got[k].len == 60 && mac_equal(e->got[k].bytes + MAC_LEN, e->got[k].edge));
		CHECK(from < ENDS && mac_equal(net.end[from].mac, e->got[k].edge));
		CHECK(to == i || to == 15);
		bool again = ++delivered[i][which & 0xfffff] > 1;
		CHECK(!again || (to == 15 && restarted[i]));    /* GROUPs of the last 4 s before it learnt the key */
	}
	e->got_n = 0;
}

static void look_all(void)
{
	struct secure_info info;
	for (size_t i = 0; i < ENDS; i++) {
		look(i);
		secure_info(net.end[i].s, &info);
		CHECK(info.sessions <= 3 * info.peers && info.peers <= 64 && info.answering <= 1024);
		CHECK(info.waiting_frames <= 64 * info.peers);
	}
}

static void say_something(void)
{
	static const uint8_t all[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	size_t from = below(ENDS), to = below(ENDS);
	struct end *e = &net.end[from];
	bool group = !below(6);
	size_t n = 1 + below(4);
	if (from == to || numbers + n >= NUMBERS)
		return;
	(void)end_send_from(e, e->mac, group ? all : net.end[to].mac,
		(uint32_t)(from << 24 | (group ? 15 : to) << 20 | numbers), n, 60);
	numbers += (uint32_t)n;
}

static size_t silent_pairs(void)
{
	size_t silent = 0;
	for (size_t a = 0; a < ENDS; a++)
		for (size_t b = 0; b < ENDS; b++) {
			if (a == b)
				continue;
			uint32_t which = numbers++;
			end_send_from(&net.end[a], net.end[a].mac, net.end[b].mac, (uint32_t)(a << 24 | b << 20 | which), 1, 60);
			net_run();
			look_all();
			silent += !delivered[b][which];
		}
	return silent;
}

static void attacked(bool restarts)
{
	net_start();
	net.hook = deed;
	evil_is_on = true;
	kept_n = numbers = 0;
	memset(delivered, 0, sizeof(delivered));
	memset(restarted, 0, sizeof(restarted));
	for (int step = 0; step < STEPS; step++) {
		say_something();
		net_run();
		look_all();
		if (!below(4))
			net_pass(below(600));
		if (!below(200))
			net_pass(below(90000));
		if (restarts && !below(500)) {
			size_t i = below(ENDS);
			const struct secure_config config = fake_config(&net.end[i]);
			end_start(&net.end[i], &config);
			restarted[i] = true;
		}
		look_all();
	}
	/* He stops: what waits for his answers is over after a while, and then nothing is lost. */
	evil_is_on = false;
	for (size_t i = 0; i < ENDS; i++)
		memset(net.end[i].path, 0, sizeof(net.end[i].path));    /* the engine would drop what is silent */
	for (int second = 0; second < 25; second++) {
		silent_pairs();
		net_pass(1000);
		look_all();
	}
	CHECK_INT(silent_pairs(), 0);
}

static void nothing_forged_and_nothing_twice(void) { attacked(false); }
static void restarts_change_nothing_of_that(void) { attacked(true); }

/* Whole edges: NATs, direct paths, loss, datagrams doubled and out of order, restarts, evil deeds of all kinds. */
static void edges_behind_nats(bool bad)
{
	struct world *w = world_new(test_random());
	struct evil *evil = NULL;
	world_super(w);
	for (unsigned i = 0; i < 6; i++)
		world_edge(w, 0, i % NAT_KINDS)->secured = true;
	if (bad) {
		*net_quality(w->net) = (struct quality){
			.delay_ms = 20, .jitter_ms = 20, .loss_permille = 30, .duplicate_permille = 50, .reorder_permille = 100
		};
		evil = evil_new(w, EVIL_NOISE | EVIL_QUESTIONS | EVIL_LIES | EVIL_REPLAYS | EVIL_IMPOSES);
	}
	world_start(w);
	world_run(w, 5000);
	if (evil)
		evil_go(evil, 50);
	world_traffic(w, 50);
	world_run(w, 30000);
	for (unsigned i = 0; i < 4; i++) {
		member_crash(w->members[i]);
		world_run(w, 2000);
		member_start(w->members[i]);
		world_run(w, 10000);
	}
	world_run(w, 150000);           /* beyond the life of a session */
	if (evil)
		evil_stop(evil);
	*net_quality(w->net) = (struct quality){ .delay_ms = 5 };
	world_run(w, 20000);
	world_check_pairs(w, 1);
	world_check_groups(w, FRAME_BROADCAST);
	world_check_groups(w, FRAME_MULTICAST);
	for (size_t a = 0; a < w->members_n; a++)
		for (size_t b = 0; b < w->members_n; b++)
			if (a != b && !bad && nats_can_be_direct(a % NAT_KINDS, b % NAT_KINDS))
				world_check_direct(w, w->members[a], w->members[b], true);
	CHECK_INT(world_end(w), 0);
	evil_free(evil);
}

static void edges_have_sessions(void) { edges_behind_nats(false); }
static void edges_have_sessions_whatever_happens(void) { edges_behind_nats(true); }

/* A member moves to another address: what it sends from there is answered, and the path is there a round trip later. */
static void who_moves_is_followed(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	struct member *a = world_edge(w, 0, NAT_NONE), *b = world_edge(w, 0, NAT_NONE);
	a->secured = b->secured = true;
	world_start(w);
	world_run(w, 3000);
	world_talk(a, b, 6, 1000);
	world_check_direct(w, a, b, true);
	site_move(a->station->site);
	world_say(a, b, FRAME_PING, 0); /* nobody has told its engine */
	world_run(w, 500);
	struct edge_peer_info info;
	size_t cursor = 0;
	CHECK(edge_peer_next(b->edge, &cursor, &info));
	CHECK(info.direct && addr_same_ip(&info.endpoint, &a->station->ip4));
	/* Without supernode the sessions last, and new ones are begun by the direct path. */
	super_crash(w->supers[0]);
	world_run(w, 5000);
	for (unsigned i = 0; i < 300; i++) {
		uint32_t ping = world_say(a, b, FRAME_PING, 0);
		world_run(w, 1000);
		CHECK(ledger_times(w->ledger, ping, b->slot) == 1);
	}
	CHECK_INT(world_end(w), 0);
}

/* Somebody who acknowledges whatever he is asked, and claims to be everybody, gets nothing to see. */
static void nobody_draws_frames_to_himself(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 4; i++)
		world_edge(w, 0, NAT_NONE)->secured = true;
	struct evil *evil = evil_new(w, EVIL_IMPOSES);
	world_start(w);
	world_run(w, 3000);
	evil_go(evil, 5);
	world_traffic(w, 20);
	world_run(w, 30000);
	CHECK_INT(evil_frames_got(evil), 0);
	world_check_pairs(w, 1);
	CHECK_INT(world_end(w), 0);
	evil_free(evil);
}

int main(void)
{
	RUN(nothing_forged_and_nothing_twice);
	RUN(restarts_change_nothing_of_that);
	net_stop();
	RUN(edges_have_sessions);
	RUN(edges_have_sessions_whatever_happens);
	RUN(who_moves_is_followed);
	RUN(nobody_draws_frames_to_himself);
	return test_done();
}
