#include "core/replay.h"

#include <assert.h>

enum { WORD_BITS = 64 };

void replay_init(struct replay *r, uint64_t *seen, size_t words)
{
	assert(words > 1 && !(words & (words - 1)));
	memset(seen, 0, words * sizeof(*seen));
	*r = (struct replay){ 0, seen, words };
}

static uint64_t *word_of(const struct replay *r, uint64_t counter)
{
	return &r->seen[counter / WORD_BITS & (r->words - 1)];
}

static uint64_t bit_of(uint64_t counter) { return (uint64_t)1 << counter % WORD_BITS; }

bool replay_fresh(const struct replay *r, uint64_t counter)
{
	if (counter >= r->next)
		return counter != UINT64_MAX;   /* there would be none above it */
	return r->next - counter <= (r->words - 1) * WORD_BITS && !(*word_of(r, counter) & bit_of(counter));
}

/* Words that the window comes upon are cleared, all of them at most. */
static void advance(struct replay *r, uint64_t counter)
{
	uint64_t last = r->next ? (r->next - 1) / WORD_BITS : 0, steps = counter / WORD_BITS - last;
	for (uint64_t i = 1; i <= steps && i <= r->words; i++)
		r->seen[(last + i) & (r->words - 1)] = 0;
	r->next = counter + 1;
}

bool replay_mark(struct replay *r, uint64_t counter)
{
	if (!replay_fresh(r, counter))
		return false;
	if (counter >= r->next)
		advance(r, counter);
	*word_of(r, counter) |= bit_of(counter);
	return true;
}
