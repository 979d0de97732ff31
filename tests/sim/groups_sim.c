/* Multicast groups: who has joined gets each frame exactly once, whatever is lost, late, doubled or restarted,
 * among edges that report, edges that do not (--no-groups) and n2n-like ones; and what that costs.
 */
#include "../unit/test.h"
#include "lib/mem.h"
#include "lib/world.h"

enum { SETTLE_MS = 45000 };     /* a lease and some: news that were lost are made good */

static uint64_t sent_by_edges(const struct world *w)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->members_n; i++)
		n += w->members[i]->sent;
	return n;
}

static struct member *any(struct world *w) { return w->members[rng_below(&w->rng, (uint32_t)w->members_n)]; }

/* Some of everything; groups 1 to groups-1 are joined by some. */
static struct world *village(unsigned supers, unsigned edges, unsigned groups)
{
	struct world *w = world_new(test_random());
	for (unsigned i = 0; i < supers; i++)
		world_super(w);
	for (unsigned i = 0; i < edges; i++) {
		struct member *m = world_edge(w, 0, i % NAT_KINDS);
		m->old = i % 7 == 3;
		if (i % 7 == 5)
			m->config.groups_max = 0;
		m->config.p2p = m->config.discovery = i % 11 != 4;
		for (unsigned g = 1; g < groups; g++)
			host_set(&m->joined, g, rng_below(&w->rng, 3) == 0);
	}
	world_start(w);
	world_run(w, 10000);
	return w;
}

static void check_groups(struct world *w, unsigned groups)
{
	for (unsigned g = 0; g < groups; g++)
		world_check_group(w, any(w), g);
}

static void everybody_gets_what_he_has_joined(void)
{
	enum { GROUPS = 8 };
	struct world *w = village(1, 24, GROUPS);
	for (unsigned round = 0; round < 6; round++) {
		check_groups(w, GROUPS);
		world_run(w, 7000);
	}
	CHECK_INT(world_end(w), 0);
}

/* The relay carries nothing for groups whose members are reached directly, and nothing leaves for nobody. */
static void frames_go_straight_to_members(void)
{
	struct world *w = world_new(test_random());
	struct supernode_counts before;
	struct super *s = world_super(w);
	for (unsigned i = 0; i < 12; i++) {
		struct member *m = world_edge(w, 0, NAT_NONE);
		host_set(&m->joined, 1, i % 3 == 0);
	}
	world_start(w);
	world_run(w, 10000);
	for (unsigned i = 0; i < 30; i++) {             /* paths are made */
		world_say_to_group(w->members[1], 1);
		world_run(w, 200);
	}
	before = supernode_info(s->engine)->counts;
	uint64_t copies = edge_info(w->members[1]->edge)->counts.direct_out;
	for (unsigned i = 0; i < 100; i++) {
		world_say_to_group(w->members[1], 1);
		world_say_to_group(w->members[1], 2);   /* nobody */
		world_run(w, 20);
	}
	CHECK_INT(supernode_info(s->engine)->counts.relayed_flood, before.relayed_flood);
	CHECK_INT(supernode_info(s->engine)->counts.relayed_unicast, before.relayed_unicast);
	CHECK_INT(edge_info(w->members[1]->edge)->counts.direct_out - copies, 400);
	for (size_t i = 0; i < w->members_n; i++)
		CHECK(w->members[i]->unwanted == 0);
	CHECK_INT(world_end(w), 0);
}

static void joins_and_leaves(void)
{
	enum { GROUPS = 6 };
	struct world *w = village(1, 20, GROUPS);
	for (unsigned i = 0; i < 200; i++) {
		struct member *m = any(w);
		member_join(m, 1 + rng_below(&w->rng, GROUPS - 1), rng_below(&w->rng, 2));
		world_say_to_group(any(w), rng_below(&w->rng, GROUPS));
		world_run(w, rng_below(&w->rng, 300));
	}
	world_run(w, 3000);
	check_groups(w, GROUPS);
	CHECK_INT(world_end(w), 0);
}

static void chaos(struct world *w, unsigned groups, unsigned steps)
{
	for (unsigned i = 0; i < steps; i++) {
		struct member *m = any(w);
		struct super *s = w->supers[rng_below(&w->rng, w->supers_n)];
		switch (rng_below(&w->rng, 12)) {
		case 0:
			member_crash(m);
			member_start(m);
			break;
		case 1:
			member_stop(m);
			world_run(w, rng_below(&w->rng, 3000));
			member_start(m);
			break;
		case 2:
			if (i % 4)
				break;
			super_crash(s);
			world_run(w, rng_below(&w->rng, 20000));
			super_start(s);
			break;
		default:
			member_join(m, 1 + rng_below(&w->rng, groups - 1), rng_below(&w->rng, 2));
		}
		for (unsigned k = 0; k < 5; k++) {
			world_say_to_group(any(w), rng_below(&w->rng, groups));
			world_run(w, rng_below(&w->rng, 100));
		}
	}
}

/* No frame comes twice at any time (world.h); and once the network is good again all get theirs. */
static void bad_links(struct quality quality, unsigned supers)
{
	enum { GROUPS = 6 };
	struct quality good = { .delay_ms = 10, .jitter_ms = 2 };
	struct world *w = village(supers, 20, GROUPS);
	*net_quality(w->net) = quality;
	chaos(w, GROUPS, 150);
	*net_quality(w->net) = good;
	world_run(w, SETTLE_MS);
	world_check_registered(w);
	for (unsigned g = 0; g < GROUPS; g++)
		for (unsigned i = 0; i < 4; i++)
			world_check_group(w, any(w), g);
	CHECK_INT(world_end(w), 0);
}

static void loss(void) { bad_links((struct quality){ 10, 5, 100, 0, 0 }, 1); }
static void reordering(void) { bad_links((struct quality){ 20, 60, 0, 0, 300 }, 1); }
static void duplication(void) { bad_links((struct quality){ 10, 5, 0, 300, 0 }, 1); }
static void all_that_and_slow(void) { bad_links((struct quality){ 150, 100, 100, 100, 200 }, 1); }
/* Without duplicates by the network, which are delivered as ever: of what comes by two supernodes the copy may be taken for
 * the twin, and then it is the original that comes again. */
static void two_supernodes(void) { bad_links((struct quality){ 10, 5, 50, 0, 50 }, 2); }

/* Those that a source reaches directly miss nothing while the supernode is away and comes back. */
static void killing_the_supernode_interrupts_nothing(void)
{
	static const unsigned away_s[] = { 1, 5, 25, 90 };
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	struct member *from;
	for (unsigned i = 0; i < 10; i++)
		host_set(&world_edge(w, 0, NAT_NONE)->joined, 1, i % 2);
	world_start(w);
	world_run(w, 10000);
	from = w->members[0];
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 300; i++) {            /* paths are made, or kept */
			world_say_to_group(from, 1);
			world_run(w, 100);
		}
		super_crash(s);
		for (unsigned i = 0; i < away_s[round]; i++)
			world_check_group(w, from, 1);
		super_start(s);
		for (unsigned i = 0; i < 20; i++)
			world_check_group(w, from, 1);
		world_check_registered(w);
	}
	CHECK_INT(world_end(w), 0);
}

/* Membership is back within 5 s: what nobody wants is not sent, and what the relay carries goes to members alone. */
static void a_restarted_supernode_knows_the_groups_within_5_s(void)
{
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	for (unsigned i = 0; i < 30; i++) {
		struct member *m = world_edge(w, 0, i % NAT_KINDS);
		host_set(&m->joined, 1, i % 2);
		m->config.p2p = m->config.discovery = false;
	}
	world_start(w);
	world_run(w, 20000);
	for (unsigned round = 0; round < 3; round++) {
		struct supernode_group_info info = { .members = 0 };
		super_crash(s);
		world_run(w, round * 4000);
		super_start(s);
		world_run(w, 5000);
		for (size_t at = 0; supernode_group_next(s->engine, &at, &info) && info.mac[5] != 1; )
			;
		CHECK_INT(info.members, 15);
		CHECK_INT(info.everything, 0);
		world_check_group(w, w->members[0], 1);
	}
	CHECK_INT(world_end(w), 0);
}

/* --- figures --- */

/* How long a stream of a frame per millisecond takes to begin after a join, and to end after a leave. */
static uint64_t until(struct world *w, struct member *from, struct member *to, bool arrives)
{
	uint64_t at = world_now(w), last = 0;
	uint32_t id[4096];
	unsigned n;
	for (n = 0; n < 4096; n++) {
		id[n] = world_say_to_group(from, 9);
		world_run(w, 1);
		if (arrives && n > 0 && ledger_arrived(w->ledger, id[n / 2], to->slot))
			break;
	}
	world_run(w, 500);
	for (unsigned i = 0; i < n; i++) {
		bool there = ledger_arrived(w->ledger, id[i], to->slot);
		if (arrives && there)
			return i;
		if (there)
			last = i + 1;
	}
	return arrives ? world_now(w) - at : last;
}

static void how_long_a_join_and_a_leave_take(void)
{
	enum { ROUNDS = 10 };
	for (unsigned fast = 0; fast < 2; fast++) {
		struct world *w = world_new(test_random());
		uint64_t joined = 0, left = 0;
		world_super(w);
		for (unsigned i = 0; i < 8; i++)
			world_edge(w, 0, NAT_NONE)->config.fast_leave = fast;
		world_start(w);
		world_run(w, 10000);
		for (unsigned round = 0; round < ROUNDS; round++) {
			until(w, w->members[0], w->members[1], false);
			member_join(w->members[1], 9, true);
			joined += until(w, w->members[0], w->members[1], true);
			member_join(w->members[1], 9, false);
			left += until(w, w->members[0], w->members[1], false);
		}
		printf("     %s: first frame sent %.1f ms after the join arrives, last %.1f ms after the leave (10 ms each way)\n",
		       fast ? "fast leave" : "as specified", (double)joined / ROUNDS, (double)left / ROUNDS);
		CHECK(joined <= 30 * ROUNDS);
		CHECK(left <= (fast ? 100 : 1500) * ROUNDS);
		CHECK_INT(world_end(w), 0);
	}
}

static void idle_members_are_quiet(void)
{
	enum { EDGES = 50, MINUTES = 10 };
	double per_second[2];
	for (unsigned groups = 0; groups < 2; groups++) {
		struct world *w = world_new(test_random());
		uint64_t before;
		world_super(w);
		for (unsigned i = 0; i < EDGES; i++) {
			struct member *m = world_edge(w, 0, i % NAT_KINDS);
			for (unsigned g = 1; g < 20; g++)
				host_set(&m->joined, g, true);
			if (!groups)
				m->config.groups_max = 0;
		}
		world_start(w);
		world_run(w, 60000);
		before = sent_by_edges(w);
		world_run(w, MINUTES * 60000);
		per_second[groups] = (double)(sent_by_edges(w) - before) / (EDGES * MINUTES * 60);
		CHECK_INT(world_end(w), 0);
	}
	printf("     idle, 20 groups joined: %.3f datagrams/s per edge with groups, %.3f without\n", per_second[1],
	       per_second[0]);
	CHECK(per_second[1] < per_second[0] + 0.1);
}

static void two_thousand_edges_and_500_groups(void)
{
	enum { EDGES = 2000, GROUPS = 500, PER_EDGE = 5, SOURCES = 200 };
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	size_t memory;
	uint64_t sent, pushes, before, wanted = 0, unwanted = 0;
	s->config.groups_max = 65536;
	w->storm = 10000;                       /* a new edge is greeted by all 2000 after its ARP */
	for (unsigned i = 0; i < EDGES; i++) {
		struct member *m = world_edge(w, 0, i % NAT_KINDS);
		for (unsigned k = 0; k < PER_EDGE; k++)
			host_set(&m->joined, 1 + rng_below(&w->rng, GROUPS - 1), true);
	}
	world_start(w);
	world_until_registered(w, 20000);
	world_run(w, 5000);
	for (size_t at = 0, n = 0; ; n++) {
		struct supernode_group_info info;
		if (!supernode_group_next(s->engine, &at, &info)) {
			printf("     %zu groups known to the supernode\n", n);
			break;
		}
		wanted += info.members;
	}
	memory = mem_of_engines();
	before = sent_by_edges(w);
	pushes = supernode_info(s->engine)->counts.group_pushes;
	*net_quality(w->net) = (struct quality){ .delay_ms = 10, .jitter_ms = 5, .loss_permille = 20 };
	for (unsigned second = 0; second < 60; second++) {
		for (unsigned i = 0; i < SOURCES; i++) {
			world_say_to_group(w->members[i * (EDGES / SOURCES)], 1 + i * 2);
			if (i % 4 == 0)
				world_run(w, 20);
		}
		for (unsigned i = 0; i < 20; i++)       /* 20 joins or leaves a second */
			member_join(any(w), 1 + rng_below(&w->rng, GROUPS - 1), rng_below(&w->rng, 2));
		if (second % 10 == 0) {
			struct member *m = any(w);
			member_crash(m);
			member_start(m);
		}
		if (second % 20 == 19) {
			world_run(w, 1000);
			ledger_forget(w->ledger);
		}
	}
	sent = sent_by_edges(w) - before;
	for (size_t i = 0; i < w->members_n; i++)
		unwanted += w->members[i]->unwanted;
	printf("     %d edges, %llu memberships, %d sources: %.2f datagrams/s per edge, %.0f pushes/s, %llu frames to who has "
	       "not joined\n", EDGES, (unsigned long long)wanted, SOURCES, (double)sent / (EDGES * 60.0),
	       (double)(supernode_info(s->engine)->counts.group_pushes - pushes) / 60,
	       (unsigned long long)unwanted);
	printf("     memory of all engines: %.1f MB, %.1f MB more after that\n", (double)memory / 1e6,
	       (double)(mem_of_engines() - memory) / 1e6);
	*net_quality(w->net) = (struct quality){ .delay_ms = 10, .jitter_ms = 2 };
	world_run(w, SETTLE_MS);
	for (unsigned i = 0; i < 40; i++)
		world_check_group(w, any(w), 1 + rng_below(&w->rng, GROUPS - 1));
	CHECK_INT(world_end(w), 0);
}

int main(void)
{
	RUN(everybody_gets_what_he_has_joined);
	RUN(frames_go_straight_to_members);
	RUN(joins_and_leaves);
	RUN(loss);
	RUN(reordering);
	RUN(duplication);
	RUN(all_that_and_slow);
	RUN(two_supernodes);
	RUN(killing_the_supernode_interrupts_nothing);
	RUN(a_restarted_supernode_knows_the_groups_within_5_s);
	RUN(how_long_a_join_and_a_leave_take);
	RUN(idle_members_are_quiet);
	RUN(two_thousand_edges_and_500_groups);
	return test_done();
}
