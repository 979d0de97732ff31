/* BLAKE2b (RFC 7693), with and without a key, digests of 1 to 64 bytes. */
#ifndef CORE_CRYPTO_BLAKE2B_H
#define CORE_CRYPTO_BLAKE2B_H

#include "core/bytes.h"

enum { BLAKE2B_BLOCK = 128, BLAKE2B_MAX = 64, BLAKE2B_KEY_MAX = 64 };

/* May be copied: what several messages begin with is then hashed once. */
struct blake2b {
	uint64_t h[8];
	uint64_t count;                 /* bytes in h */
	uint8_t block[BLAKE2B_BLOCK];
	size_t used;                    /* of block */
	size_t digest_len;
};

/* key_len 0: no key. */
void blake2b_init(struct blake2b *b, size_t digest_len, const void *key, size_t key_len);
void blake2b_add(struct blake2b *b, const void *data, size_t len);
/* Wipes b. */
void blake2b_digest(struct blake2b *b, uint8_t *digest);

/* All at once. */
void blake2b(uint8_t *digest, size_t digest_len, const void *key, size_t key_len, const void *data, size_t len);

#endif
