#include "core/registration.h"

#include "core/crypto/blake2b.h"
#include "core/crypto/wipe.h"

enum { PROOF_LEN = 16, PROOF_AT = CHALLENGE_LEN + OWNER_TOKEN };

void registration_challenge(uint8_t challenge[static CHALLENGE_LEN], const uint8_t secret[static CHALLENGE_SECRET],
                            const struct addr *from, const uint8_t mac[static MAC_LEN],
                            const uint8_t community[static COMMUNITY_LEN], uint32_t moved)
{
	uint8_t number[4];
	struct blake2b b;
	blake2b_init(&b, CHALLENGE_LEN, secret, CHALLENGE_SECRET);
	put_be16(number, from->family == ADDR_V6 ? 6 : 4);
	put_be16(number + 2, from->port);
	blake2b_add(&b, number, sizeof(number));
	blake2b_add(&b, from->ip, addr_ip_len(from));
	blake2b_add(&b, mac, MAC_LEN);
	blake2b_add(&b, community, COMMUNITY_LEN);
	put_be32(number, moved);
	blake2b_add(&b, number, sizeof(number));
	blake2b_digest(&b, challenge);
}

static struct wire_auth *auth_of(struct wire_message *m)
{
	return m->type == WIRE_REGISTER_SUPER ? &m->reg_super.auth : &m->unreg_super.auth;
}

/* Over the whole message, in which these bytes are zero. */
static bool proof_of(uint8_t proof[static PROOF_LEN], const struct wire_message *m, const uint8_t *key)
{
	static const char label[] = "castnet 1 register";
	uint8_t bytes[WIRE_CONTROL_MAX];
	struct wire_message blank = *m;
	struct blake2b b;
	memset(auth_of(&blank)->token + PROOF_AT, 0, PROOF_LEN);
	size_t len = wire_put(bytes, sizeof(bytes), &blank);
	blake2b_init(&b, PROOF_LEN, key, REGISTRATION_KEY);
	blake2b_add(&b, label, sizeof(label) - 1);
	blake2b_add(&b, bytes, len);
	blake2b_digest(&b, proof);
	return len > 0;
}

bool registration_prove(struct wire_message *m, const uint8_t *key, const uint8_t challenge[static CHALLENGE_LEN],
                        const uint8_t owner[static OWNER_TOKEN])
{
	struct wire_auth *auth = auth_of(m);
	*auth = (struct wire_auth){ .scheme = AUTH_PROOF, .len = AUTH_PROOF_LEN };
	memcpy(auth->token, challenge, CHALLENGE_LEN);
	memcpy(auth->token + CHALLENGE_LEN, owner, OWNER_TOKEN);
	return !key || proof_of(auth->token + PROOF_AT, m, key);
}

bool registration_is_proven(const struct wire_message *m, const uint8_t key[static REGISTRATION_KEY])
{
	uint8_t proof[PROOF_LEN];
	struct wire_message copy = *m;
	const struct wire_auth *auth = auth_of(&copy);
	return auth->scheme == AUTH_PROOF && auth->len == AUTH_PROOF_LEN && proof_of(proof, m, key)
	       && same_secret(proof, auth->token + PROOF_AT, PROOF_LEN);
}
