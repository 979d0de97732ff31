#include "core/patterns.h"

#include <stdlib.h>

/* Bit i of a pattern: symbol i is next; the one behind the last: the pattern is through. */
struct patterns {
	size_t words;
	uint64_t *start, *repeat, *optional, *through;  /* words of bits each; repeat: * +; optional: * ? */
	uint64_t *state;                /* of the name that is being matched */
	uint64_t *row;                  /* one for each kind of byte */
	uint16_t kind[256];             /* bytes that no pattern tells apart share one */
	uint64_t bits[];
};

static void bit_set(uint64_t *bits, size_t i) { bits[i / 64] |= 1ull << i % 64; }

static void row_fill(uint64_t *row, const struct pattern *pattern, size_t n, unsigned byte)
{
	size_t at = 0;
	for (size_t i = 0; i < n; at += pattern[i].n + 1, i++)
		for (size_t k = 0; k < pattern[i].n; k++)
			if (pattern[i].symbol[k].set[byte / 8] >> byte % 8 & 1)
				bit_set(row, at + k);
}

static void rows_fill(struct patterns *ps, const struct pattern *pattern, size_t n)
{
	uint16_t kinds = 0;
	for (unsigned byte = 0; byte < 256; byte++) {
		uint64_t *row = ps->row + kinds * ps->words;
		uint16_t kind = 0;
		memset(row, 0, ps->words * sizeof(*row));
		row_fill(row, pattern, n, byte);
		while (kind < kinds && memcmp(ps->row + kind * ps->words, row, ps->words * sizeof(*row)))
			kind++;
		ps->kind[byte] = kind;
		if (kind == kinds)
			kinds++;
	}
}

/* What need not be there can be passed by. */
static uint64_t skip_optional(uint64_t state, uint64_t optional)
{
	for (uint64_t more; (more = (state & optional) << 1 & ~state); )
		state |= more;
	return state;
}

static void start_fill(struct patterns *ps, const struct pattern *pattern, size_t n)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		bit_set(ps->start, at);
		for (size_t k = 0; k < pattern[i].n; k++, at++) {
			char repeat = pattern[i].symbol[k].repeat;
			if (repeat == '*' || repeat == '+')
				bit_set(ps->repeat, at);
			if (repeat == '*' || repeat == '?')
				bit_set(ps->optional, at);
		}
		bit_set(ps->through, at++);
	}
	for (size_t w = 0, carry = 0; w < ps->words; w++) {
		ps->start[w] = skip_optional(ps->start[w] | carry, ps->optional[w]);
		carry = (ps->start[w] & ps->optional[w]) >> 63;
	}
}

struct patterns *patterns_new(const struct pattern *pattern, size_t n)
{
	size_t bits = 0;
	for (size_t i = 0; i < n; i++)
		bits += pattern[i].n + 1;
	size_t words = bits / 64 + 1, lines = 5 + 256;
	struct patterns *ps = calloc(1, sizeof(*ps) + lines * words * sizeof(uint64_t));
	if (!ps)
		return NULL;
	ps->words = words;
	ps->start = ps->bits;
	ps->repeat = ps->start + words;
	ps->optional = ps->repeat + words;
	ps->through = ps->optional + words;
	ps->state = ps->through + words;
	ps->row = ps->state + words;
	start_fill(ps, pattern, n);
	rows_fill(ps, pattern, n);
	return ps;
}

void patterns_free(struct patterns *ps)
{
	free(ps);
}

size_t patterns_words(const struct patterns *ps)
{
	return ps->words;
}

/* False: no pattern can match any more. */
static bool step(struct patterns *ps, const uint64_t *row)
{
	uint64_t moved = 0, passed = 0, any = 0;        /* out of the word below */
	for (size_t w = 0; w < ps->words; w++) {
		uint64_t hit = ps->state[w] & row[w], optional = ps->optional[w];
		uint64_t state = skip_optional(hit << 1 | moved | passed | (hit & ps->repeat[w]), optional);
		moved = hit >> 63;
		passed = (state & optional) >> 63;
		ps->state[w] = state;
		any |= state;
	}
	return any != 0;
}

bool patterns_match(struct patterns *ps, const void *name, size_t len)
{
	const uint8_t *byte = name;
	uint64_t through = 0;
	memcpy(ps->state, ps->start, ps->words * sizeof(*ps->state));
	for (size_t i = 0; i < len; i++)
		if (!step(ps, ps->row + ps->kind[byte[i]] * ps->words))
			return false;
	for (size_t w = 0; w < ps->words; w++)
		through |= ps->state[w] & ps->through[w];
	return through != 0;
}
