#include "core/pool.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 64 };           /* items looked at for a victim */

bool pool_new(struct pool *p, size_t size, size_t max)
{
	size_t item = size > sizeof(void *) ? size : sizeof(void *);
	*p = (struct pool){ .size = item, .max = max };
	p->item = calloc(max ? max : 1, item);
	p->taken = calloc(max / 8 + 1, 1);
	return p->item && p->taken;
}

void pool_free(struct pool *p)
{
	free(p->item);
	free(p->taken);
	*p = (struct pool){ .max = 0 };
}

void *pool_take(struct pool *p)
{
	void *item = p->free;
	if (item)
		memcpy(&p->free, item, sizeof(p->free));
	else if (p->top < p->max)
		item = pool_at(p, p->top++);
	else
		return NULL;
	size_t i = pool_index(p, item);
	p->taken[i / 8] |= (uint8_t)(1 << i % 8);
	p->used++;
	return memset(item, 0, p->size);
}

void pool_give(struct pool *p, void *item)
{
	size_t i = pool_index(p, item);
	p->taken[i / 8] &= (uint8_t)~(1 << i % 8);
	p->used--;
	memcpy(item, &p->free, sizeof(p->free));
	p->free = item;
}

void *pool_each(const struct pool *p, size_t *cursor)
{
	while (*cursor < p->top) {
		size_t i = (*cursor)++;
		if (pool_is_used(p, i))
			return pool_at(p, i);
	}
	return NULL;
}

void *pool_round(const struct pool *p, size_t *at)
{
	size_t i = *at < p->top ? *at : 0;
	*at = i + 1;
	return pool_is_used(p, i) ? pool_at(p, i) : NULL;
}

void *pool_victim(struct pool *p, pool_worth *worth, const void *ctx)
{
	void *victim = NULL;
	uint64_t least = POOL_KEEP;
	for (size_t n = p->top < WINDOW ? p->top : WINDOW; n; n--) {
		void *item = pool_round(p, &p->window_at);
		uint64_t w = item ? worth(item, ctx) : POOL_KEEP;
		if (w < least) {
			least = w;
			victim = item;
		}
	}
	return victim;
}
