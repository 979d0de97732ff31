/* By which way frames to a group go: who is asked, which list counts, for how long, and that each member gets each
 * frame by exactly one way.
 */
#include "edge_groups_fake.h"

static void the_first_frame_asks_and_goes_by_the_relay(void)
{
	struct fake *f = groups_start(fake_new());
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	struct wire_message q = sent_message(sent_last(f, WIRE_GROUP_QUERY));
	CHECK(mac_equal(q.group_query.group, g1) && mac_equal(q.group_query.mac, mac_a));
	uint64_t at = f->now;
	fake_run(f, 4000);
	static const uint64_t want[] = { 0, 250, 750, 1750 };
	size_t n = 0;
	for (size_t i = 0; i < f->sent_n; i++) {
		if (sent_type(&f->sent[i]) != WIRE_GROUP_QUERY)
			continue;
		CHECK(n < 4 && f->sent[i].at - at == want[n]);
		CHECK_INT(get_be32(f->sent[i].data + 24), q.group_query.cookie);
		n++;
	}
	CHECK_INT(n, 4);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 4);
	fake_run(f, 5000);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 5);       /* some time later again */
	fake_end(f);
}

static void flooded_groups_are_not_asked_for(void)
{
	static const uint8_t flooded[][MAC_LEN] = {
		{ 1, 0, 0x5e, 0, 0, 0xfb }, { 0x33, 0x33, 0, 0, 0, 1 }, { 0x33, 0x33, 0xff, 1, 2, 3 }, { 1, 0x80, 0xc2, 0, 0, 0x0e },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct fake *f = groups_start(fake_new());
	for (size_t i = 0; i < sizeof(flooded) / sizeof(*flooded); i++)
		CHECK(went(send_frame(f, flooded[i]), 0, 1, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 0);
	fake_end(f);
}

static void when_nobody_wants_it_nothing_is_sent(void)
{
	struct edge_group_info info;
	struct fake *f = groups_start(fake_new());
	send_frame(f, g1);
	tell(f, g1, 1, 1, 0);
	for (int i = 0; i < 5; i++)
		CHECK(went(send_frame(f, g1), 0, 0, 0));
	CHECK_INT(dropped(f, EDGE_DROP_SUPPRESSED), 5);
	CHECK(group_info(f, g1, &info) && info.listed && !info.members && info.suppressed == 5 && info.frames_out == 1);
	fake_end(f);
}

static void each_member_by_its_own_way(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 3);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 3);
	CHECK(went(send_frame(f, g1), 3, 0, 0));
	tell(f, g1, 2, 1, 7);
	CHECK(went(send_frame(f, g1), 3, 0, 4));                /* few without path: one each */
	tell(f, g1, 3, 1, 8);
	CHECK(went(send_frame(f, g1), 0, 1, 0));                /* many: all by the relay */
	tell(f, g1, 4, 4, 6);
	CHECK(went(send_frame(f, g1), 0, 1, 0));                /* none is direct: one for all is less */
	tell(f, g1, 5, 3, 4);
	CHECK(went(send_frame(f, g1), 1, 0, 1));
	struct edge_group_info info;
	struct edge_group_member m;
	size_t cursor = 0, place = 0, direct = 0;
	CHECK(edge_group_next(f->e, &cursor, &info) && info.members == 2 && info.direct == 1);
	CHECK_INT(info.frames_out, 6);
	CHECK_INT(info.copies, 1 + 3 + 7 + 1 + 1 + 2);
	while (edge_group_member(f->e, cursor, &place, &m))
		direct += m.direct;
	CHECK(place == 2 && direct == 1);
	fake_end(f);
}

static void a_member_is_sent_to_directly_once_a_path_is_confirmed(void)
{
	struct fake *f = groups_start(fake_new());
	struct wire_group_member m = member_at(5);
	send_frame(f, g1);
	tell(f, g1, 1, 5, 5);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, m.socket), 1);   /* to where the list says it is */
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, f->sn[0].addr), 1);
	for (int i = 0; i < 100; i++) {
		fake_run(f, 100);
		CHECK(went(send_frame(f, g1), 0, 1, 0));
	}
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, m.socket), 1);   /* once per interval */
	fake_run(f, 11000);
	send_frame(f, g1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, m.socket), 2);
	fake_register_ack(f, &m.socket, m.mac, COOKIE_REGULAR);
	CHECK(went(send_frame(f, g1), 1, 0, 0));
	fake_run(f, 5000);                      /* silent for too long: back to the relay, without a gap */
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	fake_end(f);
}

static void without_p2p_the_relay_fans_out(void)
{
	struct fake *f = fake_new();
	f->config.p2p = false;
	groups_start(f);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 2);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER), 0);
	fake_end(f);
}

static void a_list_is_asked_for_again_before_it_ends(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 1);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 1);
	uint32_t cookie = query_cookie(f);
	run_alive(f, 19500, 1, 1);
	CHECK(went(send_frame(f, g1), 1, 0, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 1);
	run_alive(f, 1000, 1, 1);
	CHECK(went(send_frame(f, g1), 1, 0, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 2);
	CHECK_INT(query_cookie(f), cookie);
	tell(f, g1, 1, 1, 1);                   /* nothing new, another 30 s */
	run_alive(f, 19000, 1, 1);
	CHECK(went(send_frame(f, g1), 1, 0, 0));
	run_alive(f, 11500, 1, 1);              /* nothing was sent: nothing was asked */
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 2);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 3);
	CHECK(query_cookie(f) != cookie);
	fake_end(f);
}

static void news_count_and_are_confirmed(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 3);
	send_frame(f, g1);
	tell(f, g1, 7, 1, 1);
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_MEMBERS_ACK), 0);
	tell(f, g1, 9, 1, 3);
	struct wire_message ack = sent_message(sent_last(f, WIRE_GROUP_MEMBERS_ACK));
	CHECK(ack.members_ack.generation == 9 && ack.members_ack.cookie == query_cookie(f));
	CHECK(went(send_frame(f, g1), 3, 0, 0));
	tell(f, g1, 8, 2, 2);                   /* overtaken */
	CHECK_INT(dropped(f, EDGE_DROP_GROUP_LATE), 1);
	CHECK(went(send_frame(f, g1), 3, 0, 0));
	tell(f, g1, 9, 1, 3);                   /* the confirmation was lost */
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_MEMBERS_ACK), 2);
	struct wire_message m = list_of(f, g1, query_cookie(f) ^ 1, 10, 1, 0);
	fake_message(f, &f->sn[0].addr, &m);
	m = list_of(f, g2, query_cookie(f), 10, 1, 0);
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 2);
	m = list_of(f, g1, query_cookie(f), 10, 1, 0);
	fake_message(f, &f->sn[1].addr, &m);
	fake_message(f, &stranger, &m);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 2);
	CHECK(went(send_frame(f, g1), 3, 0, 0));
	fake_end(f);
}

static void part(struct fake *f, uint32_t generation, uint8_t number, uint8_t parts, uint8_t first, uint8_t last)
{
	struct wire_message m = list_of(f, g1, query_cookie(f), generation, first, last);
	m.members.part = number;
	m.members.parts = parts;
	fake_message(f, &f->sn[0].addr, &m);
}

static void a_list_counts_when_all_parts_have_come(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 6);
	send_frame(f, g1);
	part(f, 3, 2, 3, 5, 6);
	part(f, 3, 0, 3, 1, 2);
	part(f, 3, 0, 3, 1, 2);                 /* a copy */
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	part(f, 3, 1, 3, 3, 4);
	CHECK(went(send_frame(f, g1), 6, 0, 0));
	part(f, 4, 0, 2, 1, 2);
	CHECK(went(send_frame(f, g1), 6, 0, 0));
	part(f, 5, 1, 2, 3, 4);                 /* newer: the half of 4 is worth nothing now */
	part(f, 4, 1, 2, 5, 6);
	CHECK(went(send_frame(f, g1), 6, 0, 0));
	part(f, 5, 0, 2, 1, 1);
	CHECK(went(send_frame(f, g1), 3, 0, 0));
	fake_end(f);
}

static void told_to_use_the_relay(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 2);
	send_frame(f, g1);
	struct wire_message m = list_of(f, g1, query_cookie(f), 1, 1, 0);
	m.members.flags = GROUP_MEMBERS_RELAY;
	fake_message(f, &f->sn[0].addr, &m);
	CHECK(went(send_frame(f, g1), 0, 1, 0));
	tell(f, g1, 2, 1, 2);
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	fake_end(f);
}

static void lists_beyond_the_room_mean_relay(void)
{
	struct fake *f = fake_new();
	groups_start(f);
	edge_free(f->e);
	f->config.groups_max = 1;               /* room for 16 members */
	fake_registered(f);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 16);
	struct edge_group_info info;
	CHECK(group_info(f, g1, &info) && !info.relay && info.members == 16);
	tell(f, g1, 2, 1, 17);                  /* the old list still has its room */
	CHECK(group_info(f, g1, &info) && info.relay && !info.members);
	CHECK_INT(dropped(f, EDGE_DROP_GROUPS_FULL), 1);
	tell(f, g1, 3, 1, 16);
	CHECK(group_info(f, g1, &info) && !info.relay && info.members == 16);
	fake_end(f);
}

static void our_own_mac_in_a_list_is_nobody(void)
{
	struct fake *f = groups_start(fake_new());
	send_frame(f, g1);
	struct wire_message m = list_of(f, g1, query_cookie(f), 1, 1, 1);
	memcpy(m.members.member[0].mac, mac_a, MAC_LEN);
	fake_message(f, &f->sn[0].addr, &m);
	CHECK(went(send_frame(f, g1), 0, 0, 0));
	fake_end(f);
}

/* Killing the supernode stops nothing between those that have a list and reach each other. */
static void without_supernode_a_list_serves_until_its_lease_ends(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 3);
	send_frame(f, g1);
	tell(f, g1, 1, 1, 2);
	f->sn[0].up = false;
	for (int s = 0; s < 28; s++) {
		run_alive(f, 1000, 1, 3);
		CHECK(went(send_frame(f, g1), 2, 0, 0));
	}
	CHECK(!registered(f));
	run_alive(f, 3000, 1, 3);               /* who has joined since cannot be known: all that are reached */
	for (int s = 0; s < 100; s++) {
		run_alive(f, 1000, 1, 3);
		CHECK(went(send_frame(f, g1), 3, 0, 0));
	}
	fake_end(f);
}

static void a_supernode_that_comes_back_does_not_know_all_at_once(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 3);
	send_frame(f, g1);
	tell(f, g1, 90, 1, 2);
	f->sn[0].up = false;
	run_alive(f, 60000, 1, 3);
	f->sn[0].up = true;
	f->sn[0].booted = f->now;
	f->sent_n = f->answered_n = 0;
	for (int s = 0; s < 50 && !registered(f); s++)
		run_alive(f, 100, 1, 3);
	CHECK(registered(f));
	CHECK(sent_count(f, 0, WIRE_GROUP_QUERY) > 0);  /* at once, without a frame */
	CHECK(went(send_frame(f, g1), 2, 0, 0));        /* the old list, although its lease is over */
	tell(f, g1, 5, 1, 0);                   /* generations begin anew; nobody is back yet */
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	tell(f, g1, 6, 1, 1);
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	tell(f, g1, 7, 1, 0);                   /* was back, and has left the group: not held any more */
	CHECK(went(send_frame(f, g1), 1, 0, 0));
	tell(f, g1, 8, 4, 9);                   /* six without path, while one is held: each for itself */
	CHECK(went(send_frame(f, g1), 1, 0, 6));
	struct edge_group_info info;
	CHECK(group_info(f, g1, &info) && info.held);
	run_alive(f, 15000, 1, 3);
	CHECK(went(send_frame(f, g1), 0, 1, 0));        /* who has not come back by now is gone */
	CHECK(group_info(f, g1, &info) && !info.held && info.members == 6);
	fake_end(f);
}

/* A restart so short that nobody noticed shows by the epoch in the next acknowledgement. */
static void another_epoch_means_that_our_queries_are_forgotten(void)
{
	struct fake *f = groups_start(fake_new());
	reach(f, 1, 2);
	send_frame(f, g1);
	tell(f, g1, 90, 1, 2);
	uint32_t cookie = query_cookie(f);
	join(f, g2);
	fake_run(f, 0);
	ack_last(f, 2);
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	CHECK_INT(sent_count(f, 0, WIRE_GROUP_QUERY), 2);
	CHECK(query_cookie(f) != cookie);
	struct wire_message m = list_of(f, g1, cookie, 91, 1, 0);
	fake_message(f, &f->sn[0].addr, &m);            /* from before */
	tell(f, g1, 1, 1, 0);
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	fake_end(f);
}

/* By one that knows no groups, unnoticed: whoever has no direct path is on no list, and gets what is relayed. */
static void a_supernode_replaced_by_an_old_one_relays_to_all(void)
{
	for (unsigned renewed = 0; renewed < 2; renewed++) {
		struct fake *f = groups_start(fake_new());
		reach(f, 1, 2);
		send_frame(f, g1);
		tell(f, g1, 90, 1, 2);
		run_alive(f, renewed ? 17600 : 12000, 1, 2);
		f->sn[0].booted = f->now;       /* renewed: our registration is, before the next PING */
		f->sent_n = f->answered_n = 0;
		run_alive(f, 200, 1, 2);
		CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), renewed);
		run_alive(f, 2900, 1, 2);
		CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 1 + renewed);
		CHECK(went(send_frame(f, g1), 2, 0, 0));        /* perhaps it only does not know them yet */
		run_alive(f, 4500, 1, 2);
		CHECK(went(send_frame(f, g1), 0, 1, 0));
		CHECK(registered(f) && !noted(f, "lost"));
		fake_end(f);
	}
}

static void another_supernode_is_asked_anew(void)
{
	struct fake *f = fake_new();
	f->config.supernodes = 2;
	groups_start(f);
	reach(f, 1, 2);
	send_frame(f, g1);
	tell(f, g1, 90, 1, 2);
	f->sn[0].up = false;
	for (int s = 0; s < 200 && (!registered(f) || edge_info(f->e)->supernode != 1); s++) {
		run_alive(f, 100, 1, 2);
		CHECK(went(send_frame(f, g1), 2, 0, 0));
	}
	CHECK(registered(f) && edge_info(f->e)->supernode == 1);
	CHECK(went(send_frame(f, g1), 2, 0, 0));
	const struct sent *q = sent_last(f, WIRE_GROUP_QUERY);
	CHECK(addr_equal(&q->to, &f->sn[1].addr));
	fake_run(f, 0);
	CHECK(addr_equal(&sent_last(f, WIRE_GROUP_REPORT)->to, &f->sn[1].addr));
	fake_end(f);
}

static void frames_from_peers_reach_the_tap(void)
{
	struct edge_group_info info;
	struct fake *f = groups_start(fake_new());
	join(f, g1);
	reach(f, 1, 1);
	f->frames_n = 0;
	struct wire_group_member m = member_at(1);
	packet_from(f, &m.socket, m.mac, g1, NULL);
	packet_from(f, &m.socket, m.mac, g2, NULL);     /* not joined: the kernel filters */
	CHECK_INT(f->frames_n, 2);
	CHECK(group_info(f, g1, &info) && info.local && info.frames_in == 1 && info.bytes_in == FRAME60);
	uint8_t frame[FRAME60];
	make_frame(frame, g1, m.mac, ip_b, ip_a);
	fake_packet(f, &f->sn[0].addr, m.mac, mac_a, &m.socket, frame, sizeof(frame));
	CHECK_INT(f->frames_n, 3);              /* for us alone, by the relay */
	fake_end(f);
}

static void idle_groups_make_room(void)
{
	struct edge_group_info info;
	uint8_t group[MAC_LEN] = { 1, 0, 0x5e, 9, 0, 0 };
	struct fake *f = fake_new();
	f->config.groups_max = 4;
	fake_registered(f);
	for (unsigned i = 0; i < 300; i++) {
		put_be16(group + 4, (uint16_t)i);
		CHECK(went(send_frame(f, group), 0, 1, 0));
		if (i % 50 == 0)
			fake_run(f, 3000);      /* queries are given up, and can go */
	}
	CHECK(dropped(f, EDGE_DROP_GROUPS_FULL) > 0);
	fake_run(f, 400000);
	CHECK(!group_info(f, group, &info));
	fake_end(f);
}

int main(void)
{
	RUN(the_first_frame_asks_and_goes_by_the_relay);
	RUN(flooded_groups_are_not_asked_for);
	RUN(when_nobody_wants_it_nothing_is_sent);
	RUN(each_member_by_its_own_way);
	RUN(a_member_is_sent_to_directly_once_a_path_is_confirmed);
	RUN(without_p2p_the_relay_fans_out);
	RUN(a_list_is_asked_for_again_before_it_ends);
	RUN(news_count_and_are_confirmed);
	RUN(a_list_counts_when_all_parts_have_come);
	RUN(told_to_use_the_relay);
	RUN(lists_beyond_the_room_mean_relay);
	RUN(our_own_mac_in_a_list_is_nobody);
	RUN(without_supernode_a_list_serves_until_its_lease_ends);
	RUN(a_supernode_that_comes_back_does_not_know_all_at_once);
	RUN(another_epoch_means_that_our_queries_are_forgotten);
	RUN(a_supernode_replaced_by_an_old_one_relays_to_all);
	RUN(another_supernode_is_asked_anew);
	RUN(frames_from_peers_reach_the_tap);
	RUN(idle_groups_make_room);
	return test_done();
}
