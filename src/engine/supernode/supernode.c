#include "state.h"

#include <stdlib.h>

const char *const supernode_drop_names[SUPERNODE_DROP_MAX] = {
#define X(name, text) text,
	SUPERNODE_DROPS(X)
#undef X
};

static bool take_memory(struct supernode *sn)
{
	const struct supernode_config *c = &sn->config;
	sn->by_name = table_new(c->communities_max);
	sn->networks = vacancies_new(&sn->key, c->communities_max);
	sn->by_mac = table_new(c->edges_max);
	sn->by_address = table_new(2 * c->edges_max);
	sn->addresses = vacancies_new(&sn->key, 2 * c->edges_max + OFFERS_MAX);
	sn->by_source = table_new(c->edges_max);
	sn->credits = credits_new(CREDIT_SLOTS, &sn->key);
	return pool_new(&sn->communities, sizeof(struct community), c->communities_max)
	       && pool_new(&sn->members, sizeof(struct member), c->edges_max) && offers_new(sn)
	       && pool_new(&sn->sources, sizeof(struct source), c->edges_max) && sn->by_source
	       && sn_groups_new(sn)
	       && sn->by_name && sn->networks && sn->by_mac && sn->by_address && sn->addresses && sn->credits;
}

struct supernode *supernode_new(const struct supernode_config *config, const struct host *host, uint64_t now)
{
	struct supernode *sn = calloc(1, sizeof(*sn));
	if (!sn)
		return NULL;
	sn->config = *config;
	sn->host = *host;
	sn->info = (struct supernode_info){ .started = now, .open = true };
	memcpy(sn->info.mac, config->mac, MAC_LEN);
	sn->config.version[VERSION_LEN - 1] = 0;
	host->random(host->ctx, &sn->key, sizeof(sn->key));
	lookup_new(sn, now);
	sn->notes.lines = bucket_of(1, NOTE_EVERY_MS, NOTES_BURST, now);
	sn->groups.push = bucket_of(PUSH_BYTES_MS, 1, PUSH_BURST, now);
	list_init(&sn->by_age);
	list_init(&sn->contests);
	list_init(&sn->claimed);
	list_init(&sn->proofs);
	if (!take_memory(sn)) {
		supernode_free(sn);
		return NULL;
	}
	return sn;
}

void supernode_free(struct supernode *sn)
{
	if (!sn)
		return;
	allowed_free(sn->allowed);
	credits_free(sn->credits);
	sn_groups_free(sn);
	offers_free(sn);
	table_free(sn->by_name);
	vacancies_free(sn->networks);
	table_free(sn->by_mac);
	table_free(sn->by_address);
	table_free(sn->by_source);
	pool_free(&sn->sources);
	vacancies_free(sn->addresses);
	pool_free(&sn->communities);
	pool_free(&sn->members);
	free(sn);
}

void sn_send_buf(struct supernode *sn, const struct endpoint *to, const struct addr *local, const struct buf *b)
{
	sn->info.counts.datagrams_out++;
	sn->info.counts.bytes_out += b->len;
	sn->host.send(sn->host.ctx, to, local, b);
}

enum supernode_drop sn_send(struct supernode *sn, const struct endpoint *to, const struct addr *local,
                            const struct wire_message *m, size_t max)
{
	uint8_t mem[EMIT_ROOM];
	struct buf b = emit_encode(mem, m);
	if (!b.len)
		return SUPERNODE_DROP_NO_ROOM;
	if (b.len > max)
		return SUPERNODE_DROP_CREDIT;
	sn_send_buf(sn, to, local, &b);
	return DROP_NONE;
}

static enum supernode_drop refused(const struct arrival *a)
{
	switch (a->error) {
	case WIRE_GOOD:
		break;
	case WIRE_SHORT:
		return SUPERNODE_DROP_SHORT;
	case WIRE_FOREIGN:
		return SUPERNODE_DROP_FOREIGN;
	case WIRE_UNKNOWN_TYPE:
		return SUPERNODE_DROP_UNKNOWN_TYPE;
	default:
		return SUPERNODE_DROP_MALFORMED;
	}
	if (a->m.flags & WIRE_FROM_SUPERNODE)
		return SUPERNODE_DROP_FEDERATION;
	if (a->m.ttl == 0)
		return SUPERNODE_DROP_TTL;
	return a->from->addr.port ? DROP_NONE : SUPERNODE_DROP_UNEXPECTED;      /* cannot be answered */
}

/* Most often that of the message before. */
static struct community *community_of(struct supernode *sn, const uint8_t *name)
{
	struct community *c = sn->lately;
	if (!c || memcmp(c->name, name, COMMUNITY_LEN))
		c = sn->lately = community_find(sn, name);
	return c;
}

static enum supernode_drop take(struct supernode *sn, uint64_t now, struct arrival *a)
{
	enum supernode_drop drop = refused(a);
	if (drop != DROP_NONE)
		return drop;
	a->m.ttl--;
	a->community = community_of(sn, a->m.community);
	switch (a->m.type) {
	case WIRE_PACKET:
		return sn_relay_packets(sn, now, a);
	case WIRE_REGISTER:
		return sn_relay_register(sn, now, a);
	case WIRE_REGISTER_ACK:
		return sn_register_ack(sn, now, a);
	case WIRE_REGISTER_SUPER:
		return sn_register_super(sn, now, a);
	case WIRE_UNREGISTER_SUPER:
		return sn_unregister_super(sn, now, a);
	case WIRE_QUERY_PEER:
		return sn_query_peer(sn, now, a);
	case WIRE_GROUP_REPORT:
		return sn_group_report(sn, now, a);
	case WIRE_GROUP_QUERY:
		return sn_group_query(sn, now, a);
	case WIRE_GROUP_MEMBERS_ACK:
		return sn_group_members_ack(sn, now, a);
	default:
		return SUPERNODE_DROP_UNEXPECTED;
	}
}

void supernode_train_from_net(struct supernode *sn, uint64_t now, const struct endpoint *from, const struct addr *local,
                              const struct train *train)
{
	static const struct addr none;
	struct supernode_counts *counts = &sn->info.counts;
	struct intake in = intake_of(train);
	struct arrival a;
	a.from = from;
	a.local = local ? local : &none;
	counts->bytes_in += train->len;
	while (intake_next(&in, &a)) {
		enum supernode_drop drop = take(sn, now, &a);
		if (drop != DROP_NONE)
			counts->drops[drop] += a.datagrams;
		counts->datagrams_in += a.datagrams;
	}
	contest_settle(sn, now);
}

void supernode_from_net(struct supernode *sn, uint64_t now, const struct endpoint *from, const struct addr *local,
                        struct buf *datagram)
{
	const struct train train = { datagram->data, datagram->len, datagram->len };
	supernode_train_from_net(sn, now, from, local, &train);
}

uint64_t supernode_tick(struct supernode *sn, uint64_t now)
{
	uint64_t due = member_tick(sn, now), contest = contest_tick(sn, now), proof, lease, news;
	due = contest < due ? contest : due;
	proof = proof_tick(sn, now);
	due = proof < due ? proof : due;
	lease = sources_tick(sn, now);
	due = lease < due ? lease : due;
	news = push_tick(sn, now);
	return news < due ? news : due;
}

void supernode_set_outward(struct supernode *sn, bool v6, const struct addr *a)
{
	sn->outward[v6] = *a;
}

const struct supernode_info *supernode_info(struct supernode *sn)
{
	sn->info.open = !sn->allowed;
	return &sn->info;
}

bool supernode_community_next(const struct supernode *sn, size_t *cursor, struct supernode_community_info *out)
{
	const struct community *c = pool_each(&sn->communities, cursor);
	if (!c)
		return false;
	*out = (struct supernode_community_info){ .network = c->network, .edges = c->edges, .fixed = c->fixed };
	memcpy(out->name, c->name, COMMUNITY_LEN);
	return true;
}

bool supernode_edge_next(const struct supernode *sn, size_t *cursor, struct supernode_edge_info *out)
{
	const struct member *m = pool_each(&sn->members, cursor);
	if (!m)
		return false;
	*out = (struct supernode_edge_info){
		.address = m->address, .endpoint = m->sink.endpoint.addr, .preferred = m->preferred,
		.since = m->since, .last_seen = m->heard,
		.frames_in = m->frames_in, .bytes_in = m->bytes_in,
		.frames_out = m->sink.frames, .bytes_out = m->sink.bytes,
		.confirmed = m->sink.trust == TRUST_CONFIRMED, .interest = m->interest, .groups = m->groups_n, .sources = m->leases_n,
	};
	memcpy(out->community, m->community->name, COMMUNITY_LEN);
	memcpy(out->mac, m->mac, MAC_LEN);
	memcpy(out->desc, m->desc, DESC_LEN);
	return true;
}
