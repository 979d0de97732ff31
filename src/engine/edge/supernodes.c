/* The supernodes of -l: their names, addresses, and which is in use.  choice.c chooses one, pong.c hears whether it is alive. */
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

void supernodes_use(struct edge *e, uint64_t now, struct supernode *s, size_t at)
{
	s->at = at;
	e->reg.at = (size_t)(s - e->supernodes);
	register_start(e, now);
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
		choice_tick(e, now);
	if (e->reg.state == REG_CHOOSE)
		return earlier(due, e->reg.choose_due);
	if (e->reg.state != REG_KEEP || e->supernodes_n == 1)
		return due;
	return earlier(due, choice_sweep(e, now));
}

void edge_supernode_info(const struct edge *e, size_t i, struct edge_supernode_info *out)
{
	const struct supernode *s = &e->supernodes[i < e->supernodes_n ? i : 0];
	bool current = i == e->reg.at && e->reg.state != REG_CHOOSE;
	bool moving = !current && move_serves(e) && i == e->move.at;
	*out = (struct edge_supernode_info){
		.state = !s->n ? SUPERNODE_UNRESOLVED : moving ? SUPERNODE_MOVING : !current ? SUPERNODE_STANDBY :
		         e->reg.state == REG_KEEP ? SUPERNODE_REGISTERED : SUPERNODE_TRYING,
		.last_seen = s->seen, .rtt_ms = s->rtt_ms, .uptime_s = s->uptime_s,
		.path_mtu = current && e->reg.state == REG_KEEP ? (unsigned)e->reg.path_mtu.mtu : 0,
	};
	if (s->n)
		out->addr = current && e->reg.state == REG_KEEP ? e->reg.to.addr : s->addrs[s->at];
	memcpy(out->mac, s->mac, MAC_LEN);
	memcpy(out->version, s->version, VERSION_LEN);
}
