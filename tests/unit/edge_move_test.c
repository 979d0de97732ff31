/* Between two supernodes: nobody who has not moved yet is lost, and nothing comes twice. */
#include "edge_fake.h"

static const uint8_t group[MAC_LEN] = { 0x01, 0x00, 0x5e, 0x0a, 0x0a, 0x0a };

static size_t current(const struct fake *f) { return edge_info(f->e)->supernode; }

/* The first was lost, the second has served, and the first is back: just moved to it. */
static struct fake *moved(size_t groups_max)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->config.groups_max = groups_max;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	edge_tap_ready(f->e, f->now);
	CHECK_INT(current(f), 1);
	f->sn[0].up = true;
	for (int i = 0; i < 400 && current(f); i++)
		fake_run(f, 100);
	CHECK_INT(current(f), 0);
	f->sent_n = f->answered_n = f->frames_n = 0;
	return f;
}

/* One of b's broadcasts. */
static void heard_by(struct fake *f, size_t sn, uint8_t number)
{
	uint8_t frame[FRAME60];
	make_frame(frame, mac_all, mac_b, ip_b, ip_a);
	frame[FRAME60 - 1] = number;
	fake_packet(f, &f->sn[sn].addr, mac_b, mac_all, &addr_b, frame, sizeof(frame));
}

static size_t packets_to(const struct fake *f, size_t sn) { return sent_count_to(f, 0, WIRE_PACKET, f->sn[sn].addr); }

static void floods_by_both(void)
{
	struct fake *f = moved(0);
	frame_to(f, mac_all);
	frame_to(f, group);
	CHECK_INT(packets_to(f, 0), 2);
	CHECK_INT(packets_to(f, 1), 2);
	fake_end(f);
}

static void takes_from_both_once(void)
{
	struct fake *f = moved(0);
	heard_by(f, 1, 1);                              /* b has not moved */
	CHECK_INT(f->frames_n, 1);
	heard_by(f, 0, 2);
	heard_by(f, 1, 2);
	CHECK_INT(f->frames_n, 2);
	heard_by(f, 1, 3);
	heard_by(f, 0, 3);
	CHECK_INT(f->frames_n, 3);
	CHECK_INT(dropped(f, EDGE_DROP_COPY), 2);
	fake_end(f);
}

/* The same ARP request or VRRP advertisement again and again. */
/* One twin by the first while the move to the second is only tried, the other after it. */
static void takes_once_what_comes_as_it_moves(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	edge_tap_ready(f->e, f->now);
	f->sn[0].up = true;
	size_t before = f->sent_n;
	for (int i = 0; i < 40000 && !sent_count_to(f, before, WIRE_REGISTER_SUPER, f->sn[0].addr); i++) {
		f->now++;
		edge_tick(f->e, f->now);
		if (!sent_count_to(f, before, WIRE_REGISTER_SUPER, f->sn[0].addr))
			fake_answers(f);
	}
	CHECK_INT(current(f), 1);
	f->frames_n = 0;
	heard_by(f, 1, 1);
	fake_answers(f);
	CHECK_INT(current(f), 0);
	heard_by(f, 0, 1);
	CHECK_INT(f->frames_n, 1);
	CHECK_INT(dropped(f, EDGE_DROP_COPY), 1);
	fake_end(f);
}

static void repetitions_are_no_copies(void)
{
	struct fake *f = moved(0);
	heard_by(f, 1, 1);
	heard_by(f, 1, 1);
	CHECK_INT(f->frames_n, 2);
	heard_by(f, 0, 1);
	heard_by(f, 0, 1);
	CHECK_INT(f->frames_n, 2);
	heard_by(f, 0, 1);
	CHECK_INT(f->frames_n, 3);
	heard_by(f, 1, 1);
	CHECK_INT(f->frames_n, 3);
	for (int i = 0; i < 60; i++)                    /* many, each with its twin on the way */
		heard_by(f, 0, (uint8_t)i);
	for (int i = 0; i < 60; i++)
		heard_by(f, 1, (uint8_t)i);
	CHECK_INT(dropped(f, EDGE_DROP_COPY), 63);
	fake_end(f);
}

/* Its copy by the old one came while the new one was being asked. */
static void copies_from_before_the_move_count(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	f->sn[0].up = f->sn[0].deaf = true;
	f->sent_n = f->answered_n = 0;
	for (int i = 0; i < 400 && !sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[0].addr); i++) {
		f->sent_n = f->answered_n = 0;
		fake_run(f, 100);
	}
	heard_by(f, 1, 1);
	struct wire_message m = fake_ack(f, &f->sn[0], get_be32(sent_last(f, WIRE_REGISTER_SUPER)->data + 24));
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(current(f), 0);
	heard_by(f, 0, 1);
	CHECK_INT(f->frames_n, 1);
	fake_end(f);
}

/* A twin was lost: what comes later is no copy of the one whose twin it was. */
static void lost_twins_are_forgotten(void)
{
	struct fake *f = moved(0);
	heard_by(f, 0, 1);
	f->now += 600;
	heard_by(f, 1, 1);
	CHECK_INT(f->frames_n, 2);
	fake_end(f);
}

static void stays_registered_for_a_minute(void)
{
	struct fake *f = moved(0);
	struct edge_supernode_info info;
	fake_run(f, 30000);
	CHECK(sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[1].addr) >= 5);
	CHECK(sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[1].addr) <= 8);
	edge_supernode_info(f->e, 1, &info);
	CHECK_INT(info.state, SUPERNODE_MOVING);
	fake_run(f, 40000);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 1);
	edge_supernode_info(f->e, 1, &info);
	CHECK_INT(info.state, SUPERNODE_STANDBY);
	f->sent_n = f->answered_n = f->frames_n = 0;
	frame_to(f, mac_all);
	CHECK_INT(packets_to(f, 0), 1);
	CHECK_INT(packets_to(f, 1), 0);
	heard_by(f, 1, 1);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	fake_end(f);
}

/* When that one falls silent it is not sent to, and when it refuses us not asked again. */
static void the_old_one_may_go(void)
{
	struct fake *f = moved(0);
	f->sn[1].up = false;
	fake_run(f, 12000);
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_all);
	CHECK_INT(packets_to(f, 1), 0);
	CHECK_INT(packets_to(f, 0), 1);
	f->sn[1].up = f->sn[1].nak = true;
	fake_run(f, 3000);
	f->sent_n = f->answered_n = 0;
	fake_run(f, 9000);
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER_SUPER, f->sn[1].addr), 0);
	CHECK(registered(f));
	fake_end(f);
}

/* Relayed unicast: by both until the other edge has been heard by the new one. */
static void unicast_goes_by_both_while_that_is_needed(void)
{
	struct fake *f = fake_new();
	f->config.p2p = false;
	f->config.supernodes = 2;
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 9000);
	packet_from(f, &f->sn[1].addr, mac_b, mac_a, &addr_b);
	f->sn[0].up = true;
	for (int i = 0; i < 400 && current(f); i++)
		fake_run(f, 100);
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_b);
	CHECK_INT(packets_to(f, 0), 1);
	CHECK_INT(packets_to(f, 1), 1);
	packet_from(f, &f->sn[0].addr, mac_b, mac_a, &addr_b);
	frame_to(f, mac_b);
	CHECK_INT(packets_to(f, 0), 2);
	CHECK_INT(packets_to(f, 1), 1);
	fake_end(f);
}

/* Another may have got through to it all the time. */
/* To each of the two supernodes b has another endpoint: that is no news each time. */
static void two_endpoints_of_one_peer_are_no_news(void)
{
	struct fake *f = moved(0);
	for (int i = 0; i < 10; i++) {
		fake_register(f, &f->sn[0].addr, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);
		fake_register(f, &f->sn[1].addr, mac_b, mac_a, COOKIE_FORWARDED, &addr_c);
	}
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER, f->sn[0].addr), 1);
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER, f->sn[1].addr), 1);
	fake_end(f);
}

static void one_that_was_lost_is_asked_again(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	fake_registered(f);
	f->sn[0].up = false;
	fake_run(f, 9000);
	CHECK_INT(current(f), 1);
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_all);
	CHECK_INT(packets_to(f, 0), 0);                 /* it has not answered */
	f->sn[0].up = true;
	fake_run(f, 2100);
	CHECK_INT(current(f), 1);
	f->sent_n = f->answered_n = f->frames_n = 0;
	frame_to(f, mac_all);
	CHECK_INT(packets_to(f, 0), 1);
	CHECK_INT(packets_to(f, 1), 1);
	heard_by(f, 0, 1);
	CHECK_INT(f->frames_n, 1);
	fake_run(f, 40000);
	CHECK_INT(current(f), 0);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[0].addr), 0);
	fake_end(f);
}

static void both_hear_of_groups(void)
{
	struct fake *f = moved(64);
	fake_run(f, 6000);
	CHECK(sent_count_to(f, 0, WIRE_GROUP_REPORT, f->sn[0].addr) > 0);
	CHECK(sent_count_to(f, 0, WIRE_GROUP_REPORT, f->sn[1].addr) > 0);
	fake_end(f);
}

static void stop_says_good_bye_to_both(void)
{
	struct fake *f = moved(0);
	edge_stop(f->e, f->now);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[0].addr), 1);
	CHECK_INT(sent_count_to(f, 0, WIRE_UNREGISTER_SUPER, f->sn[1].addr), 1);
	fake_end(f);
}

int main(void)
{
	RUN(floods_by_both);
	RUN(takes_from_both_once);
	RUN(takes_once_what_comes_as_it_moves);
	RUN(repetitions_are_no_copies);
	RUN(copies_from_before_the_move_count);
	RUN(lost_twins_are_forgotten);
	RUN(stays_registered_for_a_minute);
	RUN(the_old_one_may_go);
	RUN(unicast_goes_by_both_while_that_is_needed);
	RUN(two_endpoints_of_one_peer_are_no_news);
	RUN(one_that_was_lost_is_asked_again);
	RUN(both_hear_of_groups);
	RUN(stop_says_good_bye_to_both);
	return test_done();
}
