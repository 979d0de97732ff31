/* Handshakes that we begin: INIT until it is answered, FINISH until something has come by the session. */
#include "state.h"

/* After the first. */
static const uint32_t init_again_ms[] = { 1000, 3000, 7000 };
static const uint32_t finish_again_ms[] = { 250, 500, 1000, 2000, 4000 };
enum { INITS = sizeof(init_again_ms) / sizeof(*init_again_ms), FINISHES = sizeof(finish_again_ms) / sizeof(*finish_again_ms) };

static void say_init(struct secure *s, const struct peer_state *p)
{
	saying_add(s, SAY_BY_BOTH, p->mac, p->attempt.init, HANDSHAKE_INIT_LEN);
}

/* With another ephemeral key each time. */
static void write_init(struct secure *s, uint64_t now, struct peer_state *p, const uint8_t cookie[static HANDSHAKE_COOKIE])
{
	struct attempt *a = &p->attempt;
	uint8_t ephemeral[NOISE_KEY];
	struct handshake_init m = { .suites = s->suites };
	secure_place_remove(s, &a->place);
	secure_place_add(s, &a->place, PLACE_ATTEMPT);
	m.sender = a->place.index;
	memcpy(m.cookie, cookie, HANDSHAKE_COOKIE);
	s->host.random(s->host.ctx, ephemeral, sizeof(ephemeral));
	secure_prologue(s, &a->noise, a->key, s->mac, p->mac);
	handshake_put_init(&a->noise, ephemeral, &m, a->init);
	wipe(ephemeral, sizeof(ephemeral));
	a->sent = 0;
	a->sent_at = now;
	a->due = now + init_again_ms[0];
	say_init(s, p);
}

void secure_begin(struct secure *s, uint64_t now, struct peer_state *p)
{
	static const uint8_t none[HANDSHAKE_COOKIE];
	if (p->attempt.on || mac_equal(p->mac, s->mac) || mac_is_group(p->mac) || mac_is_null(p->mac))
		return;
	p->attempt = (struct attempt){ .on = true, .began = now };
	p->began = now;
	s->counts.handshakes_begun++;
	write_init(s, now, p, none);
	secure_peer_busy(s, p);
}

bool secure_begin_again(struct secure *s, uint64_t now, struct peer_state *p)
{
	if (p->attempt.on || within(p->began, now, BEGIN_AGAIN_MS))
		return false;
	secure_begin(s, now, p);
	return true;
}

void secure_attempt_end(struct secure *s, struct peer_state *p)
{
	if (!p->attempt.on)
		return;
	secure_place_remove(s, &p->attempt.place);
	noise_wipe(&p->attempt.noise);
	p->attempt.on = false;
}

static void give_up(struct secure *s, uint64_t now, struct peer_state *p)
{
	s->counts.handshakes_given_up++;
	secure_attempt_end(s, p);
	if (!secure_peer_sealing(s, now, p))
		parcels_drop(s, &p->waiting);
}

uint64_t secure_attempt_tick(struct secure *s, uint64_t now, struct peer_state *p)
{
	struct attempt *a = &p->attempt;
	if (!a->on)
		return UINT64_MAX;
	if (now - a->began >= INIT_GIVE_UP_MS) {
		give_up(s, now, p);
		return UINT64_MAX;
	}
	if (now >= a->due && !a->ended) {
		say_init(s, p);
		a->sent++;
		a->due = a->sent < INITS ? a->sent_at + init_again_ms[a->sent] : UINT64_MAX;
		if (a->due <= now)
			a->due = now + AGAIN_MS;
	}
	return earlier(a->ended ? UINT64_MAX : a->due, a->began + INIT_GIVE_UP_MS);
}

static struct peer_state *attempt_of(struct secure *s, uint32_t receiver, const uint8_t mac[static MAC_LEN])
{
	struct place *pl = secure_place_find(s, receiver);
	struct peer_state *p = secure_peer_find(s, mac);
	return pl && pl->kind == PLACE_ATTEMPT && p && pl == &p->attempt.place ? p : NULL;
}

static void say_finish(struct secure *s, uint64_t now, struct session *ss)
{
	saying_answer(s, ss->peer->mac, &ss->way, ss->finish, HANDSHAKE_FINISH_LEN);
	ss->finish_at = now;
}

uint64_t secure_finish_tick(struct secure *s, uint64_t now, struct session *ss)
{
	struct peer_state *p = ss->peer;
	if (now - ss->made >= FINISH_GIVE_UP_MS) {
		s->counts.handshakes_given_up++;
		secure_session_end(s, ss);
		if (!secure_peer_sealing(s, now, p) && !p->attempt.on)
			parcels_drop(s, &p->waiting);
		return UINT64_MAX;
	}
	if (now >= ss->finish_due) {
		if (!within(ss->finish_at, now, AGAIN_MS))
			say_finish(s, now, ss);
		ss->finish_due = ++ss->finishes < FINISHES ? ss->finish_due - finish_again_ms[ss->finishes - 1] +
			finish_again_ms[ss->finishes] : UINT64_MAX;
	}
	return earlier(ss->finish_due, ss->made + FINISH_GIVE_UP_MS);
}

/* It came again: so FINISH was lost, unless something has come by the session since. */
static enum secure_refusal response_again(struct secure *s, uint64_t now, struct place *pl, const uint8_t *data, size_t len)
{
	struct session *ss = pl && pl->kind == PLACE_SESSION ? (struct session *)(void *)pl : NULL;
	if (!ss || ss->role != INITIATOR)
		return SECURE_REFUSED_INDEX;
	if (len != HANDSHAKE_RESPONSE_LEN || !same_secret(data + len - NOISE_TAG, ss->came, NOISE_TAG))
		return SECURE_REFUSED_RESPONSE;
	if (!ss->confirmed && !within(ss->finish_at, now, AGAIN_MS))
		say_finish(s, now, ss);
	return OPENED;
}

static struct session *session_made(struct secure *s, uint64_t now, struct peer_state *p, const struct handshake_response *m,
                                    const struct noise *n)
{
	struct attempt *a = &p->attempt;
	struct session *ss = secure_session_new(s, now, p, &a->place);
	if (!ss)
		return NULL;
	ss->role = INITIATOR;
	ss->receiver = m->sender;
	ss->suite = (uint8_t)m->chosen;
	ss->suites = m->suites;
	ss->key = a->key;
	ss->rekey_at = now + s->rekey_ms;
	ss->finish_due = now + finish_again_ms[0];
	memcpy(ss->public, n->peer_static, NOISE_KEY);
	noise_split(n, ss->seals, ss->opens);
	secure_attempt_end(s, p);
	return ss;
}

/* The one who has answered may have the MAC.  If it is another who may, his RESPONSE can still come. */
static enum secure_refusal answered(struct secure *s, uint64_t now, struct peer_state *p, const struct handshake_response *m,
                                    struct noise *n, const struct opening *o, const uint8_t *tag)
{
	uint8_t finish[HANDSHAKE_FINISH_LEN];
	enum secure_refusal why = owner_refused(s, now, p->mac, n->peer_static);
	if (why != OPENED)
		return why;
	if (m->chosen != handshake_suite(s->suites, m->suites)) {
		p->attempt.ended = true;
		return SECURE_REFUSED_SUITES;
	}
	if (!handshake_put_finish(n, &s->own, m->sender, finish))
		return SECURE_REFUSED_RESPONSE;
	struct session *ss = session_made(s, now, p, m, n);
	if (!ss)
		return SECURE_REFUSED_PEERS_FULL;
	memcpy(ss->finish, finish, sizeof(finish));
	memcpy(ss->came, tag, NOISE_TAG);
	ss->way = way_of(o);
	say_finish(s, now, ss);
	secure_peer_established(s, now, ss);
	secure_peer_busy(s, p);
	return OPENED;
}

enum secure_refusal secure_response(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len)
{
	struct handshake_response m;
	if (len != HANDSHAKE_RESPONSE_LEN)
		return SECURE_REFUSED_MALFORMED;
	uint32_t receiver = handshake_receiver(data);
	struct peer_state *p = attempt_of(s, receiver, o->src);
	if (!p || p->attempt.ended)
		return response_again(s, now, secure_place_find(s, receiver), data, len);
	struct noise n = p->attempt.noise;
	enum secure_refusal why = SECURE_REFUSED_RESPONSE;
	if (handshake_get_response(&n, &s->own, &m, data, len))
		why = answered(s, now, p, &m, &n, o, data + len - NOISE_TAG);
	noise_wipe(&n);
	return why;
}

/* One for each handshake, from whoever knows K: otherwise strangers could keep us busy. */
enum secure_refusal secure_retry(struct secure *s, uint64_t now, const struct opening *o, const uint8_t *data, size_t len)
{
	struct handshake_retry m;
	uint8_t proof[HANDSHAKE_COOKIE];
	if (!handshake_get_retry(&m, data, len))
		return SECURE_REFUSED_MALFORMED;
	struct peer_state *p = attempt_of(s, m.receiver, o->src);
	if (!p)
		return SECURE_REFUSED_INDEX;
	struct attempt *a = &p->attempt;
	handshake_proof(proof, s->keys[a->key].keys.ck, handshake_ephemeral(a->init), m.cookie);
	if (a->retried || !same_secret(proof, m.proof, sizeof(proof)))
		return SECURE_REFUSED_RETRY;
	a->retried = true;
	s->counts.retries_taken++;
	write_init(s, now, p, m.cookie);
	secure_peer_busy(s, p);
	return OPENED;
}
