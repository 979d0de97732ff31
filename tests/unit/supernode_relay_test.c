/* PACKET, REGISTER, QUERY_PEER: golden answers, who is served, what peers are told, what strangers get. */
#include "supernode_fake.h"

#define NULL_01_PAYLOAD "0101ffffffffffff0200000000a1080600010800060400010200000000a10a0908010000000000000a090802"
#define NULL_01 "03020003496e74657273686f7000000000000000000000000200000000a1ffffffffffff" NULL_01_PAYLOAD
#define NULL_02 "03010063496e74657273686f7000000000000000000000000200000000a1ffffffffffff0000c351c000020b" NULL_01_PAYLOAD

static struct fake f;
static struct edge_like a, b, c;
static const struct addr nowhere;
static const uint8_t everybody[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool is_addr(struct addr got, const struct addr *want) { return addr_equal(&got, want); }

static void start(void)
{
	fake_start(&f, fake_config());
	a = edge_a(), b = edge_b(), c = edge_c();
	do_register(&f, &a);
	do_register(&f, &b);
	f.n = f.answered = 0;
}

static void relays_as_n2n(void)
{
	start();
	give_hex(&f, "192.0.2.11:50001", NULL_01);
	CHECK_INT(f.n, 1);
	CHECK(is_hex(last(&f), "192.0.2.12:50002", NULL_02));
	CHECK(addr_equal(&last(&f)->local, &here));
	give_hex(&f, "192.0.2.11:50001", "03020001496e74657273686f700000000000000000000000000010000200000000a102000000"
		"00b20a09080118656467652d6f6e650000000000000000");
	CHECK(is_hex(last(&f), "192.0.2.12:50002", "03010061496e74657273686f700000000000000000000000000010000200000000"
		"a10200000000b20000c351c000020b0a09080118656467652d6f6e650000000000000000"));
	CHECK_INT(f.n, 2);
	fake_stop(&f);
}

static void answers_queries_as_n2n(void)
{
	start();
	give_hex(&f, "192.0.2.11:50001", "0302000b496e74657273686f7000000000000000000000000200000000a10200000000b20000");
	CHECK(is_hex(last(&f), "192.0.2.11:50001", "0302002a496e74657273686f70000000000000000000000000000200000000a102"
		"00000000b20000c352c000020c" "00000000" "00000000" "0000000000000000000000000000000000000000"));
	b.preferred = b.at;
	do_register(&f, &b);
	do_query(&f, &a, b.mac);                /* p2p-11 with zeros where it has memory remnants */
	CHECK(is_hex(last(&f), "192.0.2.11:50001", "0302006a496e74657273686f70000000000000000000000000000200000000a102"
		"00000000b20000c352c000020c0000c352c000020c" "00000000" "00000000"
		"0000000000000000000000000000000000000000"));
	fake_wait(&f, 9999);
	give_hex(&f, "192.0.2.11:50001", "0302000b496e74657273686f7000000000000000000000000200000000a10000000000000000");
	CHECK(is_hex(last(&f), "192.0.2.11:50001", "0302002a496e74657273686f7000000000000000000000000000020000005a0100"
		"00000000000000c351c000020b" "03000000" "00000009" "332e312e31000000000000000000000000000000"));
	CHECK_INT(counts(&f)->pongs, 1);
	fake_stop(&f);
}

static void relays_unicast_to_one(void)
{
	struct supernode_edge_info info;
	start();
	do_register(&f, &c);
	f.n = f.answered = 0;
	do_packet(&f, &a, b.mac, TRANSFORM_NULL, "a frame", 7);
	CHECK_INT(f.n, 1);
	struct wire_message m = read_message(last(&f));
	CHECK(addr_equal(&last(&f)->to, &b.at) && addr_equal(&m.packet.socket, &a.at));
	CHECK_INT(m.ttl, 1);
	CHECK_INT(m.flags, WIRE_SOCKET | WIRE_FROM_SUPERNODE);
	CHECK(m.packet.payload_len == 7 && !memcmp(m.packet.payload, "a frame", 7));
	CHECK(find_edge(&f, &a, &info) && info.frames_in == 1 && info.bytes_in == 7 && !info.frames_out);
	CHECK(find_edge(&f, &b, &info) && info.frames_out == 1 && info.bytes_out == 7 && !info.frames_in);
	do_packet(&f, &a, edge_c().mac, 3, "ciphered", 8);      /* payload of any transform, untouched */
	m = read_message(last(&f));
	CHECK(m.packet.transform == 3 && !memcmp(m.packet.payload, "ciphered", 8));
	size_t sent = f.n;
	do_packet(&f, &a, (uint8_t[]){ 2, 0, 0, 0, 0, 0x77 }, 1, "frame", 5);
	do_packet(&f, &a, a.mac, 1, "frame", 5);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_DESTINATION), 2);
	do_packet(&f, &a, f.config.mac, 1, "frame", 5);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SELF), 1);
	CHECK_INT(f.n, sent);
	fake_stop(&f);
}

/* Any group address, also those that n2n takes for unicast; each other member of this community once. */
static void floods_within_the_community(void)
{
	static const uint8_t groups[][MAC_LEN] = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 1, 2, 3 }, { 0x33, 0x33, 0, 0, 0, 1 },
		{ 1, 0x80, 0xc2, 0, 0, 0x0e },
	};
	struct edge_like other = edge_c();
	start();
	other.community = "Elsewhere";
	do_register(&f, &c);
	do_register(&f, &other);
	for (size_t g = 0; g < 4; g++) {
		f.n = f.answered = 0;
		do_packet(&f, &a, groups[g], 1, "frame", 5);
		CHECK_INT(f.n, 2);
		CHECK(addr_equal(&f.sent[0].to, &b.at) && addr_equal(&f.sent[1].to, &c.at));
	}
	CHECK_INT(counts(&f)->relayed_flood, 8);
	f.n = f.answered = 0;
	do_packet(&f, &other, everybody, 1, "frame", 5);
	do_packet(&f, &other, a.mac, 1, "frame", 5);
	do_query(&f, &other, a.mac);
	CHECK_INT(f.n, 0);
	fake_stop(&f);
}

/* 18.2: n2n relays and answers for whoever knows the community's name. */
static void serves_members_from_their_sockets_only(void)
{
	struct edge_like stranger = edge_c(), thief = edge_a();
	start();
	thief.at = stranger.at;
	for (int i = 0; i < 2; i++) {
		const struct edge_like *e = i ? &thief : &stranger;
		do_packet(&f, e, b.mac, 1, "frame", 5);
		do_packet(&f, e, everybody, 1, "frame", 5);
		do_reg(&f, e, b.mac, WIRE_REGISTER);
		do_query(&f, e, b.mac);
	}
	CHECK_INT(f.n, 0);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNREGISTERED), 8);
	do_reg(&f, &a, b.mac, WIRE_REGISTER_ACK);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNEXPECTED), 1);
	do_reg(&f, &a, everybody, WIRE_REGISTER);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_DESTINATION), 1);
	do_unregister(&f, &a);
	do_packet(&f, &a, b.mac, 1, "frame", 5);
	CHECK_INT(f.n, 0);
	fake_stop(&f);
}

/* 18.2: n2n learns "that MAC lives behind this supernode" from anybody. */
static void believes_no_other_supernode(void)
{
	struct wire_message m;
	start();
	m = message_of(&c, WIRE_REGISTER_SUPER);
	m.flags = WIRE_SOCKET | WIRE_FROM_SUPERNODE;
	memcpy(m.reg_super.mac, c.mac, MAC_LEN);
	m.reg_super.socket = c.at;
	m.reg_super.address = c.address;
	token_of(&m.reg_super.auth, &c);
	give_message(&f, &c.at, &m);
	do_packet(&f, &a, c.mac, 1, "frame", 5);
	CHECK_INT(f.n, 0);
	CHECK_INT(edges(&f), 2);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_FEDERATION), 1);
	m = message_of(&a, WIRE_REGISTER_SUPER_NAK);
	memcpy(m.super_nak.mac, a.mac, MAC_LEN);
	m.super_nak.auth = (struct wire_auth){ .scheme = AUTH_NONE };
	give_message(&f, &c.at, &m);
	m.flags = WIRE_FROM_SUPERNODE;
	give_message(&f, &c.at, &m);
	CHECK_INT(edges(&f), 2);
	CHECK_INT(f.n, 0);
	fake_stop(&f);
}

static void sends_strangers_no_more_than_they_sent(void)
{
	size_t in = 0, out = 0;
	start();
	for (int i = 0; i < 20; i++) {
		size_t before = f.n;
		do_query(&f, &c, NULL);
		in += 38;
		if (f.n > before)
			out += last(&f)->len;
		CHECK(out <= in);
		CHECK_INT(f.n - before, i % 2);         /* 74 bytes for every second 38 */
	}
	CHECK_INT(counts(&f)->pongs, 10);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_CREDIT), 10);
	c.community = "Unheard-of";                     /* measured before it is joined: answered too */
	f.n = f.answered = 0;
	do_query(&f, &c, NULL);
	do_query(&f, &c, NULL);
	CHECK_INT(f.n, 1);
	CHECK_INT(supernode_info(f.sn)->communities, 1);
	a.community = "Unheard-of";                     /* registered, but not there */
	do_query(&f, &a, NULL);
	CHECK_INT(f.n, 1);
	fake_stop(&f);
}

static void counts_ttl(void)
{
	struct wire_message m;
	start();
	m = message_of(&a, WIRE_REGISTER);
	memcpy(m.reg.src, a.mac, MAC_LEN);
	memcpy(m.reg.dst, b.mac, MAC_LEN);
	memset(&m.reg.address, 0, sizeof(m.reg.address));
	memset(m.reg.desc, 0, DESC_LEN);
	m.reg.cookie = 0;
	m.ttl = 0;
	give_message(&f, &a.at, &m);
	CHECK_INT(f.n, 0);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TTL), 1);
	m.ttl = 1;
	give_message(&f, &a.at, &m);
	CHECK_INT(f.n, 1);
	CHECK_INT(read_message(last(&f)).ttl, 0);
	fake_stop(&f);
}

/* What does the packet of an edge at 127.0.0.1 tell b? */
static struct addr told(void)
{
	do_packet(&f, &a, b.mac, 1, "frame", 5);
	struct wire_message m = read_message(last(&f));
	CHECK_INT(!!(m.flags & WIRE_SOCKET), addr_is_set(&m.packet.socket));
	CHECK(m.packet.payload_len == 5);
	return m.packet.socket;
}

static void register_at(struct edge_like *e, const struct addr *local)
{
	struct wire_message m = message_of(e, WIRE_REGISTER_SUPER);
	uint8_t data[WIRE_CONTROL_MAX];
	memset(&m.reg_super, 0, sizeof(m.reg_super));
	memcpy(m.reg_super.mac, e->mac, MAC_LEN);
	m.reg_super.address = e->address;
	if (addr_is_set(&e->preferred))
		m.flags = WIRE_SOCKET;
	m.reg_super.socket = e->preferred;
	token_of(&m.reg_super.auth, e);
	give_at(&f, &e->at, local, data, wire_put(data, sizeof(data), &m));
}

static void tells_nobody_a_loopback_address(void)
{
	struct addr loopback = addr_of("127.0.0.1:7654"), outward = addr_of("198.51.100.9:1"), want;
	start();
	do_unregister(&f, &a);
	a.at = addr_of("127.0.0.1:50001");
	register_at(&a, &loopback);
	do_prove(&f, &a);
	want = addr_of("192.0.2.1:50001");              /* where b found the supernode, with a's port */
	CHECK(is_addr(told(), &want));
	do_packet(&f, &a, everybody, 1, "frame", 5);
	CHECK(is_addr(read_message(last(&f)).packet.socket, &want));
	do_reg(&f, &a, b.mac, WIRE_REGISTER);
	CHECK(is_addr(read_message(last(&f)).reg.socket, &want));
	do_query(&f, &b, a.mac);
	CHECK(is_addr(read_message(last(&f)).info.socket, &want));

	register_at(&b, NULL);                          /* not known where b found it: the host's own address */
	supernode_set_outward(f.sn, false, &outward);
	want = addr_of("198.51.100.9:50001");
	CHECK(is_addr(told(), &want));

	supernode_set_outward(f.sn, false, &(struct addr){ .family = ADDR_NONE });
	CHECK(is_addr(told(), &nowhere));     /* not even that: left out */
	size_t sent = f.n;
	do_query(&f, &b, a.mac);
	CHECK_INT(f.n, sent);
	do_reg(&f, &a, b.mac, WIRE_REGISTER);
	CHECK_INT(read_message(last(&f)).flags, WIRE_FROM_SUPERNODE);

	a.preferred = addr_of("203.0.113.5:50001");     /* what the edge itself says goes first */
	register_at(&a, &loopback);
	CHECK(is_addr(told(), &a.preferred));
	a.preferred = addr_of("127.0.0.1:50001");
	register_at(&a, &loopback);
	CHECK(is_addr(told(), &nowhere));
	fake_stop(&f);
}

/* Each receiver of a flood from loopback is told what it can use. */
static void floods_from_loopback(void)
{
	struct addr loopback = addr_of("127.0.0.1:7654"), inside = addr_of("10.1.1.1:7654"), want;
	start();
	do_unregister(&f, &a);
	a.at = addr_of("127.0.0.1:50001");
	register_at(&a, &loopback);
	register_at(&b, &inside);
	register_at(&c, NULL);
	do_prove(&f, &c);
	f.n = f.answered = 0;
	do_packet(&f, &a, everybody, 1, "frame", 5);
	CHECK_INT(f.n, 2);
	for (size_t i = 0; i < 2; i++) {
		struct wire_message m = read_message(&f.sent[i]);
		want = addr_equal(&f.sent[i].to, &b.at) ? addr_of("10.1.1.1:50001") : (struct addr){ .family = ADDR_NONE };
		CHECK(addr_equal(&m.packet.socket, &want));
		CHECK(m.packet.payload_len == 5 && !memcmp(m.packet.payload, "frame", 5));
	}
	CHECK(addr_equal(&f.sent[0].local, &inside));   /* answers leave from where the edge registered */
	fake_stop(&f);
}

static void serves_ipv6(void)
{
	struct wire_message m;
	start();
	a.at = addr_of("[2001:db8::11]:50001");
	do_register(&f, &a);
	m = read_message(last(&f));
	CHECK_INT(m.type, WIRE_REGISTER_SUPER_ACK);
	CHECK(addr_equal(&m.super_ack.socket, &a.at));
	do_packet(&f, &a, b.mac, 1, "frame", 5);
	CHECK(is_addr(read_message(last(&f)).packet.socket, &a.at));
	do_packet(&f, &b, a.mac, 1, "frame", 5);
	CHECK(addr_equal(&last(&f)->to, &a.at));
	CHECK(is_addr(read_message(last(&f)).packet.socket, &b.at));
	do_query(&f, &b, a.mac);
	CHECK(is_addr(read_message(last(&f)).info.socket, &a.at));
	c.at = addr_of("[2001:db8::13]:50003");
	f.n = f.answered = 0;
	for (int i = 0; i < 9; i++)
		do_query(&f, &c, NULL);
	CHECK_INT(f.n, 3);                              /* 86 bytes each, for 38 */
	fake_stop(&f);
}

static void drops_and_counts_noise(void)
{
	start();
	give_hex(&f, "192.0.2.11:50001", "030200");
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SHORT), 1);
	give_hex(&f, "192.0.2.11:50001", "02020003496e74657273686f70000000000000000000000002000000");
	CHECK_INT(dropped(&f, SUPERNODE_DROP_FOREIGN), 1);
	give_hex(&f, "192.0.2.11:50001", "03020009496e74657273686f70000000000000000000000002000000");
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNKNOWN_TYPE), 1);
	give_hex(&f, "192.0.2.11:50001", "0302000b496e74657273686f70000000000000000000000002000000");
	CHECK_INT(dropped(&f, SUPERNODE_DROP_MALFORMED), 1);
	CHECK_INT(f.n, 0);
	for (int i = 0; i < SUPERNODE_DROP_MAX; i++)
		CHECK(supernode_drop_names[i] && *supernode_drop_names[i]);
	fake_stop(&f);
}

int main(void)
{
	RUN(relays_as_n2n);
	RUN(answers_queries_as_n2n);
	RUN(relays_unicast_to_one);
	RUN(floods_within_the_community);
	RUN(serves_members_from_their_sockets_only);
	RUN(believes_no_other_supernode);
	RUN(sends_strangers_no_more_than_they_sent);
	RUN(counts_ttl);
	RUN(tells_nobody_a_loopback_address);
	RUN(floods_from_loopback);
	RUN(serves_ipv6);
	RUN(drops_and_counts_noise);
	return test_done();
}
