#include "core/table.h"

#include "test.h"

enum { ITEMS = 64 };

/* The slow, obvious table: who is in, under which hash. */
struct model {
	bool in[ITEMS];
	uint64_t hash[ITEMS];
	size_t count, max;
};
static char items[ITEMS];

static size_t index_of(const void *item) { return (size_t)((const char *)item - items); }

static void check_lookup(const struct table *t, const struct model *m, uint64_t hash)
{
	bool seen[ITEMS] = { false };
	char *item;
	size_t found = 0, want = 0;
	for (size_t at = table_first(t, hash); (item = table_next(t, hash, &at)); found++) {
		CHECK(m->in[index_of(item)] && m->hash[index_of(item)] == hash && !seen[index_of(item)]);
		seen[index_of(item)] = true;
	}
	for (size_t i = 0; i < ITEMS; i++)
		want += m->in[i] && m->hash[i] == hash;
	CHECK_INT(found, want);
}

static void check_walk(const struct table *t, const struct model *m)
{
	bool seen[ITEMS] = { false };
	size_t cursor = 0, n = 0;
	for (void *item; (item = table_each(t, &cursor)); n++) {
		CHECK(m->in[index_of(item)] && !seen[index_of(item)]);
		seen[index_of(item)] = true;
	}
	CHECK_INT(n, m->count);
	CHECK(!table_each(t, &cursor));
}

/* Hashes that are equal, that share a home slot, that stand at the end of the slots, or are anything. */
static uint64_t some_hash(void)
{
	switch (test_random() % 4) {
	case 0: return test_random() % 3;
	case 1: return (test_random() % 4) << 32 | 5;
	case 2: return UINT64_MAX - test_random() % 4;
	default: return test_random();
	}
}

static void step(struct table *t, struct model *m)
{
	size_t i = test_random() % ITEMS;
	if (m->in[i]) {
		table_remove(t, m->hash[i] + 1, &items[i]);      /* not there: nothing happens */
		CHECK_INT(table_count(t), m->count);
		table_remove(t, m->hash[i], &items[i]);
		m->in[i] = false;
		m->count--;
	} else {
		m->hash[i] = some_hash();
		bool room = m->count < m->max;
		CHECK(table_add(t, m->hash[i], &items[i]) == room);
		m->in[i] = room;
		m->count += room;
	}
	CHECK_INT(table_count(t), m->count);
	CHECK(table_full(t) == (m->count == m->max));
	check_lookup(t, m, m->hash[i]);
	check_lookup(t, m, some_hash());
}

static void does_what_the_model_does(void)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 7, 16, 33, ITEMS };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct model m = { .max = sizes[i] };
		struct table *t = table_new(sizes[i]);
		CHECK(t);
		for (int n = 0; t && n < 4000; n++) {
			step(t, &m);
			if (n % 16 == 0)
				check_walk(t, &m);
		}
		for (size_t k = 0; t && k < ITEMS; k++)
			if (m.in[k])
				check_lookup(t, &m, m.hash[k]);
		table_free(t);
	}
}

static void impossible_size_is_refused(void)
{
	CHECK(!table_new(SIZE_MAX));
	CHECK(!table_new(SIZE_MAX / 16));
	table_free(NULL);
}

int main(void)
{
	RUN(does_what_the_model_does);
	RUN(impossible_size_is_refused);
	return test_done();
}
