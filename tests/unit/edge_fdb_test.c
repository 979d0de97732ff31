/* Which edge a host lives behind: by VLAN and MAC, and no edge gets the whole table. */
#include "edge_fake.h"

#define SN (f->sn[0].addr)
static const uint8_t vrrp[MAC_LEN] = { 0, 0, 0x5e, 0, 1, 7 };
enum { TAGGED = FRAME60 + 4 };

static void make_tagged(uint8_t out[TAGGED], uint16_t vlan, const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN])
{
	uint8_t plain[FRAME60];
	make_frame(plain, dst, src, ip_b, ip_a);
	memcpy(out, plain, 2 * MAC_LEN);
	put_be16(out + 12, 0x8100);
	put_be16(out + 14, vlan);
	memcpy(out + 16, plain + 12, FRAME60 - 12);
}
static void in(struct fake *f, const uint8_t edge[MAC_LEN], uint16_t vlan, const uint8_t src[MAC_LEN])
{
	uint8_t frame[TAGGED];
	make_tagged(frame, vlan, mac_all, src);
	fake_packet(f, &SN, edge, mac_all, &addr_b, frame, sizeof(frame));
}
static void out(struct fake *f, uint16_t vlan, const uint8_t dst[MAC_LEN], const uint8_t src[MAC_LEN])
{
	uint8_t frame[TAGGED];
	make_tagged(frame, vlan, dst, src);
	fake_frame(f, frame, sizeof(frame));
}
static bool goes_to_edge(struct fake *f, uint16_t vlan, const uint8_t host[MAC_LEN], const uint8_t edge[MAC_LEN])
{
	out(f, vlan, host, mac_a);
	return !memcmp(sent_last(f, WIRE_PACKET)->data + 30, edge, MAC_LEN);
}

static struct fake *bridging(void)
{
	struct fake *f = fake_new();
	f->config.routing = true;
	return fake_registered(f);
}

/* Routers of two VLANs, each behind another edge, with the same virtual MAC (RFC 9568, 7.3). */
static void one_mac_on_two_vlans(void)
{
	struct fake *f = bridging();
	in(f, mac_b, 10, vrrp);
	in(f, mac_c, 20, vrrp);
	CHECK(goes_to_edge(f, 10, vrrp, mac_b));
	CHECK(goes_to_edge(f, 20, vrrp, mac_c));
	CHECK(goes_to_edge(f, 0x5000 | 10, vrrp, mac_b));       /* the priority is no part of the VLAN */
	CHECK(goes_to_edge(f, 30, vrrp, vrrp));                 /* nobody's */
	fake_end(f);
}

static void one_mac_here_and_elsewhere_is_no_loop(void)
{
	struct fake *f = bridging();
	for (int i = 0; i < 100; i++) {
		in(f, mac_b, 10, vrrp);
		out(f, 20, mac_all, vrrp);
		f->now += 20;
	}
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_OUT), 0);
	CHECK_INT(dropped(f, EDGE_DROP_LOOP_IN), 0);
	CHECK(goes_to_edge(f, 10, vrrp, mac_b));
	fake_end(f);
}

static void host_of(uint8_t mac[MAC_LEN], uint8_t edge, unsigned i)
{
	memcpy(mac, (const uint8_t[]){ 6, 0, 0, edge, (uint8_t)(i >> 8), (uint8_t)i }, MAC_LEN);
}
static unsigned known_behind(struct fake *f, uint8_t edge, const uint8_t edge_mac[MAC_LEN], unsigned hosts)
{
	unsigned n = 0;
	uint8_t mac[MAC_LEN];
	for (unsigned i = 0; i < hosts; i++) {
		host_of(mac, edge, i);
		f->sent_n = 0;
		n += goes_to_edge(f, 0, mac, edge_mac);
	}
	return n;
}

/* Of 64 entries. */
static void an_edge_has_a_share(void)
{
	struct fake *f = bridging();
	uint8_t mac[MAC_LEN];
	for (unsigned i = 0; i < 10; i++) {
		host_of(mac, 1, i);
		in(f, mac_b, 0, mac);
	}
	for (unsigned i = 0; i < 1000; i++) {
		host_of(mac, 2, i);
		in(f, mac_c, 0, mac);
	}
	CHECK_INT(known_behind(f, 1, mac_b, 10), 10);
	CHECK_INT(dropped(f, EDGE_DROP_FDB_SHARE), 1000 - 16);
	host_of(mac, 2, 999);
	CHECK(goes_to_edge(f, 0, mac, mac_c));                  /* it has pushed out its own */
	for (unsigned i = 0; i < 10; i++) {                     /* nor does it get more by taking over */
		host_of(mac, 1, i);
		in(f, mac_c, 0, mac);
	}
	unsigned all = known_behind(f, 2, mac_c, 1000) + known_behind(f, 1, mac_c, 10);
	CHECK(all <= 16);
	fake_run(f, 400000);                                    /* all aged: the share is free again */
	uint64_t before = dropped(f, EDGE_DROP_FDB_SHARE);
	for (unsigned i = 0; i < 16; i++) {
		host_of(mac, 3, i);
		in(f, mac_c, 0, mac);
	}
	CHECK_INT(dropped(f, EDGE_DROP_FDB_SHARE), before);
	CHECK_INT(known_behind(f, 3, mac_c, 16), 16);
	fake_end(f);
}

int main(void)
{
	RUN(one_mac_on_two_vlans);
	RUN(one_mac_here_and_elsewhere_is_no_loop);
	RUN(an_edge_has_a_share);
	return test_done();
}
