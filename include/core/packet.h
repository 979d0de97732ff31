/* Where the parts of a TCP or UDP packet lie in an Ethernet frame: behind up to two VLAN tags, IPv4 options or IPv6
 * extension headers.  Never looks beyond the frame.
 */
#ifndef CORE_PACKET_H
#define CORE_PACKET_H

#include "core/bytes.h"

enum {
	PACKET_TCP = 6, PACKET_UDP = 17,
	/* Where fields stand, counted from p->ip and p->transport. */
	IPV4_TOTAL_LEN = 2, IPV4_ID = 4, IPV4_FRAGMENT = 6, IPV4_CHECKSUM = 10, IPV4_ADDRESSES = 12, IPV4_MIN = 20,
	IPV6_PAYLOAD_LEN = 4, IPV6_ADDRESSES = 8, IPV6_MIN = 40,
	TCP_SEQ = 4, TCP_FLAGS = 13, TCP_CHECKSUM = 16, TCP_MIN = 20,
	UDP_LEN = 4, UDP_CHECKSUM = 6, UDP_MIN = 8
};
enum packet_tcp_flags { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_CWR = 128 };

struct packet {
	const uint8_t *ip, *transport, *payload;        /* inside the frame */
	size_t link_len;                /* Ethernet and tags */
	size_t ip_len, transport_len;   /* bytes of the IPv4 or IPv6 header with all that extends it, and of TCP or UDP */
	size_t payload_len;             /* as IP says */
	size_t padding;                 /* bytes of the frame behind the IP packet */
	uint8_t protocol;               /* PACKET_TCP or PACKET_UDP */
	bool ipv6;
	bool rerouted;                  /* an IPv6 routing header: the header's destination is not the last */
};

/* False: no TCP or UDP, a fragment, or headers that are unsound or not whole. */
MUST_CHECK bool packet_view(struct packet *p, const uint8_t *frame, size_t len);

static inline const uint8_t *packet_addresses(const struct packet *p)
{
	return p->ip + (p->ipv6 ? IPV6_ADDRESSES : IPV4_ADDRESSES);
}
static inline size_t packet_addresses_len(const struct packet *p) { return p->ipv6 ? 32 : 8; }
static inline size_t packet_header_len(const struct packet *p) { return p->link_len + p->ip_len + p->transport_len; }

#endif
