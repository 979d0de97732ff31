#include "engine/secure/sender.h"

#include "core/crypto/wipe.h"
#include "engine/secure/call.h"

void sender_draw(struct sender *s, uint64_t now, const uint8_t run[static SENDER_RUN],
                 const uint8_t chain[static SENDER_CHAIN], uint16_t suites)
{
	uint64_t draws = s->draws;
	wipe(s, sizeof(*s));
	memcpy(s->key.run, run, SENDER_RUN);
	memcpy(s->key.chain, chain, SENDER_CHAIN);
	sender_seals_of(&s->seals, s->key.chain);
	s->since = s->past_at = now;
	s->offered = suites;
	s->draws = draws + 1;
}

void sender_set_call_key(struct sender *s, const uint8_t ak[static AEAD_KEY], const uint8_t mac[static MAC_LEN])
{
	call_key_of(s->call_key, ak, s->key.run, mac);
}

uint64_t sender_turn(struct sender *s, uint64_t now)
{
	bool stepped = false;
	for (; now - s->since >= SENDER_EPOCH_MS; s->since += SENDER_EPOCH_MS, stepped = true) {
		sender_chain_next(s->key.chain, s->key.chain);
		s->key.epoch++;
	}
	if (stepped)
		sender_seals_of(&s->seals, s->key.chain);
	return s->since + SENDER_EPOCH_MS;
}

bool sender_lasts(const struct sender *s, size_t n)
{
	uint64_t most = ((uint64_t)1 << SENDER_COUNTERS_LOG2) - n;
	return s->next <= most && s->calls <= most;
}

/* Nothing was sealed since it was last done, or it would have been done then: next was the same all that time. */
static void remember_counter(struct sender *s, uint64_t now)
{
	uint64_t times = (now - s->past_at) / SENDER_LEAST_MS;
	if (!times)
		return;
	s->before = times > 1 ? s->next : s->past;
	s->past = s->next;
	s->past_at += times * SENDER_LEAST_MS;
}

void sender_tell(struct sender *s, uint64_t now, uint16_t suites, uint8_t body[static SENDER_KEY_LEN])
{
	sender_turn(s, now);
	remember_counter(s, now);
	struct sender_key told = s->key;
	told.age = (uint16_t)((now - s->since) / SENDER_AGE_MS);
	told.least = s->before;
	sender_key_put(body, &told);
	wipe(&told, sizeof(told));
	s->given = true;
	s->offered &= suites;
}

uint8_t sender_suite(const struct sender *s)
{
	return s->given && (s->offered & 1 << AEAD_AEGIS_128L) ? AEAD_AEGIS_128L : AEAD_CHACHA20_POLY1305;
}

/* The frame behind its header; returns where it ends with its tag. */
static uint8_t *lay_frame(struct aead_frame *a, uint8_t *header, size_t header_len, const struct burst_frame *frame)
{
	uint8_t *data = header + header_len;
	size_t len = burst_frame_len(frame);
	memcpy(data, frame->head, frame->head_len);
	if (frame->body_len)
		memcpy(data + frame->head_len, frame->body, frame->body_len);
	*a = (struct aead_frame){ .ad = header, .ad_len = header_len, .data = data, .len = len };
	return data + len + AEAD_TAG;
}

static void lay_out(struct seal *seal, uint8_t *from, const uint8_t *to)
{
	seal->frame[seal->out.n++] = (struct burst_frame){ .head = from, .head_len = (size_t)(to - from) };
	seal->out.bytes += (size_t)(to - from);
}

void sender_seal(struct sender *s, uint64_t now, struct seal *seal)
{
	struct aead_frame frames[BURST_MAX];
	const struct burst *in = seal->frames;
	struct group_header header = { .suite = sender_suite(s) };
	uint8_t *at = seal->room;
	sender_turn(s, now);
	remember_counter(s, now);
	header.epoch = s->key.epoch;
	memcpy(header.key_id, s->key.run, GROUP_KEY_ID);
	seal->out = (struct burst){ .frame = seal->frame };
	for (size_t i = 0; i < in->n; i++) {
		header.counter = s->next++;
		group_header_put(at, &header);
		uint8_t *end = lay_frame(&frames[i], at, GROUP_HEADER, &in->frame[i]);
		frames[i].counter = header.counter;
		lay_out(seal, at, end);
		at = end;
	}
	aead_seal(header.suite, s->seals.key[header.suite], frames, in->n);
}

void sender_seal_call(struct sender *s, struct seal *seal)
{
	struct aead_frame frame;
	struct call_header header = { .counter = s->calls++ };
	memcpy(header.run, s->key.run, SENDER_RUN);
	call_header_put(seal->room, &header);
	uint8_t *end = lay_frame(&frame, seal->room, CALL_HEADER, &seal->frames->frame[0]);
	frame.counter = header.counter;
	seal->out = (struct burst){ .frame = seal->frame };
	lay_out(seal, seal->room, end);
	aead_seal(AEAD_CHACHA20_POLY1305, s->call_key, &frame, 1);
}
