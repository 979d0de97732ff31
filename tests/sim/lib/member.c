/* An edge in the world: engine, socket, TAP and the kernel behind it. */
#include "core/arp.h"
#include "core/crypto/aead.h"
#include "world.h"

#include <stdio.h>

#include "mem.h"

enum { TAP_ROOM = BUF_HEADROOM + DATAGRAM_MAX + BUF_TAILROOM };

struct later {                          /* something that happens to a process unless it has ended */
	struct member *member;
	unsigned generation;
	size_t super;
	size_t len;
	uint32_t ping, asker;           /* for a pong */
	uint8_t frame[FRAME_LEN];
};

static uint64_t now_of(const struct member *m) { return queue_now(m->world->queue); }

void member_name(char out[static 64], const struct member *m)
{
	snprintf(out, 64, "edge %u (%sc%u, %s)", m->id, m->old ? "n2n-like, " : "", m->community,
	         nat_names[nat_kind(site_nat(m->station->site))]);
}

/* --- deadlines --- */

static void due_event(void *ctx, bool happens);

static void turn(struct member *m)
{
	uint64_t now = now_of(m), due;
	if (!member_runs(m))
		return;
	due = m->old ? oldedge_tick(m->oldedge, now) : edge_tick(m->edge, now);
	if (due <= now) {
		world_fail(m->world, "edge %u: a deadline %llu ms ago", m->id, (unsigned long long)(now - due));
		due = now + 1;
	}
	if (due >= m->due && m->due > now)
		return;
	m->due = due;
	if (due != UINT64_MAX)
		queue_add(m->world->queue, due, due_event, m);
}

static void due_event(void *ctx, bool happens)
{
	struct member *m = ctx;
	if (happens && member_runs(m) && m->due == now_of(m))
		turn(m);
}

/* --- what the engine asks for --- */

/* More than any scenario asks for: what would go on for ever is cut off, and told. */
static bool storm(struct member *m)
{
	if (m->second != now_of(m) / 1000) {
		m->second = now_of(m) / 1000;
		m->sent_in_second = 0;
	}
	if (++m->sent_in_second == m->world->storm)
		world_fail(m->world, "edge %u sends more than %u datagrams in a second", m->id, m->world->storm);
	return m->sent_in_second >= m->world->storm;
}

static void send_ttl(void *ctx, const struct endpoint *to, uint8_t ttl, const struct buf *datagram)
{
	struct member *m = ctx;
	world_check_datagram(m->world, "edge", m->config.community, &to->addr, datagram);
	if (storm(m))
		return;
	m->sent++;
	m->sent_bytes += datagram->len;
	udp_send(m->udp, &to->addr, ttl, datagram->data, datagram->len);
}

static void send(void *ctx, const struct endpoint *to, const struct addr *local, const struct buf *datagram)
{
	(void)local;
	send_ttl(ctx, to, 0, datagram);
}

static void send_lan(void *ctx, const struct buf *datagram)
{
	struct member *m = ctx;
	m->sent++;
	m->sent_bytes += datagram->len;
	udp_send_lan(m->udp, datagram->data, datagram->len);
}

static void random_bytes(void *ctx, void *bytes, size_t len)
{
	struct member *m = ctx;
	rng_bytes(&m->world->rng, bytes, len);
}

static void note(void *ctx, enum note_level level, const char *line)
{
	struct member *m = ctx;
	char name[64];
	member_name(name, m);
	m->notes += level != NOTE_DEBUG;
	if (m->world->trace)
		printf("%8llu  %s: %s\n", (unsigned long long)now_of(m), name, line);
}

static void later(struct member *m, uint32_t delay, queue_event *event, const struct later *what)
{
	struct later *l = mem_new(sizeof(*l));
	*l = *what;
	l->member = m;
	l->generation = m->generation;
	queue_add(m->world->queue, now_of(m) + delay, event, l);
}

static bool still_there(const struct later *l)
{
	return member_runs(l->member) && l->generation == l->member->generation;
}

static void assigned_event(void *ctx, bool happens)
{
	struct later *l = ctx;
	if (happens && still_there(l)) {
		edge_set_addresses(l->member->edge, now_of(l->member), &l->member->address, 1);
		turn(l->member);
	}
	mem_free(l);
}

static void assigned(void *ctx, const struct subnet *address)
{
	struct member *m = ctx;
	m->address = *address;
	later(m, 1, assigned_event, &(struct later){ 0 });
}

static void mac_changed(void *ctx, const uint8_t mac[static MAC_LEN])
{
	struct member *m = ctx;
	memcpy(m->mac, mac, MAC_LEN);
}

static void resolved_event(void *ctx, bool happens)
{
	struct later *l = ctx;
	struct member *m = l->member;
	struct addr found[2];
	if (happens && still_there(l)) {
		size_t n = world_resolve(m->world, l->super, m->station, found);
		if (n && m->loopback_super)
			found[0] = (struct addr){ ADDR_V4, found[0].port, { 127, 0, 0, 1 } }, n = 1;
		if (!m->old)
			edge_supernode_resolved(m->edge, now_of(m), l->super, found, n);
		else if (n)
			oldedge_set_supernode(m->oldedge, &found[n - 1]);
		turn(m);
	}
	mem_free(l);
}

static void resolve(void *ctx, size_t i)
{
	struct member *m = ctx;
	later(m, rng_between(&m->world->rng, 5, 50), resolved_event, &(struct later){ .super = i });
}

/* --- the kernel behind the TAP --- */

static void to_tap(struct member *m, const uint8_t *frame, size_t len)
{
	uint8_t mem[TAP_ROOM];
	struct buf b = buf_of(mem, sizeof(mem));
	memcpy(b.data, frame, len);
	b.len = len;
	if (m->old)
		oldedge_from_tap(m->oldedge, now_of(m), &b);
	else
		edge_from_tap(m->edge, now_of(m), &b);
	turn(m);
}

static uint32_t say(struct member *m, struct frame *f, const struct entry_view *entry, uint32_t answers)
{
	struct world *w = m->world;
	uint8_t bytes[FRAME_LEN];
	memcpy(f->src, m->mac, MAC_LEN);
	memcpy(f->ip_src, m->address.ip, 4);
	f->id = ledger_add(w->ledger, entry, answers, w->community_members[m->community]);
	frame_put(bytes, f);
	to_tap(m, bytes, sizeof(bytes));
	return f->id;
}

uint32_t world_say(struct member *m, const struct member *to, enum frame_kind kind, uint32_t answers)
{
	static const uint8_t broadcast[] = { 255, 255, 255, 255, 255, 255 };
	bool all = kind == FRAME_BROADCAST;
	struct entry_view entry = { .kind = kind, .from = m->id, .to = LEDGER_GROUP, .community = m->community };
	struct frame f = { .kind = kind };
	if (kind == FRAME_MULTICAST)
		return world_say_to_group(m, 0);
	if (!member_runs(m))
		return 0;
	if (!all)
		entry.to = to->id;
	memcpy(f.dst, all ? broadcast : to->mac, MAC_LEN);
	memcpy(f.ip_dst, all ? broadcast : to->address.ip, 4);
	return say(m, &f, &entry, answers);
}

uint32_t world_say_to_group(struct member *m, unsigned group)
{
	struct entry_view entry = { FRAME_MULTICAST, m->id, LEDGER_GROUP, m->community, false };
	struct frame f = { .kind = FRAME_MULTICAST };
	if (!member_runs(m))
		return 0;
	host_group(group, f.ip_dst, f.dst);
	return say(m, &f, &entry, 0);
}

static void answer_event(void *ctx, bool happens)
{
	struct later *l = ctx;
	if (happens && still_there(l) && l->len)
		to_tap(l->member, l->frame, l->len);
	else if (happens && still_there(l))
		world_say(l->member, l->member->world->members[l->asker], FRAME_PONG, l->ping);
	mem_free(l);
}

static void account(struct member *m, const struct frame *f)
{
	struct world *w = m->world;
	struct entry_view e;
	bool copy = net_is_copy(w->net) && !m->secured; /* who is, gets nothing twice */
	if (!ledger_knows(w->ledger, f->id)) {
		if (!copy)
			world_fail(w, "edge %u: frame %u delivered long after it was sent", m->id, f->id);
		return;
	}
	e = ledger_view(w->ledger, f->id);
	if (m->old && e.to != LEDGER_GROUP && e.to != m->id)
		return;                 /* n2n leaves it to the kernel to see that it is not for us */
	ledger_got(w->ledger, f->id, m->slot, copy);
	if (copy)
		return;
	if (e.community != m->community)
		world_fail(w, "frame %u of c%u delivered to edge %u of c%u", f->id, e.community, m->id, m->community);
	if (e.from == m->id)
		world_fail(w, "frame %u delivered to its sender, edge %u", f->id, m->id);
	if (e.to != LEDGER_GROUP && e.to != m->id)
		world_fail(w, "frame %u to edge %u delivered to edge %u", f->id, e.to, m->id);
	if (ledger_times(w->ledger, f->id, m->slot) > 1 && !w->forgeries)
		world_fail(w, "frame %u from edge %u delivered to edge %u again", f->id, e.from, m->id);
}

/* A kernel answers some time within what the querier allows; here within a second. */
static void report_event(void *ctx, bool happens)
{
	struct later *l = ctx;
	struct member *m = l->member;
	uint8_t frame[HOST_REPORT_MAX];
	size_t len = happens && still_there(l) ? host_report_all(frame, m->mac, m->address.ip, &m->joined) : 0;
	if (len)
		to_tap(m, frame, len);
	mem_free(l);
}

static void report_soon(struct member *m, uint32_t delay)
{
	later(m, delay, report_event, &(struct later){ 0 });
}

void member_join(struct member *m, unsigned group, bool join)
{
	uint8_t frame[HOST_REPORT_MAX];
	if (host_wants(&m->joined, group) == join)
		return;
	host_set(&m->joined, group, join);
	if (member_runs(m))
		to_tap(m, frame, host_report_change(frame, m->mac, m->address.ip, group, join));
}

/* The kernel of a host that has not joined filters. */
static bool is_unwanted(const struct member *m, const struct frame *f)
{
	return f->kind == FRAME_MULTICAST && !host_wants(&m->joined, (unsigned)get_be16(f->ip_dst + 2));
}

static bool is_arp_reply(const struct member *m, const struct buf *frame)
{
	const uint8_t *at = frame->data;
	return frame->len >= ARP_FRAME_LEN && mac_equal(at, m->mac) && get_be16(at + 12) == ETHERTYPE_ARP &&
	       get_be16(at + 20) == 2;
}

void member_arp(struct member *m, const struct member *to)
{
	static const uint8_t broadcast[] = { 255, 255, 255, 255, 255, 255 };
	uint8_t frame[ARP_FRAME_LEN];
	if (!member_runs(m))
		return;
	arp_probe(frame, broadcast, m->mac, to->address.ip);
	memcpy(frame + 28, m->address.ip, 4);
	to_tap(m, frame, sizeof(frame));
}

static void deliver(void *ctx, const struct buf *frame)
{
	struct member *m = ctx;
	struct later answer = { 0 };
	struct frame f;
	if (host_is_query(frame->data, frame->len)) {
		report_soon(m, rng_below(&m->world->rng, 1000));
	} else if (frame_get(&f, frame->data, frame->len)) {
		m->unwanted += is_unwanted(m, &f);
		account(m, &f);
		if (f.kind != FRAME_PING || !ledger_knows(m->world->ledger, f.id))
			return;
		answer.ping = f.id;
		answer.asker = ledger_view(m->world->ledger, f.id).from;
		if (answer.asker != m->id)
			later(m, rng_below(&m->world->rng, 2), answer_event, &answer);
	} else if (frame_answer_arp(answer.frame, frame->data, frame->len, m->address.ip, m->mac)) {
		answer.len = ARP_FRAME_LEN;
		m->arp_asked++;
		later(m, 1, answer_event, &answer);
	} else {
		m->arp_answered += is_arp_reply(m, frame);
	}
}

/* --- life --- */

/* Of what comes by two supernodes an edge takes one, and which of them is a copy by the network it cannot know. */
static void copy_came(struct member *m, const struct buf *datagram)
{
	struct wire_message w;
	struct frame f;
	if (wire_get(&w, datagram->data, datagram->len) == WIRE_GOOD && w.type == WIRE_PACKET &&
	    frame_get(&f, w.packet.payload, w.packet.payload_len) && ledger_knows(m->world->ledger, f.id))
		ledger_copy_came(m->world->ledger, f.id, m->slot);
}

static void arrived(void *ctx, const struct arrival *a)
{
	struct member *m = ctx;
	if (net_is_copy(m->world->net) && m->world->supers_n > 1)
		copy_came(m, a->datagram);
	uint64_t now = now_of(m);
	struct endpoint from = endpoint_udp(&a->from);
	if (m->old)
		oldedge_from_net(m->oldedge, now, &a->from, a->datagram, a->lan);
	else if (!a->lan)
		edge_from_net(m->edge, now, &from, a->datagram);
	else if (m->config.discovery)
		edge_from_lan(m->edge, now, &from, a->datagram);
	turn(m);
}

static void start_old(struct member *m, const struct host *host)
{
	struct oldedge_config c = { .address = m->address, .p2p = m->config.p2p };
	memcpy(c.community, m->config.community, COMMUNITY_LEN);
	memcpy(c.mac, m->mac, MAC_LEN);
	m->oldedge = oldedge_new(&c, host, now_of(m));
}

enum { SECURED_ROOM = 65536 };

/* All of a call lies in it: what is sent is copied at once. */
static uint8_t *room(void *ctx, size_t len)
{
	const struct member *m = ctx;
	return len <= SECURED_ROOM ? m->room : NULL;
}

/* The identity outlives the process, its sessions do not. */
static void start_secured(struct member *m)
{
	uint8_t key[SECURE_KEY] = { 1, m->key }, seed[SECURE_SEED] = { 2, (uint8_t)m->id, (uint8_t)(m->id >> 8) };
	struct secure_identity identity;
	struct secure_keys keys;
	struct secure_config c = {
		.keys = &keys, .keys_n = 1, .identity = &identity, .suites = m->no_aes || !aead_available(AEAD_AEGIS_128L) ? 1 : 3,
		.peers_max = m->config.peers_max,
		.rekey_ms = SECURE_REKEY_MS
	};
	const struct secure_host host = { .ctx = m, .random = random_bytes };
	secure_keys_of(&keys, key, m->config.community);
	secure_identity_of(&identity, seed, m->config.community);
	memcpy(c.community, m->config.community, COMMUNITY_LEN);
	memcpy(c.mac, m->mac, MAC_LEN);
	m->secure = secure_new(&c, &host, now_of(m));
	m->config.transform = secure_transform(m->secure);
	m->room = m->room ? m->room : mem_new(SECURED_ROOM);
}

static void start_ours(struct member *m, const struct host *host)
{
	struct addr local = m->station->ip4;
	uint64_t now = now_of(m);
	local.port = m->udp->port;
	if (m->config.mode == ADDRESS_AUTO)
		m->address = (struct subnet){ { 0 }, 0 };
	memcpy(m->config.mac, m->mac, MAC_LEN);
	m->config.supernodes = m->world->supers_n;
	m->config.address = m->config.mode == ADDRESS_STATIC ? m->address : (struct subnet){ { 0 }, 0 };
	if (m->secured)
		start_secured(m);
	m->edge = edge_new(&m->config, host, now);
	if (m->config.mode == ADDRESS_STATIC)
		edge_set_addresses(m->edge, now, &m->address, 1);
	if (m->preferred)
		edge_set_preferred(m->edge, now, &local);
	edge_tap_ready(m->edge, now);
}

void member_start(struct member *m)
{
	struct host host = {
		.ctx = m, .send = send, .send_ttl = send_ttl, .send_lan = send_lan, .deliver = deliver, .inject = deliver,
		.random = random_bytes, .reachable = NULL, .note = note, .assigned = assigned,
		.mac_changed = mac_changed, .resolve = resolve, .room = room,
	};
	if (member_runs(m))
		return;
	m->generation++;
	m->awaited = false;
	m->udp = udp_open(m->station, m->fixed_port);
	m->udp->ctx = m;
	m->udp->arrived = arrived;
	if (m->old)
		start_old(m, &host);
	else
		start_ours(m, &host);
	for (size_t i = 0; i < (m->old ? 1 : m->world->supers_n); i++)
		resolve(m, i);
	report_soon(m, 1);              /* the device came up: it joins what programs have joined */
	turn(m);
}

void member_crash(struct member *m)
{
	if (!member_runs(m))
		return;
	udp_close(m->udp);
	edge_free(m->edge);
	oldedge_free(m->oldedge);
	secure_free(m->secure);
	m->secure = NULL;
	m->udp = NULL;
	m->edge = NULL;
	m->oldedge = NULL;
	m->due = 0;
}

void member_stop(struct member *m)
{
	if (m->old && member_runs(m))
		oldedge_stop(m->oldedge);
	else if (member_runs(m))
		edge_stop(m->edge, now_of(m));
	member_crash(m);
}

void member_free(struct member *m)
{
	member_crash(m);
	if (m->room)
		mem_free(m->room);
	mem_free(m);
}

void member_moved(struct member *m)
{
	struct addr local = m->station->ip4;
	if (!member_runs(m) || m->old)
		return;
	local.port = m->udp->port;
	if (m->preferred)
		edge_set_preferred(m->edge, now_of(m), &local);
	edge_network_changed(m->edge, now_of(m));
	turn(m);
}

bool member_registered(const struct member *m)
{
	if (!member_runs(m))
		return false;
	return m->old ? oldedge_registered(m->oldedge) : edge_info(m->edge)->registered;
}

bool member_direct(const struct member *m, const struct member *peer)
{
	struct edge_peer_info info;
	size_t cursor = 0;
	if (!member_runs(m))
		return false;
	if (m->old)
		return oldedge_direct(m->oldedge, now_of(m), peer->mac);
	while (edge_peer_next(m->edge, &cursor, &info))
		if (mac_equal(info.mac, peer->mac))
			return info.direct;
	return false;
}
