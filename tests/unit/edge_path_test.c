/* The rules of path.h alone. */
#include "../../src/engine/edge/path.h"
#include "test.h"

static struct endpoint at(uint8_t host, uint16_t port)
{
	return endpoint_udp(&(struct addr){ .family = ADDR_V4, .port = port, .ip = { 192, 0, 2, host } });
}
static void told(struct path *p, uint8_t host)
{
	struct endpoint ep = at(host, 5000);
	CHECK(path_told(p, 1000, &ep.addr));
}
static uint32_t ask(struct path *p, uint64_t now, const struct endpoint *to, uint32_t class)
{
	struct probe *slot = path_slot(p, to, class, false);
	CHECK(path_probe_due(slot, now, to, class, false));
	path_probe_sent(p, slot, now, to, class, (uint32_t)test_random());
	return slot->cookie;
}

static void cookies_keep_their_class(void)
{
	static const uint32_t classes[] = { COOKIE_FORWARDED, COOKIE_PORT, COOKIE_REGULAR, COOKIE_MCAST, COOKIE_LOCAL,
	                                    COOKIE_IDENTIFY };
	for (size_t i = 0; i < 6; i++) {
		CHECK_INT(path_class(classes[i]), classes[i]);
		for (int n = 0; n < 1000; n++) {
			uint32_t cookie = path_cookie(classes[i], n ? (uint32_t)test_random() : UINT32_MAX);
			CHECK(cookie >= classes[i] && (i == 5 || cookie < classes[i + 1]));
			CHECK_INT(path_class(cookie), classes[i]);
		}
	}
	CHECK_INT(path_class(0), COOKIE_NONE);
	CHECK_INT(path_class(UINT32_MAX), COOKIE_IDENTIFY);
}

static void who_is_trusted(void)
{
	struct path p = { 0 };
	struct endpoint named = at(1, 5000), port = at(1, 6000), other = at(2, 5000);
	CHECK(path_trust_of(&p, &named) == PATH_CLAIMED);
	told(&p, 1);
	CHECK(path_trust_of(&p, &named) == PATH_TOLD);
	CHECK(path_trust_of(&p, &port) == PATH_TOLD);
	CHECK(path_trust_of(&p, &other) == PATH_CLAIMED);
	path_confirmed(&p, 1000, &named, COOKIE_REGULAR);
	CHECK(path_trust_of(&p, &named) == PATH_CONFIRMED);
	CHECK(path_trust_of(&p, &port) == PATH_TOLD);
	path_lost(&p);
	CHECK(path_trust_of(&p, &named) == PATH_TOLD);
	told(&p, 2);
	CHECK(path_trust_of(&p, &named) == PATH_CLAIMED);
}

static void only_the_drawn_number_answers(void)
{
	struct path p = { 0 };
	struct endpoint to = at(1, 5000), other = at(2, 5000), guessed = at(1, 5015), beyond = at(1, 5016);
	uint32_t cookie = ask(&p, 1000, &to, COOKIE_REGULAR);
	CHECK(path_answered(&p, 1001, &to, cookie) == PATH_ANSWERED);
	CHECK(path_answered(&p, 1001, &other, cookie) == PATH_ELSEWHERE);
	CHECK(path_answered(&p, 1001, &to, cookie ^ 1) == PATH_NOT_ASKED);
	CHECK(path_answered(&p, 1001, &to, COOKIE_REGULAR) == PATH_NOT_ASKED);
	CHECK(path_answered(&p, 11000, &to, cookie) == PATH_NOT_ASKED);
	cookie = ask(&p, 2000, &to, COOKIE_PORT);
	CHECK(path_answered(&p, 2001, &guessed, cookie) == PATH_ANSWERED);
	CHECK(path_answered(&p, 2001, &beyond, cookie) == PATH_ELSEWHERE);
}

/* The peer is elsewhere: who is at its old endpoint now may have got the question. */
static void answers_from_before_it_moved_do_not_count(void)
{
	struct path p = { 0 };
	struct endpoint before = at(1, 5000);
	told(&p, 1);
	uint32_t cookie = ask(&p, 1000, &before, COOKIE_REGULAR);
	told(&p, 2);
	CHECK(path_answered(&p, 1100, &before, cookie) == PATH_NOT_ASKED);
}

static void late_answers_count(void)
{
	struct path p = { 0 };
	struct endpoint to = at(1, 5000);
	uint32_t first = ask(&p, 1000, &to, COOKIE_REGULAR);
	CHECK(!path_probe_due(path_slot(&p, &to, COOKIE_REGULAR, false), 1999, &to, COOKIE_REGULAR, false));
	CHECK_INT(ask(&p, 2000, &to, COOKIE_REGULAR), first);
	CHECK(path_answered(&p, 3500, &to, first) == PATH_ANSWERED);
	CHECK(ask(&p, 11000, &to, COOKIE_REGULAR) != first);
}

static void a_path_that_works_is_not_left(void)
{
	struct path p = { 0 };
	struct endpoint old = at(1, 5000), new = at(1, 6000);
	told(&p, 1);
	CHECK(path_may_move(&p, 1000, &new, COOKIE_REGULAR));
	path_confirmed(&p, 1000, &old, COOKIE_REGULAR);
	CHECK(!path_may_move(&p, 1001, &new, COOKIE_REGULAR));
	CHECK(path_may_move(&p, 1001, &new, COOKIE_LOCAL));
	CHECK(!path_may_move(&p, 60000, &new, COOKIE_REGULAR));         /* idle is not silent */
	ask(&p, 60000, &old, COOKIE_REGULAR);
	CHECK(!path_may_move(&p, 60999, &new, COOKIE_REGULAR));
	CHECK(path_may_move(&p, 61000, &new, COOKIE_REGULAR));
	CHECK(path_carried(&p, 61000, &old));
	CHECK(!path_may_move(&p, 62000, &new, COOKIE_REGULAR));
	CHECK(!path_carried(&p, 62000, &new));
	path_confirmed(&p, 62000, &old, COOKIE_LOCAL);
	CHECK_INT(p.class, COOKIE_LOCAL);
	path_confirmed(&p, 62000, &old, COOKIE_REGULAR);
	CHECK_INT(p.class, COOKIE_LOCAL);
}

static void tries_back_off(void)
{
	struct path p = { 0 };
	unsigned tries = 0;
	path_afresh(&p, 1000);
	for (uint64_t now = 1000; now < 65000; now += 100)
		tries += path_try(&p, now);
	CHECK_INT(tries, 7);                                            /* 0, 1, 3, 7, 15, 31, 61 s */
	CHECK_INT(p.tries, 7);
	path_afresh(&p, 65000);
	CHECK(path_try(&p, 65000) && !path_try(&p, 65999) && path_try(&p, 66000));
}

static void hints_have_a_slot_of_their_own(void)
{
	struct path p = { 0 };
	struct endpoint to = at(1, 5000);
	uint32_t cookie = ask(&p, 1000, &to, COOKIE_REGULAR);
	for (uint16_t i = 0; i < 100; i++) {
		struct endpoint hint = at(1, (uint16_t)(6000 + i));
		struct probe *slot = path_slot(&p, &hint, COOKIE_REGULAR, true);
		if (path_probe_due(slot, 1000, &hint, COOKIE_REGULAR, true))
			path_probe_sent(&p, slot, 1000, &hint, COOKIE_REGULAR, (uint32_t)test_random());
		else
			CHECK(i > 0);                                   /* one a second, wherever to */
	}
	CHECK(path_answered(&p, 1001, &to, cookie) == PATH_ANSWERED);
	CHECK(path_knows(&p, &to) && path_knows(&p, &p.probes[PROBE_HINT].to));
	to = at(9, 1);
	CHECK(!path_knows(&p, &to));
}

int main(void)
{
	RUN(cookies_keep_their_class);
	RUN(who_is_trusted);
	RUN(only_the_drawn_number_answers);
	RUN(answers_from_before_it_moved_do_not_count);
	RUN(late_answers_count);
	RUN(a_path_that_works_is_not_left);
	RUN(tries_back_off);
	RUN(hints_have_a_slot_of_their_own);
	return test_done();
}
