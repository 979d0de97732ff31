/* One frame in one piece, as most tests write it. */
#ifndef TEST_TAP_FRAME_H
#define TEST_TAP_FRAME_H

#include "io/tap.h"

static inline void tap_write_frame(struct tap *t, const uint8_t *data, size_t len)
{
	struct coalesced one = { .frames = 1, .pieces = 1, .len = len, .piece = { { data, len } } };
	tap_write(t, &one);
}

#endif
