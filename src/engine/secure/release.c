/* What has waited: messages that came before FINISH, and frames for those with whom there is a session now. */
#include "state.h"

static uint8_t *room(struct secure *s, size_t len)
{
	struct released *r = s->released;
	if (len > RELEASED - r->used)
		return NULL;
	uint8_t *at = r->bytes[r->half] + r->used;
	r->used += len;
	return at;
}

static bool to_tap(struct secure *s, const uint8_t edge[static MAC_LEN], const struct burst_frame *f, struct transform_say *out)
{
	s->frame = *f;
	*out = (struct transform_say){ .how = SAY_TO_TAP, .frames = true, .burst = { &s->frame, 1, burst_frame_len(f) } };
	memcpy(out->edge, edge, MAC_LEN);
	return true;
}

/* True: it is a frame to be delivered. */
static bool open_early(struct secure *s, uint64_t now, struct peer_state *p, const struct way *way, struct burst_frame *f)
{
	uint8_t kind = f->head[0], result;
	enum secure_refusal why;
	session_open(p->early_by, f, &result, 1);
	why = result;
	if (why == OPENED) {
		secure_peer_heard(s, now, p->early_by, way);
		memset(s->last_source, 0, MAC_LEN);
		why = kind == KIND_DATA ? secure_source_refused(s, now, p->mac, f)
			: control_in(s, now, p->early_by, way, f->head, f->head_len);
	}
	s->counts.waiting_dropped += why != OPENED;
	return why == OPENED && kind == KIND_DATA;
}

/* False: nothing to deliver. */
static bool early_next(struct secure *s, uint64_t now, struct peer_state *p, struct transform_say *out)
{
	while (p->early.n && p->early_by) {
		if (now - p->early.first->at >= EARLY_MS) {
			parcel_drop(s, &p->early);
			continue;
		}
		struct burst_frame f = { .head_len = p->early.first->len };
		struct way way;
		f.head = room(s, f.head_len);
		if (!f.head)
			return false;
		parcel_take(s, &p->early, f.head, &way);
		if (open_early(s, now, p, &way, &f))
			return to_tap(s, p->mac, &f, out);
		if (s->sayings.n)
			return saying_next(s, out);
	}
	return false;
}

static bool waiting_next(struct secure *s, uint64_t now, struct peer_state *p, struct transform_say *out)
{
	struct session *ss = secure_peer_sealing(s, now, p);
	struct aead_frame f = { .data = s->sealed + SESSION_HEADER };
	if (!ss || !p->waiting.n)
		return false;
	f.len = p->waiting.first->len;
	parcel_take(s, &p->waiting, f.data, NULL);
	if (!session_seal(ss, KIND_DATA, &f, 1)) {
		wipe(f.data, f.len);
		s->counts.waiting_dropped++;
		return false;
	}
	if (!p->unanswered)
		p->unanswered = now;
	s->frame = (struct burst_frame){ .head = s->sealed, .head_len = f.len + SESSION_OVERHEAD };
	*out = (struct transform_say){ .how = SAY_BY_PATH, .frames = true, .burst = { &s->frame, 1, s->frame.head_len } };
	memcpy(out->edge, p->mac, MAC_LEN);
	return true;
}

bool release_next(struct secure *s, uint64_t now, struct transform_say *out)
{
	for (struct peer_state *p; (p = s->releasing); ) {
		if (early_next(s, now, p, out) || waiting_next(s, now, p, out))
			return true;
		if (p->early.n && p->early_by)  /* there is room for it after the next tick */
			return false;
		s->releasing = p->next_releasing;
		p->releasing = false;
	}
	return false;
}

bool release_group(struct secure *s, uint64_t now, struct transform_say *out)
{
	uint8_t edge[MAC_LEN];
	struct burst_frame f;
	while (secure_groups_next(s->groups, now, edge, &f)) {
		memset(s->last_source, 0, MAC_LEN);
		if (secure_source_refused(s, now, edge, &f) == OPENED)
			return to_tap(s, edge, &f, out);
		s->counts.waiting_dropped++;
	}
	return false;
}
