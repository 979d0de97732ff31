/* Frames and datagrams in bursts: what one turn of the rim finds, handed to an engine at once, so that what is the
 * same for all of them (where they go, by which header) is decided once.
 */
#ifndef CORE_BURST_H
#define CORE_BURST_H

#include "core/bytes.h"

enum { BURST_MAX = 64 };        /* frames in one send_burst(): what UDP_SEGMENT takes (Linux 4.18) */

/* A frame in one piece (body_len 0), or one cut from a super-frame: headers of its own up to TCP or UDP, and payload
 * elsewhere. */
struct burst_frame {
	uint8_t *head;
	const uint8_t *body;
	size_t head_len, body_len;
};
static inline size_t burst_frame_len(const struct burst_frame *f) { return f->head_len + f->body_len; }

/* Frames that go the same way, all of one length but for the last, which may be shorter. */
struct burst {
	const struct burst_frame *frame;
	size_t n, bytes;        /* at least 1; bytes of all */
};

/* What is put in front of each of them: the header of a PACKET. */
enum { BURST_HEADER_MAX = 64 };
struct burst_header {
	size_t len;
	uint8_t bytes[BURST_HEADER_MAX];
};

/* Datagrams from one endpoint, back to back: each of them that long, but for the last, which may be shorter. */
struct train {
	uint8_t *data;
	size_t len, each;
};

/* How the frames of one flow are known: bytes of the first frame that all others must share. */
struct burst_flow {
	size_t link_len;        /* Ethernet header and VLAN tags; 0: this frame goes alone */
	bool ipv6;
};

/* Is a frame like this one followed by others of its flow: TCP (no SYN) or UDP, no fragment, no IPv4 options, no
 * IPv6 extension headers, at most two VLAN tags?  head: its first head_len of len bytes. */
struct burst_flow burst_flow_of(const uint8_t *head, size_t head_len, size_t len);
/* Is b of the flow of a: the same MACs, tags, addresses, protocol and ports? */
bool burst_same_flow(const struct burst_flow *flow, const uint8_t *a, const uint8_t *b, size_t b_head_len, size_t b_len);
/* The burst that frames begin with: one flow, one length.  n at least 1; result->n at most BURST_MAX. */
void burst_first(struct burst *result, const struct burst_frame *frames, size_t n);

#endif
