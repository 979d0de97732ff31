/* TCP and UDP frames made by the book, one field after the other, with checksums summed byte by byte: the slow, obvious
 * model that segment and coalesce are held against.  Include after test.h.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "core/offload.h"

enum { MODEL_FIN = 1, MODEL_SYN = 2, MODEL_RST = 4, MODEL_PSH = 8, MODEL_ACK = 16, MODEL_URG = 32, MODEL_ECE = 64,
       MODEL_CWR = 128 };

struct model {
	unsigned tags;          /* VLAN tags, 0 to 2 */
	bool ipv6, udp, df;
	size_t ip_options;      /* bytes of IPv4 options or IPv6 extension headers, whole units of 4 or 8 */
	size_t tcp_options;     /* bytes, whole units of 4 */
	uint8_t host;           /* the last byte of the source address */
	uint8_t tos, ttl, flags, option;        /* option: what TCP options are filled with */
	uint16_t id, src_port, dst_port, window;
	uint32_t label, seq, ack;
};

static inline void model_put(uint8_t **at, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*(*at)++ = (uint8_t)(value >> 8 * i);
}

static inline uint32_t model_sum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? bytes[i] : bytes[i] * 256u;
		sum = sum % 65536 + sum / 65536;
	}
	return sum;
}
static inline uint16_t model_fold(uint32_t sum)
{
	while (sum > 65535)
		sum = sum % 65536 + sum / 65536;
	return (uint16_t)~sum;
}

static inline size_t model_link_len(const struct model *m) { return 14 + 4 * m->tags; }
static inline size_t model_ip_len(const struct model *m) { return (m->ipv6 ? 40 : 20) + m->ip_options; }
static inline size_t model_transport_at(const struct model *m) { return model_link_len(m) + model_ip_len(m); }
static inline size_t model_header_len(const struct model *m)
{
	return model_transport_at(m) + (m->udp ? 8 : 20 + m->tcp_options);
}

static inline void model_put_link(uint8_t **at, const struct model *m)
{
	model_put(at, 0x020000000001, 6);
	model_put(at, 0x020000000002, 6);
	for (unsigned i = m->tags; i-- > 0; )
		model_put(at, i ? 0x88a80007 : 0x81000064, 4);
	model_put(at, m->ipv6 ? 0x86dd : 0x0800, 2);
}

static inline void model_put_ipv4(uint8_t **at, const struct model *m, size_t bytes)
{
	uint8_t *ip = *at, *checksum;
	model_put(at, 0x45 + m->ip_options / 4, 1);
	model_put(at, m->tos, 1);
	model_put(at, model_ip_len(m) + bytes, 2);
	model_put(at, m->id, 2);
	model_put(at, m->df ? 0x4000 : 0, 2);
	model_put(at, m->ttl, 1);
	model_put(at, m->udp ? 17 : 6, 1);
	checksum = *at;
	model_put(at, 0, 2);
	model_put(at, 0x0a090800u + m->host, 4);
	model_put(at, 0x0a0908ff, 4);
	for (size_t i = 0; i < m->ip_options; i++)
		model_put(at, 1, 1);                            /* no operation */
	model_put(&checksum, model_fold(model_sum(0, ip, model_ip_len(m))), 2);
}

static inline void model_put_ipv6(uint8_t **at, const struct model *m, size_t bytes)
{
	uint8_t protocol = m->udp ? 17 : 6;
	model_put(at, 0x60000000u + (uint32_t)m->tos * 0x100000u + m->label % 0x100000u, 4);
	model_put(at, m->ip_options + bytes, 2);
	model_put(at, m->ip_options ? 60 : protocol, 1);
	model_put(at, m->ttl, 1);
	model_put(at, 0xfd00000000000000, 8);
	model_put(at, m->host, 8);
	model_put(at, 0xfd00000000000000, 8);
	model_put(at, 0xff, 8);
	for (size_t left = m->ip_options; left; left -= 8)      /* destination options: padding */
		model_put(at, (left > 8 ? 60u : protocol) * 0x100000000000000u + 0x000104000000, 8);
}

static inline uint32_t model_pseudo(const struct model *m, const uint8_t *ip, size_t bytes)
{
	uint8_t tail[4] = { 0, m->udp ? 17 : 6, (uint8_t)(bytes / 256), (uint8_t)bytes };
	return model_sum(model_sum(0, m->ipv6 ? ip + 8 : ip + 12, m->ipv6 ? 32 : 8), tail, 4);
}

/* Headers with 0 as the transport's checksum.  Returns where that stands. */
static inline uint8_t *model_put_headers(uint8_t **at, const struct model *m, size_t bytes)
{
	model_put_link(at, m);
	(m->ipv6 ? model_put_ipv6 : model_put_ipv4)(at, m, bytes);
	model_put(at, m->src_port, 2);
	model_put(at, m->dst_port, 2);
	if (m->udp) {
		model_put(at, bytes, 2);
		model_put(at, 0, 2);
		return *at - 2;
	}
	model_put(at, m->seq, 4);
	model_put(at, m->ack, 4);
	model_put(at, 0x50 + m->tcp_options * 4, 1);
	model_put(at, m->flags, 1);
	model_put(at, m->window, 2);
	model_put(at, 0, 4);
	for (size_t i = 0; i < m->tcp_options; i++)
		model_put(at, m->option, 1);
	return *at - m->tcp_options - 4;
}

static inline size_t model_build(uint8_t *out, const struct model *m, const uint8_t *payload, size_t len, bool complete)
{
	uint8_t *at = out, *transport = out + model_transport_at(m);
	size_t bytes = model_header_len(m) - model_transport_at(m) + len;
	uint8_t *checksum = model_put_headers(&at, m, bytes);
	if (len)
		memcpy(at, payload, len);
	uint32_t sum = model_pseudo(m, out + model_link_len(m), bytes);
	uint16_t value = complete ? model_fold(model_sum(sum, transport, bytes)) : (uint16_t)~model_fold(sum);
	model_put(&checksum, complete && m->udp && !value ? 0xffff : value, 2);
	return model_header_len(m) + len;
}

/* A frame as it is on the wire. */
static inline size_t model_frame(uint8_t *out, const struct model *m, const uint8_t *payload, size_t len)
{
	return model_build(out, m, payload, len, true);
}

/* A super-frame as the kernel writes it to a TAP. */
static inline size_t model_super(uint8_t *out, struct offload *o, const struct model *m, const uint8_t *payload,
                                 size_t len, size_t segment_len)
{
	*o = (struct offload){
		.kind = m->udp ? OFFLOAD_UDP : m->ipv6 ? OFFLOAD_TCP6 : OFFLOAD_TCP4,
		.ecn = !m->udp && (m->flags & MODEL_CWR), .checksum = true,
		.header_len = (uint16_t)model_header_len(m), .segment_len = (uint16_t)segment_len,
		.csum_start = (uint16_t)model_transport_at(m), .csum_offset = m->udp ? 6 : 16
	};
	return model_build(out, m, payload, len, false);
}

/* The i-th of count frames that a super-frame of these headers is cut into. */
static inline struct model model_cut(const struct model *super, size_t i, size_t count, size_t segment_len)
{
	struct model m = *super;
	m.seq += (uint32_t)(i * segment_len);
	m.id = (uint16_t)(m.id + i);
	if (i > 0)
		m.flags &= (uint8_t)~MODEL_CWR;
	if (i + 1 < count)
		m.flags &= (uint8_t)~(MODEL_FIN | MODEL_PSH);
	return m;
}

static inline void model_fill(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)test_random();
}

static inline size_t model_below(size_t n) { return (size_t)(test_random() % n); }

/* Any sound headers that may be joined: no IP options. */
static inline struct model model_random(void)
{
	uint64_t r = test_random();
	return (struct model){
		.tags = r % 8 < 6 ? 0 : (unsigned)(r % 8 - 5), .ipv6 = r & 8, .udp = r & 16, .df = r & 32,
		.tcp_options = r & 64 ? 12 : 0, .host = 1, .tos = r & 128 ? 2 : 0, .ttl = 64, .flags = MODEL_ACK,
		.option = 1, .id = (uint16_t)test_random(), .src_port = (uint16_t)(r >> 16), .dst_port = (uint16_t)(r >> 32),
		.window = (uint16_t)(r >> 48), .label = (uint32_t)test_random(), .seq = (uint32_t)test_random(),
		.ack = (uint32_t)test_random()
	};
}

/* A copy that is exactly as long, so that the sanitizer sees a look beyond; free it. */
static inline uint8_t *model_exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = calloc(1, len ? len : 1);
	if (!copy)
		abort();
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

#endif
