/* From the bytes of a train to messages, for both engines.  Each datagram is decoded by itself.  PACKETs that follow
 * each other with the same header are one arrival: they come from one edge, for one, by one way, and what is decided
 * for the first holds for all of them.
 *
 *	struct intake in = intake_of(train);
 *	struct arrival a;
 *	while (intake_next(&in, &a)) ...
 */
#ifndef CORE_INTAKE_H
#define CORE_INTAKE_H

#include "core/burst.h"
#include "core/endpoint.h"
#include "core/wire.h"

struct community;               /* what an engine keeps of one */

struct arrival {
	/* the engine's to fill in */
	const struct endpoint *from;
	const struct addr *local;       /* own address that it came to; none: not known */
	struct community *community;    /* NULL: of none that is known here */

	enum wire_error error;          /* other than WIRE_GOOD: nothing below but datagrams and len is set */
	size_t datagrams, len;          /* how many; bytes of the first */
	struct wire_message m;          /* of PACKETs without the payload, which is that of the first */
	struct burst burst;             /* PACKETs: their payloads */
	struct burst_frame frame[BURST_MAX];
};

struct intake {
	struct train rest;
	bool more;
};

static inline struct intake intake_of(const struct train *train) { return (struct intake){ *train, true }; }
/* False: that was the last.  A train has one datagram at least, if an empty one. */
bool intake_next(struct intake *in, struct arrival *a);

#endif
