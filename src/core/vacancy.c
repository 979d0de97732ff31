#include "core/vacancy.h"

#include <stdlib.h>

#include "core/pool.h"
#include "core/table.h"

enum { BITS = 6, LEVELS = 6 };          /* 64 numbers a word; 6 levels of them tell of 2^36 */

struct word {
	uint64_t set, bits;             /* bit: at level 0 this number is taken, above: that word is full */
	uint64_t hash;
	uint32_t index;
	uint8_t level;
};
struct vacancies {
	struct hash_key key;
	struct pool words;
	struct table *by_place;
	size_t taken, max;              /* numbers */
	size_t looked_up;               /* words */
};

struct vacancies *vacancies_new(const struct hash_key *key, size_t max)
{
	size_t words = max + max / 63 + LEVELS;         /* each full word has one bit above */
	struct vacancies *v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->key = *key;
	v->max = max;
	v->by_place = table_new(words);
	if (pool_new(&v->words, sizeof(struct word), words) && v->by_place)
		return v;
	vacancies_free(v);
	return NULL;
}

void vacancies_free(struct vacancies *v)
{
	if (!v)
		return;
	table_free(v->by_place);
	pool_free(&v->words);
	free(v);
}

size_t vacancies_looked_up(const struct vacancies *v) { return v->looked_up; }

static uint64_t hash_place(const struct vacancies *v, uint64_t set, unsigned level, uint32_t index)
{
	uint8_t place[16];
	put_be32(place, (uint32_t)(set >> 32));
	put_be32(place + 4, (uint32_t)set);
	put_be32(place + 8, level);
	put_be32(place + 12, index);
	return hash_keyed(&v->key, place, sizeof(place));
}

static struct word *word_find(struct vacancies *v, uint64_t set, unsigned level, uint32_t index, uint64_t hash)
{
	struct word *w;
	v->looked_up++;
	for (size_t at = table_first(v->by_place, hash); (w = table_next(v->by_place, hash, &at)); )
		if (w->set == set && w->level == level && w->index == index)
			return w;
	return NULL;
}

static uint64_t bits_at(struct vacancies *v, uint64_t set, unsigned level, uint32_t index)
{
	const struct word *w = word_find(v, set, level, index, hash_place(v, set, level, index));
	return w ? w->bits : 0;
}

static struct word *word_add(struct vacancies *v, uint64_t set, unsigned level, uint32_t index, uint64_t hash)
{
	struct word *w = pool_take(&v->words);
	*w = (struct word){ .set = set, .hash = hash, .index = index, .level = (uint8_t)level };
	(void)!table_add(v->by_place, hash, w);         /* as large as the pool */
	return w;
}

/* A word of its own for each number, and those above: there are enough of them. */
bool vacancy_take(struct vacancies *v, uint64_t set, uint32_t number)
{
	for (unsigned level = 0; level < LEVELS; level++, number >>= BITS) {
		uint64_t hash = hash_place(v, set, level, number >> BITS), bit = 1ull << number % 64;
		struct word *w = word_find(v, set, level, number >> BITS, hash);
		if (!level && w && w->bits & bit)
			return true;
		if (!level && v->taken++ == v->max) {
			v->taken--;
			return false;
		}
		if (!w)
			w = word_add(v, set, level, number >> BITS, hash);
		w->bits |= bit;
		if (w->bits != UINT64_MAX)
			return true;
	}
	return true;
}

void vacancy_leave(struct vacancies *v, uint64_t set, uint32_t number)
{
	for (unsigned level = 0; level < LEVELS; level++, number >>= BITS) {
		uint64_t hash = hash_place(v, set, level, number >> BITS), bit = 1ull << number % 64;
		struct word *w = word_find(v, set, level, number >> BITS, hash);
		if (!w || !(w->bits & bit))
			return;                         /* it was not there */
		bool full = w->bits == UINT64_MAX;
		v->taken -= !level;
		w->bits &= ~bit;
		if (!w->bits) {
			table_remove(v->by_place, w->hash, w);
			pool_give(&v->words, w);
		}
		if (!full)
			return;
	}
}

static uint32_t lowest(uint64_t bits) { return (uint32_t)__builtin_ctzll(bits); }
static uint32_t highest(uint64_t bits) { return 63 - (uint32_t)__builtin_clzll(bits); }

/* Up as far as the words are full on this side of the number, then down again into what is not. */
bool vacancy_below(struct vacancies *v, uint64_t set, uint32_t from, uint32_t min, uint32_t *found)
{
	uint32_t number = from;
	for (unsigned level = 0; level < LEVELS; level++, number--) {
		uint64_t free = ~bits_at(v, set, level, number >> BITS) & UINT64_MAX >> (63 - number % 64);
		number >>= BITS;
		if (free) {
			number = number << BITS | highest(free);
			while (level--)
				number = number << BITS | highest(~bits_at(v, set, level, number));
			*found = number;
			return number >= min;
		}
		if (!number)
			return false;
	}
	return false;
}

bool vacancy_above(struct vacancies *v, uint64_t set, uint32_t from, uint32_t max, uint32_t *found)
{
	uint64_t number = from;         /* 2^32 and more are vacant too */
	for (unsigned level = 0; level < LEVELS; level++, number++) {
		uint64_t free = ~bits_at(v, set, level, (uint32_t)(number >> BITS)) & UINT64_MAX << number % 64;
		number >>= BITS;
		if (free) {
			number = number << BITS | lowest(free);
			while (level--)
				number = number << BITS | lowest(~bits_at(v, set, level, (uint32_t)number));
			*found = (uint32_t)number;
			return number <= max;
		}
	}
	return false;
}
