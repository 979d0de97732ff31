/* Which supernode, at which of its addresses, and is it alive. */
#include "state.h"

static bool link_has(const struct link *l, const struct addr *a, size_t *at)
{
	for (*at = 0; *at < l->n; ++*at)
		if (addr_equal(&l->addrs[*at], a))
			return true;
	return false;
}

/* The one in use counts even when its name has moved since. */
struct link *supernodes_find(struct edge *e, const struct addr *from, size_t *at)
{
	for (size_t i = 0; i < e->links_n; i++)
		if (link_has(&e->links[i], from, at))
			return &e->links[i];
	*at = 0;
	return addr_is_set(from) && addr_equal(from, &e->reg.to) ? &e->links[e->reg.at] : NULL;
}

size_t supernodes_addresses(const struct edge *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->links_n; i++)
		n += e->links[i].n;
	return n;
}

void supernodes_resolve(struct edge *e, uint64_t now, size_t i)
{
	struct link *l = &e->links[i];
	if (within(l->resolve_asked, now, RESOLVE_MS))
		return;
	l->resolve_asked = now;
	e->host.resolve(e->host.ctx, i);
}

void supernodes_ping(struct edge *e, uint64_t now, struct link *l, const struct addr *to, unsigned copies)
{
	static const uint8_t nobody[MAC_LEN];
	if (!supernode_usable(e, to))
		return;
	l->pinged = now;
	while (copies--)
		send_query(e, to, nobody);
}

/* A stranger is answered no more than he sent: a PONG (74 or, over IPv6, 86 bytes) is longer than one PING (38). */
static void ping_as_stranger(struct edge *e, uint64_t now, struct link *l, const struct addr *to)
{
	supernodes_ping(e, now, l, to, to->family == ADDR_V6 ? 3 : 2);
}

/* A registered supernode whose name has moved is left for the new address once that one answers. */
static void name_moved(struct edge *e, uint64_t now, size_t i)
{
	struct link *l = &e->links[i];
	if (i == e->reg.at && link_has(l, &e->reg.to, &l->at))
		return;
	l->at = 0;
	if (i == e->reg.at && e->reg.state == REG_KEEP)
		trial_start(e, now, i, &l->addrs[0]);
}

/* A name that cannot be resolved just now keeps the addresses that it had. */
void edge_supernode_resolved(struct edge *e, uint64_t now, size_t i, const struct addr *addrs, size_t n)
{
	if (i >= e->links_n || e->stopped)
		return;
	struct link *l = &e->links[i];
	bool first = !l->n, waited_for = i == e->reg.at && e->reg.state != REG_CHOOSE && e->reg.state != REG_KEEP;
	l->looked_up = true;
	if (n) {
		l->n = n < EDGE_ADDRS_MAX ? n : EDGE_ADDRS_MAX;
		memcpy(l->addrs, addrs, l->n * sizeof(*addrs));
		l->refused_noted = false;
		name_moved(e, now, i);
		if (first && e->reg.state == REG_CHOOSE && e->config.select != SELECT_ORDER)
			ping_as_stranger(e, now, l, &l->addrs[0]);
	}
	supernodes_tick(e, now);
	if (first && n && waited_for)
		register_again(e, now);
}

/* Which is better: lower. */
static uint64_t rank(const struct edge *e, size_t i)
{
	const struct link *l = &e->links[i];
	switch (e->config.select) {
	case SELECT_LOAD:
		return l->load;
	case SELECT_RTT:
		return l->rtt_ms;
	case SELECT_MAC:
		return (uint64_t)get_be16(l->mac) << 32 | get_be32(l->mac + 2);
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

void supernodes_use(struct edge *e, uint64_t now, struct link *l, size_t at)
{
	l->at = at;
	e->reg.at = (size_t)(l - e->links);
	register_start(e, now);
}

/* The best of those that answered, else the first that has an address. */
static bool choose_best(struct edge *e, uint64_t now)
{
	size_t best = e->links_n, first = e->links_n;
	for (size_t i = e->links_n; i-- > 0; ) {
		if (e->links[i].n)
			first = i;
		if (e->links[i].answered && (best == e->links_n || rank(e, i) <= rank(e, best)))
			best = i;
	}
	if (best == e->links_n)
		best = first;
	if (best == e->links_n)
		return false;
	supernodes_use(e, now, &e->links[best], e->links[best].at);
	return true;
}

/* In -l order: a name that is still being looked up may hold up those behind it, but not for long. */
static bool choose_first(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->links_n; i++) {
		if (e->links[i].n) {
			supernodes_use(e, now, &e->links[i], e->links[i].at);
			return true;
		}
		if (!e->links[i].looked_up && now < e->reg.choose_due)
			break;
	}
	return false;
}

static bool all_answered(const struct edge *e)
{
	for (size_t i = 0; i < e->links_n; i++)
		if (!e->links[i].answered && (e->links[i].n || !e->links[i].looked_up))
			return false;
	return true;
}

static void choose_tick(struct edge *e, uint64_t now)
{
	bool late = now >= e->reg.choose_due, done;
	if (e->config.select == SELECT_ORDER || e->links_n == 1)
		done = choose_first(e, now);
	else
		done = (late || all_answered(e)) && choose_best(e, now);
	if (!done && late)
		e->reg.choose_due = now + CHOOSE_MS;
}

bool supernodes_target(struct edge *e, struct addr *to)
{
	struct link *l = &e->links[e->reg.at];
	for (size_t tries = 0; tries < l->n; tries++) {
		const struct addr *a = &l->addrs[l->at];
		if (supernode_usable(e, a)) {
			*to = *a;
			return true;
		}
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
		if (!l->refused_noted)
			note_supernode_endpoint(e, a);
		l->refused_noted = true;
		l->at = (l->at + 1) % l->n;
	}
	return false;
}

/* Not for long: perhaps a datagram was lost, or its tables were full. */
void supernodes_shun(struct link *l, uint64_t now)
{
	l->shunned_until = now + SHUN_MS;
}

void supernodes_taken(struct link *l, uint64_t now, const uint8_t mac[static MAC_LEN])
{
	l->seen = now;
	memcpy(l->mac, mac, MAC_LEN);
}

/* The next address of this name, then the next name; names are looked up again meanwhile. */
void supernodes_next(struct edge *e, uint64_t now)
{
	struct link *l = &e->links[e->reg.at];
	if (e->reg.unanswered >= TRIES && l->seen && l->seen >= e->reg.trying_since)
		supernodes_shun(l, now);
	if (l->at + 1 < l->n) {
		l->at++;
		return;
	}
	l->at = 0;
	supernodes_resolve(e, now, e->reg.at);
	for (size_t k = 1; k <= e->links_n; k++) {
		size_t i = (e->reg.at + k) % e->links_n;
		if (e->links[i].n) {
			e->reg.at = i;
			return;
		}
	}
}

/* While the current one is silent: at once the other addresses of its name, after a while everybody. */
void supernodes_ping_others(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->links_n; i++) {
		struct link *l = &e->links[i];
		if (i != e->reg.at && !e->reg.gave_up)
			continue;
		for (size_t j = 0; j < l->n; j++)
			if (!addr_equal(&l->addrs[j], &e->reg.to))
				ping_as_stranger(e, now, l, &l->addrs[j]);
	}
}

/* It has been up for less time than we are registered, so it cannot know us; or for less than it said before, so
 * it may know us by a later registration, but not what we had asked. */
static bool restarted(const struct link *l, uint64_t now, uint32_t uptime_s)
{
	return uptime_s < l->uptime_s || 1000 * (uint64_t)uptime_s < now - l->acked;
}

/* Somebody else answers while the current one does not.  Whoever is being tried has its second first: a try asks
 * the others too, and their answers must not each begin another. */
static void found_another(struct edge *e, uint64_t now, size_t i, size_t j)
{
	bool other_address = i == e->reg.at && e->reg.unanswered;
	if (e->reg.state == REG_CHOOSE || e->reg.state == REG_KEEP || now < e->links[i].shunned_until)
		return;
	if (addr_equal(&e->links[i].addrs[j], &e->reg.to) || within(e->reg.trying_since, now, RETRY_MS))
		return;
	if (!other_address && !e->reg.gave_up)
		return;
	if (within(e->links[e->reg.at].seen, now, RETRY_MAX_MS) && i != e->reg.at)
		return;
	supernodes_use(e, now, &e->links[i], j);
}

static void pong_taken(struct link *l, uint64_t now, const struct wire_peer_info *pong)
{
	l->rtt_ms = now - l->pinged;
	l->seen = now;
	l->uptime_s = pong->uptime;
	l->load = pong->load;
	l->answered = true;
	memcpy(l->mac, pong->mac, MAC_LEN);
	memcpy(l->version, pong->version, VERSION_LEN);
}

enum edge_drop supernodes_pong(struct edge *e, uint64_t now, const struct addr *from,
                               const struct wire_peer_info *pong)
{
	size_t j = 0;
	struct link *l = supernodes_find(e, from, &j);
	if (!l)
		return EDGE_DROP_NOT_SUPERNODE;
	if (!within(l->pinged, now, PONG_OLD_MS))
		return EDGE_DROP_UNEXPECTED;
	if (e->reg.state != REG_KEEP || !addr_equal(from, &e->reg.to)) {
		if (l != &e->links[e->reg.at] && !l->answered)
			l->at = j;
		found_another(e, now, (size_t)(l - e->links), j);
		pong_taken(l, now, pong);
		return GOOD;
	}
	bool anew = restarted(l, now, pong->uptime);    /* by what it said before */
	pong_taken(l, now, pong);
	e->reg.pong_due = UINT64_MAX;
	if (anew) {
		e->reg.forgotten = true;
		register_again(e, now);
	}
	return GOOD;
}

static void sweep_start(struct edge *e, uint64_t now)
{
	for (size_t i = 0; i < e->links_n; i++) {
		struct link *l = &e->links[i];
		if (i == e->reg.at)
			continue;
		l->answered = false;
		for (size_t j = 0; j < l->n; j++)
			ping_as_stranger(e, now, l, &l->addrs[j]);
	}
}

/* Moving back: so that all edges of a community meet at the same supernode. */
static void sweep_end(struct edge *e, uint64_t now)
{
	size_t best = e->reg.at;
	for (size_t i = 0; i < e->links_n; i++) {
		struct link *l = &e->links[i];
		l->sweeps = l->answered ? l->sweeps + 1 : 0;
		if (i != e->reg.at && l->sweeps >= SWEEPS_TO_MOVE && now >= l->shunned_until && better(e, i, best))
			best = i;
	}
	if (best != e->reg.at)
		trial_start(e, now, best, &e->links[best].addrs[e->links[best].at]);
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
	for (size_t i = 0; i < e->links_n; i++) {
		if (e->links[i].n)
			continue;
		supernodes_resolve(e, now, i);
		due = earlier(due, e->links[i].resolve_asked + RESOLVE_MS);
	}
	if (e->reg.state == REG_CHOOSE)
		choose_tick(e, now);
	if (e->reg.state == REG_CHOOSE)
		return earlier(due, e->reg.choose_due);
	if (e->reg.state != REG_KEEP || e->links_n == 1)
		return due;
	return earlier(due, sweep_tick(e, now));
}

void edge_supernode_info(const struct edge *e, size_t i, struct edge_supernode_info *out)
{
	const struct link *l = &e->links[i < e->links_n ? i : 0];
	bool current = i == e->reg.at && e->reg.state != REG_CHOOSE;
	*out = (struct edge_supernode_info){
		.state = !l->n ? SUPERNODE_UNRESOLVED : !current ? SUPERNODE_STANDBY :
		         e->reg.state == REG_KEEP ? SUPERNODE_REGISTERED : SUPERNODE_TRYING,
		.last_seen = l->seen, .rtt_ms = l->rtt_ms, .uptime_s = l->uptime_s,
		.path_mtu = current && e->reg.state == REG_KEEP ? (unsigned)e->reg.path_mtu.mtu : 0,
	};
	if (l->n)
		out->addr = current && e->reg.state == REG_KEEP ? e->reg.to : l->addrs[l->at];
	memcpy(out->mac, l->mac, MAC_LEN);
	memcpy(out->version, l->version, VERSION_LEN);
}
