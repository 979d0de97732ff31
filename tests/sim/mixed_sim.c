/* Our edges and n2n-like ones in one community. */
#include "../unit/test.h"
#include "lib/world.h"

static void old_and_new_become_direct(void)
{
	for (unsigned a = NAT_NONE; a < NAT_KINDS; a++)
		for (unsigned b = NAT_NONE; b < NAT_KINDS; b++) {
			struct world *w = world_new(test_random());
			struct member *ours, *old;
			world_super(w);
			ours = world_edge(w, 0, a);
			old = world_edge(w, 0, b);
			old->old = true;
			world_start(w);
			world_run(w, 6000);
			world_talk(ours, old, 15, 1000);
			world_check_direct(w, ours, old, nats_can_be_direct(a, b));
			world_check_direct(w, old, ours, nats_can_be_direct(a, b));
			world_check_all(w);
			world_run(w, 120000);
			world_check_all(w);
			CHECK_INT(world_end(w), 0);
		}
}

static struct world *village(bool p2p)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 10; i++) {
		struct member *m = world_edge(w, i % 2, i / 2 % NAT_KINDS);
		m->old = i % 4 < 2;
		m->config.p2p = m->config.discovery = p2p || i % 3;
	}
	world_start(w);
	world_run(w, 6000);
	world_traffic(w, 100);
	world_run(w, 20000);
	return w;
}

static void no_p2p_edges_among_them(void)
{
	struct world *w = village(false);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

static void supernode_restarts(void)
{
	struct world *w = village(true);
	for (unsigned i = 0; i < 3; i++) {
		super_crash(w->supers[0]);
		world_run(w, i * 5000);
		super_start(w->supers[0]);
		world_run(w, REPAIR_MS);
		world_check_all(w);
	}
	CHECK_INT(world_end(w), 0);
}

/* The supernode finds out by itself that the old process is dead, whichever program it was. */
static void edges_crash_and_restart(void)
{
	struct world *w = village(false);
	for (unsigned i = 0; i < 20; i++) {
		struct member *m = w->members[i % 10];
		m->fixed_port = i < 10 ? 0 : m->udp->port;
		member_crash(m);
		world_run(w, 500);
		member_start(m);
		world_run(w, 12000);            /* an n2n edge asks each 4 s */
		world_check_registered(w);
	}
	world_run(w, REPAIR_MS);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

/* A live n2n edge is not robbed of its MAC, p2p or not. */
static void live_old_edges_keep_their_mac(void)
{
	for (unsigned p2p = 0; p2p < 2; p2p++) {
		struct world *w = village(true);
		struct member *twin = world_edge(w, 5, NAT_NONE), *holder = w->members[0];
		member_crash(holder);
		holder->old = true;
		holder->config.p2p = p2p;
		member_start(holder);
		world_run(w, 15000);
		CHECK(member_registered(holder));
		memcpy(twin->config.community, holder->config.community, COMMUNITY_LEN);
		memcpy(twin->mac, holder->mac, MAC_LEN);
		twin->address = holder->address;
		world_traffic(w, 0);
		world_run(w, 40000);            /* nothing but the registration of the holder is heard */
		member_start(twin);
		for (unsigned i = 0; i < 20; i++) {
			world_run(w, 1700);
			CHECK(!member_registered(twin));
		}
		member_crash(twin);
		world_run(w, REPAIR_MS);
		world_check_all(w);
		CHECK_INT(world_end(w), 0);
	}
}

static void partition_heals(void)
{
	struct world *w = village(true);
	for (size_t k = 0; k < w->members_n; k += 3)
		site_partition(w->members[k]->station->site, 2, 2);
	world_run(w, 70000);
	for (size_t k = 0; k < w->members_n; k += 3)
		site_partition(w->members[k]->station->site, 1, UINT32_MAX);
	world_run(w, REPAIR_MS);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

int main(void)
{
	RUN(old_and_new_become_direct);
	RUN(no_p2p_edges_among_them);
	RUN(supernode_restarts);
	RUN(edges_crash_and_restart);
	RUN(live_old_edges_keep_their_mac);
	RUN(partition_heals);
	return test_done();
}
