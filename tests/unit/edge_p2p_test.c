/* Finding direct paths, keeping and leaving them: 14.4 A to G. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)

static const struct addr untold = { .family = ADDR_NONE };
static void relayed_from_b(struct fake *f, const struct addr *socket) { packet_from(f, &SN, mac_b, mac_a, socket); }
static bool last_frame_went_to(const struct fake *f, struct addr to)
{
	return addr_equal(&sent_last(f, WIRE_PACKET)->to, &to);
}

/* A, B */
static void heard_by_the_supernode(void)
{
	struct fake *f = fake_registered(fake_new());
	relayed_from_b(f, &addr_b);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	for (int i = 0; i < 10; i++)
		relayed_from_b(f, &addr_b);             /* pending already */
	CHECK_INT(f->sent_n, 2);
	CHECK(!is_direct(f, mac_b));
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_b));
	CHECK(noted(f, "peer 02:00:00:00:00:b2 direct via 192.0.2.12:50002"));
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	CHECK_INT(edge_info(f->e)->counts.direct_out, 1);
	fake_end(f);
}

static void contact_backs_off(void)
{
	struct fake *f = fake_registered(fake_new());
	uint64_t start = f->now;
	size_t contacts = 0;
	for (int i = 0; i < 640; i++) {
		f->sent_n = f->answered_n = 0;
		relayed_from_b(f, &addr_b);
		contacts += sent_registers(f, 0, COOKIE_REGULAR, addr_b);
		f->now += 100;
	}
	CHECK(f->now - start == 64000);
	CHECK_INT(contacts, 7);                         /* 0, 1, 3, 7, 15, 31, 61 s */
	fake_end(f);
}

static void without_socket_only_through_the_supernode(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_register(f, &SN, mac_b, mac_a, COOKIE_FORWARDED, NULL);    /* direct, as it has no flag */
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, SN), 0);         /* the supernode is no peer */
	struct wire_message m = fake_head(f, WIRE_REGISTER, WIRE_FROM_SUPERNODE);
	memcpy(m.reg.src, mac_b, MAC_LEN);
	memcpy(m.reg.dst, mac_a, MAC_LEN);
	f->sent_n = 0;
	fake_message(f, &SN, &m);
	CHECK_INT(f->sent_n, 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	fake_end(f);
}

static void heard_directly(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr port = addr_b;
	port.port++;                                    /* a NAT's, towards us */
	packet_from(f, &port, mac_b, mac_a, NULL);
	CHECK_INT(f->frames_n, 0);                      /* of nobody that the supernode has told of: it is asked */
	CHECK_INT(f->sent_n, 1);
	CHECK_INT(sent_count_to(f, 0, WIRE_QUERY_PEER, SN), 1);
	fake_peer_info(f, &SN, mac_b, &addr_b, NULL);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, port), 1);
	f->sent_n = 0;
	packet_from(f, &port, mac_b, mac_a, NULL);
	packet_from(f, &port, mac_b, mac_a, NULL);
	CHECK_INT(f->frames_n, 2);
	CHECK_INT(f->sent_n, 0);                        /* not one per packet */
	fake_register_ack(f, &port, mac_b, COOKIE_REGULAR);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, port));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_b));
	fake_end(f);
}

static void punches_with_ttl(void)
{
	struct fake *f = fake_new();
	f->config.punch_ttl = 5;
	fake_registered(f);
	relayed_from_b(f, &addr_b);
	CHECK_INT(f->sent_n, 17);
	for (uint16_t i = 0; i < 16; i++) {
		CHECK_INT(f->sent[i].how, SENT_TTL);
		CHECK_INT(f->sent[i].ttl, 5);
		CHECK_INT(f->sent[i].to.port, addr_b.port + i);
		CHECK_INT(class_of(get_be32(f->sent[i].data + 24)), COOKIE_PORT);
	}
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	struct addr guessed = addr_b;
	guessed.port = (uint16_t)(guessed.port + 7);
	fake_register_ack(f, &guessed, mac_b, COOKIE_PORT);
	CHECK(is_direct(f, mac_b));
	fake_end(f);
	f = fake_new();
	f->config.punch_ttl = 1;
	fake_registered(f);
	relayed_from_b(f, &addr_b);
	CHECK_INT(f->sent_n, 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	fake_end(f);
}

/* C */
static void register_is_answered(void)
{
	struct fake *f = fake_registered(fake_new());
	relayed_from_b(f, &addr_b);
	fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER_ACK, addr_b), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	struct edge_peer_info p;
	CHECK(peer_info(f, mac_b, &p));
	CHECK(!memcmp(p.desc, "edge-two", 8));
	CHECK_INT(p.address.prefix, 24);
	fake_register(f, &addr_b, mac_b, mac_c, COOKIE_REGULAR, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_FOR_US), 1);
	fake_register(f, &addr_b, mac_a, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_SELF), 1);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);
	fake_end(f);
}

static void relayed_register_opens_our_nat(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_register(f, &SN, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 0);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	f->now += 1100;                                 /* it seeks again: so do we, though our back-off waits */
	size_t before = f->sent_n;
	fake_register(f, &SN, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);
	CHECK_INT(sent_registers(f, before, COOKIE_REGULAR, addr_b), 1);
	fake_end(f);
}

/* D */
static void ack_counts_only_when_asked_for(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);   /* never heard of */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	relayed_from_b(f, &addr_b);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_LOCAL);     /* of a class that was not sent */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 2);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_MCAST);     /* nor to the group */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 3);
	f->now += 10001;
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);   /* too late */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 4);
	CHECK(!is_direct(f, mac_b));
	fake_end(f);
}

/* From elsewhere than asked: only a hint, the other endpoint has to answer itself. */
static void ack_from_another_port_is_verified(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr other = addr_b;
	other.port = 777;
	relayed_from_b(f, &addr_b);
	fake_register_ack(f, &other, mac_b, COOKIE_REGULAR);
	CHECK(!is_direct(f, mac_b));
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, other), 1);
	fake_register_ack(f, &other, mac_b, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_b));
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, other));
	fake_end(f);
}

static void one_edge_behind_an_endpoint(void)
{
	struct fake *f = fake_registered(fake_new());
	frame_to(f, mac_b);
	fake_peer_info(f, &SN, mac_b, &addr_b, NULL);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_b));
	frame_to(f, mac_c);                             /* the same edge with a new MAC */
	fake_peer_info(f, &SN, mac_c, &addr_b, NULL);
	fake_register_ack(f, &addr_b, mac_c, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_c));
	CHECK(!is_direct(f, mac_b));
	fake_end(f);
}

static void higher_class_wins(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr local = v4(172, 16, 0, 12, 50002);
	frame_to(f, mac_b);
	fake_peer_info(f, &SN, mac_b, &addr_b, &local);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	fake_register_ack(f, &local, mac_b, COOKIE_LOCAL);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, local));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);   /* of a lower class, and the path is good */
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, local));
	f->now += 2500;
	frame_to(f, mac_b);
	relayed_from_b(f, &addr_b);
	fake_peer_info(f, &SN, mac_b, &addr_b, NULL);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);   /* the local one has been idle: it is asked, */
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, local));
	f->now += 1000;
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);   /* and is silent */
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	fake_end(f);
}

/* E */
static void query_once_per_interval(void)
{
	struct fake *f = fake_registered(fake_new());
	for (int i = 0; i < 410; i++) {
		frame_to(f, mac_b);
		f->now += 100;
	}
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 3);        /* 0, 20, 40 s */
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, SN), 410);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 6);
	fake_end(f);
}

static void used_path_is_probed(void)
{
	struct fake *f = fake_with_peer(fake_new());
	for (int i = 0; i < 19; i++) {
		frame_to(f, mac_b);
		f->now += 100;
	}
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER), 0);
	for (int i = 0; i < 30; i++) {
		f->now += 100;
		frame_to(f, mac_b);
	}
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 3);     /* at 2, 3, 4 s */
	CHECK(last_frame_went_to(f, addr_b));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	for (int i = 0; i < 19; i++) {
		f->now += 100;
		frame_to(f, mac_b);
	}
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 3);
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, SN), 0);
	fake_end(f);
}

static void silent_path_is_left_after_five_seconds(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->now += 4900;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	f->now += 100;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	CHECK(!noted(f, "relayed"));                    /* it may only have been idle */
	for (int i = 0; i < 200; i++) {
		f->now += 100;
		frame_to(f, mac_b);
	}
	CHECK(!is_direct(f, mac_b));
	CHECK_INT(notes_with(f, "peer 02:00:00:00:00:b2 relayed"), 1);
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, SN), 201);
	fake_end(f);
}

static void idle_path_is_used_again_after_an_answer(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->now += 30000;
	relayed_from_b(f, &addr_b);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	CHECK_INT(notes_with(f, "peer "), 1);           /* direct all the time */
	fake_end(f);
}

static void direct_traffic_keeps_the_path_fresh(void)
{
	struct fake *f = fake_with_peer(fake_new());
	for (int i = 0; i < 30; i++) {
		f->now += 1000;
		packet_from(f, &addr_b, mac_b, mac_a, NULL);
		frame_to(f, mac_b);
	}
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, addr_b), 30);
	CHECK_INT(f->sent_n, 30);
	fake_end(f);
}

static void idle_path_is_used_again_after_a_frame(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->now += 6000;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	CHECK(!is_direct(f, mac_b));
	packet_from(f, &addr_b, mac_b, mac_a, NULL);    /* as long as such come, no REGISTER is needed */
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	CHECK(is_direct(f, mac_b));
	fake_end(f);
}

/* F */
/* A firewall there lets nothing of ours in: what comes from there does not prove that we get there. */
static void path_that_works_one_way_is_left(void)
{
	struct fake *f = fake_with_peer(fake_new());
	for (int i = 0; i < 60; i++) {
		fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);
		frame_to(f, mac_b);
		fake_run(f, 100);
	}
	CHECK(last_frame_went_to(f, SN));
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	fake_end(f);
}

/* It asks by way of the supernode: so it does not hear us. */
static void path_is_doubted_when_the_peer_seeks_another(void)
{
	struct fake *f = fake_with_peer(fake_new());
	struct wire_message m = fake_head(f, WIRE_REGISTER, WIRE_FROM_SUPERNODE);
	memcpy(m.reg.src, mac_b, MAC_LEN);
	memcpy(m.reg.dst, mac_a, MAC_LEN);
	fake_run(f, 1000);
	fake_message(f, &SN, &m);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	f->now += 1000;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	fake_end(f);
}

/* A peer that registers from elsewhere is not told at first: the process that the path leads to may be gone. */
static void path_is_doubted_when_the_peer_is_no_longer_told(void)
{
	struct fake *f = fake_with_peer(fake_new());
	fake_run(f, 1000);
	relayed_from_b(f, &untold);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	f->now += 1000;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	fake_end(f);
}

/* It is there: the supernode was restarted, say. */
static void path_that_is_no_longer_told_may_work(void)
{
	struct fake *f = fake_with_peer(fake_new());
	fake_run(f, 1000);
	relayed_from_b(f, &untold);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	f->now += 1000;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	CHECK(is_direct(f, mac_b));
	fake_end(f);
}

static void peer_info_only_when_asked(void)
{
	struct fake *f = fake_registered(fake_new());
	fake_peer_info(f, &SN, mac_b, &addr_b, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	frame_to(f, mac_b);
	f->sent_n = 0;
	fake_peer_info(f, &stranger, mac_b, &stranger, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	CHECK_INT(f->sent_n, 0);
	fake_peer_info(f, &SN, mac_b, &addr_b, NULL);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);
	fake_end(f);
}

static void refused_endpoint(struct fake *f, struct addr bad)
{
	uint64_t before = dropped(f, EDGE_DROP_ENDPOINT_REFUSED);
	frame_to(f, mac_b);
	f->sent_n = 0;
	fake_peer_info(f, &SN, mac_b, &bad, &bad);
	CHECK_INT(f->sent_n, 0);
	CHECK(dropped(f, EDGE_DROP_ENDPOINT_REFUSED) > before);
}

static void endpoints_that_lead_nowhere(void)
{
	struct fake *f = fake_registered(fake_new());
	f->unreachable = v4(203, 0, 113, 5, 4000);
	refused_endpoint(f, v4(10, 9, 8, 77, 4000));    /* inside the overlay */
	refused_endpoint(f, v4(127, 0, 0, 1, 4000));
	refused_endpoint(f, v4(224, 0, 0, 68, 1968));
	refused_endpoint(f, v4(203, 0, 113, 4, 0));
	refused_endpoint(f, f->unreachable);
	refused_endpoint(f, SN);
	struct addr inside = v4(10, 9, 8, 77, 4000);
	packet_from(f, &inside, mac_c, mac_a, NULL);
	struct edge_peer_info p;
	CHECK(!peer_info(f, mac_c, &p));
	fake_end(f);
}

/* The peer was restarted, or its NAT forgot it. */
static void another_public_socket_demotes(void)
{
	struct fake *f = fake_with_peer(fake_new());
	struct addr moved = v4(203, 0, 113, 12, 9999);
	relayed_from_b(f, &moved);
	CHECK(!is_direct(f, mac_b));
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, moved), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 0);
	CHECK_INT(sent_registers(f, 0, COOKIE_FORWARDED, SN), 1);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, SN));
	fake_register_ack(f, &moved, mac_b, COOKIE_REGULAR);
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, moved));
	fake_end(f);
}

/* G */
static void silent_peers_age(void)
{
	struct fake *f = fake_with_peer(fake_new());
	struct edge_peer_info p;
	fake_run(f, 55000);
	CHECK(peer_info(f, mac_b, &p));
	fake_run(f, 16000);
	CHECK(!peer_info(f, mac_b, &p));
	fake_end(f);
}

static void known_peers_stay_without_supernode(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->sn[0].up = false;
	for (int i = 0; i < 120; i++) {
		fake_run(f, 1000);
		if (i % 10 == 9)
			fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	}
	CHECK(is_direct(f, mac_b));
	CHECK(sent_registers(f, 0, COOKIE_REGULAR, addr_b) >= 8);       /* keeps the NATs open */
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_b);
	CHECK(last_frame_went_to(f, addr_b));
	frame_to(f, mac_all);
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, addr_b), 2);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);
	frame_to(f, mac_c);
	CHECK_INT(dropped(f, EDGE_DROP_NO_SUPERNODE), 1);
	fake_end(f);
}

static void without_p2p(void)
{
	struct fake *f = fake_new();
	f->config.p2p = false;
	fake_registered(f);
	relayed_from_b(f, &addr_b);
	fake_register(f, &SN, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);
	fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	packet_from(f, &addr_b, mac_b, mac_a, NULL);
	CHECK_INT(f->sent_n, 0);
	CHECK_INT(f->frames_n, 2);
	frame_to(f, mac_b);
	CHECK_INT(f->sent_n, 1);
	CHECK(last_frame_went_to(f, SN));
	fake_end(f);
}

int main(void)
{
	RUN(heard_by_the_supernode);
	RUN(contact_backs_off);
	RUN(without_socket_only_through_the_supernode);
	RUN(heard_directly);
	RUN(punches_with_ttl);
	RUN(register_is_answered);
	RUN(relayed_register_opens_our_nat);
	RUN(ack_counts_only_when_asked_for);
	RUN(ack_from_another_port_is_verified);
	RUN(one_edge_behind_an_endpoint);
	RUN(higher_class_wins);
	RUN(query_once_per_interval);
	RUN(used_path_is_probed);
	RUN(silent_path_is_left_after_five_seconds);
	RUN(idle_path_is_used_again_after_an_answer);
	RUN(idle_path_is_used_again_after_a_frame);
	RUN(direct_traffic_keeps_the_path_fresh);
	RUN(path_that_works_one_way_is_left);
	RUN(path_is_doubted_when_the_peer_seeks_another);
	RUN(path_is_doubted_when_the_peer_is_no_longer_told);
	RUN(path_that_is_no_longer_told_may_work);
	RUN(peer_info_only_when_asked);
	RUN(endpoints_that_lead_nowhere);
	RUN(another_public_socket_demotes);
	RUN(silent_peers_age);
	RUN(known_peers_stay_without_supernode);
	RUN(without_p2p);
	return test_done();
}
