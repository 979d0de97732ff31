#include "poly1305_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "poly1305_number44.h"

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* Four sums side by side, in limbs of 26 bits: the machine multiplies 32 by 32.  Lane i takes block ORDER[i] of
 * each four, as that is how they are loaded. */
enum { LANES = 4, LIMBS = 5 };
static const uint8_t ORDER[LANES] = { 0, 2, 1, 3 };
static const uint64_t MASK26 = ((uint64_t)1 << 26) - 1;

struct numbers { __m256i limb[LIMBS]; };

INLINE __m256i all(uint64_t value) { return _mm256_set1_epi64x((long long)value); }

/* Limbs of 26 bits of one of 44, 44 and 42. */
static void limbs26(uint64_t out[static LIMBS], const struct poly1305_number *in)
{
	struct poly1305_number n = *in;
	number_carry(&n);
	number_carry(&n);
	out[0] = n.limb[0] & MASK26;
	out[1] = (n.limb[0] >> 26 | n.limb[1] << 18) & MASK26;
	out[2] = n.limb[1] >> 8 & MASK26;
	out[3] = (n.limb[1] >> 34 | n.limb[2] << 10) & MASK26;
	out[4] = n.limb[2] >> 16;
}

/* The reverse; limbs may be long. */
static void limbs44(struct poly1305_number *out, const uint64_t in[static LIMBS])
{
	uint64_t v[LIMBS], carry = 0;
	for (int i = 0; i < LIMBS; i++) {
		v[i] = (in[i] + carry) & MASK26;
		carry = (in[i] + carry) >> 26;
	}
	v[0] += carry * 5;
	out->limb[0] = v[0] + ((v[1] & 0x3ffff) << 26);
	out->limb[1] = v[1] >> 18 | v[2] << 8 | (v[3] & 0x3ff) << 34;
	out->limb[2] = v[3] >> 10 | v[4] << 16;
	number_carry(out);
}

INLINE void numbers_set(struct numbers *out, const struct poly1305_number of[static LANES])
{
	uint64_t limbs[LANES][LIMBS];
	for (int lane = 0; lane < LANES; lane++)
		limbs26(limbs[lane], &of[lane]);
	for (int i = 0; i < LIMBS; i++)
		out->limb[i] = _mm256_setr_epi64x((long long)limbs[0][i], (long long)limbs[1][i],
		                                  (long long)limbs[2][i], (long long)limbs[3][i]);
}

/* Four blocks, each with a 1 above it. */
INLINE void numbers_add_blocks(struct numbers *n, const uint8_t *data)
{
	__m256i first = _mm256_loadu_si256((const void *)data), second = _mm256_loadu_si256((const void *)(data + 32));
	__m256i low = _mm256_unpacklo_epi64(first, second), high = _mm256_unpackhi_epi64(first, second);
	__m256i middle = _mm256_or_si256(_mm256_srli_epi64(low, 52), _mm256_slli_epi64(high, 12)), mask = all(MASK26);
	n->limb[0] = _mm256_add_epi64(n->limb[0], _mm256_and_si256(low, mask));
	n->limb[1] = _mm256_add_epi64(n->limb[1], _mm256_and_si256(_mm256_srli_epi64(low, 26), mask));
	n->limb[2] = _mm256_add_epi64(n->limb[2], _mm256_and_si256(middle, mask));
	n->limb[3] = _mm256_add_epi64(n->limb[3], _mm256_and_si256(_mm256_srli_epi64(high, 14), mask));
	n->limb[4] = _mm256_add_epi64(n->limb[4], _mm256_or_si256(_mm256_srli_epi64(high, 40), all((uint64_t)1 << 24)));
}

INLINE __m256i times_5(__m256i v) { return _mm256_add_epi64(v, _mm256_slli_epi64(v, 2)); }

/* What is above 26 bits goes to the next limb. */
INLINE void carry(__m256i *from, __m256i *to)
{
	*to = _mm256_add_epi64(*to, _mm256_srli_epi64(*from, 26));
	*from = _mm256_and_si256(*from, all(MASK26));
}

/* Two chains of carries at a time, so that one need not wait for the other. */
INLINE void numbers_carry(__m256i d[static LIMBS])
{
	carry(&d[0], &d[1]);
	carry(&d[3], &d[4]);
	carry(&d[1], &d[2]);
	d[0] = _mm256_add_epi64(d[0], times_5(_mm256_srli_epi64(d[4], 26)));
	d[4] = _mm256_and_si256(d[4], all(MASK26));
	carry(&d[2], &d[3]);
	carry(&d[0], &d[1]);
	carry(&d[3], &d[4]);
}

/* Limb 5 would be 2^130, which is 5.  r5: 5 times r. */
INLINE void numbers_mul(struct numbers *n, const struct numbers *r, const struct numbers *r5)
{
	__m256i d[LIMBS];
	for (int i = 0; i < LIMBS; i++)
		d[i] = _mm256_mul_epu32(n->limb[0], r->limb[i]);
	for (int j = 1; j < LIMBS; j++)
		for (int i = 0; i < LIMBS; i++) {
			__m256i by = i < j ? r5->limb[LIMBS + i - j] : r->limb[i - j];
			d[i] = _mm256_add_epi64(d[i], _mm256_mul_epu32(n->limb[j], by));
		}
	numbers_carry(d);
	memcpy(n->limb, d, sizeof(d));
}

INLINE void numbers_times_5(struct numbers *out, const struct numbers *r)
{
	for (int i = 0; i < LIMBS; i++)
		out->limb[i] = times_5(r->limb[i]);
}

INLINE void numbers_sum(struct poly1305_number *out, const struct numbers *n)
{
	uint64_t sums[LIMBS];
	for (int i = 0; i < LIMBS; i++) {
		uint64_t limbs[LANES];
		memcpy(limbs, &n->limb[i], sizeof(limbs));
		sums[i] = limbs[0] + limbs[1] + limbs[2] + limbs[3];
	}
	limbs44(out, sums);
}

bool poly1305_avx2_available(void) { return __builtin_cpu_supports("avx2"); }

TARGET size_t poly1305_avx2_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks)
{
	struct poly1305_number power[LANES + 1], start[LANES] = { p->sum }, last[LANES], every[LANES];
	struct numbers n, r, r5;
	size_t groups = blocks / LANES;
	power[1] = p->r;
	for (int i = 2; i <= LANES; i++)
		number_mul(&power[i], &power[i / 2], &power[i - i / 2]);
	for (int i = 0; i < LANES; i++) {
		every[i] = power[LANES];
		last[i] = power[LANES - ORDER[i]];
	}
	numbers_set(&n, start);
	numbers_set(&r, every);
	numbers_times_5(&r5, &r);
	for (size_t i = 0; i + 1 < groups; i++) {
		numbers_add_blocks(&n, data + i * LANES * POLY1305_BLOCK);
		numbers_mul(&n, &r, &r5);
	}
	numbers_add_blocks(&n, data + (groups - 1) * LANES * POLY1305_BLOCK);
	numbers_set(&r, last);
	numbers_times_5(&r5, &r);
	numbers_mul(&n, &r, &r5);
	numbers_sum(&p->sum, &n);
	return groups * LANES;
}
#endif
