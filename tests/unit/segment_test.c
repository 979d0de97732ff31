/* Cut super-frames against frames that are made one by one. */
#include "test.h"

#include "core/segment.h"
#include "frames.h"

static uint8_t payload[65535], super[OFFLOAD_FRAME_MAX], want[OFFLOAD_FRAME_MAX], got[OFFLOAD_FRAME_MAX];

static size_t payload_max(const struct model *m)
{
	return 65535 - (model_header_len(m) - model_link_len(m));
}

/* Any headers, with options and flags of all sorts. */
static struct model any_headers(void)
{
	struct model m = model_random();
	m.ip_options = model_below(3) ? 0 : (m.ipv6 ? 8 : 4) * (1 + model_below(3));
	m.tcp_options = 4 * model_below(11);
	m.flags = (uint8_t)test_random();
	return m;
}

/* One frame that came out of the segmentation, as one piece of bytes. */
static size_t next(struct segment *s)
{
	const uint8_t *data;
	size_t len;
	if (!segment_next(s, got, &data, &len))
		return 0;
	memcpy(got + s->header_len, data, len);
	return s->header_len + len;
}

static void check_cut(const struct model *m, size_t len, size_t segment_len)
{
	struct offload o;
	struct segment s;
	size_t count = len ? (len + segment_len - 1) / segment_len : 1;
	size_t super_len = model_super(super, &o, m, payload, len, segment_len);
	uint8_t *exact = model_exact(super, super_len);
	if (!model_below(4))
		o.checksum = false;
	bool begun = segment_begin(&s, exact, super_len, &o);
	CHECK(begun);
	for (size_t i = 0; begun && i < count; i++) {
		struct model frame = model_cut(m, i, count, segment_len);
		size_t at = i * segment_len, n = len - at < segment_len ? len - at : segment_len;
		size_t want_len = model_frame(want, &frame, payload + at, n);
		CHECK_INT(s.count, count);
		CHECK_INT(next(&s), want_len);
		CHECK(!memcmp(got, want, want_len));
	}
	CHECK(!begun || (!next(&s) && !next(&s)));
	free(exact);
}

static void random_super_frames(void)
{
	model_fill(payload, sizeof(payload));
	for (int round = 0; round < 400; round++) {
		struct model m = any_headers();
		size_t len = model_below(payload_max(&m) + 1);
		check_cut(&m, model_below(2) ? len : len / 16, 1 + model_below(3) * 700 + model_below(1400));
	}
}

static void the_longest_and_the_shortest(void)
{
	for (int round = 0; round < 20; round++) {
		struct model m = any_headers();
		check_cut(&m, payload_max(&m), 1448);
		check_cut(&m, payload_max(&m), 65535);
		check_cut(&m, 0, 1448);
		check_cut(&m, 1, 1448);
		check_cut(&m, 1448, 1448);
		check_cut(&m, 2896, 1448);
		check_cut(&m, 40, 1);
	}
}

static bool begins(const uint8_t *frame, size_t len, const struct offload *o)
{
	struct segment s;
	uint8_t *exact = model_exact(frame, len);
	bool begun = segment_begin(&s, exact, len, o);
	free(exact);
	return begun;
}

static void every_truncation_is_refused(void)
{
	struct offload o;
	for (int round = 0; round < 60; round++) {
		struct model m = any_headers();
		size_t len = model_super(super, &o, &m, payload, 500, 100);
		CHECK(begins(super, len, &o));
		for (size_t cut = 0; cut < len; cut++)
			CHECK(!begins(super, cut, &o));
		CHECK(!begins(super, len + 1, &o));
	}
}

static void what_does_not_fit_together_is_refused(void)
{
	struct offload o, bad;
	for (int round = 0; round < 60; round++) {
		struct model m = any_headers();
		size_t len = model_super(super, &o, &m, payload, 500, 100);
		for (uint8_t kind = 0; kind < 8; kind++) {
			bad = o;
			bad.kind = kind;
			CHECK_INT(begins(super, len, &bad), kind == o.kind);
		}
		bad = o;
		bad.segment_len = 0;
		CHECK(!begins(super, len, &bad));
		bad = o;
		bad.csum_start++;
		CHECK(!begins(super, len, &bad));
		bad = o;
		bad.csum_offset = (uint16_t)(22 - o.csum_offset);
		CHECK(!begins(super, len, &bad));
	}
}

static void unsound_headers_are_refused(void)
{
	struct model m = { .ttl = 64, .flags = MODEL_ACK };
	struct offload o;
	static const struct { size_t at; uint8_t value; } harm[] = {
		{ 12, 9 }, { 14, 0x65 }, { 14, 0x44 }, { 14, 0x4f }, { 17, 19 }, { 16, 0xff }, { 20, 0x20 }, { 21, 1 },
		{ 23, 1 }, { 23, 17 }, { 46, 0x40 }
	};
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		size_t len = model_super(super, &o, &m, payload, 40, 10);
		super[harm[i].at] = harm[i].value;
		CHECK(!begins(super, len, &o));
	}
	m.udp = true;
	size_t len = model_super(super, &o, &m, payload, 40, 10);
	super[39]++;                    /* the UDP length */
	CHECK(!begins(super, len, &o));
}

/* Chains of extension headers of any length, and a fragment header. */
static void ipv6_extension_headers(void)
{
	struct model m = { .ipv6 = true, .ip_options = 64, .ttl = 64, .flags = MODEL_ACK };
	struct offload o;
	check_cut(&m, 3000, 1000);
	m.ip_options = 72;
	check_cut(&m, 3000, 1000);
	m.ip_options = 2048;
	check_cut(&m, 3000, 1000);
	m.ip_options = 9000;
	check_cut(&m, 3000, 100);
	m.ip_options = 9400;            /* longer than any frame */
	CHECK(!begins(super, model_super(super, &o, &m, payload, 3000, 1000), &o));
	m.ip_options = 8;
	size_t len = model_super(super, &o, &m, payload, 3000, 1000);
	super[54 + 1] = 24;             /* TCP is not where the offload says */
	CHECK(!begins(super, len, &o));
	super[54 + 1] = 0;
	super[20] = 44;
	CHECK(!begins(super, len, &o));
}

/* With a routing header the address in the header is not that of the pseudo header: the field knows it. */
static void ipv6_routing_header(void)
{
	struct model m = { .ipv6 = true, .ip_options = 8, .ttl = 64, .flags = MODEL_ACK }, last;
	struct offload o;
	struct segment s;
	size_t len = model_super(super, &o, &m, payload, 2000, 1000);
	super[20] = 43;
	super[54 + 3] = 1;              /* segments left */
	uint16_t pseudo = get_be16(super + o.csum_start + 16);
	put_be16(super + o.csum_start + 16, (uint16_t)(pseudo + 5));
	CHECK(segment_begin(&s, super, len, &o));
	for (size_t i = 0; i < 2; i++) {
		last = model_cut(&m, i, 2, 1000);
		size_t n = model_frame(want, &last, payload + i * 1000, 1000);
		CHECK_INT(next(&s), n);
		/* Five more in the sum are five less in its complement; the bytes changed are not in the sum. */
		uint32_t difference = get_be16(want + o.csum_start + 16) + 65535u - get_be16(got + o.csum_start + 16);
		CHECK_INT(difference % 65535, 5);
	}
	o.checksum = false;
	CHECK(!begins(super, len, &o));
}

static void completes_a_checksum(void)
{
	for (int round = 0; round < 200; round++) {
		struct model m = any_headers();
		struct offload o;
		size_t n = model_below(1400), len = model_super(super, &o, &m, payload, n, 1);
		o.kind = OFFLOAD_NONE;
		model_frame(want, &m, payload, n);
		CHECK(segment_checksum(super, len, &o));
		CHECK(!memcmp(super, want, len));
		CHECK((o.checksum = false, segment_checksum(super, len, &o)));
		CHECK(!memcmp(super, want, len));
	}
}

/* Two bytes of payload make the sum 0xffff, so that its complement would be 0. */
static void a_checksum_of_0_becomes_0xffff(void)
{
	struct model m = { .udp = true, .ttl = 64 };
	uint8_t two[4] = { 0 };
	struct offload o;
	struct segment s;
	size_t len = model_frame(want, &m, two, 2);
	memcpy(two, want + 40, 2);
	len = model_super(super, &o, &m, two, 2, 2);
	CHECK(segment_begin(&s, super, len, &o));
	CHECK_INT(next(&s), len);
	CHECK_INT(get_be16(got + 40), 0xffff);
	o.kind = OFFLOAD_NONE;
	CHECK(segment_checksum(super, len, &o));
	CHECK_INT(get_be16(super + 40), 0xffff);
}

static void a_checksum_outside_is_refused(void)
{
	for (size_t len = 0; len < 30; len++)
		for (uint16_t start = 0; start < 35; start++)
			for (uint16_t offset = 0; offset < 35; offset++) {
				struct offload o = { .checksum = true, .csum_start = start, .csum_offset = offset };
				uint8_t *exact = model_exact(payload, len);
				CHECK_INT(segment_checksum(exact, len, &o), start + offset + 2u <= len);
				free(exact);
			}
	struct offload far = { .checksum = true, .csum_start = 0xffff, .csum_offset = 0xffff };
	CHECK(!segment_checksum(super, 1500, &far));
}

int main(void)
{
	RUN(random_super_frames);
	RUN(the_longest_and_the_shortest);
	RUN(every_truncation_is_refused);
	RUN(what_does_not_fit_together_is_refused);
	RUN(unsound_headers_are_refused);
	RUN(ipv6_extension_headers);
	RUN(ipv6_routing_header);
	RUN(completes_a_checksum);
	RUN(a_checksum_of_0_becomes_0xffff);
	RUN(a_checksum_outside_is_refused);
	return test_done();
}
