#include "core/arp.h"

enum { HARDWARE_ETHERNET = 1, IPV4_LEN = 4 };
enum arp_operation { ARP_REQUEST = 1, ARP_REPLY = 2 };

/* All of an ARP message up to the sender's MAC; the caller goes on with the sender's IPv4 address, the
 * target's MAC and IPv4 address. */
static struct wr begin_arp(uint8_t out[static ARP_FRAME_LEN], const uint8_t dst[static MAC_LEN],
                           const uint8_t src[static MAC_LEN], enum arp_operation operation)
{
	struct wr w = wr_of(out, ARP_FRAME_LEN);
	wr_bytes(&w, dst, MAC_LEN);
	wr_bytes(&w, src, MAC_LEN);
	wr_u16(&w, ETHERTYPE_ARP);
	wr_u16(&w, HARDWARE_ETHERNET);
	wr_u16(&w, ETHERTYPE_IPV4);
	wr_u8(&w, MAC_LEN);
	wr_u8(&w, IPV4_LEN);
	wr_u16(&w, (uint16_t)operation);
	wr_bytes(&w, src, MAC_LEN);
	return w;
}

void arp_gratuitous(uint8_t out[static ARP_FRAME_LEN], const uint8_t mac[static MAC_LEN],
                        const uint8_t ip[static 4])
{
	static const uint8_t broadcast[MAC_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct wr w = begin_arp(out, broadcast, mac, ARP_REPLY);
	wr_bytes(&w, ip, IPV4_LEN);
	wr_bytes(&w, broadcast, MAC_LEN);
	wr_bytes(&w, ip, IPV4_LEN);
}

void arp_probe(uint8_t out[static ARP_FRAME_LEN], const uint8_t dst[static MAC_LEN],
                   const uint8_t src[static MAC_LEN], const uint8_t target[static 4])
{
	struct wr w = begin_arp(out, dst, src, ARP_REQUEST);
	wr_zero(&w, IPV4_LEN + MAC_LEN);
	wr_bytes(&w, target, IPV4_LEN);
}
