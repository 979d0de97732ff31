#include "engine/edge/edge.h"
#include "core/token.h"
#include "state.h"

#include <stdlib.h>

const char *const edge_drop_names[EDGE_DROP_MAX] = {
#define X(name, text) [EDGE_DROP_##name] = text,
	EDGE_DROPS(X)
	EDGE_SPARED(X)
#undef X
};

static void take_config(struct edge *e, const struct edge_config *config)
{
	e->config = *config;
	e->config.rules_n = config->rules_n < EDGE_RULES_MAX ? config->rules_n : EDGE_RULES_MAX;
	if (e->config.rules_n)
		memcpy(e->rules, config->rules, e->config.rules_n * sizeof(*e->rules));
	e->config.rules = e->rules;
	memcpy(e->mac, config->mac, MAC_LEN);
	if (config->mode == ADDRESS_STATIC)
		e->address = config->address;
	e->supernodes_n = config->supernodes < EDGE_SUPERNODES_MAX ? config->supernodes : EDGE_SUPERNODES_MAX;
	for (size_t i = 0; i < e->supernodes_n; i++)
		e->supernodes[i].rtt_ms = UINT64_MAX;
}

void edge_set_registration_key(struct edge *e, const uint8_t *key)
{
	e->has_registration_key = key;
	if (key)
		memcpy(e->registration_key, key, REGISTRATION_KEY);
}

/* The token tells the supernode later that we are still the same. */
static void draw_secrets(struct edge *e)
{
	e->host.random(e->host.ctx, &e->key, sizeof(e->key));
	e->auth = (struct wire_auth){ .scheme = AUTH_SIMPLE_ID, .len = TOKEN_LEN };
	if (e->config.owner)
		memcpy(e->auth.token, e->config.owner, OWNER_TOKEN);
	else {
		e->host.random(e->host.ctx, e->auth.token, TOKEN_DRAWN);
		token_mark(e->auth.token);
	}
	edge_set_registration_key(e, e->config.registration_key);
	e->config.owner = e->config.registration_key = NULL;
}

static void start_timers(struct edge *e, uint64_t now)
{
	e->reg.choose_due = now + CHOOSE_MS;
	e->reg.pong_due = UINT64_MAX;
	e->reg.announce = true;
	e->peers_due = now + PEER_CHECK_MS;
	e->greetings = bucket_of(1, GREET_EVERY_MS, GREET_BURST, now);
	e->peer_notes = bucket_of(1, NOTE_EVERY_MS, NOTE_BURST, now);
	e->strangers = bucket_of(1, STRANGER_EVERY_MS, STRANGER_BURST, now);
	e->questions = bucket_of(1, CLAIM_EVERY_MS, CLAIMS, now);
	e->answers = bucket_of(1, ANSWER_EVERY_MS, ANSWER_BURST, now);
	e->group_contacts = bucket_of(1, CONTACTS_EVERY_MS, CONTACTS_BURST, now);
	for (int kind = 0; kind < STORM_MAX; kind++)
		e->storms[kind] = bucket_of(e->config.storm[kind], 1000, e->config.storm[kind], now);
	e->info.started = now;
}

struct edge *edge_new(const struct edge_config *config, const struct host *host, uint64_t now)
{
	struct edge *e = calloc(1, sizeof(*e));
	size_t peers_max = config->peers_max ? config->peers_max : 1;
	if (!e)
		return NULL;
	e->host = *host;
	take_config(e, config);
	draw_secrets(e);
	start_timers(e, now);
	e->copies = calloc(1, sizeof(*e->copies));
	if (!e->copies || !own_new(&e->own, config->addresses_max ? config->addresses_max : 1) ||
	    !peers_new(&e->peers, peers_max) || !fdb_new(&e->fdb, peers_max) ||
	    !bindings_new(&e->bindings, config->arp_suppress ? BINDINGS_PER_PEER * peers_max : 0) || !groups_new(e, now)) {
		edge_free(e);
		return NULL;
	}
	return e;
}

void edge_free(struct edge *e)
{
	if (!e)
		return;
	own_free(&e->own);
	peers_free(&e->peers);
	fdb_free(&e->fdb);
	bindings_free(&e->bindings);
	groups_free(e);
	free(e->copies);
	free(e);
}

uint64_t edge_tick(struct edge *e, uint64_t now)
{
	if (e->stopped)
		return UINT64_MAX;
	supernodes_tick(e, now);
	uint64_t due = register_tick(e, now);
	due = earlier(due, trial_tick(e, now));
	due = earlier(due, move_tick(e, now));
	due = earlier(due, supernodes_tick(e, now));
	due = earlier(due, multicast_tick(e, now));
	due = earlier(due, seal_tick(e, now));
	return earlier(due, peers_tick(e, now));
}

void edge_stop(struct edge *e, uint64_t now)
{
	if (!e->stopped)
		move_end(e, now);
	if (!e->stopped && e->reg.sent)
		send_unregister_super(e, &e->reg.to);
	if (!e->stopped && e->trial.on)
		send_unregister_super(e, &e->trial.to);
	e->stopped = true;
}

void edge_set_addresses(struct edge *e, uint64_t now, const struct subnet *own, size_t n)
{
	static const struct subnet none;
	own_set(&e->own, own, n);
	if (e->config.mode != ADDRESS_DHCP || subnet_equal(&e->address, n ? own : &none))
		return;
	address_taken(e, n ? own : &none);
	register_again(e, now);
}

/* The old record goes first: without an address the supernode could not tell that both are us. */
void edge_set_mac(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	if (mac_equal(e->mac, mac))
		return;
	if (!e->stopped)
		move_end(e, now);
	if (e->reg.sent && !e->stopped)
		send_unregister_super(e, &e->reg.to);
	memcpy(e->mac, mac, MAC_LEN);
	seal_mac(e, now);
	e->config.mac_made_up = false;
	e->reg.announce = true;
	register_again(e, now);
}

void edge_set_preferred(struct edge *e, uint64_t now, const struct addr *preferred)
{
	if (addr_equal(&e->preferred, preferred))
		return;
	e->preferred = *preferred;
	register_again(e, now);
}

void edge_tap_ready(struct edge *e, uint64_t now)
{
	e->tap_ready = true;
	edge_tap_linked(e, now);
	announce_address(e, now);
}

void edge_tap_linked(struct edge *e, uint64_t now)
{
	if (e->groups.membership)
		membership_link_up(e->groups.membership, now);
}

void edge_network_changed(struct edge *e, uint64_t now)
{
	if (e->stopped)
		return;
	for (size_t i = 0; i < e->supernodes_n; i++)
		supernodes_resolve(e, now, i);
	e->reg.path_mtu.asked = 0;
	register_again(e, now);
	contact_network_changed(e, now);
}

const struct edge_info *edge_info(struct edge *e)
{
	memcpy(e->info.community, e->config.community, COMMUNITY_LEN);
	memcpy(e->info.mac, e->mac, MAC_LEN);
	memcpy(e->info.desc, e->config.desc, DESC_LEN);
	e->info.address = e->address;
	e->info.supernode = e->reg.at;
	return &e->info;
}
