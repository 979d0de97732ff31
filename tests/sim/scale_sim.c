/* Many edges, long times: figures, bounded chatter, memory that does not grow. */
#include "../unit/test.h"
#include "lib/mem.h"
#include "lib/world.h"

static uint64_t sent_by_edges(const struct world *w)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->members_n; i++)
		n += w->members[i]->sent;
	return n;
}

static void thousand_edges_in_twenty_communities(void)
{
	enum { EDGES = 1000, COMMUNITIES = 20 };
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	uint64_t ms, sent, events;
	for (unsigned i = 0; i < EDGES; i++)
		world_edge(w, i % COMMUNITIES, i / COMMUNITIES % NAT_KINDS);
	world_start(w);
	ms = world_until_registered(w, 10000);
	CHECK_INT(supernode_info(s->engine)->edges, EDGES);
	CHECK_INT(supernode_info(s->engine)->communities, COMMUNITIES);
	sent = sent_by_edges(w);
	printf("     %d edges registered after %llu ms, %.1f datagrams each\n", EDGES, (unsigned long long)ms,
	       (double)sent / EDGES);
	world_check_groups(w, FRAME_BROADCAST);
	world_check_pairs(w, 1);
	super_crash(s);
	super_start(s);
	world_run(w, 5000);
	CHECK_INT(supernode_info(s->engine)->edges, EDGES);
	world_check_registered(w);
	world_run(w, 25000);
	world_check_groups(w, FRAME_BROADCAST);
	events = queue_events(w->queue);
	printf("     %llu datagrams, %llu events, %llu deliveries\n", (unsigned long long)net_counts(w->net)->sent,
	       (unsigned long long)events, (unsigned long long)ledger_deliveries(w->ledger));
	CHECK_INT(world_end(w), 0);
}

static void idle_edges_are_quiet(void)
{
	enum { EDGES = 20, MINUTES = 10 };
	struct world *w = world_new(test_random());
	uint64_t edges, super;
	double per_second;
	world_super(w);
	for (unsigned i = 0; i < EDGES; i++)
		world_edge(w, 0, i % NAT_KINDS);
	world_start(w);
	world_run(w, 10000);
	world_check_pairs(w, 1);                /* they know each other, and fall silent */
	world_run(w, 90000);
	edges = sent_by_edges(w);
	super = w->supers[0]->sent;
	world_run(w, MINUTES * 60000);
	per_second = (double)(sent_by_edges(w) - edges) / (EDGES * MINUTES * 60);
	printf("     idle: %.2f datagrams/s per edge, %.2f datagrams/s per edge from the supernode\n", per_second,
	       (double)(w->supers[0]->sent - super) / (EDGES * MINUTES * 60));
	CHECK(per_second < 0.6);                /* a PING each 3 s, a registration each 20 s, a little more */
	CHECK_INT(world_end(w), 0);
}

static void lonely_edges_are_quiet(void)
{
	enum { EDGES = 10, MINUTES = 10 };
	struct world *w = world_new(test_random());
	double per_second;
	uint64_t notes = 0;
	world_super(w);
	world_super(w);
	for (unsigned i = 0; i < EDGES; i++)
		member_start(world_edge(w, 0, i % NAT_KINDS));
	world_run(w, MINUTES * 60000);
	per_second = (double)sent_by_edges(w) / (EDGES * MINUTES * 60);
	for (size_t i = 0; i < EDGES; i++)
		notes += w->members[i]->notes;
	printf("     no supernode answers: %.2f datagrams/s, %.1f lines of log per edge in %d minutes\n", per_second,
	       (double)notes / EDGES, MINUTES);
	CHECK(per_second < 4);
	CHECK(notes <= EDGES * (MINUTES + 3));
	CHECK_INT(world_end(w), 0);
}

/* All pairs talk once a second: what keeping paths alive costs. */
static void busy_edges_are_not_noisy(void)
{
	enum { EDGES = 10, SECONDS = 120 };
	struct world *w = world_new(test_random());
	uint64_t before, frames = 0;
	double extra;
	world_super(w);
	for (unsigned i = 0; i < EDGES; i++)
		world_edge(w, 0, i % NAT_KINDS);
	world_start(w);
	world_run(w, 30000);
	before = sent_by_edges(w);
	for (unsigned s = 0; s < SECONDS; s++) {
		for (unsigned a = 0; a < EDGES; a++)
			for (unsigned b = 0; b < EDGES; b++)
				if (a != b)
					world_say(w->members[a], w->members[b], FRAME_PING, 0);
		frames += EDGES * (EDGES - 1) * 2;
		world_run(w, 1000);
	}
	extra = (double)(sent_by_edges(w) - before - frames) / (EDGES * (EDGES - 1) * SECONDS);
	printf("     busy: %.2f control datagrams/s for each peer talked to\n", extra);
	CHECK(extra < 2.5);
	CHECK_INT(world_end(w), 0);
}

static void hour_of_everything(struct world *w, unsigned seconds)
{
	for (unsigned i = 0; i < seconds / 20; i++) {
		struct member *m = w->members[i % w->members_n];
		world_traffic(w, 50);
		member_crash(m);
		member_start(m);
		world_run(w, 10000);
		if (i % 10 == 0) {
			super_crash(w->supers[0]);
			super_start(w->supers[0]);
		}
		world_run(w, 10000);
		world_traffic(w, 0);
		world_run(w, 500);              /* nothing is on its way when the ledger is closed */
		ledger_forget(w->ledger);
	}
}

static void memory_does_not_grow(void)
{
	struct world *w = world_new(test_random());
	size_t before, after;
	world_super(w);
	for (unsigned i = 0; i < 10; i++)
		world_edge(w, i % 2, i % NAT_KINDS);
	world_start(w);
	hour_of_everything(w, 600);
	before = mem_of_engines();
	hour_of_everything(w, 3600);
	after = mem_of_engines();
	printf("     engines: %zu bytes, %lld more after an hour\n", before, (long long)(after - before));
	CHECK((long long)(after - before) < 100000);            /* the C library caches a little */
	CHECK_INT(world_end(w), 0);
}

static void table_of_the_supernode_empties(void)
{
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	for (unsigned i = 0; i < 50; i++)
		world_edge(w, i % 5, i % NAT_KINDS);
	world_start(w);
	world_run(w, 5000);
	CHECK_INT(supernode_info(s->engine)->edges, 50);
	for (unsigned i = 0; i < 50; i++)
		member_crash(w->members[i]);
	world_run(w, 130000);
	CHECK_INT(supernode_info(s->engine)->edges, 0);
	CHECK_INT(supernode_info(s->engine)->communities, 0);
	CHECK_INT(world_end(w), 0);
}

int main(void)
{
	RUN(thousand_edges_in_twenty_communities);
	RUN(idle_edges_are_quiet);
	RUN(lonely_edges_are_quiet);
	RUN(busy_edges_are_not_noisy);
	RUN(memory_does_not_grow);
	RUN(table_of_the_supernode_empties);
	return test_done();
}
