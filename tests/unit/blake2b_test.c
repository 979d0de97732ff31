/* BLAKE2b by RFC 7693, and in pieces. */
#include "hex.h"

#include "core/crypto/blake2b.h"

static void abc(void)
{
	uint8_t digest[64];
	blake2b(digest, 64, NULL, 0, "abc", 3);
	CHECK_HEX(digest, "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	                  "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

/* The generator of appendix E. */
static void sequence(uint8_t *out, size_t len, uint32_t seed)
{
	uint32_t a = 0xdead4bad * seed, b = 1;
	for (size_t i = 0; i < len; i++) {
		uint32_t t = a + b;
		a = b;
		b = t;
		out[i] = (uint8_t)(t >> 24);
	}
}

static void self_test_of_the_rfc(void)
{
	static const size_t digest_lens[] = { 20, 32, 48, 64 }, lens[] = { 0, 3, 128, 129, 255, 1024 };
	uint8_t in[1024], key[64], digest[64];
	struct blake2b all;
	blake2b_init(&all, 32, NULL, 0);
	for (size_t d = 0; d < 4; d++)
		for (size_t l = 0; l < 6; l++) {
			sequence(in, lens[l], (uint32_t)lens[l]);
			blake2b(digest, digest_lens[d], NULL, 0, in, lens[l]);
			blake2b_add(&all, digest, digest_lens[d]);
			sequence(key, digest_lens[d], (uint32_t)digest_lens[d]);
			blake2b(digest, digest_lens[d], key, digest_lens[d], in, lens[l]);
			blake2b_add(&all, digest, digest_lens[d]);
		}
	blake2b_digest(&all, digest);
	CHECK_HEX(digest, "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
}

static void in_pieces(void)
{
	uint8_t in[700], whole[64], digest[64];
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)test_random();
	for (int round = 0; round < 500; round++) {
		size_t len = test_random() % sizeof(in), key_len = test_random() % 65, at = 0;
		struct blake2b b, copy;
		blake2b(whole, 64, in, key_len, in, len);
		blake2b_init(&b, 64, in, key_len);
		while (at < len) {
			size_t n = 1 + test_random() % 200;
			n = n > len - at ? len - at : n;
			blake2b_add(&b, in + at, n);
			at += n;
		}
		copy = b;
		blake2b_digest(&b, digest);
		CHECK_BYTES(digest, whole, 64);
		blake2b_digest(&copy, digest);
		CHECK_BYTES(digest, whole, 64);
	}
}

static void nothing_is_left_behind(void)
{
	static const struct blake2b zeros;
	struct blake2b b;
	uint8_t digest[64];
	memset(&b, 0, sizeof(b));
	blake2b_init(&b, 64, "key", 3);
	blake2b_add(&b, "secret", 6);
	blake2b_digest(&b, digest);
	CHECK(!memcmp(&b, &zeros, sizeof(b)));
}

int main(void)
{
	RUN(abc);
	RUN(self_test_of_the_rfc);
	RUN(in_pieces);
	RUN(nothing_is_left_behind);
	return test_done();
}
