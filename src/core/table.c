#include "core/table.h"

#include <stdlib.h>

struct slot {
	uint64_t hash;
	void *item;             /* NULL: the slot is free */
};
struct table {
	size_t count, max;
	size_t mask;            /* slots - 1; a power of two, at least twice max: a free slot ends every search */
	struct slot slot[];
};

struct table *table_new(size_t max)
{
	size_t slots = 2;
	if (max > (SIZE_MAX / 4 - sizeof(struct table)) / sizeof(struct slot))
		return NULL;
	while (slots < 2 * max)
		slots *= 2;
	struct table *t = calloc(1, sizeof(*t) + slots * sizeof(t->slot[0]));
	if (!t)
		return NULL;
	t->max = max;
	t->mask = slots - 1;
	return t;
}

void table_free(struct table *t)
{
	free(t);
}

size_t table_count(const struct table *t)
{
	return t->count;
}

bool table_full(const struct table *t)
{
	return t->count == t->max;
}

bool table_add(struct table *t, uint64_t hash, void *item)
{
	size_t i = table_first(t, hash);
	if (table_full(t))
		return false;
	while (t->slot[i].item)
		i = (i + 1) & t->mask;
	t->slot[i] = (struct slot){ hash, item };
	t->count++;
	return true;
}

/* Closes the gap at i: whoever stands behind it and may stand there moves up, so that no search
 * meets a free slot before its item. */
static void close_gap(struct table *t, size_t gap)
{
	for (size_t i = (gap + 1) & t->mask; t->slot[i].item; i = (i + 1) & t->mask) {
		size_t from_home = (i - (size_t)t->slot[i].hash) & t->mask;
		size_t from_gap = (i - gap) & t->mask;
		if (from_home < from_gap)
			continue;
		t->slot[gap] = t->slot[i];
		gap = i;
	}
	t->slot[gap] = (struct slot){ 0, NULL };
}

void table_remove(struct table *t, uint64_t hash, const void *item)
{
	for (size_t i = table_first(t, hash); t->slot[i].item; i = (i + 1) & t->mask) {
		if (t->slot[i].item != item || t->slot[i].hash != hash)
			continue;
		close_gap(t, i);
		t->count--;
		return;
	}
}

size_t table_first(const struct table *t, uint64_t hash)
{
	return (size_t)hash & t->mask;
}

void *table_next(const struct table *t, uint64_t hash, size_t *at)
{
	for (;;) {
		const struct slot *s = &t->slot[*at];
		if (!s->item)
			return NULL;
		*at = (*at + 1) & t->mask;
		if (s->hash == hash)
			return s->item;
	}
}

void *table_each(const struct table *t, size_t *cursor)
{
	while (*cursor <= t->mask) {
		void *item = t->slot[(*cursor)++].item;
		if (item)
			return item;
	}
	return NULL;
}
