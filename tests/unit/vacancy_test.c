#include "core/vacancy.h"

#include "test.h"

static const struct hash_key key = { 1, 2 };
enum { ROOM = 20000 };

static void nearest_below_and_above(void)
{
	struct vacancies *v = vacancies_new(&key, ROOM);
	uint32_t found;
	CHECK(vacancy_below(v, 7, 100, 1, &found));
	CHECK_INT(found, 100);
	for (uint32_t n = 50; n <= 300; n++)
		CHECK(vacancy_take(v, 7, n));
	CHECK(vacancy_below(v, 7, 200, 1, &found));
	CHECK_INT(found, 49);
	CHECK(!vacancy_below(v, 7, 200, 50, &found));
	CHECK(vacancy_above(v, 7, 200, 1000, &found));
	CHECK_INT(found, 301);
	CHECK(!vacancy_above(v, 7, 200, 300, &found));
	CHECK(vacancy_below(v, 8, 200, 1, &found));     /* another set */
	CHECK_INT(found, 200);
	vacancy_leave(v, 7, 127);
	CHECK(vacancy_below(v, 7, 200, 50, &found));
	CHECK_INT(found, 127);
	vacancies_free(v);
}

static void ends_of_all_numbers(void)
{
	struct vacancies *v = vacancies_new(&key, ROOM);
	uint32_t found;
	for (uint32_t n = 0; n < 5000; n++) {
		CHECK(vacancy_take(v, 1, n));
		CHECK(vacancy_take(v, 2, UINT32_MAX - n));
	}
	CHECK(!vacancy_below(v, 1, 4999, 0, &found));
	CHECK(!vacancy_above(v, 2, UINT32_MAX - 4999, UINT32_MAX, &found));
	CHECK(vacancy_below(v, 2, UINT32_MAX, 0, &found));
	CHECK_INT(found, UINT32_MAX - 5000);
	vacancies_free(v);
}

static void full_is_said(void)
{
	struct vacancies *v = vacancies_new(&key, 3);
	for (uint32_t n = 0; n < 3; n++)
		CHECK(vacancy_take(v, n, n * 100));
	CHECK(!vacancy_take(v, 1, 7));
	CHECK(vacancy_take(v, 1, 100));         /* it is in there */
	vacancy_leave(v, 1, 7);                 /* it is not */
	CHECK(!vacancy_take(v, 1, 7));
	vacancy_leave(v, 2, 200);
	CHECK(vacancy_take(v, 1, 7));
	vacancies_free(v);
}

/* Beside an array of bits. */
static void same_as_a_plain_array(void)
{
	enum { N = 10000 };
	static bool taken[N];
	struct vacancies *v = vacancies_new(&key, ROOM);
	uint32_t found, seed = 12345;
	for (int i = 0; i < 100000; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t n = (seed >> 8) % N, dense = seed >> 30;
		if (dense) {
			CHECK(vacancy_take(v, 3, n));
			taken[n] = true;
		} else {
			vacancy_leave(v, 3, n);
			taken[n] = false;
		}
		if (i % 16)
			continue;
		uint32_t down = n, up = n;
		while (down > 0 && taken[down])
			down--;
		while (up < N && taken[up])
			up++;
		CHECK_INT(vacancy_below(v, 3, n, 1, &found), down > 0);
		CHECK(!down || found == down);
		CHECK_INT(vacancy_above(v, 3, n, N - 1, &found), up < N);
		CHECK(up == N || found == up);
	}
	vacancies_free(v);
}

/* However many are in the way. */
static void few_words_are_looked_up(void)
{
	struct vacancies *v = vacancies_new(&key, ROOM);
	uint32_t found;
	for (uint32_t n = 1; n <= 16384; n++)
		CHECK(vacancy_take(v, 5, n));
	size_t before = vacancies_looked_up(v);
	CHECK(!vacancy_below(v, 5, 16000, 1, &found));
	CHECK(vacancy_above(v, 5, 200, 100000, &found));
	CHECK_INT(found, 16385);
	CHECK(vacancies_looked_up(v) - before <= 16);
	vacancies_free(v);
}

int main(void)
{
	RUN(nearest_below_and_above);
	RUN(ends_of_all_numbers);
	RUN(full_is_said);
	RUN(same_as_a_plain_array);
	RUN(few_words_are_looked_up);
	return test_done();
}
