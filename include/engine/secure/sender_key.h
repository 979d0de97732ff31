/* Sender keys (castnet(7), SECURE SESSIONS): by which one edge seals what goes to groups, as it hands them out inside
 * sessions, and what follows from their chain.
 */
#ifndef SECURE_SENDER_KEY_H
#define SECURE_SENDER_KEY_H

#include "core/crypto/aead.h"

enum {
	SENDER_RUN = 16, SENDER_CHAIN = 32,
	SENDER_KEY_LEN = SENDER_RUN + SENDER_CHAIN + 2 + 2 + 8, /* the body of CONTROL 3 */
	SENDER_EPOCH_MS = 120000,
	SENDER_AGE_MS = 10,             /* the unit of age */
	SENDER_SUITES = 2               /* suite 0 and suite 1 */
};

struct sender_key {
	uint8_t run[SENDER_RUN], chain[SENDER_CHAIN];
	uint16_t epoch;
	uint16_t age;                   /* of the epoch, in units of SENDER_AGE_MS */
	uint64_t least;                 /* who did not know the run opens no counter below it */
};
void sender_key_put(uint8_t body[static SENDER_KEY_LEN], const struct sender_key *key);
/* False: another length, or an epoch older than epochs get. */
MUST_CHECK bool sender_key_get(struct sender_key *key, const uint8_t *body, size_t len);

/* What seals in one epoch, by suite. */
struct sender_seals { uint8_t key[SENDER_SUITES][AEAD_KEY]; };
void sender_seals_of(struct sender_seals *seals, const uint8_t chain[static SENDER_CHAIN]);
/* The chain of the epoch after this one; next may be chain. */
void sender_chain_next(uint8_t next[static SENDER_CHAIN], const uint8_t chain[static SENDER_CHAIN]);

/* What stands in front of the ciphertext of a GROUP, and is authenticated with it. */
enum { GROUP_HEADER = 16, GROUP_KEY_ID = 4 };
struct group_header {
	uint8_t suite;
	uint16_t epoch;
	uint8_t key_id[GROUP_KEY_ID];   /* the run begins with it */
	uint64_t counter;
};
void group_header_put(uint8_t out[static GROUP_HEADER], const struct group_header *header);
/* Of a payload of kind GROUP.  False: too short for a frame. */
MUST_CHECK bool group_header_get(struct group_header *header, const uint8_t *payload, size_t len);

#endif
