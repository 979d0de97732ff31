/* What status shows of sessions. */
#include "state.h"

void secure_info(const struct secure *s, struct secure_info *out)
{
	const struct peer_state *p;
	*out = (struct secure_info){
		.counts = s->counts, .peers = s->peers.used, .sessions = s->sessions.used, .answering = s->answers.used,
	};
	for (size_t cursor = 0; (p = pool_each(&s->peers, &cursor)); ) {
		out->waiting_frames += p->waiting.n;
		out->waiting_bytes += p->waiting.bytes;
	}
}

bool secure_peer_next(const struct secure *s, size_t *cursor, struct secure_peer_info *out)
{
	const struct peer_state *p = pool_each(&s->peers, cursor);
	if (!p)
		return false;
	const struct session *ss = p->sealing;
	*out = (struct secure_peer_info){
		.session = ss, .suite = ss ? ss->suite : 0, .made = ss ? ss->made : 0, .heard = p->heard, .handshake = p->handshake,
		.rekeys = p->rekeys, .replays = p->replays,
	};
	memcpy(out->mac, p->mac, MAC_LEN);
	if (ss)
		memcpy(out->public, ss->public, SECURE_KEY);
	return true;
}

void secure_group_info(const struct secure *s, struct secure_group_info *out)
{
	secure_groups_info(s->groups, out);
}
