#include "engine/secure/source.h"

#include "core/crypto/wipe.h"
#include "engine/secure/group.h"

void source_forget_key(struct source *s)
{
	wipe(&s->key, sizeof(s->key));
	wipe(&s->past, sizeof(s->past));
	wipe(&s->present, sizeof(s->present));
	wipe(&s->next, sizeof(s->next));
	s->known = false;
}

/* The chain is that of a new epoch: seals of it, and of the one after. */
static void make_seals(struct source *s)
{
	uint8_t chain[SENDER_CHAIN];
	sender_seals_of(&s->present, s->key.chain);
	sender_chain_next(chain, s->key.chain);
	sender_seals_of(&s->next, chain);
	wipe(chain, sizeof(chain));
}

static void step(struct source *s, uint64_t since)
{
	s->past = s->present;
	s->past_until = since + SOURCE_PAST_MS;
	s->since = since;
	sender_chain_next(s->key.chain, s->key.chain);
	s->key.epoch++;
	make_seals(s);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

uint64_t source_turn(struct source *s, uint64_t now)
{
	if (s->known && now - s->used >= SOURCE_KEEP_MS)
		source_forget_key(s);
	if (!s->known)
		return UINT64_MAX;
	while (now - s->since >= SENDER_EPOCH_MS)
		step(s, s->since + SENDER_EPOCH_MS);
	if (s->past_until && now >= s->past_until) {
		wipe(&s->past, sizeof(s->past));
		s->past_until = 0;
	}
	uint64_t due = earlier(s->since + SENDER_EPOCH_MS, s->used + SOURCE_KEEP_MS);
	return s->past_until ? earlier(due, s->past_until) : due;
}

static bool same_run(const struct source *s, const struct sender_key *key)
{
	return s->known && !memcmp(s->key.run, key->run, SENDER_RUN);
}

/* The same run goes on: its window stays, and what was refused before for its counter stays refused. */
static void told_again(struct source *s, uint64_t now, const struct sender_key *told)
{
	if ((uint16_t)(s->key.epoch + 1) == told->epoch)
		step(s, now);
	else if (s->key.epoch != told->epoch)
		s->past_until = 0;
	uint64_t least = s->key.least;
	s->key = *told;
	s->key.least = least;
}

static void told_anew(struct source *s, uint64_t session, const struct sender_key *told)
{
	source_forget_key(s);
	s->key = *told;
	s->known = true;
	s->past_until = 0;
	s->session = session;
	replay_init(&s->window, s->seen, SOURCE_WORDS);
}

bool source_told(struct source *s, uint64_t now, uint64_t session, const struct sender_key *told)
{
	source_turn(s, now);
	bool again = same_run(s, told);
	if (s->known && !again && session <= s->session)
		return false;
	if (again)
		told_again(s, now, told);
	else
		told_anew(s, session, told);
	uint64_t age = (uint64_t)told->age * SENDER_AGE_MS;
	s->since = now > age ? now - age : 0;
	s->session = session > s->session ? session : s->session;
	s->used = now;
	make_seals(s);
	return true;
}

static const struct sender_seals *seals_for(const struct source *s, uint64_t now, uint16_t epoch)
{
	if (epoch == s->key.epoch)
		return &s->present;
	if (epoch == (uint16_t)(s->key.epoch + 1))
		return &s->next;
	bool past = epoch == (uint16_t)(s->key.epoch - 1) && now < s->past_until;
	return past ? &s->past : NULL;
}

bool source_has(const struct source *s, uint64_t now, const struct group_header *header)
{
	return s->known && !memcmp(s->key.run, header->key_id, GROUP_KEY_ID) && seals_for(s, now, header->epoch);
}

static enum secure_refusal counter_refused(const struct source *s, uint64_t counter)
{
	if (counter < s->key.least)
		return SECURE_REFUSED_GROUP_OLD;
	return replay_fresh(&s->window, counter) ? SECURE_REFUSED_N : SECURE_REFUSED_REPLAYED;
}

/* What the payloads are to the AEAD, but for those that came before: their number.  which: the payload of each. */
static size_t lay_out(struct source *s, const struct burst_frame *payload, size_t n, struct aead_frame *frames,
                      uint8_t *which, uint8_t *result)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		const struct burst_frame *p = &payload[i];
		uint64_t counter = get_be64(p->head + GROUP_HEADER - sizeof(counter));
		enum secure_refusal why = counter_refused(s, counter);
		result[i] = (uint8_t)(OPEN_REFUSED + why);
		if (why != SECURE_REFUSED_N)
			continue;
		which[m] = (uint8_t)i;
		frames[m++] = (struct aead_frame){
			.ad = p->head, .ad_len = GROUP_HEADER, .data = p->head + GROUP_HEADER,
			.len = p->head_len - GROUP_HEADER - AEAD_TAG, .counter = counter,
		};
	}
	return m;
}

/* It has opened, so it is the source's own.  Two of one counter may have come together. */
static uint8_t accept(struct source *s, const struct aead_frame *frame, struct burst_frame *payload)
{
	if (!replay_mark(&s->window, frame->counter))
		return OPEN_REFUSED + SECURE_REFUSED_REPLAYED;
	if (!mac_is_group(frame->data))
		return OPEN_REFUSED + SECURE_REFUSED_GROUP_UNICAST;
	payload->head = frame->data;
	payload->head_len = frame->len;
	return OPEN_FRAME;
}

void source_open(struct source *s, uint64_t now, const struct group_header *header, struct burst_frame *payload, size_t n,
                 uint8_t *result)
{
	struct aead_frame frames[BURST_MAX];
	uint8_t which[BURST_MAX];
	const struct sender_seals *seals = seals_for(s, now, header->epoch);
	size_t m = lay_out(s, payload, n, frames, which, result);
	if (!m)
		return;
	size_t opened = aead_open(header->suite, seals->key[header->suite], frames, m);
	if (opened && seals == &s->next)
		step(s, now);
	if (opened)
		s->used = now;
	for (size_t i = 0; i < m; i++)
		result[which[i]] = frames[i].opened ? accept(s, &frames[i], &payload[which[i]])
		                                    : OPEN_REFUSED + SECURE_REFUSED_TAG;
}
