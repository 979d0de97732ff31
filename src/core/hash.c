#include "core/hash.h"
#include "core/bytes.h"

/* SipHash (Aumasson, Bernstein 2012) with one round per word and three at the end: enough for a
 * table whose hashes are never shown to anyone. */
struct sip { uint64_t v0, v1, v2, v3; };

static uint64_t rotl(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t hash_keyed(const struct hash_key *key, const void *data, size_t len)
{
	struct sip s = {
		key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u
	};
	struct rd r = rd_of(data, len);
	uint8_t tail[8] = { 0 };
	while (rd_left(&r) >= 8)
		sip_word(&s, get_le64(rd_take(&r, 8)));
	rd_bytes(&r, tail, rd_left(&r));
	tail[7] = (uint8_t)len;
	sip_word(&s, get_le64(tail));
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* Part 1 of the four of the specification, section 8: nothing here needs the others. */
uint64_t pearson64(const void *data, size_t len)
{
	struct rd r = rd_of(data, len);
	uint64_t h = 0;
	while (rd_left(&r) >= 8)
		h = mix((h ^ get_le64(rd_take(&r, 8))) - 1);
	h = ~h;
	while (rd_left(&r))
		h = mix((h ^ rd_u8(&r)) - 1);
	return mix((~h ^ (uint64_t)len) - 1);
}
