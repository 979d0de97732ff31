/* Both records: of a listener about senders, and of a sender about listeners. */
#include "engine/mcping/responders.h"
#include "engine/mcping/runs.h"
#include "test.h"

enum { THIS_RUN = 0x1234, SENT = 100 };
#define MS 1000000ull

static struct addr host(unsigned n, uint16_t port)
{
	struct addr a = { .family = ADDR_V4, .port = port, .ip = { 10, 9 } };
	put_be16(a.ip + 2, (uint16_t)n);
	return a;
}

static struct run *heard(struct runs *rs, unsigned from, uint64_t run, uint64_t now, bool *is_new)
{
	struct addr a = host(from, 1000);
	return run_of(rs, &a, false, run, now, is_new);
}

/* Some lost, some twice, some late, at random; then the numbers must be those of what was done. */
static void run_counts_what_came(void)
{
	struct runs *rs = runs_new();
	bool is_new;
	struct run *r = heard(rs, 1, THIS_RUN, 1, &is_new);
	uint32_t received = 0, duplicated = 0, reordered = 0, next = 0;
	CHECK(is_new);
	for (uint32_t seq = 0; seq < 10000; seq += 2) {
		uint32_t pair[2] = { seq, seq + 1 };
		bool swapped = test_random() % 10 == 0;
		for (int i = 0; i < 2; i++) {
			uint32_t n = pair[i ^ swapped];
			unsigned copies = test_random() % 20 == 0 ? 0 : 1 + (test_random() % 30 == 0);
			for (unsigned k = 0; k < copies; k++) {
				run_probe(r, n);
				received += k == 0;
				duplicated += k > 0;
				reordered += k == 0 && n < next;
				next = n + 1 > next ? n + 1 : next;
			}
		}
	}
	CHECK_INT(r->counts.received, received);
	CHECK_INT(r->counts.duplicated, duplicated);
	CHECK_INT(r->counts.reordered, reordered);
	CHECK_INT(r->counts.next, next);
	CHECK(received && duplicated && reordered);
	r->sent = 10000;
	CHECK_INT(run_lost(r), 10000 - r->first - received);
	runs_free(rs);
}

static void who_joins_late_has_lost_nothing(void)
{
	struct runs *rs = runs_new();
	bool is_new;
	struct run *r = heard(rs, 1, THIS_RUN, 1, &is_new);
	CHECK_INT(run_lost(r), 0);
	for (uint32_t seq = 5000; seq < 5100; seq++)
		run_probe(r, seq);
	CHECK_INT(run_lost(r), 0);
	CHECK(run_probe(r, 4998) && !run_probe(r, 4998));
	CHECK_INT(run_lost(r), 1);
	runs_free(rs);
}

static void runs_are_told_apart(void)
{
	struct runs *rs = runs_new();
	struct addr a = host(1, 1000), other_port = host(1, 1001);
	bool is_new;
	struct run *r = run_of(rs, &a, false, 1, 1, &is_new);
	CHECK(is_new);
	CHECK(run_of(rs, &a, false, 1, 2, &is_new) == r && !is_new);
	CHECK(run_of(rs, &a, false, 2, 2, &is_new) != r && is_new);
	CHECK(run_of(rs, &a, true, 1, 2, &is_new) != r && is_new);
	r = run_of(rs, &a, true, 1, 2, &is_new);
	CHECK(run_of(rs, &other_port, true, 1, 2, &is_new) != r && is_new);
	CHECK_INT(runs_count(rs), 4);
	runs_free(rs);
}

/* A host with several addresses probes from one and asks from another. */
static void run_is_known_by_its_number(void)
{
	struct runs *rs = runs_new();
	struct addr a = host(1, 1000), b = host(2, 1000);
	bool is_new;
	struct run *r = run_of(rs, &a, false, THIS_RUN, 1, &is_new);
	CHECK(run_of(rs, &b, false, THIS_RUN, 2, &is_new) == r && !is_new);
	CHECK_INT(runs_count(rs), 1);
	CHECK(addr_equal(&r->from, &a));
	runs_free(rs);
}

static void oldest_run_makes_room(void)
{
	struct runs *rs = runs_new();
	bool is_new;
	for (unsigned i = 0; i < RUNS_MAX; i++)
		heard(rs, i, i, 10 + i, &is_new);
	heard(rs, 0, 0, 1000, &is_new);
	CHECK(!is_new);
	heard(rs, RUNS_MAX, RUNS_MAX, 1001, &is_new);        /* 1 is the oldest now */
	CHECK(is_new);
	CHECK_INT(runs_count(rs), RUNS_MAX);
	CHECK_INT(runs_forgotten(rs), 1);
	heard(rs, 0, 0, 1002, &is_new);
	CHECK(!is_new);
	heard(rs, RUNS_MAX, RUNS_MAX, 1003, &is_new);
	CHECK(!is_new);
	heard(rs, 1, 1, 1004, &is_new);
	CHECK(is_new);
	runs_free(rs);
}

static struct mcping_answer answer_of(uint64_t listener, enum mcping_type type, uint32_t seq, uint32_t received)
{
	return (struct mcping_answer){
		.type = type, .ttl = 1, .run = THIS_RUN, .seq = seq, .time = 10 * MS, .listener = listener,
		.counts = { .received = received, .next = received, .answered = received },
	};
}

static bool answered(struct responders *rs, unsigned from, const struct mcping_answer *a)
{
	struct addr at = host(from, 2000);
	return responders_answer(rs, &at, 0, a, SENT, 12 * MS);
}

static void all_answered_is_exact(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	for (uint32_t seq = 0; seq < SENT; seq++) {
		struct mcping_answer a = answer_of(7, MCPING_PROBE_ANSWER, seq, seq + 1);
		CHECK_INT(responders_exact(rs, SENT), 0);
		CHECK(answered(rs, 1, &a));
	}
	const struct responder *r = responders_at(rs, 0);
	CHECK_INT(responders_count(rs), 1);
	CHECK_INT(responders_exact(rs, SENT), 1);
	CHECK_INT(r->answers, SENT);
	CHECK_INT(responder_lost(r, SENT), 0);
	CHECK_INT(responder_answers_lost(r), 0);
	CHECK(r->round_trip.n == SENT && r->round_trip.least == 2 * MS && r->round_trip.most == 2 * MS);
	CHECK(!responders_settled(rs, SENT, 2));
	struct mcping_answer last = answer_of(7, MCPING_ASK_ANSWER, 0, SENT);
	CHECK(answered(rs, 1, &last));
	CHECK(responders_settled(rs, SENT, 2));
	CHECK(r->round_trip.n == SENT);                 /* asks are not measured */
	responders_free(rs);
}

/* All answers but the last are lost on the way back: nothing was lost on the way out. */
static void lost_answers_are_no_lost_probes(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	struct mcping_answer a = answer_of(7, MCPING_PROBE_ANSWER, SENT - 1, SENT);
	CHECK(answered(rs, 1, &a));
	const struct responder *r = responders_at(rs, 0);
	CHECK_INT(responder_lost(r, SENT), 0);
	CHECK_INT(responder_answers_lost(r), SENT - 1);
	CHECK(responder_exact(r, SENT));
	CHECK(answered(rs, 1, &a));
	CHECK_INT(r->answers, 1);
	CHECK_INT(r->answers_again, 1);
	responders_free(rs);
}

static void older_counts_do_not_undo_newer_ones(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	struct mcping_answer newer = answer_of(7, MCPING_PROBE_ANSWER, 59, 60);
	struct mcping_answer older = answer_of(7, MCPING_PROBE_ANSWER, 9, 10);
	newer.counts.duplicated = 2;
	CHECK(answered(rs, 1, &newer) && answered(rs, 1, &older));
	const struct responder *r = responders_at(rs, 0);
	CHECK_INT(r->counts.received, 60);
	CHECK_INT(r->counts.duplicated, 2);
	CHECK_INT(responder_lost(r, SENT), SENT - 60);
	CHECK_INT(r->answers, 2);
	responders_free(rs);
}

static void duplicates_and_losses_are_not_exact(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	struct mcping_answer a = answer_of(1, MCPING_ASK_ANSWER, 0, SENT), b = answer_of(2, MCPING_ASK_ANSWER, 0, SENT - 1);
	a.counts.duplicated = 1;
	CHECK(answered(rs, 1, &a) && answered(rs, 1, &b));
	CHECK_INT(responders_exact(rs, SENT), 0);
	CHECK(!responders_settled(rs, SENT, 2));        /* it may only be late: asked again */
	a.seq = b.seq = 1;
	CHECK(answered(rs, 1, &a) && answered(rs, 1, &b));
	CHECK(responders_settled(rs, SENT, 2));
	CHECK(!responder_exact(responders_at(rs, 0), 0));
	responders_free(rs);
}

static void listeners_are_told_apart(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	struct mcping_answer a = answer_of(1, MCPING_ASK_ANSWER, 0, SENT), b = answer_of(2, MCPING_ASK_ANSWER, 0, SENT);
	CHECK(answered(rs, 1, &a) && answered(rs, 1, &b) && answered(rs, 2, &a) && answered(rs, 1, &a));
	CHECK_INT(responders_count(rs), 2);             /* one of them has two addresses */
	CHECK_INT(responders_exact(rs, SENT), 2);
	responders_free(rs);
}

static void nonsense_is_refused(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	struct mcping_answer a = answer_of(1, MCPING_PROBE_ANSWER, 0, 1);
	a.run++;
	CHECK(!answered(rs, 1, &a));
	a = answer_of(1, MCPING_PROBE_ANSWER, SENT, 1);         /* to what was not sent yet */
	CHECK(!answered(rs, 1, &a));
	a = answer_of(1, MCPING_PROBE_ANSWER, 0, SENT + 1);
	CHECK(!answered(rs, 1, &a));
	a = answer_of(1, MCPING_PROBE_ANSWER, 0, 1);
	a.time = 20 * MS;                                       /* of the future */
	CHECK(!answered(rs, 1, &a));
	CHECK_INT(responders_count(rs), 0);
	responders_free(rs);
}

static void too_many_are_counted(void)
{
	struct responders *rs = responders_new(THIS_RUN);
	for (unsigned i = 0; i < RESPONDERS_MAX + 5; i++) {
		struct mcping_answer a = answer_of(i, MCPING_ASK_ANSWER, 0, SENT);
		CHECK(answered(rs, i, &a) == (i < RESPONDERS_MAX));
	}
	CHECK_INT(responders_count(rs), RESPONDERS_MAX);
	CHECK_INT(responders_refused(rs), 5);
	responders_free(rs);
}

int main(void)
{
	RUN(run_counts_what_came);
	RUN(who_joins_late_has_lost_nothing);
	RUN(runs_are_told_apart);
	RUN(run_is_known_by_its_number);
	RUN(oldest_run_makes_room);
	RUN(all_answered_is_exact);
	RUN(lost_answers_are_no_lost_probes);
	RUN(older_counts_do_not_undo_newer_ones);
	RUN(duplicates_and_losses_are_not_exact);
	RUN(listeners_are_told_apart);
	RUN(nonsense_is_refused);
	RUN(too_many_are_counted);
	return test_done();
}
