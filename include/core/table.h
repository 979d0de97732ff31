/* A hash table of pointers with a hard limit: open addressing, linear probing, backward-shift
 * deletion, at most half full, memory taken once.  The owner of the items owns their keys; the
 * table keeps the hash and the pointer.
 *
 *	for (size_t at = table_first(t, hash); (item = table_next(t, hash, &at)); )
 *		if (is_it(item)) return item;
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "core/bytes.h"

struct table;

struct table *table_new(size_t max);    /* room for max items; NULL: no memory.  Free with table_free */
void table_free(struct table *t);
size_t table_count(const struct table *t);
bool table_full(const struct table *t);
MUST_CHECK bool table_add(struct table *t, uint64_t hash, void *item);          /* false: full */
void table_remove(struct table *t, uint64_t hash, const void *item);            /* no-op when absent */
/* Items with this hash, one by one; valid until the next add or remove. */
size_t table_first(const struct table *t, uint64_t hash);
void *table_next(const struct table *t, uint64_t hash, size_t *at);
/* All items, in no order: start with *cursor = 0; NULL: that was the last.  The item just returned
 * must not be removed before the walk ends. */
void *table_each(const struct table *t, size_t *cursor);

#endif
