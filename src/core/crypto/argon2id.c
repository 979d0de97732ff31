#include "core/crypto/argon2id.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"

#include <assert.h>

enum { VERSION = 0x13, TYPE_ID = 2, SLICES = 4, SEED = 64, WORDS = ARGON2ID_BLOCK / 8 };

struct block { uint64_t w[WORDS]; };

/* The memory as a matrix of one row per lane, and where it is being filled. */
struct fill {
	struct block *blocks;
	uint32_t count, passes, lanes, row, segment;   /* blocks of all, of a row, of a row's quarter */
	uint32_t pass, slice, lane;
	struct block input, addresses, zero;
};

static inline uint64_t rotate(uint64_t v, int n) { return v >> n | v << (64 - n); }

static inline uint64_t blend(uint64_t a, uint64_t b) { return a + b + 2 * (a & UINT32_MAX) * (b & UINT32_MAX); }

static inline void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d)
{
	*a = blend(*a, *b);
	*d = rotate(*d ^ *a, 32);
	*c = blend(*c, *d);
	*b = rotate(*b ^ *c, 24);
	*a = blend(*a, *b);
	*d = rotate(*d ^ *a, 16);
	*c = blend(*c, *d);
	*b = rotate(*b ^ *c, 63);
}

/* The permutation P over 16 words: word i is at w[i / 2 * step + i % 2]. */
static inline __attribute__((always_inline)) void permute(uint64_t *w, int step)
{
	uint64_t v[16];
	for (int i = 0; i < 16; i++)
		v[i] = w[i / 2 * step + i % 2];
	for (int i = 0; i < 4; i++)
		mix(&v[i], &v[4 + i], &v[8 + i], &v[12 + i]);
	for (int i = 0; i < 4; i++)
		mix(&v[i], &v[4 + (i + 1) % 4], &v[8 + (i + 2) % 4], &v[12 + (i + 3) % 4]);
	for (int i = 0; i < 16; i++)
		w[i / 2 * step + i % 2] = v[i];
}

/* The compression function G; with add its result is XORed to what is there. */
static OUT_OF_LINE void compress(struct block *out, const struct block *x, const struct block *y, bool add)
{
	struct block r, z;
	for (int i = 0; i < WORDS; i++) {
		r.w[i] = x->w[i] ^ y->w[i];
		z.w[i] = r.w[i] ^ (add ? out->w[i] : 0);
	}
	for (int i = 0; i < 8; i++)
		permute(r.w + 16 * i, 2);
	for (int i = 0; i < 8; i++)
		permute(r.w + 2 * i, 16);
	for (int i = 0; i < WORDS; i++)
		out->w[i] = r.w[i] ^ z.w[i];
}

static void add_u32(struct blake2b *b, uint32_t value)
{
	uint8_t bytes[4];
	put_le32(bytes, value);
	blake2b_add(b, bytes, sizeof(bytes));
}

static void add_counted(struct blake2b *b, const void *data, size_t len)
{
	add_u32(b, (uint32_t)len);
	blake2b_add(b, data, len);
}

/* The hash function H' of any output length: digests of 64 bytes of which each gives 32, the last all. */
static void long_hash(uint8_t *out, size_t len, const uint8_t *in, size_t in_len)
{
	struct blake2b b;
	uint8_t digest[BLAKE2B_MAX];
	struct wr w = wr_of(out, len);
	blake2b_init(&b, smaller(len, BLAKE2B_MAX), NULL, 0);
	add_u32(&b, (uint32_t)len);
	blake2b_add(&b, in, in_len);
	blake2b_digest(&b, digest);
	while (len > BLAKE2B_MAX) {
		wr_bytes(&w, digest, BLAKE2B_MAX / 2);
		len -= BLAKE2B_MAX / 2;
		blake2b(digest, smaller(len, BLAKE2B_MAX), NULL, 0, digest, BLAKE2B_MAX);
	}
	wr_bytes(&w, digest, len);
	wipe(digest, sizeof(digest));
}

static void block_load(struct block *to, const uint8_t *bytes)
{
	for (int i = 0; i < WORDS; i++)
		to->w[i] = get_le64(bytes + 8 * i);
}

static void seed_memory(struct fill *f, size_t tag_len, const struct argon2id_input *in, struct argon2id_cost cost)
{
	struct blake2b b;
	uint8_t seed[SEED + 8], bytes[ARGON2ID_BLOCK];
	blake2b_init(&b, SEED, NULL, 0);
	add_u32(&b, cost.lanes);
	add_u32(&b, (uint32_t)tag_len);
	add_u32(&b, cost.kib);
	add_u32(&b, cost.passes);
	add_u32(&b, VERSION);
	add_u32(&b, TYPE_ID);
	add_counted(&b, in->password, in->password_len);
	add_counted(&b, in->salt, in->salt_len);
	add_counted(&b, in->secret, in->secret_len);
	add_counted(&b, in->data, in->data_len);
	blake2b_digest(&b, seed);
	for (uint32_t i = 0; i < 2 * f->lanes; i++) {
		put_le32(seed + SEED, i % 2);
		put_le32(seed + SEED + 4, i / 2);
		long_hash(bytes, sizeof(bytes), seed, sizeof(seed));
		block_load(&f->blocks[i / 2 * f->row + i % 2], bytes);
	}
	wipe(seed, sizeof(seed));
	wipe(bytes, sizeof(bytes));
}

/* In the first half of the first pass addresses come from a counter, else from the block before. */
static bool independent(const struct fill *f) { return f->pass == 0 && f->slice < SLICES / 2; }

static void next_addresses(struct fill *f)
{
	f->input.w[6]++;
	compress(&f->addresses, &f->zero, &f->input, false);
	compress(&f->addresses, &f->zero, &f->addresses, false);
}

static void start_addresses(struct fill *f)
{
	memset(&f->input, 0, sizeof(f->input));
	f->input.w[0] = f->pass;
	f->input.w[1] = f->lane;
	f->input.w[2] = f->slice;
	f->input.w[3] = f->count;
	f->input.w[4] = f->passes;
	f->input.w[5] = TYPE_ID;
}

/* Which block a random word means (RFC 9106, 3.4.1.1): one of those finished, late ones more often. */
static const struct block *reference(const struct fill *f, uint64_t word, uint32_t at)
{
	uint32_t lane = f->pass == 0 && f->slice == 0 ? f->lane : (uint32_t)((word >> 32) % f->lanes);
	uint64_t area = f->pass == 0 ? (uint64_t)f->slice * f->segment : (uint64_t)f->row - f->segment;
	if (lane == f->lane)
		area = area + at - 1;
	else if (at == 0)
		area--;
	uint64_t x = word & UINT32_MAX;
	x = x * x >> 32;
	uint64_t from_start = area - 1 - (area * x >> 32);
	uint64_t start = f->pass == 0 || f->slice == SLICES - 1 ? 0 : (uint64_t)(f->slice + 1) * f->segment;
	return &f->blocks[(uint64_t)lane * f->row + (start + from_start) % f->row];
}

static void fill_segment(struct fill *f)
{
	struct block *row = f->blocks + (size_t)f->lane * f->row;
	uint32_t at = f->pass == 0 && f->slice == 0 ? 2 : 0;
	start_addresses(f);
	if (independent(f) && at)
		next_addresses(f);
	for (; at < f->segment; at++) {
		uint32_t column = f->slice * f->segment + at;
		const struct block *before = &row[column ? column - 1 : f->row - 1];
		if (independent(f) && at % WORDS == 0)
			next_addresses(f);
		uint64_t word = independent(f) ? f->addresses.w[at % WORDS] : before->w[0];
		compress(&row[column], before, reference(f, word, at), f->pass > 0);
	}
}

static void finish(struct fill *f, uint8_t *tag, size_t tag_len)
{
	uint8_t bytes[ARGON2ID_BLOCK];
	struct block sum = { { 0 } };
	for (uint32_t lane = 0; lane < f->lanes; lane++)
		for (int i = 0; i < WORDS; i++)
			sum.w[i] ^= f->blocks[(size_t)(lane + 1) * f->row - 1].w[i];
	for (int i = 0; i < WORDS; i++)
		put_le64(bytes + 8 * i, sum.w[i]);
	long_hash(tag, tag_len, bytes, sizeof(bytes));
	wipe(&sum, sizeof(sum));
	wipe(bytes, sizeof(bytes));
}

void argon2id(uint8_t *tag, size_t tag_len, const struct argon2id_input *input, struct argon2id_cost cost,
              void *memory)
{
	assert(cost.lanes && cost.passes && cost.kib / 8 >= cost.lanes && tag_len >= 4);
	uint32_t segment = cost.kib / (SLICES * cost.lanes), row = SLICES * segment;
	struct fill f = { .blocks = memory, .count = row * cost.lanes, .passes = cost.passes, .lanes = cost.lanes,
	                  .row = row, .segment = segment };
	seed_memory(&f, tag_len, input, cost);
	for (f.pass = 0; f.pass < cost.passes; f.pass++)
		for (f.slice = 0; f.slice < SLICES; f.slice++)
			for (f.lane = 0; f.lane < cost.lanes; f.lane++)
				fill_segment(&f);
	finish(&f, tag, tag_len);
	wipe(memory, (size_t)cost.kib * ARGON2ID_BLOCK);
	wipe(&f, sizeof(f));
	wipe_stack();
}
