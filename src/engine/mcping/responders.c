#include "engine/mcping/responders.h"

#include <stdlib.h>

#include "engine/mcping/seen.h"

/* The arrival is reckoned from the kernel's stamp, by another clock: it may seem to lie before the departure. */
#define CLOCK_NS 1000000u

struct responders {
	uint64_t run, refused;
	struct responder *at[RESPONDERS_MAX];
	size_t n;
};

struct responders *responders_new(uint64_t run)
{
	struct responders *rs = calloc(1, sizeof(*rs));
	if (rs)
		rs->run = run;
	return rs;
}

void responders_free(struct responders *rs)
{
	for (size_t i = 0; rs && i < rs->n; i++) {
		seen_free(rs->at[i]->seen);
		free(rs->at[i]);
	}
	free(rs);
}

static struct responder *responder_new(const struct addr *from, uint64_t id)
{
	struct responder *r = calloc(1, sizeof(*r));
	struct seen *seen = seen_new(RESPONDERS_WINDOW);
	if (!r || !seen) {
		free(r);
		seen_free(seen);
		return NULL;
	}
	r->addr = *from;
	r->id = id;
	r->seen = seen;
	return r;
}

static struct responder *responder_of(struct responders *rs, const struct addr *from, uint64_t id)
{
	for (size_t i = 0; i < rs->n; i++)
		if (rs->at[i]->id == id)        /* a listener with several addresses may answer from any of them */
			return rs->at[i];
	struct responder *r = rs->n < RESPONDERS_MAX ? responder_new(from, id) : NULL;
	if (r)
		rs->at[rs->n++] = r;
	else
		rs->refused++;
	return r;
}

static void keep_greater(uint32_t *to, uint32_t n)
{
	if (n > *to)
		*to = n;
}

/* No count ever falls: of answers that came out of order the newest is kept. */
static void keep_newest(struct mcping_counts *to, const struct mcping_counts *c)
{
	keep_greater(&to->received, c->received);
	keep_greater(&to->duplicated, c->duplicated);
	keep_greater(&to->reordered, c->reordered);
	keep_greater(&to->next, c->next);
	keep_greater(&to->answered, c->answered);
	keep_greater(&to->overflow, c->overflow);
}

static void probe_answered(struct responder *r, const struct mcping_answer *a, uint64_t now)
{
	enum seen_result result = seen_add(r->seen, a->seq);
	if (result != SEEN_IN_ORDER && result != SEEN_REORDERED) {
		r->answers_again++;
		return;
	}
	r->answers++;
	r->ttl = a->ttl;
	times_add(&r->round_trip, now > a->time ? now - a->time : 0);
}

bool responders_answer(struct responders *rs, const struct addr *from, uint32_t zone, const struct mcping_answer *a,
                       uint32_t sent, uint64_t now)
{
	bool probe = a->type == MCPING_PROBE_ANSWER;
	if (a->run != rs->run || a->time > now + CLOCK_NS || a->counts.next > sent || (probe && a->seq >= sent))
		return false;
	struct responder *r = responder_of(rs, from, a->listener);
	if (!r)
		return false;
	r->addr = *from;
	r->zone = zone;
	keep_newest(&r->counts, &a->counts);
	if (probe)
		probe_answered(r, a, now);
	else
		keep_greater(&r->asks, a->seq + 1);
	return true;
}

size_t responders_count(const struct responders *rs)
{
	return rs->n;
}

const struct responder *responders_at(const struct responders *rs, size_t i)
{
	return rs->at[i];
}

uint64_t responders_refused(const struct responders *rs)
{
	return rs->refused;
}

uint32_t responder_lost(const struct responder *r, uint32_t sent)
{
	return sent > r->counts.received ? sent - r->counts.received : 0;
}

uint32_t responder_answers_lost(const struct responder *r)
{
	return r->counts.answered > r->answers ? r->counts.answered - r->answers : 0;
}

bool responder_exact(const struct responder *r, uint32_t sent)
{
	return sent && r->counts.received == sent && !r->counts.duplicated;
}

size_t responders_exact(const struct responders *rs, uint32_t sent)
{
	size_t n = 0;
	for (size_t i = 0; i < rs->n; i++)
		n += responder_exact(rs->at[i], sent);
	return n;
}

bool responder_settled(const struct responder *r, uint32_t sent, uint32_t asks)
{
	return r->asks >= asks || (r->asks && responder_exact(r, sent));
}

bool responders_settled(const struct responders *rs, uint32_t sent, uint32_t asks)
{
	for (size_t i = 0; i < rs->n; i++)
		if (!responder_settled(rs->at[i], sent, asks))
			return false;
	return true;
}
