/* Is a member where it says that it is?  A source address can be forged, and what is flooded would go to whoever has it.
 * So a member is claimed at first: it is sent no more bytes than came from it (sink.c), it is in no list that others are
 * told, and it is the first to go when there is no room.  It is confirmed when a number that was sent there comes back,
 * in one of two ways, of which any edge with an address knows one:
 *
 *  - a REGISTER from the supernode with that number as cookie: an edge with p2p, and any of ours, repeats it;
 *  - a PACKET with an ARP probe from a MAC that has the number in it: the kernel behind the edge answers to that MAC.
 *
 * Both are paid for by what came from the member: its two gratuitous ARPs are enough.  An edge that registers again and
 * sends nothing else cannot pay for the acknowledgement too, so that waits for the answer, or for the next try.
 */
#include "core/arp.h"
#include "state.h"

enum {
	REGISTER_LEN = WIRE_HEADER_LEN + 4 + 2 * MAC_LEN + 5 + DESC_LEN,
	ACK_LEN_MAX = 70,               /* over IPv6 */
	ARP_AFTER_MS = 200,             /* most edges answer the first question, within a round trip */
	PATIENCE_MS = 1500,             /* edges that try again sooner, as ours do, are acknowledged then */
	AGAIN_MS = 5000,
	CREDIT_MAX = 65536,             /* bytes that a claimed member may save */
	HOLDS = 4,                      /* acknowledgements that wait, then never again */
	ACK_LOST_MS = 5000,             /* a registration so soon after the last shows that its answer was lost */
	WRONG_MAX = 8                   /* guesses, then another number */
};

static void proof_mac(const struct member *m, uint8_t mac[static MAC_LEN])
{
	mac[0] = 0x02;
	mac[1] = 0x5a;
	put_be32(mac + 2, m->proof.nonce);
}

static void leave_lists(struct member *m)
{
	struct community *c = m->community;
	if (c->claimed_at == &m->proof.in_community)
		c->claimed_at = m->proof.in_community.next;
	list_remove(&m->proof.in_due);
	list_remove(&m->proof.in_claimed);
	list_remove(&m->proof.in_community);
	list_remove(&m->proof.in_source);
}

/* The member counts from now on: it is flooded to, told and listed. */
static void confirmed(struct supernode *sn, uint64_t now, struct member *m)
{
	struct community *c = m->community;
	m->sink.trust = TRUST_CONFIRMED;
	leave_lists(m);
	list_append(&c->confirmed, &m->proof.in_community);
	c->confirmed_n++;
	sn->info.confirmed++;
	groups_member_added(sn, now, m);
	if (m->proof.ack_held)
		sn_ack_held(sn, now, m);
	m->proof.ack_held = false;
}

static void draw(struct supernode *sn, struct member *m)
{
	sn->host.random(sn->host.ctx, &m->proof.nonce, sizeof(m->proof.nonce));
	m->proof.step = PROOF_BY_REGISTER;
	m->proof.due = 0;
	m->proof.wrong = 0;
}

void proof_begin(struct supernode *sn, uint64_t now, struct member *m)
{
	m->sink.trust = TRUST_CLAIMED;
	m->sink.credit = 0;
	m->proof = (struct proof){ .nonce = 0 };
	list_init(&m->proof.in_due);
	list_init(&m->proof.in_claimed);
	list_init(&m->proof.in_source);
	list_init(&m->proof.in_community);
	draw(sn, m);
	/* Nobody outside can send from this host's loopback. */
	if (addr_is_loopback(&m->sink.endpoint.addr)) {
		confirmed(sn, now, m);
		return;
	}
	list_append(&sn->claimed, &m->proof.in_claimed);
	list_append(&m->community->claimed, &m->proof.in_community);
	list_append(&m->source->claimed, &m->proof.in_source);
}

void proof_end(struct supernode *sn, uint64_t now, struct member *m)
{
	if (m->sink.trust == TRUST_CONFIRMED) {
		groups_member_removed(sn, now, m);
		m->community->confirmed_n--;
		sn->info.confirmed--;
	}
	leave_lists(m);
}

void proof_shown(struct supernode *sn, uint64_t now, struct member *m)
{
	if (m->sink.trust != TRUST_CONFIRMED)
		confirmed(sn, now, m);
}

bool proof_ask_by_register(struct supernode *sn, struct member *m)
{
	struct wire_message ask;
	emit_begin(&ask, WIRE_REGISTER, 0, m->community->name);
	ask.reg = (struct wire_register){ .cookie = m->proof.nonce };
	memcpy(ask.reg.src, sn->config.mac, MAC_LEN);
	memcpy(ask.reg.dst, m->mac, MAC_LEN);
	return sink_tell(sn, &m->sink, &ask) == DROP_NONE;
}

/* As relayed, but without SOCKET: it would have to be the supernode's own, which the edge sees anyway. */
bool proof_ask_by_arp(struct supernode *sn, struct member *m)
{
	uint8_t mem[BUF_HEADROOM + ARP_FRAME_LEN], sender[MAC_LEN];
	struct buf b = buf_of(mem, sizeof(mem));
	struct wire_message ask;
	proof_mac(m, sender);
	arp_probe(b.data, m->mac, sender, m->address.ip);
	b.len = ARP_FRAME_LEN;
	emit_begin(&ask, WIRE_PACKET, WIRE_FROM_SUPERNODE, m->community->name);
	ask.ttl = WIRE_TTL - 1;
	ask.packet = (struct wire_packet){ .compression = COMPRESSION_NONE, .transform = TRANSFORM_NULL };
	memcpy(ask.packet.src, sn->config.mac, MAC_LEN);
	memcpy(ask.packet.dst, m->mac, MAC_LEN);
	return wire_push_packet(&b, &ask) && sink_send(sn, &m->sink, &b);
}

/* Frames of such an edge are encrypted, those of the supernode are not. */
bool proof_can_ask_by_arp(const struct member *m)
{
	return !m->ciphered && address_can_be_owned(&m->address);
}

/* Every wait is equally long, so a list to whose end things are put is sorted by time. */
static bool ask_first(struct supernode *sn, uint64_t now, struct member *m)
{
	if (!proof_ask_by_register(sn, m))
		return false;
	m->proof.step = PROOF_BY_ARP;
	m->proof.due = now + ARP_AFTER_MS;
	list_remove(&m->proof.in_due);
	list_append(&sn->proofs, &m->proof.in_due);
	return true;
}

static bool ask_second(struct supernode *sn, uint64_t now, struct member *m)
{
	struct proof *p = &m->proof;
	bool asks = proof_can_ask_by_arp(m);    /* else there is no way */
	if (asks && !proof_ask_by_arp(sn, m))
		return false;
	p->silent |= !asks;
	p->step = PROOF_ASKED;
	p->due = now + AGAIN_MS;
	return asks;
}

/* The next question, if its time has come and what came from the member pays for it. */
static bool ask(struct supernode *sn, uint64_t now, struct member *m)
{
	if (now < m->proof.due)
		return false;
	if (m->proof.step == PROOF_BY_ARP)
		return ask_second(sn, now, m);
	return ask_first(sn, now, m);
}

/* Its endpoint is known, but not how the process that is there now answers (contest.c). */
static void ask_again(struct supernode *sn, uint64_t now, struct member *m)
{
	if (m->answers != ANSWERS_NOT || now < m->proof.due)
		return;
	m->proof.due = now + AGAIN_MS;
	(void)proof_ask_by_register(sn, m);
}

void proof_heard(struct supernode *sn, uint64_t now, struct member *m, size_t bytes)
{
	if (m->sink.trust == TRUST_CONFIRMED) {
		ask_again(sn, now, m);
		return;
	}
	m->sink.credit = m->sink.credit + bytes < CREDIT_MAX ? m->sink.credit + bytes : CREDIT_MAX;
	(void)ask(sn, now, m);
}

bool proof_goes_first(struct supernode *sn, uint64_t now, struct member *m, uint32_t cookie)
{
	struct proof *p = &m->proof;
	if (m->sink.trust == TRUST_CONFIRMED)
		return false;
	if (p->silent || p->holds >= HOLDS || now - p->acked < ACK_LOST_MS || m->sink.credit >= REGISTER_LEN + ACK_LEN_MAX)
		return false;
	if (p->step == PROOF_BY_ARP && now < p->due + PATIENCE_MS)
		return false;
	if (!ask(sn, now, m))
		return false;
	p->holds++;
	p->ack_held = true;
	p->ack_cookie = cookie;
	return true;
}

void proof_answered(struct supernode *sn, uint64_t now, struct member *m, uint32_t nonce, enum answers how)
{
	if (nonce == m->proof.nonce) {
		m->answers = how;
		if (m->sink.trust != TRUST_CONFIRMED)
			confirmed(sn, now, m);
	} else if (m->sink.trust != TRUST_CONFIRMED && ++m->proof.wrong > WRONG_MAX) {
		draw(sn, m);
	}
}

bool proof_answered_by_arp(struct supernode *sn, uint64_t now, struct member *m, const uint8_t *dst)
{
	uint8_t mac[MAC_LEN];
	proof_mac(m, mac);
	if (!mac_equal(mac, dst))
		return false;
	proof_answered(sn, now, m, m->proof.nonce, ANSWERS_ARP);
	return true;
}

uint64_t proof_tick(struct supernode *sn, uint64_t now)
{
	while (!list_empty(&sn->proofs)) {
		struct member *m = LIST_ITEM(sn->proofs.next, struct member, proof.in_due);
		if (now < m->proof.due)
			return m->proof.due;
		list_remove(&m->proof.in_due);
		(void)ask(sn, now, m);
	}
	return UINT64_MAX;
}
