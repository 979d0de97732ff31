#include "io/prefixes.h"

static bool same_route(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && a->route == b->route && addr_equal(&a->to, &b->to);
}

static void take_out(struct prefixes *ps, size_t i)
{
	ps->at[i] = ps->at[--ps->n];
}

void prefixes_add(struct prefixes *ps, const struct prefix *p)
{
	for (size_t i = 0; i < ps->n; i++)
		if (same_route(&ps->at[i], p) && ps->at[i].way == p->way)
			return;
	if (ps->n == PREFIXES_MAX)
		ps->overflowed = true;
	else
		ps->at[ps->n++] = *p;
}

void prefixes_remove(struct prefixes *ps, const struct prefix *p)
{
	for (size_t i = 0; i < ps->n; i++)
		if (same_route(&ps->at[i], p) && ps->at[i].way == p->way) {
			take_out(ps, i);
			return;
		}
}

void prefixes_replaced(struct prefixes *ps, const struct prefix *p)
{
	for (size_t i = ps->n; i--; )
		if (same_route(&ps->at[i], p))
			take_out(ps, i);
}

static bool covers(const struct prefix *p, const struct addr *a)
{
	size_t whole = p->len / 8, rest = p->len % 8;

	return p->to.family == a->family && !memcmp(p->to.ip, a->ip, whole) &&
	       (!rest || !((p->to.ip[whole] ^ a->ip[whole]) >> (8 - rest)));
}

bool prefixes_cover(const struct prefixes *ps, const struct addr *a)
{
	for (size_t i = 0; i < ps->n; i++)
		if (covers(&ps->at[i], a))
			return true;
	return ps->overflowed;
}
