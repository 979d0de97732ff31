/* Frames that do not fit their path: answered and dropped, or sent and counted; and TCP that is told in time. */
#include "edge_fake.h"
#include "sample.h"

#define SN (f->sn[0].addr)
enum {
	DIRECT = 20 + 8 + 38, RELAYED = 20 + 8 + 46,    /* bytes around a frame */
	DIRECT_V6 = 40 + 8 + 38, RELAYED_V6 = 40 + 8 + 58
};

static struct sample p;

static const struct edge_counts *counts(const struct fake *f) { return &edge_info(f->e)->counts; }

/* A frame of len bytes from our host to b. */
static void make(unsigned version, bool df, size_t len)
{
	sample_new(&p, version, 0);
	memcpy(p.bytes, mac_b, MAC_LEN);
	memcpy(p.bytes + MAC_LEN, mac_a, MAC_LEN);
	if (version == 4) {
		memcpy(p.bytes + p.at + 12, ip_a, 4);
		memcpy(p.bytes + p.at + 16, ip_b, 4);
		p.bytes[p.at + 6] = df ? 0x40 : 0;
	}
	sample_fill(&p, len - p.len);
	sample_end(&p, PROTOCOL_UDP);
}

static void out(struct fake *f)
{
	uint8_t *frame = exactly(p.bytes, p.len);
	const struct burst_frame one = { .head = frame, .head_len = p.len };
	edge_frames_from_tap(f->e, f->now, &one, 1);
	free(frame);
}

/* b known directly, with this MTU to everywhere. */
static struct fake *begin(size_t mtu, bool direct)
{
	struct fake *f = fake_new();
	f->path_mtu = mtu;
	if (direct)
		return fake_with_peer(f);
	f->config.p2p = false;
	return fake_registered(f);
}

static void longest_that_fits(void)
{
	for (int direct = 0; direct < 2; direct++) {
		struct fake *f = begin(1500, direct);
		size_t around = direct ? DIRECT : RELAYED;
		make(4, true, 1500 - around);
		out(f);
		CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
		CHECK_INT(f->injected_n, 0);
		make(4, true, 1500 - around + 1);
		out(f);
		CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
		CHECK_INT(dropped(f, EDGE_DROP_TOO_BIG), 1);
		CHECK_INT(f->injected_n, 1);
		CHECK_INT(get_be16(f->injected[0].data + 14 + 20 + 6), 1500 - around - 14);
		CHECK(mac_equal(f->injected[0].data, mac_a) && mac_equal(f->injected[0].data + 6, mac_b));
		CHECK_INT(counts(f)->fragmented_out, 0);
		CHECK_INT(counts(f)->frames_out, 1);
		fake_end(f);
	}
}

static void over_ip6(void)
{
	struct addr b6 = { .family = ADDR_V6, .port = 50002, .ip = { 0x20, 1, 0xd, 0xb8, [15] = 2 } };
	struct fake *f = fake_new();
	f->path_mtu = 1500;
	fake_registered(f);
	packet_from(f, &SN, mac_b, mac_a, &b6);
	fake_register_ack(f, &b6, mac_b, COOKIE_REGULAR);
	CHECK(is_direct(f, mac_b));
	make(4, true, 1500 - DIRECT_V6);
	out(f);
	CHECK_INT(f->injected_n, 0);
	make(4, true, 1500 - DIRECT_V6 + 1);
	out(f);
	CHECK_INT(f->injected_n, 1);
	fake_end(f);
	f = fake_new();
	f->path_mtu = 1500;
	f->config.p2p = false;
	f->sn[0].addr = b6;
	fake_registered(f);
	make(4, true, 1500 - RELAYED_V6);
	out(f);
	CHECK_INT(f->injected_n, 0);
	make(4, true, 1500 - RELAYED_V6 + 1);
	out(f);
	CHECK_INT(f->injected_n, 1);
	fake_end(f);
}

static void in_fragments_what_is_not_answered(void)
{
	struct fake *f = begin(1500, true);
	make(4, false, 3000);
	out(f);
	make(6, true, 3000);
	p.bytes[13] = 0x06;                     /* no IP at all */
	out(f);
	make(4, true, 3000);
	memcpy(p.bytes, mac_all, MAC_LEN);      /* by the supernode */
	out(f);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 3);
	CHECK_INT(f->injected_n, 0);
	CHECK_INT(counts(f)->fragmented_out, 3);
	CHECK_INT(counts(f)->frames_out, 3);
	CHECK_INT(dropped(f, EDGE_DROP_TOO_BIG), 0);
	make(6, true, 3000);
	out(f);
	CHECK_INT(f->injected_n, 1);
	CHECK_INT(get_be32(f->injected[0].data + 14 + 40 + 4), 1500 - DIRECT - 14);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 3);
	fake_end(f);
}

static void unknown_is_never_too_long(void)
{
	struct fake *f = begin(0, true);
	make(4, true, 9000);
	out(f);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
	CHECK_INT(counts(f)->fragmented_out, 0);
	fake_end(f);
	f = fake_new();
	f->host.path_mtu = NULL;
	fake_with_peer(f);
	make(4, true, 9000);
	out(f);
	CHECK_INT(sent_count(f, 0, WIRE_PACKET), 1);
	fake_end(f);
}

/* In a burst all are of one length but the last, which may fit. */
static void bursts(void)
{
	static uint8_t mem[4][2000];
	struct burst_frame frame[4];
	for (int df = 0; df < 2; df++) {
		struct fake *f = begin(1500, true);
		for (size_t i = 0; i < 4; i++) {
			make(4, df, i == 3 ? 500 : 1600);
			put_be32(p.bytes + p.payload, 0x12345678);      /* ports */
			memcpy(mem[i], p.bytes, p.len);
			frame[i] = (struct burst_frame){ .head = mem[i], .head_len = p.len };
		}
		edge_frames_from_tap(f->e, f->now, frame, 4);
		CHECK_INT(f->injected_n, df);
		CHECK_INT(dropped(f, EDGE_DROP_TOO_BIG), df ? 3 : 0);
		CHECK_INT(counts(f)->fragmented_out, df ? 0 : 3);
		CHECK_INT(counts(f)->frames_out, df ? 1 : 4);
		CHECK_INT(counts(f)->bytes_out, df ? 500 : 3 * 1600 + 500);
		CHECK_INT(sent_count(f, 0, WIRE_PACKET), df ? 1 : 4);
		frame[3].head = mem[2];
		frame[3].head_len = 1600;
		edge_frames_from_tap(f->e, f->now, frame, 4);
		CHECK_INT(dropped(f, EDGE_DROP_TOO_BIG), df ? 7 : 0);
		CHECK_INT(counts(f)->frames_out, df ? 1 : 8);
		fake_end(f);
	}
}

static void answers_are_rationed(void)
{
	struct fake *f = begin(1500, true);
	make(4, true, 1600);
	for (int i = 0; i < 30; i++)
		out(f);
	CHECK_INT(f->injected_n, 10);
	CHECK_INT(dropped(f, EDGE_DROP_TOO_BIG), 30);
	f->now += 1000;
	for (int i = 0; i < 30; i++)
		out(f);
	CHECK_INT(f->injected_n, 20);
	fake_end(f);
}

static void asked_now_and_then(void)
{
	struct fake *f = begin(1500, true);
	size_t asked = f->path_mtu_asked;
	make(4, true, 1400);
	for (int i = 0; i < 100; i++)
		out(f);
	CHECK_INT(f->path_mtu_asked, asked);    /* when the path became direct, that is enough */
	f->path_mtu = 1400;
	CHECK_INT(f->injected_n, 0);
	f->now += 5000;
	fake_register_ack(f, &addr_b, mac_b, COOKIE_REGULAR);
	packet_from(f, &addr_b, mac_b, mac_a, NULL);    /* the path is still used */
	for (int i = 0; i < 100; i++)
		out(f);
	CHECK_INT(f->path_mtu_asked, asked + 1);
	CHECK(addr_equal(&f->path_mtu_of, &addr_b));
	CHECK_INT(f->injected_n, 10);
	make(4, true, 300);
	f->now += 5000;
	packet_from(f, &addr_b, mac_b, mac_a, NULL);
	out(f);
	CHECK_INT(f->path_mtu_asked, asked + 1);        /* not for a short frame */
	fake_end(f);
}

static void network_changed(void)
{
	struct fake *f = begin(9001, true);
	struct edge_peer_info pi;
	struct edge_supernode_info si;
	CHECK(peer_info(f, mac_b, &pi));
	CHECK_INT(pi.path_mtu, 9001);
	edge_supernode_info(f->e, 0, &si);
	CHECK_INT(si.path_mtu, 9001);
	f->path_mtu = 1500;
	edge_network_changed(f->e, f->now);
	fake_run(f, 10);
	CHECK(peer_info(f, mac_b, &pi));
	CHECK_INT(pi.path_mtu, 1500);
	edge_supernode_info(f->e, 0, &si);
	CHECK_INT(si.path_mtu, 1500);
	make(4, true, 8000);
	out(f);
	CHECK_INT(f->injected_n, 1);
	fake_end(f);
}

/* A SYN from a to b or back, that announces MSS 8960. */
static void make_syn(bool back)
{
	static const uint8_t tcp[24] = { 0x9c, 0x40, 0, 80, [12] = 0x60, [13] = 2, [20] = 2, 4, 0x23, 0x00 };
	make(4, true, ETH_HEADER_LEN + 20);
	if (back) {
		memcpy(p.bytes, mac_a, MAC_LEN);
		memcpy(p.bytes + MAC_LEN, mac_b, MAC_LEN);
		memcpy(p.bytes + p.at + 12, ip_b, 4);
		memcpy(p.bytes + p.at + 16, ip_a, 4);
	}
	sample_add(&p, tcp, sizeof(tcp));
	sample_end(&p, PROTOCOL_TCP);
	sample_tcp_checksum(&p);
}
static uint16_t mss_in(const uint8_t *frame) { return get_be16(frame + 14 + 20 + 22); }

static void syns_are_clamped(void)
{
	static const struct { size_t path, tap; bool direct; uint16_t mss; } cases[] = {
		{ 1500, 0, true, 1500 - DIRECT - 54 }, { 1500, 0, false, 1500 - RELAYED - 54 }, { 0, 1400, true, 1360 },
		{ 9001, 1400, true, 1360 }, { 1500, 9000, true, 1500 - DIRECT - 54 }, { 0, 0, true, 8960 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake *f = begin(cases[i].path, cases[i].direct);
		edge_set_mtu(f->e, (unsigned)cases[i].tap);
		make_syn(false);
		out(f);
		CHECK_INT(mss_in(sent_last(f, WIRE_PACKET)->data + 38), cases[i].mss);
		make_syn(true);
		fake_packet(f, cases[i].direct ? &addr_b : &SN, mac_b, mac_a, cases[i].direct ? NULL : &addr_b, p.bytes, p.len);
		CHECK_INT(f->frames_n, 1);
		CHECK_INT(mss_in(f->frame[0].data), cases[i].mss);
		CHECK_INT(payload_sum(f->frame[0].data, p.at, p.payload, p.len, PROTOCOL_TCP), 0xffff);
		CHECK_INT(counts(f)->mss_clamped, cases[i].mss == 8960 ? 0 : 2);
		fake_end(f);
	}
}

static void no_mss_clamp(void)
{
	struct fake *f = fake_new();
	f->path_mtu = 1500;
	f->config.mss_clamp = false;
	fake_with_peer(f);
	make_syn(false);
	out(f);
	CHECK_INT(mss_in(sent_last(f, WIRE_PACKET)->data + 38), 8960);
	make_syn(true);
	fake_packet(f, &addr_b, mac_b, mac_a, NULL, p.bytes, p.len);
	CHECK_INT(mss_in(f->frame[0].data), 8960);
	CHECK_INT(counts(f)->mss_clamped, 0);
	fake_end(f);
}

int main(void)
{
	RUN(longest_that_fits);
	RUN(over_ip6);
	RUN(in_fragments_what_is_not_answered);
	RUN(unknown_is_never_too_long);
	RUN(bursts);
	RUN(answers_are_rationed);
	RUN(asked_now_and_then);
	RUN(network_changed);
	RUN(syns_are_clamped);
	RUN(no_mss_clamp);
	return test_done();
}
