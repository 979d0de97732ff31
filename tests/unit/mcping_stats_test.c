/* What mcping counts: numbers seen, times, pace; beside each a slow obvious model. */
#include "engine/mcping/pace.h"
#include "engine/mcping/seen.h"
#include "engine/mcping/times.h"
#include "test.h"

enum { WINDOW = 128, NUMBERS = 4096 };
#define SECOND 1000000000ull

/* Remembers everything, and says what seen.c must say of what is inside its window. */
struct model { bool came[NUMBERS]; uint32_t next; };

static enum seen_result model_add(struct model *m, uint32_t seq)
{
	bool in_order = seq >= m->next;
	if (!in_order && m->next - seq > WINDOW)
		return SEEN_TOO_OLD;
	if (m->came[seq])
		return SEEN_AGAIN;
	m->came[seq] = true;
	if (in_order)
		m->next = seq + 1;
	return in_order ? SEEN_IN_ORDER : SEEN_REORDERED;
}

static void seen_agrees_with_a_list(void)
{
	for (int round = 0; round < 200; round++) {
		struct model m = { .next = 0 };
		struct seen *s = seen_new(WINDOW);
		uint32_t at = 0;
		for (int i = 0; i < 2000; i++) {
			uint64_t r = test_random();
			uint32_t jump = r % 100 == 0 ? (uint32_t)(r >> 32) % 300 : 1;
			uint32_t back = r >> 8 & 3 ? 0 : (uint32_t)(r >> 40) % (WINDOW + 20);
			at = at + jump < NUMBERS ? at + jump : NUMBERS - 1;
			uint32_t seq = at > back ? at - back : 0;
			enum seen_result want = model_add(&m, seq);
			CHECK_INT(seen_add(s, seq), want);
			CHECK_INT(seen_next(s), m.next);
		}
		seen_free(s);
	}
}

static void seen_at_the_ends(void)
{
	struct seen *s = seen_new(64);
	CHECK_INT(seen_next(s), 0);
	CHECK_INT(seen_add(s, 0), SEEN_IN_ORDER);
	CHECK_INT(seen_add(s, 0), SEEN_AGAIN);
	CHECK_INT(seen_add(s, UINT32_MAX - 1), SEEN_IN_ORDER);
	CHECK_INT(seen_next(s), UINT32_MAX);
	CHECK_INT(seen_add(s, UINT32_MAX - 1), SEEN_AGAIN);
	CHECK_INT(seen_add(s, UINT32_MAX - 64), SEEN_REORDERED);
	CHECK_INT(seen_add(s, UINT32_MAX - 65), SEEN_TOO_OLD);
	CHECK_INT(seen_add(s, 0), SEEN_TOO_OLD);
	seen_free(s);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void percentiles_are_close_to_sorted_values(void)
{
	static uint64_t value[1000];
	for (int round = 0; round < 50; round++) {
		size_t n = 1 + test_random() % 1000;
		struct times t = { .n = 0 };
		uint64_t sum = 0;
		for (size_t i = 0; i < n; i++) {
			value[i] = test_random() >> (24 + test_random() % 40);
			sum += value[i];
			times_add(&t, value[i]);
		}
		qsort(value, n, sizeof(value[0]), by_value);
		CHECK(t.least == value[0] && t.most == value[n - 1] && t.n == n && times_mean(&t) == sum / n);
		for (unsigned percent = 1; percent <= 100; percent++) {
			uint64_t want = value[(n * percent + 99) / 100 - 1], got = times_percentile(&t, percent);
			CHECK(got >= want && got <= want + want / 32 && got <= t.most);
		}
	}
}

static void times_of_few_and_of_far(void)
{
	struct times t = { .n = 0 };
	CHECK_INT(times_mean(&t), 0);
	CHECK_INT(times_percentile(&t, 99), 0);
	times_add(&t, 123457);
	CHECK_INT(times_percentile(&t, 1), 123457);
	CHECK_INT(times_percentile(&t, 99), 123457);
	times_add(&t, 1ull << 60);
	CHECK(times_percentile(&t, 99) == 1ull << 60);
	CHECK(times_percentile(&t, 50) < 130000);
}

static void pace_keeps_its_rate(void)
{
	static const uint32_t rates[] = { 500, 3000, 10000, 7777777, 50000000, 1000000000 };
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t start = 77 * SECOND;
		struct pace p = pace_from(start, rates[i]);
		CHECK(pace_due(&p, start) && !pace_due(&p, start - 1));
		for (uint64_t k = 1; k <= 100000; k++) {
			pace_take(&p, p.next);
			if (k % 997 == 0)       /* no rounding adds up */
				CHECK_INT(p.next - start, k * SECOND * PACE_PER_UNIT / rates[i]);
		}
	}
}

static void exactly_rate_in_a_second(void)
{
	struct pace p = pace_from(0, 7 * 1000);         /* 7/s does not divide a second */
	uint64_t n = 0;
	for (uint64_t now = 0; now < 100 * SECOND; now += 1000000)
		while (pace_due(&p, now)) {
			pace_take(&p, now);
			n++;
		}
	CHECK_INT(n, 700);
}

static void who_is_late_does_not_burst(void)
{
	struct pace p = pace_from(0, 1000000);          /* 1,000/s: one each millisecond */
	unsigned n = 0;
	for (uint64_t now = 5 * SECOND; pace_due(&p, now); n++)
		pace_take(&p, now);
	CHECK(n <= PACE_BEHIND_NS / 1000000 + 2);
}

static void answers_stay_below_their_rate(void)
{
	static const struct { uint32_t rate; size_t listeners; uint32_t every; } cases[] = {
		{ 10000, 0, 1 }, { 10000, 200, 1 }, { 10000, 201, 2 }, { 2000000, 1, 1 }, { 2000001, 1, 2 },
		{ 50000000, 1, 25 }, { 50000000, 16, 400 }, { 1000000000, 1024, 512000 }, { 1, 1, 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(pace_every(cases[i].rate, cases[i].listeners), cases[i].every);
}

static void sample_is_as_large_as_it_should(void)
{
	uint64_t run = test_random();
	for (uint32_t every = 1; every < 1000; every = every * 3 + 1) {
		unsigned n = 0, first_of_batch = 0;
		for (uint32_t seq = 0; seq < 100000; seq++) {
			n += pace_wants_answer(run, seq, every);
			first_of_batch += seq % every == 0 && pace_wants_answer(run, seq, every);
		}
		CHECK(n > 70000 / every && n < 130000 / every);
		CHECK(every < 4 || first_of_batch < n / 2);
	}
}

static void allowance_is_kept(void)
{
	struct bucket a = pace_answers(SECOND);
	size_t n = 0;
	for (uint64_t now = SECOND; now <= 11 * SECOND; now += 100000)         /* 10,000/s, for 10 s */
		n += bucket_take(&a, now, 1);
	CHECK(n <= 11 * PACE_LISTENER_ANSWERS && n >= 10 * PACE_LISTENER_ANSWERS);
	a = pace_answers(SECOND);
	for (n = 0; bucket_take(&a, SECOND, 1); n++)
		;
	CHECK_INT(n, PACE_LISTENER_ANSWERS);
	CHECK(!bucket_take(&a, SECOND / 2, 1));        /* a clock that steps back gives nothing */
}

int main(void)
{
	RUN(seen_agrees_with_a_list);
	RUN(seen_at_the_ends);
	RUN(percentiles_are_close_to_sorted_values);
	RUN(times_of_few_and_of_far);
	RUN(pace_keeps_its_rate);
	RUN(exactly_rate_in_a_second);
	RUN(who_is_late_does_not_burst);
	RUN(answers_stay_below_their_rate);
	RUN(sample_is_as_large_as_it_should);
	RUN(allowance_is_kept);
	return test_done();
}
