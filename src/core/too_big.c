#include "core/too_big.h"
#include "core/checksum.h"

enum {
	ICMP_HEADER_LEN = 8,
	IP4_ANSWER_MAX = 576,           /* RFC 1812, 4.3.2.3 */
	IP4_DONT_FRAGMENT = 0x4000,
	INTERNETWORK_CONTROL = 0xc0,    /* TOS: RFC 1812, 4.3.2.5 */
	HOPS = 64
};
enum icmp_type { ICMP_UNREACHABLE = 3, ICMP_SOURCE_QUENCH = 4, ICMP_REDIRECT = 5, ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12 };
enum { ICMP_FRAGMENTATION_NEEDED = 4 };         /* code of ICMP_UNREACHABLE */
enum { ICMP6_PACKET_TOO_BIG = 2, ICMP6_REDIRECT = 137 };

/* One host: not 0.0.0.0/8, 127.0.0.0/8, a group, reserved or broadcast. */
static bool is_ip4_host(const uint8_t ip[static 4]) { return ip[0] && ip[0] != 127 && ip[0] < 224; }

static bool is_ip6_host(const uint8_t ip[static 16])
{
	static const uint8_t zeros[15];
	return ip[0] != 0xff && (memcmp(ip, zeros, sizeof(zeros)) || ip[15] > 1);       /* ::, ::1 */
}

static bool is_ip4_error(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

/* RFC 4443, 2.4: neither about an error, whose types are below 128, nor about a redirect. */
static bool is_ip6_error(uint8_t type) { return type < 128 || type == ICMP6_REDIRECT; }

/* A message whose type is not there is taken for an error. */
static bool is_icmp_error(const struct layers *l, const struct burst_frame *f)
{
	if (l->protocol != (l->ipv4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6))
		return false;
	size_t at = layers_link_len(l) + l->ip_len;
	if (l->ip_len == l->ip_total || at >= f->head_len)
		return true;
	uint8_t type = f->head[at];
	return l->ipv4 ? is_ip4_error(type) : is_ip6_error(type);
}

/* Is the sender of this packet to be told of an MTU? */
static bool is_answered(const struct layers *l, const struct burst_frame *f)
{
	const uint8_t *src = layers_addresses(l), *dst = layers_destination(l);
	if (l->later_fragment || is_icmp_error(l, f))
		return false;
	if (l->ipv6)
		return is_ip6_host(src) && is_ip6_host(dst);
	return (get_be16(l->ip + IPV4_FRAGMENT) & IP4_DONT_FRAGMENT) && is_ip4_host(src) && is_ip4_host(dst);
}

/* The packet that did not fit, as far as the answer has room for it. */
static size_t quote(struct wr *w, const struct layers *l, const struct burst_frame *f, size_t answer_max)
{
	size_t headers = (l->ipv4 ? IPV4_MIN : IPV6_MIN) + ICMP_HEADER_LEN;
	size_t n = smaller(l->ip_total, answer_max - headers);
	size_t from_head = smaller(n, f->head_len - layers_link_len(l));
	wr_bytes(w, l->ip, from_head);
	if (n > from_head)
		wr_bytes(w, f->body, n - from_head);
	return ICMP_HEADER_LEN + n;
}

static size_t put_ip4(uint8_t *packet, const struct layers *l, const struct burst_frame *f, size_t mtu)
{
	uint8_t *icmp = packet + IPV4_MIN;
	struct wr w = wr_of(packet, IP4_ANSWER_MAX);
	wr_u8(&w, 0x45);
	wr_u8(&w, INTERNETWORK_CONTROL);
	wr_zero(&w, 4);                         /* length; identification, which means nothing with DF */
	wr_u16(&w, IP4_DONT_FRAGMENT);
	wr_u8(&w, HOPS);
	wr_u8(&w, PROTOCOL_ICMP);
	wr_zero(&w, 2);
	wr_bytes(&w, layers_destination(l), 4);
	wr_bytes(&w, layers_addresses(l), 4);
	wr_u8(&w, ICMP_UNREACHABLE);
	wr_u8(&w, ICMP_FRAGMENTATION_NEEDED);
	wr_zero(&w, 4);
	wr_u16(&w, (uint16_t)smaller(mtu, UINT16_MAX));
	size_t icmp_len = quote(&w, l, f, IP4_ANSWER_MAX);
	put_be16(icmp + 2, checksum_fold(checksum_add(0, icmp, icmp_len)));
	put_be16(packet + 2, (uint16_t)(IPV4_MIN + icmp_len));
	put_be16(packet + 10, checksum_fold(checksum_add(0, packet, IPV4_MIN)));
	return IPV4_MIN + icmp_len;
}

/* With the pseudo-header of RFC 8200, 8.1. */
static uint16_t icmp6_checksum(const uint8_t *packet, size_t icmp_len)
{
	uint8_t rest[8] = { 0 };
	put_be32(rest, (uint32_t)icmp_len);
	rest[7] = PROTOCOL_ICMP6;
	uint64_t sum = checksum_add(0, packet + 8, 32);
	sum = checksum_add(sum, rest, sizeof(rest));
	return checksum_fold(checksum_add(sum, packet + IPV6_MIN, icmp_len));
}

static size_t put_ip6(uint8_t *packet, const struct layers *l, const struct burst_frame *f, size_t mtu)
{
	struct wr w = wr_of(packet, IP6_MTU_MIN);
	wr_u32(&w, 0x60000000);
	wr_zero(&w, 2);
	wr_u8(&w, PROTOCOL_ICMP6);
	wr_u8(&w, HOPS);
	wr_bytes(&w, layers_destination(l), 16);
	wr_bytes(&w, layers_addresses(l), 16);
	wr_u8(&w, ICMP6_PACKET_TOO_BIG);
	wr_zero(&w, 3);
	wr_u32(&w, (uint32_t)mtu);
	size_t icmp_len = quote(&w, l, f, IP6_MTU_MIN);
	put_be16(packet + 4, (uint16_t)icmp_len);
	put_be16(packet + IPV6_MIN + 2, icmp6_checksum(packet, icmp_len));
	return IPV6_MIN + icmp_len;
}

size_t too_big_answer(uint8_t out[static TOO_BIG_LEN], const struct burst_frame *f, const struct layers *l, size_t room)
{
	if (mac_is_group(l->dst) || mac_is_group(l->src) || (!l->ipv4 && !l->ipv6) || !is_answered(l, f))
		return 0;
	size_t at = layers_link_len(l), mtu = room > at ? room - at : 0;
	if (l->ipv6 && mtu < IP6_MTU_MIN)
		mtu = IP6_MTU_MIN;
	if (l->ip_total <= mtu)
		return 0;
	memcpy(out, l->src, MAC_LEN);
	memcpy(out + MAC_LEN, l->dst, MAC_LEN);
	memcpy(out + 2 * MAC_LEN, f->head + 2 * MAC_LEN, at - 2 * MAC_LEN);
	return at + (l->ipv4 ? put_ip4 : put_ip6)(out + at, l, f, mtu);
}
