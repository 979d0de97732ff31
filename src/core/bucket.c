#include "core/bucket.h"

struct bucket bucket_of(uint64_t n, uint64_t every_ms, uint64_t burst, uint64_t now)
{
	return (struct bucket){ .n = n, .every_ms = every_ms, .burst = burst, .have = burst * every_ms, .since = now };
}

/* However long it was not asked, nothing overflows. */
static void refill(struct bucket *r, uint64_t now)
{
	uint64_t full = r->burst * r->every_ms, passed = now - r->since, room = full - r->have;
	r->since = now;
	r->have = passed > room / r->n ? full : r->have + passed * r->n;
}

size_t bucket_take(struct bucket *r, uint64_t now, size_t wanted)
{
	if (!r->n)
		return wanted;
	refill(r, now);
	uint64_t there = r->have / r->every_ms;
	size_t taken = wanted < there ? wanted : (size_t)there;
	r->have -= taken * r->every_ms;
	return taken;
}
