/* What breaks, and that everything works again within the promised time after the repair. */
#include "../unit/test.h"
#include "lib/evil.h"
#include "lib/world.h"

enum { BACK_MS = 5000 };                /* "registered again within 5 s" */

static struct world *village(unsigned supers, unsigned edges)
{
	struct world *w = world_new(test_random());
	for (unsigned i = 0; i < supers; i++)
		world_super(w);
	for (unsigned i = 0; i < edges; i++)
		world_edge(w, i % 2, i % NAT_KINDS);
	world_start(w);
	world_run(w, 3000);
	world_check_registered(w);
	world_traffic(w, 100);
	world_run(w, 20000);
	return w;
}

static void settle(struct world *w)
{
	world_run(w, REPAIR_MS);
	world_check_all(w);
}

static void end(struct world *w)
{
	CHECK_INT(world_end(w), 0);
}

static void bad_links(struct quality quality)
{
	struct world *w = village(1, 10);
	*net_quality(w->net) = quality;
	world_run(w, 120000);
	CHECK(ledger_deliveries(w->ledger) > 1000);
	world_run(w, 5000);
	world_check_pairs(w, 8);
	*net_quality(w->net) = (struct quality){ .delay_ms = 10, .jitter_ms = 2 };
	settle(w);
	end(w);
}

static void ten_percent_loss(void) { bad_links((struct quality){ 10, 5, 100, 0, 0 }); }
static void reordering(void) { bad_links((struct quality){ 20, 60, 0, 0, 300 }); }
static void duplication(void) { bad_links((struct quality){ 10, 5, 0, 300, 0 }); }
static void all_that_and_slow(void) { bad_links((struct quality){ 250, 150, 100, 100, 200 }); }

static void supernode_restarts(void)
{
	struct world *w = village(1, 12);
	for (unsigned i = 0; i < 4; i++) {
		super_crash(w->supers[0]);
		world_run(w, i * 100);
		super_start(w->supers[0]);
		world_run(w, 50);
		world_run(w, BACK_MS - 50);
		CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 12);
		world_check_registered(w);
		settle(w);
	}
	end(w);
}

static void supernode_is_away_for_long(void)
{
	static const uint64_t away[] = { 2000, 10000, 61000, 300000 };
	struct world *w = village(1, 12);
	for (unsigned i = 0; i < 4; i++) {
		super_crash(w->supers[0]);
		world_run(w, away[i]);
		super_start(w->supers[0]);
		world_run(w, BACK_MS);
		CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 12);
		world_check_registered(w);
		settle(w);
	}
	end(w);
}

/* Direct paths do not need the supernode. */
static void direct_pairs_outlive_the_supernode(void)
{
	struct world *w = world_new(test_random());
	struct member *a, *b;
	world_super(w);
	a = world_edge(w, 0, NAT_PORT_RESTRICTED);
	b = world_edge(w, 0, NAT_PORT_RESTRICTED);
	world_start(w);
	world_run(w, 3000);
	world_talk(a, b, 10, 1000);
	world_check_direct(w, a, b, true);
	super_crash(w->supers[0]);
	for (unsigned i = 0; i < 20; i++) {
		world_talk(a, b, 10, 1000);
		world_check_direct(w, a, b, true);
		world_check_pairs(w, 1);
	}
	world_check_groups(w, FRAME_BROADCAST);         /* members that are known get broadcasts too */
	super_start(w->supers[0]);
	settle(w);
	end(w);
}

static void partition_heals(void)
{
	static const uint64_t cut[] = { 1500, 8000, 40000, 200000 };
	struct world *w = village(1, 12);
	for (unsigned i = 0; i < 4; i++) {
		for (size_t k = 0; k < w->members_n; k += 2)            /* these are cut off from all the rest */
			site_partition(w->members[k]->station->site, 2, 2);
		world_run(w, cut[i]);
		for (size_t k = 0; k < w->members_n; k += 2)
			site_partition(w->members[k]->station->site, 1, UINT32_MAX);
		settle(w);
	}
	end(w);
}

static void one_way_cut_heals(void)
{
	struct world *w = village(1, 8);
	for (unsigned i = 0; i < 2; i++) {
		struct site *s = w->members[i]->station->site;
		site_partition(s, i ? 1 : 2, i ? 2 : UINT32_MAX);       /* one is deaf */
		site_partition(w->supers[0]->station->site, 1, i ? UINT32_MAX : ~2u);   /* one is not heard */
		world_run(w, 30000);
		site_partition(s, 1, UINT32_MAX);
		site_partition(w->supers[0]->station->site, 1, UINT32_MAX);
		settle(w);
	}
	end(w);
}

/* The direct path breaks, the way through the supernode does not: relayed soon, direct again afterwards. */
static void direct_path_breaks_and_returns(void)
{
	struct world *w = world_new(test_random());
	struct member *a, *b;
	world_super(w);
	a = world_edge(w, 0, NAT_FULL_CONE);
	b = world_edge(w, 0, NAT_PORT_RESTRICTED);
	world_start(w);
	world_run(w, 3000);
	world_talk(a, b, 10, 1000);
	world_check_direct(w, a, b, true);
	site_partition(a->station->site, 2, 1);
	site_partition(b->station->site, 4, 1);
	world_talk(a, b, 6, 1000);
	world_check_pairs(w, 1);        /* works again, and a little later is shown as relayed */
	world_talk(a, b, 10, 1000);
	world_check_direct(w, a, b, false);
	site_partition(a->station->site, 1, UINT32_MAX);
	site_partition(b->station->site, 1, UINT32_MAX);
	world_talk(a, b, 35, 1000);
	world_check_direct(w, a, b, true);
	world_check_all(w);
	end(w);
}

static void two_supernodes_fail_over_and_return(void)
{
	struct world *w = village(2, 10);
	CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 10);
	CHECK_INT(supernode_info(w->supers[1]->engine)->edges, 0);
	super_crash(w->supers[0]);
	settle(w);
	CHECK_INT(supernode_info(w->supers[1]->engine)->edges, 10);
	super_start(w->supers[0]);
	settle(w);
	CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 10);
	CHECK_INT(supernode_info(w->supers[1]->engine)->edges, 10);     /* until all have moved */
	world_run(w, 60000);
	CHECK_INT(supernode_info(w->supers[1]->engine)->edges, 0);      /* they said good-bye */
	super_crash(w->supers[1]);
	settle(w);
	super_crash(w->supers[0]);
	world_run(w, 30000);
	super_start(w->supers[1]);
	settle(w);
	end(w);
}

/* Half of the edges cannot reach the first supernode: the others must not leave them alone for longer
 * than the cut lasts. */
static void partition_from_the_first_supernode_heals(void)
{
	struct world *w = village(2, 10);
	for (size_t k = 0; k < w->members_n; k += 2)
		site_partition(w->members[k]->station->site, 2, UINT32_MAX);
	site_partition(w->supers[0]->station->site, 1, ~2u);
	world_run(w, 60000);
	world_check_registered(w);
	site_partition(w->supers[0]->station->site, 1, UINT32_MAX);
	settle(w);
	CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 10);
	end(w);
}

static void edges_crash_and_restart(void)
{
	struct world *w = village(1, 10);
	for (unsigned i = 0; i < 20; i++) {
		struct member *m = w->members[i % 10];
		m->fixed_port = i < 10 ? 0 : m->udp->port;      /* the same port and token, or not */
		member_crash(m);
		world_run(w, i % 5 * 700);
		member_start(m);
		world_run(w, BACK_MS);
		world_check_registered(w);
		if (i % 5 == 4)
			settle(w);
	}
	settle(w);
	CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 10);
	end(w);
}

static void everybody_crashes_at_once(void)
{
	struct world *w = village(1, 10);
	for (size_t i = 0; i < 10; i++)
		member_crash(w->members[i]);
	for (size_t i = 0; i < 10; i++)
		member_start(w->members[i]);
	world_run(w, BACK_MS);
	world_check_registered(w);
	settle(w);
	end(w);
}

static void leaving_is_told(void)
{
	struct world *w = village(1, 6);
	for (size_t i = 0; i < 6; i += 2)
		member_stop(w->members[i]);
	world_run(w, 100);
	CHECK_INT(supernode_info(w->supers[0]->engine)->edges, 3);
	settle(w);
	for (size_t i = 0; i < 6; i += 2)
		member_start(w->members[i]);
	world_run(w, 1500);
	world_check_registered(w);
	settle(w);
	end(w);
}

static void hosts_change_address(void)
{
	struct world *w = village(1, 10);
	for (unsigned i = 0; i < 10; i++) {
		struct member *m = w->members[i];
		site_move(m->station->site);
		if (i & 1)                              /* otherwise the edge does not notice: its NAT's address */
			member_moved(m);
		world_run(w, BACK_MS);
		world_check_registered(w);
	}
	settle(w);
	end(w);
}

static void nats_reboot(void)
{
	struct world *w = village(1, 10);
	for (unsigned i = 0; i < 3; i++) {
		for (size_t k = 0; k < w->members_n; k++)
			if (site_nat(w->members[k]->station->site))
				nat_reboot(site_nat(w->members[k]->station->site));
		settle(w);
	}
	end(w);
}

/* The same MAC and overlay address started elsewhere while the first lives: the first keeps working. */
static void second_edge_with_one_mac_takes_nothing(void)
{
	struct world *w = village(1, 6);
	struct member *twin = world_edge(w, 5, NAT_NONE), *holder = w->members[0];
	memcpy(twin->config.community, holder->config.community, COMMUNITY_LEN);
	memcpy(twin->mac, holder->mac, MAC_LEN);
	twin->address = holder->address;
	world_traffic(w, 0);                    /* frames would be accounted to the wrong twin */
	member_start(twin);
	for (unsigned i = 0; i < 20; i++) {
		world_run(w, 1700);
		CHECK(member_registered(holder));
		CHECK(!member_registered(twin));
	}
	CHECK(edge_info(twin->edge)->counts.naks > 0);
	world_check_pairs(w, 1);
	member_crash(holder);                   /* now the other may have it */
	world_run(w, 3 * BACK_MS);
	CHECK(member_registered(twin));
	member_crash(twin);
	member_start(holder);
	world_run(w, BACK_MS);
	settle(w);
	end(w);
}

static void names_resolve_late(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	w->dns_down = true;
	for (unsigned i = 0; i < 6; i++)
		world_edge(w, i % 2, i % NAT_KINDS);
	world_start(w);
	world_run(w, 100000);
	for (unsigned i = 0; i < 6; i++)
		CHECK(w->members[i]->sent < 1000);
	w->dns_down = false;
	settle(w);
	end(w);
}

static void attack(unsigned deeds)
{
	struct world *w = village(1, 8);
	struct evil *e = evil_new(w, deeds);
	evil_go(e, 5);
	world_run(w, 120000);
	evil_stop(e);
	CHECK(w->supers[0]->notes < 500);
	settle(w);
	end(w);
	evil_free(e);
}

static void noise_harms_nobody(void) { attack(EVIL_NOISE); }
static void claims_harm_nobody(void) { attack(EVIL_CLAIMS); }
static void lies_do_not_last(void) { attack(EVIL_LIES); }
static void replays_do_not_last(void) { attack(EVIL_REPLAYS); }
static void everything_evil_does_not_last(void) { attack(EVIL_ALL); }

static void strangers_get_no_more_than_they_send(void)
{
	struct world *w = village(1, 8);
	struct evil *e = evil_new(w, EVIL_NOISE | EVIL_QUESTIONS);
	evil_go(e, 3);
	world_run(w, 60000);
	CHECK(evil_bytes_sent(e) > 100000);
	CHECK(evil_bytes_got(e) <= evil_bytes_sent(e));
	evil_stop(e);
	settle(w);
	end(w);
	evil_free(e);
}

/* He answers everything, and says of each edge that he is it; half of them are relayed (-S1). */
static void an_imposter_gets_no_frame(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 8; i++) {
		struct member *m = world_edge(w, 0, NAT_NONE);
		m->config.p2p = m->config.discovery = i % 2;
	}
	world_start(w);
	world_run(w, 3000);
	world_traffic(w, 100);
	struct evil *e = evil_new(w, EVIL_IMPOSES);
	evil_go(e, 5);
	world_run(w, 120000);
	CHECK(evil_bytes_got(e) > 1000);
	CHECK(evil_bytes_got(e) <= evil_bytes_sent(e));
	CHECK_INT(evil_frames_got(e), 0);
	evil_stop(e);
	settle(w);
	end(w);
	evil_free(e);
}

int main(void)
{
	RUN(ten_percent_loss);
	RUN(reordering);
	RUN(duplication);
	RUN(all_that_and_slow);
	RUN(supernode_restarts);
	RUN(supernode_is_away_for_long);
	RUN(direct_pairs_outlive_the_supernode);
	RUN(partition_heals);
	RUN(one_way_cut_heals);
	RUN(direct_path_breaks_and_returns);
	RUN(two_supernodes_fail_over_and_return);
	RUN(partition_from_the_first_supernode_heals);
	RUN(edges_crash_and_restart);
	RUN(everybody_crashes_at_once);
	RUN(leaving_is_told);
	RUN(hosts_change_address);
	RUN(nats_reboot);
	RUN(second_edge_with_one_mac_takes_nothing);
	RUN(names_resolve_late);
	RUN(noise_harms_nobody);
	RUN(claims_harm_nobody);
	RUN(lies_do_not_last);
	RUN(replays_do_not_last);
	RUN(everything_evil_does_not_last);
	RUN(strangers_get_no_more_than_they_send);
	RUN(an_imposter_gets_no_frame);
	return test_done();
}
