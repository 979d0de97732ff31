/* When everything is wanted behind a TAP, and which reports cross between the TAP and the overlay. */
#include "membership_fake.h"

static void join_many(struct fake *f, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct addr ip = ip_of("239.1.0.0");
		put_be16(ip.ip + 2, (uint16_t)(i * 41));
		struct igmp_frame frame = frame_plain(0x16, &ip);
		from_tap(f, &frame);
	}
}

static void more_than_200_groups_are_all(void)
{
	struct fake f;
	const uint8_t (*macs)[MAC_LEN];
	start(&f, false);
	join_many(&f, 0, 200);
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 200);
	for (size_t i = 1; i < 200; i++)
		CHECK(memcmp(macs[i - 1], macs[i], MAC_LEN) < 0);
	join_many(&f, 200, 300);
	CHECK(membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 0);
	for (unsigned i = 0; i < 301; i++) {            /* what hosts have joined is known all the same */
		const uint8_t mac[MAC_LEN] = { 0x01, 0x00, 0x5e, 1, (uint8_t)(i * 41 >> 8), (uint8_t)(i * 41) };
		CHECK_INT(membership_has(f.m, mac), i < 300);
	}
	CHECK_INT(changes(&f), 201);
	run_to(&f, f.now + 40000);
	join_many(&f, 0, 10);
	run_to(&f, f.now + 40000);
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_macs(f.m, &macs), 10);
	CHECK_INT(changes(&f), 202);
	membership_free(f.m);
}

static void no_room_is_all(void)
{
	struct fake f;
	start(&f, false);
	join_many(&f, 0, MEMBERSHIP_GROUPS_MAX + 1);
	CHECK_INT(membership_info(f.m)->groups, MEMBERSHIP_GROUPS_MAX);
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_GROUPS_FULL], 1);
	run_to(&f, f.now + 80000);
	CHECK_INT(membership_info(f.m)->groups, 0);
	CHECK(membership_wants_all(f.m));
	run_to(&f, f.now + 10000);
	CHECK(!membership_wants_all(f.m));
	membership_free(f.m);
}

static void a_querier_behind_the_tap(void)
{
	struct fake f;
	struct igmp_frame query = frame_query("10.9.9.9", NULL), proxy = frame_query("0.0.0.0", NULL);
	start(&f, false);
	CHECK(from_tap(&f, &proxy));
	CHECK(!membership_wants_all(f.m));
	CHECK(from_tap(&f, &query));
	CHECK(membership_wants_all(f.m) && membership_info(f.m)->router);
	f.n = 0;
	uint64_t heard = f.now;
	run_to(&f, heard + 254999);
	CHECK_INT(f.n, 9 * 3 + 3 * 1);                  /* advertisements, and MLD's queries */
	CHECK_INT(asked(&f, ADDR_V4, NULL), 0);
	run_to(&f, heard + 255000 + 30000);
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	CHECK(membership_wants_all(f.m));               /* until its question is answered */
	run_to(&f, heard + 255000 + 42000);
	CHECK(!membership_wants_all(f.m));
	membership_free(f.m);
}

static void routers_behind_the_tap(void)
{
	struct igmp_frame frames[] = {
		frame_pim_hello("10.9.9.9"), frame_pim_hello("fe80::9"), frame_query("fe80::9", NULL)
	};
	for (size_t i = 0; i < 3; i++) {
		struct fake f;
		start(&f, false);
		CHECK(from_tap(&f, &frames[i]));
		CHECK(membership_wants_all(f.m));
		run_to(&f, f.now + 5 * MINUTE);
		CHECK(!membership_wants_all(f.m));
		membership_free(f.m);
	}
}

/* ---- asked, and not answered yet */

static void all_until_hosts_have_answered(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame tagged = frame_plain(0x16, &ip);
	begin(&f, false);
	CHECK(membership_wants_all(f.m) && !membership_info(f.m)->overflow);
	CHECK_INT(membership_generation(f.m), 0);
	send_plain(&f, 0x16, "239.1.2.3");
	run_to(&f, 2999);
	CHECK(membership_wants_all(f.m));
	run_to(&f, 3000);                               /* a second to answer, and one for the way */
	CHECK(!membership_wants_all(f.m) && has(&f, "239.1.2.3"));
	CHECK_INT(membership_generation(f.m), 1);
	membership_link_up(f.m, f.now);
	tick(&f);
	CHECK(membership_wants_all(f.m));
	run_to(&f, f.now + 2000);
	CHECK(!membership_wants_all(f.m) && has(&f, "239.1.2.3"));
	frame_tag(&tagged, 0x8100, 5);
	from_tap(&f, &tagged);
	CHECK(membership_wants_all(f.m));
	run_to(&f, f.now + 2000);
	CHECK(!membership_wants_all(f.m));
	membership_free(f.m);
}

/* A process that was stopped, or a machine: whom it could not hear meanwhile it has not lost. */
static void after_a_sleep_all_are_asked_at_once(void)
{
	struct igmp_frame query = frame_query("10.9.9.9", NULL), hello = frame_pim_hello("fe80::9");
	struct fake f;
	start(&f, false);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 131, "ff15::1:3");
	from_net(&f, &hello);
	run_to(&f, 40000);
	f.n = 0;
	f.now += 80000;
	tick(&f);
	CHECK(membership_wants_all(f.m));
	CHECK_INT(membership_info(f.m)->groups, 2);
	CHECK(membership_info(f.m)->remote_router);
	CHECK_INT(f.n, 4);
	CHECK_INT(f.sent[1].data[14 + 24 + 1], 10);     /* tenths of a second to answer */
	run_to(&f, f.now + 1000);
	send_plain(&f, 0x16, "239.1.2.3");
	run_to(&f, f.now + 1000);
	CHECK(!membership_wants_all(f.m) && has(&f, "239.1.2.3") && has(&f, "ff15::1:3"));
	run_to(&f, f.now + 73000);
	CHECK(has(&f, "239.1.2.3") && !has(&f, "ff15::1:3"));
	CHECK_INT(membership_info(f.m)->vlans, 1);
	from_tap(&f, &query);
	run_to(&f, f.now + 200000);
	f.now += 400000;                                /* longer than a querier may be silent */
	CHECK(from_tap(&f, &hello));                    /* what has waited comes before the tick */
	CHECK(membership_info(f.m)->router);
	membership_free(f.m);
}

/* ---- other edges */

/* What another edge puts into its TAP, in one bridge with ours: advertisement and query, of IPv4 and of IPv6. */
static struct igmp_frame by_edge(size_t which)
{
	const uint8_t mac[MAC_LEN] = { 0xca, 0x57, 1, 2, 3, 4 };
	struct query q = { .src = mac, .family = which < 2 ? ADDR_V4 : ADDR_V6, .response_ms = 1000, .interval_s = 30 };
	struct igmp_frame f;
	CHECK(query_mac_is_marked(mac));
	f.len = which % 2 ? query_put(f.data, &q) : query_put_advertisement(f.data, &q);
	return f;
}

static void edges_are_no_routers(void)
{
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame report = frame_plain(0x16, &ip);
	for (size_t i = 0; i < 4; i++) {
		struct fake f;
		struct igmp_frame told = by_edge(i);
		start(&f, false);
		CHECK(from_tap(&f, &told));             /* on to the overlay: that is how two edges in a bridge are found */
		CHECK(!membership_wants_all(f.m) && !membership_info(f.m)->router);
		CHECK(!from_net(&f, &report));
		CHECK(from_net(&f, &told));
		CHECK(!membership_info(f.m)->remote_router);
		CHECK(!from_tap(&f, &report));
		membership_free(f.m);
	}
}

/* ---- what crosses */

static void reports_cross_to_routers_only(void)
{
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame report = frame_plain(0x16, &ip), wants[] = {
		frame_query("10.9.9.9", NULL), frame_query("0.0.0.0", NULL), frame_pim_hello("fe80::9") };
	for (size_t i = 0; i < 3; i++) {
		struct fake f;
		start(&f, false);
		CHECK(!from_tap(&f, &report));
		CHECK(!from_net(&f, &report));
		CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_KEPT], 1);
		CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_KEPT_IN], 1);
		CHECK(from_net(&f, &wants[i]));
		CHECK(from_tap(&f, &report));
		CHECK(!membership_wants_all(f.m));
		CHECK(!from_net(&f, &report));
		run_to(&f, f.now + 255000);
		CHECK(!from_tap(&f, &report));
		CHECK(from_tap(&f, &wants[i]));
		CHECK_INT(from_net(&f, &report), i != 1);
		membership_free(f.m);
	}
}

static bool sends(struct fake *f, uint8_t type, const char *group)
{
	struct addr ip = ip_of(group);
	struct igmp_frame frame = frame_plain(type, &ip);
	return from_tap(f, &frame);
}

/* Routers ask every two minutes: until one would have, each group is told to those that may be there. */
static void groups_are_told_to_routers_not_heard_of_yet(void)
{
	struct fake f;
	start(&f, false);
	CHECK(!sends(&f, 0x16, "239.1.2.3"));
	f.n = 0;
	membership_network_up(f.m, f.now);
	tick(&f);
	CHECK(!sends(&f, 0x16, "239.1.2.3"));
	uint64_t up = f.now;
	run_to(&f, up + 2999);
	CHECK(!sends(&f, 0x16, "239.1.2.3"));
	f.n = 0;
	run_to(&f, up + 3000);
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	CHECK(!membership_wants_all(f.m));
	CHECK(sends(&f, 0x16, "239.1.2.3") && membership_by_chance(f.m));
	CHECK(!sends(&f, 0x16, "224.0.0.251"));         /* of no use to a router */
	run_to(&f, up + 8900);
	CHECK(sends(&f, 0x16, "239.1.2.3"));            /* the first may have been lost */
	run_to(&f, up + 9000);
	CHECK(!sends(&f, 0x16, "239.1.2.3"));
	CHECK(sends(&f, 131, "ff15::1:3"));
	run_to(&f, up + 200000);
	CHECK(sends(&f, 0x16, "239.1.2.4"));
	CHECK(sends(&f, 0x17, "239.1.2.4"));
	run_to(&f, up + 254999);
	CHECK(sends(&f, 0x16, "239.1.2.5"));
	run_to(&f, up + 255000);
	CHECK(!sends(&f, 0x16, "239.1.2.6"));
	membership_free(f.m);
}

static void a_router_that_appears_is_told_at_once(void)
{
	struct fake f;
	struct igmp_frame hello = frame_pim_hello("10.9.9.9");
	start(&f, false);
	send_plain(&f, 0x16, "239.1.2.3");
	run_to(&f, 20000);
	f.n = 0;
	CHECK(from_net(&f, &hello));
	CHECK_INT(f.n, 4);
	CHECK_INT(f.sent[1].data[14 + 24 + 1], 10);
	CHECK(!membership_wants_all(f.m));
	f.n = 0;
	CHECK(from_net(&f, &hello));
	CHECK_INT(f.n, 0);
	membership_free(f.m);
}

static void refused_messages_pass_and_are_counted(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame report = frame_plain(0x16, &ip);
	start(&f, false);
	frame_ip(&report)[31] ^= 1;
	CHECK(from_tap(&f, &report));
	CHECK_INT(membership_info(f.m)->refused[IGMP_REFUSED_CHECKSUM], 1);
	CHECK_INT(changes(&f), 0);
	membership_free(f.m);
}

static void own_queries_in_a_loop(void)
{
	struct fake f;
	struct igmp_frame loop;
	start(&f, false);
	for (size_t i = 0; i < 4; i++) {
		loop.len = f.sent[i].len;
		memcpy(loop.data, f.sent[i].data, loop.len);
		CHECK(!from_tap(&f, &loop));
	}
	CHECK(!membership_wants_all(f.m));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_QUERIES], 0);
	membership_free(f.m);
}

int main(void)
{
	RUN(more_than_200_groups_are_all);
	RUN(no_room_is_all);
	RUN(a_querier_behind_the_tap);
	RUN(routers_behind_the_tap);
	RUN(edges_are_no_routers);
	RUN(all_until_hosts_have_answered);
	RUN(after_a_sleep_all_are_asked_at_once);
	RUN(reports_cross_to_routers_only);
	RUN(groups_are_told_to_routers_not_heard_of_yet);
	RUN(a_router_that_appears_is_told_at_once);
	RUN(refused_messages_pass_and_are_counted);
	RUN(own_queries_in_a_loop);
	return test_done();
}
