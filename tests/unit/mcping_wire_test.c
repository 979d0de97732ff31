/* Datagrams of mcping: byte by byte as in mcping(1), and what is none. */
#include "engine/mcping/wire.h"
#include "test.h"

static const struct mcping_question probe = {
	.type = MCPING_PROBE, .answer_wanted = true, .ttl = 7, .run = 0x0102030405060708, .seq = 0x11223344,
	.sent = 0x11223344, .time = 0xa1a2a3a4a5a6a7a8,
};
static const struct mcping_answer answer = {
	.type = MCPING_ASK_ANSWER, .ttl = 3, .run = 0x0102030405060708, .seq = 2, .time = 9, .listener = 0xfedcba9876543210,
	.counts = { .received = 100, .duplicated = 7, .reordered = 3, .next = 104, .answered = 50, .overflow = 1 },
};

static void question_lies_as_drawn(void)
{
	static const uint8_t want[32] = {
		'm', 'c', 'p', 'g', 1, 1, 1, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x22, 0x33, 0x44, 0x11, 0x22, 0x33, 0x44,
		0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8,
	};
	uint8_t bytes[100];
	memset(bytes, 0xee, sizeof(bytes));
	mcping_put_question(bytes, sizeof(bytes), &probe);
	CHECK(!memcmp(bytes, want, sizeof(want)));
	for (size_t i = sizeof(want); i < sizeof(bytes); i++)
		CHECK_INT(bytes[i], 0);
}

static void answer_lies_as_drawn(void)
{
	static const uint8_t want[MCPING_ANSWER_LEN] = {
		'm', 'c', 'p', 'g', 1, 4, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 0, 0, 0, 100, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 104,
		0, 0, 0, 50, 0, 0, 0, 1,
	};
	uint8_t bytes[MCPING_ANSWER_LEN];
	mcping_put_answer(bytes, &answer);
	CHECK(!memcmp(bytes, want, sizeof(want)));
}

static void what_was_put_is_got(void)
{
	uint8_t bytes[1500];
	struct mcping_question q;
	struct mcping_answer a;
	mcping_put_question(bytes, sizeof(bytes), &probe);
	CHECK(mcping_get_question(&q, bytes, sizeof(bytes)));
	CHECK(q.type == MCPING_PROBE && q.answer_wanted && q.ttl == 7 && q.run == probe.run && q.seq == probe.seq);
	CHECK(q.sent == probe.sent && q.time == probe.time);
	mcping_put_answer(bytes, &answer);
	CHECK(mcping_get_answer(&a, bytes, MCPING_ANSWER_LEN));
	CHECK(a.type == MCPING_ASK_ANSWER && a.ttl == 3 && a.run == answer.run && a.seq == 2 && a.time == 9);
	CHECK(a.listener == answer.listener && !memcmp(&a.counts, &answer.counts, sizeof(a.counts)));
}

/* Shorter than its answer would make a listener an amplifier. */
static void too_short_is_refused(void)
{
	uint8_t bytes[MCPING_QUESTION_MIN + 1];
	struct mcping_question q;
	struct mcping_answer a;
	mcping_put_question(bytes, sizeof(bytes), &probe);
	for (size_t cut = 0; cut < MCPING_QUESTION_MIN; cut++)
		CHECK(!mcping_get_question(&q, bytes, cut));
	CHECK(mcping_get_question(&q, bytes, MCPING_QUESTION_MIN));
	mcping_put_answer(bytes, &answer);
	for (size_t cut = 0; cut < MCPING_ANSWER_LEN; cut++)
		CHECK(!mcping_get_answer(&a, bytes, cut));
	CHECK(!mcping_get_answer(&a, bytes, MCPING_ANSWER_LEN + 1));
}

static void one_is_not_taken_for_the_other(void)
{
	uint8_t bytes[MCPING_ANSWER_LEN];
	struct mcping_question q;
	struct mcping_answer a;
	mcping_put_question(bytes, sizeof(bytes), &probe);
	CHECK(!mcping_get_answer(&a, bytes, sizeof(bytes)));
	mcping_put_answer(bytes, &answer);
	CHECK(!mcping_get_question(&q, bytes, sizeof(bytes)));
}

static bool is_got(size_t at, uint8_t value, bool is_answer)
{
	uint8_t bytes[MCPING_ANSWER_LEN];
	struct mcping_question q;
	struct mcping_answer a;
	if (is_answer)
		mcping_put_answer(bytes, &answer);
	else
		mcping_put_question(bytes, sizeof(bytes), &probe);
	bytes[at] = value;
	return is_answer ? mcping_get_answer(&a, bytes, sizeof(bytes)) : mcping_get_question(&q, bytes, sizeof(bytes));
}

static void other_magic_versions_and_types_are_refused(void)
{
	for (int is_answer = 0; is_answer < 2; is_answer++) {
		CHECK(is_got(7, 99, is_answer));
		CHECK(!is_got(0, 'n', is_answer));
		CHECK(!is_got(3, 'G', is_answer));
		CHECK(!is_got(4, 2, is_answer));
		CHECK(!is_got(5, 0, is_answer));
		CHECK(!is_got(5, 5, is_answer));
	}
}

static void highest_number_is_refused(void)
{
	struct mcping_question last = probe, q;
	uint8_t bytes[MCPING_QUESTION_MIN];
	last.seq = MCPING_SEQ_MAX;
	mcping_put_question(bytes, sizeof(bytes), &last);
	CHECK(mcping_get_question(&q, bytes, sizeof(bytes)));
	last.seq = UINT32_MAX;
	mcping_put_question(bytes, sizeof(bytes), &last);
	CHECK(!mcping_get_question(&q, bytes, sizeof(bytes)));
}

static bool counts_are_got(uint32_t received, uint32_t reordered, uint32_t next)
{
	struct mcping_answer a = answer;
	uint8_t bytes[MCPING_ANSWER_LEN];
	a.counts.received = received;
	a.counts.reordered = reordered;
	a.counts.next = next;
	mcping_put_answer(bytes, &a);
	return mcping_get_answer(&a, bytes, sizeof(bytes));
}

static void impossible_counts_are_refused(void)
{
	CHECK(counts_are_got(0, 0, 0));
	CHECK(counts_are_got(10, 9, 10));
	CHECK(!counts_are_got(11, 0, 10));      /* more different ones than there are numbers */
	CHECK(!counts_are_got(0, 0, 10));       /* a highest one, and none */
	CHECK(!counts_are_got(10, 10, 10));     /* the first cannot be out of order */
}

int main(void)
{
	RUN(question_lies_as_drawn);
	RUN(answer_lies_as_drawn);
	RUN(what_was_put_is_got);
	RUN(too_short_is_refused);
	RUN(one_is_not_taken_for_the_other);
	RUN(other_magic_versions_and_types_are_refused);
	RUN(highest_number_is_refused);
	RUN(impossible_counts_are_refused);
	return test_done();
}
