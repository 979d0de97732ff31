/* The view of a frame, the two ARP messages, and the transform that leaves a frame as it is. */
#include "core/arp.h"
#include "core/transform.h"
#include "core/wire.h"
#include "test.h"
#include "vectors.h"

struct frame { uint8_t bytes[256]; size_t len; };

/* The frame inside a PACKET vector without socket. */
static struct frame frame_of(const char *name)
{
	struct vector v = vector_named("v3-plain.txt", name);
	struct wire_message m;
	struct frame f = { .len = 0 };
	CHECK_INT(wire_get(&m, v.data, v.len), WIRE_GOOD);
	CHECK(m.packet.payload_len <= sizeof(f.bytes));
	memcpy(f.bytes, m.packet.payload, m.packet.payload_len);
	f.len = m.packet.payload_len;
	return f;
}

/* Views a copy that is exactly as long, so that the sanitizer sees a look beyond.  It stays until the next. */
static bool view(struct layers *e, const uint8_t *frame, size_t len)
{
	static uint8_t *copy;
	free(copy);
	copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, frame, len);
	bool whole = layers_view(e, copy, len);
	CHECK(!whole || (e->dst == copy && e->src == copy + MAC_LEN));
	return whole;
}

static void insert(struct frame *f, size_t at, const void *bytes, size_t n)
{
	memmove(f->bytes + at + n, f->bytes + at, f->len - at);
	memcpy(f->bytes + at, bytes, n);
	f->len += n;
}

static void check_udp(const struct frame *f, bool tagged)
{
	struct layers e;
	CHECK(view(&e, f->bytes, f->len));
	CHECK_INT(e.ethertype, ETHERTYPE_IPV4);
	CHECK_INT(e.tags_len != 0, tagged);
	CHECK_INT(layers_link_len(&e), e.ip - e.dst);
	CHECK(e.ipv4);
	CHECK_INT(get_be32(layers_addresses(&e)), 0x0a090801);
	CHECK_INT(get_be32(layers_destination(&e)), 0xef010203);
	CHECK_INT(e.protocol, 17);
	CHECK(e.ports);
	CHECK_INT(e.src_port, 5000);
	CHECK_INT(e.dst_port, 5001);
}

static void udp_multicast(void)
{
	struct frame f = frame_of("null-06");
	check_udp(&f, false);
}

static void behind_one_or_two_tags(void)
{
	static const uint8_t customer[] = { 0x81, 0, 0, 100 }, service[] = { 0x88, 0xa8, 0, 7 };
	struct frame f = frame_of("null-06");
	struct layers e;
	insert(&f, 12, customer, sizeof(customer));
	check_udp(&f, true);
	insert(&f, 12, service, sizeof(service));
	check_udp(&f, true);
	insert(&f, 12, service, sizeof(service));
	CHECK(view(&e, f.bytes, f.len));
	CHECK(e.tags_len && !e.ipv4);
	CHECK_INT(e.ethertype, 0x8100);
}

static void a_tag_that_is_cut_is_none(void)
{
	static const uint8_t customer[] = { 0x81, 0, 0, 100 };
	struct frame f = frame_of("null-06");
	struct layers e;
	insert(&f, 12, customer, sizeof(customer));
	for (size_t cut = ETH_HEADER_LEN; cut < ETH_HEADER_LEN + 4; cut++) {
		CHECK(view(&e, f.bytes, cut));
		CHECK_INT(e.ethertype, 0x8100);
		CHECK(!e.tags_len);
	}
}

static void ports_behind_ip_options(void)
{
	static const uint8_t router_alert[] = { 0x94, 4, 0, 0 };
	struct frame f = frame_of("null-06");
	insert(&f, 34, router_alert, sizeof(router_alert));
	f.bytes[14] = 0x46;
	f.bytes[17] += 4;
	check_udp(&f, false);
}

static void icmp_has_no_ports(void)
{
	struct frame f = frame_of("null-03");
	struct layers e;
	CHECK(view(&e, f.bytes, f.len));
	CHECK(e.ipv4 && !e.ports);
	CHECK_INT(e.protocol, 1);
	CHECK_INT(get_be32(layers_destination(&e)), 0x0a090802);
}

static void only_the_first_fragment_has_ports(void)
{
	struct frame f = frame_of("null-06");
	struct layers e;
	f.bytes[20] = 0x20;             /* more fragments follow */
	check_udp(&f, false);
	f.bytes[21] = 1;
	CHECK(view(&e, f.bytes, f.len));
	CHECK(e.ipv4 && !e.ports);
	CHECK_INT(e.protocol, 17);
}

/* A frame may be padded to 60 bytes: what follows the packet is no part of it. */
static void padding_is_not_read_as_ports(void)
{
	struct frame f = frame_of("null-06");
	struct layers e;
	f.bytes[17] = 20 + 3;
	CHECK(view(&e, f.bytes, f.len));
	CHECK(e.ipv4 && !e.ports);
	f.bytes[17] = 20 + 4;
	CHECK(view(&e, f.bytes, f.len));
	CHECK(e.ports);
}

static void check_unsound(size_t at, uint8_t byte)
{
	struct frame f = frame_of("null-06");
	struct layers e;
	f.bytes[at] = byte;
	CHECK(view(&e, f.bytes, f.len));
	CHECK(!e.ipv4 && !e.ports);
}

static void unsound_ipv4_headers(void)
{
	check_unsound(14, 0x65);        /* version 6 */
	check_unsound(14, 0x44);        /* header of 16 bytes */
	check_unsound(14, 0x4f);        /* header longer than the packet */
	check_unsound(17, 44);          /* packet longer than the frame */
	check_unsound(16, 0xff);
	check_unsound(17, 19);          /* packet shorter than its header */
}

static void every_truncation(void)
{
	struct frame f = frame_of("null-06");
	struct layers e;
	for (size_t cut = 0; cut < f.len; cut++) {
		CHECK_INT(view(&e, f.bytes, cut), cut >= ETH_HEADER_LEN);
		CHECK(cut < ETH_HEADER_LEN || (e.ethertype == ETHERTYPE_IPV4 && !e.ipv4));
	}
}

static void other_protocols(void)
{
	struct frame f = frame_of("null-01");
	struct layers e;
	CHECK(view(&e, f.bytes, f.len));
	CHECK_INT(e.ethertype, ETHERTYPE_ARP);
	CHECK(!e.ipv4 && !e.tags_len);
}

static void gratuitous_arp_is_that_of_n2n(void)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 0xa1 }, ip[] = { 10, 9, 8, 1 };
	struct frame f = frame_of("null-08");
	uint8_t arp[ARP_FRAME_LEN];
	arp_gratuitous(arp, mac, ip);
	CHECK_INT(f.len, sizeof(arp));
	CHECK(!memcmp(arp, f.bytes, sizeof(arp)));
}

/* The request of null-01, but to one host, and from nobody's address. */
static void arp_probe_asks_one_host(void)
{
	static const uint8_t src[] = { 2, 0, 0, 0, 0, 0xa1 }, dst[] = { 2, 0, 0, 0, 0, 0xb2 }, ip[] = { 10, 9, 8, 2 };
	struct frame f = frame_of("null-01");
	uint8_t arp[ARP_FRAME_LEN];
	memcpy(f.bytes, dst, MAC_LEN);
	memset(f.bytes + 28, 0, 4);
	arp_probe(arp, dst, src, ip);
	CHECK(!memcmp(arp, f.bytes, sizeof(arp)));
}

/* Where a UDP datagram comes from, in both families and behind tags; of anything else nothing is said. */
static bool udp_source(const uint8_t *frame, size_t len, struct addr *out)
{
	struct layers l;
	return view(&l, frame, len) && layers_udp_source(&l, out);
}

static void udp_sources(void)
{
	static const uint8_t v6[] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 9, 17, 64,
		0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8,
		0xc3, 0x51, 0x1d, 0xe6, 0, 9, 0, 0, 'x'
	};
	static const uint8_t v4[] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0, 0x46, 0, 0, 33, 0, 0, 0x40, 0, 64, 17, 0, 0,
		192, 0, 2, 1, 192, 0, 2, 2, 1, 1, 1, 1, 0xc3, 0x51, 0x1d, 0xe6, 0, 9, 0, 0, 'x'
	};
	struct addr a;
	uint8_t changed[sizeof(v4)];
	CHECK(udp_source(v6, sizeof(v6), &a) && a.family == ADDR_V6 && a.port == 50001 && a.ip[15] == 7);
	CHECK(udp_source(v4, sizeof(v4), &a) && a.family == ADDR_V4 && a.port == 50001 && a.ip[3] == 1);
	for (size_t len = 0; len < 44; len++)
		CHECK(!udp_source(v4, len, &a));
	memcpy(changed, v4, sizeof(v4));
	changed[25] = 1;                /* a later fragment */
	CHECK(!udp_source(changed, sizeof(v4), &a));
	changed[25] = 0;
	changed[27] = 6;
	CHECK(!udp_source(changed, sizeof(v4), &a));
}

static void null_transform_leaves_the_frame_as_it_is(void)
{
	CHECK_INT(transform_null.id, TRANSFORM_NULL);
	CHECK_INT(transform_null.overhead, 0);
	CHECK(!transform_null.seal && !transform_null.open);
}

int main(void)
{
	RUN(udp_multicast);
	RUN(behind_one_or_two_tags);
	RUN(a_tag_that_is_cut_is_none);
	RUN(ports_behind_ip_options);
	RUN(icmp_has_no_ports);
	RUN(only_the_first_fragment_has_ports);
	RUN(padding_is_not_read_as_ports);
	RUN(unsound_ipv4_headers);
	RUN(every_truncation);
	RUN(other_protocols);
	RUN(gratuitous_arp_is_that_of_n2n);
	RUN(arp_probe_asks_one_host);
	RUN(udp_sources);
	RUN(null_transform_leaves_the_frame_as_it_is);
	return test_done();
}
