/* When a probe is due, which of them ask for an answer, and how many answers a listener gives.  Times are
 * nanoseconds.
 */
#ifndef MCPING_PACE_H
#define MCPING_PACE_H

#include "core/bucket.h"

enum {
	PACE_PER_UNIT = 1000,           /* rates of the sender are in thousandths per second */
	PACE_BEHIND_NS = 10000000,      /* who is later than that does not catch up: it would be a burst */
	PACE_ANSWERS = 2000,            /* per second: what a sender asks for, of all listeners together */
	PACE_LISTENER_ANSWERS = 4000    /* per second: what a listener gives, to all senders together */
};

struct pace { uint64_t next, interval, rest, per, part; };

/* rate: in 1/PACE_PER_UNIT per second, not 0; the first is due at now. */
struct pace pace_from(uint64_t now, uint32_t rate);
bool pace_due(const struct pace *p, uint64_t now);
void pace_take(struct pace *p, uint64_t now);           /* one has left */

/* One of how many probes wants an answer, so that the answers stay below PACE_ANSWERS. */
uint32_t pace_every(uint32_t rate, size_t listeners);
/* Is seq one of them?  Spread by chance, so that it is not always the first of a burst that is measured. */
bool pace_wants_answer(uint64_t run, uint32_t seq, uint32_t every);

struct bucket pace_answers(uint64_t now);        /* what a listener gives, from now on */

#endif
