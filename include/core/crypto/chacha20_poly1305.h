/* ChaCha20-Poly1305 (RFC 8439) of bursts.  The blocks of key stream of all frames are made in one row, so that
 * short frames fill vectors as well as long ones.
 */
#ifndef CORE_CRYPTO_CHACHA20_POLY1305_H
#define CORE_CRYPTO_CHACHA20_POLY1305_H

#include "core/crypto/aead.h"

enum { CHACHA20_POLY1305_PREFIX = 4 };

/* As aead_seal() and aead_open(), which see; nonce = prefix, counter (8, LE). */
void chacha20_poly1305_seal(const uint8_t key[static AEAD_KEY], const uint8_t prefix[static CHACHA20_POLY1305_PREFIX],
                            struct aead_frame *frames, size_t n);
size_t chacha20_poly1305_open(const uint8_t key[static AEAD_KEY], const uint8_t prefix[static CHACHA20_POLY1305_PREFIX],
                              struct aead_frame *frames, size_t n);

#endif
