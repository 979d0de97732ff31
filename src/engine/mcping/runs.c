#include "engine/mcping/runs.h"

#include <stdlib.h>

#include "engine/mcping/seen.h"

struct runs {
	struct run *at[RUNS_MAX];
	size_t n, last;                 /* the one that was asked for last is usually the next too */
	uint64_t forgotten;
};

struct runs *runs_new(void)
{
	return calloc(1, sizeof(struct runs));
}

static void run_free(struct run *r)
{
	seen_free(r->seen);
	free(r);
}

void runs_free(struct runs *rs)
{
	for (size_t i = 0; rs && i < rs->n; i++)
		run_free(rs->at[i]);
	free(rs);
}

static struct run *run_new(const struct addr *from, bool foreign, uint64_t id)
{
	struct run *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->from = *from;
	r->foreign = foreign;
	r->id = id;
	r->seen = foreign ? NULL : seen_new(RUNS_WINDOW);
	if (foreign || r->seen)
		return r;
	run_free(r);
	return NULL;
}

/* A sender with several addresses may ask from another one than it probes from: its number tells that it is the same. */
static bool is_it(const struct run *r, const struct addr *from, bool foreign, uint64_t id)
{
	return r->foreign == foreign && (foreign ? addr_equal(&r->from, from) : r->id == id);
}

static struct run *find(struct runs *rs, const struct addr *from, bool foreign, uint64_t id)
{
	if (rs->n && is_it(rs->at[rs->last], from, foreign, id))
		return rs->at[rs->last];
	for (size_t i = 0; i < rs->n; i++)
		if (is_it(rs->at[i], from, foreign, id)) {
			rs->last = i;
			return rs->at[i];
		}
	return NULL;
}

static void forget_oldest(struct runs *rs)
{
	size_t oldest = 0;
	for (size_t i = 1; i < rs->n; i++)
		if (rs->at[i]->heard < rs->at[oldest]->heard)
			oldest = i;
	run_free(rs->at[oldest]);
	rs->n--;
	memmove(&rs->at[oldest], &rs->at[oldest + 1], (rs->n - oldest) * sizeof(rs->at[0]));
	rs->forgotten++;
}

struct run *run_of(struct runs *rs, const struct addr *from, bool foreign, uint64_t id, uint64_t now, bool *is_new)
{
	struct run *r = find(rs, from, foreign, id);
	*is_new = !r;
	if (!r) {
		r = run_new(from, foreign, id);
		if (!r)
			return NULL;
		if (rs->n == RUNS_MAX)
			forget_oldest(rs);
		rs->last = rs->n;
		rs->at[rs->n++] = r;
	}
	r->heard = now;
	return r;
}

bool run_probe(struct run *r, uint32_t seq)
{
	struct mcping_counts *c = &r->counts;
	switch (seen_add(r->seen, seq)) {
	case SEEN_AGAIN:
		c->duplicated++;
		return false;
	case SEEN_TOO_OLD:
		r->late++;
		return false;
	case SEEN_REORDERED:
		c->reordered++;
		break;
	case SEEN_IN_ORDER:
		break;
	}
	if (!c->received || seq < r->first)
		r->first = seq;
	c->received++;
	c->next = seen_next(r->seen);
	return true;
}

uint32_t run_lost(const struct run *r)
{
	uint32_t end = r->sent > r->counts.next ? r->sent : r->counts.next;
	return r->foreign ? 0 : end - r->first - r->counts.received;
}

size_t runs_count(const struct runs *rs)
{
	return rs->n;
}

const struct run *runs_at(const struct runs *rs, size_t i)
{
	return rs->at[i];
}

uint64_t runs_forgotten(const struct runs *rs)
{
	return rs->forgotten;
}
