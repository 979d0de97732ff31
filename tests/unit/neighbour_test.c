/* Who asks, who tells, who probes, in ARP and IPv6; what is unsound; and answers that a host would believe. */
#include "core/arp.h"
#include "core/neighbour.h"
#include "test.h"
#include "neighbour_frames.h"

static const uint8_t all[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, ma[MAC_LEN] = { 2, 0, 0, 0, 0, 0xa1 },
	mb[MAC_LEN] = { 2, 0, 0, 0, 0, 0xb2 }, snm[MAC_LEN] = { 0x33, 0x33, 0xff, 0, 0, 2 };
static const uint8_t a4[4] = { 10, 9, 8, 1 }, b4[4] = { 10, 9, 8, 2 }, none[16];
static const uint8_t a6[16] = { 0xfe, 0x80, [15] = 1 }, b6[16] = { 0xfe, 0x80, [15] = 2 },
	sn6[16] = { 0xff, 2, [11] = 1, [12] = 0xff, [15] = 2 }, all6[16] = { 0xff, 2, [15] = 1 };

/* In memory of just that length, so that ASan sees a byte too far. */
static struct neighbour view_of(const struct said *s, size_t len)
{
	struct neighbour n;
	struct layers e;
	uint8_t *exact = malloc(len ? len : 1);
	memcpy(exact, s->bytes, len);
	n.kind = NEIGHBOUR_NONE;
	if (layers_view(&e, exact, len))
		neighbour_view(&n, &e);
	n.mac = n.mac && n.kind ? s->bytes + (n.mac - exact) : NULL;
	free(exact);
	return n;
}
static struct neighbour view(const struct said *s) { return view_of(s, s->len); }
static bool is_ip(const struct addr *a, const uint8_t *ip, uint16_t vlan)
{
	return !memcmp(a->ip, ip, addr_ip_len(a)) && a->port == vlan;
}

static void arp_asks_and_tells(void)
{
	struct said s = said_arp(ARP_ASKS, all, ma, a4, b4, 0);
	struct neighbour n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_ASKS);
	CHECK(n.target.family == ADDR_V4 && is_ip(&n.target, b4, 0) && is_ip(&n.address, a4, 0));
	CHECK(mac_equal(n.mac, ma) && n.final);
	s = said_arp(ARP_TELLS, ma, mb, b4, a4, 0);
	n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_TELLS);
	CHECK(is_ip(&n.address, b4, 0) && mac_equal(n.mac, mb));
	arp_gratuitous(s.bytes, mb, b4);
	s.len = ARP_FRAME_LEN;
	CHECK_INT(view(&s).kind, NEIGHBOUR_TELLS);
}

static void arp_probes_and_announcements_ask_nobody(void)
{
	struct said s = said_arp(ARP_ASKS, all, ma, none, b4, 0);
	struct neighbour n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_PROBES);
	CHECK(is_ip(&n.target, b4, 0));
	s = said_arp(ARP_ASKS, all, ma, a4, a4, 0);
	CHECK_INT(view(&s).kind, NEIGHBOUR_TELLS);
	s = said_arp(ARP_TELLS, all, ma, none, b4, 0);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
}

static void unsound_arp(void)
{
	static const size_t header[] = { 1, 3, 4, 5, 7 };
	static const uint8_t group4[4] = { 224, 0, 0, 1 }, loopback[4] = { 127, 0, 0, 1 };
	struct said good = said_arp(ARP_ASKS, all, ma, a4, b4, 0), s;
	for (size_t i = 0; i < sizeof(header) / sizeof(*header); i++) {
		s = good;
		s.bytes[s.at + header[i]] ^= 0x40;
		CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	}
	for (size_t len = 0; len < good.len; len++)
		CHECK_INT(view_of(&good, len).kind, NEIGHBOUR_NONE);
	s = said_arp(ARP_ASKS, all, ma, group4, b4, 0);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s = said_arp(ARP_TELLS, all, ma, loopback, b4, 0);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	good.len += 18;                                 /* padding to 60 bytes */
	CHECK_INT(view(&good).kind, NEIGHBOUR_ASKS);
}

static void vlans_are_apart(void)
{
	struct said s = said_arp(ARP_ASKS, all, ma, a4, b4, 0x123), two = { .len = 0 };
	struct neighbour n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_ASKS);
	CHECK(is_ip(&n.target, b4, 0x123) && is_ip(&n.address, a4, 0x123));
	said_add(&two, s.bytes, 12);
	said_add(&two, (uint8_t[]){ 0x88, 0xa8, 0, 5 }, 4);
	said_add(&two, s.bytes + 12, s.len - 12);
	CHECK_INT(view(&two).kind, NEIGHBOUR_NONE);
}

static void nd_asks_and_tells(void)
{
	struct said s = said_nd(ND_ASKS, 0, snm, ma, a6, sn6, b6, ma);
	struct neighbour n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_ASKS);
	CHECK(n.target.family == ADDR_V6 && is_ip(&n.target, b6, 0) && is_ip(&n.address, a6, 0));
	CHECK(mac_equal(n.mac, ma) && !n.final && !n.advert);
	s = said_nd(ND_TELLS, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE, ma, mb, b6, a6, b6, mb);
	n = view(&s);
	CHECK_INT(n.kind, NEIGHBOUR_TELLS);
	CHECK(is_ip(&n.address, b6, 0) && mac_equal(n.mac, mb) && n.final && n.advert && n.router);
	s = said_nd(ND_TELLS, ND_OVERRIDE, snm, mb, b6, all6, b6, mb);
	CHECK(view(&s).final && !view(&s).router);
	s = said_nd(ND_TELLS, ND_SOLICITED, ma, mb, b6, a6, b6, NULL);          /* as Linux answers to one MAC */
	n = view(&s);
	CHECK(n.kind == NEIGHBOUR_TELLS && !n.mac && !n.final);
	s = said_nd(ND_TELLS, 0, ma, mb, b6, a6, b6, mb);                       /* of an anycast address */
	CHECK(!view(&s).final);
	s = said_nd(ND_ASKS, 0, snm, ma, none, sn6, b6, NULL);
	CHECK_INT(view(&s).kind, NEIGHBOUR_PROBES);
}

static void unsound_nd(void)
{
	struct said good = said_nd(ND_ASKS, 0, snm, ma, a6, sn6, b6, ma), s;
	for (size_t len = 0; len < good.len; len++)
		CHECK_INT(view_of(&good, len).kind, NEIGHBOUR_NONE);
	for (size_t at = good.at + 8; at < good.len; at++) {    /* the checksum covers all of this */
		s = good;
		s.bytes[at] ^= 1;
		CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	}
	s = good;
	s.bytes[s.at + 7] = 64;                                 /* hop limit: it came through a router */
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s = good;
	s.bytes[s.at + 41] = 1;                                 /* code */
	said_sum(&s);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s = good;
	s.bytes[s.len - 7] = 0;                                 /* an option without length */
	said_sum(&s);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s.bytes[s.len - 7] = 2;                                 /* and one that is longer than the message */
	said_sum(&s);
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s = said_nd(ND_ASKS, 0, snm, ma, a6, sn6, all6, ma);    /* who is a group? */
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
	s = said_nd(133, 0, snm, ma, a6, sn6, b6, ma);          /* router solicitation */
	CHECK_INT(view(&s).kind, NEIGHBOUR_NONE);
}

static struct neighbour answer_to(const struct said *question, bool router, struct said *answer)
{
	struct layers e;
	struct neighbour n;
	uint8_t out[NEIGHBOUR_ANSWER_MAX];
	CHECK(layers_view(&e, question->bytes, question->len));
	neighbour_view(&n, &e);
	*answer = (struct said){ .len = neighbour_answer(out, &e, &n, mb, router) };
	memcpy(answer->bytes, out, answer->len);
	CHECK(mac_equal(answer->bytes, ma) && mac_equal(answer->bytes + 6, mb));
	return view(answer);
}

/* The owner's own answer, byte by byte. */
static void answers(void)
{
	for (uint16_t vlan = 0; vlan < 2; vlan++) {
		struct said a, s = said_arp(ARP_ASKS, all, ma, a4, b4, vlan * 0x123), own = said_arp(ARP_TELLS, ma, mb, b4, a4, vlan * 0x123);
		answer_to(&s, false, &a);
		CHECK_INT(a.len, own.len);
		CHECK(!memcmp(a.bytes, own.bytes, own.len));
	}
	for (int router = 0; router < 2; router++) {
		uint8_t flags = (uint8_t)(ND_SOLICITED | ND_OVERRIDE | router * ND_ROUTER);
		struct said a, s = said_nd(ND_ASKS, 0, snm, ma, a6, sn6, b6, ma), own = said_nd(ND_TELLS, flags, ma, mb, b6, a6, b6, mb);
		struct neighbour n = answer_to(&s, router, &a);
		CHECK_INT(a.len, own.len);
		CHECK(!memcmp(a.bytes, own.bytes, own.len));
		CHECK(n.kind == NEIGHBOUR_TELLS && n.final && n.router == (bool)router);
	}
}

int main(void)
{
	RUN(arp_asks_and_tells);
	RUN(arp_probes_and_announcements_ask_nobody);
	RUN(unsound_arp);
	RUN(vlans_are_apart);
	RUN(nd_asks_and_tells);
	RUN(unsound_nd);
	RUN(answers);
	return test_done();
}
