/* Joins frames that come one after the other in one TCP flow, or are equally long datagrams of one UDP flow, into
 * super-frames (core/offload.h) for a single write to the TAP, as GRO does in the kernel.  Frames of one flow keep
 * their order; frames of different flows need not.  A frame with SYN, RST, URG, ECE or CWR, with IP options or padding
 * is in no super-frame (FIN and PSH may be on its last one), so none has offload.ecn.  Frames that are joined have valid
 * checksums; all others come out as they went in, byte for byte, for the kernel to judge.
 *
 *	coalesce_put(c, frame, len)...; coalesce_flush(c);		out.write() is called in between and at the end
 *
 * The bytes of a frame are borrowed from coalesce_put() to coalesce_flush().
 */
#ifndef CORE_COALESCE_H
#define CORE_COALESCE_H

#include "core/offload.h"

enum { COALESCE_FRAMES_MAX = 64 };      /* in one super-frame; the whole has at most 65535 bytes behind Ethernet */

struct coalesce_piece { const uint8_t *data; size_t len; };
/* A frame or super-frame: all pieces in order.  A super-frame's first piece is its header, rewritten. */
struct coalesced {
	struct offload offload;
	size_t frames;          /* that are in it, at least 1 */
	size_t pieces, len;     /* len: bytes in all pieces */
	struct coalesce_piece piece[COALESCE_FRAMES_MAX + 1];
};
struct coalesce_out {
	void *ctx;
	void (*write)(void *ctx, const struct coalesced *frame);       /* borrowed during the call */
};
/* What may be made: those kinds that the TAP takes. */
struct coalesce_kinds { bool tcp4, tcp6, udp; };

struct coalesce;
struct coalesce *coalesce_new(const struct coalesce_out *out);  /* NULL: no memory; free with coalesce_free */
void coalesce_free(struct coalesce *c);
void coalesce_set_kinds(struct coalesce *c, const struct coalesce_kinds *kinds);        /* none at first */
void coalesce_put(struct coalesce *c, const uint8_t *frame, size_t len);
void coalesce_flush(struct coalesce *c);

#endif
