/* Fixed numbers of items of one kind: memory taken once, slots given back are taken first.  An item begins with
 * a struct list, which links the free ones.
 */
#ifndef SUPERNODE_POOL_H
#define SUPERNODE_POOL_H

#include <stdlib.h>
#include <string.h>

#include "list.h"

struct pool {
	char *item;
	size_t size, max, top, used;    /* those from top on were never used, nor their memory touched */
	struct list free;
};

static inline bool pool_new(struct pool *p, size_t size, size_t max)
{
	*p = (struct pool){ .item = calloc(max ? max : 1, size), .size = size, .max = max };
	list_init(&p->free);
	return p->item != NULL;
}

static inline void pool_free(struct pool *p) { free(p->item); }
static inline size_t pool_left(const struct pool *p) { return p->max - p->used; }
static inline void *pool_at(const struct pool *p, size_t i) { return p->item + i * p->size; }
static inline size_t pool_index(const struct pool *p, const void *item)
{
	return (size_t)((const char *)item - p->item) / p->size;
}

/* All zero; NULL: all are used. */
static inline void *pool_take(struct pool *p)
{
	void *item = NULL;
	if (!list_empty(&p->free)) {
		item = p->free.next;
		list_remove(p->free.next);
	} else if (p->top < p->max) {
		item = pool_at(p, p->top++);
	}
	if (!item)
		return NULL;
	p->used++;
	return memset(item, 0, p->size);
}

static inline void pool_give(struct pool *p, void *item)
{
	memset(item, 0, p->size);
	list_append(&p->free, item);
	p->used--;
}

#endif
