/* Intrusive doubly linked lists: the links lie in the items, a head is a link of its own.  An item
 * that is in no list points at itself, so removing twice does no harm.
 */
#ifndef CORE_LIST_H
#define CORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list { struct list *prev, *next; };

#define LIST_ITEM(at, type, link) ((type *)(void *)((char *)(at) - offsetof(type, link)))

static inline void list_init(struct list *l) { l->prev = l->next = l; }
static inline bool list_empty(const struct list *head) { return head->next == head; }
static inline void list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}
static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#endif
