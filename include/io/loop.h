/* The event loop: epoll, signals as events, one clock read per turn.
 *
 *	struct loop *lp = loop_new();           after the last fork(): the signals are those of this process
 *	loop_add(lp, fd, LOOP_READ, ready, ctx); loop_signal(lp, SIGTERM, asked, ctx);
 *	for (uint64_t due = 0; !loop_stopped(lp); ) {
 *		uint64_t now = loop_wait(lp, due);      runs the handlers of what is ready
 *		due = engine_tick(e, now);
 *		udp_flush(sock);
 *	}
 *	loop_free(lp);
 *
 * Fair: level-triggered, and each ready descriptor is served once per turn; a handler takes a bounded
 * batch and returns, what is left is found in the next turn.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "core/bytes.h"

enum { LOOP_FDS_MAX = 64 };
enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };         /* LOOP_ERROR: always told, never asked for */

struct loop;

/* The clock of the daemons: milliseconds since boot, time asleep included, so that what expired while the
 * host was suspended is seen as expired when it wakes up.  Never 0.  For start-up, before the first turn;
 * everything later uses what loop_wait() returned. */
uint64_t loop_now(void);

/* NULL with errno.  SIGPIPE is ignored from here on. */
MUST_CHECK struct loop *loop_new(void);
/* Closes nothing but its own descriptors.  The signals stay blocked. */
void loop_free(struct loop *lp);

/* Calls ready(ctx, now, LOOP_* bits) when the descriptor is.  The caller keeps the descriptor and removes it
 * before closing it.  -1 with errno: EEXIST: it is in already; ENOSPC: LOOP_FDS_MAX are. */
MUST_CHECK int loop_add(struct loop *lp, int fd, unsigned events,
                        void (*ready)(void *ctx, uint64_t now, unsigned events), void *ctx);
/* Waits for other events from now on; 0: errors only. */
void loop_change(struct loop *lp, int fd, unsigned events);
/* Not called any more, not even later in this turn.  A descriptor that is not in is no error. */
void loop_remove(struct loop *lp, int fd);

/* Signals become events: fn(ctx, now, signo), one call for what came in one turn.  Blocks the signal for this
 * thread and those it starts later.  -1 with errno. */
MUST_CHECK int loop_signal(struct loop *lp, int signo,
                           void (*fn)(void *ctx, uint64_t now, int signo), void *ctx);

/* Sleeps until something is ready or the clock says due (0: does not sleep; UINT64_MAX: no deadline),
 * runs the handlers and returns the time that they were told. May return early with nothing done. */
uint64_t loop_wait(struct loop *lp, uint64_t due);

/* Calls turned(ctx, now) in each turn before the handlers of what is ready. */
void loop_each_turn(struct loop *lp, void (*turned)(void *ctx, uint64_t now), void *ctx);

/* From now on loop_wait() does not sleep until so long has passed since something was ready; 0: at once. */
void loop_busy_poll(struct loop *lp, unsigned usec);

/* From a handler: so many bytes were carried.  After many more are coming: for the next moments polling comes before
 * sleeping, others first. */
void loop_carried(struct loop *lp, size_t bytes);

/* From a handler: what it did may be answered soon, so polling comes before sleeping once, within bounds.  To wake up
 * takes longer than many an answer. */
void loop_expects_answer(struct loop *lp);

/* From a handler: the turn is finished, then loop_stopped() is true. */
void loop_stop(struct loop *lp);
bool loop_stopped(const struct loop *lp);

#endif
