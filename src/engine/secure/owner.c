/* Whose a MAC is: of the identity that it is made from; else of the one that has a live session by it; and with a trust list
 * only of those who are listed.
 */
#include "state.h"

bool owner_is_trusted(const struct secure *s, const uint8_t mac[static MAC_LEN], const uint8_t public[static NOISE_KEY])
{
	if (!s->only_listed)
		return true;
	for (size_t i = 0; i < s->trusted_n; i++) {
		const struct secure_trusted *t = &s->trusted[i];
		if (!memcmp(t->public, public, NOISE_KEY) && (!t->bound || mac_equal(t->mac, mac)))
			return true;
	}
	return false;
}

/* Once for each that is new among the last few. */
static enum secure_refusal refuse(struct secure *s, enum secure_refusal why, enum secure_note_kind kind,
                                  const uint8_t mac[static MAC_LEN], const uint8_t public[static NOISE_KEY])
{
	for (size_t i = 0; i < NOTED; i++) {
		const struct secure_note *n = &s->noted[i];
		if (n->kind == kind && mac_equal(n->mac, mac) && !memcmp(n->public, public, NOISE_KEY))
			return why;
	}
	struct secure_note *n = &s->noted[s->noted_at++ % NOTED];
	n->kind = kind;
	memcpy(n->mac, mac, MAC_LEN);
	memcpy(n->public, public, NOISE_KEY);
	secure_note(s, kind, mac, public);
	return why;
}

/* Its holder is asked whether it lives. */
static void claimed(struct secure *s, uint64_t now, struct peer_state *p)
{
	if (p->taken)
		return;
	p->taken = now;
	control_probe_used(s, now, p);
	secure_peer_busy(s, p);
}

static const struct session *another(const struct peer_state *p, uint64_t now, const uint8_t public[static NOISE_KEY])
{
	for (const struct session *ss = p->sessions; ss; ss = ss->next)
		if (session_may_open(ss, now) && memcmp(ss->public, public, NOISE_KEY))
			return ss;
	return NULL;
}

enum secure_refusal owner_refused(struct secure *s, uint64_t now, const uint8_t mac[static MAC_LEN],
                                  const uint8_t public[static NOISE_KEY])
{
	uint8_t made[MAC_LEN];
	if (!memcmp(public, s->own.public, NOISE_KEY))
		return SECURE_REFUSED_SELF;
	if (!owner_is_trusted(s, mac, public))
		return refuse(s, SECURE_REFUSED_NOT_TRUSTED, SECURE_NOTE_NOT_TRUSTED, mac, public);
	secure_mac_of(made, public);
	if (secure_mac_is_made(mac) && !mac_equal(mac, made))
		return refuse(s, SECURE_REFUSED_NOT_OWNER, SECURE_NOTE_NOT_OWNER, mac, public);
	struct peer_state *p = secure_peer_find(s, mac);
	if (!p || !another(p, now, public))
		return OPENED;
	claimed(s, now, p);
	return refuse(s, SECURE_REFUSED_TAKEN, SECURE_NOTE_TAKEN, mac, public);
}

/* Nothing has come from the holder since somebody else claimed the MAC: it may have it. */
void owner_tick(struct secure *s, uint64_t now, struct peer_state *p)
{
	if (now - p->taken < TAKEN_MS) {
		control_probe_used(s, now, p);
		return;
	}
	p->taken = 0;
	while (p->sessions)
		secure_session_end(s, p->sessions);
	secure_groups_forget(s->groups, p->mac);
}

/* A frame from behind an edge comes from any MAC but those of edges that are known to us. */
enum secure_refusal secure_source_refused(struct secure *s, uint64_t now, const uint8_t edge[static MAC_LEN],
                                          const struct burst_frame *f)
{
	if (f->head_len < ETH_HEADER_LEN)
		return SECURE_REFUSED_FRAME;
	const uint8_t *src = f->head + MAC_LEN;
	if (mac_equal(src, s->mac))
		return SECURE_REFUSED_OWN_SOURCE;
	if (mac_equal(src, edge) || mac_equal(src, s->last_source))
		return OPENED;
	const struct peer_state *p = secure_peer_find(s, src);
	if ((p && secure_peer_is_live(p, now)) || secure_groups_knows(s->groups, src))
		return SECURE_REFUSED_FOREIGN_SOURCE;
	memcpy(s->last_source, src, MAC_LEN);
	return OPENED;
}
