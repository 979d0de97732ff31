/* Frames and datagrams in bursts: what one turn of the rim finds, handed to an engine at once, so that what is the
 * same for all of them (where they go, by which header) is decided once.
 */
#ifndef CORE_BURST_H
#define CORE_BURST_H

#include "core/layers.h"

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

/* The burst that frames begin with: one flow, one length.  n at least 1; result->n at most BURST_MAX.  l: the headers of
 * its first frame.  False: that one has no Ethernet header, and goes alone. */
MUST_CHECK bool burst_first(struct burst *result, struct layers *l, const struct burst_frame *frames, size_t n);

#endif
