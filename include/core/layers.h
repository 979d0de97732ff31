/* The headers of a frame, found once: Ethernet with up to two VLAN tags, IPv4 with options or IPv6 with extension
 * headers, TCP or UDP.  Read-only, and never looks beyond the frame.
 */
#ifndef CORE_LAYERS_H
#define CORE_LAYERS_H

#include "core/addr.h"

enum { ETH_HEADER_LEN = 14, ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };
enum {
	/* Where fields stand, counted from ip and transport. */
	IPV4_TOTAL_LEN = 2, IPV4_ID = 4, IPV4_FRAGMENT = 6, IPV4_CHECKSUM = 10, IPV4_ADDRESSES = 12, IPV4_MIN = 20,
	IPV6_PAYLOAD_LEN = 4, IPV6_ADDRESSES = 8, IPV6_MIN = 40,
	TCP_SEQ = 4, TCP_FLAGS = 13, TCP_CHECKSUM = 16, TCP_MIN = 20,
	UDP_LEN = 4, UDP_CHECKSUM = 6, UDP_MIN = 8
};
enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_CWR = 128 };
enum { IP6_MTU_MIN = 1280 };    /* bytes: packets so long IPv6 sends whatever it is told (RFC 8200, 5) */

struct layers {
	const uint8_t *dst, *src;       /* MACs */
	uint16_t ethertype;             /* behind VLAN tags */
	uint8_t tags_len;               /* bytes of VLAN tags, behind the MACs: 0, 4 or 8 */
	uint8_t protocol;               /* PROTOCOL_*, or any other: what stands behind all headers of IP */
	bool ipv4, ipv6;                /* a sound IP header: what follows is set */
	bool fragment;                  /* the first or a later one */
	bool later_fragment;            /* what it carries has no header here */
	bool rerouted;                  /* an IPv6 routing header: the header's destination is not the last */
	bool ports;                     /* TCP or UDP, no later fragment: the ports are set */
	uint16_t src_port, dst_port;
	struct rd payload;              /* all behind the ethertype, to the end of what can be looked at */
	const uint8_t *ip;
	size_t ip_len, ip_total;        /* bytes of the IP header with all that extends it; of the packet */
	size_t padding;                 /* bytes of the frame behind the IP packet */
	/* NULL: no TCP or UDP, a fragment, or a header that is unsound or not whole. */
	const uint8_t *transport, *data;
	size_t transport_len, data_len; /* data: what TCP or UDP carries, as IP says */
};

/* False: shorter than an Ethernet header. */
MUST_CHECK bool layers_view(struct layers *l, const uint8_t *frame, size_t len);
/* The same for a frame of len bytes whose first head_len alone lie at head: all headers do. */
MUST_CHECK bool layers_view_head(struct layers *l, const uint8_t *head, size_t head_len, size_t len);

/* Where the UDP datagram in it comes from; false: it is none, or no first fragment. */
MUST_CHECK bool layers_udp_source(const struct layers *l, struct addr *out);

/* Bytes up to what the ethertype names. */
static inline size_t layers_link_len(const struct layers *l) { return (size_t)ETH_HEADER_LEN + l->tags_len; }
/* The VLAN of the outermost tag; 0: none, or a tag for the priority alone. */
static inline uint16_t layers_vlan(const struct layers *l)
{
	return l->tags_len ? get_be16(l->src + MAC_LEN + 2) & 0x0fff : 0;
}
/* Source, and behind it destination. */
static inline const uint8_t *layers_addresses(const struct layers *l)
{
	return l->ip + (l->ipv6 ? IPV6_ADDRESSES : IPV4_ADDRESSES);
}
static inline size_t layers_addresses_len(const struct layers *l) { return l->ipv6 ? 32 : 8; }
static inline const uint8_t *layers_destination(const struct layers *l)
{
	return layers_addresses(l) + layers_addresses_len(l) / 2;
}
static inline bool layers_is_syn(const struct layers *l)
{
	return l->transport && l->protocol == PROTOCOL_TCP && (l->transport[TCP_FLAGS] & TCP_SYN);
}
/* Bytes of all headers, where there is a transport. */
static inline size_t layers_headers_len(const struct layers *l)
{
	return layers_link_len(l) + l->ip_len + l->transport_len;
}

#endif
