/* Supernodes that want the key of the community proven (castnet(7), PROOF OF THE KEY).  What they ask is kept and
 * answered in all that is sent there, until it is refused; then what they ask next is.
 */
#include "state.h"

enum {
	ANSWER_MS = 1000,               /* no more than one answer to a challenge in so long */
	REFUSED_MAX = 2                 /* in a row: their secret changes, the address does */
};

enum challenged challenge_taken(struct edge *e, uint64_t now, struct supernode *s, const struct wire_auth *auth, bool ask)
{
	struct challenge *c = &s->challenges[!ask];
	if (auth->scheme != AUTH_PROOF || auth->len != AUTH_CHALLENGE_LEN)
		return CHALLENGED_NOT;
	c->refused = c->known ? c->refused + 1 : 0;
	c->known = true;
	memcpy(c->bytes, auth->token, CHALLENGE_LEN);
	e->info.counts.challenges++;
	if (c->refused > REFUSED_MAX)
		return CHALLENGED_IN_VAIN;
	if (within(c->used, now, ANSWER_MS))
		return CHALLENGED_LATER;
	c->used = now;
	return CHALLENGED_NOW;
}

void challenge_answered(struct supernode *s)
{
	s->challenges[0].refused = s->challenges[1].refused = 0;
}

static const struct challenge *challenge_of(struct edge *e, const struct endpoint *to, const struct wire_message *m)
{
	size_t at;
	bool ask = m->type == WIRE_REGISTER_SUPER && mac_is_null(m->reg_super.mac);
	const struct supernode *s = supernodes_find(e, to, &at);
	return s && s->challenges[!ask].known ? &s->challenges[!ask] : NULL;
}

void challenge_prove(struct edge *e, const struct endpoint *to, struct wire_message *m)
{
	const struct challenge *c = challenge_of(e, to, m);
	const uint8_t *key = e->has_registration_key ? e->registration_key : NULL;
	if (c && !registration_prove(m, key, c->bytes, e->auth.token))
		drop(e, EDGE_DROP_NO_ROOM);
}
