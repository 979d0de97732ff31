/* What will happen, in order of time; equal times in order of adding, so that a seed always gives the
 * same history.  The queue owns the fake clock: milliseconds that pass only from event to event.
 */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct queue;
/* happens == false: the queue is being freed, only release ctx. */
typedef void queue_event(void *ctx, bool happens);

struct queue *queue_new(uint64_t now);
void queue_free(struct queue *q);
uint64_t queue_now(const struct queue *q);
uint64_t queue_events(const struct queue *q);           /* how many have happened */
/* An event in the past happens now. */
void queue_add(struct queue *q, uint64_t at, queue_event *event, void *ctx);
/* Lets everything up to and including "until" happen; the clock then shows "until". */
void queue_run(struct queue *q, uint64_t until);

#endif
