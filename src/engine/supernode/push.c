/* When sources are told of changes (castnet(7)): at once, then no more often than PUSH_GAP_MS per group, again
 * until they have confirmed, and altogether no more bytes than a bucket holds.  What is due is in a heap.
 *
 * Who wants everything belongs to all groups of a community.  Such a change has one due time, and when that comes, the
 * groups have their turn few by few: so a change costs the same however many groups there are, and what is as before
 * by then is no news.
 */
#include "state.h"

static struct news **place(struct supernode *sn, size_t at) { return &sn->groups.heap[at - 1]; }

static void put(struct supernode *sn, size_t at, struct news *n)
{
	*place(sn, at) = n;
	n->heap_at = at;
}

/* Places count from 1: those below k are 2k and 2k + 1. */
static void sift(struct supernode *sn, size_t at, struct news *n)
{
	while (at > 1 && (*place(sn, at / 2))->due > n->due) {
		put(sn, at, *place(sn, at / 2));
		at /= 2;
	}
	for (size_t below; (below = 2 * at) <= sn->groups.heap_n; at = below) {
		if (below < sn->groups.heap_n && (*place(sn, below + 1))->due < (*place(sn, below))->due)
			below++;
		if ((*place(sn, below))->due >= n->due)
			break;
		put(sn, at, *place(sn, below));
	}
	put(sn, at, n);
}

static void schedule(struct supernode *sn, struct news *n, uint64_t due)
{
	n->due = due;
	sift(sn, n->heap_at ? n->heap_at : ++sn->groups.heap_n, n);
}

static void schedule_soon(struct supernode *sn, uint64_t now, struct news *n, uint64_t delay_ms)
{
	uint64_t due = now + delay_ms > n->after ? now + delay_ms : n->after;
	if (!n->heap_at || due < n->due)
		schedule(sn, n, due);
}

void push_forget(struct supernode *sn, struct news *n)
{
	size_t at = n->heap_at;
	if (!at)
		return;
	struct news *last = *place(sn, sn->groups.heap_n--);
	n->heap_at = 0;
	if (last != n)
		sift(sn, at, last);
}

/* Who asks for a group is told how things are now. */
void push_asked(struct sn_group *g)
{
	struct community *c = g->community;
	if (!c->asked_n++)
		c->told_print = c->everything_print;
	list_append(&c->asked, &g->in_asked);
}

void push_unasked(struct supernode *sn, struct sn_group *g)
{
	list_remove(&g->in_asked);
	g->community->asked_n--;
	push_forget(sn, &g->news);
}

void push_soon(struct supernode *sn, uint64_t now, struct sn_group *g, uint64_t delay_ms)
{
	if (!g->leases_n)
		return;
	schedule_soon(sn, now, &g->news, delay_ms);
	g->tries = 0;
}

void push_all_soon(struct supernode *sn, uint64_t now, struct community *c, uint64_t delay_ms)
{
	if (c->asked_n)
		schedule_soon(sn, now, &c->news, delay_ms);
}

/* The next few groups get news of their own.  Whoever comes or goes meanwhile begins it anew, later. */
static void push_step(struct supernode *sn, uint64_t now, struct community *c)
{
	if (!c->to_tell && c->told_print != c->everything_print) {
		c->told_print = c->everything_print;
		c->to_tell = c->asked_n;
		c->news.after = now + PUSH_GAP_MS + c->asked_n / PUSH_STEP;
	}
	for (size_t n = 0; n < PUSH_STEP && c->to_tell && c->asked_n; n++, c->to_tell--) {
		struct list *at = c->asked.next;
		list_remove(at);
		list_append(&c->asked, at);
		push_soon(sn, now, LIST_ITEM(at, struct sn_group, in_asked), 0);
	}
	if (c->to_tell && c->asked_n)
		schedule(sn, &c->news, now + 1);
	else if (c->told_print != c->everything_print && c->asked_n)
		schedule(sn, &c->news, c->news.after);
	else
		push_forget(sn, &c->news);
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
	if (!bytes || ++g->tries >= PUSH_TRIES)
		push_forget(sn, &g->news);
	else
		schedule(sn, &g->news, now + ((uint64_t)PUSH_RETRY_MS << (g->tries - 1)));
	if (bytes)
		g->news.after = now + PUSH_GAP_MS + bytes / PUSH_GROUP_BYTES_MS;
	(void)!bucket_take(&sn->groups.push, now, bytes);
}

uint64_t push_tick(struct supernode *sn, uint64_t now)
{
	while (sn->groups.heap_n) {
		struct news *n = *place(sn, 1);
		if (now < n->due)
			return n->due;
		if (!bucket_has(&sn->groups.push, now))
			return now + 1;
		if (n->of_community)
			push_step(sn, now, LIST_ITEM(n, struct community, news));
		else
			push(sn, now, LIST_ITEM(n, struct sn_group, news));
	}
	return UINT64_MAX;
}
