#include "core/segment.h"
#include "core/checksum.h"
#include "core/layers.h"

enum { HEADER_MAX = 60 };      /* bytes: of TCP, or of IPv4 */

/* Headers and offload are of one kind, and the checksum is the one of that kind. */
static bool is_consistent(const struct layers *p, const struct offload *o)
{
	bool tcp = p->protocol == PROTOCOL_TCP;
	size_t transport_at = layers_link_len(p) + p->ip_len;
	if (o->kind != OFFLOAD_UDP && (!tcp || p->ipv6 != (o->kind == OFFLOAD_TCP6)))
		return false;
	if (o->kind == OFFLOAD_UDP && (tcp || get_be16(p->transport + UDP_LEN) != UDP_MIN + p->data_len))
		return false;
	if (o->checksum)
		return o->csum_start == transport_at && o->csum_offset == (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
	return !p->rerouted;            /* nobody says what the last destination is */
}

/* The sum of the pseudo header without its length.  The kernel's own is taken where there is one: with an IPv6
 * routing header it knows better. */
static uint64_t pseudo_sum(const struct layers *p, const struct offload *o)
{
	const uint8_t *field = p->transport + o->csum_offset;
	if (!o->checksum)
		return checksum_pseudo(layers_addresses(p), layers_addresses_len(p), p->protocol, 0);
	return checksum_word(get_be16(field)) + checksum_word((uint16_t)~(p->transport_len + p->data_len));
}

/* Sums of the headers with 0 where the frames differ; their fields are added again one by one. */
static void sum_constants(struct segment *s, const struct layers *p, const struct offload *o)
{
	uint8_t header[HEADER_MAX];
	memcpy(header, p->transport, p->transport_len);
	if (s->tcp) {
		memset(header + TCP_SEQ, 0, 4);
		put_be16(header + TCP_FLAGS - 1, 0);
		put_be16(header + TCP_CHECKSUM, 0);
	} else {
		put_be16(header + UDP_LEN, 0);
		put_be16(header + UDP_CHECKSUM, 0);
	}
	s->transport_sum = checksum_add(pseudo_sum(p, o), header, p->transport_len);
	if (p->ipv6)
		return;
	memcpy(header, p->ip, p->ip_len);
	put_be16(header + IPV4_TOTAL_LEN, 0);
	put_be16(header + IPV4_ID, 0);
	put_be16(header + IPV4_CHECKSUM, 0);
	s->ip_sum = checksum_add(0, header, p->ip_len);
}

bool segment_begin(struct segment *s, const uint8_t *frame, size_t len, const struct offload *o)
{
	struct layers p;
	if (o->kind == OFFLOAD_NONE || o->kind > OFFLOAD_UDP || !o->segment_len || !layers_view(&p, frame, len) || !p.transport)
		return false;
	size_t header_len = layers_headers_len(&p);
	if (header_len > SEGMENT_HEADER_MAX || p.padding || !is_consistent(&p, o))
		return false;
	*s = (struct segment){
		.frame = frame, .len = len, .header_len = header_len,
		.count = p.data_len ? (p.data_len + o->segment_len - 1u) / o->segment_len : 1,
		.ip_at = layers_link_len(&p), .transport_at = layers_link_len(&p) + p.ip_len, .at = header_len,
		.segment_len = o->segment_len, .tcp = p.protocol == PROTOCOL_TCP, .ipv6 = p.ipv6,
		.id = p.ipv6 ? 0 : get_be16(p.ip + IPV4_ID),
		.seq = p.protocol == PROTOCOL_TCP ? get_be32(p.transport + TCP_SEQ) : 0
	};
	sum_constants(s, &p, o);
	return true;
}

/* bytes: of the frame from its IP header on. */
static void patch_ip(struct segment *s, uint8_t *ip, size_t bytes)
{
	if (s->ipv6) {
		put_be16(ip + IPV6_PAYLOAD_LEN, (uint16_t)(bytes - IPV6_MIN));
		return;
	}
	uint16_t len = (uint16_t)bytes, id = s->id++;
	put_be16(ip + IPV4_TOTAL_LEN, len);
	put_be16(ip + IPV4_ID, id);
	put_be16(ip + IPV4_CHECKSUM, checksum_fold(s->ip_sum + checksum_word(len) + checksum_word(id)));
}

static void patch_tcp(struct segment *s, uint8_t *tcp, size_t payload_len, uint64_t sum)
{
	uint8_t *flags = tcp + TCP_FLAGS;
	if (s->done > 0)
		*flags &= (uint8_t)~TCP_CWR;
	if (s->done + 1 < s->count)
		*flags &= (uint8_t)~(TCP_FIN | TCP_PSH);
	put_be32(tcp + TCP_SEQ, s->seq);
	sum += checksum_word((uint16_t)(s->seq >> 16)) + checksum_word((uint16_t)s->seq);
	sum += checksum_word(get_be16(flags - 1));
	put_be16(tcp + TCP_CHECKSUM, checksum_fold(sum));
	s->seq += (uint32_t)payload_len;
}

/* The length is in the UDP header and in the pseudo header, which is in the sum. */
static void patch_udp(uint8_t *udp, uint16_t len, uint64_t sum)
{
	uint16_t checksum = checksum_fold(sum + checksum_word(len));
	put_be16(udp + UDP_LEN, len);
	put_be16(udp + UDP_CHECKSUM, checksum ? checksum : UINT16_MAX);
}

bool segment_next(struct segment *s, uint8_t *header, const uint8_t **payload, size_t *payload_len)
{
	if (s->done >= s->count)
		return false;
	size_t left = s->len - s->at, n = left < s->segment_len ? left : s->segment_len;
	uint16_t transport_len = (uint16_t)(s->header_len - s->transport_at + n);
	uint64_t sum = checksum_add(s->transport_sum + checksum_word(transport_len), s->frame + s->at, n);
	memcpy(header, s->frame, s->header_len);
	patch_ip(s, header + s->ip_at, s->header_len - s->ip_at + n);
	if (s->tcp)
		patch_tcp(s, header + s->transport_at, n, sum);
	else
		patch_udp(header + s->transport_at, transport_len, sum);
	*payload = s->frame + s->at;
	*payload_len = n;
	s->at += n;
	s->done++;
	return true;
}

bool segment_checksum(uint8_t *frame, size_t len, const struct offload *o)
{
	size_t at = (size_t)o->csum_start + o->csum_offset;
	if (!o->checksum)
		return true;
	if (o->csum_start > len || at + 2 > len)
		return false;
	uint16_t checksum = checksum_fold(checksum_add(0, frame + o->csum_start, len - o->csum_start));
	put_be16(frame + at, checksum ? checksum : UINT16_MAX);
	return true;
}
