/* What is done to a frame between TAP and wire.  One table of operations per transform; null is the
 * only one so far, ciphers come behind the same interface.
 */
#ifndef CORE_TRANSFORM_H
#define CORE_TRANSFORM_H

#include "core/buf.h"

struct transform {
	uint8_t id;             /* enum wire_transform */
	const char *name;
	size_t overhead;        /* bytes that seal adds at most */
	/* In place, head- and tailroom before use; false: cannot, not genuine.  NULL both: bytes stay as they are. */
	bool (*seal)(void *ctx, struct buf *frame);
	bool (*open)(void *ctx, struct buf *payload);
	void *ctx;
};

extern const struct transform transform_null;

#endif
