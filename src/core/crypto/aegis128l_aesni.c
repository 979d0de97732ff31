#include "aegis128l_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("aes")))
enum { LANES = 1 };
typedef __m128i block;

INLINE block block_aes(block in, block key) { return _mm_aesenc_si128(in, key); }

INLINE block block_xor(block a, block b) { return a ^ b; }
INLINE block block_xor_and(block a, block b, block c) { return a ^ (b & c); }

INLINE block block_load(const uint8_t *const at[static LANES], size_t i)
{
	return _mm_loadu_si128((const void *)(at[0] + i));
}

INLINE void block_store(uint8_t *const at[static LANES], size_t i, block v)
{
	_mm_storeu_si128((void *)(at[0] + i), v);
}

bool aegis128l_aesni_available(void) { return __builtin_cpu_supports("aes"); }

#define SEAL aegis128l_aesni_seal
#define OPEN aegis128l_aesni_open
#include "aegis128l_lanes.h"
#endif
