#include "queue.h"

#include "mem.h"

struct entry {
	uint64_t at, order;
	queue_event *event;
	void *ctx;
};
struct queue {
	struct entry *heap;             /* binary heap, the earliest first */
	size_t n, room;
	uint64_t now, added, happened;
};

struct queue *queue_new(uint64_t now)
{
	struct queue *q = mem_new(sizeof(*q));
	q->now = now;
	return q;
}

uint64_t queue_now(const struct queue *q) { return q->now; }
uint64_t queue_events(const struct queue *q) { return q->happened; }

static bool earlier(const struct entry *a, const struct entry *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void queue_add(struct queue *q, uint64_t at, queue_event *event, void *ctx)
{
	struct entry e = { at < q->now ? q->now : at, q->added++, event, ctx };
	size_t i = q->n;
	q->heap = mem_grow(q->heap, q->n, &q->room, sizeof(*q->heap));
	q->n++;
	for (; i && earlier(&e, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = e;
}

static struct entry take_first(struct queue *q)
{
	struct entry first = q->heap[0], last = q->heap[--q->n];
	size_t i = 0, child;
	for (; (child = 2 * i + 1) < q->n; i = child) {
		if (child + 1 < q->n && earlier(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!earlier(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
	}
	q->heap[i] = last;
	return first;
}

void queue_run(struct queue *q, uint64_t until)
{
	while (q->n && q->heap[0].at <= until) {
		struct entry e = take_first(q);
		q->now = e.at;
		q->happened++;
		e.event(e.ctx, true);
	}
	q->now = until;
}

void queue_free(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		q->heap[i].event(q->heap[i].ctx, false);
	mem_free(q->heap);
	mem_free(q);
}
