/* What is done to frames between TAP and wire, whole bursts at a time.  A transform keeps what it shares with other
 * edges (sessions, keys of groups, frames that wait for them) to itself, and finds it by their MACs.  It is as pure as
 * the engine that calls it, and has its own say by next(): after each call below and each tick() the engine asks
 * until there is nothing more.
 *
 * Null has neither seal nor open: the payload is the frame, and nothing is copied.
 */
#ifndef CORE_TRANSFORM_H
#define CORE_TRANSFORM_H

#include "core/burst.h"
#include "core/endpoint.h"

enum { TRANSFORM_REFUSALS_MAX = 32 };   /* reasons why a frame or payload is refused, each with a counter */

enum sealing { SEALED, SEAL_HELD, SEAL_REFUSED };       /* SEAL_REFUSED + i: for reason i */
/* A burst on its way out.  To a group it is sealed once and sent with as many headers as there are receivers. */
struct seal {
	const uint8_t *dst;             /* MAC of the edge, or of the group */
	const struct burst *frames;     /* stay as they are */
	/* To fill in: room is left for overhead_max bytes with each frame, and what is in there stays until the turn ends. */
	uint8_t *room;
	struct burst out;               /* as many frames, and again of one length but for the last */
	struct burst_frame frame[BURST_MAX];    /* for out.frame */
};

enum opened { OPEN_FRAME, OPEN_CONTROL, OPEN_HELD, OPEN_REFUSED };      /* OPEN_REFUSED + i: for reason i */
/* Payloads that came by one way under one header. */
struct opening {
	const struct endpoint *from;
	bool relayed;
	const uint8_t *src, *dst;       /* MACs, as the header says */
	struct burst_frame *payload;    /* opened in place: becomes the frame */
	size_t n;                       /* at least 1; to be lowered to those that came from the same edge as the first */
	bool wanted;                    /* false: to a group that nobody here wants */
	uint8_t edge[MAC_LEN];          /* to fill in: whose they are, whatever the header says */
	uint8_t result[BURST_MAX];      /* to fill in: enum opened of each */
};

/* What a transform has to say itself, or has held and now lets go. */
enum transform_way {
	SAY_BY_PATH,                    /* the direct one, or the relay */
	SAY_BY_RELAY,
	SAY_BY_BOTH,
	SAY_TO_ENDPOINT,
	SAY_TO_TAP,
	SAY_WORKS                       /* nothing goes out: the edge has answered from this endpoint */
};
struct transform_say {
	enum transform_way how;
	uint8_t edge[MAC_LEN];          /* to, or with SAY_TO_TAP from this edge */
	struct endpoint to;             /* SAY_TO_ENDPOINT, SAY_WORKS */
	/* SAY_WORKS: when it was asked, and whether that was because a message had come from there. */
	uint64_t asked;
	bool roamed;
	bool frames;                    /* frames that were held, sealed meanwhile; false: its own messages */
	/* Borrowed until the next call; with SAY_TO_TAP until the turn ends. */
	struct burst burst;
};

struct transform {
	uint8_t id;                     /* enum wire_transform */
	const char *name;
	size_t overhead;                /* bytes that sealing adds to a frame that is not short */
	size_t overhead_max;            /* to any */
	const char *const *refusals;    /* what the reasons are called; ends in NULL.  NULL: there are none */
	/* NULL all: bytes stay as they are.  What is held has been copied. */
	enum sealing (*seal)(void *ctx, uint64_t now, struct seal *s);
	void (*open)(void *ctx, uint64_t now, struct opening *o);
	bool (*next)(void *ctx, uint64_t now, struct transform_say *out);        /* false: nothing more */
	uint64_t (*tick)(void *ctx, uint64_t now);      /* does what is due; the next deadline */
	void *ctx;
	/* Not NULL: whether a direct path may be used is for the transform to say (SAY_WORKS).  It is to ask this edge there,
	 * as soon as it can. */
	void (*probe)(void *ctx, uint64_t now, const uint8_t edge[static MAC_LEN], const struct endpoint *to);
	void (*mac)(void *ctx, uint64_t now, const uint8_t mac[static MAC_LEN]);        /* ours is now another; NULL: no matter */
};

extern const struct transform transform_null;

#endif
