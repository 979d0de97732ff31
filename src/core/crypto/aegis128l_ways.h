/* The ways of aegis128l.c, each in a file of its own. */
#ifndef AEGIS128L_WAYS_H
#define AEGIS128L_WAYS_H

#include "core/crypto/aegis128l.h"

/* In the files that define TARGET. */
#define INLINE static inline __attribute__((always_inline)) TARGET

#define DECLARE_WAY(way) \
	bool aegis128l_##way##_available(void); \
	void aegis128l_##way##_seal(const uint8_t key[static AEAD_KEY], struct aead_frame *frames); \
	void aegis128l_##way##_open(const uint8_t key[static AEAD_KEY], struct aead_frame *frames)

DECLARE_WAY(aesni);
DECLARE_WAY(vaes);
DECLARE_WAY(vaes_pair);
DECLARE_WAY(arm);

#endif
