/* Frames and messages that wait for a key: copied into pieces of one pool, so that all of them together are bounded. */
#include "state.h"

static void copy_in(struct piece *piece, const struct burst_frame *f, size_t at)
{
	size_t len = smaller(PIECE, burst_frame_len(f) - at), of_head = at < f->head_len ? smaller(len, f->head_len - at) : 0;
	if (of_head)
		memcpy(piece->bytes, f->head + at, of_head);
	if (len > of_head)
		memcpy(piece->bytes + of_head, f->body + (at + of_head - f->head_len), len - of_head);
}

bool parcel_put(struct secure *s, uint64_t now, struct parcels *list, const struct burst_frame *f, const struct way *way)
{
	size_t len = burst_frame_len(f), pieces = len ? (len + PIECE - 1) / PIECE : 1;
	if (pool_left(&s->pieces) < pieces)
		return false;
	for (size_t i = 0; i < pieces; i++) {
		struct piece *piece = pool_take(&s->pieces);
		copy_in(piece, f, i * PIECE);
		piece->len = len;
		piece->last = i + 1 == pieces;
		piece->at = now;
		if (way)
			piece->way = *way;
		*(list->last ? &list->last->next : &list->first) = piece;
		list->last = piece;
	}
	list->n++;
	list->bytes += len;
	return true;
}

void parcel_take(struct secure *s, struct parcels *list, uint8_t *out, struct way *way)
{
	size_t left = list->first->len;
	bool last = false;
	list->bytes -= left;
	list->n--;
	if (way)
		*way = list->first->way;
	while (!last) {
		struct piece *piece = list->first;
		size_t len = smaller(left, PIECE);
		if (out)
			memcpy(out, piece->bytes, len);
		out = out ? out + len : NULL;
		left -= len;
		last = piece->last;
		list->first = piece->next;
		wipe(piece->bytes, sizeof(piece->bytes));
		pool_give(&s->pieces, piece);
	}
	if (!list->first)
		list->last = NULL;
}

void parcel_drop(struct secure *s, struct parcels *list)
{
	s->counts.waiting_dropped++;
	parcel_take(s, list, NULL, NULL);
}

void parcels_drop(struct secure *s, struct parcels *list)
{
	while (list->n)
		parcel_drop(s, list);
}
