/* The registration cycle: address modes, ACK and NAK, what makes the edge register anew. */
#include "edge_fake.h"

static const struct subnet address_b = { { 10, 9, 8, 2 }, 24 }, address_c = { { 10, 9, 8, 3 }, 24 };

static void nak(struct fake *f, const struct addr *from, uint32_t cookie)
{
	struct wire_message m = fake_head(f, WIRE_REGISTER_SUPER_NAK, WIRE_FROM_SUPERNODE);
	m.super_nak.cookie = cookie;
	memcpy(m.super_nak.mac, f->config.mac, MAC_LEN);
	fake_message(f, from, &m);
}

static uint32_t last_cookie(const struct fake *f)
{
	return get_be32(sent_last(f, WIRE_REGISTER_SUPER)->data + 24);
}

static void keeps_its_interval(void)
{
	struct fake *f = fake_new();
	f->config.interval_ms = 5000;
	fake_registered(f);
	fake_run(f, 60000);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 12);
	CHECK_INT(sent_count(f, 0, WIRE_QUERY_PEER), 12);       /* 3 s after each ACK */
	CHECK(registered(f));
	CHECK_INT(f->notes_n, 1);
	CHECK(noted(f, "registered with supernode 192.0.2.1:7654, which sees us as 192.0.2.11:50001"));
	fake_end(f);
}

static void nothing_before_registration(void)
{
	struct fake *f = fake_new();
	f->sn[0].up = false;
	fake_start(f);
	frame_to(f, mac_b);
	packet_from(f, &f->sn[0].addr, mac_b, mac_a, &addr_b);
	packet_from(f, &addr_b, mac_b, mac_a, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_UNREGISTERED_OUT), 1);
	CHECK_INT(dropped(f, EDGE_DROP_UNREGISTERED_IN), 2);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 0);
	fake_end(f);
}

static void wrong_answers_count_nothing(void)
{
	struct fake *f = fake_new();
	f->sn[0].up = f->sn[1].up = false;
	f->config.supernodes = 2;
	fake_start(f);
	struct wire_message m = fake_ack(f, &f->sn[0], last_cookie(f) + 1);
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	m = fake_ack(f, &f->sn[0], last_cookie(f));
	fake_message(f, &stranger, &m);
	CHECK_INT(dropped(f, EDGE_DROP_NOT_SUPERNODE), 1);
	fake_message(f, &f->sn[1].addr, &m);            /* configured, but not the one that was asked */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 2);
	nak(f, &stranger, last_cookie(f));
	nak(f, &f->sn[0].addr, last_cookie(f) + 1);
	CHECK_INT(edge_info(f->e)->counts.naks, 0);
	CHECK(!registered(f));
	fake_message(f, &f->sn[0].addr, &m);
	CHECK(registered(f));
	uint64_t unexpected = dropped(f, EDGE_DROP_UNEXPECTED);
	fake_message(f, &f->sn[0].addr, &m);            /* twice: no longer waiting */
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), unexpected + 1);
	fake_end(f);
}

static void refused_static_address_backs_off(void)
{
	struct fake *f = fake_new();
	f->sn[0].nak = true;
	fake_start(f);
	fake_run(f, 60000);
	size_t n = sent_count(f, 0, WIRE_REGISTER_SUPER);
	CHECK(n >= 15 && n <= 18);                      /* 0, 1, 3, 7, 11 ... s */
	CHECK_INT(notes_with(f, "MAC 02:00:00:00:00:a1 or address 10.9.8.1/24 is already in use in community "), 1);
	CHECK_INT(f->mac_changed_n, 0);
	f->sn[0].nak = false;
	fake_run(f, 4000);
	CHECK(registered(f));
	fake_end(f);
}

static void made_up_mac_is_drawn_again_once(void)
{
	struct fake *f = fake_new();
	f->config.mac_made_up = true;
	f->sn[0].nak = true;
	fake_start(f);
	fake_answers(f);
	CHECK_INT(f->mac_changed_n, 1);
	CHECK(!mac_equal(f->mac_changed, mac_a));
	CHECK_INT(f->mac_changed[0] & 3, 2);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 2);    /* with the new one at once */
	CHECK(mac_equal(sent_last(f, WIRE_REGISTER_SUPER)->data + 28, f->mac_changed));
	fake_run(f, 10000);
	CHECK_INT(f->mac_changed_n, 1);                 /* then it must be the address */
	CHECK(mac_equal(edge_info(f->e)->mac, f->mac_changed));
	CHECK(noted(f, "is already in use") && !noted(f, "made up"));   /* nothing else is said first */
	f->sn[0].nak = false;
	fake_run(f, 4000);
	CHECK(registered(f));
	CHECK_INT(notes_with(f, "the MAC that was made up was in use"), 1);
	fake_end(f);
}

static void automatic_address_is_asked_for_again(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_AUTO;
	f->sn[0].up = false;
	fake_start(f);
	struct wire_message m = fake_ack(f, &f->sn[0], last_cookie(f));
	m.super_ack.address = address_b;
	fake_message(f, &f->sn[0].addr, &m);
	CHECK(subnet_equal(&f->assigned, &address_b));
	nak(f, &f->sn[0].addr, last_cookie(f));         /* somebody was faster */
	CHECK(mac_is_null(sent_last(f, WIRE_REGISTER_SUPER)->data + 28));
	m = fake_ack(f, &f->sn[0], last_cookie(f));
	m.super_ack.address = address_c;
	fake_message(f, &f->sn[0].addr, &m);
	CHECK_INT(f->assigned_n, 2);
	CHECK(subnet_equal(&f->assigned, &address_c));
	CHECK(!memcmp(sent_last(f, WIRE_REGISTER_SUPER)->data + 34, address_c.ip, 4));
	CHECK(noted(f, "assigned address 10.9.8.3/24"));
	CHECK(!registered(f));
	m = fake_ack(f, &f->sn[0], last_cookie(f));
	fake_message(f, &f->sn[0].addr, &m);
	CHECK(registered(f));
	fake_end(f);
}

/* The address goes onto the TAP: 127.0.0.1 there would cut the host off from itself. */
static void senseless_address_is_refused(void)
{
	const struct subnet bad[] = {
		{ { 127, 0, 0, 1 }, 8 }, { { 224, 0, 0, 9 }, 24 }, { { 255, 255, 255, 255 }, 32 }, { { 10, 9, 8, 2 }, 0 },
		{ { 10, 9, 8, 0 }, 24 }, { { 10, 9, 8, 255 }, 24 },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake *f = fake_new();
		f->config.mode = ADDRESS_AUTO;
		f->sn[0].up = false;
		fake_start(f);
		struct wire_message m = fake_ack(f, &f->sn[0], last_cookie(f));
		m.super_ack.address = bad[i];
		fake_message(f, &f->sn[0].addr, &m);
		CHECK_INT(f->assigned_n, 0);
		CHECK_INT(notes_with(f, "has no address for us"), 1);
		fake_end(f);
	}
}

static void supernode_without_addresses(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_AUTO;
	fake_start(f);
	fake_run(f, 30000);
	CHECK(!registered(f));
	CHECK_INT(f->assigned_n, 0);
	CHECK_INT(notes_with(f, "has no address for us"), 1);
	CHECK(sent_count(f, 0, WIRE_REGISTER_SUPER) <= 9);
	f->sn[0].assigns = address_b;
	fake_run(f, 5000);
	CHECK(registered(f));
	fake_end(f);
}

/* Nobody else's address is taken over, even when many are refused: no storm of questions. */
/* What it had before a restart is asked for again where it is of the network that is offered, and given up when refused. */
static void automatic_address_of_before(void)
{
	static const struct subnet elsewhere = { .ip = { 172, 16, 0, 9 }, .prefix = 24 };
	const struct subnet *before[] = { &address_c, &elsewhere };
	for (int i = 0; i < 2; i++) {
		struct fake *f = fake_new();
		f->config.mode = ADDRESS_AUTO;
		f->config.previous = *before[i];
		f->sn[0].up = false;
		fake_start(f);
		CHECK(mac_is_null(sent_last(f, WIRE_REGISTER_SUPER)->data + 28));
		struct wire_message m = fake_ack(f, &f->sn[0], last_cookie(f));
		m.super_ack.address = address_b;
		fake_message(f, &f->sn[0].addr, &m);
		CHECK(subnet_equal(&f->assigned, i ? &address_b : &address_c));
		nak(f, &f->sn[0].addr, last_cookie(f));
		m = fake_ack(f, &f->sn[0], last_cookie(f));
		m.super_ack.address = address_b;
		fake_message(f, &f->sn[0].addr, &m);
		CHECK(subnet_equal(&f->assigned, &address_b));
		fake_end(f);
	}
}

static void automatic_address_refused_for_long(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_AUTO;
	f->config.mac_made_up = true;
	f->sn[0].assigns = address_b;
	f->sn[0].nak = true;
	fake_start(f);
	for (int i = 0; i < 60; i++) {
		fake_run(f, 1000);
		struct wire_message m = fake_ack(f, &f->sn[0], last_cookie(f));
		m.super_ack.address = address_b;
		if (mac_is_null(sent_last(f, WIRE_REGISTER_SUPER)->data + 28))
			fake_message(f, &f->sn[0].addr, &m);
	}
	CHECK(sent_count(f, 0, WIRE_REGISTER_SUPER) < 60);
	CHECK_INT(f->mac_changed_n, 1);
	fake_end(f);
}

static void dhcp_registers_without_then_with_address(void)
{
	struct fake *f = fake_new();
	f->config.mode = ADDRESS_DHCP;
	f->config.address = (struct subnet){ 0 };
	f->sn[0].assigns = address_c;                   /* not for us */
	fake_registered(f);
	CHECK_INT(f->assigned_n, 0);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 0);    /* nothing to announce */
	edge_set_addresses(f->e, f->now, &address_b, 1);
	const struct sent *s = sent_last(f, WIRE_REGISTER_SUPER);
	CHECK(!memcmp(s->data + 34, "\x0a\x09\x08\x02\x18", 5));
	fake_run(f, 10);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);
	size_t before = f->sent_n;
	edge_set_addresses(f->e, f->now, &address_b, 1);        /* the same */
	CHECK_INT(f->sent_n, before);
	edge_set_addresses(f->e, f->now, NULL, 0);
	CHECK(!memcmp(sent_last(f, WIRE_REGISTER_SUPER)->data + 34, "\0\0\0\0\0", 5));
	fake_end(f);
}

static void another_mac_replaces_the_record(void)
{
	struct fake *f = fake_registered(fake_new());
	edge_set_mac(f->e, f->now, mac_c);
	CHECK_INT(f->sent_n, 2);
	CHECK_INT(sent_type(&f->sent[0]), WIRE_UNREGISTER_SUPER);
	CHECK(mac_equal(f->sent[0].data + 44, mac_a));
	CHECK_INT(sent_type(&f->sent[1]), WIRE_REGISTER_SUPER);
	CHECK(mac_equal(f->sent[1].data + 28, mac_c));
	fake_run(f, 10);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);    /* peers hear of it */
	size_t before = f->sent_n;
	edge_set_mac(f->e, f->now, mac_c);
	CHECK_INT(f->sent_n, before);
	fake_end(f);
}

static void new_public_endpoint_is_announced(void)
{
	struct fake *f = fake_registered(fake_new());
	f->self = v4(203, 0, 113, 9, 1234);
	fake_run(f, 21000);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 2);
	CHECK(addr_equal(&edge_info(f->e)->public_endpoint, &f->self));
	fake_end(f);
}

static void changed_network_registers_at_once(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->now += 60000;
	edge_network_changed(f->e, f->now);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_SUPER), 1);
	CHECK_INT(f->resolved_asked[0], 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);     /* the path must prove itself */
	fake_end(f);
}

static void unanswered_start_is_told_once_a_minute(void)
{
	struct fake *f = fake_new();
	f->sn[0].up = false;
	fake_start(f);
	fake_run(f, 10000);
	CHECK_INT(notes_with(f, "no answer from supernode 192.0.2.1:7654 so far"), 1);
	fake_run(f, 290000);
	CHECK(notes_with(f, "no answer from supernode") <= 5);
	CHECK(notes_with(f, "no answer from supernode") >= 4);
	CHECK_INT(f->notes_n, notes_with(f, "no answer from supernode"));
	fake_end(f);
}

static void leaves_only_where_it_was(void)
{
	struct fake *f = fake_new();
	f->e = edge_new(&f->config, &f->host, f->now);
	edge_tick(f->e, f->now);
	edge_stop(f->e, f->now);
	CHECK_INT(f->sent_n, 0);
	edge_free(f->e);
	f->sn[0].up = false;
	fake_start(f);
	edge_stop(f->e, f->now);                        /* the ACK may still be on its way */
	CHECK_INT(sent_count(f, 0, WIRE_UNREGISTER_SUPER), 1);
	size_t before = f->sent_n;
	frame_to(f, mac_b);
	packet_from(f, &f->sn[0].addr, mac_b, mac_a, &addr_b);
	CHECK(edge_tick(f->e, f->now + 60000) == UINT64_MAX);
	CHECK_INT(f->sent_n, before);
	fake_end(f);
}

static void refusal_while_registered(void)
{
	struct fake *f = fake_registered(fake_new());
	f->sn[0].nak = true;                            /* it restarted, and somebody else was faster */
	fake_run(f, 21000);
	CHECK(!registered(f));
	CHECK_INT(notes_with(f, "already in use"), 1);
	f->sn[0].nak = false;
	fake_run(f, 5000);
	CHECK(registered(f));
	CHECK(noted(f, "supernode is back: 192.0.2.1:7654, registered again"));
	fake_end(f);
}

int main(void)
{
	RUN(keeps_its_interval);
	RUN(nothing_before_registration);
	RUN(wrong_answers_count_nothing);
	RUN(refused_static_address_backs_off);
	RUN(made_up_mac_is_drawn_again_once);
	RUN(automatic_address_is_asked_for_again);
	RUN(automatic_address_of_before);
	RUN(senseless_address_is_refused);
	RUN(supernode_without_addresses);
	RUN(automatic_address_refused_for_long);
	RUN(dhcp_registers_without_then_with_address);
	RUN(another_mac_replaces_the_record);
	RUN(new_public_endpoint_is_announced);
	RUN(changed_network_registers_at_once);
	RUN(unanswered_start_is_told_once_a_minute);
	RUN(leaves_only_where_it_was);
	RUN(refusal_while_registered);
	return test_done();
}
