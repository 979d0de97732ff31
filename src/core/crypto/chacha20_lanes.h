/* ChaCha20 over LANES blocks side by side: vector i holds word i of each.  The caller wipes the stack.  Whoever includes this has defined
 *	LANES, TARGET		how many, and the attribute that lets the compiler use the instructions
 *	EACH_QUARTER(F)		F(i) for i = 0, 4, 8... below LANES, with commas
 *	BLOCKS			the name of the function that comes out of it
 */
#include "chacha20_ways.h"

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef uint32_t words __attribute__((vector_size(4 * LANES)));

/* Takes from a (0 to LANES - 1) and b (from LANES on). */
#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (words){ __VA_ARGS__ })
#endif
#define LOW_WORDS(i) i, LANES + i, i + 1, LANES + i + 1
#define HIGH_WORDS(i) i + 2, LANES + i + 2, i + 3, LANES + i + 3
#define LOW_PAIRS(i) i, i + 1, LANES + i, LANES + i + 1
#define HIGH_PAIRS(i) i + 2, i + 3, LANES + i + 2, LANES + i + 3

#define PARTS(i, j) i, i + 1, i + 2, i + 3, j, j + 1, j + 2, j + 3

#define ROTATE(v, n) ((v) << (n) | (v) >> (32 - (n)))

INLINE void quarter_round(words *a, words *b, words *c, words *d)
{
	*a += *b;
	*d = ROTATE(*d ^ *a, 16);
	*c += *d;
	*b = ROTATE(*b ^ *c, 12);
	*a += *b;
	*d = ROTATE(*d ^ *a, 8);
	*c += *d;
	*b = ROTATE(*b ^ *c, 7);
}

INLINE void double_round(words v[static 16])
{
	quarter_round(&v[0], &v[4], &v[8], &v[12]);
	quarter_round(&v[1], &v[5], &v[9], &v[13]);
	quarter_round(&v[2], &v[6], &v[10], &v[14]);
	quarter_round(&v[3], &v[7], &v[11], &v[15]);
	quarter_round(&v[0], &v[5], &v[10], &v[15]);
	quarter_round(&v[1], &v[6], &v[11], &v[12]);
	quarter_round(&v[2], &v[7], &v[8], &v[13]);
	quarter_round(&v[3], &v[4], &v[9], &v[14]);
}

/* In each of the 16 bytes wide parts of v: four words of one block instead of one word of four blocks. */
INLINE void transpose(words v[static 4])
{
	words ab_low = SHUFFLE(v[0], v[1], EACH_QUARTER(LOW_WORDS));
	words ab_high = SHUFFLE(v[0], v[1], EACH_QUARTER(HIGH_WORDS));
	words cd_low = SHUFFLE(v[2], v[3], EACH_QUARTER(LOW_WORDS));
	words cd_high = SHUFFLE(v[2], v[3], EACH_QUARTER(HIGH_WORDS));
	v[0] = SHUFFLE(ab_low, cd_low, EACH_QUARTER(LOW_PAIRS));
	v[1] = SHUFFLE(ab_low, cd_low, EACH_QUARTER(HIGH_PAIRS));
	v[2] = SHUFFLE(ab_high, cd_high, EACH_QUARTER(LOW_PAIRS));
	v[3] = SHUFFLE(ab_high, cd_high, EACH_QUARTER(HIGH_PAIRS));
}

/* Parts of a, b, c and d to whole pieces of blocks: a[0] b[0] c[0] d[0], then a[1] b[1]... */
INLINE void store_parts(uint8_t *out, words a, words b, words c, words d)
{
	enum { NEXT = 4 * CHACHA20_BLOCK };
#if LANES == 4
	memcpy(out, &a, 16);
	memcpy(out + 16, &b, 16);
	memcpy(out + 32, &c, 16);
	memcpy(out + 48, &d, 16);
#elif LANES == 8
	words v[4] = { SHUFFLE(a, b, PARTS(0, 8)), SHUFFLE(c, d, PARTS(0, 8)),
	               SHUFFLE(a, b, PARTS(4, 12)), SHUFFLE(c, d, PARTS(4, 12)) };
	memcpy(out, &v[0], 32);
	memcpy(out + 32, &v[1], 32);
	memcpy(out + NEXT, &v[2], 32);
	memcpy(out + NEXT + 32, &v[3], 32);
#else
	words ab_low = SHUFFLE(a, b, PARTS(0, 4), PARTS(16, 20)), ab_high = SHUFFLE(a, b, PARTS(8, 12), PARTS(24, 28));
	words cd_low = SHUFFLE(c, d, PARTS(0, 4), PARTS(16, 20)), cd_high = SHUFFLE(c, d, PARTS(8, 12), PARTS(24, 28));
	words v[4] = { SHUFFLE(ab_low, cd_low, PARTS(0, 8), PARTS(16, 24)), SHUFFLE(ab_low, cd_low, PARTS(4, 12), PARTS(20, 28)),
	               SHUFFLE(ab_high, cd_high, PARTS(0, 8), PARTS(16, 24)), SHUFFLE(ab_high, cd_high, PARTS(4, 12), PARTS(20, 28)) };
	memcpy(out, &v[0], 64);
	memcpy(out + NEXT, &v[1], 64);
	memcpy(out + 2 * NEXT, &v[2], 64);
	memcpy(out + 3 * NEXT, &v[3], 64);
#endif
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE_ENDIAN_WORDS(v) (v)
#else
#define LITTLE_ENDIAN_WORDS(v) ((v) >> 24 | ((v) >> 8 & 0xff00) | ((v) << 8 & 0xff0000) | (v) << 24)
#endif

/* Word i of the state before the rounds. */
INLINE words start(int i, const uint8_t key[static CHACHA20_KEY], const struct chacha20_places *places)
{
	static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	words v = { 0 };
	if (i < 4)
		return v + constants[i];
	if (i < 12)
		return v + get_le32(key + 4 * (i - 4));
	memcpy(&v, places->words[i - 12], sizeof(v));
	return v;
}

/* Written out: a loop over an array of vectors would keep it in memory. */
#define EACH_WORD(F) F(0); F(1); F(2); F(3); F(4); F(5); F(6); F(7); F(8); F(9); F(10); F(11); F(12); F(13); F(14); F(15)
#define START(i) v[i] = start(i, key, places)
#define FINISH(i) v[i] = LITTLE_ENDIAN_WORDS(v[i] + start(i, key, places))
#define STORE(i) store_parts(out + (i) * CHACHA20_BLOCK, v[i], v[4 + (i)], v[8 + (i)], v[12 + (i)])

TARGET void BLOCKS(uint8_t *out, const uint8_t key[static CHACHA20_KEY], const struct chacha20_places *places)
{
	words v[16];
	EACH_WORD(START);
	for (int i = 0; i < 10; i++)
		double_round(v);
	EACH_WORD(FINISH);
	transpose(v);
	transpose(v + 4);
	transpose(v + 8);
	transpose(v + 12);
	STORE(0);
	STORE(1);
	STORE(2);
	STORE(3);
}
