/* A token bucket: n tokens in so much time, in whatever units the caller's clock counts, and room for a burst of them.
 *
 *	struct bucket r = bucket_of(20000, 1000, 20000, now);
 *	passes = bucket_take(&r, now, frames);
 */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include "core/bytes.h"

struct bucket {
	uint64_t n, every;      /* n 0: no limit */
	uint64_t burst;         /* most tokens that wait */
	uint64_t have;          /* tokens times every, so that none is lost to rounding */
	uint64_t since;
};

/* Full at first.  burst * every and n * every must stay below 2^62. */
struct bucket bucket_of(uint64_t n, uint64_t every, uint64_t burst, uint64_t now);
/* How many of those wanted there are tokens for: they are taken. */
MUST_CHECK size_t bucket_take(struct bucket *r, uint64_t now, size_t wanted);
MUST_CHECK bool bucket_take_all(struct bucket *r, uint64_t now, size_t wanted);        /* false: none is taken */
MUST_CHECK bool bucket_has(struct bucket *r, uint64_t now);    /* a token at least */

#endif
