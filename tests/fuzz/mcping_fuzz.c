/* What decodes encodes to the same bytes (but for unused bits and padding), and goes into the records of both
 * sides without harm: no count falls, none is impossible. */
#include "fuzz.h"
#include "engine/mcping/responders.h"
#include "engine/mcping/runs.h"

enum { ROOM = 256 };

static void question(const uint8_t *data, size_t len)
{
	uint8_t again[ROOM];
	struct mcping_question q, twice;
	if (!mcping_get_question(&q, data, len))
		return;
	FUZZ_CHECK(len >= MCPING_ANSWER_LEN);
	mcping_put_question(again, ROOM, &q);
	FUZZ_CHECK(!memcmp(again, data, 6) && !memcmp(again + 7, data + 7, 25));
	FUZZ_CHECK(mcping_get_question(&twice, again, ROOM) && twice.answer_wanted == q.answer_wanted);
}

static void answer(const uint8_t *data, size_t len)
{
	uint8_t again[MCPING_ANSWER_LEN];
	struct mcping_answer a;
	if (!mcping_get_answer(&a, data, len))
		return;
	FUZZ_CHECK(len == MCPING_ANSWER_LEN && a.counts.received <= a.counts.next);
	mcping_put_answer(again, &a);
	FUZZ_CHECK(!memcmp(again, data, 6) && !memcmp(again + 7, data + 7, 13) && !memcmp(again + 24, data + 24, 40));
}

/* The input as a row of numbers that arrive. */
static void record(const uint8_t *data, size_t len)
{
	struct addr from = { .family = ADDR_V4, .port = 1, .ip = { 10, 9, 9, 1 } };
	struct runs *runs = runs_new();
	struct responders *responders = responders_new(1);
	bool is_new;
	struct run *r = runs ? run_of(runs, &from, false, 1, 1, &is_new) : NULL;
	FUZZ_CHECK(r && responders && is_new);
	for (size_t at = 0; at + 4 <= len; at += 4) {
		struct mcping_counts before = r->counts;
		uint32_t seq = get_be32(data + at) & (data[at] & 1 ? 0xffff : 0x7fffffff);
		run_probe(r, seq);
		FUZZ_CHECK(r->counts.received - before.received + r->counts.duplicated - before.duplicated <= 1);
		FUZZ_CHECK(r->counts.received <= r->counts.next && r->counts.next >= before.next);
		struct mcping_answer a = { .type = MCPING_PROBE_ANSWER, .run = 1, .seq = seq, .counts = r->counts };
		FUZZ_CHECK(responders_answer(responders, &from, 0, &a, 0x80000000, 5));
	}
	if (responders_count(responders)) {
		const struct responder *who = responders_at(responders, 0);
		FUZZ_CHECK(!memcmp(&who->counts, &r->counts, sizeof(r->counts)));
		FUZZ_CHECK(who->answers <= r->counts.received + r->late);
	}
	responders_free(responders);
	runs_free(runs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	question(data, len);
	answer(data, len);
	record(data, len);
	return 0;
}
