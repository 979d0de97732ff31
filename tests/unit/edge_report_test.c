/* What an edge reports of the groups wanted behind it: when, how often, until when; and what IGMP crosses. */
#include "core/query.h"
#include "edge_groups_fake.h"

static void a_join_is_reported_at_once_and_until_acknowledged(void)
{
	struct fake *f = groups_start(fake_new());
	join(f, g1);
	fake_run(f, 0);
	struct wire_group_report r = last_report(f);
	CHECK(r.count == 1 && mac_equal(r.group[0], g1) && mac_equal(r.mac, mac_a) && !r.flags);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 1);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 0);            /* the IGMP report itself stays here */
	CHECK_INT(dropped(f, EDGE_DROP_REPORT_OUT), 1);
	uint64_t at = f->now;
	fake_run(f, 16000);
	static const uint64_t want[] = { 0, 250, 750, 1750, 3750, 7750, 15750 };
	size_t n = 0;
	for (size_t i = 0; i < f->sent_n; i++) {
		if (sent_type(&f->sent[i]) != WIRE_GROUP_REPORT)
			continue;
		CHECK(n < 7 && f->sent[i].at - at == want[n]);
		n++;
	}
	CHECK_INT(n, 7);
	ack_report(f, &f->sn[0], r.cookie ^ 1, r.sequence, 1);  /* not what was asked */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	ack_report(f, &f->sn[1], r.cookie, r.sequence, 1);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	ack_last(f, 1);
	f->sent_n = f->answered_n = 0;
	join(f, g1);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);            /* a multicast router may be there, */
	CHECK(mac_equal(sent_last(f, WIRE_PACKET)->data + 30, group_of_nobody));       /* others need not hear it */
	fake_run(f, 1000);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 0);
	fake_end(f);
}

static void changes_within_20_ms_share_a_report(void)
{
	struct fake *f = groups_start(fake_new());
	fake_run(f, 100);
	join(f, g2);
	fake_run(f, 0);
	uint32_t sequence = last_report(f).sequence;
	fake_run(f, 5);
	join(f, g1);
	fake_run(f, 14);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 1);
	fake_run(f, 1);
	struct wire_group_report r = last_report(f);
	CHECK(r.count == 2 && mac_equal(r.group[0], g1) && mac_equal(r.group[1], g2));
	CHECK_INT(r.sequence, sequence + 1);
	ack_report(f, &f->sn[0], r.cookie, r.sequence, 1);
	fake_run(f, 1000);
	igmp(f, 0x17, g2);                      /* nobody answers: gone after a second */
	fake_run(f, 3000);
	r = last_report(f);
	CHECK(r.count == 1 && mac_equal(r.group[0], g1) && r.sequence == sequence + 2);
	fake_end(f);
}

/* Put into a bridge after the first queries: what is behind it must not wait for the next ones. */
static void a_tap_that_is_linked_anew_is_asked_at_once(void)
{
	struct fake *f = groups_start(fake_new());
	fake_run(f, 10000);
	f->injected_n = 0;
	fake_run(f, 5000);
	CHECK_INT(f->injected_n, 0);
	edge_tap_linked(f->e, f->now);
	fake_run(f, 0);
	CHECK_INT(f->injected_n, 4);            /* an advertisement and a query, IPv4 and IPv6 */
	fake_end(f);
}

static void each_registration_brings_a_report(void)
{
	struct fake *f = groups_start(fake_new());
	join(f, g1);
	fake_run(f, 0);
	ack_last(f, 1);
	uint32_t sequence = last_report(f).sequence;
	f->sent_n = f->answered_n = 0;
	fake_run(f, 17800);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 1);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 1);
	CHECK_INT(last_report(f).sequence, sequence);
	fake_end(f);
}

static void sequence_numbers_go_on_from_what_is_stored(void)
{
	struct fake *f = groups_start(fake_new());
	join(f, g1);
	fake_run(f, 0);
	struct wire_group_report r = last_report(f);
	ack_report(f, &f->sn[0], r.cookie, r.sequence + 1000, 1);
	fake_run(f, 30);
	CHECK_INT(last_report(f).sequence, r.sequence + 1001);
	CHECK(last_report(f).count == 1);
	r = last_report(f);
	ack_report(f, &f->sn[0], r.cookie, r.sequence - 1, 1);          /* an old answer */
	fake_run(f, 0);
	CHECK_INT(last_report(f).sequence, r.sequence);
	fake_end(f);
}

static void an_old_supernode_hears_of_it_with_registrations_only(void)
{
	struct edge_groups_info info;
	struct fake *f = fake_new();
	f->config.groups_max = 64;
	fake_registered(f);
	fake_run(f, 59000);
	edge_groups_info(f->e, &info);
	CHECK(!info.old_supernode);
	fake_run(f, 2000);                      /* the third further registration */
	edge_groups_info(f->e, &info);
	CHECK(info.old_supernode);
	fake_run(f, 1000);
	f->sent_n = f->answered_n = 0;
	join(f, g1);
	frame_to(f, g2);
	fake_run(f, 19900);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 1);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 0);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);            /* the IGMP report, the frame */
	struct wire_group_report r = last_report(f);
	CHECK_INT(r.count, 1);
	ack_report(f, &f->sn[0], r.cookie, r.sequence, 5);      /* it was replaced */
	edge_groups_info(f->e, &info);
	CHECK(!info.old_supernode && info.acknowledged);
	frame_to(f, g2);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 1);
	fake_end(f);
}

static void a_router_behind_the_tap_wants_all(void)
{
	uint8_t frame[FRAME60];
	struct fake *f = groups_start(fake_new());
	join(f, g1);
	fake_frame(f, frame, igmp_frame(frame, 0x11, g1, mac_a));
	fake_run(f, 30);
	CHECK_INT(last_report(f).flags, GROUP_REPORT_ALL);
	CHECK_INT(last_report(f).count, 0);
	fake_end(f);
}

/* A querier in the overlay wants to hear reports: they go to all edges, not to the members of the group. */
static void reports_go_to_a_router_in_the_overlay(void)
{
	uint8_t frame[FRAME60];
	struct fake *f = groups_start(fake_new());
	fake_packet(f, &f->sn[0].addr, mac_b, mac_all, &addr_b, frame, igmp_frame(frame, 0x11, g1, mac_b));
	CHECK_INT(f->frames_n, 1);
	join(f, g1);
	const struct sent *s = sent_last(f, WIRE_PACKET);
	CHECK(mac_equal(s->data + 30, mac_all) && mac_equal(s->data + 38, g1));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 0);
	fake_end(f);
}

/* Else hosts behind the TAP would keep their own reports back. */
static void reports_of_others_do_not_reach_the_tap(void)
{
	uint8_t frame[FRAME60];
	struct fake *f = groups_start(fake_new());
	fake_packet(f, &f->sn[0].addr, mac_b, mac_all, &addr_b, frame, igmp_frame(frame, 0x16, g1, mac_b));
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(dropped(f, EDGE_DROP_REPORT_IN), 1);
	fake_end(f);
}

static void without_groups_nothing_is_said(void)
{
	struct fake *f = fake_registered(fake_new());
	join(f, g1);
	frame_to(f, g2);
	fake_run(f, 61000);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_REPORT), 0);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 0);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);
	CHECK_INT(f->frames_n, 0);              /* no IGMP queries either */
	fake_end(f);
}

static void with_multicast_off_nothing_is_wanted(void)
{
	struct fake *f = fake_new();
	f->config.groups_max = 64;
	f->config.multicast = false;
	fake_registered(f);
	fake_run(f, 300);
	CHECK_INT(last_report(f).count, 0);
	CHECK_INT(last_report(f).flags, 0);
	CHECK_INT(f->frames_n, 0);
	fake_end(f);
}

/* Frames of our own to everybody, of this IP protocol. */
static size_t solicitations(const struct fake *f, const uint8_t to[MAC_LEN], uint16_t ethertype, size_t type_at, uint8_t type)
{
	size_t n = 0;
	for (size_t i = 0; i < f->sent_n; i++) {
		const struct sent *s = &f->sent[i];
		const uint8_t *frame = s->data + 38;
		n += sent_type(s) == WIRE_PACKET && mac_equal(s->data + 30, to) && get_be16(frame + 12) == ethertype &&
		     frame[type_at] == type && mac_equal(frame + MAC_LEN, mac_a);
	}
	return n;
}

static void routers_are_asked_for_once(void)
{
	struct fake *f = fake_new();
	f->config.groups_max = 64;
	fake_start(f);
	fake_run(f, 2900);
	CHECK(registered(f));
	CHECK_INT(solicitations(f, group_of_nobody, ETHERTYPE_IPV4, 14 + 24, 0x31), 0);
	fake_run(f, 200);
	CHECK_INT(solicitations(f, group_of_nobody, ETHERTYPE_IPV4, 14 + 24, 0x31), 1);
	CHECK_INT(solicitations(f, group_of_nobody, ETHERTYPE_IPV6, 14 + 48, 152), 1);
	f->sent_n = f->answered_n = 0;
	f->sn[0].booted = f->now;
	fake_run(f, 41000);
	CHECK(sent_count(f, 0, WIRE_REGISTER_SUPER) > 1);
	CHECK_INT(solicitations(f, group_of_nobody, ETHERTYPE_IPV4, 14 + 24, 0x31), 0);
	fake_end(f);
}

/* By one that was there before us, for a router behind it that is silent now. */
static void routers_here_are_told_of(void)
{
	struct fake *f = groups_start(fake_new());
	uint8_t frame[QUERY_FRAME_MAX];
	const struct query q = { .src = mac_b, .family = ADDR_V4 };
	size_t len = query_put_solicitation(frame, &q);
	fake_packet(f, &f->sn[0].addr, mac_b, mac_all, &addr_b, frame, len);
	fake_run(f, 1000);
	CHECK_INT(solicitations(f, mac_all, ETHERTYPE_IPV4, 14 + 24, 0x30), 0);
	igmp(f, 0x11, g1);                              /* a querier */
	f->sent_n = f->answered_n = 0;
	for (int i = 0; i < 5; i++)
		fake_packet(f, &f->sn[0].addr, mac_b, mac_all, &addr_b, frame, len);
	fake_run(f, 0);
	CHECK_INT(solicitations(f, mac_all, ETHERTYPE_IPV4, 14 + 24, 0x30), 1);
	const struct sent *s = sent_last(f, WIRE_PACKET);
	CHECK(!memcmp(s->data + 38 + 26, "\x0a\x09\x08\x01", 4));     /* from the router */
	fake_packet(f, &f->sn[0].addr, mac_c, mac_all, &addr_b, frame, len);
	fake_run(f, 900);
	CHECK_INT(solicitations(f, mac_all, ETHERTYPE_IPV4, 14 + 24, 0x30), 1);
	fake_run(f, 200);                               /* not forgotten, though not at once */
	CHECK_INT(solicitations(f, mac_all, ETHERTYPE_IPV4, 14 + 24, 0x30), 2);
	fake_run(f, 5000);
	packet_from(f, &f->sn[0].addr, (const uint8_t[]){ 2, 0, 0, 0, 9, 9 }, mac_all, &addr_c);
	fake_run(f, 0);
	CHECK_INT(solicitations(f, mac_all, ETHERTYPE_IPV4, 14 + 24, 0x30), 3);        /* a newcomer */
	fake_end(f);
}

static void everything_is_wanted_until_hosts_have_answered(void)
{
	struct fake *f = fake_new();
	f->config.groups_max = 64;
	fake_start(f);
	fake_run(f, 100);
	CHECK_INT(last_report(f).flags, GROUP_REPORT_ALL);
	ack_last(f, 1);
	join(f, g1);
	fake_run(f, 1900);
	struct wire_group_report r = last_report(f);
	CHECK(r.count == 1 && mac_equal(r.group[0], g1) && !r.flags);
	fake_end(f);
}

int main(void)
{
	RUN(routers_are_asked_for_once);
	RUN(routers_here_are_told_of);
	RUN(everything_is_wanted_until_hosts_have_answered);
	RUN(a_join_is_reported_at_once_and_until_acknowledged);
	RUN(changes_within_20_ms_share_a_report);
	RUN(a_tap_that_is_linked_anew_is_asked_at_once);
	RUN(each_registration_brings_a_report);
	RUN(sequence_numbers_go_on_from_what_is_stored);
	RUN(an_old_supernode_hears_of_it_with_registrations_only);
	RUN(a_router_behind_the_tap_wants_all);
	RUN(reports_go_to_a_router_in_the_overlay);
	RUN(reports_of_others_do_not_reach_the_tap);
	RUN(without_groups_nothing_is_said);
	RUN(with_multicast_off_nothing_is_wanted);
	return test_done();
}
