#include "engine/mcping/wire.h"

#include <assert.h>

enum { VERSION = 1, FLAG_ANSWER_WANTED = 1 };
static const uint8_t magic[4] = { 'm', 'c', 'p', 'g' };

static void put_head(struct wr *w, enum mcping_type type, uint8_t flags, uint8_t ttl, uint64_t run)
{
	wr_bytes(w, magic, sizeof(magic));
	wr_u8(w, VERSION);
	wr_u8(w, (uint8_t)type);
	wr_u8(w, flags);
	wr_u8(w, ttl);
	wr_u64(w, run);
}

void mcping_put_question(uint8_t *to, size_t len, const struct mcping_question *q)
{
	struct wr w = wr_of(to, len);
	assert(len >= MCPING_QUESTION_MIN);
	put_head(&w, q->type, q->answer_wanted ? FLAG_ANSWER_WANTED : 0, q->ttl, q->run);
	wr_u32(&w, q->seq);
	wr_u32(&w, q->sent);
	wr_u64(&w, q->time);
	wr_zero(&w, (size_t)(w.end - w.at));
}

void mcping_put_answer(uint8_t to[static MCPING_ANSWER_LEN], const struct mcping_answer *a)
{
	struct wr w = wr_of(to, MCPING_ANSWER_LEN);
	put_head(&w, a->type, 0, a->ttl, a->run);
	wr_u32(&w, a->seq);
	wr_u32(&w, 0);
	wr_u64(&w, a->time);
	wr_u64(&w, a->listener);
	wr_u32(&w, a->counts.received);
	wr_u32(&w, a->counts.duplicated);
	wr_u32(&w, a->counts.reordered);
	wr_u32(&w, a->counts.next);
	wr_u32(&w, a->counts.answered);
	wr_u32(&w, a->counts.overflow);
	assert(!w.bad && w.at == w.end);
}

static bool get_start(struct rd *r, uint8_t *type, uint8_t *flags)
{
	const uint8_t *m = rd_take(r, sizeof(magic));
	uint8_t version = rd_u8(r);
	*type = rd_u8(r);
	*flags = rd_u8(r);
	return m && !memcmp(m, magic, sizeof(magic)) && version == VERSION;
}

bool mcping_get_question(struct mcping_question *q, const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	struct mcping_question out;
	uint8_t type, flags;
	if (len < MCPING_QUESTION_MIN || !get_start(&r, &type, &flags))
		return false;
	out.type = type == MCPING_ASK ? MCPING_ASK : MCPING_PROBE;
	out.answer_wanted = flags & FLAG_ANSWER_WANTED;
	out.ttl = rd_u8(&r);
	out.run = rd_u64(&r);
	out.seq = rd_u32(&r);
	out.sent = rd_u32(&r);
	out.time = rd_u64(&r);
	if (r.bad || type != (uint8_t)out.type || out.seq > MCPING_SEQ_MAX)
		return false;
	*q = out;
	return true;
}

static void get_counts(struct rd *r, struct mcping_counts *c)
{
	c->received = rd_u32(r);
	c->duplicated = rd_u32(r);
	c->reordered = rd_u32(r);
	c->next = rd_u32(r);
	c->answered = rd_u32(r);
	c->overflow = rd_u32(r);
}

/* What no listener can have counted is no answer: different probes and those out of order are among the numbers
 * that were seen. */
static bool is_possible(const struct mcping_counts *c)
{
	return c->received <= c->next && (c->next == 0) == (c->received == 0) &&
	       (c->reordered < c->received || !c->reordered);
}

bool mcping_get_answer(struct mcping_answer *a, const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	struct mcping_answer out;
	uint8_t type, flags;
	if (!get_start(&r, &type, &flags))
		return false;
	out.type = type == MCPING_ASK_ANSWER ? MCPING_ASK_ANSWER : MCPING_PROBE_ANSWER;
	out.ttl = rd_u8(&r);
	out.run = rd_u64(&r);
	out.seq = rd_u32(&r);
	rd_u32(&r);
	out.time = rd_u64(&r);
	out.listener = rd_u64(&r);
	get_counts(&r, &out.counts);
	if (!rd_done(&r) || type != (uint8_t)out.type || out.seq > MCPING_SEQ_MAX || !is_possible(&out.counts))
		return false;
	*a = out;
	return true;
}
