/* Handshakes that others begin: INIT is answered by RESPONSE where that is worth its price, and FINISH makes a session. */
#include "state.h"

void secure_prologue(const struct secure *s, struct noise *n, size_t key, const uint8_t initiator[static MAC_LEN],
                     const uint8_t responder[static MAC_LEN])
{
	static const uint8_t name[] = { 'c', 'a', 's', 't', 'n', 'e', 't', ' ', '1' };
	uint8_t prologue[sizeof(name) + COMMUNITY_LEN + 2 * MAC_LEN];
	struct wr w = wr_of(prologue, sizeof(prologue));
	wr_bytes(&w, name, sizeof(name));
	wr_bytes(&w, s->community, COMMUNITY_LEN);
	wr_bytes(&w, initiator, MAC_LEN);
	wr_bytes(&w, responder, MAC_LEN);
	noise_begin(n, &s->keys[key].psk, prologue, sizeof(prologue));
}

/* Of this MAC, one by one. */
static struct answer *next_of(const struct secure *s, const uint8_t mac[static MAC_LEN], uint64_t hash, size_t *at)
{
	struct answer *a;
	while ((a = table_next(s->answers_by_mac, hash, at)))
		if (mac_equal(a->mac, mac))
			return a;
	return NULL;
}

static struct answer *find(const struct secure *s, const uint8_t mac[static MAC_LEN], const uint8_t *ephemeral)
{
	uint64_t hash = hash_keyed(&s->hash, mac, MAC_LEN);
	struct answer *a;
	for (size_t at = table_first(s->answers_by_mac, hash); (a = next_of(s, mac, hash, &at)); )
		if (!ephemeral || !memcmp(a->ephemeral, ephemeral, NOISE_KEY))
			return a;
	return NULL;
}

bool secure_is_answering(const struct secure *s, const uint8_t mac[static MAC_LEN])
{
	return find(s, mac, NULL);
}

static void end(struct secure *s, struct answer *a)
{
	*(a->older ? &a->older->younger : &s->oldest) = a->younger;
	*(a->younger ? &a->younger->older : &s->youngest) = a->older;
	table_remove(s->answers_by_mac, a->hash, a);
	secure_place_remove(s, &a->place);
	parcels_drop(s, &a->early);
	wipe(a, sizeof(*a));
	pool_give(&s->answers, a);
}

void secure_answers_end(struct secure *s)
{
	while (s->oldest)
		end(s, s->oldest);
}

static void drop_old(struct secure *s, uint64_t now, struct answer *a)
{
	while (a->early.n && now - a->early.first->at >= EARLY_MS)
		parcel_drop(s, &a->early);
}

void secure_answers_age(struct secure *s, uint64_t now)
{
	while (s->oldest && now - s->oldest->at >= ANSWER_MS)
		end(s, s->oldest);
	for (struct answer *a = s->oldest; a; a = a->younger)
		drop_old(s, now, a);
}

/* The oldest goes, of this MAC or of all. */
static void make_room(struct secure *s, const uint8_t mac[static MAC_LEN], uint64_t hash)
{
	struct answer *a, *oldest = NULL;
	size_t n = 0;
	for (size_t at = table_first(s->answers_by_mac, hash); (a = next_of(s, mac, hash, &at)); n++)
		if (!oldest || a->at < oldest->at)
			oldest = a;
	if (n >= ANSWERS_PER_MAC)
		end(s, oldest);
	else if (!pool_left(&s->answers))
		end(s, s->oldest);
}

static struct answer *new_answer(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_keyed(&s->hash, mac, MAC_LEN);
	make_room(s, mac, hash);
	struct answer *a = pool_take(&s->answers);
	a->at = now;
	a->hash = hash;
	memcpy(a->mac, mac, MAC_LEN);
	(void)!table_add(s->answers_by_mac, hash, a);   /* as large as the pool */
	a->older = s->youngest;
	*(s->youngest ? &s->youngest->younger : &s->oldest) = a;
	s->youngest = a;
	secure_place_add(s, &a->place, PLACE_ANSWER);
	return a;
}

/* At most 4 times a second by either way: INIT comes by both. */
static enum secure_refusal say_response(struct secure *s, uint64_t now, struct answer *a, const struct way *way)
{
	uint64_t *sent = &a->sent[way->relayed];
	if (within(*sent, now, AGAIN_MS))
		return SECURE_REFUSED_RATE;
	*sent = now;
	saying_answer(s, a->mac, way, a->response, HANDSHAKE_RESPONSE_LEN);
	return OPENED;
}

static enum secure_refusal respond(struct secure *s, uint64_t now, const struct opening *o, const struct noise *n, size_t key,
                                   const struct handshake_init *m)
{
	struct answer *a = new_answer(s, now, o->src);
	struct way way = way_of(o);
	uint8_t ephemeral[NOISE_KEY];
	a->noise = *n;
	a->key = (uint8_t)key;
	a->receiver = m->sender;
	a->suites = m->suites;
	a->suite = (uint8_t)handshake_suite(s->suites, m->suites);
	memcpy(a->ephemeral, n->peer_ephemeral, NOISE_KEY);
	struct handshake_response r = { .sender = a->place.index, .suites = s->suites, .chosen = a->suite };
	s->host.random(s->host.ctx, ephemeral, sizeof(ephemeral));
	bool good = handshake_put_response(&a->noise, &s->own, ephemeral, a->receiver, &r, a->response);
	wipe(ephemeral, sizeof(ephemeral));
	if (!good) {
		end(s, a);
		return SECURE_REFUSED_INIT;
	}
	s->counts.handshakes_answered++;
	return say_response(s, now, a, &way);
}

/* Both have begun: one of the two handshakes is enough. */
static bool yields(const struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	const struct peer_state *p = secure_peer_find(s, mac);
	return p && p->attempt.on && !p->attempt.ended && now - p->attempt.began < YIELD_MS && memcmp(s->mac, mac, MAC_LEN) < 0;
}

/* The tag was right. */
static enum secure_refusal known_init(struct secure *s, uint64_t now, const struct opening *o, const struct noise *n,
                                      size_t key, const struct handshake_init *m)
{
	struct way way = way_of(o);
	struct answer *a = find(s, o->src, n->peer_ephemeral);
	if (a && now - a->at < ANSWER_MS)
		return say_response(s, now, a, &way);
	if (handshake_suite(s->suites, m->suites) < 0)
		return SECURE_REFUSED_SUITES;
	if (yields(s, now, o->src))
		return OPENED;
	const struct peer_state *p = secure_peer_find(s, o->src);
	bool unknown = !(p && secure_peer_is_live(p, now)) && !secure_is_answering(s, o->src);
	if (retry_is_right(s, now, o->src, m->cookie) || (unknown && bucket_take(&s->retry.strangers, now, 1)))
		return respond(s, now, o, n, key, m);
	return retry_say(s, now, o, key, m->sender, n->peer_ephemeral);
}

enum secure_refusal secure_init(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len)
{
	struct handshake_init m;
	struct noise n;
	enum secure_refusal why = SECURE_REFUSED_INIT;
	if (len != HANDSHAKE_INIT_LEN)
		return SECURE_REFUSED_MALFORMED;
	if (!mac_equal(o->dst, s->mac))
		return SECURE_REFUSED_INIT;
	for (size_t key = 0; key < s->keys_n && why == SECURE_REFUSED_INIT; key++) {
		secure_prologue(s, &n, key, o->src, s->mac);
		if (handshake_get_init(&n, &m, data, len)) {
			why = known_init(s, now, o, &n, key, &m);
			break;
		}
	}
	noise_wipe(&n);
	return why;
}

static void session_made(struct secure *s, uint64_t now, struct answer *a, const struct noise *n, const uint8_t *tag)
{
	struct peer_state *p = secure_peer_get(s, now, a->mac);
	struct session *ss = p ? secure_session_new(s, now, p, &a->place) : NULL;
	uint32_t random;
	if (!ss)
		return;
	s->host.random(s->host.ctx, &random, sizeof(random));
	ss->role = RESPONDER;
	ss->receiver = a->receiver;
	ss->suite = a->suite;
	ss->suites = a->suites;
	ss->key = a->key;
	ss->rekey_at = now + s->rekey_ms * 5 / 4 - random % (s->rekey_ms / 10 + 1);
	ss->confirmed = ++s->serial;
	memcpy(ss->public, n->peer_static, NOISE_KEY);
	memcpy(ss->came, tag, NOISE_TAG);
	noise_split(n, ss->opens, ss->seals);
	parcels_drop(s, &p->early);
	p->early = a->early;
	p->early_by = p->early.n ? ss : NULL;
	a->early = (struct parcels){ .n = 0 };
	secure_attempt_end(s, p);       /* there is a session now, whatever becomes of ours */
	secure_peer_established(s, now, ss);
	p->heard = ss->heard = now;
	p->taken = 0;
	if (p->early.n)
		secure_peer_release(s, p);
}

/* FINISH came again: what was sent after the first may have been lost. */
static enum secure_refusal finish_again(struct secure *s, uint64_t now, struct place *pl, const uint8_t *data, size_t len)
{
	struct session *ss = pl && pl->kind == PLACE_SESSION ? (struct session *)(void *)pl : NULL;
	if (!ss || ss->role != RESPONDER)
		return SECURE_REFUSED_INDEX;
	if (!same_secret(data + len - NOISE_TAG, ss->came, NOISE_TAG))
		return SECURE_REFUSED_FINISH;
	control_tell_again(s, now, ss);
	return OPENED;
}

/* Whoever is refused because another has the MAC may repeat himself, and succeed when that one does not live. */
enum secure_refusal secure_finish(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len)
{
	if (len != HANDSHAKE_FINISH_LEN)
		return SECURE_REFUSED_MALFORMED;
	struct place *pl = secure_place_find(s, handshake_receiver(data));
	if (!pl || pl->kind != PLACE_ANSWER)
		return finish_again(s, now, pl, data, len);
	struct answer *a = (struct answer *)(void *)pl;
	if (!mac_equal(a->mac, o->src) || now - a->at >= ANSWER_MS)
		return SECURE_REFUSED_INDEX;
	struct noise n = a->noise;
	enum secure_refusal why = SECURE_REFUSED_FINISH;
	if (handshake_get_finish(&n, &s->own, data, len)) {
		why = owner_refused(s, now, a->mac, n.peer_static);
		if (why == OPENED)
			session_made(s, now, a, &n, data + len - NOISE_TAG);
		if (why != SECURE_REFUSED_TAKEN)
			end(s, a);
	}
	noise_wipe(&n);
	return why;
}

enum secure_refusal secure_early(struct secure *s, uint64_t now, const struct opening *o, struct answer *a,
                                 const struct burst_frame *payload)
{
	struct way way = way_of(o);
	if (now - a->at >= ANSWER_MS)
		return SECURE_REFUSED_INDEX;
	drop_old(s, now, a);
	(void)say_response(s, now, a, &way);
	if (a->early.n == EARLY_MAX)
		return SECURE_REFUSED_EARLY_FULL;
	return parcel_put(s, now, &a->early, payload, &way) ? OPENED : SECURE_REFUSED_WAITING_FULL;
}
