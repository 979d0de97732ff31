/* Two edges want one MAC or one overlay address: the holder is asked, and the outcome follows its answer. */
#include "core/arp.h"
#include "supernode_fake.h"

static struct fake f;
static struct edge_like holder;                 /* who answers when the supernode asks, in the ways below */
static enum how { ANSWERS_NOTHING, ANSWERS_REGISTER, ANSWERS_ARP } answers;
static unsigned asked_by_register, asked_by_arp;

/* What the kernel behind an edge does with an ARP probe for its address, and the edge with the answer. */
static void answer_arp(const struct wire_message *m)
{
	uint8_t probe[ARP_FRAME_LEN], sender[MAC_LEN];
	CHECK_INT(m->packet.payload_len, sizeof(probe));
	memcpy(sender, m->packet.payload + MAC_LEN, MAC_LEN);   /* a made-up one, which the answer has to name */
	arp_probe(probe, holder.mac, sender, holder.address.ip);
	CHECK(!memcmp(m->packet.payload, probe, sizeof(probe)));
	CHECK(m->flags & WIRE_FROM_SUPERNODE);
	CHECK(mac_equal(m->packet.dst, holder.mac) && mac_equal(m->packet.src, f.config.mac));
	CHECK_INT(m->packet.transform, TRANSFORM_NULL);
	asked_by_arp++;
	if (answers == ANSWERS_ARP)
		do_packet(&f, &holder, sender, TRANSFORM_NULL, "an ARP reply", 12);
}

static void answer_register(const struct wire_message *m)
{
	CHECK_INT(m->flags, 0);
	CHECK(mac_equal(m->reg.dst, holder.mac) && mac_equal(m->reg.src, f.config.mac));
	CHECK(!subnet_is_set(&m->reg.address) && !m->reg.address.prefix);
	asked_by_register++;
	if (answers == ANSWERS_REGISTER)
		do_echo(&f, &holder, m->reg.cookie);
}

static void answer(struct fake *fake, const struct sent *s)
{
	struct wire_message m = read_message(s);
	(void)fake;
	if (!addr_equal(&s->to, &holder.at))
		return;
	if (m.type == WIRE_REGISTER)
		answer_register(&m);
	else if (m.type == WIRE_PACKET)
		answer_arp(&m);
}

/* Its two gratuitous ARPs pay for both questions. */
static void holder_says_something(uint8_t transform)
{
	for (int i = 0; i < 2; i++)
		do_packet(&f, &holder, edge_b().mac, transform, "what is as long as a gratuitous ARP would be", 42);
}

static void start(enum how how)
{
	fake_start(&f, fake_config());
	fake_wait(&f, 60000);                   /* it has not just been restarted */
	holder = edge_a();
	f.answer = answer;
	answers = how;
	if (how == ANSWERS_ARP) {
		do_claim(&f, &holder);
		holder_says_something(TRANSFORM_NULL);
		fake_wait(&f, 200);
	} else {
		do_register(&f, &holder);
	}
	asked_by_register = asked_by_arp = 0;
}

/* Ticks until the claimant has an answer, while it tries every retry_ms; ms that took. */
static uint64_t claim(struct edge_like *e, uint64_t retry_ms, int *type)
{
	uint64_t begun = f.now;
	for (;; ) {
		size_t before = f.n;
		do_register(&f, e);
		for (uint64_t ms = 0; ms < retry_ms; ms += 50, fake_wait(&f, 50)) {
			for (; before < f.n; before++) {
				const struct sent *s = &f.sent[before % SENT_MAX];
				struct wire_message m = read_message(s);
				if (!addr_equal(&s->to, &e->at) || m.type == WIRE_REGISTER || m.type == WIRE_PACKET)
					continue;
				*type = m.type;
				CHECK_INT(m.type == WIRE_REGISTER_SUPER_ACK ? m.super_ack.cookie : m.super_nak.cookie, e->cookie);
				return f.now - begun;
			}
		}
		if (f.now - begun > 100000) {
			*type = -1;
			return UINT64_MAX;
		}
	}
}

/* An edge of n2n without p2p, and with a cipher or without an address. */
static void start_mute(uint8_t transform)
{
	fake_start(&f, fake_config());
	holder = edge_a();
	f.answer = answer;
	answers = ANSWERS_NOTHING;
	do_claim(&f, &holder);
	if (transform)
		holder_says_something(transform);
	fake_wait(&f, 200);
	asked_by_register = asked_by_arp = 0;
}

static void live_holder_keeps_its_mac(enum how how)
{
	struct edge_like other = edge_c();
	struct supernode_edge_info info;
	int type;
	start(how);
	memcpy(other.mac, holder.mac, MAC_LEN);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(claim(&other, 1000, &type), 0);
		CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
		fake_wait(&f, 2000);
	}
	CHECK_INT(asked_by_register, how == ANSWERS_REGISTER ? 5 : 0);
	CHECK_INT(asked_by_arp, how == ANSWERS_ARP ? 5 : 0);    /* as it has answered before */
	CHECK(find_edge(&f, &holder, &info) && addr_equal(&info.endpoint, &holder.at));
	CHECK(subnet_equal(&info.address, &holder.address));
	fake_stop(&f);
}

static void live_holder_with_p2p_keeps_its_mac(void) { live_holder_keeps_its_mac(ANSWERS_REGISTER); }
static void live_holder_without_p2p_keeps_its_mac(void) { live_holder_keeps_its_mac(ANSWERS_ARP); }

/* 18.2: in n2n the record was given the new MAC before the token was looked at. */
static void live_holder_keeps_its_address(void)
{
	struct edge_like other = edge_c(), peer = edge_b();
	int type;
	start(ANSWERS_ARP);
	do_register(&f, &peer);
	other.address = holder.address;
	CHECK_INT(claim(&other, 1000, &type), 0);
	CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_ADDRESS_IN_USE), 1);
	CHECK(is_noted(&f, "wants address 10.9.8.1/24 of 'Intershop', held by 02:00:00:00:00:a1 at 192.0.2.11:50001"));
	f.answer = NULL;
	do_packet(&f, &peer, holder.mac, 1, "frame", 5);
	CHECK(addr_equal(&last(&f)->to, &holder.at));   /* unicast to it goes on */
	fake_stop(&f);
}

/* During the contest too. */
static void record_is_untouched_while_it_is_contested(void)
{
	struct edge_like other = edge_c(), peer = edge_b();
	start(ANSWERS_NOTHING);
	do_register(&f, &peer);
	other.address = holder.address;
	do_register(&f, &other);
	f.answer = NULL;
	do_packet(&f, &peer, holder.mac, 1, "frame", 5);
	CHECK(addr_equal(&last(&f)->to, &holder.at));
	do_packet(&f, &peer, other.mac, 1, "frame", 5);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_DESTINATION), 1);
	fake_stop(&f);
}

static void asks_four_times_and_gives_up(void)
{
	static const uint64_t at[] = { 0, 500, 1000, 1500 };
	struct edge_like other = edge_c();
	start(ANSWERS_NOTHING);
	other.address = holder.address;
	do_register(&f, &other);
	for (uint64_t ms = 0; ms < 2500; ms += 100, fake_wait(&f, 100)) {
		unsigned want = 0;
		for (size_t i = 0; i < 4; i++)
			want += ms >= at[i];
		CHECK_INT(asked_by_register, want);
		CHECK_INT(asked_by_arp, want > 2 ? want - 2 : 0);
		CHECK_INT(counts(&f)->acks, 1);
	}
	CHECK_INT(counts(&f)->acks, 2);                 /* at 2500 ms */
	CHECK_INT(edges(&f), 1);
	CHECK_INT(counts(&f)->naks, 0);
	CHECK(is_noted(&f, "does not answer"));
	fake_stop(&f);
}

/* Restart on another port with the same MAC and a new token, right after the old process was heard. */
static void restarted_edge_is_back_in_5_s(uint64_t retry_ms)
{
	struct edge_like again = edge_a();
	struct supernode_edge_info info;
	int type;
	start(ANSWERS_NOTHING);
	again.at.port = 40000;
	again.token = 0x22;
	CHECK(claim(&again, retry_ms, &type) <= 5000);
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	CHECK(find_edge(&f, &again, &info) && addr_equal(&info.endpoint, &again.at));
	CHECK_INT(edges(&f), 1);
	fake_stop(&f);
}

static void restarted_edge_that_tries_every_second(void) { restarted_edge_is_back_in_5_s(1000); }
static void restarted_edge_that_tries_every_4_seconds(void) { restarted_edge_is_back_in_5_s(4000); }

/* Made-up MAC: only the address is the same.  From another socket, and from the same. */
static void restarted_edge_with_another_mac(void)
{
	for (uint16_t port = 50001; port <= 50002; port++) {
		struct edge_like again = edge_a();
		int type;
		start(ANSWERS_NOTHING);
		again.at.port = port;
		again.mac[5] = 0x10;
		again.token = 0x22;
		CHECK(claim(&again, 1000, &type) <= 5000);
		CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
		CHECK_INT(edges(&f), 1);
		fake_stop(&f);
	}
}

/* The claimant itself may PING from there, over the other address family. */
static void a_ping_is_no_sign_of_life(void)
{
	struct edge_like other = edge_c();
	start(ANSWERS_NOTHING);
	memcpy(other.mac, holder.mac, MAC_LEN);
	uint64_t acks = counts(&f)->acks;
	do_register(&f, &other);
	fake_wait(&f, 2400);
	do_query(&f, &holder, NULL);
	fake_wait(&f, 200);
	CHECK_INT(counts(&f)->naks, 0);
	CHECK_INT(counts(&f)->acks, acks + 1);
	CHECK_INT(edges(&f), 1);
	fake_stop(&f);
}

static void any_sign_of_life_ends_it(void)
{
	struct edge_like other = edge_c();
	for (int how = 0; how < 5; how++) {
		start(ANSWERS_NOTHING);
		memcpy(other.mac, holder.mac, MAC_LEN);
		do_register(&f, &other);
		fake_wait(&f, 2400);
		CHECK_INT(counts(&f)->naks, 0);
		if (how == 0)
			do_packet(&f, &holder, edge_b().mac, 3, "ciphered", 8);
		else if (how == 1)
			do_query(&f, &holder, edge_b().mac);
		else if (how == 2)
			do_reg(&f, &holder, edge_b().mac, WIRE_REGISTER);
		else if (how == 3)
			do_register(&f, &holder);
		else
			do_reg(&f, &holder, f.config.mac, WIRE_REGISTER);
		CHECK_INT(counts(&f)->naks, 1);
		CHECK_INT(dropped(&f, SUPERNODE_DROP_SELF), how == 4);  /* taken in, not relayed */
		fake_wait(&f, 10000);
		CHECK_INT(edges(&f), 1);
		CHECK_INT(counts(&f)->naks, 1);
		fake_stop(&f);
	}
}

static void others_are_no_sign_of_life(void)
{
	struct edge_like other = edge_c(), liar = edge_a();
	int type;
	start(ANSWERS_NOTHING);
	liar.at = addr_of("203.0.113.6:6");
	memcpy(other.mac, holder.mac, MAC_LEN);
	do_register(&f, &other);
	fake_wait(&f, 1000);
	do_packet(&f, &liar, edge_b().mac, 1, "frame", 5);
	do_reg(&f, &liar, f.config.mac, WIRE_REGISTER_ACK);
	do_query(&f, &liar, NULL);
	CHECK_INT(claim(&other, 4000, &type), 1500);
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	fake_stop(&f);
}

static void second_claimant_is_refused_meanwhile(void)
{
	struct edge_like first = edge_c(), second = edge_c();
	start(ANSWERS_NOTHING);
	memcpy(first.mac, holder.mac, MAC_LEN);
	memcpy(second.mac, holder.mac, MAC_LEN);
	second.at.port++;
	second.token++;
	do_register(&f, &first);
	size_t before = f.n;
	do_register(&f, &second);
	CHECK_INT(f.n, before + 1);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	CHECK(addr_equal(&last(&f)->to, &second.at));
	do_register(&f, &first);                        /* its later claim only replaces the first: no answer */
	CHECK_INT(f.n, before + 1);
	fake_wait(&f, 2500);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(addr_equal(&last(&f)->to, &first.at));
	CHECK_INT(read_message(last(&f)).super_ack.cookie, first.cookie);
	fake_stop(&f);
}

static void refuses_at_once_after_a_sign_of_life(void)
{
	struct edge_like other = edge_c();
	start(ANSWERS_REGISTER);
	memcpy(other.mac, holder.mac, MAC_LEN);
	do_register(&f, &other);
	CHECK_INT(asked_by_register, 1);
	fake_wait(&f, 900);
	do_register(&f, &other);
	CHECK_INT(asked_by_register, 1);                /* a claimant cannot make us ask more often */
	CHECK_INT(counts(&f)->naks, 2);
	fake_wait(&f, 100);
	do_register(&f, &other);
	CHECK_INT(asked_by_register, 2);
	CHECK_INT(counts(&f)->naks, 3);
	fake_stop(&f);
}

/* No p2p, and a cipher or nothing said at all: it cannot answer, so only long silence counts. */
static void holder_that_cannot_answer(uint8_t transform)
{
	struct edge_like other = edge_c();
	int type;
	start_mute(transform);
	memcpy(other.mac, holder.mac, MAC_LEN);
	CHECK_INT(claim(&other, 4000, &type), 2500);
	CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	CHECK_INT(edges(&f), 1);
	uint64_t begun = f.now;
	while (type == WIRE_REGISTER_SUPER_NAK && f.now - begun < 100000) {
		fake_wait(&f, 4000);
		claim(&other, 4000, &type);
	}
	CHECK(f.now - begun >= 30000 - 2700 && f.now - begun <= 40000); /* a registration is missing */
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	fake_stop(&f);
}

/* One of ours would answer, if there was one: nothing has reached it since it registered, and then it died. */
static void holder_that_would_answer(void)
{
	struct edge_like other = edge_c();
	int type;
	fake_start(&f, fake_config());
	f.answer = answer;
	answers = ANSWERS_NOTHING;
	holder = edge_a();
	holder.ours = true;
	do_claim(&f, &holder);
	fake_wait(&f, 2000);
	memcpy(other.mac, holder.mac, MAC_LEN);
	CHECK_INT(claim(&other, 4000, &type), 2500);
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	fake_stop(&f);
}

/* Its successor on the same port does not say so. */
static void holder_whose_successor_cannot_answer(void)
{
	struct edge_like other = edge_c();
	int type;
	fake_start(&f, fake_config());
	f.answer = answer;
	answers = ANSWERS_NOTHING;
	holder = edge_a();
	holder.ours = true;
	do_claim(&f, &holder);
	holder.ours = false;
	do_claim(&f, &holder);
	fake_wait(&f, 6000);
	memcpy(other.mac, holder.mac, MAC_LEN);
	CHECK_INT(claim(&other, 4000, &type), 2500);
	CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	fake_stop(&f);
}

static void ciphered_holder_that_cannot_answer(void) { holder_that_cannot_answer(3); }
static void idle_holder_that_cannot_answer(void) { holder_that_cannot_answer(0); }

static void ciphered_holder_that_has_answered_before(void)
{
	struct edge_like other = edge_c();
	int type;
	start(ANSWERS_REGISTER);
	memcpy(other.mac, holder.mac, MAC_LEN);
	do_packet(&f, &holder, edge_b().mac, 3, "ciphered", 8);
	claim(&other, 4000, &type);
	CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	answers = ANSWERS_NOTHING;
	fake_wait(&f, 2000);
	CHECK_INT(claim(&other, 4000, &type), 2500);
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	fake_stop(&f);
}

/* It cannot answer, but it registers: it is heard. */
static void ciphered_holder_that_goes_on_registering(void)
{
	struct edge_like other = edge_c();
	int type;
	start_mute(3);
	memcpy(other.mac, holder.mac, MAC_LEN);
	for (int i = 0; i < 10; i++) {
		fake_wait(&f, 17000);
		do_claim(&f, &holder);
		claim(&other, 4000, &type);
		CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	}
	fake_stop(&f);
}

/* The program that answered was restarted on the same port as one that cannot. */
static void ciphered_holder_whose_successor_cannot_answer(void)
{
	struct edge_like other = edge_c();
	int type;
	start(ANSWERS_REGISTER);
	memcpy(other.mac, holder.mac, MAC_LEN);
	do_packet(&f, &holder, edge_b().mac, 3, "ciphered", 8);
	claim(&other, 4000, &type);
	answers = ANSWERS_NOTHING;
	holder.token++;
	do_claim(&f, &holder);
	fake_wait(&f, 2000);
	claim(&other, 4000, &type);
	CHECK_INT(type, WIRE_REGISTER_SUPER_NAK);
	fake_stop(&f);
}

static void holder_that_leaves_makes_room_at_once(void)
{
	struct edge_like other = edge_c();
	struct supernode_edge_info info;
	start(ANSWERS_NOTHING);
	other.address = holder.address;
	do_register(&f, &other);
	do_unregister(&f, &holder);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(find_edge(&f, &other, &info) && !find_edge(&f, &holder, &info));
	fake_stop(&f);
}

/* MAC held by one dead edge, address by another: one contest after the other. */
static void two_dead_holders(void)
{
	struct edge_like other = edge_c(), second = edge_b();
	int type;
	start(ANSWERS_NOTHING);
	do_register(&f, &second);
	memcpy(other.mac, holder.mac, MAC_LEN);
	other.address = second.address;
	CHECK_INT(claim(&other, 1000, &type), 5000);
	CHECK_INT(type, WIRE_REGISTER_SUPER_ACK);
	CHECK_INT(edges(&f), 1);
	fake_stop(&f);
}

/* The claimant took another address meanwhile: the old claim must not turn it back. */
static void stale_claim_is_forgotten(void)
{
	struct edge_like other = edge_c();
	struct supernode_edge_info info;
	start(ANSWERS_NOTHING);
	other.address = holder.address;
	do_register(&f, &other);
	fake_wait(&f, 1000);
	other.address = subnet_of("10.9.8.55");
	do_register(&f, &other);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	fake_wait(&f, 5000);
	CHECK(find_edge(&f, &other, &info) && subnet_equal(&info.address, &other.address));
	fake_stop(&f);
}

static void address_none_is_nobodys(void)
{
	struct edge_like a = edge_a(), b = edge_b();
	fake_start(&f, fake_config());
	memset(&a.address, 0, sizeof(a.address));
	memset(&b.address, 0, sizeof(b.address));
	do_register(&f, &a);
	do_register(&f, &b);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK_INT(edges(&f), 2);
	fake_stop(&f);
}

static void late_tick_asks_before_it_decides(void)
{
	struct edge_like other = edge_c();
	start(ANSWERS_NOTHING);
	memcpy(other.mac, holder.mac, MAC_LEN);
	do_register(&f, &other);
	f.now += 20000;                                 /* the program was stopped */
	CHECK_INT(supernode_tick(f.sn, f.now), f.now + 500);
	fake_answer(&f);
	CHECK_INT(asked_by_register, 2);
	answers = ANSWERS_REGISTER;
	fake_wait(&f, 600);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	fake_stop(&f);
}

/* Claims write few lines however often they come. */
static void claims_do_not_fill_the_log(void)
{
	struct edge_like other = edge_c();
	start(ANSWERS_REGISTER);
	memcpy(other.mac, holder.mac, MAC_LEN);
	size_t before = f.notes;
	for (int i = 0; i < 1000; i++) {
		do_register(&f, &other);
		fake_wait(&f, 25);
	}
	CHECK(f.notes - before <= 2);
	fake_stop(&f);
}

int main(void)
{
	RUN(live_holder_with_p2p_keeps_its_mac);
	RUN(live_holder_without_p2p_keeps_its_mac);
	RUN(live_holder_keeps_its_address);
	RUN(record_is_untouched_while_it_is_contested);
	RUN(asks_four_times_and_gives_up);
	RUN(restarted_edge_that_tries_every_second);
	RUN(restarted_edge_that_tries_every_4_seconds);
	RUN(restarted_edge_with_another_mac);
	RUN(any_sign_of_life_ends_it);
	RUN(a_ping_is_no_sign_of_life);
	RUN(others_are_no_sign_of_life);
	RUN(second_claimant_is_refused_meanwhile);
	RUN(refuses_at_once_after_a_sign_of_life);
	RUN(ciphered_holder_that_cannot_answer);
	RUN(idle_holder_that_cannot_answer);
	RUN(holder_that_would_answer);
	RUN(holder_whose_successor_cannot_answer);
	RUN(ciphered_holder_that_has_answered_before);
	RUN(ciphered_holder_that_goes_on_registering);
	RUN(ciphered_holder_whose_successor_cannot_answer);
	RUN(holder_that_leaves_makes_room_at_once);
	RUN(two_dead_holders);
	RUN(stale_claim_is_forgotten);
	RUN(address_none_is_nobodys);
	RUN(late_tick_asks_before_it_decides);
	RUN(claims_do_not_fill_the_log);
	return test_done();
}
