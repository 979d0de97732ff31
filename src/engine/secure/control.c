/* CONTROL: is the peer there, from where does it see us, and sender keys. */
#include "state.h"

enum { SOCKET_V6 = 0x8000 };
enum { ANSWER_MAX = CONTROL_HEADER + PROBE_ID + 20 };

static struct saying *say(struct secure *s, uint64_t now, struct session *ss, enum transform_way how, const uint8_t *content,
                          size_t len)
{
	uint8_t bytes[SESSION_OVERHEAD + CONTROL_MAX];
	struct aead_frame f = { .data = bytes + SESSION_HEADER, .len = len };
	memcpy(f.data, content, len);
	bool sealed = session_seal(ss, KIND_CONTROL, &f, 1);
	if (!sealed)
		wipe(bytes, sizeof(bytes));
	if (!ss->peer->unanswered)
		ss->peer->unanswered = now;
	return sealed ? saying_add(s, how, ss->peer->mac, bytes, len + SESSION_OVERHEAD) : NULL;
}

static bool say_to(struct secure *s, uint64_t now, struct session *ss, const struct endpoint *to, const uint8_t *content,
                   size_t len)
{
	struct saying *said = say(s, now, ss, endpoint_is_set(to) ? SAY_TO_ENDPOINT : SAY_BY_RELAY, content, len);
	if (said)
		said->to = *to;
	return said;
}

/* The slot for this endpoint: the same again, else the longest unused.  Where messages have come from has one of its own,
 * so that whoever sends caught ones on from elsewhere does not push the others out. */
static struct probing *slot_for(struct secure *s, uint64_t now, struct peer_state *p, const struct endpoint *to, bool roamed)
{
	struct probing *slot = &p->probes[roamed ? PROBES - 1 : 0];
	for (size_t i = 0; i < PROBES - 1 && !roamed; i++) {
		struct probing *other = &p->probes[i];
		if (other->wanted && endpoint_equal(&other->to, to))
			return other;
		if (other->wanted < slot->wanted)
			slot = other;
	}
	if (roamed && (within(slot->at, now, PROBE_MS) || endpoint_equal(&slot->to, to)))
		return slot;
	*slot = (struct probing){ .to = *to, .roamed = roamed };
	s->host.random(s->host.ctx, slot->id, PROBE_ID);
	return slot;
}

static void ask(struct secure *s, uint64_t now, struct probing *slot, struct session *ss)
{
	uint8_t content[CONTROL_HEADER + PROBE_ID] = { CONTROL_PROBE };
	if (within(slot->at, now, PROBE_MS))
		return;
	memcpy(content + CONTROL_HEADER, slot->id, PROBE_ID);
	slot->at = now;
	if (say_to(s, now, ss, &slot->to, content, sizeof(content)))
		s->counts.probes_sent++;
}

void control_probe(struct secure *s, uint64_t now, struct peer_state *p, const struct endpoint *to, bool roamed)
{
	struct session *ss = secure_peer_sealing(s, now, p);
	struct probing *slot = slot_for(s, now, p, to, roamed);
	slot->wanted = now;
	if (ss)
		ask(s, now, slot, ss);
}

void control_probe_wanted(struct secure *s, uint64_t now, struct peer_state *p)
{
	struct session *ss = secure_peer_sealing(s, now, p);
	for (size_t i = 0; ss && i < PROBES; i++)
		if (within(p->probes[i].wanted, now, PROBE_OLD_MS))
			ask(s, now, &p->probes[i], ss);
}

/* The answer shows that the peer lives, not by which way. */
void control_probe_used(struct secure *s, uint64_t now, struct peer_state *p)
{
	uint8_t content[CONTROL_HEADER + PROBE_ID] = { CONTROL_PROBE };
	struct session *ss = secure_peer_sealing(s, now, p);
	if (!ss || within(p->probed, now, PROBE_MS))
		return;
	p->probed = now;
	s->host.random(s->host.ctx, content + CONTROL_HEADER, PROBE_ID);
	if (say(s, now, ss, SAY_BY_PATH, content, sizeof(content)))
		s->counts.probes_sent++;
}

void control_tell(struct secure *s, uint64_t now, struct session *ss)
{
	uint8_t content[CONTROL_MAX] = { CONTROL_SENDER_KEY };
	secure_groups_tell(s->groups, now, ss->peer->mac, ss->suites, content + CONTROL_HEADER);
	ss->told_at = now;
	(void)say(s, now, ss, SAY_BY_PATH, content, sizeof(content));
	wipe(content, sizeof(content));
}

void control_tell_again(struct secure *s, uint64_t now, struct session *ss)
{
	if (!within(ss->told_at, now, AGAIN_MS) && session_may_seal(ss, now))
		control_tell(s, now, ss);
}

void control_ask(struct secure *s, uint64_t now, struct session *ss)
{
	static const uint8_t content[CONTROL_HEADER] = { CONTROL_SEND_YOURS };
	(void)say(s, now, ss, SAY_BY_PATH, content, sizeof(content));
}

/* type (1) 0 (3) id (8) socket, as n2n writes it; zeros: not known. */
static enum secure_refusal probed(struct secure *s, uint64_t now, struct session *by, const struct way *way,
                                  const uint8_t *body, size_t len)
{
	uint8_t content[ANSWER_MAX] = { CONTROL_ANSWER };
	struct wr w = wr_of(content + CONTROL_HEADER, sizeof(content) - CONTROL_HEADER);
	struct session *ss = secure_peer_sealing(s, now, by->peer);
	const struct addr *seen = &way->from.addr;
	for (size_t i = PROBE_ID; i < len; i++)
		if (body[i])
			return SECURE_REFUSED_CONTROL;
	if (len < PROBE_ID)
		return SECURE_REFUSED_CONTROL;
	wr_bytes(&w, body, PROBE_ID);
	if (way->relayed) {
		wr_zero(&w, 8);
	} else {
		wr_u16(&w, seen->family == ADDR_V6 ? SOCKET_V6 : 0);
		wr_u16(&w, seen->port);
		wr_bytes(&w, seen->ip, addr_ip_len(seen));
	}
	static const struct endpoint relay;
	if (ss)
		(void)say_to(s, now, ss, way->relayed ? &relay : &way->from, content, (size_t)(w.at - content));
	return OPENED;
}

static enum secure_refusal answered(struct secure *s, uint64_t now, struct session *by, const struct way *way,
                                    const uint8_t *body, size_t len)
{
	struct peer_state *p = by->peer;
	bool v6 = len > PROBE_ID && body[PROBE_ID] & SOCKET_V6 >> 8;
	if (len != (v6 ? PROBE_ID + 20u : PROBE_ID + 8u))
		return SECURE_REFUSED_CONTROL;
	s->counts.probes_answered++;
	for (size_t i = 0; i < PROBES && !way->relayed; i++) {
		struct probing *slot = &p->probes[i];
		if (memcmp(slot->id, body, PROBE_ID) || !within(slot->at, now, PROBE_OLD_MS) ||
		    !endpoint_equal(&slot->to, &way->from))
			continue;
		p->path = way->from;
		struct saying *works = saying_add(s, SAY_WORKS, p->mac, NULL, 0);
		if (!works)
			return OPENED;
		works->to = way->from;
		works->asked = slot->at;
		works->roamed = slot->roamed;
	}
	return OPENED;
}

enum secure_refusal control_in(struct secure *s, uint64_t now, struct session *by, const struct way *way,
                               const uint8_t *content, size_t len)
{
	if (len < CONTROL_HEADER || content[1] || content[2] || content[3])
		return SECURE_REFUSED_CONTROL;
	const uint8_t *body = content + CONTROL_HEADER;
	len -= CONTROL_HEADER;
	switch (content[0]) {
	case CONTROL_PROBE:
		return probed(s, now, by, way, body, len);
	case CONTROL_ANSWER:
		return answered(s, now, by, way, body, len);
	case CONTROL_SENDER_KEY:
		return secure_groups_told(s->groups, now, by->peer->mac, by->serial, body, len) ? OPENED
			: SECURE_REFUSED_SENDER_KEY;
	case CONTROL_SEND_YOURS:
		if (len)
			return SECURE_REFUSED_CONTROL;
		control_tell_again(s, now, by);
		return OPENED;
	default:
		return SECURE_REFUSED_CONTROL;
	}
}
