/* Between forwarding and sessions: bursts are sealed and opened; what is not a frame is handed to whom it concerns. */
#include "state.h"

static enum sealing refused(enum secure_refusal why) { return SEAL_REFUSED + why; }

/* The oldest of this peer's goes. */
static bool hold(struct secure *s, uint64_t now, struct peer_state *p, const struct burst_frame *f)
{
	size_t len = burst_frame_len(f);
	if (len > BUF_FRAME_MAX)
		return false;
	while (p->waiting.n && (p->waiting.n >= WAITING_FRAMES || p->waiting.bytes + len > WAITING_BYTES))
		parcel_drop(s, &p->waiting);
	while (!parcel_put(s, now, &p->waiting, f, NULL)) {
		if (!p->waiting.n)
			return false;
		parcel_drop(s, &p->waiting);
	}
	return true;
}

static enum sealing hold_all(struct secure *s, uint64_t now, struct peer_state *p, const struct burst *frames)
{
	bool held = false;
	for (size_t i = 0; i < frames->n; i++) {
		if (hold(s, now, p, &frames->frame[i]))
			held = true;
		else
			s->counts.waiting_dropped++;
	}
	secure_begin(s, now, p);
	return held ? SEAL_HELD : refused(SECURE_REFUSED_WAITING_FULL);
}

/* When it is time for another session, and whether the peer is still there. */
static void went_out(struct secure *s, uint64_t now, struct peer_state *p, const struct session *by)
{
	if (!p->unanswered)
		p->unanswered = now;
	if (now >= by->rekey_at)
		(void)secure_begin_again(s, now, p);
	if (now - p->unanswered >= UNHEARD_MS)
		control_probe_used(s, now, p);
	if (now - p->unanswered >= SILENT_MS)
		(void)secure_begin_again(s, now, p);
}

static void copy_in(struct seal *sl, struct aead_frame *out, uint8_t **at, const struct burst_frame *f)
{
	uint8_t *to = *at + SESSION_HEADER;
	size_t len = burst_frame_len(f);
	memcpy(to, f->head, f->head_len);
	if (f->body_len)
		memcpy(to + f->head_len, f->body, f->body_len);
	*out = (struct aead_frame){ .data = to, .len = len };
	sl->frame[sl->out.n++] = (struct burst_frame){ .head = *at, .head_len = len + SESSION_OVERHEAD };
	sl->out.bytes += len + SESSION_OVERHEAD;
	*at += len + SESSION_OVERHEAD;
}

enum sealing forward_seal(void *ctx, uint64_t now, struct seal *sl)
{
	struct secure *s = ctx;
	struct aead_frame frame[BURST_MAX];
	uint8_t *at = sl->room;
	if (mac_is_group(sl->dst))
		return secure_groups_seal(s->groups, now, sl);
	struct peer_state *p = secure_peer_get(s, now, sl->dst);
	if (!p)
		return refused(SECURE_REFUSED_PEERS_FULL);
	struct session *ss = secure_peer_sealing(s, now, p);
	if (!ss || SEALS_MESSAGES - ss->counter < sl->frames->n)
		return hold_all(s, now, p, sl->frames);
	for (size_t i = 0; i < sl->frames->n; i++)
		copy_in(sl, &frame[i], &at, &sl->frames->frame[i]);
	(void)!session_seal(ss, KIND_DATA, frame, sl->frames->n);      /* there is room for that many, as was looked */
	went_out(s, now, p, ss);
	return SEALED;
}

static uint8_t kind_of(const struct burst_frame *f) { return f->head_len ? f->head[0] : 0; }

/* What follows the first and may be opened with it. */
static size_t run_of(const struct opening *o, size_t same)
{
	size_t n = 1;
	while (n < o->n && o->payload[n].head_len >= same && !memcmp(o->payload[n].head, o->payload[0].head, same))
		n++;
	return n;
}

/* One of us was restarted, or somebody makes things up. */
static enum secure_refusal unknown_index(struct secure *s, uint64_t now, const struct opening *o)
{
	const struct peer_state *known = secure_peer_find(s, o->src);
	if (known && (within(known->heard, now, UNHEARD_MS) || known->attempt.on || within(known->began, now, BEGIN_AGAIN_MS)))
		return SECURE_REFUSED_INDEX;
	if (!bucket_take(&s->unknown, now, 1))
		return SECURE_REFUSED_INDEX;
	struct peer_state *p = secure_peer_get(s, now, o->src);
	if (p)
		(void)secure_begin_again(s, now, p);
	return SECURE_REFUSED_INDEX;
}

static uint8_t result_of(enum secure_refusal why, bool frame)
{
	if (why != OPENED)
		return (uint8_t)(OPEN_REFUSED + why);
	return frame ? OPEN_FRAME : OPEN_CONTROL;
}

static void open_session(struct secure *s, uint64_t now, struct opening *o, struct session *ss)
{
	bool frames = kind_of(o->payload) == KIND_DATA;
	struct way way = way_of(o);
	memcpy(o->edge, ss->peer->mac, MAC_LEN);
	session_open(ss, o->payload, o->result, o->n);
	for (size_t i = 0; i < o->n; i++) {
		enum secure_refusal why = o->result[i];
		ss->peer->replays += why == SECURE_REFUSED_REPLAYED;
		if (why == OPENED) {
			secure_peer_heard(s, now, ss, &way);
			why = frames ? secure_source_refused(s, now, o->edge, &o->payload[i])
				: control_in(s, now, ss, &way, o->payload[i].head, o->payload[i].head_len);
		}
		o->result[i] = result_of(why, frames);
	}
}

static void open_sealed(struct secure *s, uint64_t now, struct opening *o)
{
	enum secure_refusal why = SECURE_REFUSED_MALFORMED;
	struct place *pl = NULL;
	o->n = run_of(o, 8);
	if (o->payload[0].head_len >= SESSION_OVERHEAD) {
		pl = secure_place_find(s, handshake_receiver(o->payload[0].head));
		why = pl && pl->kind != PLACE_ATTEMPT ? OPENED : unknown_index(s, now, o);
	}
	struct session *ss = why == OPENED && pl->kind == PLACE_SESSION ? (struct session *)(void *)pl : NULL;
	if (ss && session_may_open(ss, now)) {
		open_session(s, now, o, ss);
		return;
	}
	if (ss)
		why = SECURE_REFUSED_EXPIRED;
	for (size_t i = 0; i < o->n; i++) {
		enum secure_refusal each = why;
		if (why == OPENED)
			each = secure_early(s, now, o, (struct answer *)(void *)pl, &o->payload[i]);
		o->result[i] = each == OPENED ? OPEN_HELD : result_of(each, false);
	}
}

static void open_group(struct secure *s, uint64_t now, struct opening *o)
{
	struct peer_state *p = secure_peer_find(s, o->src);
	struct session *ss = p ? secure_peer_sealing(s, now, p) : NULL;
	struct group_opening in = { .o = o, .session = p && secure_peer_is_live(p, now), .wanted = o->wanted };
	o->n = run_of(o, 1);
	secure_groups_open(s->groups, now, &in);
	s->groups_due = 0;
	for (size_t i = 0; i < o->n; i++)
		if (o->result[i] == OPEN_FRAME)
			o->result[i] = result_of(secure_source_refused(s, now, o->edge, &o->payload[i]), true);
	if (in.ask && ss) {
		control_ask(s, now, ss);
	} else if ((in.restarted || (in.ask && bucket_take(&s->keyless, now, 1))) &&
	           (p = secure_peer_get(s, now, o->src))) {
		(void)secure_begin_again(s, now, p);
	}
}

static enum secure_refusal message(struct secure *s, uint64_t now, const struct opening *o)
{
	const uint8_t *data = o->payload[0].head;
	size_t len = o->payload[0].head_len;
	switch (kind_of(o->payload)) {
	case KIND_INIT:
		return secure_init(s, now, o, data, len);
	case KIND_RESPONSE:
		return secure_response(s, now, o, data, len);
	case KIND_FINISH:
		return secure_finish(s, now, o, data, len);
	case KIND_RETRY:
		return secure_retry(s, now, o, data, len);
	default:
		return SECURE_REFUSED_KIND;
	}
}

void forward_open(void *ctx, uint64_t now, struct opening *o)
{
	struct secure *s = ctx;
	memcpy(o->edge, o->src, MAC_LEN);
	memset(s->last_source, 0, MAC_LEN);
	switch (kind_of(o->payload)) {
	case KIND_DATA:
	case KIND_CONTROL:
		open_sealed(s, now, o);
		break;
	case KIND_GROUP:
	case KIND_CALL:
		open_group(s, now, o);
		break;
	default:
		o->n = 1;
		o->result[0] = result_of(message(s, now, o), false);
	}
}

bool forward_next(void *ctx, uint64_t now, struct transform_say *out)
{
	struct secure *s = ctx;
	return saying_next(s, out) || release_next(s, now, out) || release_group(s, now, out);
}

uint64_t forward_tick(void *ctx, uint64_t now)
{
	struct secure *s = ctx;
	s->released->half ^= 1;
	s->released->used = 0;
	if (now >= s->groups_due)
		s->groups_due = secure_groups_tick(s->groups, now);
	uint64_t due = earlier(s->groups_due, secure_peers_tick(s, now));
	return s->releasing ? now + 1 : due;
}

void forward_probe(void *ctx, uint64_t now, const uint8_t edge[static MAC_LEN], const struct endpoint *to)
{
	struct secure *s = ctx;
	struct peer_state *p = secure_peer_find(s, edge);
	if (p)
		control_probe(s, now, p, to, false);
}
