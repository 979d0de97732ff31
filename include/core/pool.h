/* A fixed number of items of one kind: memory is taken once, and touched only as far as it was ever needed.  When all
 * are used somebody has to go: of a few, a window that moves on with each search, the one least worth keeping, so that
 * finding it costs the same however many there are.
 *
 *	if (!(p = pool_take(&ps->pool)) && (old = pool_victim(&ps->pool, worth, NULL)))
 *		peer_remove(ps, old), p = pool_take(&ps->pool);
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
	char *item;
	uint8_t *taken;                 /* a bit for each */
	size_t size, max, used;
	size_t top;                     /* those from here on were never taken */
	void *free;                     /* each begins with the pointer to the next */
	size_t window_at;
};

bool pool_new(struct pool *p, size_t size, size_t max);        /* false: no memory; pool_free() in any case */
void pool_free(struct pool *p);
void *pool_take(struct pool *p);                /* all zero; NULL: all are used */
void pool_give(struct pool *p, void *item);
void *pool_each(const struct pool *p, size_t *cursor);         /* the used ones; start with 0; NULL: that was the last */
/* One place further, and round: its item; NULL: it is free.  There is one at least that was ever taken. */
void *pool_round(const struct pool *p, size_t *at);

/* What an item is worth: the least goes.  POOL_KEEP: this one must stay. */
#define POOL_KEEP UINT64_MAX
typedef uint64_t pool_worth(const void *item, const void *ctx);
void *pool_victim(struct pool *p, pool_worth *worth, const void *ctx); /* still taken; NULL: all in the window must stay */

static inline size_t pool_left(const struct pool *p) { return p->max - p->used; }
static inline void *pool_at(const struct pool *p, size_t i) { return p->item + i * p->size; }
static inline size_t pool_index(const struct pool *p, const void *item)
{
	return (size_t)((const char *)item - p->item) / p->size;
}
static inline bool pool_is_used(const struct pool *p, size_t i) { return p->taken[i / 8] >> i % 8 & 1; }

#endif
