#include "engine/mcping/seen.h"

#include <assert.h>
#include <stdlib.h>

struct seen {
	uint32_t window, next;
	uint64_t bits[];                /* of seq at seq % window */
};

struct seen *seen_new(uint32_t window)
{
	assert(window >= 64 && !(window & (window - 1)));
	struct seen *s = calloc(1, sizeof(*s) + window / 8);
	if (s)
		s->window = window;
	return s;
}

void seen_free(struct seen *s)
{
	free(s);
}

static uint64_t *word(struct seen *s, uint32_t seq)
{
	return &s->bits[(seq & (s->window - 1)) / 64];
}

/* Makes room for all up to seq: their bits are those of numbers a window before. */
static void advance(struct seen *s, uint32_t seq)
{
	if (seq - s->next >= s->window) {
		memset(s->bits, 0, s->window / 8);
	} else {
		for (uint32_t at = s->next; at <= seq; at++)
			*word(s, at) &= ~(1ull << (at & 63));
	}
	s->next = seq + 1;
}

enum seen_result seen_add(struct seen *s, uint32_t seq)
{
	assert(seq < UINT32_MAX);
	bool in_order = seq >= s->next;
	if (in_order)
		advance(s, seq);
	else if (s->next - seq > s->window)
		return SEEN_TOO_OLD;
	uint64_t bit = 1ull << (seq & 63);
	if (*word(s, seq) & bit)
		return SEEN_AGAIN;
	*word(s, seq) |= bit;
	return in_order ? SEEN_IN_ORDER : SEEN_REORDERED;
}

uint32_t seen_next(const struct seen *s)
{
	return s->next;
}
