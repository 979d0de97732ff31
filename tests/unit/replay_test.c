/* The window against a list of all that was seen. */
#include "core/replay.h"
#include "test.h"

static void each_counter_once(void)
{
	uint64_t seen[REPLAY_WORDS];
	struct replay r;
	replay_init(&r, seen, REPLAY_WORDS);
	CHECK(REPLAY_WINDOW >= 8192);
	for (uint64_t i = 0; i < 3 * REPLAY_WINDOW; i++) {
		CHECK(replay_fresh(&r, i));
		CHECK(replay_mark(&r, i));
		CHECK(!replay_fresh(&r, i));
		CHECK(!replay_mark(&r, i));
	}
}

/* The oldest that is taken, and the youngest that is not. */
static void edges(void)
{
	static const uint64_t tops[] = { REPLAY_WINDOW, 20000, 1u << 20, (uint64_t)1 << 60, UINT64_MAX - 1 };
	for (size_t i = 0; i < 5; i++) {
		uint64_t seen[REPLAY_WORDS];
		struct replay r;
		replay_init(&r, seen, REPLAY_WORDS);
		CHECK(replay_mark(&r, tops[i]));
		CHECK(!replay_fresh(&r, tops[i] - REPLAY_WINDOW));
		CHECK(replay_fresh(&r, tops[i] - REPLAY_WINDOW + 1));
		CHECK(replay_mark(&r, tops[i] - REPLAY_WINDOW + 1));
		CHECK(!replay_fresh(&r, tops[i] - REPLAY_WINDOW + 1));
		CHECK(!replay_mark(&r, tops[i]));
		CHECK(replay_mark(&r, tops[i] - 1));
	}
}

static void the_last_counter_is_never_taken(void)
{
	uint64_t seen[2];
	struct replay r;
	replay_init(&r, seen, 2);
	CHECK(!replay_mark(&r, UINT64_MAX));
	CHECK(replay_mark(&r, UINT64_MAX - 1));
	CHECK(!replay_mark(&r, UINT64_MAX));
}

static void zero_may_come_late(void)
{
	uint64_t seen[16];
	struct replay r;
	replay_init(&r, seen, 16);
	CHECK(replay_mark(&r, 5));
	CHECK(replay_mark(&r, 0));
	CHECK(!replay_mark(&r, 0));
	CHECK(replay_mark(&r, 959));
	CHECK(!replay_fresh(&r, 0));
	CHECK(replay_fresh(&r, 1));
	CHECK(replay_mark(&r, 960));
	CHECK(!replay_fresh(&r, 0));
}

/* Jumps of every size, and late ones: taken exactly when within the window and not on the list. */
static void as_a_list(void)
{
	enum { LIST = 6000, WORDS = 4, WINDOW = (WORDS - 1) * 64 };
	static uint64_t list[LIST];
	uint64_t seen[WORDS], top = 0;
	size_t n = 0;
	bool any = false;
	struct replay r;
	replay_init(&r, seen, WORDS);
	for (int i = 0; i < LIST; i++) {
		uint64_t jump = test_random() % (test_random() % 50 ? 8 : 1000), back = test_random() % 260;
		uint64_t counter = test_random() % 3 ? top + jump : top - (back > top ? top : back);
		bool fresh = !any || counter + WINDOW > top;
		for (size_t k = n > 400 ? n - 400 : 0; k < n; k++)
			fresh = fresh && list[k] != counter;
		CHECK_INT(replay_fresh(&r, counter), fresh);
		CHECK_INT(replay_mark(&r, counter), fresh);
		if (fresh)
			list[n++] = counter;
		if (fresh && counter > top)
			top = counter;
		any = any || fresh;
	}
}

int main(void)
{
	RUN(each_counter_once);
	RUN(edges);
	RUN(the_last_counter_is_never_taken);
	RUN(zero_may_come_late);
	RUN(as_a_list);
	return test_done();
}
