#include "core/pool.h"

#include "test.h"

struct thing { uint64_t seen; uint32_t number; };

static uint64_t worth(const void *item, const void *ctx)
{
	CHECK(!ctx);
	const struct thing *t = item;
	return t->number == 13 ? POOL_KEEP : t->seen;
}

static void takes_and_gives(void)
{
	struct pool p;
	CHECK(pool_new(&p, sizeof(struct thing), 3));
	struct thing *a = pool_take(&p), *b = pool_take(&p), *c = pool_take(&p);
	CHECK(a && b && c && !pool_take(&p));
	b->seen = b->number = 5;
	pool_give(&p, b);
	CHECK_INT(pool_left(&p), 1);
	CHECK(pool_take(&p) == b);
	CHECK(!b->seen && !b->number);
	CHECK_INT(pool_index(&p, c), 2);
	pool_free(&p);
}

static void walks_the_used_ones(void)
{
	struct pool p;
	size_t cursor = 0;
	CHECK(pool_new(&p, 1, 20));             /* smaller than a pointer */
	void *a = pool_take(&p), *b = pool_take(&p), *c = pool_take(&p);
	pool_give(&p, b);
	CHECK(pool_each(&p, &cursor) == a);
	CHECK(pool_each(&p, &cursor) == c);
	CHECK(!pool_each(&p, &cursor));
	pool_free(&p);
}

static void the_least_worth_of_a_window_goes(void)
{
	enum { MAX = 256, WINDOW = 64 };
	struct pool p;
	CHECK(pool_new(&p, sizeof(struct thing), MAX));
	for (uint32_t i = 0; i < MAX; i++) {
		struct thing *t = pool_take(&p);
		t->number = i;
		t->seen = i == 13 || i == 20 || i == 200 ? 1 : 1000 + i;
	}
	struct thing *first = pool_victim(&p, worth, NULL);
	CHECK_INT(first->number, 20);           /* 13 must stay */
	struct thing *second = pool_victim(&p, worth, NULL);
	CHECK_INT(second->number, WINDOW);      /* the next window */
	CHECK_INT(((struct thing *)pool_victim(&p, worth, NULL))->number, 2 * WINDOW);
	CHECK_INT(((struct thing *)pool_victim(&p, worth, NULL))->number, 200);
	pool_free(&p);
}

static void nobody_can_go(void)
{
	struct pool p;
	CHECK(pool_new(&p, sizeof(struct thing), 2));
	CHECK(!pool_victim(&p, worth, NULL));
	((struct thing *)pool_take(&p))->number = 13;
	CHECK(!pool_victim(&p, worth, NULL));
	pool_free(&p);
}

int main(void)
{
	RUN(takes_and_gives);
	RUN(walks_the_used_ones);
	RUN(the_least_worth_of_a_window_goes);
	RUN(nobody_can_go);
	return test_done();
}
