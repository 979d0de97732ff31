/* Cuts a super-frame (core/offload.h) into the frames that a network card with segmentation offload would
 * send: right lengths, IPv4 identifications, sequence numbers, flags (FIN and PSH on the last only, CWR on the
 * first only) and checksums, which are always complete.  TCP over IPv4 and IPv6, UDP over both; behind up to two VLAN
 * tags, IPv4 options, IPv6 extension headers.  The payload is not copied: a frame is a header of its
 * own and bytes of the super-frame.
 *
 *	if (!segment_begin(&s, frame, len, &offload)) drop it;
 *	while (segment_next(&s, header, &payload, &payload_len))
 *		use s.header_len bytes of header and the payload;
 */
#ifndef CORE_SEGMENT_H
#define CORE_SEGMENT_H

#include "core/buf.h"
#include "core/offload.h"

enum { SEGMENT_HEADER_MAX = BUF_FRAME_MAX };    /* bytes: no frame that we carry has more, payload and all */

struct segment {
	const uint8_t *frame;   /* borrowed while it is cut */
	size_t len, header_len; /* header_len: Ethernet up to and with TCP or UDP */
	size_t count;           /* frames that come out, at least 1 */
	/* private to segment.c from here on */
	size_t ip_at, transport_at;
	size_t at, done;        /* next payload, and frames that went out */
	uint16_t segment_len, id;
	uint32_t seq;
	bool tcp, ipv6;
	uint64_t ip_sum, transport_sum;         /* of all that is the same in each frame */
};

/* False: not a super-frame of these kinds, or one whose headers, lengths and offload do not fit together (also one
 * with padding).  Nothing is read beyond len. */
MUST_CHECK bool segment_begin(struct segment *s, const uint8_t *frame, size_t len, const struct offload *o);
/* The next frame: s->header_len bytes into header, and where its payload lies.  False: that was the last. */
MUST_CHECK bool segment_next(struct segment *s, uint8_t *header, const uint8_t **payload, size_t *payload_len);
/* Completes the checksum of a frame that is no super-frame (offload->checksum), in place.  False: the offsets lie
 * outside.  A checksum of 0 becomes 0xffff, which is the same number but in UDP, where 0 means none. */
MUST_CHECK bool segment_checksum(uint8_t *frame, size_t len, const struct offload *o);

#endif
