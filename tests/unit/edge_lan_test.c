/* Peers of the same site, and what is not done for every edge of a large community. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)

/* Found by the group, then asked itself: everybody on the site hears what the group is sent. */
static void lan_peers(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_registered(f);                                     /* a REGISTER to the group is not long ago */
	packet_from(f, &SN, mac_c, mac_all, &addr_c);
	f->sent_n = 0;
	f->now += 1100;
	fake_register_ack(f, &addr_c, mac_c, COOKIE_MCAST);
	CHECK_INT(sent_registers(f, 0, COOKIE_MCAST, addr_c), 1);
	CHECK(!is_direct(f, mac_c));
	fake_register_ack(f, &addr_c, mac_c, COOKIE_MCAST);
	CHECK(is_direct(f, mac_c));
	f->now += 10001;
	packet_from(f, &SN, mac_b, mac_all, &addr_b);
	f->sent_n = 0;
	fake_register_ack(f, &addr_b, mac_b, COOKIE_MCAST);
	CHECK_INT(sent_registers(f, 0, COOKIE_MCAST, addr_b), 0);
	for (uint8_t i = 0; i < 30; i++)                        /* many peers, one REGISTER to the group */
		packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 0, 1, i }, mac_a, &addr_b);
	size_t lan = 0;
	for (size_t i = 0; i < f->sent_n; i++)
		lan += f->sent[i].how == SENT_LAN;
	CHECK_INT(lan, 1);
	fake_end(f);
}

/* The supernode sees both come from one address: what answers the group may be the peer, though nobody told where. */
static void lan_peers_behind_one_nat(void)
{
	struct fake *f = fake_new();
	struct addr near = v4(192, 168, 1, 7, 50007), far = addr_a;
	far.port = 61000;
	f->config.discovery = true;
	fake_registered(f);
	packet_from(f, &SN, mac_b, mac_a, &far);
	fake_register_ack(f, &far, mac_b, COOKIE_REGULAR);      /* by way of the NAT */
	fake_ack_of(f, &near, mac_b, COOKIE_MCAST);             /* has not heard the group */
	CHECK_INT(sent_registers(f, 0, COOKIE_MCAST, near), 0);
	fake_register_ack(f, &near, mac_b, COOKIE_MCAST);
	CHECK_INT(sent_registers(f, 0, COOKIE_MCAST, near), 1);
	frame_to(f, mac_b);
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &far));
	fake_register_ack(f, &near, mac_b, COOKIE_MCAST);
	frame_to(f, mac_b);
	CHECK(addr_equal(&sent_last(f, WIRE_PACKET)->to, &near));
	fake_end(f);
}

/* A frame was sent to it when the supernode did not know where it is: that is no reason not to ask once more. */
static void lan_peers_of_which_nothing_is_known(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_registered(f);
	frame_to(f, mac_b);                                     /* asked in vain */
	f->now += 2000;
	f->sent_n = 0;
	fake_register_ack(f, &addr_b, mac_b, COOKIE_MCAST);
	CHECK_INT(sent_count_to(f, 0, WIRE_QUERY_PEER, SN), 1);
	fake_end(f);
}

/* In a large community each edge would else have a path to every other, for nothing. */
static void flooded_frames_cause_few_contacts(void)
{
	struct fake *f = fake_new();
	f->config.peers_max = 2000;
	fake_registered(f);
	for (unsigned i = 0; i < 1000; i++) {
		struct addr public = v4(203, 0, (uint8_t)(i >> 8), (uint8_t)i, 5000);
		packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 1, (uint8_t)(i >> 8), (uint8_t)i }, mac_all, &public);
	}
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER), 2);          /* to one: direct, and through the supernode */
	f->now += 60000;
	for (uint8_t i = 0; i < 10; i++)
		packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 1, 1, i }, mac_all, &addr_b);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER), 4);
	packet_from(f, &SN, (uint8_t[]){ 2, 0, 0, 1, 1, 9 }, mac_a, &addr_b);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER), 6);          /* unicast: that one wants us */
	fake_end(f);
}

static void from_lan(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN])
{
	uint8_t out[WIRE_CONTROL_MAX];
	struct wire_message m = fake_head(f, WIRE_REGISTER, 0);
	m.reg.cookie = COOKIE_MCAST;
	memcpy(m.reg.src, src, MAC_LEN);
	size_t len = wire_put(out, sizeof(out), &m);
	fake_bytes(f, from, true, out, len);
}

static void lan_registers_are_answered_when_needed(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_registered(f);
	from_lan(f, &addr_b, mac_b);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);
	from_lan(f, &addr_c, mac_c);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_NEEDED), 1);
	frame_to(f, mac_c);
	from_lan(f, &addr_c, mac_c);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 2);
	fake_end(f);
}

int main(void)
{
	RUN(lan_peers);
	RUN(lan_peers_behind_one_nat);
	RUN(lan_peers_of_which_nothing_is_known);
	RUN(flooded_frames_cause_few_contacts);
	RUN(lan_registers_are_answered_when_needed);
	return test_done();
}
