/* MSS clamping: what it lowers, and that everything else stays as it is, byte for byte. */
#include "core/mss.h"
#include "sample.h"

static struct sample p;

enum { SYN = 0x02, SYN_ACK = 0x12, ACK = 0x10, RST = 0x04 };

/* A TCP segment: options of any length are padded with zeros. */
static void tcp(uint8_t flags, const void *options, size_t n)
{
	uint8_t header[20] = { 0x9c, 0x40, 0x00, 0x50 };
	size_t padded = (n + 3) & ~(size_t)3;
	header[12] = (uint8_t)((20 + padded) / 4 << 4);
	header[13] = flags;
	sample_add(&p, header, sizeof(header));
	sample_add(&p, options, n);
	while (n++ < padded)
		sample_add(&p, "", 1);
	sample_end(&p, PROTOCOL_TCP);
	sample_tcp_checksum(&p);
}

static bool clamp(size_t mtu)
{
	uint8_t *frame = exactly(p.bytes, p.len);
	struct layers l;
	bool did = layers_view(&l, frame, p.len) && mss_clamp(frame, &l, mtu);
	CHECK_INT(did, memcmp(frame, p.bytes, p.len) != 0);
	memcpy(p.bytes, frame, p.len);
	free(frame);
	return did;
}
static bool checksum_is_right(void)
{
	return payload_sum(p.bytes, p.at, p.payload, p.len, PROTOCOL_TCP) == 0xffff;
}
static uint16_t mss_at(size_t option) { return get_be16(p.bytes + p.payload + 20 + option + 2); }

static void lowers_what_is_too_much(void)
{
	static const struct { unsigned version, tags; uint8_t flags; size_t mtu; uint16_t announced, is; } cases[] = {
		{ 4, 0, SYN, 1400, 1460, 1360 }, { 4, 0, SYN_ACK, 1400, 1460, 1360 }, { 4, 2, SYN, 1400, 65535, 1360 },
		{ 4, 0, SYN | 0xc0, 1400, 1361, 1360 }, { 4, 0, SYN, 576, 8960, 536 }, { 4, 0, SYN, 300, 1460, 260 },
		{ 6, 0, SYN, 1400, 1440, 1340 }, { 6, 1, SYN_ACK, 1400, 1440, 1340 }, { 6, 0, SYN, 1280, 8940, 1220 },
		{ 6, 0, SYN, 600, 1440, 1220 },         /* 1280 is what IPv6 counts on */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t option[4] = { 2, 4, (uint8_t)(cases[i].announced >> 8), (uint8_t)cases[i].announced };
		sample_new(&p, cases[i].version, cases[i].tags);
		tcp(cases[i].flags, option, 4);
		CHECK(clamp(cases[i].mtu));
		CHECK_INT(mss_at(0), cases[i].is);
		CHECK(checksum_is_right());
		CHECK(!clamp(cases[i].mtu));
	}
}

static void leaves_what_is_not_too_much(void)
{
	static const uint8_t option[] = { 2, 4, 0x05, 0x50 };           /* 1360 */
	sample_new(&p, 4, 0);
	tcp(SYN, option, sizeof(option));
	CHECK(!clamp(1400));
	CHECK(!clamp(9000));
	CHECK(!clamp(40));                      /* carries no TCP at all */
	CHECK(clamp(1399));
}

static void leaves_what_is_no_syn(void)
{
	static const uint8_t option[] = { 2, 4, 0x05, 0xb4 };
	sample_new(&p, 4, 0);
	tcp(ACK, option, sizeof(option));
	CHECK(!clamp(1400));
	sample_new(&p, 4, 0);
	tcp(RST | ACK, option, sizeof(option));
	CHECK(!clamp(1400));
	sample_new(&p, 4, 0);
	tcp(SYN, "", 0);
	CHECK(!clamp(1400));
	sample_new(&p, 4, 0);
	tcp(SYN, option, sizeof(option));
	put_be16(p.bytes + p.at + 6, 0x0001);           /* a later fragment */
	CHECK(!clamp(1400));
	put_be16(p.bytes + p.at + 6, 0);
	p.bytes[p.at + 9] = PROTOCOL_UDP;
	CHECK(!clamp(1400));
	p.bytes[p.at + 9] = PROTOCOL_TCP;
	CHECK(clamp(1400));
}

static void behind_options_and_extension_headers(void)
{
	static const uint8_t option[] = { 2, 4, 0x05, 0xb4 };
	sample_new(&p, 4, 1);
	sample_options(&p, 24);
	tcp(SYN, option, sizeof(option));
	CHECK(clamp(1400) && checksum_is_right());
	sample_new(&p, 6, 1);
	sample_extension(&p, 0, 1);
	sample_extension(&p, 43, 0);
	sample_extension(&p, 60, 2);
	tcp(SYN, option, sizeof(option));
	CHECK(clamp(1400) && checksum_is_right());
	CHECK_INT(mss_at(0), 1340);
	sample_new(&p, 6, 0);
	sample_extension(&p, 51, 1);            /* AH: whose check would fail */
	tcp(SYN, option, sizeof(option));
	CHECK(!clamp(1400));
}

static void wherever_the_option_stands(void)
{
	static const uint8_t linux_syn[] = { 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 2, 4, 0x05, 0xb4, 1, 3, 3, 7 };
	sample_new(&p, 4, 0);
	tcp(SYN, linux_syn, sizeof(linux_syn));
	CHECK(clamp(1400) && checksum_is_right());
	CHECK_INT(mss_at(12), 1360);
	for (size_t nops = 0; nops < 5; nops++) {               /* on odd bytes too */
		uint8_t option[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
		memcpy(option + nops, "\x02\x04\x05\xb4", 4);
		sample_new(&p, 4, 0);
		tcp(SYN, option, nops + 4);
		CHECK(clamp(1400) && checksum_is_right());
		CHECK_INT(mss_at(nops), 1360);
	}
}

static void malformed_options_end_it(void)
{
	static const struct { uint8_t bytes[12]; size_t n; } cases[] = {
		{ { 2, 3, 0x05, 0xb4 }, 4 }, { { 2, 6, 0x05, 0xb4, 0, 0, 0, 0 }, 8 }, { { 2, 0, 0x05, 0xb4 }, 4 },
		{ { 2, 1, 0x05, 0xb4 }, 4 }, { { 3, 0, 0, 0, 2, 4, 0x05, 0xb4 }, 8 }, { { 3, 9, 0, 0, 2, 4, 0x05, 0xb4 }, 8 },
		{ { 0, 0, 0, 0, 2, 4, 0x05, 0xb4 }, 8 }, { { 1, 1, 2, 4 }, 4 }, { { 1, 1, 1, 2 }, 4 }, { { 1, 2, 4, 0x05 }, 4 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_new(&p, 4, 0);
		tcp(SYN, cases[i].bytes, cases[i].n);
		CHECK(!clamp(1400));
	}
	static const uint8_t option[] = { 2, 4, 0x05, 0xb4 };
	sample_new(&p, 4, 0);
	tcp(SYN, option, sizeof(option));
	p.bytes[p.payload + 12] = 0x70;                 /* a header longer than the packet */
	CHECK(!clamp(1400));
	p.bytes[p.payload + 12] = 0x40;                 /* and one shorter than a header */
	CHECK(!clamp(1400));
}

static void every_cut_is_left_alone(void)
{
	static const uint8_t option[] = { 2, 4, 0x05, 0xb4 };
	sample_new(&p, 6, 1);
	sample_extension(&p, 60, 0);
	tcp(SYN, option, sizeof(option));
	for (size_t cut = 0; cut < p.len; cut++) {
		uint8_t *frame = exactly(p.bytes, cut);
		struct layers l;
		CHECK(!layers_view(&l, frame, cut) || !mss_clamp(frame, &l, 1400));
		free(frame);
	}
}

/* The slow way: all options that a receiver would see, then the checksum over everything. */
static void model(uint8_t *frame, size_t at, size_t payload, size_t end, uint16_t mss)
{
	uint8_t *options = frame + payload + 20;
	size_t n = (frame[payload + 12] >> 4) * 4u - 20;
	for (size_t i = 0; i < n && options[i]; i += options[i] == 1 ? 1 : options[i + 1]) {
		if (options[i] == 1)
			continue;
		if (i + 1 == n || options[i + 1] < 2 || options[i + 1] > n - i)
			break;
		if (options[i] == 2 && options[i + 1] == 4 && get_be16(options + i + 2) > mss)
			put_be16(options + i + 2, mss);
	}
	put_be16(frame + payload + 16, 0);
	put_be16(frame + payload + 16, (uint16_t)~payload_sum(frame, at, payload, end, PROTOCOL_TCP));
}

static void as_the_model_does(void)
{
	static struct sample want;
	unsigned clamped = 0;
	for (int i = 0; i < 20000; i++) {
		uint8_t options[40];
		size_t n = test_random() % 11 * 4, mtu = 61 + test_random() % 9000;
		for (size_t k = 0; k < n; k++)
			options[k] = (uint8_t)(test_random() % 4 ? test_random() % 6 : test_random());
		sample_new(&p, test_random() & 1 ? 4 : 6, (unsigned)(test_random() % 3));
		tcp(SYN, options, n);
		sample_fill(&p, test_random() % 20);
		sample_end(&p, PROTOCOL_TCP);
		sample_tcp_checksum(&p);
		size_t headers = p.version == 4 ? 40 : 60;
		size_t least = p.version == 6 && mtu < 1280 ? 1280 : mtu;
		memcpy(&want, &p, sizeof(p));
		model(want.bytes, p.at, p.payload, p.len, (uint16_t)(least - headers));
		clamped += clamp(mtu);
		CHECK(!memcmp(p.bytes, want.bytes, p.len));
	}
	CHECK(clamped > 100);
}

int main(void)
{
	RUN(lowers_what_is_too_much);
	RUN(leaves_what_is_not_too_much);
	RUN(leaves_what_is_no_syn);
	RUN(behind_options_and_extension_headers);
	RUN(wherever_the_option_stands);
	RUN(malformed_options_end_it);
	RUN(every_cut_is_left_alone);
	RUN(as_the_model_does);
	return test_done();
}
