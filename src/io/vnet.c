#include "io/vnet.h"

enum { NEEDS_CSUM = 1 };        /* flags */
enum { GSO_NONE = 0, GSO_TCPV4 = 1, GSO_TCPV6 = 4, GSO_UDP_L4 = 5, GSO_ECN = 0x80 };    /* gso_type */

struct header {
	uint8_t flags, gso_type;
	uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
_Static_assert(sizeof(struct header) == VNET_LEN, "struct virtio_net_hdr");

bool vnet_get(struct offload *o, const uint8_t bytes[static VNET_LEN])
{
	static const uint8_t kinds[] = {
		[GSO_NONE] = OFFLOAD_NONE, [GSO_TCPV4] = OFFLOAD_TCP4, [GSO_TCPV6] = OFFLOAD_TCP6, [GSO_UDP_L4] = OFFLOAD_UDP
	};
	struct header h;
	memcpy(&h, bytes, sizeof(h));
	uint8_t type = h.gso_type & (uint8_t)~GSO_ECN;
	*o = (struct offload){
		.kind = type < sizeof(kinds) ? kinds[type] : OFFLOAD_NONE, .ecn = h.gso_type & GSO_ECN,
		.checksum = h.flags & NEEDS_CSUM, .header_len = h.hdr_len, .segment_len = h.gso_size,
		.csum_start = h.csum_start, .csum_offset = h.csum_offset,
	};
	return type == GSO_NONE || o->kind != OFFLOAD_NONE;
}

void vnet_put(uint8_t bytes[static VNET_LEN], const struct offload *o)
{
	static const uint8_t types[] = {
		[OFFLOAD_NONE] = GSO_NONE, [OFFLOAD_TCP4] = GSO_TCPV4, [OFFLOAD_TCP6] = GSO_TCPV6, [OFFLOAD_UDP] = GSO_UDP_L4
	};
	struct header h = {
		.flags = o->checksum ? NEEDS_CSUM : 0, .gso_type = (uint8_t)(types[o->kind] | (o->ecn ? GSO_ECN : 0)),
		.hdr_len = o->header_len, .gso_size = o->segment_len, .csum_start = o->csum_start,
		.csum_offset = o->csum_offset,
	};
	memcpy(bytes, &h, sizeof(h));
}
