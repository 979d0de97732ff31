/* The questions that scenarios ask a world. */
#include "world.h"

#include <stdio.h>

#include "mem.h"

enum { ANSWER_MS = 1500 };

static void name_pair(char out[static 160], const struct member *a, const struct member *b)
{
	char x[64], y[64];
	member_name(x, a);
	member_name(y, b);
	snprintf(out, 160, "%s to %s", x, y);
}

void world_check_datagram(struct world *w, const char *who, const uint8_t *community, const struct addr *to,
                          const struct buf *datagram)
{
	struct wire_message m;
	char text[ADDR_TEXT];
	if (!addr_is_set(to) || !to->port || addr_is_multicast(to) || addr_is_unspecified(to))
		world_fail(w, "%s sends to %s", who, addr_print(text, to));
	if (datagram->len > DATAGRAM_MAX)
		world_fail(w, "%s sends %zu bytes", who, datagram->len);
	if (wire_get(&m, datagram->data, datagram->len) != WIRE_GOOD)
		world_fail(w, "%s sends %zu bytes that do not decode", who, datagram->len);
	else if (community && memcmp(m.community, community, COMMUNITY_LEN))
		world_fail(w, "%s sends in another community", who);
}

void world_check_registered(struct world *w)
{
	char name[64];
	for (size_t i = 0; i < w->members_n; i++) {
		const struct member *m = w->members[i];
		member_name(name, m);
		if (member_runs(m) && !member_registered(m))
			world_fail(w, "%s is not registered", name);
	}
}

static bool all_registered(const struct world *w)
{
	for (size_t i = 0; i < w->members_n; i++)
		if (w->members[i]->awaited || (member_runs(w->members[i]) && !member_registered(w->members[i])))
			return false;
	return true;
}

uint64_t world_until_registered(struct world *w, uint64_t limit_ms)
{
	uint64_t start = world_now(w);
	while (!all_registered(w) && world_now(w) - start < limit_ms)
		world_run(w, 50);
	world_check_registered(w);
	return world_now(w) - start;
}

void world_check_direct(struct world *w, const struct member *a, const struct member *b, bool direct)
{
	char names[160];
	name_pair(names, a, b);
	if (member_direct(a, b) != direct)
		world_fail(w, "%s is %s", names, direct ? "still relayed" : "direct");
}

/* One question of all pairs: who still has no answer, and the ping that is out. */
struct pair {
	struct member *a, *b;
	uint32_t ping;
};

static struct pair *pairs_of(struct world *w, size_t *n)
{
	struct pair *pairs = NULL;
	size_t room = 0;
	*n = 0;
	for (size_t i = 0; i < w->members_n; i++)
		for (size_t k = 0; k < w->members_n; k++) {
			struct member *a = w->members[i], *b = w->members[k];
			if (a == b || a->community != b->community || !member_runs(a) || !member_runs(b))
				continue;
			pairs = mem_grow(pairs, *n, &room, sizeof(*pairs));
			pairs[(*n)++] = (struct pair){ a, b, 0 };
		}
	return pairs;
}

static size_t ask(struct world *w, struct pair *pairs, size_t n)
{
	size_t left = 0;
	for (size_t i = 0; i < n; i++) {
		pairs[i].ping = world_say(pairs[i].a, pairs[i].b, FRAME_PING, 0);
		if (n < 2000 || i % (n / 2000) == 0)
			world_run(w, 1);
	}
	world_run(w, ANSWER_MS);
	for (size_t i = 0; i < n; i++)
		if (!ledger_view(w->ledger, pairs[i].ping).answered)
			pairs[left++] = pairs[i];
	return left;
}

void world_check_pairs(struct world *w, unsigned attempts)
{
	char names[160];
	size_t n, left;
	struct pair *pairs = pairs_of(w, &n);
	for (left = n; left && attempts; attempts--)
		left = ask(w, pairs, left);
	for (size_t i = 0; i < left; i++) {
		name_pair(names, pairs[i].a, pairs[i].b);
		world_fail(w, "%s: ping %u %s", names, pairs[i].ping,
		           ledger_arrived(w->ledger, pairs[i].ping, 0) ? "arrived, no answer" : "is lost");
	}
	mem_free(pairs);
}

static void check_group(struct world *w, const struct member *from, uint32_t id)
{
	char names[160];
	for (size_t i = 0; i < w->members_n; i++) {
		const struct member *m = w->members[i];
		if (m == from || m->community != from->community || !member_runs(m))
			continue;
		name_pair(names, from, m);
		if (!ledger_arrived(w->ledger, id, m->slot))
			world_fail(w, "%s: group frame %u did not arrive", names, id);
	}
}

void world_check_group(struct world *w, struct member *from, unsigned group)
{
	char names[160];
	uint32_t id = world_say_to_group(from, group);
	world_run(w, ANSWER_MS);
	for (size_t i = 0; id && i < w->members_n; i++) {
		const struct member *m = w->members[i];
		if (m == from || m->community != from->community || !member_runs(m) || !host_wants(&m->joined, group))
			continue;
		name_pair(names, from, m);
		if (!ledger_arrived(w->ledger, id, m->slot))
			world_fail(w, "%s: frame %u to group %u did not arrive", names, id, group);
	}
}

void world_check_groups(struct world *w, enum frame_kind kind)
{
	uint32_t *ids = mem_new(w->members_n * sizeof(*ids));
	for (size_t i = 0; i < w->members_n; i++) {
		ids[i] = world_say(w->members[i], NULL, kind, 0);
		world_run(w, 1);
	}
	world_run(w, ANSWER_MS);
	for (size_t i = 0; i < w->members_n; i++)
		if (ids[i])
			check_group(w, w->members[i], ids[i]);
	mem_free(ids);
}

void world_check_all(struct world *w)
{
	world_check_registered(w);
	world_check_pairs(w, 1);
	world_check_groups(w, FRAME_BROADCAST);
	world_check_groups(w, FRAME_MULTICAST);
}
