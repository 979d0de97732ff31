/* X25519 by the RFC, by Wycheproof, and in the two fields against each other. */
#include "hex.h"

#include "core/crypto/x25519.h"

/* The same in the field for machines without 128-bit products. */
#define X25519_PORTABLE
#define x25519 portable_x25519
#define x25519_public portable_x25519_public
bool portable_x25519(uint8_t shared[static 32], const uint8_t private[static 32], const uint8_t public[static 32]);
void portable_x25519_public(uint8_t public[static 32], const uint8_t private[static 32]);
#include "../../src/core/crypto/x25519.c"
#undef x25519
#undef x25519_public

typedef bool function(uint8_t *shared, const uint8_t *private, const uint8_t *public);

static void vectors_of_rfc_7748(void)
{
	uint8_t out[32];
	CHECK(x25519(out, hex_of("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4").data,
	             hex_of("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c").data));
	CHECK_HEX(out, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
	CHECK(x25519(out, hex_of("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d").data,
	             hex_of("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493").data));
	CHECK_HEX(out, "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");
}

static void a_thousand_times(void)
{
	uint8_t k[32] = { 9 }, u[32] = { 9 }, next[32];
	for (int i = 0; i < 1000; i++) {
		CHECK(x25519(next, k, u));
		memcpy(u, k, 32);
		memcpy(k, next, 32);
		if (i == 0)
			CHECK_HEX(k, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
	}
	CHECK_HEX(k, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

static void both_sides_agree(void)
{
	uint8_t a_private[32], b_private[32], a_public[32], b_public[32], ab[32], ba[32];
	for (int i = 0; i < 32; i++) {
		a_private[i] = (uint8_t)test_random();
		b_private[i] = (uint8_t)test_random();
	}
	x25519_public(a_public, a_private);
	x25519_public(b_public, b_private);
	CHECK(x25519(ab, a_private, b_public) && x25519(ba, b_private, a_public));
	CHECK_BYTES(ab, ba, 32);
}

/* Zeros are told, and nothing else is refused. */
static void wycheproof(function *fn)
{
	static const uint8_t zeros[32];
	FILE *f = hex_open("wycheproof-x25519.txt");
	int cases = 0;
	for (struct wycheproof w; wycheproof_next(f, &w); cases++) {
		uint8_t out[32];
		CHECK_INT(w.fields, 3);
		CHECK_INT(fn(out, w.field[0].data, w.field[1].data), memcmp(w.field[2].data, zeros, 32) != 0);
		CHECK_BYTES(out, w.field[2].data, 32);
	}
	CHECK_INT(cases, 518);
}
static void wycheproof_fast(void) { wycheproof(x25519); }
static void wycheproof_portable(void) { wycheproof(portable_x25519); }

/* Every number that is not reduced, and every small point, among others. */
static void both_fields_agree(void)
{
	for (int i = 0; i < 300; i++) {
		uint8_t private[32], public[32], fast[32], slow[32];
		for (int k = 0; k < 32; k++) {
			private[k] = (uint8_t)test_random();
			public[k] = (uint8_t)(i < 100 ? 0xff : test_random());
		}
		if (i < 100) {
			public[0] = (uint8_t)(0xa0 + i);
			public[31] = i % 2 ? 0x7f : 0xff;
		}
		CHECK_INT(x25519(fast, private, public), portable_x25519(slow, private, public));
		CHECK_BYTES(fast, slow, 32);
	}
}

int main(void)
{
	RUN(vectors_of_rfc_7748);
	RUN(a_thousand_times);
	RUN(both_sides_agree);
	RUN(wycheproof_fast);
	RUN(wycheproof_portable);
	RUN(both_fields_agree);
	return test_done();
}
