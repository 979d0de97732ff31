/* Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b (Noise revision 34): a handshake of three messages in which both sides prove
 * that they know a shared key and show their static keys under seal.  No random source of its own: ephemeral keys are
 * given.
 *
 *	initiator	noise_begin  write_1          read_2  write_3          split
 *	responder	noise_begin          read_1  write_2          read_3  split
 *
 * A function that returns false has changed nothing: the message was made by somebody else, and the right one may
 * still come.
 */
#ifndef CORE_NOISE_H
#define CORE_NOISE_H

#include "core/crypto/blake2b.h"

enum { NOISE_KEY = 32, NOISE_HASH = 64, NOISE_TAG = 16, NOISE_STATIC = NOISE_KEY + NOISE_TAG };

/* Bytes that each message adds to its payload. */
enum {
	NOISE_OVERHEAD_1 = NOISE_KEY + NOISE_TAG,
	NOISE_OVERHEAD_2 = NOISE_KEY + NOISE_STATIC + NOISE_TAG,
	NOISE_OVERHEAD_3 = NOISE_STATIC + NOISE_TAG,
};

/* A key of HMAC with the first block of both of its hashes done. */
struct noise_hmac { struct blake2b inner, outer; };

/* What follows from the shared key alone: computed once, so that a stranger's message costs little. */
struct noise_psk { uint8_t chaining_key[NOISE_HASH], hash[NOISE_HASH]; struct noise_hmac hmac; };

struct noise_static { uint8_t private[NOISE_KEY], public[NOISE_KEY]; };

struct noise {
	struct noise_psk psk;           /* used up to message 1 */
	uint8_t hash[NOISE_HASH], chaining_key[NOISE_HASH], key[NOISE_KEY];
	uint64_t counter;
	uint8_t ephemeral[NOISE_KEY];   /* own, private */
	uint8_t peer_ephemeral[NOISE_KEY], peer_static[NOISE_KEY];
};

void noise_psk_init(struct noise_psk *p, const uint8_t psk[static NOISE_KEY]);
/* n is the caller's; noise_wipe() when it is not needed any more. */
void noise_begin(struct noise *n, const struct noise_psk *psk, const void *prologue, size_t len);
void noise_wipe(struct noise *n);

/* out: len + NOISE_OVERHEAD_1. */
void noise_write_1(struct noise *n, const uint8_t ephemeral[static NOISE_KEY], const void *payload, size_t len,
                   uint8_t *out);
/* message: len + NOISE_OVERHEAD_1; no curve arithmetic. */
MUST_CHECK bool noise_read_1(struct noise *n, const uint8_t *message, uint8_t *payload, size_t len);
/* False: the peer's ephemeral key makes zeros of everything. */
MUST_CHECK bool noise_write_2(struct noise *n, const struct noise_static *own,
                              const uint8_t ephemeral[static NOISE_KEY], const void *payload, size_t len, uint8_t *out);
/* Afterwards n->peer_static is known, and not own's. */
MUST_CHECK bool noise_read_2(struct noise *n, const struct noise_static *own, const uint8_t *message, uint8_t *payload,
                             size_t len);
MUST_CHECK bool noise_write_3(struct noise *n, const struct noise_static *own, const void *payload, size_t len,
                              uint8_t *out);
MUST_CHECK bool noise_read_3(struct noise *n, const struct noise_static *own, const uint8_t *message, uint8_t *payload,
                             size_t len);
/* The keys of what follows: initiator to responder, and back. */
void noise_split(const struct noise *n, uint8_t forth[static NOISE_KEY], uint8_t back[static NOISE_KEY]);

#endif
