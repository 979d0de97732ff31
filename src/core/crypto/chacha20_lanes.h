/* ChaCha20 over LANES blocks side by side: vector i holds word i of each.  Whoever includes this has defined
 *	LANES, TARGET		how many, and the attribute that lets the compiler use the instructions
 *	EACH_QUARTER(F)		F(i) for i = 0, 4, 8... below LANES, with commas
 *	BLOCKS			the name of the function that comes out of it
 */
#include "chacha20_ways.h"

#include "core/crypto/wipe.h"

#define INLINE static inline __attribute__((always_inline)) TARGET

typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef uint8_t bytes_of_words __attribute__((vector_size(4 * LANES)));

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

/* Four words of each block, from four vectors, to where they belong. */
INLINE void store_words(uint8_t *out, const words v[static 4])
{
	words ab_low = SHUFFLE(v[0], v[1], EACH_QUARTER(LOW_WORDS));
	words ab_high = SHUFFLE(v[0], v[1], EACH_QUARTER(HIGH_WORDS));
	words cd_low = SHUFFLE(v[2], v[3], EACH_QUARTER(LOW_WORDS));
	words cd_high = SHUFFLE(v[2], v[3], EACH_QUARTER(HIGH_WORDS));
	words of[4] = {
		SHUFFLE(ab_low, cd_low, EACH_QUARTER(LOW_PAIRS)), SHUFFLE(ab_low, cd_low, EACH_QUARTER(HIGH_PAIRS)),
		SHUFFLE(ab_high, cd_high, EACH_QUARTER(LOW_PAIRS)), SHUFFLE(ab_high, cd_high, EACH_QUARTER(HIGH_PAIRS)),
	};
	for (int lane = 0; lane < LANES; lane++)
		memcpy(out + lane * CHACHA20_BLOCK, (const uint8_t *)&of[lane % 4] + lane / 4 * 16, 16);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE_ENDIAN_WORDS(v) (v)
#else
#define LITTLE_ENDIAN_WORDS(v) ((v) >> 24 | ((v) >> 8 & 0xff00) | ((v) << 8 & 0xff0000) | (v) << 24)
#endif

TARGET void BLOCKS(uint8_t *out, const uint8_t key[static CHACHA20_KEY], const struct chacha20_places *places)
{
	static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	words in[16], v[16];
	for (int i = 0; i < 4; i++) {
		in[i] = (words){ 0 } + constants[i];
		in[4 + i] = (words){ 0 } + get_le32(key + 4 * i);
		in[8 + i] = (words){ 0 } + get_le32(key + 16 + 4 * i);
		memcpy(&in[12 + i], places->words[i], sizeof(words));
	}
	memcpy(v, in, sizeof(v));
	for (int i = 0; i < 10; i++)
		double_round(v);
	for (int i = 0; i < 16; i++)
		v[i] = LITTLE_ENDIAN_WORDS(v[i] + in[i]);
	for (int i = 0; i < 16; i += 4)
		store_words(out + 4 * i, v + i);
	wipe(v, sizeof(v));
	wipe(in, sizeof(in));
}
