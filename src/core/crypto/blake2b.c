#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"

#include <assert.h>

static const uint64_t IV[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t SIGMA[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static inline uint64_t rotate(uint64_t v, int n) { return v >> n | v << (64 - n); }

static inline void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
	*a += *b + x;
	*d = rotate(*d ^ *a, 32);
	*c += *d;
	*b = rotate(*b ^ *c, 24);
	*a += *b + y;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 63);
}

static inline void mix_all(uint64_t v[16], const uint64_t m[16], const uint8_t s[16])
{
	for (int i = 0; i < 4; i++)
		mix(&v[i], &v[4 + i], &v[8 + i], &v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
	for (int i = 0; i < 4; i++)
		mix(&v[i], &v[4 + (i + 1) % 4], &v[8 + (i + 2) % 4], &v[12 + (i + 3) % 4],
		    m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
}

static OUT_OF_LINE void compress(struct blake2b *b, const uint8_t *block, bool last)
{
	uint64_t v[16], m[16];
	for (int i = 0; i < 8; i++) {
		v[i] = b->h[i];
		v[8 + i] = IV[i];
	}
	for (int i = 0; i < 16; i++)
		m[i] = get_le64(block + 8 * i);
	v[12] ^= b->count;
	v[14] ^= last ? UINT64_MAX : 0;
	for (int i = 0; i < 12; i++)
		mix_all(v, m, SIGMA[i % 10]);
	for (int i = 0; i < 8; i++)
		b->h[i] ^= v[i] ^ v[8 + i];
}

void blake2b_init(struct blake2b *b, size_t digest_len, const void *key, size_t key_len)
{
	assert(digest_len && digest_len <= BLAKE2B_MAX && key_len <= BLAKE2B_KEY_MAX);
	memset(b, 0, sizeof(*b));
	memcpy(b->h, IV, sizeof(IV));
	b->h[0] ^= 0x01010000 | key_len << 8 | digest_len;
	b->digest_len = digest_len;
	if (!key_len)
		return;
	memcpy(b->block, key, key_len);
	b->used = BLAKE2B_BLOCK;
}

/* A full block waits until it is known whether it is the last. */
void blake2b_add(struct blake2b *b, const void *data, size_t len)
{
	if (!len)
		return;
	struct rd r = rd_of(data, len);
	while (rd_left(&r)) {
		if (b->used == BLAKE2B_BLOCK) {
			b->count += BLAKE2B_BLOCK;
			compress(b, b->block, false);
			b->used = 0;
		}
		size_t n = smaller(BLAKE2B_BLOCK - b->used, rd_left(&r));
		memcpy(b->block + b->used, rd_take(&r, n), n);
		b->used += n;
	}
}

void blake2b_digest(struct blake2b *b, uint8_t *digest)
{
	uint8_t all[BLAKE2B_MAX];
	b->count += b->used;
	memset(b->block + b->used, 0, BLAKE2B_BLOCK - b->used);
	compress(b, b->block, true);
	for (int i = 0; i < 8; i++)
		put_le64(all + 8 * i, b->h[i]);
	memcpy(digest, all, b->digest_len);
	wipe(all, sizeof(all));
	wipe(b, sizeof(*b));
	wipe_stack();
}

void blake2b(uint8_t *digest, size_t digest_len, const void *key, size_t key_len, const void *data, size_t len)
{
	struct blake2b b;
	blake2b_init(&b, digest_len, key, key_len);
	blake2b_add(&b, data, len);
	blake2b_digest(&b, digest);
}
