/* Who is not named by the supernode gets no frame and no path, teaches nothing, and is sent no more than came from him. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)
static const uint8_t made_up[MAC_LEN] = { 2, 0, 0, 0, 0xee, 1 }, host[MAC_LEN] = { 2, 0, 0, 0, 0xbb, 1 };

static struct addr to_b(struct fake *f)
{
	frame_to(f, mac_b);
	return sent_last(f, WIRE_PACKET)->to;
}
static bool goes_to(struct fake *f, struct addr to)
{
	struct addr went = to_b(f);
	return addr_equal(&went, &to);
}
static size_t bytes_to(const struct fake *f, const struct addr *to)
{
	size_t n = 0;
	for (size_t i = 0; i < f->sent_n; i++)
		n += addr_equal(&f->sent[i].to, to) ? f->sent[i].len : 0;
	return n;
}

/* Whatever he was asked, or everybody on the site: the bytes of his answers. */
static size_t answer_all(struct fake *f, uint32_t class)
{
	size_t bytes = 0;
	for (size_t i = 0; i < f->asked_n && i < ASKED_MAX; i++) {
		if (class_of(f->asked[i].cookie) != class ||
		    (f->asked[i].how != SENT_LAN && !addr_equal(&f->asked[i].to, &stranger)))
			continue;
		fake_ack_of(f, &stranger, mac_b, f->asked[i].cookie);
		bytes += 40;
	}
	return bytes;
}

/* All that somebody can do who sees what comes to him, and nothing else. */
static void stranger_tries(struct fake *f)
{
	static const uint32_t classes[] = { COOKIE_REGULAR, COOKIE_LOCAL, COOKIE_MCAST, COOKIE_PORT };
	size_t got = 0, sent = 0;
	for (size_t i = 0; i < 4; i++) {
		f->sent_n = 0;
		fake_register(f, &stranger, mac_b, mac_a, classes[i], NULL);
		got += 61;
		fake_ack_of(f, &stranger, mac_b, classes[i]);
		got += 40;
		got += answer_all(f, classes[i]);
		packet_from(f, &stranger, mac_b, mac_a, NULL);
		got += 38 + FRAME60;
		sent += bytes_to(f, &stranger);
		CHECK(sent <= got);
		f->now += 1100;
	}
	f->sent_n = 0;
}

static void takes_no_living_path(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_with_peer(f);
	for (int i = 0; i < 5; i++) {
		stranger_tries(f);
		packet_from(f, &addr_b, mac_b, mac_a, NULL);
		CHECK(goes_to(f, addr_b));
	}
	fake_end(f);
}

static void takes_no_idle_path(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->now += 3000;
	stranger_tries(f);
	stranger_tries(f);
	CHECK(!goes_to(f, stranger));
	fake_end(f);
}

static void takes_no_relayed_peer(void)
{
	struct fake *f = fake_registered(fake_new());
	packet_from(f, &SN, mac_b, mac_a, &addr_b);
	for (int i = 0; i < 5; i++)
		stranger_tries(f);
	CHECK(goes_to(f, SN));
	CHECK(!is_direct(f, mac_b));
	fake_end(f);
}

/* An answer by the constant that n2n uses, or to the group by one who has not heard it. */
static void bare_classes_confirm_nothing(void)
{
	struct fake *f = fake_new();
	f->config.discovery = true;
	fake_registered(f);
	packet_from(f, &SN, mac_b, mac_a, &addr_b);
	fake_ack_of(f, &addr_b, mac_b, COOKIE_REGULAR);
	fake_ack_of(f, &addr_b, mac_b, COOKIE_MCAST);
	CHECK(!is_direct(f, mac_b));
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 2);
	uint32_t last = register_cookie_sent(f, &addr_b, mac_b, COOKIE_REGULAR);
	f->now += 10001;
	packet_from(f, &SN, mac_b, mac_a, &addr_b);
	CHECK(register_cookie_sent(f, &addr_b, mac_b, COOKIE_REGULAR) != last);         /* drawn anew */
	fake_end(f);
}

static void has_no_place(void)
{
	struct fake *f = fake_registered(fake_new());
	struct edge_peer_info info;
	fake_register(f, &stranger, made_up, mac_a, COOKIE_REGULAR, NULL);
	packet_from(f, &stranger, made_up, mac_a, NULL);
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);      /* n2n may be asking before the supernode tells */
	CHECK_INT(sent_count_to(f, 0, WIRE_QUERY_PEER, SN), 1);
	CHECK_INT(f->sent_n, 2);
	CHECK_INT(f->frames_n, 0);
	CHECK_INT(dropped(f, EDGE_DROP_STRANGER), 1);
	CHECK(!peer_info(f, made_up, &info));
	f->sn[0].up = false;
	fake_run(f, 10000);
	f->sent_n = f->answered_n = 0;
	frame_to(f, mac_all);                                   /* while no supernode answers: to peers */
	CHECK_INT(sent_count_to(f, 0, WIRE_PACKET, stranger), 0);
	fake_end(f);
}

static void floods_of_registers_have_a_budget(void)
{
	struct fake *f = fake_with_peer(fake_new());
	f->unreachable = stranger;
	for (int i = 0; i < 1000; i++)
		fake_register(f, &stranger, mac_b, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(dropped(f, EDGE_DROP_ENDPOINT_REFUSED), 200);         /* so often the kernel was asked */
	CHECK_INT(dropped(f, EDGE_DROP_STRANGERS), 800);
	fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);  /* who is known is answered */
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER_ACK, addr_b), 1);
	fake_end(f);
}

static void behind_b(struct fake *f, const struct addr *from, const uint8_t src[MAC_LEN], const struct addr *socket)
{
	uint8_t frame[FRAME60];
	make_frame(frame, mac_a, src, ip_b, ip_a);
	fake_packet(f, from, mac_b, mac_a, socket, frame, sizeof(frame));
}

/* Its frames are delivered: n2n sends directly as soon as it is acknowledged, from wherever its host does. */
static void teaches_nothing(void)
{
	struct fake *f = fake_new();
	f->config.arp_suppress = true;
	fake_with_peer(f);
	behind_b(f, &stranger, host, NULL);
	CHECK_INT(f->frames_n, 1);
	frame_to(f, host);
	CHECK(!memcmp(sent_last(f, WIRE_PACKET)->data + 30, host, MAC_LEN));
	behind_b(f, &addr_b, host, NULL);
	frame_to(f, host);
	CHECK(!memcmp(sent_last(f, WIRE_PACKET)->data + 30, mac_b, MAC_LEN));
	struct edge_peer_info before, after;
	CHECK(peer_info(f, mac_b, &before));
	f->now += 1000;
	fake_register(f, &stranger, mac_b, mac_a, COOKIE_REGULAR, NULL);        /* says who b is */
	packet_from(f, &stranger, mac_b, mac_a, NULL);
	CHECK(peer_info(f, mac_b, &after));
	CHECK_INT(after.last_seen, before.last_seen);
	CHECK(!memcmp(after.desc, before.desc, DESC_LEN));
	fake_end(f);
}

/* The answer came from another address of its host than was asked: only who is there can have got the question. */
static void whoever_gets_what_is_sent_to_a_peer_is_the_peer(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr other = v4(203, 0, 113, 99, 4000);
	packet_from(f, &SN, mac_b, mac_a, &addr_b);
	fake_register_ack(f, &other, mac_b, COOKIE_REGULAR);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, other), 1);
	CHECK(!is_direct(f, mac_b));
	fake_register_ack(f, &other, mac_b, COOKIE_REGULAR);
	CHECK(goes_to(f, other));
	fake_end(f);
}

/* Not even to there: the supernode sees the peer at an address that we cannot reach. */
static void whoever_gets_what_is_relayed_to_a_peer_is_the_peer(void)
{
	struct fake *f = fake_registered(fake_new());
	struct addr six = { .family = ADDR_V6, .port = 4000, .ip = { 0x20, 1, 0xd, 0xb8 } }, four = v4(203, 0, 113, 99, 4000);
	packet_from(f, &SN, mac_b, mac_a, &six);
	fake_register(f, &four, mac_b, mac_a, COOKIE_REGULAR, NULL);
	CHECK_INT(sent_registers(f, 0, COOKIE_IDENTIFY, SN), 1);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, four), 0);
	fake_ack_of(f, &four, mac_b, COOKIE_IDENTIFY);
	CHECK_INT(dropped(f, EDGE_DROP_UNEXPECTED), 1);
	fake_register_ack(f, &four, mac_b, COOKIE_IDENTIFY);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, four), 1);
	fake_register_ack(f, &four, mac_b, COOKIE_REGULAR);
	CHECK(goes_to(f, four));
	fake_end(f);
	f = fake_registered(fake_new());
	fake_register(f, &SN, mac_b, mac_a, COOKIE_IDENTIFY | 4711, &addr_b);    /* we are asked */
	CHECK_INT(sent_count_to(f, 0, WIRE_REGISTER_ACK, addr_b), 1);
	fake_register(f, &SN, mac_b, mac_a, COOKIE_FORWARDED, &addr_b);          /* by n2n: it expects none */
	CHECK_INT(sent_count(f, 0, WIRE_REGISTER_ACK), 1);
	fake_end(f);
}

static void path_is_left_when_it_is_silent(void)
{
	struct fake *f = fake_with_peer(fake_new());
	struct addr port = addr_b;
	port.port++;
	f->now += 3000;
	fake_register(f, &port, mac_b, mac_a, COOKIE_REGULAR, NULL);
	fake_register_ack(f, &port, mac_b, COOKIE_REGULAR);
	CHECK_INT(sent_registers(f, 0, COOKIE_REGULAR, addr_b), 1);     /* idle: it is asked */
	CHECK(goes_to(f, addr_b));
	f->now += 1000;
	fake_register(f, &port, mac_b, mac_a, COOKIE_REGULAR, NULL);
	fake_register_ack(f, &port, mac_b, COOKIE_REGULAR);
	CHECK(goes_to(f, port));
	fake_end(f);
}

int main(void)
{
	RUN(takes_no_living_path);
	RUN(takes_no_idle_path);
	RUN(takes_no_relayed_peer);
	RUN(bare_classes_confirm_nothing);
	RUN(has_no_place);
	RUN(floods_of_registers_have_a_budget);
	RUN(teaches_nothing);
	RUN(whoever_gets_what_is_sent_to_a_peer_is_the_peer);
	RUN(whoever_gets_what_is_relayed_to_a_peer_is_the_peer);
	RUN(path_is_left_when_it_is_silent);
	return test_done();
}
