/* Frames between TAP and engine: super-frames are cut on the way in and joined on the way out. */
#include <stdlib.h>

#include "core/coalesce.h"
#include "core/layers.h"
#include "core/segment.h"
#include "app/edge/daemon.h"
#include "io/gro.h"
#include "io/tap.h"

enum {
	FRAMES = 512,           /* handed to the engine at once */
	HEADERS = 128 * 1024,   /* bytes: headers of cut frames in one turn */
	SEALED_BYTES = 1024 * 1024      /* a burst of jumbo frames, sealed, and more */
};

struct edge_frames {
	struct burst_frame frame[FRAMES];
	size_t n, used;
	uint64_t bad, own;
	bool gro_off;                   /* the administrator wants nothing joined */
	struct coalesce *coalesce;
	uint8_t header[HEADERS];
	size_t sealed_used;
	uint8_t sealed[SEALED_BYTES];
};

static void write_frame(void *ctx, const struct coalesced *frame)
{
	struct edge_daemon *d = ctx;
	tap_write(edge_tap_device(d), frame);
}

bool edge_frames_open(struct edge_daemon *d)
{
	const struct coalesce_out out = { d, write_frame };
	d->frames = calloc(1, sizeof(*d->frames));
	if (d->frames)
		d->frames->coalesce = coalesce_new(&out);
	if (d->frames && d->frames->coalesce)
		return true;
	log_errx("not enough memory for the frames of one turn");
	return false;
}

void edge_frames_close(struct edge_daemon *d)
{
	if (d->frames)
		coalesce_free(d->frames->coalesce);
	free(d->frames);
}

void edge_frames_deliver(struct edge_daemon *d, const struct buf *frame)
{
	coalesce_put(d->frames->coalesce, frame->data, frame->len);
}

void edge_frames_flush(struct edge_daemon *d)
{
	struct tap_features have = tap_features(edge_tap_device(d));
	bool may = !d->frames->gro_off;
	struct coalesce_kinds kinds = {
		.tcp4 = may && have.tso, .tcp6 = may && have.tso, .udp = may && have.uso && !d->conf.no_join_udp
	};
	coalesce_flush(d->frames->coalesce);
	coalesce_set_kinds(d->frames->coalesce, &kinds);
}

void edge_frames_look_at_gro(struct edge_daemon *d)
{
	bool off = gro_is_off(edge_tap_name(d));
	if (off != d->frames->gro_off)
		log_info(off ? "gro is off on %s: frames are not joined" : "gro is on again on %s: frames are joined",
		         edge_tap_name(d));
	d->frames->gro_off = off;
}

void edge_frames_inject(struct edge_daemon *d, const struct buf *frame)
{
	struct coalesced one = {
		.frames = 1, .pieces = 1, .len = frame->len, .piece = { { frame->data, frame->len } }
	};
	edge_frames_flush(d);
	tap_write(edge_tap_device(d), &one);
}

uint64_t edge_frames_bad(const struct edge_daemon *d)
{
	return d->frames->bad;
}

uint64_t edge_frames_own(const struct edge_daemon *d)
{
	return d->frames->own;
}

/* A route has led a datagram of ours into the TAP: to carry it would make another one, and so on. */
static bool holds_own_datagram(struct edge_daemon *d, const struct tap_frame *frame)
{
	struct layers l;
	struct addr source;
	if (!layers_view(&l, frame->data, frame->len) || !layers_udp_source(&l, &source) || source.port != udp_port(d->udp))
		return false;
	return edge_ways_is_own(d, &source);
}

uint8_t *edge_frames_room(struct edge_daemon *d, size_t len)
{
	struct edge_frames *f = d->frames;
	if (len > SEALED_BYTES)
		return NULL;
	if (len > SEALED_BYTES - f->sealed_used) {
		udp_flush(d->udp);
		f->sealed_used = 0;
	}
	f->sealed_used += len;
	return f->sealed + f->sealed_used - len;
}

static void hand_over(struct edge_daemon *d)
{
	if (d->frames->n)
		edge_frames_from_tap(d->engine, d->now, d->frames->frame, d->frames->n);
	d->frames->n = 0;
}

/* For one more frame.  The headers must stay until the datagrams have left. */
static void make_room(struct edge_daemon *d, size_t header_len)
{
	struct edge_frames *f = d->frames;
	if (f->n < FRAMES && f->used + header_len <= HEADERS)
		return;
	hand_over(d);
	if (f->used + header_len <= HEADERS)
		return;
	udp_flush(d->udp);
	f->used = 0;
}

static bool cut(struct edge_daemon *d, const struct tap_frame *super)
{
	struct edge_frames *f = d->frames;
	struct segment s;
	const uint8_t *payload;
	size_t len;
	if (!segment_begin(&s, super->data, super->len, &super->offload))
		return false;
	for (size_t i = 0; i < s.count; i++) {
		make_room(d, s.header_len);
		uint8_t *header = f->header + f->used;
		if (!segment_next(&s, header, &payload, &len))
			break;
		f->frame[f->n++] = (struct burst_frame){
			.head = header, .head_len = s.header_len, .body = payload, .body_len = len
		};
		f->used += s.header_len;
	}
	return true;
}

static bool whole(struct edge_daemon *d, const struct tap_frame *frame)
{
	if (frame->offload.checksum && !segment_checksum(frame->data, frame->len, &frame->offload))
		return false;
	make_room(d, 0);
	d->frames->frame[d->frames->n++] = (struct burst_frame){ .head = frame->data, .head_len = frame->len };
	return true;
}

void edge_tap_readable(void *ctx, uint64_t now, unsigned events)
{
	(void)events;
	struct edge_daemon *d = ctx;
	struct tap_frame *frames;
	d->now = now;
	d->frames->used = d->frames->sealed_used = 0;
	size_t n = tap_read(edge_tap_device(d), &frames), bytes = 0;
	for (size_t i = 0; i < n; i++) {
		bytes += frames[i].len;
		if (holds_own_datagram(d, &frames[i])) {
			d->frames->own++;
			continue;
		}
		bool super = frames[i].offload.kind != OFFLOAD_NONE;
		if (!(super ? cut : whole)(d, &frames[i]))
			d->frames->bad++;
	}
	hand_over(d);
	loop_carried(d->lp, bytes);
	if (n)
		loop_expects_answer(d->lp);
}
