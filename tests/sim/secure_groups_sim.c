/* Members with a key: pairs, ARP, flooded and snooped groups by sessions and sender keys, relayed and directly, under
 * loss and restarts.  Each frame arrives once (world.h).
 */
#include "../unit/test.h"
#include "lib/world.h"

enum { GROUPS = 4 };

static struct world *village(unsigned edges, bool direct)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < edges; i++) {
		struct member *m = world_edge(w, 0, direct ? i % NAT_KINDS : NAT_NONE);
		m->secured = true;
		m->config.p2p = m->config.discovery = direct;
		for (unsigned g = 1; g < GROUPS; g++)
			host_set(&m->joined, g, (i + g) % 3 != 0);
	}
	world_start(w);
	world_until_registered(w, 20000);
	world_run(w, 3000);
	return w;
}

static void check_all_groups(struct world *w)
{
	for (size_t i = 0; i < w->members_n; i++)
		for (unsigned g = 0; g < GROUPS; g++)
			world_check_group(w, w->members[i], g);
}

static void check_arp_of(struct world *w, struct member *m, struct member *to)
{
	uint64_t asked = to->arp_asked, answered = m->arp_answered;
	member_arp(m, to);
	world_run(w, 1500);
	if (to->arp_asked != asked + 1)
		world_fail(w, "edge %u is not asked for its address by edge %u", to->id, m->id);
	else if (m->arp_answered != answered + 1)
		world_fail(w, "edge %u gets no answer to its ARP from edge %u", m->id, to->id);
}

/* Everybody asks for everybody: each question is heard once, each answer comes back. */
static void check_arp(struct world *w)
{
	for (size_t i = 0; i < w->members_n; i++)
		for (size_t k = 0; k < w->members_n; k++)
			if (i != k)
				check_arp_of(w, w->members[i], w->members[k]);
}

/* What was sealed is not to be read on the way. */
static void saw(void *ctx, const struct addr *from, const struct addr *to, const uint8_t *data, size_t len)
{
	struct wire_message m;
	(void)ctx, (void)from, (void)to;
	if (wire_get(&m, data, len) == WIRE_GOOD && m.type == WIRE_PACKET)
		CHECK(m.packet.transform == TRANSFORM_SECURE);
}

static void first_things_first(unsigned edges, bool direct)
{
	struct world *w = village(edges, direct);
	net_watch(w->net, saw, NULL);
	check_arp(w);
	world_check_groups(w, FRAME_BROADCAST);
	check_all_groups(w);
	world_check_pairs(w, 1);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

static void two_relayed(void) { first_things_first(2, false); }
static void two_directly(void) { first_things_first(2, true); }
static void sixteen_relayed(void) { first_things_first(16, false); }
static void sixteen_behind_nats(void) { first_things_first(16, true); }

/* The first frame to a group finds nobody with the key: it waits for it. */
static void the_first_frame_to_a_group_arrives(void)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct world *w = village(16, false);
		if (kind)
			world_check_group(w, w->members[3], 1);
		else
			world_check_groups(w, FRAME_BROADCAST);
		CHECK_INT(world_end(w), 0);
	}
}

/* Epochs and sessions change under traffic: nothing is lost. */
static void an_hour_loses_nothing(void)
{
	struct world *w = village(5, true);
	check_all_groups(w);
	for (unsigned minute = 0; minute < 60; minute++) {
		for (unsigned i = 0; i < 4; i++)
			world_check_group(w, w->members[i], i);
		world_check_pairs(w, 1);
		world_run(w, 52500);
	}
	for (size_t i = 0; i < w->members_n; i++) {
		struct secure_group_info info;
		secure_group_info(w->members[i]->secure, &info);
		CHECK(info.epoch > 25);
	}
	CHECK_INT(world_end(w), 0);
}

/* After hours without a word, when all has been forgotten. */
static void silence_does_no_harm(void)
{
	struct world *w = village(4, true);
	check_all_groups(w);
	world_run(w, 3 * 3600000);
	world_check_groups(w, FRAME_BROADCAST);
	check_all_groups(w);
	world_check_pairs(w, 1);
	CHECK_INT(world_end(w), 0);
}

/* Who has no AES among those who have: suite 0 for those who have to be heard by all. */
static void mixed_suites(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 6; i++) {
		struct member *m = world_edge(w, 0, NAT_NONE);
		m->secured = true;
		m->no_aes = i % 3 == 2;
	}
	world_start(w);
	world_until_registered(w, 20000);
	world_run(w, 3000);
	world_check_groups(w, FRAME_BROADCAST);
	world_check_groups(w, FRAME_MULTICAST);
	world_check_pairs(w, 1);
	for (size_t i = 0; i < w->members_n; i++) {
		struct secure_group_info info;
		secure_group_info(w->members[i]->secure, &info);
		CHECK_INT(info.suite, 0);
		CHECK_INT(info.receivers, 5);
	}
	CHECK_INT(world_end(w), 0);
}

/* Another key, or none: nothing passes either way. */
static void strangers_hear_nothing(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 4; i++) {
		struct member *m = world_edge(w, 0, NAT_NONE);
		m->secured = i < 3;
		m->key = i == 2;
	}
	world_start(w);
	world_until_registered(w, 20000);
	world_run(w, 3000);
	uint32_t id[4];
	for (unsigned i = 0; i < 4; i++)
		id[i] = world_say(w->members[i], NULL, FRAME_BROADCAST, 0);
	for (unsigned i = 0; i < 4; i++)
		world_say(w->members[i], w->members[(i + 2) % 4], FRAME_PING, 0);
	world_run(w, 20000);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++)
			if (i != k)
				CHECK_INT(ledger_arrived(w->ledger, id[i], w->members[k]->slot), i < 2 && k < 2);
	CHECK_INT(world_end(w), 0);
}

/* A member that starts again is heard, and hears, with its first frames. */
static void restarts_heal_at_once(void)
{
	struct world *w = village(8, true);
	check_all_groups(w);
	for (unsigned round = 0; round < 12; round++) {
		struct member *m = w->members[round % 8];
		member_crash(m);
		world_run(w, round * 1000);
		member_start(m);
		world_until_registered(w, 20000);
		world_run(w, 3000);
		check_arp(w);
		world_check_group(w, m, 0);
		world_check_group(w, w->members[(round + 1) % 8], 0);
	}
	CHECK_INT(world_end(w), 0);
}

static void chaos(struct world *w, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++) {
		struct member *m = w->members[rng_below(&w->rng, (uint32_t)w->members_n)];
		struct member *other = w->members[rng_below(&w->rng, (uint32_t)w->members_n)];
		if (i % 16 == 5) {
			member_crash(m);
			member_start(m);
		}
		if (i % 64 == 40) {
			super_crash(w->supers[0]);
			world_run(w, rng_below(&w->rng, 15000));
			super_start(w->supers[0]);
		}
		world_say_to_group(m, rng_below(&w->rng, GROUPS));
		world_say(other, NULL, FRAME_BROADCAST, 0);
		member_arp(m, other);
		if (m != other)
			world_say(m, other, FRAME_PING, 0);
		world_run(w, rng_below(&w->rng, 700));
	}
}

/* No frame comes twice at any time; and once the network is good again each comes once.  A session may be left that one
 * side alone has given up, where all that confirmed it was lost: the first frame by it shows that. */
static void bad_links(struct quality quality)
{
	struct world *w = village(16, true);
	*net_quality(w->net) = quality;
	chaos(w, 400);
	*net_quality(w->net) = (struct quality){ .delay_ms = 10, .jitter_ms = 2 };
	world_run(w, 45000);
	world_check_registered(w);
	world_check_groups(w, FRAME_BROADCAST);
	check_all_groups(w);
	world_check_pairs(w, 2);
	CHECK_INT(world_end(w), 0);
}

static void loss(void) { bad_links((struct quality){ 10, 5, 150, 0, 0 }); }
static void reordering(void) { bad_links((struct quality){ 20, 60, 0, 0, 300 }); }
static void duplication(void) { bad_links((struct quality){ 10, 5, 0, 300, 0 }); }
static void all_that_and_slow(void) { bad_links((struct quality){ 150, 100, 100, 100, 200 }); }

int main(void)
{
	RUN(two_relayed);
	RUN(two_directly);
	RUN(sixteen_relayed);
	RUN(sixteen_behind_nats);
	RUN(the_first_frame_to_a_group_arrives);
	RUN(an_hour_loses_nothing);
	RUN(silence_does_no_harm);
	RUN(mixed_suites);
	RUN(strangers_hear_nothing);
	RUN(restarts_heal_at_once);
	RUN(loss);
	RUN(reordering);
	RUN(duplication);
	RUN(all_that_and_slow);
	return test_done();
}
