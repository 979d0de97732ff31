#include "aegis128l_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "vaes.h"

/* Two times two lanes, as fast as four in vectors twice as wide and easier to load; of AVX-512 only the registers,
 * which are twice as many, and the operations of three. */
#define TARGET __attribute__((target("avx512f,avx512vl,aes,vaes")))
enum { LANES = 4 };
struct pair { __m256i a, b; };
typedef struct pair block;

INLINE block block_aes(block in, block key)
{
	return (block){ _mm256_aesenc_epi128(in.a, key.a), _mm256_aesenc_epi128(in.b, key.b) };
}

INLINE block block_xor(block x, block y) { return (block){ x.a ^ y.a, x.b ^ y.b }; }

INLINE block block_xor_and(block x, block y, block z)
{
	return (block){ x.a ^ (y.a & z.a), x.b ^ (y.b & z.b) };
}

INLINE block block_load(const uint8_t *const at[static LANES], size_t i)
{
	return (block){ _mm256_loadu2_m128i((const void *)(at[1] + i), (const void *)(at[0] + i)),
	                _mm256_loadu2_m128i((const void *)(at[3] + i), (const void *)(at[2] + i)) };
}

INLINE void block_store(uint8_t *const at[static LANES], size_t i, block v)
{
	_mm256_storeu2_m128i((void *)(at[1] + i), (void *)(at[0] + i), v.a);
	_mm256_storeu2_m128i((void *)(at[3] + i), (void *)(at[2] + i), v.b);
}

bool aegis128l_vaes_pair_available(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && has_vaes();
}

#define SEAL aegis128l_vaes_pair_seal
#define OPEN aegis128l_vaes_pair_open
#include "aegis128l_lanes.h"
#endif
