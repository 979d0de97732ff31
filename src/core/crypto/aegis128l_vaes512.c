#include "aegis128l_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "vaes.h"

#define TARGET __attribute__((target("avx512f,avx512vl,aes,vaes")))
enum { LANES = 4 };
typedef __m512i block;

INLINE block block_aes(block in, block key) { return _mm512_aesenc_epi128(in, key); }

INLINE block block_load(const uint8_t *const at[static LANES], size_t i)
{
	__m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(at[0] + i)));
	v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(at[1] + i)), 1);
	v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(at[2] + i)), 2);
	return _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(at[3] + i)), 3);
}

INLINE void block_store(uint8_t *const at[static LANES], size_t i, block v)
{
	_mm_storeu_si128((void *)(at[0] + i), _mm512_castsi512_si128(v));
	_mm_storeu_si128((void *)(at[1] + i), _mm512_extracti32x4_epi32(v, 1));
	_mm_storeu_si128((void *)(at[2] + i), _mm512_extracti32x4_epi32(v, 2));
	_mm_storeu_si128((void *)(at[3] + i), _mm512_extracti32x4_epi32(v, 3));
}

bool aegis128l_vaes512_available(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && has_vaes();
}

#define SEAL aegis128l_vaes512_seal
#define OPEN aegis128l_vaes512_open
#include "aegis128l_lanes.h"
#endif
