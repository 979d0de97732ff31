/* The registration cycle: asking for an address, claiming our MAC and address, keeping both, and
 * noticing within seconds when the supernode has gone or has forgotten us.
 */
#include "state.h"

uint32_t register_cookie(struct edge *e)
{
	uint32_t cookie;
	e->host.random(e->host.ctx, &cookie, sizeof(cookie));
	return cookie;
}

/* Many edges miss the same supernode at the same time: they must not all ask at the same time. */
static uint64_t retry_delay(struct edge *e)
{
	uint64_t delay = RETRY_MS + (e->reg.gave_up ? 250 * (uint64_t)e->reg.gave_up : 0);
	return earlier(delay, RETRY_MAX_MS - RETRY_JITTER_MS) + register_cookie(e) % RETRY_JITTER_MS;
}

static void trouble(struct edge *e, enum edge_trouble what)
{
	e->info.trouble = what;
	e->info.trouble_at = e->reg.to.addr;
}

static void request_send(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	r->due = now + retry_delay(e);
	if (r->state != REG_KEEP && !supernodes_target(e, &r->to)) {
		r->waiting = false;
		trouble(e, e->supernodes[r->at].n ? TROUBLE_NO_WAY : TROUBLE_UNRESOLVED);
		supernodes_resolve(e, now, r->at);
		return;
	}
	if (!r->waiting)
		r->trying_since = now;
	r->waiting = true;
	r->cookie = register_cookie(e);
	r->sent |= r->state != REG_ASK;
	send_register_super(e, &r->to, r->cookie, r->state == REG_ASK);
	if (r->state != REG_ASK)
		send_register_lan(e, now);
	if (r->unanswered || r->gave_up)
		ping_others(e, now);
}

static enum reg_state first_need(const struct edge *e)
{
	bool ask = e->config.mode == ADDRESS_AUTO && !subnet_is_set(&e->address);
	return ask ? REG_ASK : REG_CLAIM;
}

void register_start(struct edge *e, uint64_t now)
{
	e->reg.state = first_need(e);
	e->reg.waiting = false;
	e->reg.unanswered = 0;
	e->reg.sent = false;
	request_send(e, now);
}

void register_again(struct edge *e, uint64_t now)
{
	move_again(e, now);
	if (e->reg.state != REG_CHOOSE && !e->stopped)
		request_send(e, now);
}

static void lose(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	if (r->state != REG_KEEP)
		return;
	r->state = REG_CLAIM;
	r->lost = true;
	r->announce = true;
	r->last_at = r->at;
	r->last_to = r->to;
	r->reminded = now;
	r->pong_due = UINT64_MAX;
	e->info.registered = false;
	e->info.registered_since = 0;
}

/* This address has not answered: on to the next, and to the next supernode after the last. */
static void give_up(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	struct endpoint silent = r->to;
	size_t at = r->at;
	if (r->state == REG_KEEP)
		note_lost(e, &silent.addr);
	else if (!within(r->reminded, now, REMIND_MS)) {
		r->reminded = now;
		note_silent(e);
	}
	lose(e, now);
	r->gave_up++;
	supernodes_next(e, now);
	if (r->at != at && r->sent)
		send_unregister_super(e, &silent);      /* should it hear us after all */
	r->waiting = false;
	r->unanswered = 0;
	r->sent = false;
}

/* Once every address has had its three, one request each has to do. */
static void request_unanswered(struct edge *e, uint64_t now)
{
	unsigned tries = e->reg.gave_up < supernodes_addresses(e) ? TRIES : 1;
	if (e->reg.waiting)
		trouble(e, TROUBLE_SILENT);
	if (e->reg.waiting && ++e->reg.unanswered >= tries)
		give_up(e, now);
}

/* Where multicast goes by way of the supernode, programs notice its absence: VRRP after 3 s. */
static uint64_t ping_due(const struct edge *e, uint64_t now)
{
	bool relaying = within(e->reg.relayed, now, RELAY_MS);
	return e->reg.alive + (relaying ? PING_RELAY_MS : PING_MS);
}

static uint64_t liveness_tick(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	if (r->state != REG_KEEP || r->waiting)
		return UINT64_MAX;
	if (now >= r->pong_due) {
		r->pong_due = UINT64_MAX;
		request_send(e, now);
		return UINT64_MAX;
	}
	if (now >= ping_due(e, now)) {
		r->alive = now;
		r->pong_due = now + PONG_MS;
		ping_supernode(e, now, &e->supernodes[r->at], &r->to, 1);
	}
	return earlier(ping_due(e, now), r->pong_due);
}

uint64_t register_tick(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	if (r->state == REG_CHOOSE)
		return UINT64_MAX;
	if (now >= r->due) {
		request_unanswered(e, now);
		request_send(e, now);
	}
	uint64_t live = liveness_tick(e, now);
	return earlier(live, r->due);
}

/* Registered: now, again, or elsewhere. */
static void keep(struct edge *e, uint64_t now, const struct wire_register_super_ack *ack)
{
	struct registration *r = &e->reg;
	bool again = r->state == REG_KEEP;
	if (addr_is_set(&ack->socket) && !addr_equal(&ack->socket, &e->info.public_endpoint)) {
		e->info.public_endpoint = ack->socket;
		r->announce = true;
	}
	r->state = REG_KEEP;
	r->due = now + e->config.interval_ms;
	r->alive = now;
	r->pong_due = UINT64_MAX;
	if (!again) {
		note_registered(e, &ack->socket);
		if (r->mac_drawn && !r->mac_noted)
			note_drawn(e);
		r->mac_noted = r->mac_drawn;
		e->info.registered_since = now;
		e->sweep_due = now + SWEEP_MS;
		e->sweep_end = UINT64_MAX;
		move_begin(e, now, r->last_at, &r->last_to, r->lost);
	}
	bool first = !r->ever;
	r->ever = true;
	r->lost = false;
	r->last_at = r->at;
	r->naks = 0;
	trouble(e, TROUBLE_NONE);
	e->supernodes[r->at].acked = now;
	e->info.registered = true;
	announce_address(e, now);
	report_registered(e, now, !again || r->forgotten);
	if (first)
		groups_network_up(e, now);
	r->forgotten = false;
}

/* An address is assigned, not reserved: it is ours when our MAC is registered with it. */
/* The address of before the restart, where it is of the network that is offered: others may know us by it. */
static const struct subnet *preferred(const struct edge *e, const struct subnet *offered)
{
	const struct subnet *before = &e->config.previous;
	struct addr a = { .family = ADDR_V4 };
	memcpy(a.ip, before->ip, 4);
	return subnet_is_host(before) && before->prefix == offered->prefix && addr_in_subnet(&a, offered) ? before : offered;
}

static void assigned(struct edge *e, uint64_t now, const struct subnet *address)
{
	struct registration *r = &e->reg;
	if (!subnet_is_host(address)) {
		trouble(e, TROUBLE_NO_ADDRESS);
		r->due = now + NAK_RETRY_MAX_MS;
		if (!within(r->reminded, now, REMIND_MS))
			note_no_address(e);
		r->reminded = now;
		return;
	}
	address = preferred(e, address);
	bool news = !subnet_equal(&e->address, address);
	address_taken(e, address);
	if (news) {
		note_address(e);
		e->host.assigned(e->host.ctx, &e->address);
	}
	r->state = REG_CLAIM;
	if (r->naks <= 2)
		request_send(e, now);
	else
		r->due = now + NAK_RETRY_MS;
}

static bool answers_request(const struct edge *e, const struct endpoint *from, uint32_t cookie)
{
	return e->reg.waiting && cookie == e->reg.cookie && endpoint_equal(from, &e->reg.to);
}

static enum edge_drop not_asked(struct edge *e, const struct endpoint *from)
{
	size_t at;
	return supernodes_find(e, from, &at) ? EDGE_DROP_UNEXPECTED : EDGE_DROP_NOT_SUPERNODE;
}

enum edge_drop register_acked(struct edge *e, uint64_t now, const struct endpoint *from,
                              const struct wire_register_super_ack *ack)
{
	struct registration *r = &e->reg;
	struct supernode *s = &e->supernodes[r->at];
	if (trial_acked(e, now, from, ack) || move_acked(e, now, from, ack))
		return GOOD;
	if (!answers_request(e, from, ack->cookie))
		return not_asked(e, from);
	r->waiting = false;
	r->unanswered = r->gave_up = 0;
	s->seen = now;
	challenge_answered(s);
	memcpy(s->mac, ack->mac, MAC_LEN);
	e->info.counts.acks++;
	path_mtu_relayed(e, now);
	if (r->state == REG_ASK)
		assigned(e, now, &ack->address);
	else
		keep(e, now, ack);
	return GOOD;
}

void register_moved(struct edge *e, uint64_t now, size_t at, const struct endpoint *to,
                    const struct wire_register_super_ack *ack)
{
	struct registration *r = &e->reg;
	struct supernode *s = &e->supernodes[at];
	r->last_at = r->at;
	r->last_to = r->to;
	r->waiting = false;
	r->unanswered = r->gave_up = 0;
	r->at = at;
	r->to = *to;
	r->sent = true;
	r->state = REG_CLAIM;           /* so that the move is noted and announced */
	r->announce = true;
	s->seen = now;
	memcpy(s->mac, ack->mac, MAC_LEN);
	e->info.counts.acks++;
	keep(e, now, ack);
}

/* A made-up MAC is only a proposal: another is drawn, once. */
static bool draw_mac(struct edge *e, uint64_t now)
{
	if (!e->config.mac_made_up || e->reg.mac_drawn)
		return false;
	e->reg.mac_drawn = true;
	uint8_t mac[MAC_LEN];
	e->host.random(e->host.ctx, mac, MAC_LEN);
	mac[0] = (uint8_t)((mac[0] & 0xf0) | 0x02);     /* local, and not of the kind that is made from identities */
	memcpy(e->mac, mac, MAC_LEN);
	seal_mac(e, now);
	e->reg.announce = true;
	e->host.mac_changed(e->host.ctx, e->mac);
	return true;
}

static uint64_t nak_delay(unsigned naks)
{
	uint64_t delay = NAK_RETRY_MS;
	while (naks-- > 1 && delay < NAK_RETRY_MAX_MS)
		delay *= 2;
	return delay;
}

/* MAC or address belongs to a live edge; which of the two is not said. */
static void refused(struct edge *e, uint64_t now)
{
	struct registration *r = &e->reg;
	bool automatic = e->config.mode == ADDRESS_AUTO;
	e->config.previous = (struct subnet){ .prefix = 0 };
	bool drawn = (!automatic || r->naks) && draw_mac(e, now);
	lose(e, now);
	trouble(e, TROUBLE_IN_USE);
	r->naks++;
	r->state = automatic ? REG_ASK : REG_CLAIM;
	if (drawn || (automatic && r->naks == 1)) {
		request_send(e, now);
		return;
	}
	r->due = now + nak_delay(r->naks);
	if (r->naks == 1 || !within(r->reminded, now, REMIND_MS)) {
		note_refused(e);
		r->reminded = now;
	}
}

/* Our proof is not one to this supernode. */
static void not_proven(struct edge *e, uint64_t now)
{
	lose(e, now);
	trouble(e, TROUBLE_KEY);
	if (!within(e->reg.reminded, now, REMIND_MS)) {
		note_not_proven(e);
		e->reg.reminded = now;
	}
}

enum edge_drop register_refused(struct edge *e, uint64_t now, const struct endpoint *from,
                                const struct wire_register_super_nak *nak)
{
	struct registration *r = &e->reg;
	if (trial_refused(e, now, from, nak) || move_refused(e, now, from, nak))
		return GOOD;
	if (!answers_request(e, from, nak->cookie))
		return not_asked(e, from);
	r->waiting = false;
	r->unanswered = r->gave_up = 0;
	e->supernodes[r->at].seen = now;
	enum challenged how = challenge_taken(e, now, &e->supernodes[r->at], &nak->auth, r->state == REG_ASK);
	if (how == CHALLENGED_NOT) {
		e->info.counts.naks++;
		refused(e, now);
	} else if (how == CHALLENGED_NOW) {
		request_send(e, now);
	} else {
		r->due = now + RETRY_MS;
		if (how == CHALLENGED_IN_VAIN)
			not_proven(e, now);
	}
	return GOOD;
}
