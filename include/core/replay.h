/* Which counters have been seen: a window that slides over the highest ones (RFC 6479, without its rotation by
 * bits).  Look before a message is opened, mark after it was.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include <stddef.h>
#include "core/bytes.h"

/* words times 64 bits, of which one word is always being cleared: the window is 64 narrower.  A power of 2. */
struct replay { uint64_t next, *seen; size_t words; };  /* next: one above the highest that was seen */

enum { REPLAY_WORDS = 256, REPLAY_WINDOW = (REPLAY_WORDS - 1) * 64 };

/* seen: the caller's, words long. */
void replay_init(struct replay *r, uint64_t *seen, size_t words);
/* Neither seen nor too old. */
MUST_CHECK bool replay_fresh(const struct replay *r, uint64_t counter);
/* False, and nothing has changed: it is not fresh. */
MUST_CHECK bool replay_mark(struct replay *r, uint64_t counter);

#endif
