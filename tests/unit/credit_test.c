#include "core/credit.h"

#include "test.h"

enum { SOURCES = 50, SECOND = 1000 };

static const struct hash_key key = { 3, 4 };

static struct addr source(unsigned i)
{
	return (struct addr){ ADDR_V4, (uint16_t)(1000 + i % 3), { 192, 0, 2, (uint8_t)(i / 3) } };
}

static void answers_no_more_than_was_sent(void)
{
	struct credits *c = credits_new(16, &key);
	struct addr a = source(0), other_port = source(1), other_ip = source(3);
	CHECK(!credits_spend(c, &a, 1, 0));
	credits_earned(c, &a, 38, 0);
	CHECK(!credits_spend(c, &a, 74, 0));
	CHECK(!credits_spend(c, &other_port, 38, 0));
	CHECK(!credits_spend(c, &other_ip, 38, 0));
	credits_earned(c, &a, 38, 1);
	CHECK(credits_spend(c, &a, 74, 1));
	CHECK(!credits_spend(c, &a, 3, 1));
	CHECK(credits_spend(c, &a, 2, 1));
	CHECK(!credits_spend(c, &a, 1, 1));
	credits_free(c);
}

static void credit_is_capped(void)
{
	struct credits *c = credits_new(16, &key);
	struct addr a = source(0);
	for (int i = 0; i < 10; i++)
		credits_earned(c, &a, 1400, 5);
	credits_earned(c, &a, SIZE_MAX, 5);
	CHECK(!credits_spend(c, &a, 4097, 5));
	CHECK(credits_spend(c, &a, 4096, 5));
	CHECK(!credits_spend(c, &a, 1, 5));
	credits_free(c);
}

static void credit_expires(void)
{
	struct credits *c = credits_new(16, &key);
	struct addr a = source(0);
	credits_earned(c, &a, 100, SECOND);
	CHECK(credits_spend(c, &a, 10, 61 * SECOND - 1));
	CHECK(!credits_spend(c, &a, 10, 61 * SECOND));
	credits_earned(c, &a, 20, 62 * SECOND);
	CHECK(!credits_spend(c, &a, 21, 62 * SECOND));
	CHECK(credits_spend(c, &a, 20, 62 * SECOND));
	credits_free(c);
}

static void a_flood_of_sources_takes_the_oldest_place(void)
{
	struct credits *c = credits_new(2, &key);
	struct addr a = source(0), b = source(1), d = source(2);
	credits_earned(c, &a, 100, 1);
	credits_earned(c, &b, 100, 2);
	credits_earned(c, &d, 100, 3);
	CHECK(!credits_spend(c, &a, 1, 4));
	CHECK(credits_spend(c, &b, 100, 4));
	CHECK(credits_spend(c, &d, 100, 4));
	credits_free(c);
}

/* Whatever happens in whatever memory: to nobody more than he has sent. */
static void never_in_anyones_debt(void)
{
	for (size_t slots = 0; slots <= 64; slots = slots * 2 + 1) {
		struct credits *c = credits_new(slots, &key);
		uint64_t earned[SOURCES] = { 0 }, spent[SOURCES] = { 0 }, now = 0;
		unsigned granted = 0;
		for (int n = 0; n < 5000; n++) {
			unsigned i = (unsigned)(test_random() % SOURCES);
			struct addr a = source(i);
			size_t len = test_random() % 200;
			now += test_random() % 8 ? test_random() % 50 : test_random() % (2 * SECOND);
			if (test_random() % 2) {
				credits_earned(c, &a, len, now);
				earned[i] += len;
			} else if (credits_spend(c, &a, len, now)) {
				spent[i] += len;
				granted += len > 0;
			}
			CHECK(spent[i] <= earned[i]);
		}
		CHECK(granted > 10);
		credits_free(c);
	}
}

static void impossible_size_is_refused(void)
{
	CHECK(!credits_new(SIZE_MAX, &key));
	credits_free(NULL);
}

int main(void)
{
	RUN(answers_no_more_than_was_sent);
	RUN(credit_is_capped);
	RUN(credit_expires);
	RUN(a_flood_of_sources_takes_the_oldest_place);
	RUN(never_in_anyones_debt);
	RUN(impossible_size_is_refused);
	return test_done();
}
