/* A read-only view of an Ethernet frame: where it goes, and what IPv4 it carries (behind one or two
 * VLAN tags too).  Never looks beyond the frame.
 */
#ifndef CORE_ETH_H
#define CORE_ETH_H

#include "core/addr.h"

enum { ETH_HEADER_LEN = 14, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };

struct eth {
	const uint8_t *dst, *src;       /* inside the frame */
	uint16_t ethertype;             /* behind VLAN tags */
	bool tagged;
	uint8_t tags_len;               /* bytes of VLAN tags, behind the MACs: 0, 4 or 8 */
	struct rd payload;              /* all behind the ethertype, to the end of the frame */
	bool ipv4;                      /* a sound IPv4 header: the members below are set */
	uint8_t ip_src[4], ip_dst[4];
	uint8_t protocol;               /* PROTOCOL_*, or any other */
	bool ports;                     /* TCP or UDP, first fragment: the ports are set */
	uint16_t src_port, dst_port;
};

/* Bytes up to what the ethertype names. */
static inline size_t eth_header_len(const struct eth *e) { return (size_t)ETH_HEADER_LEN + e->tags_len; }

/* The outer VLAN; 0: none. */
static inline uint16_t eth_vlan(const struct eth *e)
{
	return e->tags_len ? get_be16(e->src + MAC_LEN + 2) & 0x0fff : 0;
}

/* False: shorter than an Ethernet header.  An IPv4 frame with an unsound header has ipv4 == false. */
MUST_CHECK bool eth_view(struct eth *e, const uint8_t *frame, size_t len);
static inline bool eth_may_be_tcp(const struct eth *e)
{
	return e->ipv4 ? e->protocol == PROTOCOL_TCP : e->ethertype == ETHERTYPE_IPV6;
}
/* The same for a frame of len bytes whose first head_len alone lie at head. */
MUST_CHECK bool eth_view_head(struct eth *e, const uint8_t *head, size_t head_len, size_t len);
/* Bytes up to and with the Ethernet type behind at most two VLAN tags; 0: shorter than that. */
size_t eth_link_len(const uint8_t *frame, size_t len);

enum { ETH_ARP_LEN = 42 };
/* A gratuitous ARP reply as n2n sends it (castnet(7), vector null-08): broadcast, operation 2. */
void eth_gratuitous_arp(uint8_t out[static ETH_ARP_LEN], const uint8_t mac[static MAC_LEN], const uint8_t ip[static 4]);
/* "Who has target?", sent to one MAC, from an address probe (sender protocol address 0, RFC 5227). */
void eth_arp_probe(uint8_t out[static ETH_ARP_LEN], const uint8_t dst[static MAC_LEN],
                   const uint8_t src[static MAC_LEN], const uint8_t target[static 4]);

#endif
