/* Resolving: what needs no server.  Names that do need one end in .invalid (RFC 6761) and are asked for in a
 * network namespace without any network. */
#define _GNU_SOURCE
#include "io/names.h"

#include <poll.h>

#include "netns.h"
#include "test.h"

enum { PATIENCE_MS = 30000 };

static struct names *started(void)
{
	struct names *ns = names_new();
	CHECK(ns);
	if (!ns)
		exit(1);
	return ns;
}

static struct names_answer await(struct names *ns)
{
	struct names_answer answer = { .index = SIZE_MAX };
	struct pollfd p = { .fd = names_fd(ns), .events = POLLIN };

	while (!names_next(ns, &answer))
		if (poll(&p, 1, PATIENCE_MS) != 1) {
			CHECK_STR("no answer", "an answer");
			break;
		}
	return answer;
}

static void numeric_addresses_are_answered_at_once(void)
{
	static const struct { const char *host; uint8_t family, last; } cases[] = {
		{ "192.0.2.1", ADDR_V4, 1 }, { "2001:db8::7", ADDR_V6, 7 }, { "[2001:db8::8]", ADDR_V6, 8 },
		{ "::ffff:192.0.2.9", ADDR_V4, 9 },
	};
	struct names *ns = started();
	struct names_answer answer;
	struct pollfd p = { .fd = names_fd(ns), .events = POLLIN };

	CHECK(!names_next(ns, &answer));
	CHECK_INT(poll(&p, 1, 0), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(names_request(ns, i + 5, cases[i].host, 7654));
		CHECK_INT(poll(&p, 1, 0), 1);           /* seen by the loop like any answer */
		CHECK(names_next(ns, &answer));
		CHECK_INT(answer.index, i + 5);
		CHECK_INT(answer.n, 1);
		CHECK_INT(answer.addrs[0].family, cases[i].family);
		CHECK_INT(answer.addrs[0].ip[addr_ip_len(&answer.addrs[0]) - 1], cases[i].last);
		CHECK_INT(answer.addrs[0].port, 7654);
		CHECK(!names_next(ns, &answer));
		CHECK_INT(poll(&p, 1, 0), 0);           /* and it does not spin afterwards */
	}
	names_free(ns);
}

static void localhost_resolves(void)
{
	struct names *ns = started();
	CHECK(names_request(ns, 3, "localhost", 99));
	struct names_answer answer = await(ns);
	CHECK_INT(answer.index, 3);
	CHECK(answer.n >= 1);
	CHECK_STR(answer.failure, "");
	for (size_t i = 0; i < answer.n; i++) {
		CHECK(addr_is_loopback(&answer.addrs[i]));
		CHECK_INT(answer.addrs[i].port, 99);
		for (size_t k = 0; k < i; k++)
			CHECK(!addr_equal(&answer.addrs[i], &answer.addrs[k]));
	}
	names_free(ns);
}

static void empty_and_too_long_names_are_refused(void)
{
	struct names *ns = started();
	char host[NAMES_HOST_MAX + 1];
	memset(host, 'a', NAMES_HOST_MAX);
	host[NAMES_HOST_MAX] = '\0';
	CHECK(!names_request(ns, 0, "", 1));
	CHECK(!names_request(ns, 0, host, 1));
	names_free(ns);
}

static void the_queue_is_bounded(void)
{
	struct names *ns = started();
	struct names_answer answer;

	for (size_t i = 0; i < NAMES_QUEUE_MAX; i++)
		CHECK(names_request(ns, i, "192.0.2.1", 1));
	CHECK(!names_request(ns, NAMES_QUEUE_MAX, "192.0.2.1", 1));
	CHECK(!names_request(ns, NAMES_QUEUE_MAX, "localhost", 1));
	CHECK(names_next(ns, &answer));
	CHECK_INT(answer.index, 0);
	CHECK(names_request(ns, 77, "192.0.2.2", 1));
	for (size_t i = 1; i < NAMES_QUEUE_MAX; i++) {
		CHECK(names_next(ns, &answer));
		CHECK_INT(answer.index, i);
	}
	CHECK(names_next(ns, &answer));
	CHECK(answer.index == 77 && answer.addrs[0].ip[3] == 2);
	CHECK(!names_next(ns, &answer));
	names_free(ns);
}

static void a_failure_says_why(void)
{
	struct names *ns = started();
	CHECK(names_request(ns, 1, "no-such-host.invalid", 1));
	CHECK(names_request(ns, 2, "192.0.2.1", 1));    /* does not wait behind the slow one */
	struct names_answer first = await(ns);
	struct names_answer second = await(ns);
	if (first.index != 2) {                         /* both were there */
		struct names_answer other = first;
		first = second;
		second = other;
	}
	CHECK(first.index == 2 && first.n == 1);
	CHECK(second.index == 1 && second.n == 0);
	CHECK(strlen(second.failure) > 0);
	names_free(ns);
}

/* Each request gets exactly one answer, or is replaced while it waits. */
static void many_requests(void)
{
	struct names *ns = started();
	size_t seen[8] = { 0 };

	for (size_t i = 0; i < 8; i++)
		CHECK(names_request(ns, i, "localhost", (uint16_t)(100 + i)));
	for (size_t i = 0; i < 8; i++) {
		struct names_answer answer = await(ns);
		CHECK(answer.index < 8 && answer.n > 0 && answer.addrs[0].port == 100 + answer.index);
		if (answer.index < 8)
			seen[answer.index]++;
	}
	for (size_t i = 0; i < 8; i++)
		CHECK_INT(seen[i], 1);
	names_free(ns);
}

static void freed_while_it_works(void)
{
	for (int i = 0; i < 20; i++) {
		struct names *ns = started();
		CHECK(names_request(ns, 0, "localhost", 1));
		CHECK(names_request(ns, 1, "localhost", 1));
		names_free(ns);
	}
}

int main(void)
{
	bool alone = netns_enter();     /* before there are threads */

	RUN(numeric_addresses_are_answered_at_once);
	RUN(localhost_resolves);
	RUN(empty_and_too_long_names_are_refused);
	RUN(the_queue_is_bounded);
	RUN(many_requests);
	if (alone)
		RUN(a_failure_says_why);
	else
		SKIP(a_failure_says_why, "needs a network namespace");
	RUN(freed_while_it_works);
	return test_done();
}
