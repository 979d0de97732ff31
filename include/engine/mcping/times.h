/* Round trips: least, mean, greatest and percentiles, of any number of values in fixed memory.  A percentile is
 * at most 1/32 too high, and never beyond the greatest value.
 */
#ifndef MCPING_TIMES_H
#define MCPING_TIMES_H

#include "core/bytes.h"

enum { TIMES_FINE = 32, TIMES_BITS = 40, TIMES_SLOTS = (TIMES_BITS - 4) * TIMES_FINE };

struct times {                          /* all zero: none */
	uint64_t n, sum, least, most;   /* nanoseconds */
	uint32_t slots[TIMES_SLOTS];
};

void times_add(struct times *t, uint64_t ns);
uint64_t times_mean(const struct times *t);
/* The value that percent of all are not above (nearest rank); 0: there is none. */
uint64_t times_percentile(const struct times *t, unsigned percent);

#endif
