/* What is wanted behind a TAP, host by host; crowds are in membership_crowd_test.c. */
#include "membership_fake.h"

/* ---- single hosts */

static void asks_at_once_and_every_30_s(void)
{
	struct fake f;
	begin(&f, false);
	for (uint64_t at[] = { 1000, 3500, 6000, 36000, 66000 }, i = 0; i < 5; i++) {
		run_to(&f, at[i] - 1);
		CHECK_INT(f.n, i ? 0 : 4);
		f.n = i ? f.n : 0;
		run_to(&f, at[i]);
		CHECK_INT(f.n, i ? 4 : 0);
		CHECK_INT(asked(&f, ADDR_V6, NULL), i > 0);
	}
	membership_link_up(f.m, f.now);
	tick(&f);
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	membership_free(f.m);
}

static void joins_age(void)
{
	struct fake f;
	start(&f, false);
	CHECK(!has(&f, "239.1.2.3") && changes(&f) == 0);
	CHECK(!send_plain(&f, 0x16, "239.1.2.3"));
	CHECK(has(&f, "239.1.2.3") && changes(&f) == 1);
	run_to(&f, 31000);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 131, "ff15::1:3");
	CHECK_INT(changes(&f), 2);
	run_to(&f, 31000 + 74999);
	CHECK(has(&f, "239.1.2.3") && has(&f, "ff15::1:3"));
	run_to(&f, 31000 + 75000);
	CHECK(!has(&f, "239.1.2.3") && !has(&f, "ff15::1:3"));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_EXPIRED], 2);
	membership_free(f.m);
}

static void a_leave_is_asked_about(void)
{
	struct fake f;
	start(&f, false);
	send_record(&f, TO_EX, 0, "239.1.2.3");
	f.n = 0;
	uint64_t then = f.now;
	send_record(&f, TO_IN, 0, "239.1.2.3");
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	send_record(&f, TO_IN, 0, "239.1.2.3");         /* said twice, as RFC 9776 has it */
	CHECK_INT(f.n, 0);
	run_to(&f, then + 500);
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	run_to(&f, then + 999);
	CHECK(has(&f, "239.1.2.3"));
	run_to(&f, then + 1000);
	CHECK(!has(&f, "239.1.2.3"));
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_LEFT], 1);
	membership_free(f.m);
}

static void another_member_answers(void)
{
	struct fake f;
	start(&f, false);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 0x17, "239.1.2.3");
	f.n = 0;
	send_plain(&f, 0x16, "239.1.2.3");
	run_to(&f, f.now + 74999);
	CHECK(has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 0);
	membership_free(f.m);
}

static void fast_leave(void)
{
	struct fake f;
	start(&f, true);
	send_plain(&f, 0x16, "239.1.2.3");
	send_record(&f, TO_EX, 0, "ff15::1:3");
	f.n = 0;
	send_plain(&f, 0x17, "239.1.2.3");
	CHECK(!has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);          /* who still wants it says so */
	send_record(&f, BLOCK, 1, "ff15::1:3");                   /* no leave */
	CHECK(has(&f, "ff15::1:3"));
	CHECK_INT(asked(&f, ADDR_V6, "ff15::1:3"), 1);
	membership_free(f.m);
}

static void a_host_of_igmpv1_is_not_cut_off(void)
{
	struct fake f;
	start(&f, true);
	send_plain(&f, 0x12, "239.1.2.3");
	send_plain(&f, 0x16, "239.1.2.3");
	f.n = 0;
	send_plain(&f, 0x17, "239.1.2.3");
	run_to(&f, f.now + 5000);
	CHECK(has(&f, "239.1.2.3"));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 0);
	membership_free(f.m);
}

static void the_last_source_is_left(void)
{
	struct fake f;
	start(&f, false);
	send_record(&f, ALLOW, 1, "232.1.2.3");
	CHECK(has(&f, "232.1.2.3"));
	send_record(&f, BLOCK, 1, "232.1.2.3");
	run_to(&f, f.now + 1000);
	CHECK(!has(&f, "232.1.2.3"));
	membership_free(f.m);
}

static void groups_share_a_mac(void)
{
	struct fake f;
	const uint8_t (*macs)[MAC_LEN];
	start(&f, true);
	send_plain(&f, 0x16, "239.1.2.3");
	send_plain(&f, 0x16, "238.129.2.3");
	send_plain(&f, 0x16, "224.1.1.1");
	CHECK_INT(membership_macs(f.m, &macs), 2);
	CHECK(memcmp(macs[0], macs[1], MAC_LEN) < 0);
	CHECK_INT(changes(&f), 2);
	send_plain(&f, 0x17, "239.1.2.3");
	CHECK(has(&f, "239.1.2.3"));
	send_plain(&f, 0x17, "238.129.2.3");
	CHECK(!has(&f, "239.1.2.3"));
	membership_free(f.m);
}

static void what_is_flooded_is_not_listed(void)
{
	struct fake f;
	start(&f, false);
	send_plain(&f, 0x16, "224.0.0.251");
	send_plain(&f, 0x16, "239.128.0.9");
	send_plain(&f, 131, "ff02::fb");
	send_plain(&f, 131, "ff02::1:ff00:1");
	CHECK_INT(changes(&f), 0);
	CHECK_INT(membership_info(f.m)->groups, 0);
	send_plain(&f, 131, "ff02::1:3");
	CHECK_INT(changes(&f), 1);
	membership_free(f.m);
}

/* ---- VLANs */

static void a_vlan_is_asked_too(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	struct igmp_frame join = frame_plain(0x16, &ip), leave = frame_plain(0x17, &ip);
	start(&f, false);
	from_tap(&f, &join);
	f.n = 0;
	frame_tag(&join, 0x8100, 0xe005);
	frame_tag(&leave, 0x8100, 5);
	from_tap(&f, &join);
	CHECK_INT(f.n, 4);                              /* a new one: asked at once */
	CHECK(!memcmp(f.sent[1].data + 12, "\x81\x00\x00\x05", 4));
	CHECK_INT(asked(&f, ADDR_V4, NULL), 1);
	CHECK(membership_wants_all(f.m));               /* until its hosts have answered */
	CHECK_INT(changes(&f), 2);
	CHECK_INT(membership_info(f.m)->groups, 2);
	from_tap(&f, &leave);
	CHECK(!memcmp(f.sent[0].data + 12, "\x81\x00\x00\x05", 4));
	CHECK_INT(asked(&f, ADDR_V4, "239.1.2.3"), 1);
	run_to(&f, f.now + 1000);
	CHECK_INT(membership_info(f.m)->groups, 1);
	run_to(&f, f.now + 1000);
	CHECK(has(&f, "239.1.2.3"));                    /* still wanted untagged */
	run_to(&f, f.now + 6 * MINUTE);
	CHECK_INT(membership_info(f.m)->vlans, 1);      /* silent for long: not asked any more */
	membership_free(f.m);
}

static void too_many_vlans(void)
{
	struct fake f;
	struct addr ip = ip_of("239.1.2.3");
	start(&f, false);
	for (uint16_t vlan = 1; vlan <= MEMBERSHIP_VLANS_MAX; vlan++) {
		run_to(&f, f.now + 2000);
		CHECK(!membership_wants_all(f.m));
		struct igmp_frame join = frame_plain(0x16, &ip);
		frame_tag(&join, 0x8100, vlan);
		from_tap(&f, &join);
		f.n = 0;
	}
	CHECK(membership_wants_all(f.m) && membership_info(f.m)->overflow);
	CHECK_INT(membership_info(f.m)->counts[MEMBERSHIP_VLANS_FULL], 1);
	for (uint64_t then = f.now + 5 * MINUTE - 1; f.now < then; f.n = 0)
		run_to(&f, f.now + 30000 < then ? f.now + 30000 : then);
	CHECK(membership_wants_all(f.m));
	run_to(&f, f.now + 1);                          /* heard once and never again: not for ever */
	CHECK(!membership_wants_all(f.m) && !membership_info(f.m)->overflow);
	CHECK_INT(membership_info(f.m)->vlans, 1);
	membership_free(f.m);
}

int main(void)
{
	RUN(asks_at_once_and_every_30_s);
	RUN(joins_age);
	RUN(a_leave_is_asked_about);
	RUN(another_member_answers);
	RUN(fast_leave);
	RUN(a_host_of_igmpv1_is_not_cut_off);
	RUN(the_last_source_is_left);
	RUN(groups_share_a_mac);
	RUN(what_is_flooded_is_not_listed);
	RUN(a_vlan_is_asked_too);
	RUN(too_many_vlans);
	return test_done();
}
