/* Finding direct paths and keeping them (14.4).  A path is used only after a REGISTER to that very
 * endpoint was acknowledged from there: what strangers say is a hint where to ask, no more.
 */
#include "state.h"

/* The slot for this endpoint and class: the same again, else the longest unused. */
static struct probe *probe_slot(struct peer *p, const struct endpoint *to, uint32_t cookie)
{
	struct probe *oldest = &p->probes[0];
	for (size_t i = 0; i < PROBE_HINT; i++) {
		struct probe *slot = &p->probes[i];
		if (slot->cookie == cookie && endpoint_equal(&slot->to, to))
			return slot;
		if (slot->at < oldest->at)
			oldest = slot;
	}
	return oldest;
}

/* At most one REGISTER per second to one endpoint.  False: not sent. */
static bool probe_start(struct edge *e, uint64_t now, struct probe *slot, const struct endpoint *to, uint32_t cookie)
{
	bool again = slot->cookie == cookie && endpoint_equal(&slot->to, to);
	if (again && within(slot->at, now, PROBE_GAP_MS))
		return false;
	if (!again && !endpoint_usable(e, to)) {
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
		return false;
	}
	*slot = (struct probe){ .to = *to, .cookie = cookie, .at = now };
	return true;
}

void contact_probe(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t cookie)
{
	if (e->config.p2p && probe_start(e, now, probe_slot(p, to, cookie), to, cookie))
		send_register(e, to, p->mac, cookie);
}

/* Somebody says that he is this peer, at another endpoint than we know.  The slot is one of its own, so
 * that he cannot push out the endpoints that were asked for good reason. */
static void hint(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *to, uint32_t class)
{
	struct probe *slot = &p->probes[PROBE_HINT];
	uint32_t cookie = class == COOKIE_LOCAL || class == COOKIE_MCAST ? class : COOKIE_REGULAR;
	if (within(slot->at, now, PROBE_GAP_MS))
		return;
	if (probe_start(e, now, slot, to, cookie))
		send_register(e, to, p->mac, cookie);
}

/* Opens our NAT towards the peer (-L); its own REGISTER then gets in.  TTL 1: nothing goes directly. */
static void punch(struct edge *e, uint64_t now, struct peer *p)
{
	struct endpoint to = endpoint_udp(&p->public_endpoint);
	if (!endpoint_is_set(&to) || e->config.punch_ttl == 1)
		return;
	if (!e->config.punch_ttl) {
		contact_probe(e, now, p, &to, COOKIE_REGULAR);
		return;
	}
	if (!probe_start(e, now, probe_slot(p, &to, COOKIE_PORT), &to, COOKIE_PORT))
		return;
	struct endpoint guess = to;
	for (unsigned i = 0; i < PORT_GUESSES && to.addr.port + i <= UINT16_MAX; i++) {
		guess.addr.port = (uint16_t)(to.addr.port + i);
		send_register_ttl(e, &guess, p->mac, COOKIE_PORT);
	}
}

/* To everybody on the site once is enough, however many peers are sought. */
static void contact_lan(struct edge *e, uint64_t now)
{
	if (!within(e->lan_sent, now, PROBE_GAP_MS))
		send_register_lan(e, now);
}

static void contact(struct edge *e, uint64_t now, struct peer *p)
{
	if (endpoint_is_set(&p->endpoint))
		contact_probe(e, now, p, &p->endpoint, COOKIE_REGULAR);
	if (!addr_equal(&p->endpoint.addr, &p->public_endpoint))
		punch(e, now, p);
	if (relay_works(e))
		send_register(e, &e->reg.to, p->mac, COOKIE_FORWARDED);
	contact_lan(e, now);
}

/* With back-off; a direct path that stays silent is given up, unless nothing else is left. */
void contact_again(struct edge *e, uint64_t now, struct peer *p)
{
	if (!e->config.p2p || now < p->contact_due)
		return;
	if (p->tries >= PATH_TRIES && relay_works(e))
		peer_relayed(e, now, p);
	p->tries++;
	p->contact_due = now + p->backoff;
	p->backoff = earlier(2 * p->backoff, CONTACT_MAX_MS);
	contact(e, now, p);
}

static void contact_afresh(struct peer *p, uint64_t now)
{
	p->tries = 0;
	p->backoff = CONTACT_MIN_MS;
	p->contact_due = now;
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

const struct endpoint *contact_path(struct edge *e, uint64_t now, struct peer *p)
{
	uint64_t silent = now - p->last_p2p;
	if (p->direct && silent < PATH_PROBE_MS)
		return &p->endpoint;
	if (p->direct && silent < PATH_FRESH_MS) {
		contact_probe(e, now, p, &p->endpoint, COOKIE_REGULAR);
		return &p->endpoint;
	}
	seek(e, now, p);
	return p->direct && !relay_works(e) ? &p->endpoint : NULL;
}

/* Contact for the sake of a group alone is made once per interval: the relay serves meanwhile, and a source may
 * have many members that no path leads to. */
const struct endpoint *contact_member(struct edge *e, uint64_t now, struct peer *p)
{
	if (!p->direct) {
		if (within(p->group_contact, now, e->config.interval_ms) || !bucket_take(&e->group_contacts, now, 1))
			return NULL;
		p->group_contact = now;
	}
	return contact_path(e, now, p);
}

/* The supernode told where the peer is seen.  Elsewhere than before: it was restarted or its NAT forgot
 * it, so the direct path is no longer good.  True: news. */
static bool public_told(struct edge *e, uint64_t now, struct peer *p, const struct addr *socket)
{
	if (!addr_is_set(socket) || addr_equal(socket, &p->public_endpoint))
		return false;
	bool known = addr_is_set(&p->public_endpoint);
	p->public_endpoint = *socket;
	contact_afresh(p, now);
	if (known) {
		peer_relayed(e, now, p);
		p->endpoint = (struct endpoint){ .kind = TRANSPORT_UDP };
	}
	return true;
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
	public_told(e, now, p, socket);
	if (!flooded)
		p->wanted = now;
	if (!p->direct && now >= p->contact_due && contact_welcome(e, now, p))
		contact_again(e, now, p);
	return p;
}

/* The path has a second to prove itself. */
static void doubt(struct edge *e, uint64_t now, struct peer *p)
{
	uint64_t doubtful = PATH_FRESH_MS - PROBE_GAP_MS;
	if (now > doubtful && p->last_p2p > now - doubtful)
		p->last_p2p = now - doubtful;
	contact_probe(e, now, p, &p->endpoint, COOKIE_REGULAR);
}

/* Through the supernode: the peer seeks a path to us and needs a datagram of ours to open its NAT.  So it hears
 * nothing of ours by the one that we know. */
void contact_registered(struct edge *e, uint64_t now, struct peer *p)
{
	if (p->direct)
		doubt(e, now, p);
	else if (e->config.p2p)
		punch(e, now, p);
}

struct peer *contact_heard_directly(struct edge *e, uint64_t now, const uint8_t mac[static MAC_LEN],
                                    const struct endpoint *from, uint32_t cookie)
{
	struct peer *p = peer_find(e, mac);
	if (!p && !endpoint_usable(e, from)) {
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
		return NULL;
	}
	if (!p)
		p = peer_add(e, now, mac);
	if (!p)
		return NULL;
	p->seen = now;
	if (p->direct && endpoint_equal(&p->endpoint, from))
		return p;
	if (!e->config.p2p || now < p->react_due)
		return p;
	p->react_due = now + PROBE_GAP_MS;
	if (p->direct) {
		hint(e, now, p, from, cookie);
	} else {
		p->endpoint = *from;
		contact_probe(e, now, p, from, COOKIE_REGULAR);
		contact_lan(e, now);
	}
	return p;
}

/* A peer sends frames directly when we have acknowledged its REGISTER, so ours get there.  A REGISTER shows only
 * that his do: a firewall may let them through in one direction. */
void contact_carried(struct peer *p, uint64_t now, const struct endpoint *from)
{
	if (!p->direct || !endpoint_equal(&p->endpoint, from))
		return;
	p->last_p2p = now;
	if (p->tries)                   /* it was given up meanwhile, and works again */
		contact_afresh(p, now);
}

/* The path to u works.  It replaces another one that works only when its class is higher. */
static void confirmed(struct edge *e, uint64_t now, struct peer *p, const struct endpoint *u, uint32_t cookie)
{
	bool same = p->direct && endpoint_equal(&p->endpoint, u);
	p->seen = now;
	if (p->direct && !same && cookie <= p->cookie && now - p->last_p2p < PATH_PROBE_MS) {
		p->react_due = now + CONTACT_MAX_MS;
		return;
	}
	p->last_p2p = now;
	contact_afresh(p, now);
	peer_direct(e, now, p, u, same && p->cookie > cookie ? p->cookie : cookie);
}

/* Was a REGISTER of this class sent to u?  Of the port guesses any may have got through. */
static bool probe_matches(const struct probe *slot, const struct endpoint *u)
{
	if (slot->cookie != COOKIE_PORT)
		return endpoint_equal(&slot->to, u);
	const struct addr *first = &slot->to.addr;
	return addr_same_ip(first, &u->addr) && u->addr.port >= first->port && u->addr.port - first->port < PORT_GUESSES;
}

/* By multicast everybody on the site was asked, also those not known yet. */
static enum edge_drop acked_on_lan(struct edge *e, uint64_t now, const struct endpoint *from,
                                   const uint8_t mac[static MAC_LEN])
{
	if (!endpoint_usable(e, from))
		return EDGE_DROP_ENDPOINT_REFUSED;
	struct peer *p = peer_find(e, mac);
	if (!p)
		p = peer_add(e, now, mac);
	if (p)
		confirmed(e, now, p, from, COOKIE_MCAST);
	return GOOD;
}

enum edge_drop contact_acked(struct edge *e, uint64_t now, const struct endpoint *from,
                             const struct wire_register_ack *ack)
{
	if (ack->cookie == COOKIE_MCAST && within(e->lan_sent, now, ACK_WINDOW_MS))
		return acked_on_lan(e, now, from, ack->src);
	struct peer *p = peer_find(e, ack->src);
	bool asked = false;
	for (size_t i = 0; p && i < PROBES; i++) {
		const struct probe *slot = &p->probes[i];
		if (slot->cookie != ack->cookie || !within(slot->at, now, ACK_WINDOW_MS))
			continue;
		asked = true;
		if (probe_matches(slot, from)) {
			confirmed(e, now, p, from, ack->cookie);
			return GOOD;
		}
	}
	if (!asked)
		return EDGE_DROP_UNEXPECTED;
	hint(e, now, p, from, ack->cookie);     /* a NAT gave the answer another port */
	return GOOD;
}

enum edge_drop contact_told(struct edge *e, uint64_t now, const struct wire_peer_info *told, bool preferred)
{
	if (!mac_equal(told->mac, e->mac))
		return EDGE_DROP_NOT_FOR_US;
	struct peer *p = peer_find(e, told->target);
	if (!p || !within(p->queried, now, ACK_WINDOW_MS))
		return EDGE_DROP_UNEXPECTED;
	struct endpoint public = endpoint_udp(&told->socket), local = endpoint_udp(&told->preferred);
	public_told(e, now, p, &told->socket);
	if (preferred)
		contact_probe(e, now, p, &local, COOKIE_LOCAL);
	contact_probe(e, now, p, &public, COOKIE_REGULAR);
	return GOOD;
}

/* Our own NAT or address may be another. */
void contact_network_changed(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->peers.max; i++) {
		struct peer *p = &e->peers.pool[i];
		if (!p->used)
			continue;
		contact_afresh(p, now);
		p->path_mtu.asked = 0;
		if (!p->direct)
			continue;
		path_mtu_direct(e, now, p, &p->endpoint);
		doubt(e, now, p);
	}
}
