/* Poly1305 as the AEAD of RFC 8439 uses it: over whole blocks of 16 bytes. */
#ifndef CORE_CRYPTO_POLY1305_H
#define CORE_CRYPTO_POLY1305_H

#include "core/bytes.h"

enum { POLY1305_KEY = 32, POLY1305_BLOCK = 16, POLY1305_TAG = 16 };

/* A number modulo 2^130 - 5: 44, 44 and 42 bits where the machine multiplies 64 by 64 bits, else five times 26. */
struct poly1305_number { uint64_t limb[5]; };

struct poly1305 {
	struct poly1305_number sum, r;
	uint64_t pad[2];
};

/* A key is for one message. */
void poly1305_init(struct poly1305 *p, const uint8_t key[static POLY1305_KEY]);
void poly1305_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks);
/* Wipes p; who calls these wipes the stack afterwards. */
void poly1305_tag(struct poly1305 *p, uint8_t tag[static POLY1305_TAG]);

/* One way to do many blocks; returns how many it did, from the first on. */
struct poly1305_way {
	const char *name;
	size_t worthwhile;              /* blocks, at least */
	bool (*available)(void);
	size_t (*blocks)(struct poly1305 *p, const uint8_t *data, size_t blocks);
};

/* All ways that this kind of machine knows, the fastest first; the last is available everywhere. */
enum { POLY1305_WAYS = 3 };
extern const struct poly1305_way poly1305_ways[POLY1305_WAYS];

#endif
