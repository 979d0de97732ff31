#include "engine/secure/secure.h"
#include "state.h"

#include <stdlib.h>

static const char *const refusals[] = {
#define X(name, text) text,
	SECURE_REFUSALS(X)
#undef X
	NULL
};
_Static_assert((int)SECURE_REFUSED_N <= TRANSFORM_REFUSALS_MAX, "each refusal has a counter");

void secure_note(struct secure *s, enum secure_note_kind kind, const uint8_t mac[static MAC_LEN],
                 const uint8_t public[static NOISE_KEY])
{
	struct secure_note n = { .kind = kind };
	memcpy(n.mac, mac, MAC_LEN);
	memcpy(n.public, public, NOISE_KEY);
	if (s->host.note)
		s->host.note(s->host.ctx, &n);
}

static void end_all(struct secure *s, uint64_t now)
{
	secure_peers_end(s);
	secure_answers_end(s);
	retry_begin(s, now);
	secure_groups_wipe(s->groups, now, s->mac);
	s->groups_due = 0;
}

static void set_mac(void *ctx, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	struct secure *s = ctx;
	if (mac_equal(s->mac, mac))
		return;
	memcpy(s->mac, mac, MAC_LEN);
	end_all(s, now);
}

static void take_keys(struct secure *s, const struct secure_keys *keys, size_t n)
{
	s->keys_n = smaller(n, SECURE_KEYS_MAX);
	for (size_t i = 0; i < s->keys_n; i++) {
		s->keys[i].keys = keys[i];
		noise_psk_init(&s->keys[i].psk, keys[i].psk);
	}
	secure_groups_set_keys(s->groups, keys, s->keys_n);
}

static void take_trust(struct secure *s, const struct secure_trust *t)
{
	s->only_listed = t->only_listed;
	s->trusted_n = smaller(t->n, s->trusted_max);
	if (s->trusted_n)
		memcpy(s->trusted, t->listed, s->trusted_n * sizeof(*s->trusted));
}

static void take_config(struct secure *s, const struct secure_config *config)
{
	memcpy(s->community, config->community, COMMUNITY_LEN);
	memcpy(s->mac, config->mac, MAC_LEN);
	memcpy(s->own.private, config->identity->private, NOISE_KEY);
	memcpy(s->own.public, config->identity->public, NOISE_KEY);
	s->suites = config->suites & 3;
	if (!aead_available(AEAD_AEGIS_128L))
		s->suites &= 1;
	s->rekey_ms = config->rekey_ms ? config->rekey_ms : SECURE_REKEY_MS;
	s->trusted_max = config->trust_max;
	take_trust(s, &config->trust);
	take_keys(s, config->keys, config->keys_n);
}

static bool take_memory(struct secure *s, const struct secure_config *config, uint64_t now)
{
	size_t max = config->peers_max ? config->peers_max : 1, sessions = max * SESSIONS_PER_PEER;
	const struct secure_groups_config groups = { .suites = config->suites, .sources_max = max };
	struct secure_groups_config own = groups;
	memcpy(own.mac, config->mac, MAC_LEN);
	own.suites = aead_available(AEAD_AEGIS_128L) ? config->suites & 3 : config->suites & 1;
	bool good = pool_new(&s->peers, sizeof(struct peer_state), max);
	good = pool_new(&s->sessions, sizeof(struct session), sessions) && good;
	good = pool_new(&s->answers, sizeof(struct answer), ANSWERS_MAX) && good;
	good = pool_new(&s->pieces, sizeof(struct piece), WAITING_ALL / PIECE) && good;
	s->by_mac = table_new(max);
	s->by_index = table_new(max + sessions + ANSWERS_MAX);
	s->answers_by_mac = table_new(ANSWERS_MAX);
	s->released = calloc(1, sizeof(*s->released));
	s->trusted = calloc(config->trust_max ? config->trust_max : 1, sizeof(*s->trusted));
	s->groups = secure_groups_new(&own, &s->host, now);
	return good && s->by_mac && s->by_index && s->answers_by_mac && s->released && s->trusted && s->groups;
}

struct secure *secure_new(const struct secure_config *config, const struct secure_host *host, uint64_t now)
{
	struct secure *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->host = *host;
	if (!take_memory(s, config, now)) {
		secure_free(s);
		return NULL;
	}
	s->host.random(s->host.ctx, &s->hash, sizeof(s->hash));
	take_config(s, config);
	retry_begin(s, now);
	s->unknown = bucket_of(10, 1000, 10, now);
	s->keyless = bucket_of(100, 1000, 100, now);
	s->busy_due = UINT64_MAX;
	s->transform = (struct transform){
		.id = TRANSFORM_SECURE, .name = "secure", .overhead = SECURE_DATA_OVERHEAD, .overhead_max = SECURE_OVERHEAD, .refusals = refusals,
		.seal = forward_seal, .open = forward_open, .next = forward_next, .tick = forward_tick,
		.probe = forward_probe, .mac = set_mac, .ctx = s,
	};
	return s;
}

void secure_free(struct secure *s)
{
	if (!s)
		return;
	if (s->peers.item && s->by_mac && s->by_index)
		secure_peers_end(s);
	if (s->answers.item && s->answers_by_mac && s->by_index)
		secure_answers_end(s);
	secure_groups_free(s->groups);
	pool_free(&s->peers);
	pool_free(&s->sessions);
	pool_free(&s->answers);
	pool_free(&s->pieces);
	table_free(s->by_mac);
	table_free(s->by_index);
	table_free(s->answers_by_mac);
	if (s->released)
		wipe(s->released, sizeof(*s->released));
	free(s->released);
	free(s->trusted);
	wipe(s, sizeof(*s));
	free(s);
}

const struct transform *secure_transform(const struct secure *s) { return &s->transform; }

void secure_wipe_all(struct secure *s, uint64_t now)
{
	wipe(s->released, sizeof(*s->released));
	wipe(s->sealed, sizeof(s->sealed));
	end_all(s, now);
}

/* Whose sessions have to end.  Those who have gone know our sender key, so another is drawn; it is told by sessions that are
 * younger than those that told the old one. */
static void end_where(struct secure *s, uint64_t now, bool (*gone)(struct secure *s, struct session *ss), bool draw)
{
	struct peer_state *p;
	for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); ) {
		bool ended = false;
		for (struct session *ss = p->sessions, *next; ss; ss = next) {
			next = ss->next;
			if (!gone(s, ss))
				continue;
			secure_session_end(s, ss);
			ended = true;
		}
		if (ended && !p->sessions)
			secure_groups_forget(s->groups, p->mac);
		draw |= ended;
		secure_attempt_end(s, p);       /* another is begun by the next frame */
	}
	secure_answers_end(s);
	if (!draw)
		return;
	secure_groups_draw(s->groups, now);
	for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); ) {
		p->younger = p->sessions_n;
		if (p->younger)
			secure_peer_busy(s, p);
	}
}

/* Of a key that has gone. */
static bool key_gone(struct secure *s, struct session *ss) { return (void)s, ss->key == SECURE_KEYS_MAX; }

void secure_set_keys(struct secure *s, uint64_t now, const struct secure_keys *keys, size_t n)
{
	uint8_t become[SECURE_KEYS_MAX + 1] = { SECURE_KEYS_MAX, SECURE_KEYS_MAX, SECURE_KEYS_MAX };
	bool draw = false;
	struct peer_state *p;
	for (size_t i = 0; i < s->keys_n; i++) {
		for (size_t k = 0; k < n && k < SECURE_KEYS_MAX; k++)
			if (same_secret(s->keys[i].keys.psk, keys[k].psk, SECURE_KEY))
				become[i] = (uint8_t)k;
		draw |= become[i] == SECURE_KEYS_MAX;
	}
	for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); )
		for (struct session *ss = p->sessions; ss; ss = ss->next) {
			ss->key = become[ss->key];
			if (ss->key)            /* the first key seals: soon, so that the other can be removed */
				ss->rekey_at = now;
		}
	end_where(s, now, key_gone, draw);
	wipe(s->keys, sizeof(s->keys));
	take_keys(s, keys, n);
}

static bool trust_gone(struct secure *s, struct session *ss) { return !owner_is_trusted(s, ss->peer->mac, ss->public); }

void secure_set_trust(struct secure *s, uint64_t now, const struct secure_trust *trust)
{
	take_trust(s, trust);
	end_where(s, now, trust_gone, false);
}
