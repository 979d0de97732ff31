/* AEGIS-128L over LANES frames side by side.  Whoever includes this has defined
 *	LANES, TARGET		how many, and the attribute that lets the compiler use the instructions (for INLINE too)
 *	block			LANES times 16 bytes
 *	block_aes(in, key)	one AES round of each lane
 *	block_xor(a, b)		a ^ b
 *	block_xor_and(a, b, c)	a ^ (b & c)
 *	block_load(at, i)	16 bytes from each at[lane] + i
 *	block_store(at, i, v)	the reverse
 *	SEAL, OPEN		the names of the two functions that come out of it
 */
#include "aegis128l_ways.h"
#include "core/crypto/wipe.h"

enum { HALF = 16, STEP = 2 * HALF, STATE = 8, ROUNDS_BEFORE = 10, ROUNDS_AFTER = 7 };

struct aegis { block s[STATE]; };
struct pieces { uint8_t bytes[LANES][STEP]; };

static const uint8_t C0[HALF] = { 0, 1, 1, 2, 3, 5, 8, 13, 0x15, 0x22, 0x37, 0x59, 0x90, 0xe9, 0x79, 0x62 };
static const uint8_t C1[HALF] = { 0xdb, 0x3d, 0x18, 0x55, 0x6d, 0xc2, 0x2f, 0xf1,
                                  0x20, 0x11, 0x31, 0x42, 0x73, 0xb5, 0x28, 0xdd };

INLINE void update(struct aegis *a, block m0, block m1)
{
	block *s = a->s, last = s[7];
	s[7] = block_aes(s[6], s[7]);
	s[6] = block_aes(s[5], s[6]);
	s[5] = block_aes(s[4], s[5]);
	s[4] = block_aes(s[3], block_xor(s[4], m1));
	s[3] = block_aes(s[2], s[3]);
	s[2] = block_aes(s[1], s[2]);
	s[1] = block_aes(s[0], s[1]);
	s[0] = block_aes(last, block_xor(s[0], m0));
}

/* The same 16 bytes in each lane. */
INLINE block everywhere(const uint8_t bytes[static HALF])
{
	const uint8_t *at[LANES];
	for (int i = 0; i < LANES; i++)
		at[i] = bytes;
	return block_load(at, 0);
}

/* Two numbers in each lane, the second of them the same. */
INLINE block numbers(const uint64_t first[static LANES], uint64_t second)
{
	uint8_t bytes[LANES][HALF];
	const uint8_t *at[LANES];
	for (int i = 0; i < LANES; i++) {
		put_le64(bytes[i], first[i]);
		put_le64(bytes[i] + 8, second);
		at[i] = bytes[i];
	}
	return block_load(at, 0);
}

INLINE void begin(struct aegis *a, const uint8_t key[static AEAD_KEY], const struct aead_frame *frames)
{
	uint64_t counters[LANES];
	for (int i = 0; i < LANES; i++)
		counters[i] = frames[i].counter;
	block k = everywhere(key), nonce = block_xor(everywhere(key + HALF), numbers(counters, 0));
	block c0 = everywhere(C0), c1 = everywhere(C1), kc0 = block_xor(k, c0), kn = block_xor(k, nonce);
	*a = (struct aegis){ { kn, c1, c0, c1, kn, kc0, block_xor(k, c1), kc0 } };
	for (int i = 0; i < ROUNDS_BEFORE; i++)
		update(a, nonce, k);
}

/* What is left of each lane after the last whole step, and zeros. */
INLINE void rest_load(struct pieces *p, const uint8_t *const at[static LANES], size_t from, size_t len)
{
	memset(p, 0, sizeof(*p));
	for (int i = 0; i < LANES; i++)
		memcpy(p->bytes[i], at[i] + from, len);
}

INLINE void piece_places(uint8_t *at[static LANES], struct pieces *p)
{
	for (int i = 0; i < LANES; i++)
		at[i] = p->bytes[i];
}

INLINE void absorb(struct aegis *a, const struct aead_frame *frames)
{
	const uint8_t *at[LANES];
	uint8_t *rest[LANES];
	struct pieces p;
	size_t i = 0, len = frames->ad_len;
	for (int lane = 0; lane < LANES; lane++)
		at[lane] = frames[lane].ad;
	for (; i + STEP <= len; i += STEP)
		update(a, block_load(at, i), block_load(at, i + HALF));
	if (i == len)
		return;
	rest_load(&p, at, i, len - i);
	piece_places(rest, &p);
	update(a, block_load((const uint8_t *const *)rest, 0), block_load((const uint8_t *const *)rest, HALF));
}

/* 32 bytes of each lane to the other kind of text. */
INLINE void step(struct aegis *a, uint8_t *const at[static LANES], size_t i, bool opening)
{
	const block *s = a->s;
	block in0 = block_load((const uint8_t *const *)at, i), in1 = block_load((const uint8_t *const *)at, i + HALF);
	block out0 = block_xor(block_xor(in0, s[6]), block_xor_and(s[1], s[2], s[3]));
	block out1 = block_xor(block_xor(in1, s[2]), block_xor_and(s[5], s[6], s[7]));
	block_store(at, i, out0);
	block_store(at, i + HALF, out1);
	update(a, opening ? out0 : in0, opening ? out1 : in1);
}

/* The rest of each lane.  The state takes plaintext and zeros behind it, whichever way it goes. */
INLINE void step_rest(struct aegis *a, uint8_t *const at[static LANES], size_t from, size_t len, bool opening)
{
	struct pieces p;
	struct aegis before = *a;
	uint8_t *rest[LANES];
	rest_load(&p, (const uint8_t *const *)at, from, len);
	piece_places(rest, &p);
	step(a, rest, 0, opening);
	for (int i = 0; i < LANES; i++) {
		memcpy(at[i] + from, p.bytes[i], len);
		memset(p.bytes[i] + len, 0, STEP - len);
	}
	if (opening) {
		*a = before;
		update(a, block_load((const uint8_t *const *)rest, 0), block_load((const uint8_t *const *)rest, HALF));
	}
}

/* After the last step: the tags. */
INLINE void finish(struct aegis *a, const struct aead_frame *frames, uint8_t tags[static LANES][AEAD_TAG])
{
	uint64_t ad_bits[LANES];
	uint8_t *at[LANES];
	for (int i = 0; i < LANES; i++) {
		ad_bits[i] = (uint64_t)frames[i].ad_len * 8;
		at[i] = tags[i];
	}
	block t = block_xor(a->s[2], numbers(ad_bits, (uint64_t)frames->len * 8));
	for (int i = 0; i < ROUNDS_AFTER; i++)
		update(a, t, t);
	t = a->s[0];
	for (int i = 1; i < STATE - 1; i++)
		t = block_xor(t, a->s[i]);
	block_store(at, 0, t);
}

INLINE void run(const uint8_t key[static AEAD_KEY], struct aead_frame *frames, bool opening,
                uint8_t tags[static LANES][AEAD_TAG])
{
	struct aegis a;
	uint8_t *at[LANES];
	size_t i = 0, len = frames->len;
	for (int lane = 0; lane < LANES; lane++)
		at[lane] = frames[lane].data;
	begin(&a, key, frames);
	absorb(&a, frames);
	for (; i + STEP <= len; i += STEP)
		step(&a, at, i, opening);
	if (i < len)
		step_rest(&a, at, i, len - i, opening);
	finish(&a, frames, tags);
}

TARGET void SEAL(const uint8_t key[static AEAD_KEY], struct aead_frame *frames)
{
	uint8_t tags[LANES][AEAD_TAG];
	run(key, frames, false, tags);
	for (int i = 0; i < LANES; i++)
		memcpy(frames[i].data + frames[i].len, tags[i], AEAD_TAG);
}

TARGET void OPEN(const uint8_t key[static AEAD_KEY], struct aead_frame *frames)
{
	uint8_t tags[LANES][AEAD_TAG];
	run(key, frames, true, tags);
	for (int i = 0; i < LANES; i++) {
		frames[i].opened = same_secret(tags[i], frames[i].data + frames[i].len, AEAD_TAG);
		if (!frames[i].opened)
			wipe(frames[i].data, frames[i].len);
	}
}
