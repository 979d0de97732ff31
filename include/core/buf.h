/* A frame or datagram with room around it, so that headers are pushed and sealed in place.
 * The rim owns the memory for one turn of the loop; an engine borrows it during a call.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/bytes.h"

enum {
	BUF_HEADROOM = 128,     /* bytes: the longest header is 38 + 20, the rest is for ciphers */
	BUF_TAILROOM = 64,
	BUF_FRAME_MAX = 9216 + 22,      /* bytes: a jumbo frame with two VLAN tags */
	BUF_SIZE = BUF_HEADROOM + BUF_FRAME_MAX + BUF_TAILROOM
};

struct buf {
	uint8_t *data;          /* first byte of the contents */
	size_t len;             /* bytes of contents */
	uint8_t *start, *end;   /* the memory around it */
};

/* The contents start BUF_HEADROOM into mem (where size allows) and are empty. */
static inline struct buf buf_of(uint8_t *mem, size_t size)
{
	size_t head = size < BUF_HEADROOM ? size : BUF_HEADROOM;
	return (struct buf){ mem + head, 0, mem, mem + size };
}
static inline size_t buf_tailroom(const struct buf *b)
{
	return (size_t)(b->end - b->data) - b->len;
}
/* Grows the contents by n bytes at the front; NULL: no room. */
static inline uint8_t *buf_push(struct buf *b, size_t n)
{
	if (n > (size_t)(b->data - b->start))
		return NULL;
	b->data -= n;
	b->len += n;
	return b->data;
}
/* Drops n bytes at the front; false: there are fewer. */
static inline bool buf_pull(struct buf *b, size_t n)
{
	if (n > b->len)
		return false;
	b->data += n;
	b->len -= n;
	return true;
}

#endif
