/* No branch and no index depends on a secret: valgrind's memcheck is told that secrets are undefined, and then
 * complains of each.  `scripts/test` runs this under valgrind; alone it skips.
 */
#include "aead_frames.h"
#include "hex.h"

#include "core/crypto/aegis128l.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/chacha20.h"
#include "core/crypto/poly1305.h"
#include "core/crypto/wipe.h"
#include "core/crypto/x25519.h"

#ifdef __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#ifdef VALGRIND_MAKE_MEM_UNDEFINED

static void secret(void *bytes, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(bytes, len); }
static void known(void *bytes, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(bytes, len); }

/* Complaints since the last look. */
static unsigned complaints(void)
{
	static unsigned seen;
	unsigned now = (unsigned)VALGRIND_COUNT_ERRORS, before = seen;
	seen = now;
	return now - before;
}

/* The test itself: a branch on a secret is seen. */
static void a_branch_is_noticed(void)
{
	volatile int branched = 0;
	uint8_t byte = 1;
	secret(&byte, 1);
	if (byte & 1)
		branched = 1;
	CHECK(branched);
	CHECK(complaints() > 0);
}

static void keys_of_x25519(void)
{
	uint8_t private[32], public[32] = { 9 }, shared[32];
	fill_random(private, 32);
	secret(private, 32);
	bool good = x25519(shared, private, public);
	known(&good, sizeof(good));
	x25519_public(public, private);
	CHECK(good);
	CHECK_INT(complaints(), 0);
}

static void keys_and_text_of_blake2b(void)
{
	uint8_t key[32], text[300], digest[32];
	fill_random(key, 32);
	fill_random(text, 300);
	secret(key, 32);
	secret(text, 300);
	blake2b(digest, 32, key, 32, text, 300);
	CHECK_INT(complaints(), 0);
}

static void comparing(void)
{
	uint8_t a[16], b[16];
	fill_random(a, 16);
	memcpy(b, a, 16);
	secret(a, 16);
	bool same = same_secret(a, b, 16);
	known(&same, sizeof(same));
	CHECK(same);
	CHECK_INT(complaints(), 0);
}

/* Which frames open is no secret, but nothing is known before. */
static void keys_and_frames_of(enum aead_suite suite, size_t n)
{
	static struct aead_frames fs;
	uint8_t key[AEAD_KEY];
	fill_random(key, sizeof(key));
	secret(key, sizeof(key));
	for (size_t i = 0; i < n; i++) {
		struct aead_frame *f = aead_frames_add(&fs, 16, i % 2 ? 1402 : 66, i);
		secret(f->data, f->len);
	}
	aead_seal(suite, key, fs.f, n);
	CHECK_INT(complaints(), 0);
	for (size_t i = 0; i < n; i++)
		known(fs.f[i].data, fs.f[i].len + AEAD_TAG);
	aead_frames_free(&fs);
}
static void keys_and_frames_of_chacha20_poly1305(void) { keys_and_frames_of(AEAD_CHACHA20_POLY1305, 5); }
static void keys_and_frames_of_aegis_128l(void) { keys_and_frames_of(AEAD_AEGIS_128L, 5); }

/* Also those that the machine is too good for. */
static void every_way(void)
{
	uint8_t key[POLY1305_KEY], data[40 * POLY1305_BLOCK], stream[CHACHA20_LANES_MAX * CHACHA20_BLOCK], tag[POLY1305_TAG];
	const struct chacha20_places places = { { { 1 } } };
	fill_random(key, sizeof(key));
	fill_random(data, sizeof(data));
	secret(key, sizeof(key));
	for (const struct chacha20 *way = chacha20_ways; way < chacha20_ways + CHACHA20_WAYS; way++)
		if (way->available())
			way->blocks(stream, key, &places);
	for (const struct poly1305_way *way = poly1305_ways; way < poly1305_ways + POLY1305_WAYS; way++) {
		struct poly1305 p;
		if (!way->available())
			continue;
		poly1305_init(&p, key);
		way->blocks(&p, data, 40);
		poly1305_tag(&p, tag);
	}
	CHECK_INT(complaints(), 0);
}

/* Which frames opened everybody may see: the branches on that are in constant_time.supp. */
static void opening(void)
{
	for (size_t i = 0; i < 2; i++) {
		static struct aead_frames fs;
		enum aead_suite suite = i ? AEAD_AEGIS_128L : AEAD_CHACHA20_POLY1305;
		uint8_t key[AEAD_KEY];
		if (!aead_available(suite))
			continue;
		fill_random(key, sizeof(key));
		struct aead_frame *f = aead_frames_add(&fs, 16, 200, 0);
		aead_seal(suite, key, f, 1);
		secret(key, sizeof(key));
		size_t opened = aead_open(suite, key, f, 1);
		known(&opened, sizeof(opened));
		known(f, sizeof(*f));
		CHECK_INT(opened, 1);
		CHECK_INT(complaints(), 0);
		aead_frames_free(&fs);
	}
}

int main(void)
{
	if (!RUNNING_ON_VALGRIND) {
		test_skip("constant time", "not under valgrind");
		return test_done();
	}
	RUN(a_branch_is_noticed);
	RUN(keys_of_x25519);
	RUN(keys_and_text_of_blake2b);
	RUN(comparing);
	RUN(keys_and_frames_of_chacha20_poly1305);
	if (aead_available(AEAD_AEGIS_128L))
		RUN(keys_and_frames_of_aegis_128l);
	RUN(every_way);
	RUN(opening);
	return test_done();
}

#else

int main(void)
{
	test_skip("constant time", "no valgrind/memcheck.h when this was built");
	return test_done();
}

#endif
