/* Takes down what coalesce writes, as bytes.  Include after test.h. */
#ifndef COALESCED_H
#define COALESCED_H

#include "core/coalesce.h"
#include "frames.h"

enum { WRITTEN_MAX = 512 };
struct written { uint8_t *bytes; size_t len, frames; struct offload offload; };

static struct written written[WRITTEN_MAX];
static size_t written_count;

static inline void written_add(void *ctx, const struct coalesced *f)
{
	(void)ctx;
	if (written_count == WRITTEN_MAX)
		abort();
	struct written *w = &written[written_count++];
	*w = (struct written){ malloc(f->len + 1), 0, f->frames, f->offload };
	if (!w->bytes)
		abort();
	for (size_t i = 0; i < f->pieces && w->len + f->piece[i].len <= f->len; i++) {
		memcpy(w->bytes + w->len, f->piece[i].data, f->piece[i].len);
		w->len += f->piece[i].len;
	}
	CHECK_INT(w->len, f->len);
	CHECK_INT(f->pieces, f->frames == 1 ? 1 : f->frames + 1);
	CHECK_INT(w->offload.kind != OFFLOAD_NONE, f->frames > 1);
}

static inline void written_forget(void)
{
	while (written_count)
		free(written[--written_count].bytes);
}

static inline struct coalesce *written_by_coalesce(void)
{
	static const struct coalesce_out out = { NULL, written_add };
	static const struct coalesce_kinds all = { true, true, true };
	struct coalesce *c = coalesce_new(&out);
	if (!c)
		abort();
	coalesce_set_kinds(c, &all);
	return c;
}

#endif
