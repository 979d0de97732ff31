#include "core/credit.h"

#include <stdlib.h>

enum {
	WAYS = 2,               /* places a source may stand */
	CREDIT_MAX = 4096,      /* bytes: saving up makes nobody a useful reflector */
	CREDIT_MS = 60000       /* forgotten when the source was silent for so long */
};

struct credit {
	struct addr who;
	uint32_t bytes;
	uint64_t heard;
};
struct credits {
	struct hash_key key;
	size_t mask;            /* sets - 1 */
	struct credit slot[];   /* sets of WAYS */
};

struct credits *credits_new(size_t slots, const struct hash_key *key)
{
	size_t sets = 1;
	if (slots > (SIZE_MAX / 4 - sizeof(struct credits)) / sizeof(struct credit))
		return NULL;
	while (sets * WAYS < slots)
		sets *= 2;
	struct credits *c = calloc(1, sizeof(*c) + sets * WAYS * sizeof(c->slot[0]));
	if (!c)
		return NULL;
	c->key = *key;
	c->mask = sets - 1;
	return c;
}

void credits_free(struct credits *c)
{
	free(c);
}

static struct credit *set_of(struct credits *c, const struct addr *who)
{
	return &c->slot[((size_t)addr_hash(&c->key, who) & c->mask) * WAYS];
}

/* The slot of this source, or NULL. */
static struct credit *find(struct credits *c, const struct addr *who)
{
	struct credit *set = set_of(c, who);
	for (size_t i = 0; i < WAYS; i++)
		if (addr_equal(&set[i].who, who))
			return &set[i];
	return NULL;
}

/* A slot for a new source: that of the source not heard for longest; a free one was heard at 0. */
static struct credit *take_over(struct credits *c, const struct addr *who)
{
	struct credit *set = set_of(c, who), *victim = &set[0];
	for (size_t i = 1; i < WAYS; i++)
		if (set[i].heard < victim->heard)
			victim = &set[i];
	*victim = (struct credit){ .who = *who };
	return victim;
}

static bool is_stale(const struct credit *slot, uint64_t now)
{
	return now - slot->heard >= CREDIT_MS;
}

void credits_earned(struct credits *c, const struct addr *from, size_t len, uint64_t now)
{
	struct credit *slot = find(c, from);
	if (!slot)
		slot = take_over(c, from);
	else if (is_stale(slot, now))
		slot->bytes = 0;
	size_t room = CREDIT_MAX - slot->bytes;
	slot->bytes += (uint32_t)(len < room ? len : room);
	slot->heard = now;
}

bool credits_spend(struct credits *c, const struct addr *to, size_t len, uint64_t now)
{
	struct credit *slot = find(c, to);
	if (!slot || is_stale(slot, now) || slot->bytes < len)
		return false;
	slot->bytes -= (uint32_t)len;
	return true;
}
