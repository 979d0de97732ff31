/* AEGIS-128L (draft-irtf-cfrg-aegis-aead) with the machine's AES instructions, as many frames side by side as its
 * vectors hold.  There is none in software: it would need tables, and be slow.
 */
#ifndef CORE_CRYPTO_AEGIS128L_H
#define CORE_CRYPTO_AEGIS128L_H

#include "core/crypto/aead.h"

MUST_CHECK bool aegis128l_available(void);

/* As aead_seal() and aead_open(), which see. */
void aegis128l_seal(const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n);
size_t aegis128l_open(const uint8_t key[static AEAD_KEY], struct aead_frame *frames, size_t n);

/* One way to do it: works on exactly lanes frames, of the same lengths.  Who calls it wipes the stack afterwards. */
struct aegis128l {
	const char *name;
	size_t lanes;
	bool (*available)(void);
	void (*seal)(const uint8_t key[static AEAD_KEY], struct aead_frame *frames);
	void (*open)(const uint8_t key[static AEAD_KEY], struct aead_frame *frames);
};

/* All ways that this kind of machine knows, the widest first; the last has one lane. */
enum { AEGIS128L_WAYS = 3 };
extern const struct aegis128l aegis128l_ways[AEGIS128L_WAYS];

#endif
