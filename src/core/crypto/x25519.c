#include "core/crypto/x25519.h"
#include "core/crypto/wipe.h"

#if defined(__SIZEOF_INT128__) && !defined(X25519_PORTABLE)
#include "field25519_51.h"
#else
#include "field25519_16.h"
#endif

/* The two points of the Montgomery ladder, of which it knows X and Z, and the X of their difference. */
struct ladder { struct fe x1, x2, z2, x3, z3; };

/* The names are those of RFC 7748, section 5. */
static void ladder_step(struct ladder *l)
{
	struct fe a, aa, b, bb, e, c, d, da, cb;
	fe_add(&a, &l->x2, &l->z2);
	fe_sub(&b, &l->x2, &l->z2);
	fe_add(&c, &l->x3, &l->z3);
	fe_sub(&d, &l->x3, &l->z3);
	fe_mul(&da, &d, &a);
	fe_mul(&cb, &c, &b);
	fe_square(&aa, &a);
	fe_square(&bb, &b);
	fe_sub(&e, &aa, &bb);
	fe_add(&c, &da, &cb);
	fe_sub(&d, &da, &cb);
	fe_square(&l->x3, &c);
	fe_square(&d, &d);
	fe_mul(&l->z3, &d, &l->x1);
	fe_mul(&l->x2, &aa, &bb);
	fe_mul_small(&c, &e, 121665);
	fe_add(&c, &c, &aa);
	fe_mul(&l->z2, &c, &e);
}

static void square_times(struct fe *out, const struct fe *in, int times)
{
	struct fe a = *in;
	while (times--)
		fe_square(&a, &a);
	*out = a;
}

/* Fermat: to the power of 2^255 - 21.  A name tells the exponent: ones_n is 2^n - 1. */
static void invert(struct fe *out, const struct fe *z)
{
	struct fe z9, z11, ones_5, ones_10, ones_20, ones_50, ones_100, t;
	square_times(&t, z, 1);
	square_times(&z9, &t, 2);
	fe_mul(&z9, &z9, z);
	fe_mul(&z11, &z9, &t);
	square_times(&t, &z11, 1);
	fe_mul(&ones_5, &t, &z9);
	square_times(&t, &ones_5, 5);
	fe_mul(&ones_10, &t, &ones_5);
	square_times(&t, &ones_10, 10);
	fe_mul(&ones_20, &t, &ones_10);
	square_times(&t, &ones_20, 20);
	fe_mul(&t, &t, &ones_20);
	square_times(&t, &t, 10);
	fe_mul(&ones_50, &t, &ones_10);
	square_times(&t, &ones_50, 50);
	fe_mul(&ones_100, &t, &ones_50);
	square_times(&t, &ones_100, 100);
	fe_mul(&t, &t, &ones_100);
	square_times(&t, &t, 50);
	fe_mul(&t, &t, &ones_50);
	square_times(&t, &t, 5);
	fe_mul(out, &t, &z11);
}

static void climb(struct ladder *l, const uint8_t scalar[static X25519_LEN])
{
	uint64_t swapped = 0;
	for (int i = 254; i >= 0; i--) {
		uint64_t bit = scalar[i / 8] >> i % 8 & 1, mask = opaque(0 - (bit ^ swapped));
		fe_swap(&l->x2, &l->x3, mask);
		fe_swap(&l->z2, &l->z3, mask);
		swapped = bit;
		ladder_step(l);
	}
	fe_swap(&l->x2, &l->x3, opaque(0 - swapped));
	fe_swap(&l->z2, &l->z3, opaque(0 - swapped));
}

static OUT_OF_LINE void multiply(uint8_t out[static X25519_LEN], const uint8_t private[static X25519_LEN],
                     const uint8_t point[static X25519_LEN])
{
	struct ladder l = { .x2.v = { 1 }, .z3.v = { 1 } };
	uint8_t scalar[X25519_LEN];
	memcpy(scalar, private, sizeof(scalar));
	scalar[0] &= 248;
	scalar[31] = (scalar[31] & 127) | 64;
	fe_load(&l.x1, point);
	l.x3 = l.x1;
	climb(&l, scalar);
	invert(&l.z2, &l.z2);
	fe_mul(&l.x2, &l.x2, &l.z2);
	fe_store(out, &l.x2);
}

bool x25519(uint8_t shared[static X25519_LEN], const uint8_t private[static X25519_LEN],
            const uint8_t public[static X25519_LEN])
{
	static const uint8_t zeros[X25519_LEN];
	multiply(shared, private, public);
	wipe_stack();
	return !same_secret(shared, zeros, sizeof(zeros));
}

void x25519_public(uint8_t public[static X25519_LEN], const uint8_t private[static X25519_LEN])
{
	static const uint8_t base[X25519_LEN] = { 9 };
	multiply(public, private, base);
	wipe_stack();
}
