#include "poly1305_ways.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "poly1305_number44.h"

#define TARGET __attribute__((target("avx512f,avx512vl,avx512ifma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* Eight sums side by side.  Lane i takes block ORDER[i] of each eight, as that is how they are loaded. */
enum { LANES = 8 };
static const uint8_t ORDER[LANES] = { 0, 4, 1, 5, 2, 6, 3, 7 };

struct numbers { __m512i limb[3]; };

INLINE __m512i all(uint64_t value) { return _mm512_set1_epi64((long long)value); }

INLINE void numbers_set(struct numbers *out, const struct poly1305_number of[static LANES])
{
	for (int i = 0; i < 3; i++) {
		uint64_t limb[LANES];
		for (int lane = 0; lane < LANES; lane++)
			limb[lane] = of[lane].limb[i];
		out->limb[i] = _mm512_loadu_si512(limb);
	}
}

/* Eight blocks, each with a 1 above it. */
INLINE void numbers_add_blocks(struct numbers *n, const uint8_t *data)
{
	__m512i first = _mm512_loadu_si512(data), second = _mm512_loadu_si512(data + 64);
	__m512i low = _mm512_unpacklo_epi64(first, second), high = _mm512_unpackhi_epi64(first, second);
	__m512i middle = _mm512_or_si512(_mm512_srli_epi64(low, 44), _mm512_slli_epi64(high, 20));
	n->limb[0] = _mm512_add_epi64(n->limb[0], _mm512_and_si512(low, all(MASK44)));
	n->limb[1] = _mm512_add_epi64(n->limb[1], _mm512_and_si512(middle, all(MASK44)));
	n->limb[2] = _mm512_add_epi64(n->limb[2], _mm512_or_si512(_mm512_srli_epi64(high, 24), all((uint64_t)1 << 40)));
}

INLINE __m512i times_20(__m512i v) { return _mm512_add_epi64(_mm512_slli_epi64(v, 4), _mm512_slli_epi64(v, 2)); }

/* The three products of a limb of the result: lower 52 bits, and what is above them. */
struct product { __m512i low, high; };

INLINE struct product products(__m512i a0, __m512i b0, __m512i a1, __m512i b1, __m512i a2, __m512i b2)
{
	const __m512i zero = _mm512_setzero_si512();
	struct product p = { _mm512_madd52lo_epu64(zero, a0, b0), _mm512_madd52hi_epu64(zero, a0, b0) };
	__m512i low = _mm512_madd52lo_epu64(zero, a1, b1), high = _mm512_madd52hi_epu64(zero, a1, b1);
	p.low = _mm512_madd52lo_epu64(p.low, a2, b2);
	p.high = _mm512_madd52hi_epu64(p.high, a2, b2);
	return (struct product){ _mm512_add_epi64(p.low, low), _mm512_add_epi64(p.high, high) };
}

/* As number_mul(); what is above 52 bits of a limb counts 2^8 in the next one.  r20: 20 times r. */
INLINE void numbers_mul(struct numbers *n, const struct numbers *r, const struct numbers *r20)
{
	const __m512i *a = n->limb, *b = r->limb, *c = r20->limb;
	struct product p0 = products(a[0], b[0], a[1], c[2], a[2], c[1]);
	struct product p1 = products(a[0], b[1], a[1], b[0], a[2], c[2]);
	struct product p2 = products(a[0], b[2], a[1], b[1], a[2], b[0]);
	__m512i d0 = _mm512_add_epi64(p0.low, _mm512_slli_epi64(times_20(p2.high), 8));
	__m512i d1 = _mm512_add_epi64(p1.low, _mm512_slli_epi64(p0.high, 8));
	__m512i d2 = _mm512_add_epi64(p2.low, _mm512_slli_epi64(p1.high, 8));
	d1 = _mm512_add_epi64(d1, _mm512_srli_epi64(d0, 44));
	d2 = _mm512_add_epi64(d2, _mm512_srli_epi64(d1, 44));
	__m512i over = _mm512_srli_epi64(d2, 42);
	d0 = _mm512_add_epi64(_mm512_and_si512(d0, all(MASK44)), _mm512_add_epi64(over, _mm512_slli_epi64(over, 2)));
	n->limb[0] = _mm512_and_si512(d0, all(MASK44));
	n->limb[1] = _mm512_add_epi64(_mm512_and_si512(d1, all(MASK44)), _mm512_srli_epi64(d0, 44));
	n->limb[2] = _mm512_and_si512(d2, all(MASK42));
}

INLINE void numbers_times_20(struct numbers *out, const struct numbers *r)
{
	for (int i = 0; i < 3; i++)
		out->limb[i] = times_20(r->limb[i]);
}

INLINE void numbers_sum(struct poly1305_number *out, const struct numbers *n)
{
	for (int i = 0; i < 3; i++)
		out->limb[i] = (uint64_t)_mm512_reduce_add_epi64(n->limb[i]);
	number_carry(out);
	number_carry(out);
}

INLINE void numbers_same(struct numbers *out, const struct poly1305_number *in)
{
	for (int i = 0; i < 3; i++)
		out->limb[i] = all(in->limb[i]);
}

/* In lane 0, zeros in the others. */
INLINE void numbers_first(struct numbers *out, const struct poly1305_number *in)
{
	for (int i = 0; i < 3; i++)
		out->limb[i] = _mm512_maskz_set1_epi64(1, (long long)in->limb[i]);
}

INLINE void numbers_add(struct numbers *a, const struct numbers *b)
{
	for (int i = 0; i < 3; i++)
		a->limb[i] = _mm512_add_epi64(a->limb[i], b->limb[i]);
}

/* What the lanes of the last eight blocks are multiplied by: r^8 for the first block, r for the last. */
static void powers(struct poly1305_number last[static LANES], const struct poly1305_number *r)
{
	struct poly1305_number power[LANES + 1];
	power[1] = *r;
	for (int i = 2; i <= LANES; i++)
		number_mul(&power[i], &power[i / 2], &power[i - i / 2]);
	for (int i = 0; i < LANES; i++)
		last[i] = power[LANES - ORDER[i]];
}

bool poly1305_ifma_available(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512ifma");
}

/* Two rows of eight sums, so that one need not wait for the other.  The last eight of all belong to the second
 * row; with an odd number of eights the first does too. */
TARGET size_t poly1305_ifma_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks)
{
	enum { EIGHT = LANES * POLY1305_BLOCK };
	struct poly1305_number last[LANES], power16;
	struct numbers first = { { all(0), all(0), all(0) } }, second = first, r, r20;
	size_t left = blocks / LANES;
	powers(last, &p->r);
	number_mul(&power16, &last[0], &last[0]);
	numbers_same(&r, &power16);
	numbers_times_20(&r20, &r);
	numbers_first(left % 2 ? &second : &first, &p->sum);
	if (left % 2) {
		numbers_add_blocks(&second, data);
		numbers_mul(&second, &r, &r20);
		data += EIGHT;
		left--;
	}
	for (; left > 2; left -= 2, data += 2 * EIGHT) {
		numbers_add_blocks(&first, data);
		numbers_add_blocks(&second, data + EIGHT);
		numbers_mul(&first, &r, &r20);
		numbers_mul(&second, &r, &r20);
	}
	numbers_same(&r, &last[0]);
	numbers_times_20(&r20, &r);
	numbers_add_blocks(&first, data);
	numbers_mul(&first, &r, &r20);
	numbers_add_blocks(&second, data + EIGHT);
	numbers_add(&second, &first);
	numbers_set(&r, last);
	numbers_times_20(&r20, &r);
	numbers_mul(&second, &r, &r20);
	numbers_sum(&p->sum, &second);
	return blocks / LANES * LANES;
}
#endif
