/* ChaCha20 (RFC 8439): key stream, many blocks at once. */
#ifndef CORE_CRYPTO_CHACHA20_H
#define CORE_CRYPTO_CHACHA20_H

#include "core/bytes.h"

enum { CHACHA20_KEY = 32, CHACHA20_BLOCK = 64, CHACHA20_LANES_MAX = 16 };

/* Which blocks: the words 12 to 15 of the state of each, block counter and nonce.  They need not have to do with
 * each other. */
struct chacha20_places { uint32_t words[4][CHACHA20_LANES_MAX]; };

/* One way to do it: makes lanes blocks.  Who calls it wipes the stack afterwards. */
struct chacha20 {
	const char *name;
	size_t lanes;
	bool (*available)(void);
	void (*blocks)(uint8_t *out, const uint8_t key[static CHACHA20_KEY], const struct chacha20_places *places);
};

/* All ways that this kind of machine knows, the widest first; the last is available everywhere. */
enum { CHACHA20_WAYS = 3 };
extern const struct chacha20 chacha20_ways[CHACHA20_WAYS];

/* The best way to make n blocks, one call after the other. */
MUST_CHECK const struct chacha20 *chacha20_way(size_t n);

#endif
