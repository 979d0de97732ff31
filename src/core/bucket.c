#include "core/bucket.h"

struct bucket bucket_of(uint64_t n, uint64_t every, uint64_t burst, uint64_t now)
{
	return (struct bucket){ .n = n, .every = every, .burst = burst, .have = burst * every, .since = now };
}

/* However long it was not asked, nothing overflows.  A clock that steps back gives nothing. */
static void refill(struct bucket *r, uint64_t now)
{
	if (now <= r->since)
		return;
	uint64_t full = r->burst * r->every, passed = now - r->since, room = full - r->have;
	r->since = now;
	r->have = passed > room / r->n ? full : r->have + passed * r->n;
}

size_t bucket_take(struct bucket *r, uint64_t now, size_t wanted)
{
	if (!r->n)
		return wanted;
	refill(r, now);
	uint64_t there = r->have / r->every;
	size_t taken = wanted < there ? wanted : (size_t)there;
	r->have -= taken * r->every;
	return taken;
}

bool bucket_has(struct bucket *r, uint64_t now)
{
	if (!r->n)
		return true;
	refill(r, now);
	return r->have >= r->every;
}

bool bucket_take_all(struct bucket *r, uint64_t now, size_t wanted)
{
	if (!r->n)
		return true;
	refill(r, now);
	if (r->have / r->every < wanted)
		return false;
	r->have -= wanted * r->every;
	return true;
}
