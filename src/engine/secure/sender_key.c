#include "engine/secure/sender_key.h"

#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"
#include "core/layers.h"
#include "engine/secure/group.h"

void sender_key_put(uint8_t body[static SENDER_KEY_LEN], const struct sender_key *key)
{
	struct wr w = wr_of(body, SENDER_KEY_LEN);
	wr_bytes(&w, key->run, SENDER_RUN);
	wr_bytes(&w, key->chain, SENDER_CHAIN);
	wr_u16(&w, key->epoch);
	wr_u16(&w, key->age);
	wr_u64(&w, key->least);
}

bool sender_key_get(struct sender_key *key, const uint8_t *body, size_t len)
{
	struct rd r = rd_of(body, len);
	rd_bytes(&r, key->run, SENDER_RUN);
	rd_bytes(&r, key->chain, SENDER_CHAIN);
	key->epoch = rd_u16(&r);
	key->age = rd_u16(&r);
	key->least = rd_u64(&r);
	return rd_done(&r) && key->age < SENDER_EPOCH_MS / SENDER_AGE_MS;
}

void sender_seals_of(struct sender_seals *seals, const uint8_t chain[static SENDER_CHAIN])
{
	uint8_t text[] = "castnet 1 seal";      /* the suite takes the place of the end mark */
	for (uint8_t suite = 0; suite < SENDER_SUITES; suite++) {
		text[sizeof(text) - 1] = suite;
		blake2b(seals->key[suite], AEAD_KEY, chain, SENDER_CHAIN, text, sizeof(text));
	}
}

void sender_chain_next(uint8_t next[static SENDER_CHAIN], const uint8_t chain[static SENDER_CHAIN])
{
	static const char text[] = "castnet 1 next";
	uint8_t made[SENDER_CHAIN];
	blake2b(made, SENDER_CHAIN, chain, SENDER_CHAIN, text, sizeof(text) - 1);
	memcpy(next, made, SENDER_CHAIN);
	wipe(made, sizeof(made));
}

void group_header_put(uint8_t out[static GROUP_HEADER], const struct group_header *header)
{
	struct wr w = wr_of(out, GROUP_HEADER);
	wr_u8(&w, GROUP_KIND);
	wr_u8(&w, header->suite);
	wr_u16(&w, header->epoch);
	wr_bytes(&w, header->key_id, GROUP_KEY_ID);
	wr_u64(&w, header->counter);
}

bool group_header_get(struct group_header *header, const uint8_t *payload, size_t len)
{
	struct rd r = rd_of(payload, len);
	rd_u8(&r);
	header->suite = rd_u8(&r);
	header->epoch = rd_u16(&r);
	rd_bytes(&r, header->key_id, GROUP_KEY_ID);
	header->counter = rd_u64(&r);
	return !r.bad && rd_left(&r) >= ETH_HEADER_LEN + AEAD_TAG;
}
