/* Which supernode of several: at start, and again and again whether another is better. */
#include "state.h"

/* Which is better: lower. */
static uint64_t rank(const struct edge *e, size_t i)
{
	const struct supernode *s = &e->supernodes[i];
	switch (e->config.select) {
	case SELECT_LOAD:
		return s->load;
	case SELECT_RTT:
		return s->rtt_ms;
	case SELECT_MAC:
		return (uint64_t)get_be16(s->mac) << 32 | get_be32(s->mac + 2);
	case SELECT_ORDER:
		break;
	}
	return i;
}

/* Load and round trip vary by themselves: only half of it is worth a move. */
static bool better(const struct edge *e, size_t i, size_t than)
{
	bool varies = e->config.select == SELECT_LOAD || e->config.select == SELECT_RTT;
	uint64_t a = rank(e, i), b = rank(e, than);
	return varies ? a < b / 2 : a < b;
}

/* The best of those that answered, else the first that has an address. */
static bool choose_best(struct edge *e, uint64_t now)
{
	size_t best = e->supernodes_n, first = e->supernodes_n;
	for (size_t i = e->supernodes_n; i-- > 0; ) {
		if (e->supernodes[i].n)
			first = i;
		if (e->supernodes[i].answered && (best == e->supernodes_n || rank(e, i) <= rank(e, best)))
			best = i;
	}
	if (best == e->supernodes_n)
		best = first;
	if (best == e->supernodes_n)
		return false;
	supernodes_use(e, now, &e->supernodes[best], e->supernodes[best].at);
	return true;
}

/* In -s order: a name that is still being looked up may hold up those behind it, but not for long. */
static bool choose_first(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		if (e->supernodes[i].n) {
			supernodes_use(e, now, &e->supernodes[i], e->supernodes[i].at);
			return true;
		}
		if (!e->supernodes[i].looked_up && now < e->reg.choose_due)
			break;
	}
	return false;
}

static bool all_answered(const struct edge *e)
{
	for (size_t i = 0; i < e->supernodes_n; i++)
		if (!e->supernodes[i].answered && (e->supernodes[i].n || !e->supernodes[i].looked_up))
			return false;
	return true;
}

void choice_tick(struct edge *e, uint64_t now)
{
	bool late = now >= e->reg.choose_due, done;
	if (e->config.select == SELECT_ORDER || e->supernodes_n == 1)
		done = choose_first(e, now);
	else
		done = (late || all_answered(e)) && choose_best(e, now);
	if (!done && late)
		e->reg.choose_due = now + CHOOSE_MS;
}

static void sweep_start(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		if (i == e->reg.at)
			continue;
		s->answered = false;
		for (size_t j = 0; j < s->n; j++)
			ping_as_stranger(e, now, s, &s->addrs[j]);
	}
}

/* Moving back: so that all edges of a community meet at the same supernode. */
static void sweep_end(struct edge *e, uint64_t now)
{
	size_t best = e->reg.at;
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		s->sweeps = s->answered ? s->sweeps + 1 : 0;
		if (i != e->reg.at && s->sweeps >= SWEEPS_TO_MOVE && now >= s->shunned_until && better(e, i, best))
			best = i;
	}
	if (best != e->reg.at)
		trial_start(e, now, best, &e->supernodes[best].addrs[e->supernodes[best].at]);
}

uint64_t choice_sweep(struct edge *e, uint64_t now)
{
	if (now >= e->sweep_end) {
		e->sweep_end = UINT64_MAX;
		sweep_end(e, now);
	}
	if (now >= e->sweep_due) {
		e->sweep_due = now + SWEEP_MS;
		e->sweep_end = now + PONG_MS;
		sweep_start(e, now);
	}
	return earlier(e->sweep_due, e->sweep_end);
}
