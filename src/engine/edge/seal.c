/* Between frames and what the transform makes of them: bursts are sealed and opened, and what the transform itself has
 * to say goes out.
 */
#include "state.h"

static void refused(struct edge *e, unsigned reason, size_t n)
{
	if (reason < TRANSFORM_REFUSALS_MAX)
		e->info.refused[reason] += n;
}

/* Leaves in *burst what is to be sent: s->out, or the burst itself.  None: it is held. */
enum edge_drop seal_burst(struct edge *e, uint64_t now, const uint8_t dst[static MAC_LEN], struct seal *s,
                          const struct burst **burst)
{
	const struct transform *t = e->config.transform;
	const struct burst *frames = *burst;
	if (!t->seal)
		return GOOD;
	s->dst = dst;
	s->frames = frames;
	s->out = (struct burst){ .frame = s->frame };
	s->room = e->host.room(e->host.ctx, frames->bytes + frames->n * t->overhead_max);
	if (!s->room)
		return EDGE_DROP_NO_ROOM;
	enum sealing result = t->seal(t->ctx, now, s);
	*burst = result == SEALED ? &s->out : NULL;
	if (result == SEAL_HELD)
		e->info.counts.held_out += frames->n;
	if (result < SEAL_REFUSED)
		return GOOD;
	refused(e, result - SEAL_REFUSED, frames->n);
	return EDGE_DROP_NOT_SEALED;
}

/* Frames close ranks: their number. */
static size_t frames_of(struct edge *e, const struct opening *o, size_t *bytes)
{
	size_t n = 0;
	*bytes = 0;
	for (size_t i = 0; i < o->n; i++) {
		if (o->result[i] == OPEN_FRAME) {
			*bytes += o->payload[i].head_len;
			o->payload[n++] = o->payload[i];
		} else if (o->result[i] == OPEN_HELD) {
			e->info.counts.held_in++;
		} else if (o->result[i] >= OPEN_REFUSED) {
			refused(e, o->result[i] - OPEN_REFUSED, 1);
			drop(e, EDGE_DROP_NOT_OPENED);
		}
	}
	return n;
}

void seal_open(struct edge *e, uint64_t now, struct arrival *a)
{
	const struct transform *t = e->config.transform;
	struct opening o;
	for (size_t at = 0; at < a->burst.n; at += o.n) {
		o.from = a->from;
		o.relayed = is_relayed(&a->m);
		o.src = a->m.packet.src;
		o.dst = a->m.packet.dst;
		o.wanted = !mac_is_group(o.dst) || groups_wanted(e, o.dst);
		o.payload = a->frame + at;
		o.n = a->burst.n - at;
		t->open(t->ctx, now, &o);
		size_t bytes, n = frames_of(e, &o, &bytes);
		const struct burst opened = { o.payload, n, bytes };
		if (n)
			frames_opened(e, now, a, o.edge, &opened);
	}
}

static void send_said(struct edge *e, const struct endpoint *to, const struct transform_say *said, struct peer *p)
{
	struct burst_header header;
	if (!packet_header(e, said->edge, &header))
		return;
	emit_copies(&e->host, to, NULL, &header, &said->burst);
	if (to == &e->reg.to && move_also(e, p))
		emit_copies(&e->host, move_also(e, p), NULL, &header, &said->burst);
	if (said->frames)
		frames_sent(e, p, &said->burst, to == &e->reg.to);
}

/* Not into the own overlay: what lies there may be made up. */
static void say_to(struct edge *e, const struct transform_say *said, struct peer *p)
{
	if ((p && path_knows(&p->path, &said->to)) || endpoint_usable(e, &said->to))
		send_said(e, &said->to, said, p);
	else
		drop(e, EDGE_DROP_ENDPOINT_REFUSED);
}

static void say(struct edge *e, uint64_t now, const struct transform_say *said)
{
	struct peer *p = peer_find(e, said->edge);
	const struct endpoint *direct = p ? contact_path(e, now, p) : NULL;
	switch (said->how) {
	case SAY_BY_PATH:
		if (p)
			contact_seek(e, now, p);
		if (direct || relay_works(e))
			send_said(e, direct ? direct : &e->reg.to, said, p);
		break;
	case SAY_BY_BOTH:
		if (direct)
			send_said(e, direct, said, p);
		/* fall through */
	case SAY_BY_RELAY:
		if (relay_works(e))
			send_said(e, &e->reg.to, said, p);
		break;
	case SAY_TO_ENDPOINT:
		say_to(e, said, p);
		break;
	case SAY_TO_TAP:
		frames_released(e, now, said->edge, &said->burst);
		break;
	case SAY_WORKS:
		if (p)
			contact_works(e, now, p, said);
		break;
	}
}

void seal_say(struct edge *e, uint64_t now)
{
	const struct transform *t = e->config.transform;
	struct transform_say said;
	while (!e->stopped && t->next(t->ctx, now, &said))
		say(e, now, &said);
}

uint64_t seal_tick(struct edge *e, uint64_t now)
{
	const struct transform *t = e->config.transform;
	if (!t->tick)
		return UINT64_MAX;
	uint64_t due = t->tick(t->ctx, now);
	seal_say(e, now);
	return due;
}

void seal_mac(struct edge *e, uint64_t now)
{
	const struct transform *t = e->config.transform;
	if (t->mac)
		t->mac(t->ctx, now, e->mac);
}
