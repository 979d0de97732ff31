/* Which numbers of a sequence came: the first time, again, or out of order.  Remembers the last `window` of them
 * in fixed memory, a bit each; what is older than that cannot be told from a duplicate, and counts as not come.
 */
#ifndef MCPING_SEEN_H
#define MCPING_SEEN_H

#include "core/bytes.h"

enum seen_result { SEEN_IN_ORDER, SEEN_REORDERED, SEEN_AGAIN, SEEN_TOO_OLD };

struct seen;

struct seen *seen_new(uint32_t window);         /* a power of two, at least 64; NULL: no memory */
void seen_free(struct seen *s);                 /* NULL is fine */
/* seq < 2^32 - 1 */
enum seen_result seen_add(struct seen *s, uint32_t seq);
uint32_t seen_next(const struct seen *s);       /* highest + 1; 0: none came */

#endif
