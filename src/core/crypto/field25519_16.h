/* Numbers modulo 2^255 - 19 in sixteen limbs of 16 bits, for machines that do not multiply 64 by 64 bits.  Limbs are
 * signed and may be above 16 bits between operations; 2^256 is 38.
 */
#ifndef FIELD25519_16_H
#define FIELD25519_16_H

#include "core/bytes.h"

enum { LIMBS = 16 };

struct fe { int64_t v[LIMBS]; };

static inline void fe_add(struct fe *out, const struct fe *a, const struct fe *b)
{
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = a->v[i] + b->v[i];
}

static inline void fe_sub(struct fe *out, const struct fe *a, const struct fe *b)
{
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = a->v[i] - b->v[i];
}

/* 2^50 is added to each limb and taken off again where it is carried to: nothing shifted is negative. */
static void fe_carry(struct fe *r)
{
	for (int i = 0; i < LIMBS; i++) {
		r->v[i] += (int64_t)1 << 50;
		int64_t carry = (int64_t)((uint64_t)r->v[i] >> 16);
		r->v[i] &= 0xffff;
		carry -= (int64_t)1 << 34;
		if (i + 1 < LIMBS)
			r->v[i + 1] += carry;
		else
			r->v[0] += 38 * carry;
	}
}

static void fe_mul(struct fe *out, const struct fe *a, const struct fe *b)
{
	int64_t product[2 * LIMBS] = { 0 };
	for (int i = 0; i < LIMBS; i++)
		for (int j = 0; j < LIMBS; j++)
			product[i + j] += a->v[i] * b->v[j];
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = product[i] + 38 * product[i + LIMBS];
	fe_carry(out);
	fe_carry(out);
}

static inline void fe_square(struct fe *out, const struct fe *a) { fe_mul(out, a, a); }

static void fe_mul_small(struct fe *out, const struct fe *a, uint32_t small)
{
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = a->v[i] * small;
	fe_carry(out);
	fe_carry(out);
}

static void fe_swap(struct fe *a, struct fe *b, uint64_t mask)
{
	for (int i = 0; i < LIMBS; i++) {
		int64_t differ = (int64_t)mask & (a->v[i] ^ b->v[i]);
		a->v[i] ^= differ;
		b->v[i] ^= differ;
	}
}

static void fe_load(struct fe *out, const uint8_t bytes[static 32])
{
	for (int i = 0; i < LIMBS; i++)
		out->v[i] = bytes[2 * i] | bytes[2 * i + 1] << 8;
	out->v[LIMBS - 1] &= 0x7fff;
}

/* The number less the modulus, kept where it is not negative. */
static void fe_reduce(struct fe *r)
{
	struct fe less = *r;
	int64_t borrow = 0;
	for (int i = 0; i < LIMBS; i++) {
		less.v[i] = r->v[i] - (i == 0 ? 0xffed : i + 1 < LIMBS ? 0xffff : 0x7fff) - borrow;
		borrow = (int64_t)((uint64_t)less.v[i] >> 63);
		less.v[i] += borrow << 16;
	}
	fe_swap(r, &less, (uint64_t)borrow - 1);
}

static void fe_store(uint8_t bytes[static 32], const struct fe *in)
{
	struct fe r = *in;
	for (int i = 0; i < 3; i++)
		fe_carry(&r);
	fe_reduce(&r);
	fe_reduce(&r);
	for (int i = 0; i < LIMBS; i++) {
		bytes[2 * i] = (uint8_t)r.v[i];
		bytes[2 * i + 1] = (uint8_t)(r.v[i] >> 8);
	}
}

#endif
