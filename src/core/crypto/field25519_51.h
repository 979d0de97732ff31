/* Numbers modulo 2^255 - 19 in five limbs of 51 bits, for machines that multiply 64 by 64 bits.  What comes out of
 * a multiplication has limbs little above 2^51; one sum or difference of such numbers may go into the next one.
 */
#ifndef FIELD25519_51_H
#define FIELD25519_51_H

#include "core/bytes.h"

__extension__ typedef unsigned __int128 wide;

enum { LIMBS = 5, LIMB_BITS = 51 };
static const uint64_t LIMB_MASK = ((uint64_t)1 << LIMB_BITS) - 1;

struct fe { uint64_t v[LIMBS]; };

#define INLINE static inline __attribute__((always_inline))

INLINE void fe_add(struct fe *out, const struct fe *a, const struct fe *b)
{
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = a->v[i] + b->v[i];
}

/* Twice the modulus is added, so that no limb falls below zero. */
INLINE void fe_sub(struct fe *out, const struct fe *a, const struct fe *b)
{
	const uint64_t low = 2 * (LIMB_MASK - 18), other = 2 * LIMB_MASK;
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = a->v[i] + (i ? other : low) - b->v[i];
}

INLINE void fe_carry(struct fe *out, wide r0, wide r1, wide r2, wide r3, wide r4)
{
	r1 += (uint64_t)(r0 >> LIMB_BITS);
	r2 += (uint64_t)(r1 >> LIMB_BITS);
	r3 += (uint64_t)(r2 >> LIMB_BITS);
	r4 += (uint64_t)(r3 >> LIMB_BITS);
	uint64_t low = ((uint64_t)r0 & LIMB_MASK) + (uint64_t)(r4 >> LIMB_BITS) * 19;
	out->v[0] = low & LIMB_MASK;
	out->v[1] = ((uint64_t)r1 & LIMB_MASK) + (low >> LIMB_BITS);
	out->v[2] = (uint64_t)r2 & LIMB_MASK;
	out->v[3] = (uint64_t)r3 & LIMB_MASK;
	out->v[4] = (uint64_t)r4 & LIMB_MASK;
}

INLINE void fe_mul(struct fe *out, const struct fe *x, const struct fe *y)
{
	const uint64_t *a = x->v, *b = y->v;
	uint64_t b1 = b[1] * 19, b2 = b[2] * 19, b3 = b[3] * 19, b4 = b[4] * 19;
	fe_carry(out, (wide)a[0] * b[0] + (wide)a[1] * b4 + (wide)a[2] * b3 + (wide)a[3] * b2 + (wide)a[4] * b1,
	         (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b4 + (wide)a[3] * b3 + (wide)a[4] * b2,
	         (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0] + (wide)a[3] * b4 + (wide)a[4] * b3,
	         (wide)a[0] * b[3] + (wide)a[1] * b[2] + (wide)a[2] * b[1] + (wide)a[3] * b[0] + (wide)a[4] * b4,
	         (wide)a[0] * b[4] + (wide)a[1] * b[3] + (wide)a[2] * b[2] + (wide)a[3] * b[1] + (wide)a[4] * b[0]);
}

INLINE void fe_square(struct fe *out, const struct fe *x)
{
	const uint64_t *a = x->v;
	uint64_t twice0 = a[0] * 2, twice1 = a[1] * 2, a3 = a[3] * 19, a4 = a[4] * 19;
	fe_carry(out, (wide)a[0] * a[0] + (wide)twice1 * a4 + (wide)(a[2] * 2) * a3,
	         (wide)twice0 * a[1] + (wide)(a[2] * 2) * a4 + (wide)a[3] * a3,
	         (wide)twice0 * a[2] + (wide)a[1] * a[1] + (wide)(a[3] * 2) * a4,
	         (wide)twice0 * a[3] + (wide)twice1 * a[2] + (wide)a[4] * a4,
	         (wide)twice0 * a[4] + (wide)twice1 * a[3] + (wide)a[2] * a[2]);
}

INLINE void fe_mul_small(struct fe *out, const struct fe *a, uint32_t small)
{
	const uint64_t *v = a->v;
	fe_carry(out, (wide)v[0] * small, (wide)v[1] * small, (wide)v[2] * small, (wide)v[3] * small,
	         (wide)v[4] * small);
}

INLINE void fe_swap(struct fe *a, struct fe *b, uint64_t mask)
{
	for (int i = 0; i < LIMBS; i++) {
		uint64_t differ = mask & (a->v[i] ^ b->v[i]);
		a->v[i] ^= differ;
		b->v[i] ^= differ;
	}
}

static void fe_load(struct fe *out, const uint8_t bytes[static 32])
{
	uint64_t w0 = get_le64(bytes), w1 = get_le64(bytes + 8), w2 = get_le64(bytes + 16), w3 = get_le64(bytes + 24);
	out->v[0] = w0 & LIMB_MASK;
	out->v[1] = (w0 >> 51 | w1 << 13) & LIMB_MASK;
	out->v[2] = (w1 >> 38 | w2 << 26) & LIMB_MASK;
	out->v[3] = (w2 >> 25 | w3 << 39) & LIMB_MASK;
	out->v[4] = w3 >> 12 & LIMB_MASK;
}

/* The one number below the modulus: whether 19 more would carry out at the top tells if it has to be taken off. */
static void fe_store(uint8_t bytes[static 32], const struct fe *in)
{
	struct fe r;
	const uint64_t *v = in->v;
	fe_carry(&r, v[0], v[1], v[2], v[3], v[4]);
	fe_carry(&r, r.v[0], r.v[1], r.v[2], r.v[3], r.v[4]);
	uint64_t carry = 19;
	for (int i = 0; i < LIMBS; i++)
		carry = (r.v[i] + carry) >> LIMB_BITS;
	carry *= 19;
	for (int i = 0; i < LIMBS; i++) {
		r.v[i] += carry;
		carry = r.v[i] >> LIMB_BITS;
		r.v[i] &= LIMB_MASK;
	}
	put_le64(bytes, r.v[0] | r.v[1] << 51);
	put_le64(bytes + 8, r.v[1] >> 13 | r.v[2] << 38);
	put_le64(bytes + 16, r.v[2] >> 26 | r.v[3] << 25);
	put_le64(bytes + 24, r.v[3] >> 39 | r.v[4] << 12);
}

#endif
