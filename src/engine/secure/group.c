/* The groups of one edge: its own sender key, those of its sources, and the messages that wait for one. */
#include "group_state.h"

#include <assert.h>
#include <stdlib.h>

#include "core/crypto/wipe.h"

enum {
	STRANGERS_ASKED = 100,          /* sources without a session are asked in a second, all together */
	SWEEP_MS = 250                  /* between looks at all sources */
};

static void draw(struct secure_groups *g, uint64_t now)
{
	uint8_t run[SENDER_RUN], chain[SENDER_CHAIN];
	g->host.random(g->host.ctx, run, sizeof(run));
	g->host.random(g->host.ctx, chain, sizeof(chain));
	sender_draw(&g->sender, now, run, chain, g->config.suites);
	wipe(chain, sizeof(chain));
	if (g->keys_n)
		sender_set_call_key(&g->sender, g->ak[0], g->config.mac);
}

struct secure_groups *secure_groups_new(const struct secure_groups_config *config, const struct secure_host *host,
                                        uint64_t now)
{
	struct secure_groups *g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->config = *config;
	g->host = *host;
	g->host.random(g->host.ctx, &g->key, sizeof(g->key));
	g->by_mac = table_new(config->sources_max);
	bool sources = pool_new(&g->sources, sizeof(struct source), config->sources_max);
	bool held = held_new(&g->held, &g->key);
	if (!sources || !held || !g->by_mac) {
		secure_groups_free(g);
		return NULL;
	}
	g->sweep_due = UINT64_MAX;
	g->strangers = bucket_of(STRANGERS_ASKED, 1000, STRANGERS_ASKED, now);
	draw(g, now);
	return g;
}

static uint64_t hash_of(const struct secure_groups *g, const uint8_t mac[static MAC_LEN])
{
	return hash_keyed(&g->key, mac, MAC_LEN);
}

struct source *groups_source(const struct secure_groups *g, const uint8_t mac[static MAC_LEN])
{
	uint64_t hash = hash_of(g, mac);
	struct source *s;
	for (size_t at = table_first(g->by_mac, hash); (s = table_next(g->by_mac, hash, &at)); )
		if (mac_equal(s->mac, mac))
			return s;
	return NULL;
}

static void source_remove(struct secure_groups *g, struct source *s)
{
	table_remove(g->by_mac, hash_of(g, s->mac), s);
	wipe(s, sizeof(*s));
	pool_give(&g->sources, s);
}

/* Whose key is known stays before one whose calls were heard only. */
static uint64_t worth(const void *item, const void *ctx)
{
	const struct source *s = item;
	uint64_t last = s->known ? s->used : 0;
	(void)ctx;
	for (size_t i = 0; i < CALL_RUNS; i++)
		last = s->calls.run[i].used > last ? s->calls.run[i].used : last;
	return last + (s->known ? UINT64_MAX / 2 : 0);
}

struct source *groups_source_make(struct secure_groups *g, const uint8_t mac[static MAC_LEN])
{
	struct source *s = groups_source(g, mac);
	if (s)
		return s;
	if (!pool_left(&g->sources))
		source_remove(g, pool_victim(&g->sources, worth, NULL));
	s = pool_take(&g->sources);
	memcpy(s->mac, mac, MAC_LEN);
	bool added = table_add(g->by_mac, hash_of(g, mac), s);
	assert(added);
	(void)added;
	return s;
}

static void sources_remove_all(struct secure_groups *g)
{
	struct source *s;
	for (size_t cursor = 0; (s = pool_each(&g->sources, &cursor)); )
		source_remove(g, s);
}

void secure_groups_free(struct secure_groups *g)
{
	if (!g)
		return;
	if (g->sources.item && g->by_mac)
		sources_remove_all(g);
	pool_free(&g->sources);
	table_free(g->by_mac);
	held_free(&g->held);
	wipe(g, sizeof(*g));
	free(g);
}

/* Does this key follow from one of those that we have now? */
static bool call_key_holds(const struct secure_groups *g, const struct source *s, const struct call_run *run)
{
	uint8_t key[AEAD_KEY];
	bool same = false;
	for (size_t i = 0; i < g->keys_n && !same; i++) {
		call_key_of(key, g->ak[i], run->run, s->mac);
		same = same_secret(key, run->key, AEAD_KEY);
	}
	wipe(key, sizeof(key));
	return same;
}

void secure_groups_set_keys(struct secure_groups *g, const struct secure_keys *keys, size_t n)
{
	struct source *s;
	wipe(g->ak, sizeof(g->ak));
	g->keys_n = smaller(n, SECURE_KEYS_MAX);
	for (size_t i = 0; i < g->keys_n; i++)
		memcpy(g->ak[i], keys[i].ak, AEAD_KEY);
	sender_set_call_key(&g->sender, g->ak[0], g->config.mac);
	for (size_t cursor = 0; (s = pool_each(&g->sources, &cursor)); )
		for (size_t i = 0; i < CALL_RUNS; i++)
			if (s->calls.run[i].known && !call_key_holds(g, s, &s->calls.run[i]))
				wipe(&s->calls.run[i], sizeof(s->calls.run[i]));
}

void secure_groups_wipe(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	memmove(g->config.mac, mac, MAC_LEN);
	sources_remove_all(g);
	held_wipe(&g->held);
	g->sweep_due = UINT64_MAX;
	draw(g, now);
}

void secure_groups_draw(struct secure_groups *g, uint64_t now) { draw(g, now); }

void secure_groups_forget(struct secure_groups *g, const uint8_t mac[static MAC_LEN])
{
	struct source *s = groups_source(g, mac);
	if (s)
		source_remove(g, s);
	held_drop(&g->held, mac);
}

static bool is_call(const struct burst *b)
{
	return b->n == 1 && !b->frame[0].body_len && call_carries(b->frame[0].head, b->frame[0].head_len);
}

enum sealing secure_groups_seal(struct secure_groups *g, uint64_t now, struct seal *s)
{
	if (!sender_lasts(&g->sender, s->frames->n))
		draw(g, now);
	if (is_call(s->frames))
		sender_seal_call(&g->sender, s);
	else
		sender_seal(&g->sender, now, s);
	return SEALED;
}

bool secure_groups_told(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN], uint64_t session,
                        const uint8_t *body, size_t len)
{
	struct sender_key told;
	bool taken = false;
	if (sender_key_get(&told, body, len)) {
		struct source *s = groups_source_make(g, mac);
		taken = source_told(s, now, session, &told);
		uint64_t due = source_turn(s, now);
		g->sweep_due = due < g->sweep_due ? due : g->sweep_due;
		held_release(&g->held, mac);
	}
	wipe(&told, sizeof(told));
	return taken;
}

void secure_groups_tell(struct secure_groups *g, uint64_t now, const uint8_t mac[static MAC_LEN], uint16_t suites,
                        uint8_t body[static SENDER_KEY_LEN])
{
	sender_tell(&g->sender, now, suites, body);
	groups_source_make(g, mac)->draw = g->sender.draws;
}

uint64_t secure_groups_drawn(const struct secure_groups *g) { return g->sender.draws; }

bool secure_groups_knows(const struct secure_groups *g, const uint8_t mac[static MAC_LEN])
{
	const struct source *s = groups_source(g, mac);
	return s && s->known;
}

static bool is_idle(const struct secure_groups *g, const struct source *s)
{
	return !s->known && !s->calls.run[0].known && !s->calls.run[1].known && s->draw != g->sender.draws;
}

static void sweep(struct secure_groups *g, uint64_t now)
{
	struct source *s;
	uint64_t due = UINT64_MAX;
	for (size_t cursor = 0; (s = pool_each(&g->sources, &cursor)); ) {
		uint64_t own = source_turn(s, now);
		due = own < due ? own : due;
		if (is_idle(g, s))
			source_remove(g, s);
	}
	g->sweep_due = due < now + SWEEP_MS ? now + SWEEP_MS : due;
}

uint64_t secure_groups_tick(struct secure_groups *g, uint64_t now)
{
	uint64_t held_due, due = sender_turn(&g->sender, now);
	g->held_dropped += held_tick(&g->held, now, &held_due);
	if (now >= g->sweep_due)
		sweep(g, now);
	due = held_due < due ? held_due : due;
	return g->sweep_due < due ? g->sweep_due : due;
}

void secure_groups_info(const struct secure_groups *g, struct secure_group_info *out)
{
	const struct source *s;
	*out = (struct secure_group_info){
		.epoch = g->sender.key.epoch, .suite = sender_suite(&g->sender),
		.held_messages = g->held.n, .held_bytes = g->held.bytes, .held_dropped = g->held_dropped,
	};
	for (size_t cursor = 0; (s = pool_each(&g->sources, &cursor)); ) {
		out->sources += s->known;
		out->receivers += s->draw == g->sender.draws;
	}
}
