/* Numbers modulo 2^130 - 5 in five limbs of 26 bits.  Between operations limbs may be a bit too long. */
#ifndef POLY1305_NUMBER26_H
#define POLY1305_NUMBER26_H

#include "core/crypto/poly1305.h"

enum { LIMBS = 5, MASK26 = (1 << 26) - 1 };

/* 128 bits, and what stands above them. */
static inline void number_load(struct poly1305_number *n, uint64_t low, uint64_t high, uint64_t above)
{
	n->limb[0] = low & MASK26;
	n->limb[1] = low >> 26 & MASK26;
	n->limb[2] = (low >> 52 | high << 12) & MASK26;
	n->limb[3] = high >> 14 & MASK26;
	n->limb[4] = high >> 40 | above << 24;
}

static inline void number_add(struct poly1305_number *a, const struct poly1305_number *b)
{
	for (int i = 0; i < LIMBS; i++)
		a->limb[i] += b->limb[i];
}

static inline void number_carry(struct poly1305_number *n)
{
	for (int i = 0; i + 1 < LIMBS; i++) {
		n->limb[i + 1] += n->limb[i] >> 26;
		n->limb[i] &= MASK26;
	}
	n->limb[0] += 5 * (n->limb[LIMBS - 1] >> 26);
	n->limb[LIMBS - 1] &= MASK26;
}

/* Limb 5 would be 2^130, which is 5.  Limbs fit 32 bits each, and the product of such is cheap. */
static inline void number_mul(struct poly1305_number *out, const struct poly1305_number *x,
                              const struct poly1305_number *y)
{
	uint64_t d[2 * LIMBS] = { 0 };
	for (int i = 0; i < LIMBS; i++)
		for (int j = 0; j < LIMBS; j++)
			d[i + j] += (uint64_t)(uint32_t)x->limb[i] * (uint32_t)y->limb[j];
	for (int i = 0; i < LIMBS; i++)
		out->limb[i] = d[i] + 5 * d[i + LIMBS];
	number_carry(out);
	out->limb[1] += out->limb[0] >> 26;
	out->limb[0] &= MASK26;
}

/* The lower 128 bits of the one number below the modulus: 5 more carry out at the top if it has to be taken off. */
static inline void number_store(uint64_t *low, uint64_t *high, struct poly1305_number *n)
{
	uint64_t *v = n->limb, over = 5;
	for (int i = 0; i < 3; i++)
		number_carry(n);
	for (int i = 0; i < LIMBS; i++)
		over = (v[i] + over) >> 26;
	v[0] += 5 * over;
	for (int i = 0; i + 1 < LIMBS; i++) {
		v[i + 1] += v[i] >> 26;
		v[i] &= MASK26;
	}
	*low = v[0] | v[1] << 26 | v[2] << 52;
	*high = v[2] >> 12 | v[3] << 14 | v[4] << 40;
}

#endif
