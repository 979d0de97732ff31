/* Which supernode, at which of its addresses, and is it alive. */
#include "state.h"

static bool knows(const struct supernode *s, const struct addr *a, size_t *at)
{
	for (*at = 0; *at < s->n; ++*at)
		if (addr_equal(&s->addrs[*at], a))
			return true;
	return false;
}

/* The one in use counts even when its name has moved since. */
struct supernode *supernodes_find(struct edge *e, const struct endpoint *from, size_t *at)
{
	for (size_t i = 0; i < e->supernodes_n; i++)
		if (knows(&e->supernodes[i], &from->addr, at))
			return &e->supernodes[i];
	*at = 0;
	return endpoint_is_set(from) && endpoint_equal(from, &e->reg.to) ? &e->supernodes[e->reg.at] : NULL;
}

size_t supernodes_addresses(const struct edge *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->supernodes_n; i++)
		n += e->supernodes[i].n;
	return n;
}

void supernodes_resolve(struct edge *e, uint64_t now, size_t i)
{
	struct supernode *s = &e->supernodes[i];
	if (within(s->resolve_asked, now, RESOLVE_MS))
		return;
	s->resolve_asked = now;
	e->host.resolve(e->host.ctx, i);
}

void supernodes_ping(struct edge *e, uint64_t now, struct supernode *s, const struct endpoint *to, unsigned copies)
{
	static const uint8_t nobody[MAC_LEN];
	if (!supernode_usable(e, &to->addr))
		return;
	s->pinged = now;
	while (copies--)
		send_query(e, to, nobody);
}

/* A stranger is answered no more than he sent: a PONG (74 or, over IPv6, 86 bytes) is longer than one PING (38). */
static void ping_as_stranger(struct edge *e, uint64_t now, struct supernode *s, const struct addr *a)
{
	struct endpoint to = endpoint_udp(a);
	supernodes_ping(e, now, s, &to, a->family == ADDR_V6 ? 3 : 2);
}

/* A registered supernode whose name has moved is left for the new address once that one answers. */
static void name_moved(struct edge *e, uint64_t now, size_t i)
{
	struct supernode *s = &e->supernodes[i];
	if (i == e->reg.at && knows(s, &e->reg.to.addr, &s->at))
		return;
	s->at = 0;
	if (i == e->reg.at && e->reg.state == REG_KEEP)
		trial_start(e, now, i, &s->addrs[0]);
}

/* A name that cannot be resolved just now keeps the addresses that it had. */
void edge_supernode_resolved(struct edge *e, uint64_t now, size_t i, const struct addr *addrs, size_t n)
{
	if (i >= e->supernodes_n || e->stopped)
		return;
	struct supernode *s = &e->supernodes[i];
	bool first = !s->n, waited_for = i == e->reg.at && e->reg.state != REG_CHOOSE && e->reg.state != REG_KEEP;
	s->looked_up = true;
	if (n) {
		s->n = n < EDGE_ADDRS_MAX ? n : EDGE_ADDRS_MAX;
		memcpy(s->addrs, addrs, s->n * sizeof(*addrs));
		s->refused_noted = false;
		name_moved(e, now, i);
		if (first && e->reg.state == REG_CHOOSE && e->config.select != SELECT_ORDER)
			ping_as_stranger(e, now, s, &s->addrs[0]);
	}
	supernodes_tick(e, now);
	if (first && n && waited_for)
		register_again(e, now);
}

/* Which is better: lower. */
static uint64_t rank(const struct edge *e, size_t i)
{
	const struct supernode *s = &e->supernodes[i];
	switch (e->config.select) {
	case SELECT_LOAD:
		return s->load;
	case SELECT_RTT:
		return s->rtt_ms;
	case SELECT_MAC:
		return (uint64_t)get_be16(s->mac) << 32 | get_be32(s->mac + 2);
	case SELECT_ORDER:
		break;
	}
	return i;
}

/* Load and round trip vary by themselves: only half of it is worth a move. */
static bool better(const struct edge *e, size_t i, size_t than)
{
	bool varies = e->config.select == SELECT_LOAD || e->config.select == SELECT_RTT;
	uint64_t a = rank(e, i), b = rank(e, than);
	return varies ? a < b / 2 : a < b;
}

void supernodes_use(struct edge *e, uint64_t now, struct supernode *s, size_t at)
{
	s->at = at;
	e->reg.at = (size_t)(s - e->supernodes);
	register_start(e, now);
}

/* The best of those that answered, else the first that has an address. */
static bool choose_best(struct edge *e, uint64_t now)
{
	size_t best = e->supernodes_n, first = e->supernodes_n;
	for (size_t i = e->supernodes_n; i-- > 0; ) {
		if (e->supernodes[i].n)
			first = i;
		if (e->supernodes[i].answered && (best == e->supernodes_n || rank(e, i) <= rank(e, best)))
			best = i;
	}
	if (best == e->supernodes_n)
		best = first;
	if (best == e->supernodes_n)
		return false;
	supernodes_use(e, now, &e->supernodes[best], e->supernodes[best].at);
	return true;
}

/* In -s order: a name that is still being looked up may hold up those behind it, but not for long. */
static bool choose_first(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		if (e->supernodes[i].n) {
			supernodes_use(e, now, &e->supernodes[i], e->supernodes[i].at);
			return true;
		}
		if (!e->supernodes[i].looked_up && now < e->reg.choose_due)
			break;
	}
	return false;
}

static bool all_answered(const struct edge *e)
{
	for (size_t i = 0; i < e->supernodes_n; i++)
		if (!e->supernodes[i].answered && (e->supernodes[i].n || !e->supernodes[i].looked_up))
			return false;
	return true;
}

static void choose_tick(struct edge *e, uint64_t now)
{
	bool late = now >= e->reg.choose_due, done;
	if (e->config.select == SELECT_ORDER || e->supernodes_n == 1)
		done = choose_first(e, now);
	else
		done = (late || all_answered(e)) && choose_best(e, now);
	if (!done && late)
		e->reg.choose_due = now + CHOOSE_MS;
}

bool supernodes_target(struct edge *e, struct endpoint *to)
{
	struct supernode *s = &e->supernodes[e->reg.at];
	for (size_t tries = 0; tries < s->n; tries++) {
		const struct addr *a = &s->addrs[s->at];
		if (supernode_usable(e, a)) {
			*to = endpoint_udp(a);
			return true;
		}
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
		if (!s->refused_noted)
			note_supernode_endpoint(e, a);
		s->refused_noted = true;
		s->at = (s->at + 1) % s->n;
	}
	return false;
}

/* Not for long: perhaps a datagram was lost, or its tables were full. */
void supernodes_shun(struct supernode *s, uint64_t now)
{
	s->shunned_until = now + SHUN_MS;
}

void supernodes_taken(struct supernode *s, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	s->seen = now;
	memcpy(s->mac, mac, MAC_LEN);
}

/* The next address of this name, then the next name; names are looked up again meanwhile. */
void supernodes_next(struct edge *e, uint64_t now)
{
	struct supernode *s = &e->supernodes[e->reg.at];
	if (e->reg.unanswered >= TRIES && s->seen && s->seen >= e->reg.trying_since)
		supernodes_shun(s, now);
	if (s->at + 1 < s->n) {
		s->at++;
		return;
	}
	s->at = 0;
	supernodes_resolve(e, now, e->reg.at);
	for (size_t k = 1; k <= e->supernodes_n; k++) {
		size_t i = (e->reg.at + k) % e->supernodes_n;
		if (e->supernodes[i].n) {
			e->reg.at = i;
			return;
		}
	}
}

/* While the current one is silent: at once the other addresses of its name, after a while everybody. */
void supernodes_ping_others(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		if (i != e->reg.at && !e->reg.gave_up)
			continue;
		for (size_t j = 0; j < s->n; j++)
			/* One that answers this, but no registration, is there and does not want us. */
			if (!addr_equal(&s->addrs[j], &e->reg.to.addr) || (e->reg.gave_up && e->reg.state != REG_KEEP))
				ping_as_stranger(e, now, s, &s->addrs[j]);
	}
}

/* It has been up for less time than we are registered, so it cannot know us; or for less than it said before, so
 * it may know us by a later registration, but not what we had asked. */
static bool restarted(const struct supernode *s, uint64_t now, uint32_t uptime_s)
{
	return uptime_s < s->uptime_s || 1000 * (uint64_t)uptime_s < now - s->acked;
}

/* Somebody else answers while the current one does not.  Whoever is being tried has its second first: a try asks
 * the others too, and their answers must not each begin another. */
static void found_another(struct edge *e, uint64_t now, size_t i, size_t j)
{
	bool other_address = i == e->reg.at && e->reg.unanswered;
	if (e->reg.state == REG_CHOOSE || e->reg.state == REG_KEEP || now < e->supernodes[i].shunned_until)
		return;
	if (addr_equal(&e->supernodes[i].addrs[j], &e->reg.to.addr) || within(e->reg.trying_since, now, RETRY_MS))
		return;
	if (!other_address && !e->reg.gave_up)
		return;
	if (within(e->supernodes[e->reg.at].seen, now, RETRY_MAX_MS) && i != e->reg.at)
		return;
	supernodes_use(e, now, &e->supernodes[i], j);
}

static void pong_taken(struct supernode *s, uint64_t now, const struct wire_peer_info *pong)
{
	s->rtt_ms = now - s->pinged;
	s->seen = now;
	s->uptime_s = pong->uptime;
	s->load = pong->load;
	s->answered = true;
	memcpy(s->mac, pong->mac, MAC_LEN);
	memcpy(s->version, pong->version, VERSION_LEN);
}

enum edge_drop supernodes_pong(struct edge *e, uint64_t now, const struct endpoint *from,
                               const struct wire_peer_info *pong)
{
	size_t j = 0;
	struct supernode *s = supernodes_find(e, from, &j);
	if (!s)
		return EDGE_DROP_NOT_SUPERNODE;
	if (!within(s->pinged, now, PONG_OLD_MS))
		return EDGE_DROP_UNEXPECTED;
	if (e->reg.state != REG_KEEP || !endpoint_equal(from, &e->reg.to)) {
		if (s != &e->supernodes[e->reg.at] && !s->answered)
			s->at = j;
		found_another(e, now, (size_t)(s - e->supernodes), j);
		pong_taken(s, now, pong);
		return GOOD;
	}
	bool anew = restarted(s, now, pong->uptime);    /* by what it said before */
	pong_taken(s, now, pong);
	e->reg.pong_due = UINT64_MAX;
	if (anew) {
		e->reg.forgotten = true;
		register_again(e, now);
	}
	return GOOD;
}

static void sweep_start(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		if (i == e->reg.at)
			continue;
		s->answered = false;
		for (size_t j = 0; j < s->n; j++)
			ping_as_stranger(e, now, s, &s->addrs[j]);
	}
}

/* Moving back: so that all edges of a community meet at the same supernode. */
static void sweep_end(struct edge *e, uint64_t now)
{
	size_t best = e->reg.at;
	for (size_t i = 0; i < e->supernodes_n; i++) {
		struct supernode *s = &e->supernodes[i];
		s->sweeps = s->answered ? s->sweeps + 1 : 0;
		if (i != e->reg.at && s->sweeps >= SWEEPS_TO_MOVE && now >= s->shunned_until && better(e, i, best))
			best = i;
	}
	if (best != e->reg.at)
		trial_start(e, now, best, &e->supernodes[best].addrs[e->supernodes[best].at]);
}

static uint64_t sweep_tick(struct edge *e, uint64_t now)
{
	if (now >= e->sweep_end) {
		e->sweep_end = UINT64_MAX;
		sweep_end(e, now);
	}
	if (now >= e->sweep_due) {
		e->sweep_due = now + SWEEP_MS;
		e->sweep_end = now + PONG_MS;
		sweep_start(e, now);
	}
	return earlier(e->sweep_due, e->sweep_end);
}

uint64_t supernodes_tick(struct edge *e, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	for (size_t i = 0; i < e->supernodes_n; i++) {
		if (e->supernodes[i].n)
			continue;
		supernodes_resolve(e, now, i);
		due = earlier(due, e->supernodes[i].resolve_asked + RESOLVE_MS);
	}
	if (e->reg.state == REG_CHOOSE)
		choose_tick(e, now);
	if (e->reg.state == REG_CHOOSE)
		return earlier(due, e->reg.choose_due);
	if (e->reg.state != REG_KEEP || e->supernodes_n == 1)
		return due;
	return earlier(due, sweep_tick(e, now));
}

void edge_supernode_info(const struct edge *e, size_t i, struct edge_supernode_info *out)
{
	const struct supernode *s = &e->supernodes[i < e->supernodes_n ? i : 0];
	bool current = i == e->reg.at && e->reg.state != REG_CHOOSE;
	*out = (struct edge_supernode_info){
		.state = !s->n ? SUPERNODE_UNRESOLVED : !current ? SUPERNODE_STANDBY :
		         e->reg.state == REG_KEEP ? SUPERNODE_REGISTERED : SUPERNODE_TRYING,
		.last_seen = s->seen, .rtt_ms = s->rtt_ms, .uptime_s = s->uptime_s,
		.path_mtu = current && e->reg.state == REG_KEEP ? (unsigned)e->reg.path_mtu.mtu : 0,
	};
	if (s->n)
		out->addr = current && e->reg.state == REG_KEEP ? e->reg.to.addr : s->addrs[s->at];
	memcpy(out->mac, s->mac, MAC_LEN);
	memcpy(out->version, s->version, VERSION_LEN);
}
