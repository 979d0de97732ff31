/* Every way to do the same on this machine gives the same: the vectors of each width against the plain ones. */
#include "aead_frames.h"
#include "hex.h"

#include "core/crypto/aegis128l.h"
#include "core/crypto/chacha20.h"
#include "core/crypto/poly1305.h"

/* The same in the numbers for machines without 128-bit products. */
#define POLY1305_PORTABLE
#define poly1305_ways portable_ways
#define poly1305_init portable_init
#define poly1305_blocks portable_blocks
#define poly1305_tag portable_tag
void portable_init(struct poly1305 *p, const uint8_t key[static POLY1305_KEY]);
void portable_blocks(struct poly1305 *p, const uint8_t *data, size_t blocks);
void portable_tag(struct poly1305 *p, uint8_t tag[static POLY1305_TAG]);
extern const struct poly1305_way portable_ways[POLY1305_WAYS];
#include "../../src/core/crypto/poly1305.c"
#undef poly1305_ways
#undef poly1305_init
#undef poly1305_blocks
#undef poly1305_tag

static void list(const char *what, const char *name, bool available)
{
	printf("  %s: %s%s\n", what, name, available ? "" : " (not on this machine)");
}

/* RFC 8439, section 2.3.2. */
static void chacha20_of_the_rfc(void)
{
	struct hex key = hex_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	struct chacha20_places places = { { { 1 }, { 0x09000000 }, { 0x4a000000 }, { 0 } } };
	for (const struct chacha20 *way = chacha20_ways; way < chacha20_ways + CHACHA20_WAYS; way++) {
		uint8_t out[CHACHA20_LANES_MAX * CHACHA20_BLOCK];
		list("ChaCha20", way->name, way->available());
		if (!way->available())
			continue;
		way->blocks(out, key.data, &places);
		CHECK_HEX(out, "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
		               "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
	}
}

static void chacha20_ways_agree(void)
{
	enum { ROW = CHACHA20_LANES_MAX };
	uint8_t key[CHACHA20_KEY], want[ROW * CHACHA20_BLOCK + 1], got[sizeof(want)];
	const struct chacha20 *plain = &chacha20_ways[CHACHA20_WAYS - 1];
	for (int round = 0; round < 500; round++) {
		struct chacha20_places row, part = { { { 0 } } };
		size_t skew = (size_t)round % 2;
		fill_random(key, sizeof(key));
		fill_random((uint8_t *)&row, sizeof(row));
		for (size_t from = 0; from < ROW; from += plain->lanes) {
			for (int i = 0; i < 4; i++)
				memcpy(part.words[i], row.words[i] + from, plain->lanes * 4);
			plain->blocks(want + from * CHACHA20_BLOCK, key, &part);
		}
		for (const struct chacha20 *way = chacha20_ways; way < plain; way++) {
			if (!way->available())
				continue;
			way->blocks(got + skew, key, &row);
			CHECK_BYTES(got + skew, want, way->lanes * CHACHA20_BLOCK);
		}
	}
}

static void chacha20_takes_the_narrowest_that_is_enough(void)
{
	for (size_t n = 1; n < 64; n++) {
		const struct chacha20 *way = chacha20_way(n);
		CHECK(way->available());
		CHECK(way->lanes == 4 || way->lanes < 2 * n);
	}
}

/* What RFC 8439, A.3, has for the carries: 7 to 10, of whole blocks. */
static void poly1305_of_the_rfc(void)
{
	static const char *const cases[][3] = {
		{ "01000000000000000000000000000000", "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff"
		  "11000000000000000000000000000000", "05000000000000000000000000000000" },
		{ "01000000000000000000000000000000", "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe"
		  "01010101010101010101010101010101", "00000000000000000000000000000000" },
		{ "02000000000000000000000000000000", "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff" },
		{ "01000000000000000400000000000000", "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000"
		  "0000000000000000" "01000000000000000000000000000000", "14000000000000005500000000000000" },
	};
	for (size_t i = 0; i < 4; i++) {
		struct hex r = hex_of(cases[i][0]), text = hex_of(cases[i][1]);
		struct poly1305 p;
		uint8_t key[POLY1305_KEY] = { 0 }, tag[POLY1305_TAG];
		memcpy(key, r.data, 16);
		poly1305_init(&p, key);
		poly1305_blocks(&p, text.data, text.len / POLY1305_BLOCK);
		poly1305_tag(&p, tag);
		CHECK_HEX(tag, cases[i][2]);
		portable_init(&p, key);
		portable_blocks(&p, text.data, text.len / POLY1305_BLOCK);
		portable_tag(&p, tag);
		CHECK_HEX(tag, cases[i][2]);
	}
}

/* By one way, some of it before by the plain one, so that a sum is there already. */
static void poly1305_by(const struct poly1305_way *way, const uint8_t *key, const uint8_t *data, size_t before,
                        size_t blocks, uint8_t *tag)
{
	const struct poly1305_way *plain = &poly1305_ways[POLY1305_WAYS - 1];
	struct poly1305 p;
	poly1305_init(&p, key);
	plain->blocks(&p, data, before);
	size_t done = before + way->blocks(&p, data + before * POLY1305_BLOCK, blocks - before);
	plain->blocks(&p, data + done * POLY1305_BLOCK, blocks - done);
	poly1305_tag(&p, tag);
}

static void check_poly1305(const uint8_t *key, const uint8_t *data, size_t before, size_t blocks)
{
	struct poly1305 p;
	uint8_t want[POLY1305_TAG], got[POLY1305_TAG];
	portable_init(&p, key);
	portable_blocks(&p, data, blocks);
	portable_tag(&p, want);
	for (const struct poly1305_way *way = poly1305_ways; way < poly1305_ways + POLY1305_WAYS; way++) {
		if (!way->available() || blocks - before < way->worthwhile)
			continue;
		poly1305_by(way, key, data, before, blocks, got);
		CHECK_BYTES(got, want, POLY1305_TAG);
	}
}

/* Random, and of the ones that carry furthest. */
static void poly1305_ways_agree(void)
{
	enum { BLOCKS_MAX = 120 };
	uint8_t key[POLY1305_KEY], data[BLOCKS_MAX * POLY1305_BLOCK + 16];
	for (const struct poly1305_way *way = poly1305_ways; way < poly1305_ways + POLY1305_WAYS; way++)
		list("Poly1305", way->name, way->available());
	for (int round = 0; round < 3000; round++) {
		size_t skew = test_random() % 16, before = test_random() % 10;
		fill_random(key, sizeof(key));
		fill_random(data, sizeof(data));
		if (round % 3 == 1)
			memset(data, 0xff, sizeof(data));
		if (round % 4 == 1)
			memset(key, 0xff, 16);
		check_poly1305(key, data + skew, before, before + test_random() % (BLOCKS_MAX - before));
	}
}

static void check_aegis(const struct aegis128l *way, size_t ad_len, size_t len)
{
	const struct aegis128l *one = &aegis128l_ways[AEGIS128L_WAYS - 1];
	static struct aead_frames fs;
	uint8_t key[AEAD_KEY];
	fill_random(key, sizeof(key));
	for (size_t i = 0; i < way->lanes; i++)
		aead_frames_add(&fs, ad_len, len, test_random() % 32);
	way->seal(key, fs.f);
	for (size_t i = 0; i < fs.n; i++)
		one->open(key, &fs.f[i]);
	check_opened(&fs);
	for (size_t i = 0; i < fs.n; i++)
		one->seal(key, &fs.f[i]);
	way->open(key, fs.f);
	check_opened(&fs);
	aead_frames_free(&fs);
}

static void aegis128l_ways_agree(void)
{
	for (const struct aegis128l *way = aegis128l_ways; way < aegis128l_ways + AEGIS128L_WAYS; way++) {
		list("AEGIS-128L", way->name, way->available());
		if (!way->available())
			continue;
		for (size_t len = 0; len < 200; len++)
			for (size_t ad_len = len % 7; ad_len < 70; ad_len += 7)
				check_aegis(way, ad_len, len);
		check_aegis(way, 16, 1402);
	}
}

int main(void)
{
	RUN(chacha20_of_the_rfc);
	RUN(chacha20_ways_agree);
	RUN(chacha20_takes_the_narrowest_that_is_enough);
	RUN(poly1305_of_the_rfc);
	RUN(poly1305_ways_agree);
	RUN(aegis128l_ways_agree);
	return test_done();
}
