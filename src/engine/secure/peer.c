/* Edges that we have, had or seek sessions with, by MAC. */
#include "state.h"

struct peer_state *secure_peer_find(const struct secure *s, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_keyed(&s->hash, mac, MAC_LEN);
	struct peer_state *p;
	for (size_t at = table_first(s->by_mac, hash); (p = table_next(s->by_mac, hash, &at)); )
		if (mac_equal(p->mac, mac))
			return p;
	return NULL;
}

/* Those without session first, then those that were heard longest ago. */
static uint64_t worth(const void *item, const void *ctx)
{
	const struct peer_state *p = item;
	(void)ctx;
	return p->sessions_n ? p->heard + (UINT64_C(1) << 62) : p->added;
}

struct peer_state *secure_peer_get(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	struct peer_state *p = secure_peer_find(s, mac), *victim;
	if (p)
		return p;
	p = pool_take(&s->peers);
	if (!p && (victim = pool_victim(&s->peers, worth, NULL))) {
		secure_peer_remove(s, victim);
		p = pool_take(&s->peers);
	}
	if (!p)
		return NULL;
	memcpy(p->mac, mac, MAC_LEN);
	p->added = now;
	p->hash = hash_keyed(&s->hash, mac, MAC_LEN);
	(void)!table_add(s->by_mac, p->hash, p);        /* as large as the pool */
	return p;
}

void secure_peer_busy(struct secure *s, struct peer_state *p)
{
	s->busy_due = 0;
	if (p->busy)
		return;
	p->busy = true;
	p->prev_busy = NULL;
	p->next_busy = s->busy;
	if (s->busy)
		s->busy->prev_busy = p;
	s->busy = p;
}

static void idle(struct secure *s, struct peer_state *p)
{
	if (!p->busy)
		return;
	*(p->prev_busy ? &p->prev_busy->next_busy : &s->busy) = p->next_busy;
	if (p->next_busy)
		p->next_busy->prev_busy = p->prev_busy;
	p->busy = false;
}

static void unlist_releasing(struct secure *s, struct peer_state *p)
{
	struct peer_state **at = &s->releasing;
	while (p->releasing && *at != p)
		at = &(*at)->next_releasing;
	if (p->releasing)
		*at = p->next_releasing;
	p->releasing = false;
}

void secure_peer_remove(struct secure *s, struct peer_state *p)
{
	secure_attempt_end(s, p);
	while (p->sessions)
		secure_session_end(s, p->sessions);
	parcels_drop(s, &p->waiting);
	idle(s, p);
	unlist_releasing(s, p);
	memset(s->last_source, 0, MAC_LEN);
	table_remove(s->by_mac, p->hash, p);
	wipe(p, sizeof(*p));
	pool_give(&s->peers, p);
}

void secure_peers_end(struct secure *s)
{
	struct peer_state *p;
	for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); )
		secure_peer_remove(s, p);
}

/* The one that was confirmed last; while there is none, the youngest that we have begun. */
static bool is_better(const struct session *a, const struct session *b)
{
	return !b || (a->confirmed != b->confirmed ? a->confirmed > b->confirmed : a->serial > b->serial);
}

void secure_peer_choose(struct secure *s, uint64_t now, struct peer_state *p)
{
	struct session *best = NULL;
	for (struct session *ss = p->sessions; ss; ss = ss->next)
		if ((ss->confirmed || ss->role == INITIATOR) && session_may_seal(ss, now) && is_better(ss, best))
			best = ss;
	p->sealing = best;
	if (best && p->waiting.n)
		secure_peer_release(s, p);
}

void secure_peer_release(struct secure *s, struct peer_state *p)
{
	if (p->releasing)
		return;
	p->releasing = true;
	p->next_releasing = s->releasing;
	s->releasing = p;
}

void secure_peer_established(struct secure *s, uint64_t now, struct session *ss)
{
	struct peer_state *p = ss->peer;
	bool news = !p->handshake || !within(p->heard, now, OPENS_MS);
	p->rekeys += !news;
	s->counts.rekeys += !news;
	s->counts.handshakes_done++;
	p->handshake = now;
	p->unanswered = 0;
	control_tell(s, now, ss);
	secure_peer_choose(s, now, p);
	control_probe_wanted(s, now, p);
	if (news)
		secure_note(s, SECURE_NOTE_SESSION, p->mac, ss->public);
}

struct session *secure_peer_sealing(struct secure *s, uint64_t now, struct peer_state *p)
{
	if (!p->sealing || !session_may_seal(p->sealing, now))
		secure_peer_choose(s, now, p);
	return p->sealing;
}

bool secure_peer_is_live(const struct peer_state *p, uint64_t now)
{
	for (const struct session *ss = p->sessions; ss; ss = ss->next)
		if (session_may_open(ss, now))
			return true;
	return false;
}

void secure_peer_heard(struct secure *s, uint64_t now, struct session *by, const struct way *way)
{
	struct peer_state *p = by->peer;
	p->heard = by->heard = now;
	p->unanswered = p->taken = 0;   /* all sessions of a MAC are with one identity */
	if (!by->confirmed) {
		by->confirmed = ++s->serial;
		wipe(by->finish, sizeof(by->finish));
		secure_peer_choose(s, now, p);
	}
	if (!way->relayed && !endpoint_equal(&way->from, &p->path))
		control_probe(s, now, p, &way->from, true);
}

/* Returns when it wants to be looked at again. */
static uint64_t busy_tick(struct secure *s, uint64_t now, struct peer_state *p)
{
	if (p->younger && s->begun < BEGUN_PER_TICK) {
		p->younger = false;
		s->begun++;
		secure_begin(s, now, p);
	}
	uint64_t due = p->younger ? now + BUSY_TICK_MS : UINT64_MAX;
	due = earlier(due, secure_attempt_tick(s, now, p));
	for (struct session *ss = p->sessions, *next; ss; ss = next) {
		next = ss->next;
		if (ss->role == INITIATOR && !ss->confirmed)
			due = earlier(due, secure_finish_tick(s, now, ss));
	}
	if (p->taken) {
		owner_tick(s, now, p);
		due = earlier(due, now + PROBE_MS);
	}
	return due;
}

/* Sessions whose time is over, and who has nothing to do with us any more.  Those that do not seal here may seal there,
 * where both sides began at once and each confirmed the other's last: silence says nothing about them. */
static void age(struct secure *s, uint64_t now, struct peer_state *p)
{
	for (struct session *ss = p->sessions, *next; ss; ss = next) {
		next = ss->next;
		if (!session_may_open(ss, now))
			secure_session_end(s, ss);
	}
	if (p->waiting.n && !secure_peer_sealing(s, now, p))
		secure_begin(s, now, p);        /* its sessions were ended */
	if (!p->sessions && !p->attempt.on && !p->waiting.n && now - p->added >= INIT_GIVE_UP_MS &&
	    now - p->began >= INIT_GIVE_UP_MS)
		secure_peer_remove(s, p);
}

uint64_t secure_peers_tick(struct secure *s, uint64_t now)
{
	if (now >= s->busy_due) {
		uint64_t due = UINT64_MAX;
		s->begun = 0;
		for (struct peer_state *p = s->busy, *next; p; p = next) {
			next = p->next_busy;
			uint64_t wanted = busy_tick(s, now, p);
			if (wanted == UINT64_MAX)
				idle(s, p);
			due = earlier(due, wanted);
		}
		s->busy_due = due > now + BUSY_TICK_MS ? due : now + BUSY_TICK_MS;
		if (due == UINT64_MAX)
			s->busy_due = s->busy ? now + BUSY_TICK_MS : UINT64_MAX;
	}
	if (now >= s->age_due) {
		struct peer_state *p;
		for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); )
			age(s, now, p);
		secure_answers_age(s, now);
		s->age_due = now + AGE_TICK_MS;
	}
	return earlier(s->busy_due, s->peers.used || s->answers.used ? s->age_due : UINT64_MAX);
}
