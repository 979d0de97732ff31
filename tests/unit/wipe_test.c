/* What the primitives leave on the stack: no piece of a secret. */
#include "hex.h"

#include "core/crypto/aead.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"
#include "core/crypto/x25519.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

enum { SECRET = 64, SCANNED = 8192 };
static uint8_t secret[SECRET];

/* How many pieces of 8 bytes of the secret lie below the stack of who calls this, which nobody uses now. */
static OUT_OF_LINE unsigned pieces_below(void)
{
	volatile uint8_t here[SCANNED];
	unsigned found = 0;
	__asm__ __volatile__("" : : "r"(here) : "memory");
	for (size_t i = 0; i + 8 <= SCANNED - 512; i += 4)
		for (size_t k = 0; k + 8 <= SECRET; k += 4) {
			size_t same = 0;
			while (same < 8 && here[i + same] == secret[k + same])
				same++;
			found += same == 8;
		}
	return found;
}

/* The test itself: what is not wiped is found. */
static OUT_OF_LINE void leave_behind(void)
{
	uint8_t copy[2048];
	memset(copy, 0, sizeof(copy));
	memcpy(copy + 1024, secret, SECRET);
	__asm__ __volatile__("" : : "r"(copy) : "memory");
}

static void what_is_not_wiped_is_found(void)
{
	leave_behind();
	CHECK(pieces_below() > 0);
	wipe_stack();
	CHECK_INT(pieces_below(), 0);
}

static void of_keys(void)
{
	uint8_t out[64], base[32] = { 9 };
	x25519_public(out, secret);
	CHECK_INT(pieces_below(), 0);
	CHECK(x25519(out, secret, base));
	CHECK_INT(pieces_below(), 0);
	blake2b(out, 64, secret, 32, secret, 32);
	CHECK_INT(pieces_below(), 0);
}

static void of_frames(enum aead_suite suite, size_t n, size_t len)
{
	static uint8_t data[5][1500 + AEAD_TAG], ad[16];
	struct aead_frame frames[5];
	for (size_t i = 0; i < n; i++) {
		frames[i] = (struct aead_frame){ ad, sizeof(ad), data[i], len, i, false };
		memcpy(data[i] + len - 32, secret + 32, 32);
	}
	aead_seal(suite, secret, frames, n);
	CHECK_INT(pieces_below(), 0);
	CHECK_INT(aead_open(suite, secret, frames, n), n);
	CHECK_INT(pieces_below(), 0);
}

static void of_both_suites(void)
{
	for (size_t n = 1; n <= 5; n++)
		for (size_t len = 40; len < 1500; len += 181) {
			of_frames(AEAD_CHACHA20_POLY1305, n, len);
			if (aead_available(AEAD_AEGIS_128L))
				of_frames(AEAD_AEGIS_128L, n, len);
		}
}

int main(void)
{
	if (sanitized) {
		test_skip("stack", "the sanitizer has one of its own");
		return test_done();
	}
	for (size_t i = 0; i < SECRET; i++)
		secret[i] = (uint8_t)(0x91 + 37 * i);
	RUN(what_is_not_wiped_is_found);
	RUN(of_keys);
	RUN(of_both_suites);
	return test_done();
}
