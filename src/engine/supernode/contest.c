/* Who owns a MAC or an overlay address when two edges want it?  The one that has it, as long as it lives;
 * so when somebody else claims it the supernode keeps the claim and asks the holder, several times, in
 * the two ways that some edge of any version answers:
 *
 *  - a REGISTER from the supernode itself; an edge with p2p sends REGISTER_ACK;
 *  - a PACKET with an ARP probe for the holder's address; the kernel behind the edge answers, and
 *    the answer passes through the supernode, to its MAC.
 *
 * Anything valid from the holder meanwhile: the claimant gets a NAK.  Silence: the holder is dead, its record goes, and
 * the claim is treated as if it had just arrived.  Only the second way remains for an edge without p2p, and it fails
 * when frames are encrypted: a holder that has sent such frames and has never answered counts as dead only
 * when it has been silent for a minute.
 */
#include "core/arp.h"
#include "state.h"

enum {
	STEP_MS = 500,
	ASKS = 4,                       /* at 0, 500, 1000 and 1500 ms */
	STEPS = 5,                      /* decided at 2500 ms */
	ALIVE_MS = 1000,                /* whoever lived lives on so long: a NAK at once */
	SILENT_MS = 60000,
	REFUSAL_NOTE_MS = 60000         /* per record */
};

static void ask_by_register(struct supernode *sn, const struct member *m)
{
	struct wire_message ask;
	emit_begin(&ask, WIRE_REGISTER, 0, m->community->name);
	ask.reg = (struct wire_register){ .cookie = COOKIE_REGULAR };
	memcpy(ask.reg.src, sn->config.mac, MAC_LEN);
	memcpy(ask.reg.dst, m->mac, MAC_LEN);
	(void)sink_tell(sn, &m->sink, &ask);
}

/* As relayed, but without SOCKET: it would have to be the supernode's own, which the edge sees anyway. */
static void ask_by_arp(struct supernode *sn, const struct member *m)
{
	uint8_t mem[BUF_HEADROOM + ARP_FRAME_LEN];
	struct buf b = buf_of(mem, sizeof(mem));
	struct wire_message ask;
	if (!address_can_be_owned(&m->address))
		return;
	arp_probe(b.data, m->mac, sn->config.mac, m->address.ip);
	b.len = ARP_FRAME_LEN;
	emit_begin(&ask, WIRE_PACKET, WIRE_FROM_SUPERNODE, m->community->name);
	ask.ttl = WIRE_TTL - 1;
	ask.packet = (struct wire_packet){ .compression = COMPRESSION_NONE, .transform = TRANSFORM_NULL };
	memcpy(ask.packet.src, sn->config.mac, MAC_LEN);
	memcpy(ask.packet.dst, m->mac, MAC_LEN);
	if (wire_push_packet(&b, &ask))
		sink_send(sn, &m->sink, &b);
}

/* Every step is equally long, so a list to whose end things are put is sorted by time. */
static void take_step(struct supernode *sn, uint64_t now, struct member *m)
{
	list_remove(&m->in_contests);
	if (m->steps++ < ASKS) {
		ask_by_register(sn, m);
		ask_by_arp(sn, m);
	}
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
	m->contested = false;
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

static void decide(struct supernode *sn, uint64_t now, struct member *m)
{
	if (m->ciphered && !m->answers && now - m->heard < SILENT_MS) {
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
