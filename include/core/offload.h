/* What a TAP says of a frame beside its bytes: struct virtio_net_hdr (linux/virtio_net.h; TUNSETVNETHDRSZ,
 * Linux 2.6.27), as a value.  With OFFLOAD_TCP4, OFFLOAD_TCP6 and OFFLOAD_UDP the frame is a super-frame: one set of
 * headers and the payload of many frames, to be cut into frames of segment_len bytes of payload each, the last
 * one shorter perhaps.
 */
#ifndef CORE_OFFLOAD_H
#define CORE_OFFLOAD_H

#include "core/bytes.h"

enum offload_kind {
	OFFLOAD_NONE,           /* a frame as it is */
	OFFLOAD_TCP4, OFFLOAD_TCP6,     /* VIRTIO_NET_HDR_GSO_TCPV4, _TCPV6 */
	OFFLOAD_UDP             /* VIRTIO_NET_HDR_GSO_UDP_L4, IPv4 and IPv6, Linux 6.2 */
};
struct offload {
	uint8_t kind;           /* enum offload_kind */
	bool ecn;               /* TCP with CWR set: the first frame only keeps it (VIRTIO_NET_HDR_GSO_ECN) */
	bool checksum;          /* the checksum at csum_start + csum_offset holds the sum of the pseudo header only and
	                         * is to be completed over the bytes from csum_start on (VIRTIO_NET_HDR_F_NEEDS_CSUM) */
	uint16_t header_len;    /* bytes of all headers, as the kernel says: a hint */
	uint16_t segment_len;   /* bytes of payload per frame; 0 with OFFLOAD_NONE */
	uint16_t csum_start, csum_offset;
};

enum { OFFLOAD_FRAME_MAX = 14 + 8 + 65535 };    /* bytes of a super-frame at most: Ethernet, two tags, an IP packet */

#endif
