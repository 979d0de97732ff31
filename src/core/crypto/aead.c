#include "core/crypto/aead.h"
#include "core/crypto/aegis128l.h"
#include "core/crypto/chacha20_poly1305.h"

static const uint8_t NO_PREFIX[CHACHA20_POLY1305_PREFIX];

bool aead_available(enum aead_suite suite)
{
	return suite == AEAD_CHACHA20_POLY1305 || (suite == AEAD_AEGIS_128L && aegis128l_available());
}

void aead_seal(enum aead_suite suite, const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n)
{
	if (suite == AEAD_AEGIS_128L)
		aegis128l_seal(key, frames, n);
	else
		chacha20_poly1305_seal(key, NO_PREFIX, frames, n);
}

size_t aead_open(enum aead_suite suite, const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n)
{
	if (suite == AEAD_AEGIS_128L)
		return aegis128l_open(key, frames, n);
	return chacha20_poly1305_open(key, NO_PREFIX, frames, n);
}
