/* Authenticated encryption of bursts: several frames at once, in place, each under the same key and a counter of
 * its own.  One frame is a burst of 1.
 */
#ifndef CORE_CRYPTO_AEAD_H
#define CORE_CRYPTO_AEAD_H

#include "core/bytes.h"

enum { AEAD_KEY = 32, AEAD_TAG = 16 };

enum aead_suite {
	AEAD_CHACHA20_POLY1305 = 0,     /* RFC 8439: nonce = 0 (4), counter (8, LE) */
	/* draft-irtf-cfrg-aegis-aead: key[0..15]; nonce = key[16..31] XOR (counter (8, LE), 0 (8)) */
	AEAD_AEGIS_128L = 1,
};

struct aead_frame {
	const uint8_t *ad;              /* authenticated, not encrypted */
	size_t ad_len;
	uint8_t *data;                  /* len bytes, with AEAD_TAG more behind them for the tag */
	size_t len;
	uint64_t counter;               /* never twice under a key */
	bool opened;                    /* result of aead_open() */
};

/* Whether this machine has the instructions; suite 0 needs none.  The same at each call. */
MUST_CHECK bool aead_available(enum aead_suite suite);

/* data becomes the ciphertext, the tag is written behind it. */
void aead_seal(enum aead_suite suite, const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n);
/* data becomes the plaintext where opened is true.  Where it is not, suite 0 leaves the bytes as they came, so that
 * another key may be tried, and suite 1, which knows only afterwards, zeroes them.  How many were opened. */
size_t aead_open(enum aead_suite suite, const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n);

#endif
