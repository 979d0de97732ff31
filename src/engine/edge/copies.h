/* Which payloads have come by two supernodes: each that comes by one is paired with the same bytes that came by the
 * other, once, and within a short time.  What comes twice by the same one is a repetition, and not ours to judge.
 * Bounded: where more wait for their twins than there is room, some twins get through.
 */
#ifndef EDGE_COPIES_H
#define EDGE_COPIES_H

#include "core/bytes.h"
#include "core/hash.h"

enum {
	COPY_MS = 500,                  /* so much longer the way by one supernode may take */
	COPIES_SETS = 512, COPIES_EACH = 16
};

/* A payload whose twin has not come. */
struct copy {
	uint64_t hash, at;              /* at 0: none */
	uint8_t way;                    /* by which supernode it came */
};
struct copies {
	struct copy waiting[COPIES_SETS][COPIES_EACH];
};

/* True: its twin came by the other one. */
MUST_CHECK bool copies_came(struct copies *c, uint64_t now, uint64_t hash, uint8_t way);

#endif
