/* When sources are told of changes (castnet(7)): at once, then no more often than PUSH_GAP_MS per group, again
 * until they have confirmed, and altogether no more bytes than a bucket holds.  Due groups are in a heap.
 */
#include "state.h"

static struct sn_group **place(struct supernode *sn, size_t at) { return &sn->groups.heap[at - 1]; }

static void put(struct supernode *sn, size_t at, struct sn_group *g)
{
	*place(sn, at) = g;
	g->heap_at = at;
}

/* Places count from 1: those below k are 2k and 2k + 1. */
static void sift(struct supernode *sn, size_t at, struct sn_group *g)
{
	while (at > 1 && (*place(sn, at / 2))->push_due > g->push_due) {
		put(sn, at, *place(sn, at / 2));
		at /= 2;
	}
	for (size_t below; (below = 2 * at) <= sn->groups.heap_n; at = below) {
		if (below < sn->groups.heap_n && (*place(sn, below + 1))->push_due < (*place(sn, below))->push_due)
			below++;
		if ((*place(sn, below))->push_due >= g->push_due)
			break;
		put(sn, at, *place(sn, below));
	}
	put(sn, at, g);
}

static void schedule(struct supernode *sn, struct sn_group *g, uint64_t due)
{
	g->push_due = due;
	sift(sn, g->heap_at ? g->heap_at : ++sn->groups.heap_n, g);
}

void push_forget(struct supernode *sn, struct sn_group *g)
{
	size_t at = g->heap_at;
	if (!at)
		return;
	struct sn_group *last = *place(sn, sn->groups.heap_n--);
	g->heap_at = 0;
	g->push_due = UINT64_MAX;
	if (last != g)
		sift(sn, at, last);
}

void push_soon(struct supernode *sn, uint64_t now, struct sn_group *g, uint64_t delay_ms)
{
	uint64_t due = now + delay_ms > g->push_after ? now + delay_ms : g->push_after;
	if (!g->leases_n)
		return;
	if (!g->heap_at || due < g->push_due)
		schedule(sn, g, due);
	g->tries = 0;
}

void push_all_soon(struct supernode *sn, uint64_t now, struct community *c, uint64_t delay_ms)
{
	for (struct list *at = c->asked.next; at != &c->asked; at = at->next)
		push_soon(sn, now, LIST_ITEM(at, struct sn_group, in_asked), delay_ms);
}

/* Tells all that have not confirmed; returns the bytes. */
static size_t tell(struct supernode *sn, uint64_t now, struct sn_group *g)
{
	size_t bytes = 0;
	for (struct list *at = g->leases.next; at != &g->leases; at = at->next) {
		const struct lease *l = LIST_ITEM(at, struct lease, in_group);
		if (l->confirmed == g->generation || l->until <= now)
			continue;
		bytes += members_send(sn, g, l, now);
		sn->info.counts.group_pushes++;
	}
	return bytes;
}

static void push(struct supernode *sn, uint64_t now, struct sn_group *g)
{
	if (group_renew(sn, g))
		g->tries = 0;
	size_t bytes = tell(sn, now, g);
	if (!bytes || ++g->tries >= PUSH_TRIES) {
		push_forget(sn, g);
	} else {
		schedule(sn, g, now + ((uint64_t)PUSH_RETRY_MS << (g->tries - 1)));
	}
	if (bytes)
		g->push_after = now + PUSH_GAP_MS + bytes / PUSH_GROUP_BYTES_MS;
	sn->groups.push_credit -= bytes < sn->groups.push_credit ? bytes : sn->groups.push_credit;
}

static void credit_grow(struct supernode *sn, uint64_t now)
{
	uint64_t more = (now - sn->groups.push_since) * PUSH_BYTES_MS + sn->groups.push_credit;
	sn->groups.push_credit = more < PUSH_BURST ? more : PUSH_BURST;
	sn->groups.push_since = now;
}

uint64_t push_tick(struct supernode *sn, uint64_t now)
{
	credit_grow(sn, now);
	while (sn->groups.heap_n) {
		struct sn_group *g = *place(sn, 1);
		if (now < g->push_due)
			return g->push_due;
		if (!sn->groups.push_credit)
			return now + 1;
		push(sn, now, g);
	}
	return UINT64_MAX;
}
