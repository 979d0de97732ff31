#include "ledger.h"

#include "mem.h"

enum { TIMES_MASK = 0x0f, CAME_UNIT = 0x10, CAME_MASK = 0x70, BY_COPY = 0x80 };

struct entry {
	struct entry_view view;
	uint32_t answers;
	uint8_t one;                    /* unicast: how often it was delivered */
	uint8_t *each;                  /* group: the same per slot */
	unsigned slots;
};
struct ledger {
	struct entry *entries;
	size_t n, room;
	uint32_t first;                 /* number of entries[0] */
	uint64_t deliveries, copies;
};

struct ledger *ledger_new(void)
{
	struct ledger *l = mem_new(sizeof(*l));
	l->first = 1;
	return l;
}

void ledger_forget(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->entries[i].each);
	l->first += (uint32_t)l->n;
	l->n = 0;
}

void ledger_free(struct ledger *l)
{
	ledger_forget(l);
	mem_free(l->entries);
	mem_free(l);
}

uint32_t ledger_add(struct ledger *l, const struct entry_view *view, uint32_t answers, unsigned members)
{
	l->entries = mem_grow(l->entries, l->n, &l->room, sizeof(*l->entries));
	l->entries[l->n] = (struct entry){ .view = *view, .answers = answers };
	if (view->to == LEDGER_GROUP) {
		l->entries[l->n].each = mem_new(members);
		l->entries[l->n].slots = members;
	}
	return l->first + (uint32_t)l->n++;
}

bool ledger_knows(const struct ledger *l, uint32_t id) { return id >= l->first && id - l->first < l->n; }

struct entry_view ledger_view(const struct ledger *l, uint32_t id) { return l->entries[id - l->first].view; }

static uint8_t *cell(const struct ledger *l, uint32_t id, unsigned slot)
{
	struct entry *e = &l->entries[id - l->first];
	if (!e->each)
		return &e->one;
	return slot < e->slots ? &e->each[slot] : NULL;
}

void ledger_copy_came(struct ledger *l, uint32_t id, unsigned slot)
{
	uint8_t *times = cell(l, id, slot);
	if (times && (*times & CAME_MASK) < CAME_MASK)
		*times = (uint8_t)(*times + CAME_UNIT);
}

/* A copy that came explains one delivery, its own or that of the datagram for which it was taken. */
static bool explained(uint8_t *times, bool copy)
{
	if (!copy && !(*times & TIMES_MASK))
		return false;
	if (*times & CAME_MASK) {
		*times = (uint8_t)(*times - CAME_UNIT);
		return true;
	}
	return copy;
}

void ledger_got(struct ledger *l, uint32_t id, unsigned slot, bool copy)
{
	const struct entry *e = &l->entries[id - l->first];
	uint8_t *times = cell(l, id, slot);
	if (!times)
		return;
	l->deliveries++;
	copy = explained(times, copy);
	l->copies += copy;
	if (copy)
		*times |= BY_COPY;
	else if ((*times & TIMES_MASK) < TIMES_MASK)
		++*times;
	if (e->view.kind == FRAME_PONG && ledger_knows(l, e->answers))
		l->entries[e->answers - l->first].view.answered = true;
}

unsigned ledger_times(const struct ledger *l, uint32_t id, unsigned slot)
{
	const uint8_t *times = cell(l, id, slot);
	return times ? *times & TIMES_MASK : 0;
}

bool ledger_arrived(const struct ledger *l, uint32_t id, unsigned slot)
{
	const uint8_t *times = cell(l, id, slot);
	return times && *times & (TIMES_MASK | BY_COPY);
}

uint64_t ledger_deliveries(const struct ledger *l) { return l->deliveries; }
uint64_t ledger_copies(const struct ledger *l) { return l->copies; }
