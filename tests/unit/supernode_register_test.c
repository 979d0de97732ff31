/* REGISTER_SUPER, UNREGISTER_SUPER: answers byte for byte, records, tokens, addresses, limits, expiry. */
#include "supernode_fake.h"

static struct fake f;

static void acknowledges_as_n2n(void)
{
	fake_start(&f, fake_config());
	give_hex(&f, "192.0.2.11:50001", REG_01);
	CHECK_INT(f.n, 1);
	CHECK(is_hex(last(&f), "192.0.2.11:50001", REG_02));
	CHECK(addr_equal(&last(&f)->local, &here));
	CHECK_INT(edges(&f), 1);
	CHECK_INT(counts(&f)->registrations, 1);
	CHECK_INT(counts(&f)->acks, 1);
	CHECK(is_noted(&f, "'Intershop'") && is_noted(&f, "02:00:00:00:00:a1") && is_noted(&f, "192.0.2.11:50001"));
	fake_stop(&f);
}

static void assigns_address_as_n2n(void)
{
	fake_start(&f, fake_config());
	give_hex(&f, "192.0.2.11:50001", "03020005496e74657273686f700000000000000000000000b6c047e600000000000000000000"
		"00656467652d6f6e65000000000000000000010010a97d0e371d1033535453222fb1166a5000000000");
	CHECK(is_hex(last(&f), "192.0.2.11:50001", "03020067496e74657273686f700000000000000000000000b6c047e602000000"
		"5a010a8a10be18000f0000c351c000020b000000000000000000"));
	CHECK_INT(edges(&f), 0);
	CHECK_INT(supernode_info(f.sn)->communities, 0);        /* nothing is kept for who only asks */
	fake_stop(&f);
}

static void refuses_mac_in_use_as_n2n(void)
{
	struct edge_like holder = edge_a();
	fake_start(&f, fake_config());
	give_hex(&f, "192.0.2.11:50001", REG_01);
	do_prove(&f, &holder);
	give_hex(&f, "192.0.2.13:50003", "03020005496e74657273686f700000000000000000000000b3d7ec1d0200000000a10a090803"
		"18656467652d647570000000000000000000010010715bfd7dbe3135d05aedd4e0d1ac7f1c00000000");
	CHECK_INT(last_type(&f), WIRE_REGISTER);        /* the holder is asked */
	CHECK(addr_equal(&last(&f)->to, &holder.at));
	do_reg(&f, &holder, f.config.mac, WIRE_REGISTER_ACK);
	CHECK(is_hex(last(&f), "192.0.2.13:50003",
		"03020068496e74657273686f700000000000000000000000b3d7ec1d0200000000a100000000"));
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TOKEN), 1);
	fake_stop(&f);
}

static struct subnet asked(struct edge_like *e)
{
	struct edge_like asker = *e;
	memset(asker.mac, 0, MAC_LEN);
	memset(&asker.address, 0, sizeof(asker.address));
	do_register(&f, &asker);
	return read_message(last(&f)).super_ack.address;
}

static void offers_different_addresses(void)
{
	struct edge_like a = edge_a(), b = edge_b(), c = edge_c();
	struct subnet first = subnet_of("10.138.16.190/24");
	fake_start(&f, fake_config());
	b.desc = c.desc = a.desc;
	a.address = asked(&a);
	CHECK(subnet_equal(&a.address, &first));
	b.address = asked(&b);                          /* at the same time, not yet registered */
	CHECK_INT(b.address.ip[3], 189);
	struct subnet again = asked(&a);
	CHECK(subnet_equal(&again, &first));            /* the same asker gets the same answer */
	do_register(&f, &a);
	do_register(&f, &b);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	fake_wait(&f, 30000);
	CHECK_INT(asked(&c).ip[3], 188);                /* below the two that are held */
	do_unregister(&f, &b);
	fake_wait(&f, 10000);
	CHECK_INT(asked(&c).ip[3], 189);
	fake_stop(&f);
}

static void walks_the_network_to_its_ends(void)
{
	struct supernode_config config = fake_config();
	struct edge_like e = edge_a();
	bool seen[8] = { false };
	config.auto_prefix = 29;
	config.auto_min = config.auto_max = 0x0a800000;
	fake_start(&f, config);
	for (int i = 0; i < 6; i++) {
		e.address = asked(&e);
		CHECK(e.address.ip[3] >= 1 && e.address.ip[3] <= 6 && e.address.prefix == 29);
		CHECK(!seen[e.address.ip[3] & 7]);
		seen[e.address.ip[3] & 7] = true;
		do_register(&f, &e);
		CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
		e.at.port++;
		e.mac[5]++;
		e.token++;
	}
	CHECK(!asked(&e).prefix);                       /* none left: 0/0 */
	e.community = "other";
	CHECK(!asked(&e).prefix);                       /* no network left either */
	fake_stop(&f);
}

static void gives_each_community_its_network(void)
{
	struct supernode_config config = fake_config();
	struct edge_like e = edge_a();
	struct supernode_community_info info;
	uint32_t nets = 0;
	config.auto_min = 0x0a800000;
	config.auto_max = 0x0a800700;                   /* eight */
	fake_start(&f, config);
	for (int i = 0; i < 8; i++) {
		char name[] = { 'n', (char)('0' + i), 0 };
		e.community = name;
		do_register(&f, &e);
	}
	for (size_t at = 0; supernode_community_next(f.sn, &at, &info); )
		nets |= 1u << info.network.ip[2];
	CHECK_INT(nets, 0xff);
	fake_stop(&f);
}

static void offers_to_who_has_none_that_counts(void)
{
	static const char *const given[] = { "0.0.0.0/24", "255.255.255.255/24", "169.254.3.4/16", "10.9.8.1/24" };
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	for (size_t i = 0; i < 4; i++) {
		e.address = subnet_of(given[i]);
		do_register(&f, &e);
		struct wire_message m = read_message(last(&f));
		CHECK_INT(subnet_is_set(&m.super_ack.address), i < 3);
	}
	e.address.prefix = 0;
	do_register(&f, &e);
	CHECK_INT(read_message(last(&f)).super_ack.address.prefix, 24);
	CHECK_INT(edges(&f), 1);
	fake_stop(&f);
}

static void keeps_address_and_description_up_to_date(void)
{
	struct edge_like a = edge_a();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	a.address = subnet_of("10.9.8.77");
	a.desc = "renamed";
	do_register(&f, &a);
	CHECK(find_edge(&f, &a, &info) && subnet_equal(&info.address, &a.address));
	CHECK(!memcmp(info.desc, "renamed", 8));
	struct edge_like b = edge_b();
	b.address = edge_a().address;                   /* free again */
	do_register(&f, &b);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	fake_stop(&f);
}

static void follows_an_edge_to_another_socket(void)
{
	struct edge_like a = edge_a();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	a.at = addr_of("198.51.100.7:1234");
	do_register(&f, &a);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &a.at));
	CHECK(is_noted(&f, "moved from 192.0.2.11:50001 to 198.51.100.7:1234"));
	fake_stop(&f);
}

static void same_process_may_change_its_mac(void)
{
	struct edge_like a = edge_a(), old = edge_a();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	a.mac[5] = 0x99;
	do_register(&f, &a);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK_INT(edges(&f), 1);
	CHECK(find_edge(&f, &a, &info) && !find_edge(&f, &old, &info));
	fake_stop(&f);
}

/* Two edges without a token have "the same" one, which proves nothing. */
static void no_token_is_not_the_same_token(void)
{
	struct edge_like a = edge_a(), b = edge_b();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	for (int i = 0; i < 2; i++) {
		struct edge_like *e = i ? &b : &a;
		struct wire_message m = message_of(e, WIRE_REGISTER_SUPER);
		memset(&m.reg_super, 0, sizeof(m.reg_super));
		memcpy(m.reg_super.mac, e->mac, MAC_LEN);
		m.reg_super.address = a.address;
		give_message(&f, &e->at, &m);
	}
	CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &a.at));
	CHECK(!find_edge(&f, &b, &info));
	fake_stop(&f);
}

static void new_token_from_the_same_socket(void)
{
	struct edge_like a = edge_a(), moved;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	a.token = 0x77;
	do_register(&f, &a);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);      /* restart on the same host and port: at once */
	moved = a;
	moved.at.port = 1;
	fake_wait(&f, 5000);
	do_register(&f, &moved);
	CHECK_INT(last_type(&f), WIRE_REGISTER);                /* but it moves nothing: the holder is asked */
	do_register(&f, &a);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	for (int i = 0; i < 4; i++, do_register(&f, &a))
		fake_wait(&f, 20000);
	do_register(&f, &moved);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);      /* a minute later it is the token */
	fake_stop(&f);
}

static void new_token_changes_the_record_a_minute_later(void)
{
	struct edge_like a = edge_a(), forged;
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	forged = a;
	forged.token = 0x77;
	forged.desc = "forged";
	forged.address = subnet_of("10.9.8.77/24");
	forged.preferred = addr_of("203.0.113.9:9");
	do_register(&f, &forged);
	CHECK(find_edge(&f, &a, &info) && subnet_equal(&info.address, &a.address));
	CHECK(!addr_is_set(&info.preferred) && strcmp((char *)info.desc, "forged"));
	for (int i = 0; i < 5; i++, do_register(&f, &forged))
		fake_wait(&f, 20000);
	CHECK(find_edge(&f, &a, &info) && subnet_equal(&info.address, &forged.address));
	CHECK(addr_equal(&info.preferred, &forged.preferred) && !strcmp((char *)info.desc, "forged"));
	fake_stop(&f);
}

static void forged_source_does_not_steal(void)
{
	struct edge_like a = edge_a(), forged = edge_a(), thief;
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	forged.token = 0x66;
	thief = forged;
	thief.at = addr_of("203.0.113.66:666");
	for (int i = 0; i < 10; i++) {                          /* as if from a's socket, a goes on every 20 s */
		do_register(&f, &forged);
		fake_wait(&f, 10000);
		do_register(&f, &forged);
		fake_wait(&f, 10000);
		do_register(&f, &thief);
		do_unregister(&f, &thief);
		do_register(&f, &a);
		CHECK_INT(counts(&f)->naks, i + 1);
		CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &a.at));
	}
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TOKEN), 20);
	fake_stop(&f);
}

/* The victim is alive: a forged registration and a forged good-bye do not even make a gap. */
static void forged_goodbye_removes_nothing(void)
{
	struct edge_like a = edge_a(), forged = edge_a(), thief;
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	forged.token = 0x66;
	thief = forged;
	thief.at = addr_of("203.0.113.66:666");
	for (int i = 0; i < 5; i++) {
		do_register(&f, &a);
		do_register(&f, &forged);
		do_unregister(&f, &forged);
		CHECK_INT(edges(&f), 1);
		do_register(&f, &thief);
		do_reg(&f, &a, f.config.mac, WIRE_REGISTER_ACK);
		CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &a.at));
		CHECK_INT(counts(&f)->naks, i + 1);
		fake_wait(&f, 5000);
	}
	fake_stop(&f);
}

/* A restarted edge that leaves again: its record goes when it does not answer. */
static void young_goodbye_is_checked(void)
{
	struct edge_like a = edge_a(), again = edge_a();
	fake_start(&f, fake_config());
	do_register(&f, &a);
	again.token = 0x66;
	do_register(&f, &again);
	do_unregister(&f, &again);
	CHECK_INT(edges(&f), 1);
	fake_wait(&f, 2500);
	CHECK_INT(edges(&f), 0);
	CHECK_INT(counts(&f)->naks, 0);
	fake_stop(&f);
}

static void say(const struct edge_like *e, enum wire_type type)
{
	struct wire_message m = message_of(e, type);
	memset(&m.reg_super, 0, sizeof(m.reg_super));
	memset(&m.unreg_super, 0, sizeof(m.unreg_super));
	memcpy(type == WIRE_REGISTER_SUPER ? m.reg_super.mac : m.unreg_super.mac, e->mac, MAC_LEN);
	if (type == WIRE_REGISTER_SUPER)
		m.reg_super.address = e->address;
	give_message(&f, &e->at, &m);
}

static void without_token_only_the_socket_counts(void)
{
	struct edge_like a = edge_a(), thief = edge_a();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	say(&a, WIRE_REGISTER_SUPER);
	thief.at = addr_of("203.0.113.66:666");
	say(&thief, WIRE_UNREGISTER_SUPER);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TOKEN), 1);
	say(&thief, WIRE_REGISTER_SUPER);
	CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &a.at));
	a.address = subnet_of("10.9.8.9/24");
	say(&a, WIRE_REGISTER_SUPER);
	CHECK(find_edge(&f, &a, &info) && subnet_equal(&info.address, &a.address));
	say(&a, WIRE_UNREGISTER_SUPER);
	CHECK(!find_edge(&f, &a, &info) || addr_equal(&info.endpoint, &thief.at));
	fake_stop(&f);
}

/* An edge crashed, came back at the same port and got another address, since its record still holds the old one. */
static void an_address_in_use_is_not_offered(void)
{
	struct edge_like a = edge_a(), b = edge_b();
	struct subnet old = subnet_of("10.138.16.190/24"), used;
	fake_start(&f, fake_config());
	a.address = old;
	do_register(&f, &a);
	a.token = 0x77;
	used = a.address = asked(&a);
	CHECK(subnet_is_set(&used) && !subnet_equal(&used, &old));
	b.desc = a.desc;
	for (int i = 0; i < 6; i++) {
		do_register(&f, &a);
		CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
		fake_wait(&f, 20000);
		struct subnet offered = asked(&b);
		CHECK(subnet_is_set(&offered) && !subnet_equal(&offered, &used));
		CHECK(subnet_equal(&offered, &old) == (i >= 3));        /* free when the new process is the heir */
		b.at.port++;
	}
	b.address = used;
	do_register(&f, &b);
	do_reg(&f, &a, f.config.mac, WIRE_REGISTER_ACK);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	fake_stop(&f);
}

static void unregisters(void)
{
	struct edge_like a = edge_a(), b = edge_b(), wrong;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	wrong = a;
	wrong.token = 1;
	do_unregister(&f, &wrong);
	CHECK_INT(edges(&f), 1);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TOKEN), 1);
	do_unregister(&f, &a);
	CHECK_INT(edges(&f), 0);
	CHECK_INT(supernode_info(f.sn)->communities, 0);
	do_register(&f, &a);
	a.at = b.at;
	size_t sent = f.n;
	do_unregister(&f, &a);                          /* the source need not match, no answer */
	CHECK_INT(edges(&f), 0);
	CHECK_INT(f.n, sent);
	do_unregister(&f, &a);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNREGISTERED), 1);
	CHECK(is_noted(&f, "left"));
	fake_stop(&f);
}

static void without_protection_the_last_one_wins(void)
{
	struct supernode_config config = fake_config();
	struct edge_like a = edge_a(), b = edge_b();
	struct supernode_edge_info info;
	config.spoofing_protection = false;
	fake_start(&f, config);
	do_register(&f, &a);
	a.at = b.at;
	a.token = 9;
	do_register(&f, &a);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(find_edge(&f, &a, &info) && addr_equal(&info.endpoint, &b.at));
	b.address = a.address;
	do_register(&f, &b);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_ACK);
	CHECK(find_edge(&f, &b, &info));
	CHECK_INT(edges(&f), 1);
	fake_stop(&f);
}

static void expires_after_a_minute(void)
{
	struct edge_like a = edge_a(), b = edge_b();
	struct supernode_edge_info info;
	fake_start(&f, fake_config());
	do_register(&f, &a);
	fake_wait(&f, 20000);
	do_register(&f, &b);
	fake_wait(&f, 39999);
	do_packet(&f, &a, b.mac, 1, "frame", 5);        /* frames do not keep it */
	CHECK_INT(edges(&f), 2);
	fake_wait(&f, 1);
	CHECK_INT(edges(&f), 1);
	CHECK_INT(supernode_tick(f.sn, f.now), f.now + 20000);
	CHECK(find_edge(&f, &b, &info) && is_noted(&f, "expired"));
	fake_wait(&f, 60000);
	CHECK_INT(supernode_tick(f.sn, f.now), UINT64_MAX);
	CHECK_INT(edges(&f), 0);
	CHECK_INT(supernode_info(f.sn)->communities, 0);
	do_register(&f, &a);
	f.now += 10000000;                              /* a tick that comes very late */
	supernode_tick(f.sn, f.now);
	CHECK_INT(edges(&f), 0);
	fake_stop(&f);
}

static void is_bounded(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	memset(&e.address, 0, sizeof(e.address));
	for (int i = 0; i < 20; i++, e.mac[5]++, e.at.port++)
		do_register(&f, &e);
	CHECK_INT(edges(&f), 16);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_COMMUNITY_FULL), 4);
	for (int i = 0; i < 20; i++, e.mac[5]++, e.at.port++) {
		char name[] = { 'n', (char)('a' + i), 0 };
		e.community = name;
		do_register(&f, &e);
	}
	CHECK_INT(supernode_info(f.sn)->communities, 8);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_COMMUNITIES_FULL), 13);
	e.community = "na";
	for (int i = 0; i < 20; i++, e.mac[5]++, e.at.port++)
		do_register(&f, &e);
	CHECK_INT(edges(&f), 32);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_EDGES_FULL), 11);
	CHECK_INT(counts(&f)->naks, 0);                 /* silence: the edge tries its next supernode */
	fake_wait(&f, 60000);
	supernode_tick(f.sn, f.now);
	CHECK_INT(edges(&f), 0);
	for (int i = 0; i < 16; i++, e.mac[5]++, e.at.port++)
		do_register(&f, &e);
	CHECK_INT(edges(&f), 16);                       /* and all room is there again */
	fake_stop(&f);
}

static void refuses_what_no_edge_is(void)
{
	struct edge_like e = edge_a();
	fake_start(&f, fake_config());
	memcpy(e.mac, f.config.mac, MAC_LEN);
	do_register(&f, &e);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_SELF), 1);
	e.mac[0] = 1;
	do_register(&f, &e);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_UNEXPECTED), 1);
	struct wire_message m = message_of(&e, WIRE_REGISTER_SUPER);
	e = edge_a();
	memcpy(m.reg_super.mac, e.mac, MAC_LEN);
	m.reg_super.auth = (struct wire_auth){ .scheme = AUTH_USER_PASSWORD, .len = 48 };
	give_message(&f, &e.at, &m);
	CHECK_INT(last_type(&f), WIRE_REGISTER_SUPER_NAK);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TOKEN), 1);
	m.reg_super.auth = (struct wire_auth){ .scheme = AUTH_NONE };
	m.flags = WIRE_FROM_SUPERNODE;
	give_message(&f, &e.at, &m);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_FEDERATION), 1);
	m.flags = 0;
	m.ttl = 0;
	give_message(&f, &e.at, &m);
	CHECK_INT(dropped(&f, SUPERNODE_DROP_TTL), 1);
	CHECK_INT(edges(&f), 0);
	m.ttl = 1;
	e.at.port = 0;
	give_message(&f, &e.at, &m);
	CHECK_INT(edges(&f), 0);
	fake_stop(&f);
}

int main(void)
{
	RUN(acknowledges_as_n2n);
	RUN(assigns_address_as_n2n);
	RUN(refuses_mac_in_use_as_n2n);
	RUN(offers_different_addresses);
	RUN(walks_the_network_to_its_ends);
	RUN(gives_each_community_its_network);
	RUN(offers_to_who_has_none_that_counts);
	RUN(keeps_address_and_description_up_to_date);
	RUN(follows_an_edge_to_another_socket);
	RUN(same_process_may_change_its_mac);
	RUN(no_token_is_not_the_same_token);
	RUN(new_token_from_the_same_socket);
	RUN(new_token_changes_the_record_a_minute_later);
	RUN(forged_source_does_not_steal);
	RUN(forged_goodbye_removes_nothing);
	RUN(young_goodbye_is_checked);
	RUN(without_token_only_the_socket_counts);
	RUN(an_address_in_use_is_not_offered);
	RUN(unregisters);
	RUN(without_protection_the_last_one_wins);
	RUN(expires_after_a_minute);
	RUN(is_bounded);
	RUN(refuses_what_no_edge_is);
	return test_done();
}
