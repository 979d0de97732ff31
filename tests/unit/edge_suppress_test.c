/* --arp-suppress: what is answered here, what goes out as ever, and that nobody gets a wrong answer. */
#include "core/arp.h"
#include "edge_fake.h"
#include "core/neighbour.h"
#include "neighbour_frames.h"

#define SN (f->sn[0].addr)
static const uint8_t host[MAC_LEN] = { 2, 0, 0, 0, 0xbb, 1 }, snm[MAC_LEN] = { 0x33, 0x33, 0xff, 0, 0, 2 };
static const uint8_t ip_h[4] = { 10, 9, 8, 77 }, ip_none[16];
static const uint8_t a6[16] = { 0xfe, 0x80, [15] = 1 }, b6[16] = { 0xfe, 0x80, [15] = 2 },
	sn6[16] = { 0xff, 2, [11] = 1, [12] = 0xff, [15] = 2 }, all6[16] = { 0xff, 2, [15] = 1 };

static void out(struct fake *f, struct said s) { fake_frame(f, s.bytes, s.len); }
static void in(struct fake *f, const uint8_t edge[MAC_LEN], struct said s)
{
	fake_packet(f, &SN, edge, mac_is_group(s.bytes) ? s.bytes : mac_a, &addr_b, s.bytes, s.len);
}
static void in_arp(struct fake *f, const uint8_t edge[MAC_LEN], const uint8_t mac[MAC_LEN], const uint8_t ip[4])
{
	in(f, edge, said_arp(ARP_TELLS, mac_a, mac, ip, ip_a, 0));
}
/* Our host asks everybody. */
static void ask(struct fake *f, const uint8_t ip[4]) { out(f, said_arp(ARP_ASKS, mac_all, mac_a, ip_a, ip, 0)); }
static void ask6(struct fake *f) { out(f, said_nd(ND_ASKS, 0, snm, mac_a, a6, sn6, b6, mac_a)); }

/* What happened since the last time: was it answered here, with this MAC; or did it go out? */
static bool answered(struct fake *f, const uint8_t mac[MAC_LEN])
{
	struct layers e;
	struct neighbour n;
	bool good = f->injected_n == 1 && !sent_count(f, 0, WIRE_PACKET) &&
	            layers_view(&e, f->injected[0].data, f->injected[0].len);
	if (good) {
		neighbour_view(&n, &e);
		good = n.kind == NEIGHBOUR_TELLS && mac_equal(n.mac, mac) && mac_equal(e.src, mac) && mac_equal(e.dst, mac_a);
	}
	f->injected_n = f->sent_n = f->answered_n = 0;
	return good;
}
static bool went_out(struct fake *f)
{
	bool good = !f->injected_n && sent_count(f, 0, WIRE_PACKET) == 1;
	f->injected_n = f->sent_n = f->answered_n = 0;
	return good;
}

static struct fake *begin(void)
{
	struct fake *f = fake_new();
	f->config.arp_suppress = true;
	return fake_with_peer(f);
}

static void off_unless_wanted(void)
{
	struct fake *f = fake_with_peer(fake_new());
	in_arp(f, mac_b, mac_b, ip_b);
	ask(f, ip_b);
	CHECK(went_out(f));
	fake_end(f);
}

static void answered_once_known(void)
{
	struct fake *f = begin();
	ask(f, ip_b);
	CHECK(went_out(f));
	in_arp(f, mac_b, mac_b, ip_b);
	ask(f, ip_b);
	CHECK(answered(f, mac_b));
	CHECK_INT(dropped(f, EDGE_DROP_ANSWERED), 1);
	ask(f, ip_h);
	CHECK(went_out(f));
	CHECK_INT(f->frames_n, 1);                      /* the answer of b reached our host */
	fake_end(f);
}

static void learnt_from_questions_announcements_and_registrations(void)
{
	static const uint8_t ip_c[4] = { 10, 9, 8, 3 };
	struct fake *f = begin();
	in(f, mac_b, said_arp(ARP_ASKS, mac_all, mac_b, ip_b, ip_c, 0));
	ask(f, ip_b);
	CHECK(answered(f, mac_b));
	uint8_t arp[ARP_FRAME_LEN];
	arp_gratuitous(arp, mac_c, ip_c);
	fake_packet(f, &SN, mac_c, mac_all, &addr_c, arp, sizeof(arp));
	ask(f, ip_c);
	CHECK(answered(f, mac_c));
	fake_end(f);
	f = begin();
	fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);  /* 10.9.8.2 */
	f->sent_n = f->answered_n = 0;
	ask(f, ip_b);
	CHECK(answered(f, mac_b));
	in_arp(f, mac_c, mac_c, ip_b);                  /* frames go before it: an address that has moved */
	fake_register(f, &addr_b, mac_b, mac_a, COOKIE_REGULAR, NULL);
	f->sent_n = f->answered_n = 0;
	ask(f, ip_b);
	CHECK(answered(f, mac_c));
	fake_end(f);
}

static void too_old_to_be_true(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, host, ip_h);
	f->now += 119999;
	ask(f, ip_h);
	CHECK(answered(f, host));
	f->now += 1;
	ask(f, ip_h);
	CHECK(went_out(f));
	in_arp(f, mac_b, host, ip_h);
	ask(f, ip_h);
	CHECK(answered(f, host));
	fake_end(f);
}

static void moves_are_followed(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, mac_b, ip_h);
	in_arp(f, mac_c, mac_c, ip_h);
	ask(f, ip_h);
	CHECK(answered(f, mac_c));
	out(f, said_arp(ARP_TELLS, mac_all, mac_a, ip_h, ip_h, 0));     /* now it is here */
	CHECK(went_out(f));
	ask(f, ip_h);
	CHECK(went_out(f));
	fake_end(f);
}

/* The kernel has lost it: nobody answered when that MAC alone was asked. */
static void doubted_when_asked_alone(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, mac_b, ip_b);
	out(f, said_arp(ARP_ASKS, mac_b, mac_a, ip_a, ip_b, 0));
	CHECK_INT(f->injected_n, 0);
	f->sent_n = f->answered_n = 0;
	ask(f, ip_b);
	CHECK(went_out(f));
	in_arp(f, mac_b, mac_b, ip_b);
	ask(f, ip_b);
	CHECK(answered(f, mac_b));
	fake_end(f);
}

static void duplicate_address_detection_passes(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, mac_b, ip_b);
	in(f, mac_b, said_nd(ND_TELLS, ND_OVERRIDE, snm, mac_b, b6, all6, b6, mac_b));
	out(f, said_arp(ARP_ASKS, mac_all, mac_a, ip_none, ip_b, 0));
	CHECK(went_out(f));
	out(f, said_arp(ARP_ASKS, mac_all, mac_a, ip_b, ip_b, 0));
	CHECK(went_out(f));
	out(f, said_nd(ND_ASKS, 0, snm, mac_a, ip_none, sn6, b6, NULL));
	CHECK(went_out(f));
	fake_end(f);
}

/* Somebody says that he has our address: our host must see to that, not we. */
static void own_addresses_are_not_answered_for(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, mac_b, ip_a);
	out(f, said_arp(ARP_ASKS, mac_all, host, ip_h, ip_a, 0));
	CHECK(went_out(f));
	fake_end(f);
}

/* A proxy or a cluster: the frame is from one MAC and says another. */
static void odd_answers_are_not_repeated(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, mac_b, ip_b);
	struct said s = said_arp(ARP_TELLS, mac_a, mac_b, ip_b, ip_a, 0);
	s.bytes[s.at + 13] ^= 1;
	in(f, mac_b, s);
	ask(f, ip_b);
	CHECK(went_out(f));
	s = said_arp(ARP_ASKS, mac_all, mac_a, ip_a, ip_b, 0);
	in_arp(f, mac_b, mac_b, ip_b);
	s.bytes[s.at + 13] ^= 1;                        /* nor is one who asks for somebody else */
	out(f, s);
	CHECK(went_out(f));
	fake_end(f);
}

static void only_what_can_be_reached(void)
{
	struct fake *f = begin();
	in_arp(f, mac_b, host, ip_h);
	out(f, said_arp(ARP_ASKS, mac_all, host, ip_b, ip_a, 0));       /* the host is on our side now */
	f->injected_n = f->sent_n = f->answered_n = 0;
	ask(f, ip_h);
	CHECK(went_out(f));
	fake_end(f);
}

static void vlans_are_apart(void)
{
	struct fake *f = begin();
	in(f, mac_b, said_arp(ARP_TELLS, mac_a, mac_b, ip_b, ip_a, 7));
	ask(f, ip_b);
	CHECK(went_out(f));
	out(f, said_arp(ARP_ASKS, mac_all, mac_a, ip_a, ip_b, 8));
	CHECK(went_out(f));
	out(f, said_arp(ARP_ASKS, mac_all, mac_a, ip_a, ip_b, 7));
	CHECK_INT(get_be16(f->injected[0].data + 14) & 0xfff, 7);
	CHECK(answered(f, mac_b));
	fake_end(f);
}

static void without_inject_all_goes_out(void)
{
	struct fake *f = fake_new();
	f->config.arp_suppress = true;
	f->host.inject = NULL;
	fake_with_peer(f);
	in_arp(f, mac_b, mac_b, ip_b);
	ask(f, ip_b);
	CHECK(went_out(f));
	fake_end(f);
}

static bool told_router(const struct fake *f)
{
	struct layers e;
	struct neighbour n;
	CHECK(layers_view(&e, f->injected[0].data, f->injected[0].len));
	neighbour_view(&n, &e);
	return n.router;
}

static void ipv6(void)
{
	struct fake *f = begin();
	in(f, mac_b, said_nd(ND_ASKS, 0, snm, mac_b, b6, sn6, a6, mac_b));      /* is b a router?  Not known */
	ask6(f);
	CHECK(went_out(f));
	in(f, mac_b, said_nd(ND_TELLS, ND_SOLICITED, mac_a, mac_b, b6, a6, b6, NULL));
	ask6(f);
	CHECK(went_out(f));
	in(f, mac_b, said_nd(ND_TELLS, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE, mac_a, mac_b, b6, a6, b6, mac_b));
	ask6(f);
	CHECK(told_router(f));
	CHECK(answered(f, mac_b));
	in(f, mac_b, said_nd(ND_TELLS, ND_OVERRIDE, snm, mac_b, b6, all6, b6, mac_b));
	ask6(f);
	CHECK(!told_router(f));
	CHECK(answered(f, mac_b));
	out(f, said_nd(ND_ASKS, 0, mac_b, mac_a, a6, b6, b6, mac_a));           /* b alone: is it there still? */
	f->sent_n = f->answered_n = 0;
	ask6(f);
	CHECK(went_out(f));
	in(f, mac_b, said_nd(ND_TELLS, ND_SOLICITED, mac_a, mac_b, b6, a6, b6, NULL));
	ask6(f);
	CHECK(answered(f, mac_b));
	in(f, mac_c, said_nd(ND_TELLS, 0, snm, mac_c, b6, all6, b6, mac_c));    /* no more than a proxy's word */
	ask6(f);
	CHECK(went_out(f));
	fake_end(f);
}

static void more_hosts_than_room(void)
{
	struct fake *f = fake_new();
	f->config.arp_suppress = true;
	f->config.peers_max = 8;                        /* 16 bindings */
	fake_with_peer(f);
	for (uint8_t i = 0; i < 200; i++) {
		in_arp(f, mac_b, mac_b, (uint8_t[]){ 10, 9, 7, i });
		f->now++;
	}
	size_t known = 0;
	for (uint8_t i = 0; i < 200; i++) {
		ask(f, (uint8_t[]){ 10, 9, 7, i });
		known += answered(f, mac_b);
	}
	CHECK_INT(known, 16);
	ask(f, (uint8_t[]){ 10, 9, 7, 199 });
	CHECK(answered(f, mac_b));
	fake_end(f);
}

int main(void)
{
	RUN(off_unless_wanted);
	RUN(answered_once_known);
	RUN(learnt_from_questions_announcements_and_registrations);
	RUN(too_old_to_be_true);
	RUN(moves_are_followed);
	RUN(doubted_when_asked_alone);
	RUN(duplicate_address_detection_passes);
	RUN(own_addresses_are_not_answered_for);
	RUN(odd_answers_are_not_repeated);
	RUN(only_what_can_be_reached);
	RUN(vlans_are_apart);
	RUN(without_inject_all_goes_out);
	RUN(ipv6);
	RUN(more_hosts_than_room);
	return test_done();
}
