/* The ways of chacha20.c, each in a file of its own. */
#ifndef CHACHA20_WAYS_H
#define CHACHA20_WAYS_H

#include "core/crypto/chacha20.h"

#define DECLARE_WAY(way) \
	bool chacha20_##way##_available(void); \
	void chacha20_##way##_blocks(uint8_t *out, const uint8_t key[static CHACHA20_KEY], \
	                             const struct chacha20_places *places)

DECLARE_WAY(plain);
DECLARE_WAY(avx2);
DECLARE_WAY(avx512);

#endif
