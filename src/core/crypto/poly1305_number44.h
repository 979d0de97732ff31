/* Numbers modulo 2^130 - 5 in limbs of 44, 44 and 42 bits.  Between operations limbs may be a bit too long. */
#ifndef POLY1305_NUMBER44_H
#define POLY1305_NUMBER44_H

#include "core/crypto/poly1305.h"

__extension__ typedef unsigned __int128 wide;

static const uint64_t MASK44 = ((uint64_t)1 << 44) - 1, MASK42 = ((uint64_t)1 << 42) - 1;

/* 128 bits, and what stands above them. */
static inline void number_load(struct poly1305_number *n, uint64_t low, uint64_t high, uint64_t above)
{
	n->limb[0] = low & MASK44;
	n->limb[1] = (low >> 44 | high << 20) & MASK44;
	n->limb[2] = high >> 24 | above << 40;
}

static inline void number_add(struct poly1305_number *a, const struct poly1305_number *b)
{
	a->limb[0] += b->limb[0];
	a->limb[1] += b->limb[1];
	a->limb[2] += b->limb[2];
}

/* Limb 3 would be 2^132, which is 4 times 5. */
static inline void number_mul(struct poly1305_number *out, const struct poly1305_number *x,
                              const struct poly1305_number *y)
{
	const uint64_t *a = x->limb, *b = y->limb;
	uint64_t b1 = b[1] * 20, b2 = b[2] * 20;
	wide d0 = (wide)a[0] * b[0] + (wide)a[1] * b2 + (wide)a[2] * b1;
	wide d1 = (wide)a[0] * b[1] + (wide)a[1] * b[0] + (wide)a[2] * b2;
	wide d2 = (wide)a[0] * b[2] + (wide)a[1] * b[1] + (wide)a[2] * b[0];
	d1 += (uint64_t)(d0 >> 44);
	d2 += (uint64_t)(d1 >> 44);
	uint64_t low = ((uint64_t)d0 & MASK44) + (uint64_t)(d2 >> 42) * 5;
	out->limb[0] = low & MASK44;
	out->limb[1] = ((uint64_t)d1 & MASK44) + (low >> 44);
	out->limb[2] = (uint64_t)d2 & MASK42;
}

static inline void number_carry(struct poly1305_number *n)
{
	n->limb[1] += n->limb[0] >> 44;
	n->limb[0] &= MASK44;
	n->limb[2] += n->limb[1] >> 44;
	n->limb[1] &= MASK44;
	n->limb[0] += 5 * (n->limb[2] >> 42);
	n->limb[2] &= MASK42;
}

/* The lower 128 bits of the one number below the modulus: 5 more carry out at the top if it has to be taken off. */
static inline void number_store(uint64_t *low, uint64_t *high, struct poly1305_number *n)
{
	uint64_t *v = n->limb;
	for (int i = 0; i < 3; i++)
		number_carry(n);
	uint64_t over = (v[2] + ((v[1] + ((v[0] + 5) >> 44)) >> 44)) >> 42;
	v[0] += 5 * over;
	v[1] += v[0] >> 44;
	v[2] += v[1] >> 44;
	*low = (v[0] & MASK44) | v[1] << 44;
	*high = (v[1] & MASK44) >> 20 | v[2] << 24;
}

#endif
