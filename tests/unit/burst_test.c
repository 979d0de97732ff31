/* Which frames go as one: core/burst.h, and that the engines treat a burst as they treat its frames. */
#include "core/burst.h"
#include "edge_fake.h"

enum { UDP_AT = 34, LEN = 60 };

/* Ethernet, IPv4, UDP, 18 bytes. */
static void udp_frame(uint8_t f[static LEN], uint8_t number)
{
	static const uint8_t start[UDP_AT] = {
		2, 0, 0, 0, 0, 0xb2, 2, 0, 0, 0, 0, 0xa1, 0x08, 0x00,
		0x45, 0, 0, LEN - 14, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 9, 8, 1, 10, 9, 8, 2
	};
	memset(f, number, LEN);
	memcpy(f, start, sizeof(start));
	put_be16(f + 18, number);
	put_be16(f + UDP_AT, 5000);
	put_be16(f + UDP_AT + 2, 6000);
}

static size_t together(uint8_t (*bytes)[LEN], size_t n, const size_t *len)
{
	struct burst_frame frame[BURST_MAX + 8];
	struct burst b;
	struct layers l;
	for (size_t i = 0; i < n; i++)
		frame[i] = (struct burst_frame){ .head = bytes[i], .head_len = len ? len[i] : LEN };
	CHECK(burst_first(&b, &l, frame, n));
	return b.n;
}

static void one_flow_of_one_length(void)
{
	static uint8_t f[BURST_MAX + 8][LEN];
	for (size_t i = 0; i < BURST_MAX + 8; i++)
		udp_frame(f[i], (uint8_t)i);
	CHECK_INT(together(f, 5, NULL), 5);
	CHECK_INT(together(f, BURST_MAX + 8, NULL), BURST_MAX);
	put_be16(f[1] + 16, 40);
	put_be16(f[3] + 16, 40);
	CHECK_INT(together(f, 5, (const size_t[]){ LEN, 54, LEN, LEN, LEN }), 2);       /* a shorter one is the last */
	CHECK_INT(together(f + 1, 3, (const size_t[]){ 54, LEN, LEN }), 1);             /* a longer one is not taken */
}

static void what_differs_goes_alone(void)
{
	static const struct { size_t at; uint8_t xor; size_t n; } odd[] = {
		{ 0, 4, 1 }, { 6, 4, 1 },               /* MACs */
		{ 12, 1, 1 },                           /* type */
		{ 14, 1, 1 },                           /* IPv4 options */
		{ 20, 0x20, 1 }, { 21, 1, 1 }, { 20, 0x40, 1 },         /* more fragments, offset, Don't Fragment */
		{ 23, 1, 1 },                           /* protocol */
		{ 26, 1, 1 }, { 33, 1, 1 },             /* addresses */
		{ 35, 1, 1 }, { 36, 1, 1 },             /* ports */
		{ 16, 1, 1 },                           /* total length beyond the frame */
		{ 15, 1, 2 }, { 18, 1, 2 }, { 22, 1, 2 }, { 40, 1, 2 }, { 50, 1, 2 }    /* TOS, id, TTL, checksum, payload */
	};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		uint8_t f[2][LEN];
		udp_frame(f[0], 1);
		udp_frame(f[1], 2);
		f[1][odd[i].at] ^= odd[i].xor;
		CHECK_INT(together(f, 2, NULL), odd[i].n);
	}
}

/* What lies in the padding of the frame are no ports: the filter decides about such a frame alone. */
static void ports_are_inside_the_packet(void)
{
	for (size_t short_one = 0; short_one < 2; short_one++) {
		uint8_t f[2][LEN];
		udp_frame(f[0], 1);
		udp_frame(f[1], 2);
		put_be16(f[short_one] + 16, 20 + 8);
		CHECK_INT(together(f, 2, NULL), 2);
		put_be16(f[short_one] + 16, 20 + 7);
		CHECK_INT(together(f, 2, NULL), 1);
	}
}

static void a_filter_is_not_passed_behind_a_frame_without_ports(void)
{
	struct filter_rule rule;
	struct fake *f = fake_new();
	CHECK(filter_parse(&rule, "10.9.8.0/24,10.9.8.2/32:[6000,6000],UDP-"));
	f->config.rules = &rule;
	f->config.rules_n = 1;
	fake_with_peer(f);
	uint8_t bytes[2][LEN];
	struct burst_frame frame[2];
	for (size_t i = 0; i < 2; i++) {
		udp_frame(bytes[i], (uint8_t)i);
		memcpy(bytes[i], mac_b, MAC_LEN);
		memcpy(bytes[i] + MAC_LEN, mac_a, MAC_LEN);
		frame[i] = (struct burst_frame){ .head = bytes[i], .head_len = LEN };
	}
	put_be16(bytes[0] + 16, 20);
	edge_frames_from_tap(f->e, f->now, frame, 2);
	CHECK_INT(dropped(f, EDGE_DROP_FILTER_OUT), 1);
	CHECK_INT(edge_info(f->e)->counts.frames_out, 1);
	fake_end(f);
}

/* A SYN may be changed on its way, IGMP is looked into: they never go with others. */
static void syn_and_igmp_go_alone(void)
{
	uint8_t f[2][LEN];
	for (int i = 0; i < 2; i++) {
		udp_frame(f[i], 0);
		f[i][23] = 6;
		f[i][UDP_AT + 12] = 0x50;
		f[i][UDP_AT + 13] = 0x10;
	}
	CHECK_INT(together(f, 2, NULL), 2);
	f[0][UDP_AT + 13] = 0x12;
	CHECK_INT(together(f, 2, NULL), 1);
	f[0][UDP_AT + 13] = 0x10;
	f[1][UDP_AT + 13] = 0x02;
	CHECK_INT(together(f, 2, NULL), 1);
	f[0][23] = f[1][23] = 2;
	CHECK_INT(together(f, 2, NULL), 1);
}

static void behind_a_tag_and_ipv6(void)
{
	enum { TAGGED = 18 + 40 + 8 };
	uint8_t f[2][TAGGED];
	struct burst_frame frame[2];
	struct burst b;
	struct layers l;
	for (int i = 0; i < 2; i++) {
		memset(f[i], 0, TAGGED);
		f[i][12] = 0x81;
		f[i][15] = 7;
		put_be16(f[i] + 16, 0x86dd);
		f[i][18] = 0x60;
		put_be16(f[i] + 22, 8);
		f[i][24] = 17;
		frame[i] = (struct burst_frame){ .head = f[i], .head_len = TAGGED };
	}
	CHECK(burst_first(&b, &l, frame, 2));
	CHECK_INT(b.n, 2);
	CHECK_INT(b.bytes, 2 * TAGGED);
	f[1][15] = 8;                           /* another VLAN */
	CHECK(burst_first(&b, &l, frame, 2));
	CHECK_INT(b.n, 1);
	f[1][15] = 7;
	f[1][18 + 39] = 1;                      /* another destination */
	CHECK(burst_first(&b, &l, frame, 2));
	CHECK_INT(b.n, 1);
	f[1][18 + 39] = 0;
	put_be16(f[0] + 22, 7);                 /* half of UDP is padding */
	CHECK(burst_first(&b, &l, frame, 2));
	CHECK_INT(b.n, 1);
}

/* A train of datagrams with foreign ones in between counts and delivers what the datagrams do one by one. */
static void a_train_is_its_datagrams(void)
{
	enum { DATAGRAM = 38 + LEN, N = 6 };
	static uint8_t train[N * DATAGRAM];
	struct fake *f = fake_with_peer(fake_new());
	uint64_t in = edge_info(f->e)->counts.direct_in;
	f->frames_n = 0;
	for (size_t i = 0; i < N; i++) {
		uint8_t mem[BUF_SIZE];
		struct buf b = buf_of(mem, sizeof(mem));
		b.len = LEN;
		udp_frame(b.data, (uint8_t)i);
		memcpy(b.data, mac_a, MAC_LEN);
		memcpy(b.data + MAC_LEN, mac_b, MAC_LEN);
		memcpy(b.data + 26, (const uint8_t[]){ 10, 9, 8, 2, 10, 9, 8, 1 }, 8);
		struct wire_message m = { .version = WIRE_V3, .ttl = WIRE_TTL, .type = WIRE_PACKET };
		memcpy(m.community, f->config.community, COMMUNITY_LEN);
		memcpy(m.packet.src, mac_b, MAC_LEN);
		memcpy(m.packet.dst, mac_a, MAC_LEN);
		m.packet.compression = COMPRESSION_NONE;
		m.packet.transform = i == 3 ? 3 : TRANSFORM_NULL;
		CHECK(wire_push_packet(&b, &m));
		memcpy(train + i * DATAGRAM, b.data, DATAGRAM);
	}
	struct endpoint from = endpoint_udp(&addr_b);
	edge_train_from_net(f->e, f->now, &from, &(struct train){ train, sizeof(train) - 6, DATAGRAM });
	CHECK_INT(f->frames_n, N - 1);          /* the fourth has another transform, the last is shorter */
	CHECK_INT(edge_info(f->e)->counts.drops[EDGE_DROP_TRANSFORM], 1);
	CHECK_INT(edge_info(f->e)->counts.direct_in - in, N - 1);
	for (size_t i = 0; i < f->frames_n; i++)
		CHECK_INT(f->frame[i].data[LEN - 7], i < 3 ? i : i + 1);
	fake_end(f);
}

int main(void)
{
	RUN(one_flow_of_one_length);
	RUN(what_differs_goes_alone);
	RUN(ports_are_inside_the_packet);
	RUN(a_filter_is_not_passed_behind_a_frame_without_ports);
	RUN(syn_and_igmp_go_alone);
	RUN(behind_a_tag_and_ipv6);
	RUN(a_train_is_its_datagrams);
	return test_done();
}
