/* Finding direct paths and keeping them (14.4).  What may become one is in path.h: whoever is not named by the
 * supernode is acknowledged, as n2n wants it, and the supernode is asked about him.
 */
#include "state.h"

/* With a transform that knows who sends what it opens: it is asked too, and its answer alone counts. */
static void ask_sealed(struct edge *e, uint64_t now, const struct peer *p, const struct endpoint *to)
{
	const struct transform *t = e->config.transform;
	if (t->probe)
		t->probe(t->ctx, now, p->mac, to);
}

/* A REGISTER with a cookie drawn for this endpoint, which has been told: what is only claimed is not sent to. */
static void probe(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t class, bool hint)
{
	struct probe *slot = path_slot(&p->path, to, class, hint);
	uint32_t random;
	if (!e->config.p2p || !path_probe_due(slot, now, to, class, hint))
		return;
	if (!probe_is_for(slot, to, class) && !endpoint_usable(e, to)) {
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
		return;
	}
	e->host.random(e->host.ctx, &random, sizeof(random));
	path_probe_sent(&p->path, slot, now, to, class, random);
	if (class == COOKIE_PORT)
		send_port_guesses(e, to, p->mac, slot->cookie);
	else
		send_register(e, to, p->mac, slot->cookie);
	ask_sealed(e, now, p, to);
}

void contact_probe(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t class)
{
	probe(e, now, p, to, class, false);
}

/* Opens our NAT towards the peer (-L); its own REGISTER then gets in.  TTL 1: nothing goes directly. */
static void punch(struct edge *e, uint64_t now, struct peer *p)
{
	struct endpoint to = endpoint_udp(&p->path.public_endpoint);
	if (endpoint_is_set(&to) && e->config.punch_ttl != 1)
		probe(e, now, p, &to, e->config.punch_ttl ? COOKIE_PORT : COOKIE_REGULAR, false);
}

/* To everybody on the site once is enough, however many peers are sought. */
void contact_lan(struct edge *e, uint64_t now)
{
	if (!within(e->lan_sent, now, PROBE_GAP_MS))
		send_register_lan(e, now);
}

static void contact(struct edge *e, uint64_t now, struct peer *p)
{
	if (endpoint_is_set(&p->path.endpoint))
		contact_probe(e, now, p, &p->path.endpoint, COOKIE_REGULAR);
	if (!addr_equal(&p->path.endpoint.addr, &p->path.public_endpoint))
		punch(e, now, p);
	if (relay_works(e))
		send_register(e, &e->reg.to, p->mac, COOKIE_FORWARDED);
	if (move_also(e, p))
		send_register(e, move_also(e, p), p->mac, COOKIE_FORWARDED);
	contact_lan(e, now);
}

/* What was found out before our own network changed may be wrong now. */
static void renew(struct edge *e, uint64_t now, struct peer *p)
{
	if (p->path.network == e->peers.network)
		return;
	p->path.network = e->peers.network;
	p->path.mtu.asked = 0;
	path_afresh(&p->path, now);
}

/* With back-off; a direct path that stays silent is given up, unless nothing else is left. */
void contact_again(struct edge *e, uint64_t now, struct peer *p)
{
	renew(e, now, p);
	if (!e->config.p2p || now < p->path.due)
		return;
	if (p->path.tries >= PATH_TRIES && relay_works(e))
		peer_relayed(e, now, p);
	if (path_try(&p->path, now))
		contact(e, now, p);
}

/* A frame waits for this peer, and the supernode may know more about it. */
static void seek(struct edge *e, uint64_t now, struct peer *p)
{
	if (!e->config.p2p)
		return;
	p->wanted = now;
	contact_again(e, now, p);
	if (relay_works(e) && !within(p->queried, now, e->config.interval_ms)) {
		p->queried = now;
		send_query(e, &e->reg.to, p->mac);
	}
}

const struct endpoint *contact_path(const struct edge *e, uint64_t now, const struct peer *p)
{
	const struct path *path = &p->path;
	bool good = path_is_direct(path) && (now - path->heard < PATH_FRESH_MS || !relay_works(e));
	return good ? &path->endpoint : NULL;
}

bool contact_is_due(const struct edge *e, uint64_t now, const struct peer *p)
{
	const struct path *path = &p->path;
	uint64_t silent = now - path->heard;
	if (path_is_direct(path) && silent < PATH_FRESH_MS)
		return silent >= PATH_PROBE_MS;
	return e->config.p2p && (path->network != e->peers.network || now >= path->due ||
	                         (relay_works(e) && !within(p->queried, now, e->config.interval_ms)));
}

void contact_seek(struct edge *e, uint64_t now, struct peer *p)
{
	uint64_t silent = now - p->path.heard;
	if (!path_is_direct(&p->path) || silent >= PATH_FRESH_MS)
		seek(e, now, p);
	else if (silent >= PATH_PROBE_MS)
		contact_probe(e, now, p, &p->path.endpoint, COOKIE_REGULAR);
}

/* Contact for the sake of a group alone is made once per interval: the relay serves meanwhile, and a source may
 * have many members that no path leads to. */
bool contact_member_is_due(const struct edge *e, uint64_t now, const struct peer *p)
{
	if (!path_is_direct(&p->path) && within(p->group_contact, now, e->config.interval_ms))
		return false;
	return contact_is_due(e, now, p);
}

/* False: enough for now. */
bool contact_member(struct edge *e, uint64_t now, struct peer *p)
{
	if (!path_is_direct(&p->path)) {
		if (!bucket_take(&e->group_contacts, now, 1))
			return false;
		p->group_contact = now;
	}
	contact_seek(e, now, p);
	return true;
}

/* Where it was heard directly before the supernode told of it. */
static void claim_taken(struct edge *e, uint64_t now, struct peer *p)
{
	const struct claim *c = claim_find(e, now, p->mac);
	if (!c || path_is_direct(&p->path) || path_trust_of(&p->path, &c->from) != PATH_TOLD)
		return;
	p->path.endpoint = c->from;
	p->path.trust = PATH_TOLD;
}

/* Elsewhere than before: the peer was restarted or its NAT forgot it, so the direct path is no longer good. */
static void public_told(struct edge *e, uint64_t now, struct peer *p, const struct addr *socket)
{
	if (!addr_is_set(socket) || addr_equal(socket, &p->path.public_endpoint))
		return;
	if (addr_is_set(&p->path.public_endpoint))
		peer_relayed(e, now, p);
	if (path_told(&p->path, now, socket))
		claim_taken(e, now, p);
}

void contact_listed(struct edge *e, uint64_t now, struct peer *p, const struct addr *told)
{
	if (addr_is_endpoint(told))
		public_told(e, now, p, told);
}

/* In a large community a path to everybody that is heard of would be paths between all pairs, most of
 * them for nothing, and more neighbours than a kernel keeps.  So when needed, and else now and then one.
 */
bool contact_welcome(struct edge *e, uint64_t now, const struct peer *p)
{
	return (p && within(p->wanted, now, PEER_AGE_MS)) || bucket_take(&e->greetings, now, 1);
}

/* The supernode has told where this peer was and does not now: it registers from an endpoint that it has not proven yet.
 * So it was restarted or has moved, or the supernode was restarted. */
static bool is_untold(const struct peer *p, const struct addr *socket)
{
	return !addr_is_set(socket) && path_is_direct(&p->path) && addr_is_set(&p->path.public_endpoint);
}

/* It has been relayed: does control have anything to do about it?  p: NULL when it is not known. */
bool contact_is_news(uint64_t now, const struct peer *p, const struct addr *socket)
{
	return !p || (addr_is_set(socket) && !addr_equal(socket, &p->path.public_endpoint)) ||
	       (!path_is_direct(&p->path) && now >= p->path.due) || (is_untold(p, socket) && !p->path.asked);
}

static void doubt(struct edge *e, uint64_t now, struct peer *p)
{
	path_doubted(&p->path, now);
	contact_probe(e, now, p, &p->path.endpoint, COOKIE_REGULAR);
}

struct peer *contact_heard_relayed(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN],
                                   const struct addr *socket, bool flooded)
{
	if (mac_equal(mac, supernode_mac(e)))
		return NULL;
	struct peer *p = peer_find(e, mac);
	if (!p)
		p = peer_add(e, now, mac);
	if (!p)
		return NULL;
	p->seen = now;
	if (is_untold(p, socket) && !p->path.asked)
		doubt(e, now, p);
	public_told(e, now, p, socket);
	if (!flooded)
		p->wanted = now;
	if (!path_is_direct(&p->path) && now >= p->path.due && contact_welcome(e, now, p))
		contact_again(e, now, p);
	return p;
}

/* What was sent to us by way of the supernode is acknowledged directly where that is asked for: it shows who we are. */
void contact_identified(struct edge *e, const uint8_t mac[static MAC_LEN], const struct addr *socket, uint32_t cookie)
{
	struct endpoint to = endpoint_udp(socket);
	if (e->config.p2p && path_class(cookie) == COOKIE_IDENTIFY && endpoint_usable(e, &to))
		send_register_ack(e, &to, mac, cookie);
}

/* Through the supernode: the peer seeks a path to us and needs a datagram of ours to open its NAT.  So it hears
 * nothing of ours by the one that we know. */
void contact_registered(struct edge *e, uint64_t now, struct peer *p)
{
	if (path_is_direct(&p->path))
		doubt(e, now, p);
	else if (e->config.p2p)
		punch(e, now, p);
}

/* Somebody says that he is this peer, at an endpoint that he may have. */
static void react(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *from)
{
	struct path *path = &p->path;
	if (!e->config.p2p || now < path->react_due)
		return;
	path->react_due = now + PROBE_GAP_MS;
	if (path_is_direct(path)) {
		probe(e, now, p, from, COOKIE_REGULAR, true);
		return;
	}
	path->endpoint = *from;
	path->trust = PATH_TOLD;
	contact_probe(e, now, p, from, COOKIE_REGULAR);
	contact_lan(e, now);
}

/* Somebody says so from where the supernode does not see the peer: it may have two addresses, or the supernode another
 * view than we.  Who it is, is asked by way of the supernode; whoever answers that from there is the peer. */
static void identify(struct edge *e, uint64_t now, struct peer *p)
{
	uint32_t random;
	if (!e->config.p2p || !relay_works(e) || !bucket_take(&e->questions, now, 1))
		return;
	e->host.random(e->host.ctx, &random, sizeof(random));
	if (path_identify(&p->path, now, random))
		send_register(e, &e->reg.to, p->mac, p->path.probes[PROBE_RELAYED].cookie);
}

enum path_trust contact_heard_directly(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN],
                                       const struct endpoint *from, struct peer **found)
{
	struct peer *p = *found = peer_find(e, mac);
	enum path_trust trust = p ? path_trust_of(&p->path, from) : PATH_CLAIMED;
	if (trust == PATH_CLAIMED) {
		if (!p || !within(p->seen, now, CLAIMED_AGE_MS))
			claim_heard(e, now, mac, from);
		else if (!path_is_direct(&p->path))
			identify(e, now, p);
		return trust;
	}
	p->seen = now;
	if (trust == PATH_TOLD)
		react(e, now, p, from);
	return trust;
}

/* It works.  So may the path that we have: then it is asked, and if it is silent the next answer from here counts. */
static void confirmed(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t class)
{
	struct path *path = &p->path;
	p->seen = now;
	if (path_may_move(path, now, to, class))
		peer_direct(e, now, p, to, class);
	else if (now - path->heard < PATH_PROBE_MS)
		path->react_due = now + CONTACT_MAX_MS;
	else
		contact_probe(e, now, p, &path->endpoint, COOKIE_REGULAR);
}

/* How we came to ask there. */
static uint32_t class_of(const struct path *path, const struct endpoint *to)
{
	uint32_t class = COOKIE_REGULAR;
	for (size_t i = 0; i <= PROBE_HINT; i++) {
		const struct probe *slot = &path->probes[i];
		if (slot->at && endpoint_equal(&slot->to, to) && path_class(slot->cookie) > class)
			class = path_class(slot->cookie);
	}
	return class;
}

/* The peer has moved where it is heard from there and no longer by the path that we have. */
void contact_works(struct edge *e, uint64_t now, struct peer *p, const struct transform_say *said)
{
	if (!e->config.p2p)
		return;
	p->seen = now;
	if (said->roamed && path_is_direct(&p->path) && p->path.heard < said->asked)
		peer_direct(e, now, p, &said->to, class_of(&p->path, &said->to));
	else
		confirmed(e, now, p, &said->to, class_of(&p->path, &said->to));
}

/* The supernode sees it come from the same address as us: so we are behind one NAT. */
static bool same_site(const struct edge *e, const struct peer *p)
{
	const struct addr *ours = &e->info.public_endpoint, *its = &p->path.public_endpoint;
	return addr_is_set(ours) && addr_is_set(its) && addr_same_ip(ours, its);
}

/* By multicast everybody on the site was asked, also those not known yet.  Who answers has heard the group, but so has
 * everybody there: he is asked himself. */
static enum edge_drop acked_on_lan(struct edge *e, uint64_t now, const struct endpoint *from,
                                   const uint8_t mac[static MAC_LEN])
{
	struct peer *p = peer_find(e, mac);
	if (!p || !within(p->seen, now, CLAIMED_AGE_MS))        /* it may stand for no more than that we sent there */
		claim_heard(e, now, mac, from);
	if (!p || (path_trust_of(&p->path, from) == PATH_CLAIMED && !same_site(e, p)))
		return EDGE_DROP_STRANGER;
	p->seen = now;
	if (!path_is_direct(&p->path) || p->path.class < COOKIE_MCAST)
		probe(e, now, p, from, COOKIE_MCAST, true);
	return GOOD;
}

enum edge_drop contact_acked(struct edge *e, uint64_t now, const struct endpoint *from,
                             const struct wire_register_ack *ack)
{
	if (within(e->lan_sent, now, ACK_WINDOW_MS) && ack->cookie == e->lan_cookie)
		return acked_on_lan(e, now, from, ack->src);
	struct peer *p = peer_find(e, ack->src);
	enum path_answer answer = p ? path_answered(&p->path, now, from, ack->cookie) : PATH_NOT_ASKED;
	if (answer == PATH_NOT_ASKED)
		return EDGE_DROP_UNEXPECTED;
	if (answer == PATH_ANSWERED && e->config.transform->probe)
		ask_sealed(e, now, p, from);
	else if (answer == PATH_ANSWERED)
		confirmed(e, now, p, from, path_class(ack->cookie));
	else                                    /* a NAT gave the answer another port, or the host another address */
		probe(e, now, p, from, COOKIE_REGULAR, true);
	return GOOD;
}

/* A stranger that said he is this edge, and there is one. */
static struct peer *claim_told(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	if (!claim_find(e, now, mac))
		return NULL;
	struct peer *p = peer_find(e, mac);
	if (!p)
		p = peer_add(e, now, mac);
	if (!p)
		return NULL;
	p->seen = p->queried = now;
	contact_lan(e, now);
	return p;
}

enum edge_drop contact_told(struct edge *e, uint64_t now, const struct wire_peer_info *told, bool preferred)
{
	if (!mac_equal(told->mac, e->mac))
		return EDGE_DROP_NOT_FOR_US;
	struct peer *p = claim_told(e, now, told->target);
	if (!p)
		p = peer_find(e, told->target);
	if (!p || !within(p->queried, now, ACK_WINDOW_MS))
		return EDGE_DROP_UNEXPECTED;
	struct endpoint public = endpoint_udp(&told->socket), local = endpoint_udp(&told->preferred);
	public_told(e, now, p, &told->socket);
	if (preferred) {
		p->path.preferred = told->preferred;
		contact_probe(e, now, p, &local, COOKIE_LOCAL);
	}
	contact_probe(e, now, p, &public, COOKIE_REGULAR);
	if (endpoint_is_set(&p->path.endpoint) && !path_is_direct(&p->path))
		contact_probe(e, now, p, &p->path.endpoint, COOKIE_REGULAR);
	return GOOD;
}

/* Our own NAT or address may be another.  The paths in use are looked at a few at a time: each costs a datagram, and
 * questions to the kernel. */
void contact_network_changed(struct edge *e, uint64_t now)
{
	e->peers.network++;
	e->peers.recheck_due = now;
	contact_recheck(e, now);
}

uint64_t contact_recheck(struct edge *e, uint64_t now)
{
	struct peer *p = e->peers.direct;
	if (now < e->peers.recheck_due || !p || p->path.network == e->peers.network)
		return p && p->path.network != e->peers.network ? e->peers.recheck_due : UINT64_MAX;
	for (size_t i = 0; i < RECHECK_PEERS && (p = e->peers.direct)->path.network != e->peers.network; i++) {
		renew(e, now, p);
		path_mtu_direct(e, now, p, &p->path.endpoint);
		doubt(e, now, p);
		peer_direct_last(e, p);
	}
	e->peers.recheck_due = now + RECHECK_MS;
	return e->peers.direct->path.network == e->peers.network ? UINT64_MAX : e->peers.recheck_due;
}
