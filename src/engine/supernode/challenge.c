/* Communities with a key (castnet(7), PROOF OF THE KEY): what registers and leaves has to be proven.  Until then nothing is
 * kept and less is sent than came in; a challenge is good for one address, one MAC and one or two minutes, and until the
 * record moves.
 */
#include "core/crypto/wipe.h"
#include "state.h"

enum { SECRET_MS = 60000 };

/* The one before is good for answers that are under way. */
static void draw(struct supernode *sn, uint64_t now)
{
	uint64_t age = now - sn->challenges.drawn;
	uint8_t (*secret)[CHALLENGE_SECRET] = sn->challenges.secret;
	if (sn->challenges.drawn && age < SECRET_MS)
		return;
	memcpy(secret[1], secret[0], CHALLENGE_SECRET);
	sn->host.random(sn->host.ctx, secret[0], CHALLENGE_SECRET);
	if (!sn->challenges.drawn || age >= (uint64_t)2 * SECRET_MS)
		sn->host.random(sn->host.ctx, secret[1], CHALLENGE_SECRET);
	sn->challenges.drawn = now;
}

struct question { const struct arrival *a; const uint8_t *mac; uint32_t moved; };

static void question(const struct supernode *sn, const struct question *q, size_t i, uint8_t challenge[static CHALLENGE_LEN])
{
	registration_challenge(challenge, sn->challenges.secret[i], &q->a->from->addr, q->mac, q->a->m.community, q->moved);
}

static bool is_answer(const struct supernode *sn, const struct question *q, const struct wire_auth *auth)
{
	uint8_t challenge[CHALLENGE_LEN];
	for (size_t i = 0; i < 2; i++) {
		question(sn, q, i, challenge);
		if (same_secret(challenge, proof_challenge(auth), CHALLENGE_LEN))
			return true;
	}
	return false;
}

/* As it was sent: the TTL has been counted down since. */
static bool has_key(const struct registration_keys *keys, const struct arrival *a)
{
	struct wire_message m = a->m;
	m.ttl++;
	for (size_t i = 0; i < keys->n; i++)
		if (registration_is_proven(&m, keys->key[i]))
			return true;
	return false;
}

static void ask(struct supernode *sn, const struct question *q)
{
	struct wire_message m;
	const struct arrival *a = q->a;
	emit_begin(&m, WIRE_REGISTER_SUPER_NAK, WIRE_FROM_SUPERNODE, a->m.community);
	m.super_nak = (struct wire_register_super_nak){
		.cookie = a->m.type == WIRE_REGISTER_SUPER ? a->m.reg_super.cookie : 0,
		.auth = { .scheme = AUTH_PROOF, .len = AUTH_CHALLENGE_LEN },
	};
	memcpy(m.super_nak.mac, q->mac, MAC_LEN);
	question(sn, q, 0, m.super_nak.auth.token);
	if (sn_send(sn, a->from, a->local, &m, a->len) == DROP_NONE)
		sn->info.counts.challenges++;
}

/* The record is its owner's, however he proves that he may register. */
static void take_owner(struct wire_auth *auth)
{
	const struct wire_auth proof = *auth;
	*auth = (struct wire_auth){ .scheme = AUTH_SIMPLE_ID, .len = OWNER_TOKEN };
	memcpy(auth->token, proof_owner(&proof), OWNER_TOKEN);
}

enum supernode_drop challenge_check(struct supernode *sn, uint64_t now, const struct arrival *a, const uint8_t *mac,
                                    struct wire_auth *auth, bool *proven)
{
	static const struct registration_keys none;
	const struct registration_keys *keys = a->community ? &a->community->keys : &none;
	bool answer = auth->scheme == AUTH_PROOF && auth->len == AUTH_PROOF_LEN;
	*proven = false;
	if (!keys->n) {
		if (answer)
			take_owner(auth);
		return auth->scheme == AUTH_PROOF ? SUPERNODE_DROP_TOKEN : DROP_NONE;
	}
	const struct member *m = member_find(sn, a->community, mac);
	const struct question q = { a, mac, m ? m->moved : 0 };
	draw(sn, now);
	if (!answer || !is_answer(sn, &q, auth) || !has_key(keys, a)) {
		ask(sn, &q);
		return SUPERNODE_DROP_UNPROVEN;
	}
	take_owner(auth);
	*proven = true;
	return DROP_NONE;
}
