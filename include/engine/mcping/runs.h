/* What a listener got: one record for each run of a sender, and one for each sender of anything else.  Strangers
 * fill it, so it has a limit: who was not heard for longest makes room.
 *
 *	runs_new -> run_of, run_probe ... -> runs_free
 */
#ifndef MCPING_RUNS_H
#define MCPING_RUNS_H

#include "core/addr.h"
#include "engine/mcping/wire.h"

enum { RUNS_MAX = 256, RUNS_WINDOW = 1 << 18 };         /* 32 KiB each, for 5 s at 50,000 per second */

struct run {
	struct addr from;               /* where it was heard first */
	bool foreign;                   /* not of mcping: only received counts */
	uint64_t id;
	uint64_t heard;                 /* when, by the caller's clock */
	struct mcping_counts counts;
	uint32_t first;                 /* lowest seq that came */
	uint32_t sent;                  /* as the sender said at its end; 0: not yet */
	uint32_t late;                  /* too late to tell whether they were duplicates */
	struct seen *seen;
};

struct runs;

struct runs *runs_new(void);                            /* NULL: no memory */
void runs_free(struct runs *rs);
/* The record of that run, whatever address it comes from, or foreign: of that sender; made if need be (then *is_new); valid until the next call.  NULL: no memory. */
struct run *run_of(struct runs *rs, const struct addr *from, bool foreign, uint64_t id, uint64_t now, bool *is_new);
bool run_probe(struct run *r, uint32_t seq);            /* true: it came for the first time */
/* Since the first that came: who joins later has lost nothing. */
uint32_t run_lost(const struct run *r);

size_t runs_count(const struct runs *rs);
const struct run *runs_at(const struct runs *rs, size_t i);     /* in the order of their first datagram */
uint64_t runs_forgotten(const struct runs *rs);

#endif
