#include "engine/secure/keys.h"

#include "core/crypto/argon2id.h"
#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"
#include "core/crypto/x25519.h"

/* BLAKE2b of a label and what follows it. */
static void labelled(uint8_t *out, size_t len, const uint8_t *key, const char *label, const void *data, size_t data_len)
{
	struct blake2b b;
	blake2b_init(&b, len, key, key ? SECURE_KEY : 0);
	blake2b_add(&b, label, strlen(label));
	blake2b_add(&b, data, data_len);
	blake2b_digest(&b, out);
}

void secure_keys_of(struct secure_keys *keys, const uint8_t key[static SECURE_KEY],
                    const uint8_t community[static COMMUNITY_LEN])
{
	labelled(keys->psk, SECURE_KEY, key, "castnet 1 session", community, COMMUNITY_LEN);
	labelled(keys->ak, SECURE_KEY, key, "castnet 1 call", community, COMMUNITY_LEN);
	labelled(keys->ck, SECURE_KEY, key, "castnet 1 cookie", community, COMMUNITY_LEN);
	labelled(keys->rk, SECURE_KEY, key, "castnet 1 registration", community, COMMUNITY_LEN);
}

void secure_key_of_phrase(uint8_t key[static SECURE_KEY], const void *phrase, size_t len,
                          const uint8_t community[static COMMUNITY_LEN], void *memory)
{
	uint8_t salt[16];
	labelled(salt, sizeof(salt), NULL, "castnet 1 salt", community, COMMUNITY_LEN);
	const struct argon2id_input input = {
		.password = phrase, .password_len = len, .salt = salt, .salt_len = sizeof(salt),
	};
	argon2id(key, SECURE_KEY, &input, (struct argon2id_cost){ SECURE_PHRASE_KIB, 3, 1 }, memory);
}

static void tag_of(uint8_t tag[static SECURE_TAG], const uint8_t public[static SECURE_KEY])
{
	blake2b(tag, SECURE_TAG, NULL, 0, public, SECURE_KEY);
}

/* Local and unicast, and known by the lower four bits of the first byte. */
static void mac_of_tag(uint8_t mac[static MAC_LEN], const uint8_t tag[static SECURE_TAG])
{
	memcpy(mac, tag, MAC_LEN);
	mac[0] = (uint8_t)((mac[0] & 0xf0) | 6);
}

void secure_mac_of(uint8_t mac[static MAC_LEN], const uint8_t public[static SECURE_KEY])
{
	uint8_t tag[SECURE_TAG];
	tag_of(tag, public);
	mac_of_tag(mac, tag);
}

void secure_identity_of(struct secure_identity *identity, const uint8_t seed[static SECURE_SEED],
                        const uint8_t community[static COMMUNITY_LEN])
{
	labelled(identity->private, SECURE_KEY, seed, "castnet 1 identity", NULL, 0);
	labelled(identity->owner, SECURE_OWNER, seed, "castnet 1 owner", community, COMMUNITY_LEN);
	x25519_public(identity->public, identity->private);
	tag_of(identity->tag, identity->public);
	mac_of_tag(identity->mac, identity->tag);
}

void secure_mark_of(uint8_t mark[static SECURE_MARK], const void *machine_id, size_t machine_id_len,
                    const void *product_uuid, size_t product_uuid_len)
{
	struct blake2b b;
	static const char label[] = "castnet 1 machine";
	blake2b_init(&b, SECURE_MARK, NULL, 0);
	blake2b_add(&b, label, sizeof(label) - 1);
	blake2b_add(&b, machine_id, machine_id_len);
	blake2b_add(&b, product_uuid, product_uuid_len);
	blake2b_digest(&b, mark);
}
