#include "core/bucket.h"
#include "test.h"

static void burst_and_refill(void)
{
	struct bucket r = bucket_of(1000, 1000, 50, 5000);
	CHECK_INT(bucket_take(&r, 5000, 20), 20);
	CHECK_INT(bucket_take(&r, 5000, 64), 30);         /* room for a part: the part */
	CHECK_INT(bucket_take(&r, 5000, 1), 0);
	CHECK_INT(bucket_take(&r, 5007, 64), 7);
	CHECK_INT(bucket_take(&r, 5000 + 1000000, 64), 50);
	CHECK_INT(bucket_take(&r, 5000 + 1000000, 1), 0);
}

static void zero_is_no_limit(void)
{
	struct bucket r = bucket_of(0, 1000, 0, 1);
	CHECK_INT(bucket_take(&r, 1, SIZE_MAX), SIZE_MAX);
	CHECK_INT(bucket_take(&r, 1, 64), 64);
}

/* Less than one a millisecond, asked every millisecond: nothing is lost to rounding. */
static void slow_rates_are_exact(void)
{
	struct bucket third = bucket_of(1, 3, 1, 1), minute = bucket_of(1, 60000, 1, 1);
	size_t got = 0, minutes = 0;
	for (uint64_t now = 1; now <= 300000; now++) {
		got += bucket_take(&third, now, 1);
		minutes += bucket_take(&minute, now, 1);
	}
	CHECK_INT(got, 100000);
	CHECK_INT(minutes, 5);
}

static void fast_rates_are_exact(void)
{
	struct bucket r = bucket_of(7777, 1000, 7777, 1);
	size_t got = 0;
	for (uint64_t now = 1; now <= 10001; now++)
		got += bucket_take(&r, now, 64);
	CHECK_INT(got, 11 * 7777);
}

/* Beside the bucket a slow model: tokens as fractions, one millisecond after the other. */
static void like_the_model(void)
{
	for (int run = 0; run < 200; run++) {
		uint64_t n = 1 + test_random() % 5000, every = 1 + test_random() % 3000, burst = 1 + test_random() % 200;
		uint64_t now = 1 + test_random() % 1000000, have = burst * every;
		struct bucket r = bucket_of(n, every, burst, now);
		for (int step = 0; step < 50; step++) {
			uint64_t wait = test_random() % 20;
			for (uint64_t ms = 0; ms < wait; ms++)
				have = have + n < burst * every ? have + n : burst * every;
			now += wait;
			size_t want = test_random() % 70, there = have / every, expected = want < there ? want : there;
			have -= expected * every;
			CHECK_INT(bucket_take(&r, now, want), expected);
		}
	}
}

static void long_silence_does_not_overflow(void)
{
	struct bucket r = bucket_of(10000000, 1000, 10000000, 1);
	CHECK_INT(bucket_take(&r, 1, 10000000), 10000000);
	CHECK_INT(bucket_take(&r, UINT64_MAX, SIZE_MAX), 10000000);
}

static void takes_all_or_nothing(void)
{
	struct bucket r = bucket_of(1000, 1000, 10, 0), none = bucket_of(0, 1000, 0, 0);
	CHECK(bucket_take_all(&r, 0, 7));
	CHECK(!bucket_take_all(&r, 0, 7));
	CHECK(!bucket_take_all(&r, 3, 7));      /* what was refused has cost nothing */
	CHECK(bucket_take_all(&r, 4, 7));
	CHECK(!bucket_take_all(&r, 1000, 11));
	CHECK(bucket_take_all(&none, 0, 1000000));
}

int main(void)
{
	RUN(takes_all_or_nothing);
	RUN(burst_and_refill);
	RUN(zero_is_no_limit);
	RUN(slow_rates_are_exact);
	RUN(fast_rates_are_exact);
	RUN(like_the_model);
	RUN(long_silence_does_not_overflow);
	return test_done();
}
