#include "engine/mcping/pace.h"

#define SECOND 1000000000ull

struct pace pace_from(uint64_t now, uint32_t rate)
{
	uint64_t unit = SECOND * PACE_PER_UNIT;
	return (struct pace){ .next = now, .interval = unit / rate, .rest = unit % rate, .per = rate };
}

bool pace_due(const struct pace *p, uint64_t now)
{
	return now >= p->next;
}

void pace_take(struct pace *p, uint64_t now)
{
	if (now > p->next && now - p->next > PACE_BEHIND_NS)
		p->next = now;
	p->next += p->interval;
	p->part += p->rest;
	if (p->part >= p->per) {
		p->part -= p->per;
		p->next++;
	}
}

uint32_t pace_every(uint32_t rate, size_t listeners)
{
	uint64_t answers = (uint64_t)rate * (listeners ? listeners : 1), most = (uint64_t)PACE_ANSWERS * PACE_PER_UNIT;
	uint64_t every = (answers + most - 1) / most;
	return every ? (uint32_t)every : 1;
}

static uint64_t mixed(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;        /* the last steps of splitmix64 */
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

bool pace_wants_answer(uint64_t run, uint32_t seq, uint32_t every)
{
	return every <= 1 || mixed(run + seq * 0x9e3779b97f4a7c15u) % every == 0;
}

struct bucket pace_answers(uint64_t now)
{
	return bucket_of(PACE_LISTENER_ANSWERS, SECOND, PACE_LISTENER_ANSWERS, now);
}
