/* Argon2id version 0x13 (RFC 9106): a key from a pass phrase, at a price for those who guess. */
#ifndef CORE_CRYPTO_ARGON2ID_H
#define CORE_CRYPTO_ARGON2ID_H

#include "core/bytes.h"

enum { ARGON2ID_BLOCK = 1024 };

struct argon2id_cost {
	uint32_t kib;           /* of memory, 8 for each lane at least */
	uint32_t passes;
	uint32_t lanes;         /* worked on one after the other here */
};
struct argon2id_input {
	const void *password, *salt, *secret, *data;    /* secret and data may be left out */
	size_t password_len, salt_len, secret_len, data_len;
};

/* memory: kib blocks, which the caller has allocated, aligned for uint64_t; they are wiped.  Which blocks are read
 * depends on the password from the third quarter of the first pass on: that is the algorithm. */
void argon2id(uint8_t *tag, size_t tag_len, const struct argon2id_input *input, struct argon2id_cost cost,
              void *memory);

#endif
