#include "aegis128l_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "vaes.h"

#define TARGET __attribute__((target("avx2,aes,vaes")))
enum { LANES = 2 };
typedef __m256i block;

INLINE block block_aes(block in, block key) { return _mm256_aesenc_epi128(in, key); }

INLINE block block_xor(block a, block b) { return a ^ b; }
INLINE block block_xor_and(block a, block b, block c) { return a ^ (b & c); }

INLINE block block_load(const uint8_t *const at[static LANES], size_t i)
{
	return _mm256_loadu2_m128i((const void *)(at[1] + i), (const void *)(at[0] + i));
}

INLINE void block_store(uint8_t *const at[static LANES], size_t i, block v)
{
	_mm256_storeu2_m128i((void *)(at[1] + i), (void *)(at[0] + i), v);
}

bool aegis128l_vaes_available(void) { return __builtin_cpu_supports("avx2") && has_vaes(); }

#define SEAL aegis128l_vaes_seal
#define OPEN aegis128l_vaes_open
#include "aegis128l_lanes.h"
#endif
