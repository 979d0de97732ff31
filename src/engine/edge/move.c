/* After a move to another supernode.  Each edge moves when it notices, within half a minute of each other, and until all
 * have, some are with the one and some with the other.  So for a while the edge stays registered with the one that
 * it has left too: what a supernode relays is sent by both, and taken once.  One that was left because it was silent
 * is asked for as long whether it is back.
 */
#include "state.h"

bool move_serves(const struct edge *e) { return e->move.state == MOVE_BOTH && e->move.acked; }

bool move_relays(const struct edge *e, const struct endpoint *from)
{
	return e->move.state != MOVE_NONE && e->move.acked && endpoint_equal(from, &e->move.to);
}

static bool has_moved(const struct edge *e, const struct peer *p)
{
	return p->served && p->served >= e->move.since;
}

const struct endpoint *move_also(const struct edge *e, const struct peer *p)
{
	return move_serves(e) && !(p && has_moved(e, p)) ? &e->move.to : NULL;
}

bool move_is_outdated(const struct edge *e, const struct endpoint *from, const struct peer *p)
{
	return !endpoint_equal(from, &e->reg.to) && has_moved(e, p);
}

static void move_send(struct edge *e, uint64_t now)
{
	struct move *m = &e->move;
	m->cookie = register_cookie(e);
	m->waiting = true;
	m->due = now + (m->acked ? RETRY_MS : RETRY_MAX_MS);
	send_register_super(e, &m->to, m->cookie, false);
}

/* Not to the one that we go back to, under whatever address. */
static void good_bye(struct edge *e)
{
	if (e->move.state == MOVE_BOTH && e->move.at != e->reg.at)
		send_unregister_super(e, &e->move.to);
}

void move_begin(struct edge *e, uint64_t now, size_t at, const struct endpoint *left, bool silent)
{
	struct move *m = &e->move;
	if (m->at != at)
		good_bye(e);
	m->state = MOVE_NONE;
	/* One supernode under two names would take each registration for a new endpoint of ours. */
	if (!endpoint_is_set(left) || at == e->reg.at || mac_equal(e->supernodes[at].mac, supernode_mac(e)))
		return;
	*m = (struct move){ .state = MOVE_BOTH, .at = at, .to = *left, .since = now, .end = now + MOVE_MS, .due = now,
	                    .acked = silent ? 0 : now };
}

void move_again(struct edge *e, uint64_t now)
{
	if (e->move.state == MOVE_BOTH)
		e->move.due = now;
}

void move_end(struct edge *e, uint64_t now)
{
	good_bye(e);
	e->move.state = e->move.acked ? MOVE_LEFT : MOVE_NONE;
	e->move.due = now + RETRY_MS;
	e->move.end = UINT64_MAX;
}

uint64_t move_tick(struct edge *e, uint64_t now)
{
	struct move *m = &e->move;
	if ((m->state == MOVE_LEFT && now >= m->due) || m->at == e->reg.at)
		m->state = MOVE_NONE;
	if (m->state == MOVE_BOTH && now >= m->end)
		move_end(e, now);
	if (m->state == MOVE_NONE)
		return UINT64_MAX;
	if (m->state == MOVE_BOTH && now >= m->due) {
		if (m->waiting && ++m->unanswered >= TRIES)
			m->acked = 0;
		move_send(e, now);
	}
	return earlier(m->due, m->end);
}

static bool move_answered(const struct edge *e, const struct endpoint *from, uint32_t cookie)
{
	const struct move *m = &e->move;
	return m->state == MOVE_BOTH && m->waiting && cookie == m->cookie && endpoint_equal(from, &m->to);
}

bool move_acked(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_ack *ack)
{
	struct move *m = &e->move;
	if (!move_answered(e, from, ack->cookie))
		return false;
	m->waiting = false;
	m->unanswered = 0;
	challenge_answered(&e->supernodes[m->at]);
	e->info.counts.acks++;
	if (mac_equal(supernode_mac(e), ack->mac)) {
		m->state = MOVE_NONE;
		return true;
	}
	m->acked = now;
	m->due = now + earlier(MOVE_AGAIN_MS, e->config.interval_ms);
	supernodes_taken(&e->supernodes[m->at], now, ack->mac);
	e->supernodes[m->at].acked = now;
	report_to(e, from);
	return true;
}

bool move_refused(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_nak *nak)
{
	struct move *m = &e->move;
	if (!move_answered(e, from, nak->cookie))
		return false;
	switch (challenge_taken(e, now, &e->supernodes[m->at], &nak->auth, false)) {
	case CHALLENGED_NOW:
		move_send(e, now);
		break;
	case CHALLENGED_LATER:
		break;
	default:
		m->state = MOVE_NONE;
	}
	return true;
}

/* By the bytes of the payload, sealed or not, and by who sent it to whom. */
static uint64_t payload_hash(const struct edge *e, const struct wire_packet *packet, const struct burst_frame *f)
{
	uint8_t whole[8 + 2 * MAC_LEN];
	put_be64(whole, hash_keyed(&e->key, f->head, f->head_len));
	memcpy(whole + 8, packet->src, MAC_LEN);
	memcpy(whole + 8 + MAC_LEN, packet->dst, MAC_LEN);
	return hash_keyed(&e->key, whole, sizeof(whole));
}

/* Also before: what came by the one that is left soon may have its twin on the way by the other. */
void move_leave_one(struct edge *e, uint64_t now, struct arrival *a)
{
	size_t n = 0;
	if (e->move.state == MOVE_NONE && !e->trial.on)
		return;
	uint8_t way = (uint8_t)(endpoint_equal(a->from, &e->reg.to) ? e->reg.at : e->move.at);
	a->burst.bytes = 0;
	for (size_t i = 0; i < a->burst.n; i++) {
		if (copies_came(e->copies, now, payload_hash(e, &a->m.packet, &a->frame[i]), way))
			continue;
		a->burst.bytes += burst_frame_len(&a->frame[i]);
		a->frame[n++] = a->frame[i];
	}
	e->info.counts.drops[EDGE_DROP_COPY] += a->burst.n - n;
	a->burst.n = n;
}
