/* GROUPs and CALLs that come in: opened, held until their key comes, or refused. */
#include "group_state.h"

#include "core/crypto/wipe.h"

/* Once a second for each source.  Where there are too many to be told apart, the limit for all stands alone. */
static void ask(struct secure_groups *g, uint64_t now, struct group_opening *in, struct held_source *h)
{
	if (in->ask || !in->wanted || (h && !held_may_ask(h, now)))
		return;
	if ((!h || !in->session) && !bucket_take(&g->strangers, now, 1))
		return;
	in->ask = true;
	if (h)
		h->asked = now;
}

static uint8_t refusal(enum secure_refusal why) { return (uint8_t)(OPEN_REFUSED + why); }

/* Its key is not there yet. */
static uint8_t hold(struct secure_groups *g, uint64_t now, struct group_opening *in, const struct burst_frame *payload)
{
	if (!in->wanted)
		return refusal(SECURE_REFUSED_GROUP_KEY);
	struct held_source *h = held_source(&g->held, now, in->o->src);
	ask(g, now, in, h);
	if (!h || !held_add(&g->held, h, now, payload->head, payload->head_len))
		return refusal(SECURE_REFUSED_GROUP_FULL);
	return OPEN_HELD;
}

/* There is no use in waiting: the sender will take another suite when he knows. */
static uint8_t lacks_suite(struct secure_groups *g, uint64_t now, struct group_opening *in)
{
	if (in->wanted)
		ask(g, now, in, held_source(&g->held, now, in->o->src));
	return refusal(SECURE_REFUSED_GROUP_SUITE);
}

static bool takes_suite(const struct secure_groups *g, uint8_t suite)
{
	return suite < SENDER_SUITES && (g->config.suites >> suite & 1);
}

/* How many payloads from the first on have headers that differ in the counter alone. */
static size_t alike(const struct burst_frame *payload, size_t n)
{
	struct group_header header;
	size_t m = 1;
	while (m < n && group_header_get(&header, payload[m].head, payload[m].head_len) &&
	       !memcmp(payload[m].head, payload[0].head, GROUP_HEADER - sizeof(header.counter)))
		m++;
	return m;
}

/* Returns how many it has looked at, from the i-th on. */
static size_t open_groups(struct secure_groups *g, uint64_t now, struct group_opening *in, size_t i)
{
	struct burst_frame *payload = &in->o->payload[i];
	uint8_t *result = &in->o->result[i];
	struct group_header header;
	struct source *s = groups_source(g, in->o->src);
	if (!group_header_get(&header, payload->head, payload->head_len)) {
		*result = refusal(SECURE_REFUSED_MALFORMED);
		return 1;
	}
	if (!takes_suite(g, header.suite)) {
		*result = lacks_suite(g, now, in);
		return 1;
	}
	if (s)
		source_turn(s, now);
	if (!s || !source_has(s, now, &header)) {
		*result = hold(g, now, in, payload);
		return 1;
	}
	size_t n = alike(payload, in->o->n - i);
	source_open(s, now, &header, payload, n, result);
	return n;
}

/* By any of the community's keys.  key: the one that did it. */
static bool open_by_any(const struct secure_groups *g, const uint8_t mac[static MAC_LEN], const struct call_header *header,
                        struct burst_frame *payload, uint8_t key[static AEAD_KEY])
{
	for (size_t i = 0; i < g->keys_n; i++) {
		call_key_of(key, g->ak[i], header->run, mac);
		if (call_open(payload, key, header->counter))
			return true;
	}
	return false;
}

/* A run that is known may have come under another key of the community meanwhile: its counters go on. */
static uint8_t open_run(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN],
                        const struct call_header *header, struct burst_frame *payload)
{
	struct source *s = groups_source(g, mac);
	struct call_run *run = s ? call_run_find(&s->calls, header->run) : NULL;
	uint8_t key[AEAD_KEY];
	if (run && !replay_fresh(&run->window, header->counter))
		return refusal(SECURE_REFUSED_REPLAYED);
	if (run)
		memcpy(key, run->key, sizeof(key));
	uint8_t result = refusal(SECURE_REFUSED_TAG);
	if (!(run && call_open(payload, key, header->counter)) && !open_by_any(g, mac, header, payload, key))
		goto out;
	result = refusal(SECURE_REFUSED_CALL);
	if (!call_carries(payload->head, payload->head_len))
		goto out;
	if (!run)
		run = call_run_add(&groups_source_make(g, mac)->calls, now, header->run, key);
	memcpy(run->key, key, sizeof(key));
	run->used = now;
	result = replay_mark(&run->window, header->counter) ? OPEN_FRAME : refusal(SECURE_REFUSED_REPLAYED);
out:
	wipe(key, sizeof(key));
	return result;
}

/* From a source whose run we know by a session, which has another. */
static uint8_t open_other_run(const struct secure_groups *g, struct group_opening *in, const struct call_header *header,
                              struct burst_frame *payload)
{
	uint8_t key[AEAD_KEY];
	bool opened = open_by_any(g, in->o->src, header, payload, key);
	wipe(key, sizeof(key));
	in->restarted |= opened;
	return refusal(opened ? SECURE_REFUSED_CALL_RUN : SECURE_REFUSED_TAG);
}

static uint8_t open_call(struct secure_groups *g, uint64_t now, struct group_opening *in, struct burst_frame *payload)
{
	struct call_header header;
	if (!call_header_get(&header, payload->head, payload->head_len))
		return refusal(SECURE_REFUSED_MALFORMED);
	if (payload->head_len > CALL_HEADER + CALL_FRAME_MAX + AEAD_TAG)
		return refusal(SECURE_REFUSED_CALL);
	struct source *s = groups_source(g, in->o->src);
	if (s)
		source_turn(s, now);
	if (!in->session)
		return open_run(g, now, in->o->src, &header, payload);
	if (!s || !s->known)
		return hold(g, now, in, payload);
	if (memcmp(s->key.run, header.run, SENDER_RUN))
		return open_other_run(g, in, &header, payload);
	return open_run(g, now, in->o->src, &header, payload);
}

void secure_groups_open(struct secure_groups *g, uint64_t now, struct group_opening *in)
{
	struct opening *o = in->o;
	bool calls = o->payload[0].head[0] == CALL_KIND;
	in->ask = in->restarted = false;
	for (size_t i = 0; i < o->n; ) {
		if (!calls) {
			i += open_groups(g, now, in, i);
			continue;
		}
		o->result[i] = open_call(g, now, in, &o->payload[i]);
		i++;
	}
}

/* As one that comes now, but it does not wait again. */
static bool open_held(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN], struct burst_frame *payload)
{
	struct source *s = groups_source(g, mac);
	if (s)
		source_turn(s, now);
	if (!s || !s->known)
		return false;
	if (payload->head[0] == CALL_KIND) {
		struct call_header header;
		return call_header_get(&header, payload->head, payload->head_len) &&
		       !memcmp(s->key.run, header.run, SENDER_RUN) && open_run(g, now, mac, &header, payload) == OPEN_FRAME;
	}
	struct group_header header;
	uint8_t result = OPEN_REFUSED;
	if (group_header_get(&header, payload->head, payload->head_len) && source_has(s, now, &header))
		source_open(s, now, &header, payload, 1, &result);
	return result == OPEN_FRAME;
}

bool secure_groups_next(struct secure_groups *g, uint64_t now, uint8_t edge[static MAC_LEN], struct burst_frame *frame)
{
	uint8_t *message;
	size_t len;
	while (held_next(&g->held, edge, &message, &len)) {
		*frame = (struct burst_frame){ .head = message, .head_len = len };
		if (open_held(g, now, edge, frame))
			return true;
		g->held_dropped++;
	}
	return false;
}
