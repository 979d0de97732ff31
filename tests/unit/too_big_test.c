/* The answers to packets that do not fit: who gets one, and what stands in it. */
#include "core/too_big.h"
#include "sample.h"

static struct sample p;
static uint8_t out[TOO_BIG_LEN];

/* To the frame in two pieces, the first of head_len bytes. */
static size_t answer_to(size_t head_len, size_t room)
{
	struct layers e;
	uint8_t *head = exactly(p.bytes, head_len), *body = exactly(p.bytes + head_len, p.len - head_len);
	uint8_t *mem = malloc(TOO_BIG_LEN);
	struct burst_frame f = { head, body, head_len, p.len - head_len };
	if (!mem)
		abort();
	CHECK(layers_view_head(&e, head, head_len, p.len));
	size_t n = too_big_answer(mem, &f, &e, room);
	CHECK(n <= TOO_BIG_LEN);
	memcpy(out, mem, n <= TOO_BIG_LEN ? n : 0);
	free(head);
	free(body);
	free(mem);
	return n;
}
static size_t answer(size_t room) { return answer_to(p.len, room); }

/* IPv4 with DF or IPv6, of this many bytes of IP packet. */
static void make(unsigned version, unsigned tags, size_t packet, uint8_t protocol)
{
	sample_new(&p, version, tags);
	sample_fill(&p, packet - (p.len - p.at));
	if (version == 4)
		p.bytes[p.at + 6] = 0x40;
	sample_end(&p, protocol);
}

static void ip4_byte_by_byte(void)
{
	static const uint8_t want[] = {
		2, 0, 0, 0, 0, 0xa1, 2, 0, 0, 0, 0, 0xb2, 0x08, 0x00,
		0x45, 0xc0, 0x00, 0x4c, 0x00, 0x00, 0x40, 0x00, 0x40, 0x01, 0x13, 0xdd, 10, 9, 9, 2, 10, 9, 9, 1,
		3, 4, 0x46, 0x0d, 0x00, 0x00, 0x00, 0x2a,
		0x45, 0x00, 0x00, 0x30, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x14, 0xa9, 10, 9, 9, 1, 10, 9, 9, 2,
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
	};
	make(4, 0, 48, PROTOCOL_UDP);
	for (uint8_t i = 0; i < 28; i++)
		p.bytes[p.payload + i] = i;
	CHECK_INT(answer(14 + 42), sizeof(want));
	for (size_t i = 0; i < sizeof(want); i++)
		if (out[i] != want[i]) {
			printf("  byte %zu is %02x, not %02x\n", i, out[i], want[i]);
			CHECK(out[i] == want[i]);
		}
}

/* What must hold of any answer to the packet in p; mtu: that it names. */
static void check_answer(size_t n, size_t mtu)
{
	size_t icmp = p.at + (p.version == 4 ? 20 : 40), packet = p.len - p.at;
	size_t most = (p.version == 4 ? 576 : 1280) - (icmp - p.at) - 8;
	size_t quoted = packet < most ? packet : most;
	CHECK_INT(n, icmp + 8 + quoted);
	CHECK(!memcmp(out, sample_src, 6) && !memcmp(out + 6, sample_dst, 6));
	CHECK(!memcmp(out + 12, p.bytes + 12, p.at - 12));
	CHECK(!memcmp(out + icmp + 8, p.bytes + p.at, quoted));
	CHECK_INT(out[p.at] >> 4, p.version);
	if (p.version == 4) {
		CHECK_INT(get_be16(out + p.at + 2), n - p.at);
		CHECK_INT(plain_sum(0, out + p.at, 20), 0xffff);
		CHECK_INT(out[p.at + 9], PROTOCOL_ICMP);
		CHECK(!memcmp(out + p.at + 12, sample_ip4[1], 4) && !memcmp(out + p.at + 16, sample_ip4[0], 4));
		CHECK_INT(get_be32(out + icmp) >> 16, 0x0304);
		CHECK_INT(get_be32(out + icmp + 4), mtu);
		CHECK_INT(plain_sum(0, out + icmp, n - icmp), 0xffff);
	} else {
		CHECK_INT(get_be16(out + p.at + 4), n - icmp);
		CHECK_INT(out[p.at + 6], PROTOCOL_ICMP6);
		CHECK(!memcmp(out + p.at + 8, sample_ip6[1], 16) && !memcmp(out + p.at + 24, sample_ip6[0], 16));
		CHECK_INT(get_be32(out + icmp) >> 16, 0x0200);
		CHECK_INT(get_be32(out + icmp + 4), mtu);
		CHECK_INT(payload_sum(out, p.at, icmp, n, PROTOCOL_ICMP6), 0xffff);
	}
}

static void sizes_and_tags(void)
{
	static const struct { unsigned version; size_t packet, mtu; } cases[] = {
		{ 4, 1400, 1399 }, { 4, 577, 100 }, { 4, 548, 547 }, { 4, 549, 500 }, { 4, 9000, 1434 }, { 4, 65535, 9000 },
		{ 6, 1400, 1399 }, { 6, 1281, 1280 }, { 6, 9000, 1434 }, { 6, 65535, 9000 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned tags = 0; tags < 3; tags++) {
			make(cases[i].version, tags, cases[i].packet, PROTOCOL_TCP);
			CHECK_INT(answer(p.at + cases[i].packet), 0);           /* fits */
			check_answer(answer(p.at + cases[i].mtu), cases[i].mtu);
		}
}

static void ip4_without_df_may_be_fragmented(void)
{
	make(4, 0, 1400, PROTOCOL_TCP);
	p.bytes[p.at + 6] = 0;
	CHECK_INT(answer(1000), 0);
	p.bytes[p.at + 6] = 0x20;               /* the first of several */
	CHECK_INT(answer(1000), 0);
	p.bytes[p.at + 6] = 0x60;
	check_answer(answer(1000), 1000 - 14);
}

static void ip6_never_hears_of_less_than_1280(void)
{
	make(6, 0, 1280, PROTOCOL_TCP);
	CHECK_INT(answer(600), 0);
	make(6, 0, 1281, PROTOCOL_TCP);
	check_answer(answer(600), 1280);
}

static void what_gets_no_answer(void)
{
	make(4, 0, 1400, PROTOCOL_TCP);
	static const uint8_t bad4[][4] = { { 0, 0, 0, 0 }, { 127, 0, 0, 1 }, { 239, 1, 2, 3 }, { 255, 255, 255, 255 } };
	for (size_t i = 0; i < 4; i++)
		for (size_t at = 12; at <= 16; at += 4) {
			uint8_t was[4];
			memcpy(was, p.bytes + p.at + at, 4);
			memcpy(p.bytes + p.at + at, bad4[i], 4);
			CHECK_INT(answer(1000), 0);
			memcpy(p.bytes + p.at + at, was, 4);
		}
	p.bytes[p.at + 7] = 1;                  /* a later fragment */
	CHECK_INT(answer(1000), 0);
	p.bytes[p.at + 7] = 0;
	p.bytes[0] |= 1;                        /* to a group on the link */
	CHECK_INT(answer(1000), 0);
	p.bytes[0] &= 0xfe;
	p.bytes[6] |= 1;
	CHECK_INT(answer(1000), 0);
	p.bytes[6] &= 0xfe;
	check_answer(answer(1000), 1000 - 14);
	p.bytes[13] = 1;                        /* neither IPv4 nor IPv6 */
	CHECK_INT(answer(1000), 0);

	make(6, 0, 1400, PROTOCOL_TCP);
	static const uint8_t bad6[][16] = { { 0 }, { [15] = 1 }, { 0xff, 2, [15] = 1 } };
	for (size_t i = 0; i < 3; i++)
		for (size_t at = 8; at <= 24; at += 16) {
			uint8_t was[16];
			memcpy(was, p.bytes + p.at + at, 16);
			memcpy(p.bytes + p.at + at, bad6[i], 16);
			CHECK_INT(answer(1300), 0);
			memcpy(p.bytes + p.at + at, was, 16);
		}
	check_answer(answer(1300), 1300 - 14);
}

static void icmp_errors_get_no_answer(void)
{
	static const struct { unsigned version; uint8_t type; bool error; } cases[] = {
		{ 4, 0, false }, { 4, 3, true }, { 4, 4, true }, { 4, 5, true }, { 4, 8, false }, { 4, 11, true },
		{ 4, 12, true }, { 4, 13, false }, { 6, 1, true }, { 6, 2, true }, { 6, 127, true }, { 6, 128, false },
		{ 6, 129, false }, { 6, 137, true }, { 6, 143, false },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(cases[i].version, 0, 1400, cases[i].version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6);
		p.bytes[p.payload] = cases[i].type;
		CHECK_INT(answer(1300) == 0, cases[i].error);
	}
	sample_new(&p, 6, 0);
	sample_extension(&p, 0, 0);
	sample_fill(&p, 1300);
	sample_end(&p, PROTOCOL_ICMP6);
	p.bytes[p.payload] = 1;
	CHECK_INT(answer(1300), 0);
	p.bytes[p.payload] = 128;
	check_answer(answer(1300), 1300 - 14);
}

static void padding_does_not_count(void)
{
	make(4, 0, 1000, PROTOCOL_UDP);
	sample_fill(&p, 100);
	CHECK_INT(answer(1014), 0);
	p.len -= 100;
	check_answer(answer(1013), 999);
}

static void frames_in_two_pieces(void)
{
	static const size_t behind_headers[] = { 0, 8, 20, 500, 528, 1000, 1400 };
	for (unsigned version = 4; version <= 6; version += 2)
		for (size_t i = 0; i < sizeof(behind_headers) / sizeof(behind_headers[0]); i++) {
			make(version, 1, 1500, PROTOCOL_TCP);
			check_answer(answer_to(p.payload + behind_headers[i], 1400), 1400 - 18);
			CHECK_INT(answer_to(p.payload + behind_headers[i], 1518), 0);
			CHECK_INT(answer_to(p.payload - 1, 1400), 0);
		}
	make(4, 0, 1400, PROTOCOL_ICMP);
	p.bytes[p.payload] = 8;
	CHECK_INT(answer_to(p.payload, 1300), 0);       /* not known to be no error */
	check_answer(answer_to(p.payload + 1, 1300), 1286);
}

static void every_cut_gets_no_answer(void)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		make(version, 1, 1300, PROTOCOL_UDP);
		struct sample whole = p;
		for (size_t cut = ETH_HEADER_LEN; cut < whole.len; cut++) {
			p.len = cut;
			CHECK_INT(answer(14), 0);
		}
		p.len = whole.len;
		CHECK(answer(1290) != 0);
	}
}

int main(void)
{
	RUN(ip4_byte_by_byte);
	RUN(sizes_and_tags);
	RUN(ip4_without_df_may_be_fragmented);
	RUN(ip6_never_hears_of_less_than_1280);
	RUN(what_gets_no_answer);
	RUN(icmp_errors_get_no_answer);
	RUN(padding_does_not_count);
	RUN(frames_in_two_pieces);
	RUN(every_cut_gets_no_answer);
	return test_done();
}
