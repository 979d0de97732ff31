/* Two edges and what is between them: every pair of NATs, one LAN, IPv6, -S1, -e, -L; who becomes
 * direct, and that both ways work whether direct or relayed.
 */
#include "../unit/test.h"
#include "lib/world.h"

enum { TALK = 12, EVERY_MS = 1000 };

static void check_two(struct world *w, struct member *a, struct member *b, bool direct)
{
	world_start(w);
	world_run(w, 3000);
	world_talk(a, b, TALK, EVERY_MS);
	world_check_direct(w, a, b, direct);
	world_check_direct(w, b, a, direct);
	world_check_all(w);
	world_talk(a, b, 45, EVERY_MS);         /* beyond every time-out, and still the same */
	world_check_direct(w, a, b, direct);
	world_check_direct(w, b, a, direct);
	world_run(w, 180000);                   /* an idle pair finds each other again */
	world_check_all(w);
}

static void each_pair_of_nats_is_direct_where_it_can_be(void)
{
	for (unsigned a = NAT_NONE; a < NAT_KINDS; a++)
		for (unsigned b = a; b < NAT_KINDS; b++) {
			struct world *w = world_new(test_random());
			struct member *x, *y;
			world_super(w);
			x = world_edge(w, 0, a);
			y = world_edge(w, 0, b);
			check_two(w, x, y, nats_can_be_direct(a, b));
			CHECK_INT(world_end(w), 0);
		}
}

static void no_p2p_stays_relayed(void)
{
	struct world *w = world_new(test_random());
	struct member *a, *b;
	world_super(w);
	a = world_edge(w, 0, NAT_NONE);
	b = world_edge(w, 0, NAT_NONE);
	a->config.p2p = a->config.discovery = false;
	check_two(w, a, b, false);
	CHECK_INT(edge_info(a->edge)->counts.direct_out + edge_info(a->edge)->counts.direct_in, 0);
	CHECK_INT(world_end(w), 0);
}

/* Behind one NAT without hairpin nobody reaches his neighbour by its public socket. */
static void two_behind_one_nat(bool multicast, bool preferred, bool direct)
{
	struct world *w = world_new(test_random());
	struct site *site = site_new(w->net, NAT_PORT_RESTRICTED, 30000, multicast);
	struct member *a, *b;
	world_super(w);
	a = world_edge_at(w, 0, station_new(site, STATION_V4));
	b = world_edge_at(w, 0, station_new(site, STATION_V4));
	a->preferred = b->preferred = preferred;
	a->config.discovery = b->config.discovery = !preferred;
	check_two(w, a, b, direct);
	CHECK_INT(world_end(w), 0);
}

static void neighbours_find_each_other_by_multicast(void) { two_behind_one_nat(true, false, true); }
static void neighbours_find_each_other_by_preferred_socket(void) { two_behind_one_nat(false, true, true); }
static void neighbours_without_either_are_relayed(void) { two_behind_one_nat(false, false, false); }

/* Every home has a 192.168.1.1: a preferred socket that leads to a stranger must not lead anywhere. */
static void equal_private_addresses_do_not_confuse(void)
{
	struct world *w = world_new(test_random());
	struct member *m[4];
	world_super(w);
	for (unsigned i = 0; i < 4; i += 2) {
		struct site *site = site_new(w->net, i ? NAT_SYMMETRIC : NAT_PORT_RESTRICTED, 30000, false);
		m[i] = world_edge_at(w, 0, station_new(site, STATION_V4));
		m[i + 1] = world_edge_at(w, i ? 0 : 1, station_new(site, STATION_V4));
	}
	for (unsigned i = 0; i < 4; i++) {
		m[i]->preferred = true;
		m[i]->config.discovery = false;
		m[i]->fixed_port = 5000;
	}
	world_start(w);
	world_traffic(w, 200);
	world_run(w, 60000);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

static void ttl_limited_punching_works(void)
{
	static const enum nat_kind kinds[] = { NAT_NONE, NAT_FULL_CONE, NAT_RESTRICTED };
	for (unsigned i = 0; i < 3; i++) {
		struct world *w = world_new(test_random());
		struct member *a, *b;
		world_super(w);
		a = world_edge(w, 0, kinds[i]);
		b = world_edge(w, 0, NAT_PORT_RESTRICTED);
		b->config.punch_ttl = 4;
		world_start(w);
		world_run(w, 3000);
		world_talk(a, b, TALK, EVERY_MS);
		world_check_direct(w, a, b, true);
		world_check_all(w);
		CHECK_INT(world_end(w), 0);
	}
}

static void both_families(bool ipv6_first)
{
	struct world *w = world_new(test_random());
	struct site *site = site_new(w->net, NAT_NONE, 0, false);
	struct site *home = site_new(w->net, NAT_SYMMETRIC, 30000, false);      /* IPv6 goes around its NAT */
	struct member *six, *both, *four, *six2;
	w->dns_ipv6_first = ipv6_first;
	world_super(w);
	six = world_edge_at(w, 0, station_new(site, STATION_V6));
	both = world_edge_at(w, 0, station_new(site, STATION_V4 | STATION_V6));
	four = world_edge(w, 0, NAT_PORT_RESTRICTED);
	six2 = world_edge_at(w, 0, station_new(home, STATION_V4 | STATION_V6));
	world_start(w);
	world_run(w, 15000);
	for (unsigned i = 0; i < TALK; i++) {
		world_talk(six, both, 1, EVERY_MS);
		world_talk(six, six2, 1, EVERY_MS);
		world_talk(six, four, 1, EVERY_MS);
	}
	world_check_direct(w, six, both, true);
	world_check_direct(w, six, six2, true);
	world_check_direct(w, six, four, false);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}
static void ipv6_and_ipv4_edges_mix(void) { both_families(false); }
static void ipv6_and_ipv4_edges_mix_by_ipv6(void) { both_families(true); }

/* Supernode and edge on one machine, the supernode named by its own address or by 127.0.0.1: the others
 * are told the address that leads there. */
static void edge_beside_its_supernode(bool loopback)
{
	struct world *w = world_new(test_random());
	struct super *s = world_super(w);
	struct member *a = world_edge_at(w, 0, s->station), *b = world_edge(w, 0, NAT_PORT_RESTRICTED);
	a->loopback_super = loopback;
	check_two(w, a, b, true);
	CHECK_INT(world_end(w), 0);
}
static void edge_beside_its_supernode_by_address(void) { edge_beside_its_supernode(false); }
static void edge_beside_its_supernode_by_loopback(void) { edge_beside_its_supernode(true); }

static void automatic_addresses_are_distinct(void)
{
	struct world *w = world_new(test_random());
	world_super(w);
	for (unsigned i = 0; i < 30; i++) {
		struct member *m = world_edge(w, i % 3, i % NAT_KINDS);
		m->config.mode = ADDRESS_AUTO;
		memset(m->config.desc, 0, DESC_LEN);            /* all would like the same one */
	}
	world_start(w);
	world_run(w, 20000);
	for (size_t i = 0; i < w->members_n; i++) {
		CHECK(subnet_is_set(&w->members[i]->address));
		for (size_t k = 0; k < i; k++)
			CHECK(!subnet_equal(&w->members[i]->address, &w->members[k]->address));
	}
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

/* A host behind a bridge has a MAC that no edge has: it is reached once it has been heard. */
static void hosts_behind_a_bridge(void)
{
	struct world *w = world_new(test_random());
	struct member *a, *b;
	uint8_t own[MAC_LEN], behind[MAC_LEN] = { 2, 0xbb, 0, 0, 0, 1 };
	world_super(w);
	a = world_edge(w, 0, NAT_PORT_RESTRICTED);
	b = world_edge(w, 0, NAT_FULL_CONE);
	a->config.routing = b->config.routing = true;
	world_start(w);
	world_run(w, 3000);
	memcpy(own, a->mac, MAC_LEN);
	memcpy(a->mac, behind, MAC_LEN);        /* its frames come from the TAP of a from now on */
	for (unsigned i = 0; i < 20; i++) {
		world_run(w, 1000);
		world_say(a, b, FRAME_PING, 0);
	}
	world_check_all(w);
	memcpy(a->mac, own, MAC_LEN);
	world_check_direct(w, a, b, true);
	world_check_direct(w, b, a, true);
	world_check_all(w);
	CHECK_INT(world_end(w), 0);
}

int main(void)
{
	RUN(each_pair_of_nats_is_direct_where_it_can_be);
	RUN(no_p2p_stays_relayed);
	RUN(neighbours_find_each_other_by_multicast);
	RUN(neighbours_find_each_other_by_preferred_socket);
	RUN(neighbours_without_either_are_relayed);
	RUN(equal_private_addresses_do_not_confuse);
	RUN(ttl_limited_punching_works);
	RUN(ipv6_and_ipv4_edges_mix);
	RUN(ipv6_and_ipv4_edges_mix_by_ipv6);
	RUN(edge_beside_its_supernode_by_address);
	RUN(edge_beside_its_supernode_by_loopback);
	RUN(automatic_addresses_are_distinct);
	RUN(hosts_behind_a_bridge);
	return test_done();
}
