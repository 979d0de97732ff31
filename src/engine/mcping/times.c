#include "engine/mcping/times.h"

/* Values below TIMES_FINE have a slot each; above, each power of two has TIMES_FINE of the same width. */
static size_t slot_of(uint64_t ns)
{
	unsigned shift = 0;
	if (ns >= 1ull << TIMES_BITS)
		return TIMES_SLOTS - 1;
	while (ns >> shift >= 2 * TIMES_FINE)
		shift++;
	return shift * TIMES_FINE + (size_t)(ns >> shift);
}

/* The greatest value of a slot. */
static uint64_t slot_end(size_t slot)
{
	if (slot < 2 * TIMES_FINE)
		return slot;
	size_t shift = slot / TIMES_FINE - 1;
	return (((uint64_t)(slot % TIMES_FINE) + TIMES_FINE + 1) << shift) - 1;
}

void times_add(struct times *t, uint64_t ns)
{
	if (!t->n || ns < t->least)
		t->least = ns;
	if (ns > t->most)
		t->most = ns;
	t->n++;
	t->sum += ns;
	t->slots[slot_of(ns)]++;
}

uint64_t times_mean(const struct times *t)
{
	return t->n ? t->sum / t->n : 0;
}

uint64_t times_percentile(const struct times *t, unsigned percent)
{
	uint64_t rank = t->n / 100 * percent + (t->n % 100 * percent + 99) / 100, below = 0;
	if (!t->n)
		return 0;
	for (size_t i = 0; i < TIMES_SLOTS - 1; i++) {
		below += t->slots[i];
		if (below >= rank && below)
			return slot_end(i) < t->most ? slot_end(i) : t->most;
	}
	return t->most;
}
