#include "core/arp.h"
#include "frame.h"

enum { IP_LEN = FRAME_LEN - ETH_HEADER_LEN, PROTOCOL_EXPERIMENT = 253 };
static const uint32_t magic = 0x53696d21;

static uint16_t ip_checksum(const uint8_t header[static 20])
{
	uint32_t sum = 0;
	for (size_t i = 0; i < 20; i += 2)
		sum += get_be16(header + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void frame_put(uint8_t out[static FRAME_LEN], const struct frame *f)
{
	struct wr w = wr_of(out, FRAME_LEN);
	uint8_t *ip = out + ETH_HEADER_LEN;
	wr_bytes(&w, f->dst, MAC_LEN);
	wr_bytes(&w, f->src, MAC_LEN);
	wr_u16(&w, ETHERTYPE_IPV4);
	wr_u16(&w, 0x4500);
	wr_u16(&w, IP_LEN);
	wr_u32(&w, 0);                          /* id, flags, fragment */
	wr_u8(&w, 64);
	wr_u8(&w, PROTOCOL_EXPERIMENT);
	wr_u16(&w, 0);
	wr_bytes(&w, f->ip_src, 4);
	wr_bytes(&w, f->ip_dst, 4);
	put_be16(ip + 10, ip_checksum(ip));
	wr_u32(&w, magic);
	wr_u32(&w, (uint32_t)f->kind);
	wr_u32(&w, f->id);
	wr_zero(&w, (size_t)(w.end - w.at));
}

bool frame_get(struct frame *f, const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	rd_bytes(&r, f->dst, MAC_LEN);
	rd_bytes(&r, f->src, MAC_LEN);
	if (len != FRAME_LEN || rd_u16(&r) != ETHERTYPE_IPV4 || !rd_take(&r, 12))
		return false;
	rd_bytes(&r, f->ip_src, 4);
	rd_bytes(&r, f->ip_dst, 4);
	if (rd_u32(&r) != magic)
		return false;
	f->kind = (enum frame_kind)rd_u32(&r);
	f->id = rd_u32(&r);
	return !r.bad && f->kind < FRAME_KINDS;
}

bool frame_answer_arp(uint8_t out[static ARP_FRAME_LEN], const uint8_t *data, size_t len,
                      const uint8_t ip[static 4], const uint8_t mac[static MAC_LEN])
{
	static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct wr w = wr_of(out, ARP_FRAME_LEN);
	if (len < ARP_FRAME_LEN || get_be16(data + 12) != ETHERTYPE_ARP ||
	    memcmp(data + 14, request, sizeof(request)) || memcmp(data + 38, ip, 4))
		return false;
	wr_bytes(&w, data + 22, MAC_LEN);
	wr_bytes(&w, mac, MAC_LEN);
	wr_u16(&w, ETHERTYPE_ARP);
	wr_bytes(&w, request, 6);
	wr_u16(&w, 2);
	wr_bytes(&w, mac, MAC_LEN);
	wr_bytes(&w, ip, 4);
	wr_bytes(&w, data + 22, 10);
	return true;
}
