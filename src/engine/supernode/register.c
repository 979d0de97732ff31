/* REGISTER_SUPER and UNREGISTER_SUPER (specification 13.2, 13.3), with these differences from n2n 3.1.1:
 *
 *  - A token is compared before anything is touched.
 *  - A record that somebody else claims is not lost and not held for ever: its holder is asked (contest.c).
 *  - From the socket of the record a new token is accepted at once, because a program that was restarted on
 *    the same host and port looks like that.  But it stays "young" for a while, and cannot move the record to
 *    another socket, remove the record or change what it says: so a forged source address cannot steal it.
 *  - Address and description follow the latest REGISTER_SUPER.
 */
#include "state.h"

enum { RESTARTED_MS = 60000 };          /* until then all edges have registered again */
enum right { RIGHT_NONE, RIGHT_SOCKET, RIGHT_TOKEN };

/* To have no token either proves nothing. */
static bool same_token(const struct supernode *sn, const struct member *m, const struct wire_auth *auth)
{
	return (!sn->config.spoofing_protection && !m->community->keys.n) || (auth->scheme != AUTH_NONE && auth_equal(&m->auth, auth));
}

/* An edge without token has nothing but its socket to show. */
static enum right right_to(const struct supernode *sn, const struct member *m, const struct endpoint *from,
                           const struct wire_auth *auth)
{
	if (same_token(sn, m, auth))
		return RIGHT_TOKEN;
	if (!endpoint_equal(&m->sink.endpoint, from))
		return RIGHT_NONE;
	return auth_equal(&m->auth, auth) ? RIGHT_TOKEN : RIGHT_SOCKET;
}

/* to NULL: a stranger. */
static enum supernode_drop ack(struct supernode *sn, uint64_t now, const struct request *rq, struct sink *to)
{
	struct wire_message m;
	emit_begin(&m, WIRE_REGISTER_SUPER_ACK, WIRE_SOCKET | WIRE_FROM_SUPERNODE, rq->community);
	m.super_ack = (struct wire_register_super_ack){
		.cookie = rq->reg.cookie, .lifetime = ACK_LIFETIME_S, .socket = rq->from.addr,
	};
	memcpy(m.super_ack.mac, sn->config.mac, MAC_LEN);
	if (address_wanted(&rq->reg.address))
		m.super_ack.address = address_offer(sn, now, rq);
	enum supernode_drop drop = to ? sink_tell(sn, to, &m) : sn_send(sn, &rq->from, &rq->local, &m, rq->len);
	sn->info.counts.acks += drop == DROP_NONE;
	return drop;
}

void sn_ack_held(struct supernode *sn, uint64_t now, struct member *m)
{
	struct request rq = { .from = m->sink.endpoint, .local = m->sink.local };
	memcpy(rq.community, m->community->name, COMMUNITY_LEN);
	memcpy(rq.reg.desc, m->desc, DESC_LEN);
	rq.reg.cookie = m->proof.ack_cookie;
	rq.reg.address = m->address;
	(void)ack(sn, now, &rq, &m->sink);
}

void sn_nak(struct supernode *sn, const struct request *rq)
{
	struct wire_message m;
	emit_begin(&m, WIRE_REGISTER_SUPER_NAK, WIRE_SOCKET | WIRE_FROM_SUPERNODE, rq->community);
	m.super_nak = (struct wire_register_super_nak){ .cookie = rq->reg.cookie };
	memcpy(m.super_nak.mac, rq->reg.mac, MAC_LEN);
	if (sn_send(sn, &rq->from, &rq->local, &m, rq->len) == DROP_NONE)
		sn->info.counts.naks++;
}

static void young_forget(struct supernode *sn, struct member *m)
{
	static const struct subnet none;
	m->has_young = false;
	member_set_young_address(sn, m, &none);
}

static void young_seen(struct supernode *sn, uint64_t now, struct member *m, const struct wire_auth *auth)
{
	if (m->has_young && auth_equal(&m->young, auth))
		return;
	m->young = *auth;
	m->young_since = now;
	m->has_young = true;
	groups_member_restarted(sn, now, m);
	m->answers = ANSWERS_NOT;       /* the old program did; the new one may run without p2p */
	m->proof.due = now;
}

/* The old token was seen: whoever has the young one is not its heir.  Unseen for long enough: he is, and has its right.
 * Until then the address that he uses is his beside the one of the record, so that nobody else is given it. */
static enum right token_used(struct supernode *sn, uint64_t now, struct member *m, enum right right,
                             const struct wire_register_super *reg)
{
	if (right == RIGHT_SOCKET) {
		young_seen(sn, now, m, &reg->auth);
		if (now - m->young_since < YOUNG_TOKEN_MS) {
			member_set_young_address(sn, m, &reg->address);
			return RIGHT_SOCKET;
		}
	} else if (!auth_equal(&m->auth, &reg->auth)) {
		groups_member_restarted(sn, now, m);    /* without spoofing protection */
	}
	m->auth = reg->auth;
	young_forget(sn, m);
	return RIGHT_TOKEN;
}

static void refresh(struct supernode *sn, uint64_t now, struct member *m, enum right right, const struct request *rq)
{
	struct endpoint was = m->sink.endpoint;
	right = token_used(sn, now, m, right, &rq->reg);
	m->sink.endpoint = rq->from;
	m->sink.local = rq->local;
	if (right == RIGHT_TOKEN) {
		m->gap = now - m->registered;
		m->preferred = rq->reg.socket;
		memcpy(m->desc, rq->reg.desc, DESC_LEN);
		member_set_address(sn, m, &rq->reg.address);
	}
	member_refreshed(sn, now, m);
	if (!endpoint_equal(&was, &m->sink.endpoint)) {
		m->moved++;
		member_relocated(sn, now, m);
		note_moved(sn, now, m, &was);
	}
	if (m->contested)
		contest_holder_lives(sn, now, m);
}

static enum supernode_drop acknowledge(struct supernode *sn, uint64_t now, struct member *m, const struct request *rq)
{
	enum supernode_drop drop = DROP_NONE;
	if (rq->proven)
		proof_shown(sn, now, m);
	m->sink.credit += m->sink.trust == TRUST_CONFIRMED ? 0 : rq->len;
	if (!proof_goes_first(sn, now, m, rq->reg.cookie)) {
		drop = ack(sn, now, rq, &m->sink);
		m->proof.acked = now;
	}
	proof_heard(sn, now, m, 0);
	return drop;
}

/* There is room for another edge, if need be that of one that has proved nothing. */
static enum supernode_drop make_room(struct supernode *sn, uint64_t now, const struct request *rq)
{
	const struct community *c = community_find(sn, rq->community);
	if (source_is_full(sn, &rq->from.addr) && !member_evict_of_source(sn, now, &rq->from.addr)) {
		note_full(sn, now, "one address has as many as --max-source-edges allows");
		return SUPERNODE_DROP_SOURCE_FULL;
	}
	if (c && c->edges >= sn->config.community_edges_max && !member_evict_of(sn, now, c)) {
		note_full(sn, now, "a community has as many as --max-community-edges allows");
		return SUPERNODE_DROP_COMMUNITY_FULL;
	}
	if (sn->info.edges == sn->config.edges_max && !member_evict(sn, now)) {
		note_full(sn, now, "there are as many edges as --max-edges allows");
		return SUPERNODE_DROP_EDGES_FULL;
	}
	return DROP_NONE;
}

/* Edges that go on sending, or ask whether we are there, did not start with us: they will not announce themselves, so
 * they have to prove at once where they are, lest they miss what is flooded until they register again. */
static bool was_restarted(const struct supernode *sn, uint64_t now)
{
	return now - sn->info.started < RESTARTED_MS && (sn->info.counts.drops[SUPERNODE_DROP_UNREGISTERED] || sn->sought);
}

static enum supernode_drop create(struct supernode *sn, uint64_t now, const struct request *rq)
{
	enum supernode_drop full = make_room(sn, now, rq);
	if (full != DROP_NONE)
		return full;
	struct community *c = community_find(sn, rq->community);
	if (!c && sn->info.communities == sn->config.communities_max)
		community_evict(sn, now);
	if (!c && !(c = community_add(sn, rq->community))) {
		note_full(sn, now, "there are as many communities as --max-communities allows");
		return SUPERNODE_DROP_COMMUNITIES_FULL;
	}
	if (!subnet_is_set(&c->network))
		network_assign(sn, c);
	struct member *m = member_add(sn, now, c, rq->reg.mac, &rq->from);
	m->auth = rq->reg.auth;
	m->inherited = rq->granted;
	refresh(sn, now, m, RIGHT_TOKEN, rq);
	sn->info.counts.registrations++;
	note_member(sn, now, m, "registered");
	m->proof.acked = was_restarted(sn, now) ? 0 : now;
	return acknowledge(sn, now, m, rq);
}

/* The record with the wanted address belongs to the same process, whose MAC has changed. */
static struct member *take_over(struct supernode *sn, uint64_t now, struct member *m, struct member *old,
                                const uint8_t *mac)
{
	if (m) {
		note_member(sn, now, old, "goes on with another MAC");
		member_remove(sn, now, old);
		return m;
	}
	member_rename(sn, now, old, mac);
	note_member(sn, now, old, "has a new MAC");
	return old;
}

enum supernode_drop sn_register(struct supernode *sn, uint64_t now, const struct request *rq)
{
	const struct wire_register_super *reg = &rq->reg;
	enum right right = RIGHT_TOKEN;
	struct community *c = community_find(sn, rq->community);
	struct member *m = member_find(sn, c, reg->mac), *other = NULL;
	if (m && (right = right_to(sn, m, &rq->from, &reg->auth)) == RIGHT_NONE)
		return contest_claim(sn, now, m, rq);
	if (address_can_be_owned(&reg->address))
		other = member_with_address(sn, c, reg->address.ip);
	if (other && other != m) {
		if (!same_token(sn, other, &reg->auth))
			return contest_claim(sn, now, other, rq);
		m = take_over(sn, now, m, other, reg->mac);
	}
	if (!m)
		return create(sn, now, rq);
	if (!member_may_move(sn, m, &rq->from))
		return SUPERNODE_DROP_SOURCE_FULL;
	refresh(sn, now, m, right, rq);
	return acknowledge(sn, now, m, rq);
}

enum supernode_drop sn_register_super(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	struct request rq = { .from = *a->from, .local = *a->local, .reg = a->m.reg_super, .len = a->len, .at = now };
	memcpy(rq.community, a->m.community, COMMUNITY_LEN);
	if (!(a->m.flags & WIRE_SOCKET))
		rq.reg.socket = (struct addr){ .family = ADDR_NONE };
	if (mac_equal(rq.reg.mac, sn->config.mac))
		return SUPERNODE_DROP_SELF;
	if (mac_is_group(rq.reg.mac))
		return SUPERNODE_DROP_UNEXPECTED;
	enum supernode_drop drop = community_refused(sn, now, a);
	if (drop == DROP_NONE)
		drop = challenge_check(sn, now, a, rq.reg.mac, &rq.reg.auth, &rq.proven);
	if (drop != DROP_NONE)
		return drop;
	if (rq.reg.auth.scheme == AUTH_USER_PASSWORD) {
		sn_nak(sn, &rq);
		return SUPERNODE_DROP_TOKEN;
	}
	if (!mac_is_null(rq.reg.mac))
		return sn_register(sn, now, &rq);
	return ack(sn, now, &rq, NULL);
}

/* Whoever forges the source of the holder can have a young token too: the holder is asked whether it has gone. */
static enum supernode_drop young_leaves(struct supernode *sn, uint64_t now, struct member *m, const struct endpoint *from,
                                        const struct wire_auth *auth)
{
	if (!m->has_young || !auth_equal(&m->young, auth) || !endpoint_equal(&m->sink.endpoint, from))
		return SUPERNODE_DROP_TOKEN;
	young_forget(sn, m);
	contest_question(sn, now, m);
	return DROP_NONE;
}

enum supernode_drop sn_unregister_super(struct supernode *sn, uint64_t now, const struct arrival *a)
{
	const struct wire_unregister_super *unreg = &a->m.unreg_super;
	struct wire_auth auth = unreg->auth;
	const struct endpoint *from = a->from;
	struct member *m = member_find(sn, a->community, unreg->mac);
	bool proven;
	if (!m)
		return SUPERNODE_DROP_UNREGISTERED;
	enum supernode_drop drop = challenge_check(sn, now, a, unreg->mac, &auth, &proven);
	if (drop != DROP_NONE)
		return drop;
	if (right_to(sn, m, from, &auth) != RIGHT_TOKEN)
		return young_leaves(sn, now, m, from, &auth);
	note_member(sn, now, m, "left");
	member_gone(sn, now, m);
	return DROP_NONE;
}
