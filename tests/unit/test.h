/* What a unit test needs and nothing more: CHECK() with the place and the values, a seeded random
 * source, and a count at the end.  The seed is the same in each run, so that a failure is of the change
 * that brought it; SEED=0x… gives another, and is printed when something fails.
 *
 *	int main(void) { RUN(decodes_golden_vectors); ...; return test_done(); }
 */
#ifndef TEST_H
#define TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned test_failed_checks, test_passed, test_failed, test_skipped;
static uint64_t test_seed, test_state;

#define CHECK(cond) do { \
	if (!(cond)) { \
		printf("  %s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
		test_failed_checks++; \
	} } while (0)
#define CHECK_INT(got, want) do { \
	long long got_ = (long long)(got), want_ = (long long)(want); \
	if (got_ != want_) { \
		printf("  %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_); \
		test_failed_checks++; \
	} } while (0)
#define CHECK_STR(got, want) do { \
	const char *got_ = (got), *want_ = (want); \
	if (strcmp(got_, want_)) { \
		printf("  %s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got, got_, want_); \
		test_failed_checks++; \
	} } while (0)

static inline uint64_t test_random(void)        /* splitmix64 */
{
	uint64_t z = test_state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline void test_run(const char *name, void (*fn)(void))
{
	unsigned before = test_failed_checks, skipped_before = test_skipped;
	if (!test_seed) {
		const char *given = getenv("SEED");
		test_seed = given ? strtoull(given, NULL, 0) : 1;
	}
	test_state = test_seed;
	fn();
	bool good = test_failed_checks == before;
	if (good && test_skipped > skipped_before)
		return;
	*(good ? &test_passed : &test_failed) += 1;
	printf("%s %s\n", good ? "ok  " : "FAIL", name);
	if (!good)
		printf("  again with: SEED=0x%" PRIx64 "\n", test_seed);
}
#define RUN(fn) test_run(#fn, fn)

/* Aloud: what cannot be tested here, and why. */
static inline void test_skip(const char *what, const char *why)
{
	printf("skip %s: %s\n", what, why);
	test_skipped++;
}

/* The last line is read by scripts/check.sh. */
static inline int test_done(void)
{
	printf("%u passed, %u failed", test_passed, test_failed);
	if (test_skipped)
		printf(", %u skipped", test_skipped);
	puts("");
	return test_failed != 0;
}

#endif
