/* X25519 (RFC 7748): Diffie-Hellman on Curve25519. */
#ifndef CORE_CRYPTO_X25519_H
#define CORE_CRYPTO_X25519_H

#include "core/bytes.h"

enum { X25519_LEN = 32 };

/* What both sides arrive at.  False: zeros, which a point of small order makes of every private key. */
MUST_CHECK bool x25519(uint8_t shared[static X25519_LEN], const uint8_t private[static X25519_LEN],
                       const uint8_t public[static X25519_LEN]);
void x25519_public(uint8_t public[static X25519_LEN], const uint8_t private[static X25519_LEN]);

#endif
