/* What is sent to a member that has not proved where it is, and how it proves it. */
#include "core/arp.h"
#include "supernode_fake.h"

static struct fake f;
static const uint8_t everybody[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static uint64_t said;                   /* bytes from the victim's endpoint, whoever sent them */

static struct edge_like made_up(uint16_t i)
{
	struct edge_like e = edge_a();
	put_be16(e.mac + 4, i);
	memset(&e.address, 0, sizeof(e.address));
	e.token = (uint8_t)i;
	e.at = addr_of("203.0.113.9:9");
	return e;
}

static bool is_confirmed(const struct edge_like *e)
{
	struct supernode_edge_info info;
	return find_edge(&f, e, &info) && info.confirmed;
}

/* Bytes that went there; SENT_MAX datagrams at most. */
static uint64_t sent_to(const struct addr *to)
{
	uint64_t bytes = 0;
	CHECK(f.n <= SENT_MAX);
	for (size_t i = 0; i < f.n; i++)
		if (addr_equal(&f.sent[i].to, to))
			bytes += f.sent[i].len;
	return bytes;
}

static void forge(struct edge_like *e)
{
	do_claim(&f, e);
	said += 79;
}

static void nothing_is_flooded_to_the_unproven(void)
{
	struct edge_like member = edge_b(), victim = made_up(0);
	uint64_t sent = 0;
	char frame[1400] = "";
	fake_start(&f, fake_config());
	do_register(&f, &member);
	f.n = f.answered = 0;
	said = 0;
	for (uint16_t i = 0; i < 12; i++) {
		struct edge_like e = made_up(i);
		forge(&e);
	}
	for (int i = 0; i < 40; i++) {
		do_packet(&f, &member, everybody, TRANSFORM_NULL, frame, sizeof(frame));
		do_packet(&f, &member, victim.mac, TRANSFORM_NULL, frame, sizeof(frame));
		do_query(&f, &member, victim.mac);
		sent += sent_to(&victim.at);
		f.n = f.answered = 0;
		fake_wait(&f, 1000);
	}
	CHECK(sent <= said);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_DESTINATION), 40);         /* nobody is told where it is */
	CHECK_INT(supernode_info(f.sn)->confirmed, 1);
	fake_stop(&f);
}

/* Whatever is forged: the victim gets no more than was sent in its name. */
static void the_victim_gets_no_more_than_was_forged(void)
{
	struct edge_like member = edge_b(), claimant = edge_c();
	fake_start(&f, fake_config());
	do_register(&f, &member);
	uint64_t sent = 0;
	said = 0;
	for (int step = 0; step < 2000; step++) {
		struct edge_like e = made_up((uint16_t)(test_random() % 8));
		f.n = f.answered = 0;
		switch (test_random() % 8) {
		case 0:
			forge(&e);
			break;
		case 1:
			do_packet(&f, &e, test_random() % 2 ? everybody : member.mac, 1, "0123456789", 10);
			said += 48;
			break;
		case 2:
			do_query(&f, &e, test_random() % 2 ? member.mac : NULL);
			said += 38;
			break;
		case 3:
			do_echo(&f, &e, (uint32_t)test_random());
			said += 40;
			break;
		case 4:
			claimant = e;
			claimant.at = addr_of("198.51.100.3:3");
			claimant.token ^= 0x80;
			do_claim(&f, &claimant);
			break;
		case 5:
			do_packet(&f, &member, test_random() % 2 ? everybody : e.mac, 1, "0123456789", 10);
			break;
		case 6:
			do_reg(&f, &member, e.mac, WIRE_REGISTER);
			break;
		default:
			fake_wait(&f, test_random() % 3000);
			do_register(&f, &member);
			break;
		}
		sent += sent_to(&e.at);
		CHECK(sent <= said);
	}
	CHECK(sent > said / 4);
	fake_stop(&f);
}

static size_t receivers(struct edge_like *from)
{
	f.n = f.answered = 0;
	do_packet(&f, from, everybody, TRANSFORM_NULL, "frame", 5);
	return f.n;
}

static struct wire_message last_to(const struct edge_like *e)
{
	struct wire_message m = message_of(e, WIRE_PING);
	for (size_t i = 0; i < f.n; i++)
		if (addr_equal(&f.sent[i].to, &e->at))
			m = read_message(&f.sent[i]);
	return m;
}

/* An edge with p2p: within two round trips of its registration, and the first has brought the acknowledgement. */
static void proves_itself_by_register(void)
{
	struct edge_like member = edge_b(), e = edge_a();
	fake_start(&f, fake_config());
	do_register(&f, &member);
	do_claim(&f, &e);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	do_packet(&f, &e, everybody, TRANSFORM_NULL, "what is as long as a gratuitous ARP would be", 42);
	struct wire_message ask = last_to(&e);
	CHECK_INT(ask.type, WIRE_REGISTER);
	CHECK(ask.flags == 0 && mac_equal(ask.reg.dst, e.mac) && mac_equal(ask.reg.src, f.config.mac));
	do_echo(&f, &e, ask.reg.cookie ^ 1);
	CHECK(!is_confirmed(&e));
	struct edge_like liar = e;
	liar.at = addr_of("198.51.100.3:3");
	do_echo(&f, &liar, ask.reg.cookie);
	CHECK(!is_confirmed(&e));
	do_echo(&f, &e, ask.reg.cookie);
	CHECK(is_confirmed(&e));
	CHECK_INT(receivers(&member), 1);
	fake_stop(&f);
}

/* An edge of n2n without p2p: the kernel behind it answers, to a MAC that has the number in it. */
static void proves_itself_by_arp(void)
{
	struct edge_like member = edge_b(), e = edge_a();
	fake_start(&f, fake_config());
	do_register(&f, &member);
	do_claim(&f, &e);
	for (int i = 0; i < 2; i++)
		do_packet(&f, &e, everybody, TRANSFORM_NULL, "what is as long as a gratuitous ARP would be", 42);
	f.n = f.answered = 0;
	fake_wait(&f, 200);
	struct wire_message ask = last_to(&e);
	CHECK_INT(ask.type, WIRE_PACKET);
	uint8_t sender[MAC_LEN];
	memcpy(sender, ask.packet.payload + MAC_LEN, MAC_LEN);
	do_packet(&f, &e, f.config.mac, TRANSFORM_NULL, "an answer", 9);
	CHECK(!is_confirmed(&e));
	do_packet(&f, &e, sender, TRANSFORM_NULL, "an answer", 9);
	CHECK(is_confirmed(&e));
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SELF), 2);
	CHECK_INT(receivers(&member), 1);
	fake_stop(&f);
}

/* It registers again and says nothing else, so the question is paid for by the answer that waits for it. */
static void an_idle_edge_proves_itself_when_it_registers_again(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	do_claim(&f, &e);
	fake_wait(&f, 20000);
	do_claim(&f, &e);
	CHECK_INT(last_type(&f), WIRE_REGISTER);
	CHECK_INT(counts(&f)->acks, 1);
	do_echo(&f, &e, read_message(last(&f)).reg.cookie);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK_INT(read_message(last(&f)).super_ack.cookie, e.cookie);
	CHECK(is_confirmed(&e));
	fake_stop(&f);
}

/* It answers nothing: it is acknowledged when it has tried twice more, and gets no question in its place again for long. */
static void an_edge_that_answers_nothing_stays_registered(void)
{
	struct edge_like e = edge_a();
	struct supernode_edge_info info;
	uint64_t asked = 0;
	fake_start(&f, fake_config());
	do_claim(&f, &e);
	for (int i = 0; i < 30; i++) {
		uint64_t acks = counts(&f)->acks;
		fake_wait(&f, 20000);
		do_claim(&f, &e);
		for (int try = 0; try < 2 && counts(&f)->acks == acks; try++, asked++) {
			fake_wait(&f, 4000);
			do_claim(&f, &e);
		}
		CHECK_INT(counts(&f)->acks, acks + 1);
		CHECK(find_edge(&f, &e, &info));
	}
	CHECK(asked <= 4);
	fake_stop(&f);
}

/* After a restart of the supernode edges do not announce themselves: they are asked at once. */
static void edges_that_were_there_before_are_asked_first(void)
{
	struct edge_like e = edge_a(), other = edge_b();
	fake_start(&f, fake_config());
	do_packet(&f, &other, everybody, TRANSFORM_NULL, "frame", 5);
	do_claim(&f, &e);
	CHECK_INT(last_type(&f), WIRE_REGISTER);
	do_echo(&f, &e, read_message(last(&f)).reg.cookie);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(is_confirmed(&e));
	fake_stop(&f);
}

static void another_endpoint_is_proved_anew(void)
{
	struct edge_like member = edge_b(), e = edge_a();
	fake_start(&f, fake_config());
	do_register(&f, &member);
	do_register(&f, &e);
	e.at = addr_of("203.0.113.9:9");                /* its token, with the victim's address */
	do_claim(&f, &e);
	CHECK(!is_confirmed(&e));
	f.n = f.answered = 0;
	for (int i = 0; i < 10; i++)
		do_packet(&f, &member, everybody, TRANSFORM_NULL, "a frame of some length, to be flooded", 37);
	CHECK(sent_to(&e.at) <= 79);
	CHECK_INT(supernode_info(f.sn)->confirmed, 1);
	fake_stop(&f);
}

/* With a cipher and without p2p there is no way to prove anything: a trickle for all at that address. */
static void what_cannot_be_proved_gets_a_trickle(void)
{
	struct edge_like member = edge_b(), victim = made_up(0);
	char frame[1400] = "";
	uint64_t bytes = 0;
	fake_start(&f, fake_config());
	do_register(&f, &member);
	for (uint16_t i = 0; i < 10; i++) {
		struct edge_like e = made_up(i);
		forge(&e);
		do_packet(&f, &e, everybody, 3, "ciphered, and as long as a gratuitous ARP is", 44);
	}
	fake_wait(&f, 200);
	for (int ms = 0; ms < 2000; ms += 10) {
		f.n = f.answered = 0;
		do_packet(&f, &member, everybody, 3, frame, sizeof(frame));
		bytes += sent_to(&victim.at);
		fake_wait(&f, 10);
	}
	CHECK(bytes > 20000);
	CHECK(bytes <= 3 * 32768 + 10 * 200);
	fake_stop(&f);
}

static void loopback_needs_no_proof(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	e.at = addr_of("127.0.0.1:50001");
	do_claim(&f, &e);
	CHECK(is_confirmed(&e));
	fake_stop(&f);
}

/* --- room --- */

static void the_unproven_make_room(void)
{
	struct supernode_config config = fake_config();
	struct edge_like honest = edge_b(), first = made_up(0);
	struct supernode_edge_info info;
	config.community_edges_max = config.edges_max;
	fake_start(&f, config);
	for (uint16_t i = 0; i < 100; i++) {
		struct edge_like e = made_up(i);
		do_claim(&f, &e);
	}
	CHECK_INT(edges(&f), config.edges_max);
	CHECK(!find_edge(&f, &first, &info));           /* the oldest went first */
	do_register(&f, &honest);
	CHECK(is_confirmed(&honest));
	for (uint16_t i = 0; i < 100; i++) {
		struct edge_like e = made_up(i);
		do_claim(&f, &e);
	}
	CHECK(is_confirmed(&honest));
	CHECK(counts(&f)->evicted > 100);
	fake_stop(&f);
}

static void one_address_does_not_fill_the_tables(void)
{
	struct supernode_config config = fake_config();
	struct edge_like honest = edge_b();
	config.source_edges_max = 4;
	fake_start(&f, config);
	for (uint16_t i = 0; i < 20; i++) {
		struct edge_like e = made_up(i);
		e.at.port = (uint16_t)(1000 + i);
		do_register(&f, &e);
	}
	CHECK_INT(edges(&f), 4);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SOURCE_FULL), 16);
	do_register(&f, &honest);
	CHECK(is_confirmed(&honest));
	struct edge_like mover = made_up(3);            /* nor by moving there */
	honest.at = mover.at;
	do_claim(&f, &honest);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SOURCE_FULL), 17);
	fake_stop(&f);
}

static void a_network_of_ipv6_is_one_source(void)
{
	struct supernode_config config = fake_config();
	config.source_edges_max = 4;
	fake_start(&f, config);
	for (uint16_t i = 0; i < 10; i++) {
		struct edge_like e = made_up(i);
		e.at = addr_of("[2001:db8::1]:1000");
		put_be16(e.at.ip + 14, i);
		do_register(&f, &e);
	}
	CHECK_INT(edges(&f), 4);
	struct edge_like other = made_up(99);
	other.at = addr_of("[2001:db8:0:1::1]:1000");
	do_register(&f, &other);
	CHECK_INT(edges(&f), 5);
	fake_stop(&f);
}

static void made_up_communities_make_room(void)
{
	struct edge_like honest = edge_b();
	fake_start(&f, fake_config());
	for (uint16_t i = 0; i < 20; i++) {
		char name[16];
		struct edge_like e = made_up(i);
		snprintf(name, sizeof(name), "made-up-%u", i);
		e.community = name;
		do_claim(&f, &e);
	}
	do_register(&f, &honest);
	CHECK(is_confirmed(&honest));
	fake_stop(&f);
}

/* --- strangers --- */

static void strangers_learn_that_somebody_is_there(void)
{
	struct edge_like member = edge_b(), stranger = edge_c();
	fake_start(&f, fake_config());
	do_register(&f, &member);
	fake_wait(&f, 50000);
	stranger.community = "made-up";
	for (int i = 0; i < 2; i++)
		do_query(&f, &stranger, NULL);
	struct wire_message pong = read_message(last(&f));
	CHECK_INT(pong.type, WIRE_PEER_INFO);
	CHECK(mac_equal(pong.info.mac, f.config.mac));
	CHECK(!pong.info.load && !pong.info.uptime && !pong.info.version[0]);
	do_query(&f, &member, NULL);
	pong = read_message(last(&f));
	CHECK(pong.info.load == 2 && pong.info.uptime == 50 && pong.info.version[0]);
	fake_stop(&f);
}

/* --- members --- */

static void floods_of_a_member_are_limited(void)
{
	struct supernode_config config = fake_config();
	struct edge_like a = edge_a(), b = edge_b(), c = edge_c();
	uint64_t copies = 0;
	config.flood_max = 1000;
	fake_start(&f, config);
	do_register(&f, &a);
	do_register(&f, &b);
	do_register(&f, &c);
	for (int i = 0; i < 5000; i++) {
		copies += receivers(&a);
		if (i % 5 == 4)
			fake_wait(&f, 1);
	}
	CHECK(copies >= 1990 && copies <= 2010);        /* a second's worth at once, and a second */
	CHECK(dropped(&f, SUPERNODE_DROP_FLOOD_LIMIT) > 3900);
	CHECK_INT(receivers(&b), 2);                    /* others are not concerned */
	fake_stop(&f);
}

static void questions_of_a_member_are_limited(void)
{
	struct edge_like a = edge_a(), b = edge_b();
	fake_start(&f, fake_config());
	do_register(&f, &a);
	do_register(&f, &b);
	for (int i = 0; i < 5000; i++)
		do_query(&f, &a, i % 2 ? b.mac : NULL);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_ASKED_TOO_OFTEN), 3000);
	fake_wait(&f, 1000);
	for (int i = 0; i < 300; i++)
		do_query(&f, &a, b.mac);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_ASKED_TOO_OFTEN), 3100);
	fake_stop(&f);
}

int main(void)
{
	RUN(nothing_is_flooded_to_the_unproven);
	RUN(the_victim_gets_no_more_than_was_forged);
	RUN(proves_itself_by_register);
	RUN(proves_itself_by_arp);
	RUN(an_idle_edge_proves_itself_when_it_registers_again);
	RUN(an_edge_that_answers_nothing_stays_registered);
	RUN(edges_that_were_there_before_are_asked_first);
	RUN(another_endpoint_is_proved_anew);
	RUN(what_cannot_be_proved_gets_a_trickle);
	RUN(loopback_needs_no_proof);
	RUN(the_unproven_make_room);
	RUN(one_address_does_not_fill_the_tables);
	RUN(a_network_of_ipv6_is_one_source);
	RUN(made_up_communities_make_room);
	RUN(strangers_learn_that_somebody_is_there);
	RUN(floods_of_a_member_are_limited);
	RUN(questions_of_a_member_are_limited);
	return test_done();
}
