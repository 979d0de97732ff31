/* Moving to a better supernode without a gap: the current one serves until the other has acknowledged, and after that
 * for a while beside it (move.c).
 * A supernode that answers PING but does not want us is left alone for a while.
 */
#include "state.h"

static void trial_send(struct edge *e, uint64_t now)
{
	struct trial *t = &e->trial;
	t->cookie = register_cookie(e);
	t->sent++;
	t->due = now + RETRY_MS;
	send_register_super(e, &t->to, t->cookie, false);
}

static void trial_failed(struct edge *e, uint64_t now)
{
	e->trial.on = false;
	supernodes_shun(&e->supernodes[e->trial.at], now);
}

void trial_start(struct edge *e, uint64_t now, size_t at, const struct addr *to)
{
	if (e->trial.on || !supernode_usable(e, to))
		return;
	e->trial = (struct trial){ .on = true, .at = at, .to = endpoint_udp(to) };
	trial_send(e, now);
}

bool trial_is_at(const struct edge *e, const struct endpoint *to)
{
	return e->trial.on && endpoint_equal(to, &e->trial.to);
}

void trial_elsewhere(struct edge *e, uint64_t now, const struct supernode *s, const struct endpoint *to)
{
	if (!e->trial.on || s != &e->supernodes[e->trial.at] || endpoint_equal(to, &e->trial.to))
		return;
	e->trial.to = *to;
	trial_send(e, now);
}

uint64_t trial_tick(struct edge *e, uint64_t now)
{
	struct trial *t = &e->trial;
	if (t->on && e->reg.state != REG_KEEP)
		t->on = false;                  /* the current one is lost: no longer a choice */
	if (t->on && now >= t->due) {
		if (t->sent >= TRIES)
			trial_failed(e, now);
		else
			trial_send(e, now);
	}
	return t->on ? t->due : UINT64_MAX;
}

static bool trial_answered(const struct edge *e, const struct endpoint *from, uint32_t cookie)
{
	return trial_is_at(e, from) && cookie == e->trial.cookie;
}

/* Another address of the same name: at once.  The same supernode there must not be told good-bye: it would forget the new
 * record too. */
bool trial_acked(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_ack *ack)
{
	if (!trial_answered(e, from, ack->cookie))
		return false;
	e->trial.on = false;
	challenge_answered(&e->supernodes[e->trial.at]);
	if (e->trial.at == e->reg.at && !mac_equal(supernode_mac(e), ack->mac))
		send_unregister_super(e, &e->reg.to);
	register_moved(e, now, e->trial.at, from, ack);
	return true;
}

bool trial_refused(struct edge *e, uint64_t now, const struct endpoint *from, const struct wire_register_super_nak *nak)
{
	if (!trial_answered(e, from, nak->cookie))
		return false;
	switch (challenge_taken(e, now, &e->supernodes[e->trial.at], &nak->auth, false)) {
	case CHALLENGED_NOW:
		trial_send(e, now);
		break;
	case CHALLENGED_LATER:
		break;
	default:
		trial_failed(e, now);
	}
	return true;
}
