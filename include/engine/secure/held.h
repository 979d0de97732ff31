/* GROUPs that came before their key: they wait for it, in order, and not for long.  Their memory is a ring, in which each
 * lies until it has waited too long or was let go, and all that came before it too.  Anybody can make such messages.
 */
#ifndef SECURE_HELD_H
#define SECURE_HELD_H

#include "core/addr.h"
#include "core/pool.h"
#include "core/table.h"

enum {
	HELD_MS = 3000,
	HELD_SOURCE_N = 64, HELD_SOURCE_BYTES = 128 * 1024,
	HELD_BYTES = 4 * 1024 * 1024,
	HELD_SOURCES = 1024,
	HELD_ASK_MS = 1000,
	HELD_READ_MS = 100              /* when it is looked again at those that may still be read */
};

/* A source of such messages.  It goes when there are none and its key may be asked for again. */
struct held_source {
	uint8_t mac[MAC_LEN];
	bool ready;                     /* its messages may go */
	uint64_t asked;                 /* now of then; 0: never */
	size_t first, last;             /* places in the ring, in order of arrival */
	size_t n, bytes;
};
struct held {
	uint8_t *ring;
	size_t from, to;                /* the oldest, and behind the youngest; from > to: it goes round at end */
	size_t end;
	size_t used;                    /* messages in the ring, also those that were let go */
	size_t touched;                 /* of the ring, from its begin */
	uint64_t ticks;
	struct pool sources;
	struct table *by_mac;
	struct hash_key key;
	uint64_t sweep_due;             /* sources */
	size_t ready;                   /* sources */
	size_t n, bytes;                /* messages that wait */
};

MUST_CHECK bool held_new(struct held *h, const struct hash_key *key);   /* false: no memory; held_free() in any case */
void held_free(struct held *h);
void held_wipe(struct held *h);
/* Made where it is not there; NULL: there are too many. */
MUST_CHECK struct held_source *held_source(struct held *h, uint64_t now, const uint8_t mac[static MAC_LEN]);
/* True, once in HELD_ASK_MS: its key may be asked for. */
MUST_CHECK bool held_may_ask(const struct held_source *s, uint64_t now);
/* Copied.  False: too many of this source, or in all. */
MUST_CHECK bool held_add(struct held *h, struct held_source *s, uint64_t now, const uint8_t *message, size_t len);
/* The key came. */
void held_release(struct held *h, const uint8_t mac[static MAC_LEN]);
/* A message of a source whose key came; it stays where it is beyond the next held_tick(), whenever in a turn that comes.
 * False: there is none. */
MUST_CHECK bool held_next(struct held *h, uint8_t mac[static MAC_LEN], uint8_t **message, size_t *len);
void held_drop(struct held *h, const uint8_t mac[static MAC_LEN]);
/* Forgets what has waited too long, and wipes what was let go before the last time.  Returns how many waited in vain; due: when it is due again. */
size_t held_tick(struct held *h, uint64_t now, uint64_t *due);

#endif
