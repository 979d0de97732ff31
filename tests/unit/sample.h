/* Frames with IP packets, put together piece by piece, and the plainest Internet checksum there is to judge them by.
 *
 *	sample_new(&p, 4, tags); sample_add(&p, ...); sample_end(&p, PROTOCOL_TCP);
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "core/layers.h"
#include "test.h"

enum { SAMPLE_MAX = 22 + 65535 };

struct sample {
	uint8_t bytes[SAMPLE_MAX];
	size_t len;
	size_t at, payload;             /* the IP header, what is behind all headers of IP */
	unsigned version;
	size_t next;                    /* IPv6: the byte that names the next header */
};

static const uint8_t sample_dst[MAC_LEN] = { 2, 0, 0, 0, 0, 0xb2 }, sample_src[MAC_LEN] = { 2, 0, 0, 0, 0, 0xa1 };
static const uint8_t sample_ip4[2][4] = { { 10, 9, 9, 1 }, { 10, 9, 9, 2 } };
static const uint8_t sample_ip6[2][16] = { { 0xfd, 0, 9, [15] = 1 }, { 0xfd, 0, 9, [15] = 2 } };

static inline void sample_add(struct sample *p, const void *bytes, size_t n)
{
	memcpy(p->bytes + p->len, bytes, n);
	p->len += n;
}
static inline void sample_fill(struct sample *p, size_t n)
{
	for (; n--; p->len++)
		p->bytes[p->len] = (uint8_t)test_random();
}

/* Ethernet, up to two tags, the fixed IP header; lengths come with sample_end(). */
static inline void sample_new(struct sample *p, unsigned version, unsigned tags)
{
	static const uint8_t tag[2][4] = { { 0x81, 0, 0x20, 100 }, { 0x88, 0xa8, 0, 7 } };
	uint8_t header[40] = { 0 };
	*p = (struct sample){ .version = version };
	sample_add(p, sample_dst, MAC_LEN);
	sample_add(p, sample_src, MAC_LEN);
	while (tags--)
		sample_add(p, tag[tags], 4);
	sample_add(p, version == 4 ? "\x08\x00" : "\x86\xdd", 2);
	p->at = p->len;
	p->next = p->at + 6;
	header[0] = (uint8_t)(version << 4);
	memcpy(header + (version == 4 ? 12 : 8), version == 4 ? sample_ip4[0] : sample_ip6[0], version == 4 ? 4 : 16);
	memcpy(header + (version == 4 ? 16 : 24), version == 4 ? sample_ip4[1] : sample_ip6[1], version == 4 ? 4 : 16);
	header[version == 4 ? 8 : 7] = 64;
	sample_add(p, header, version == 4 ? 20 : 40);
	p->payload = p->len;
}
/* IPv4: n bytes of options, a multiple of 4. */
static inline void sample_options(struct sample *p, size_t n)
{
	memset(p->bytes + p->len, 1, n);
	p->len += n;
	p->payload = p->len;
}
/* IPv6: an extension header of 8 * (1 + more) bytes. */
static inline void sample_extension(struct sample *p, uint8_t kind, uint8_t more)
{
	p->bytes[p->next] = kind;
	p->next = p->len;
	memset(p->bytes + p->len, 0, 8 * (1u + more));
	p->bytes[p->len + 1] = kind == 44 ? 0 : more;
	p->len += 8 * (1u + more);
	p->payload = p->len;
}

/* Sum of 16-bit words, byte by byte. */
static inline uint32_t plain_sum(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}
/* Of what the IP packet carries, with its pseudo-header: 0xffff when its checksum is right. */
static inline uint32_t payload_sum(const uint8_t *frame, size_t at, size_t payload, size_t end, uint8_t protocol)
{
	bool v4 = frame[at] >> 4 == 4;
	uint8_t rest[4] = { 0, protocol, (uint8_t)((end - payload) >> 8), (uint8_t)(end - payload) };
	uint32_t sum = plain_sum(0, frame + at + (v4 ? 12 : 8), v4 ? 8 : 32);
	return plain_sum(plain_sum(sum, rest, 4), frame + payload, end - payload);
}

/* Lengths, the protocol, the checksum of an IPv4 header. */
static inline void sample_end(struct sample *p, uint8_t protocol)
{
	uint8_t *ip = p->bytes + p->at;
	if (p->version == 6) {
		put_be16(ip + 4, (uint16_t)(p->len - p->at - 40));
		p->bytes[p->next] = protocol;
		return;
	}
	ip[0] = (uint8_t)(0x40 | (p->payload - p->at) / 4);
	ip[9] = protocol;
	put_be16(ip + 2, (uint16_t)(p->len - p->at));
	put_be16(ip + 10, 0);
	put_be16(ip + 10, (uint16_t)~plain_sum(0, ip, p->payload - p->at));
}
static inline void sample_tcp_checksum(struct sample *p)
{
	uint8_t *checksum = p->bytes + p->payload + 16;
	put_be16(checksum, 0);
	put_be16(checksum, (uint16_t)~payload_sum(p->bytes, p->at, p->payload, p->len, PROTOCOL_TCP));
}

/* A copy that is exactly as long, so that the sanitizer sees a look beyond; to be freed. */
static inline uint8_t *exactly(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	return copy;
}

#endif
