/* One session: its keys, its counters, and what has been seen of the peer's. */
#include "state.h"

static uint64_t hash_of(uint32_t index)
{
	return index * UINT64_C(0x9e3779b97f4a7c15);
}

struct place *secure_place_find(const struct secure *s, uint32_t index)
{
	uint64_t hash = hash_of(index);
	struct place *pl;
	for (size_t at = table_first(s->by_index, hash); (pl = table_next(s->by_index, hash, &at)); )
		if (pl->index == index)
			return pl;
	return NULL;
}

/* The table has room for all places that there can be. */
static void enter(struct secure *s, struct place *pl)
{
	pl->in_table = table_add(s->by_index, hash_of(pl->index), pl);
}

void secure_place_add(struct secure *s, struct place *pl, enum place_kind kind)
{
	do {
		s->host.random(s->host.ctx, &pl->index, sizeof(pl->index));
	} while (secure_place_find(s, pl->index));
	pl->kind = kind;
	enter(s, pl);
}

void secure_place_remove(struct secure *s, struct place *pl)
{
	if (pl->in_table)
		table_remove(s->by_index, hash_of(pl->index), pl);
	pl->in_table = false;
}

static struct session *oldest_of(const struct peer_state *p)
{
	struct session *oldest = NULL;
	for (struct session *ss = p->sessions; ss; ss = ss->next)
		if (ss != p->sealing)
			oldest = ss;
	return oldest;
}

struct session *secure_session_new(struct secure *s, uint64_t now, struct peer_state *p, struct place *inherited)
{
	if (p->sessions_n == SESSIONS_PER_PEER)
		secure_session_end(s, oldest_of(p));
	struct session *ss = pool_take(&s->sessions);
	if (!ss)
		return NULL;
	ss->place = (struct place){ .index = inherited->index, .kind = PLACE_SESSION };
	secure_place_remove(s, inherited);
	enter(s, &ss->place);
	ss->peer = p;
	ss->next = p->sessions;
	p->sessions = ss;
	p->sessions_n++;
	ss->made = now;
	ss->serial = ++s->serial;
	replay_init(&ss->replay, ss->seen, REPLAY_WORDS);
	return ss;
}

void secure_session_end(struct secure *s, struct session *ss)
{
	struct peer_state *p = ss->peer;
	struct session **at = &p->sessions;
	while (*at != ss)
		at = &(*at)->next;
	*at = ss->next;
	p->sessions_n--;
	if (p->sealing == ss)
		p->sealing = NULL;
	if (p->early_by == ss) {
		parcels_drop(s, &p->early);
		p->early_by = NULL;
	}
	secure_place_remove(s, &ss->place);
	wipe(ss, sizeof(*ss));
	pool_give(&s->sessions, ss);
}

/* kind, 0 (3), receiver index (4), counter (8). */
static void put_header(const struct session *ss, uint8_t kind, uint64_t counter, uint8_t *out)
{
	memset(out, 0, 4);
	out[0] = kind;
	put_be32(out + 4, ss->receiver);
	put_be32(out + 8, (uint32_t)(counter >> 32));
	put_be32(out + 12, (uint32_t)counter);
}

bool session_seal(struct session *ss, uint8_t kind, struct aead_frame *frames, size_t n)
{
	if (ss->counter >= SEALS_MESSAGES || n > SEALS_MESSAGES - ss->counter)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t *header = frames[i].data - SESSION_HEADER;
		frames[i].counter = ss->counter++;
		put_header(ss, kind, frames[i].counter, header);
		frames[i].ad = header;
		frames[i].ad_len = SESSION_HEADER;
	}
	aead_seal(ss->suite, ss->seals, frames, n);
	return true;
}

static uint8_t look(const struct session *ss, const struct burst_frame *f, struct aead_frame *out)
{
	if (f->head_len < SESSION_OVERHEAD || f->head[1] || f->head[2] || f->head[3])
		return SECURE_REFUSED_MALFORMED;
	*out = (struct aead_frame){
		.ad = f->head, .ad_len = SESSION_HEADER, .data = f->head + SESSION_HEADER, .len = f->head_len - SESSION_OVERHEAD,
		.counter = (uint64_t)get_be32(f->head + 8) << 32 | get_be32(f->head + 12),
	};
	if (out->counter >= SEALS_MESSAGES)
		return SECURE_REFUSED_EXPIRED;
	return replay_fresh(&ss->replay, out->counter) ? OPENED : SECURE_REFUSED_REPLAYED;
}

void session_open(struct session *ss, struct burst_frame *payload, uint8_t *result, size_t n)
{
	struct aead_frame frame[BURST_MAX];
	size_t fresh = 0;
	for (size_t i = 0; i < n; i++) {
		result[i] = look(ss, &payload[i], &frame[fresh]);
		fresh += result[i] == OPENED;
	}
	if (fresh)
		aead_open(ss->suite, ss->opens, frame, fresh);
	fresh = 0;
	for (size_t i = 0; i < n; i++) {
		if (result[i] != OPENED)
			continue;
		const struct aead_frame *f = &frame[fresh++];
		if (!f->opened)
			result[i] = SECURE_REFUSED_TAG;
		else if (!replay_mark(&ss->replay, f->counter))
			result[i] = SECURE_REFUSED_REPLAYED;
		payload[i].head = f->data;
		payload[i].head_len = f->len;
	}
}
