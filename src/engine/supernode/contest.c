/* Who owns a MAC or an overlay address when two edges want it?  The one that has it, as long as it lives;
 * so when somebody else claims it the supernode keeps the claim and asks the holder, several times, in
 * the two ways of proof.c.  Anything valid from the holder meanwhile: the claimant gets a NAK.  Silence: the holder is dead, its
 * record goes, and the claim is treated as if it had just arrived.  But some edges of n2n can answer neither question
 * (without p2p, with encrypted frames or without an address), and nobody can tell how they differ from a dead one: a
 * holder that has never answered counts as dead only when it has missed a registration.  Ours answer always, and say so by
 * their token: one of them that was never heard to answer, because nothing reached it, is not waited for.
 */
#include "core/token.h"
#include "state.h"

enum {
	STEP_MS = 500,
	QUESTIONS = 4,                  /* at 0, 500, 1000 and 1500 ms */
	ASKS_ONE_WAY = 2,
	STEPS = 5,                      /* decided at 2500 ms */
	ALIVE_MS = 1000,                /* whoever lived lives on so long: a NAK at once */
	TRY_MS = 5000,
	INTERVAL_MS = 20000, LATE_MS = 10000,   /* between registrations, if not known better; how late one may be */
	REFUSAL_NOTE_MS = 60000         /* per record */
};

/* In the way that it has answered before; when that fails, in both. */
static void ask(struct supernode *sn, struct member *m)
{
	bool either = m->answers == ANSWERS_NOT || m->steps >= ASKS_ONE_WAY;
	if (either || m->answers == ANSWERS_REGISTER)
		(void)proof_ask_by_register(sn, m);
	if ((either || m->answers == ANSWERS_ARP) && proof_can_ask_by_arp(m))
		(void)proof_ask_by_arp(sn, m);
}

/* Every step is equally long, so a list to whose end things are put is sorted by time. */
static void take_step(struct supernode *sn, uint64_t now, struct member *m)
{
	list_remove(&m->in_contests);
	if (m->steps < QUESTIONS)
		ask(sn, m);
	m->steps++;
	m->contest_due = now + STEP_MS;
	list_append(&sn->contests, &m->in_contests);
}

static void note_now_and_then(struct supernode *sn, uint64_t now, struct member *m, const struct request *rq,
                              const char *what)
{
	if (m->refusal_noted && now - m->refusal_noted < REFUSAL_NOTE_MS)
		return;
	m->refusal_noted = now ? now : 1;
	note_contest(sn, now, m, rq, what);
}

static bool is_claimed(const struct member *m)
{
	return m->contested && m->claim.len;
}

static enum supernode_drop refuse(struct supernode *sn, const struct member *m, const struct request *rq)
{
	sn_nak(sn, rq);
	return mac_equal(m->mac, rq->reg.mac) ? SUPERNODE_DROP_TOKEN : SUPERNODE_DROP_ADDRESS_IN_USE;
}

static bool same_claimant(const struct request *a, const struct request *b)
{
	return mac_equal(a->reg.mac, b->reg.mac)
	       && (endpoint_equal(&a->from, &b->from)
	           || (a->reg.auth.scheme != AUTH_NONE && auth_equal(&a->reg.auth, &b->reg.auth)));
}

static void begin(struct supernode *sn, uint64_t now, struct member *m, const struct request *claim)
{
	m->claim = *claim;
	if (m->contested)
		return;
	m->contested = true;
	m->steps = 0;
	take_step(sn, now, m);
}

enum supernode_drop contest_claim(struct supernode *sn, uint64_t now, struct member *m, const struct request *rq)
{
	if (now < m->alive_until || (is_claimed(m) && !same_claimant(&m->claim, rq)))
		return refuse(sn, m, rq);
	if (!is_claimed(m))
		note_now_and_then(sn, now, m, rq, "asking the holder");
	begin(sn, now, m, rq);
	return DROP_NONE;
}

void contest_question(struct supernode *sn, uint64_t now, struct member *m)
{
	static const struct request nobody;
	if (now >= m->alive_until && !m->contested)
		begin(sn, now, m, &nobody);
}

void contest_forget(struct member *m)
{
	list_remove(&m->in_contests);
	m->contested = m->lives = false;
}

static void reject_claim(struct supernode *sn, uint64_t now, struct member *m)
{
	bool claimed = is_claimed(m);
	contest_forget(m);
	m->alive_until = now + ALIVE_MS;
	if (claimed)
		sn->info.counts.drops[refuse(sn, m, &m->claim)]++;
}

void contest_holder_lives(struct supernode *sn, uint64_t now, struct member *m)
{
	reject_claim(sn, now, m);
}

void contest_settle(struct supernode *sn, uint64_t now)
{
	if (!sn->holder_lives)
		return;
	sn->holder_lives = false;
	for (struct list *at = sn->contests.next, *next; at != &sn->contests; at = next) {
		struct member *m = LIST_ITEM(at, struct member, in_contests);
		next = at->next;
		if (m->lives)
			reject_claim(sn, now, m);
	}
}

static bool always_answers(const struct member *m)
{
	return token_is_marked(m->has_young ? &m->young : &m->auth);
}

/* There are edges of n2n that can answer neither question.  But whoever has just got the place of a dead one shows first
 * that he lives: else an edge that crashes twice would have to wait for its own ghost. */
static bool may_be_mute(const struct member *m)
{
	return m->answers == ANSWERS_NOT && !always_answers(m) && (!m->inherited || m->gap || m->frames_in);
}

/* An edge that has to try again does so soon. */
static uint64_t silence(const struct member *m)
{
	if (m->gap && m->gap < TRY_MS)
		return TRY_MS;
	uint64_t ms = (m->gap > INTERVAL_MS ? m->gap : INTERVAL_MS) + LATE_MS;
	return ms < MEMBER_LIFE_MS ? ms : MEMBER_LIFE_MS;
}

static void decide(struct supernode *sn, uint64_t now, struct member *m)
{
	if (may_be_mute(m) && now - m->heard < silence(m)) {
		reject_claim(sn, now, m);
		return;
	}
	if (is_claimed(m))
		note_contest(sn, now, m, &m->claim, "the holder does not answer, its record is given away");
	else
		note_member(sn, now, m, "left");
	member_gone(sn, now, m);
}

uint64_t contest_tick(struct supernode *sn, uint64_t now)
{
	while (!list_empty(&sn->contests)) {
		struct member *m = LIST_ITEM(sn->contests.next, struct member, in_contests);
		if (now < m->contest_due)
			return m->contest_due;
		if (m->steps < STEPS)
			take_step(sn, now, m);
		else
			decide(sn, now, m);
	}
	return UINT64_MAX;
}
