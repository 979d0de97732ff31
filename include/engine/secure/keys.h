/* Keys of secure sessions (castnet(7), SECURE SESSIONS): what follows from the key of a community, and from the seed of
 * an edge's identity.
 */
#ifndef SECURE_KEYS_H
#define SECURE_KEYS_H

#include "core/layers.h"
#include "core/wire.h"

enum {
	SECURE_KEY = 32,                /* K, and all that follows from it */
	SECURE_SEED = 32,
	SECURE_TAG = 16, SECURE_OWNER = 16, SECURE_MARK = 16,
	SECURE_PHRASE_KIB = 65536       /* what secure_key_of_phrase() needs of memory */
};

/* Of one community: for sessions, calls, cookies and registration.  The last may be given to supernodes: none of the
 * others follows from it. */
struct secure_keys {
	uint8_t psk[SECURE_KEY], ak[SECURE_KEY], ck[SECURE_KEY], rk[SECURE_KEY];
};
void secure_keys_of(struct secure_keys *keys, const uint8_t key[static SECURE_KEY],
                    const uint8_t community[static COMMUNITY_LEN]);

/* memory: SECURE_PHRASE_KIB times 1024 bytes, aligned for uint64_t; it is wiped.  Takes a good part of a second. */
void secure_key_of_phrase(uint8_t key[static SECURE_KEY], const void *phrase, size_t len,
                          const uint8_t community[static COMMUNITY_LEN], void *memory);

struct secure_identity {
	uint8_t private[SECURE_KEY], public[SECURE_KEY];        /* X25519 */
	uint8_t tag[SECURE_TAG];        /* of the public key */
	uint8_t owner[SECURE_OWNER];    /* token of registrations */
	uint8_t mac[MAC_LEN];           /* made from the tag */
};
void secure_identity_of(struct secure_identity *identity, const uint8_t seed[static SECURE_SEED],
                        const uint8_t community[static COMMUNITY_LEN]);

/* The MAC that belongs to whoever has this public key. */
void secure_mac_of(uint8_t mac[static MAC_LEN], const uint8_t public[static SECURE_KEY]);
/* Is it one that is made from a public key?  Then nobody else may have it. */
static inline bool secure_mac_is_made(const uint8_t mac[static MAC_LEN]) { return (mac[0] & 0x0f) == 6; }

/* Of the machine that an identity was made on: machine_id and product_uuid are texts without line end. */
void secure_mark_of(uint8_t mark[static SECURE_MARK], const void *machine_id, size_t machine_id_len,
                    const void *product_uuid, size_t product_uuid_len);

#endif
